"""A group's billing day: what has begun by then goes out on one invoice; what begins later waits.

A member's subscription that is due sleeps until its group's day. Who joins or leaves, and a group
that gets another day, moves it: `move_billing` puts every subscription's next billing where its
period's payer wants it, and the run does the same for whatever it finds due too early. The
group's own head wakes the run, so nothing hangs on a subscription that sleeps too long.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime

from chalicelib.domain import group as rules
from chalicelib.domain.business import Business
from chalicelib.domain.facts import Subject
from chalicelib.domain.group_facts import CustomerLeft
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.party_facts import BillingMoved
from chalicelib.domain.record import on_party
from chalicelib.domain.subscription import Subscription, SubscriptionStatus, with_next_bill
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.case import again_when_stale, now_of
from chalicelib.services.group_billing import bill_day_once, bill_due_members, ids_of
from chalicelib.services.groups import group_of_period
from chalicelib.services.subscriptions import days_before


def bill_due_group(
    ports: Ports, business_id: str, group_id: str, due: Iterable[str]
) -> list[Invoice]:
    """The billing run has found subscriptions of members due. Without a billing day they are
    billed, with all of the group that are due now; else they wait for it."""
    if ports.store.group(business_id, group_id).billing_day is None:
        return bill_due_members(ports, business_id, group_id, due)
    made = bill_day(ports, business_id, group_id)
    for one in due:
        _move(ports, business_id, one)
    return made


def bill_day(ports: Ports, business_id: str, group_id: str) -> list[Invoice]:
    """Every billing day that has come and is not billed yet: one invoice for each."""
    made: list[Invoice] = []
    while True:
        came, invoice = again_when_stale(lambda: bill_day_once(ports, business_id, group_id))
        if not came:
            return made
        if invoice is not None:
            made.append(invoice)


def move_billing(ports: Ports, business_id: str, group_id: str, fact_key: str) -> None:
    """Somebody has left, or the group has another billing day: what it concerns is billed when its
    payer wants it from now on."""
    history = ports.store.facts(business_id, Subject.GROUP, group_id)
    fact = next(one for one in history if one.key == fact_key)
    concerned = [one.customer_id for one in ports.store.group(business_id, group_id).members]
    if isinstance(fact.data, CustomerLeft):
        concerned = [fact.data.customer_id]
    for customer_id in dict.fromkeys(concerned):
        for subscription_id in ids_of(ports, business_id, customer_id):
            _move(ports, business_id, subscription_id)


def _move(ports: Ports, business_id: str, subscription_id: str) -> None:
    """Looks again after writing: whoever left meanwhile has looked before that."""
    while again_when_stale(lambda: _move_once(ports, business_id, subscription_id)):
        continue


def _move_once(ports: Ports, business_id: str, subscription_id: str) -> bool:
    business = ports.store.business(business_id)
    one = ports.store.subscription(business_id, subscription_id)
    period = one.period(one.next_index)
    if one.status is not SubscriptionStatus.ACTIVE or period is None:
        return False
    at = _billed_at(ports, business, one, period.start_on)
    if at is None or at == one.next_bill_at:
        return False
    moved = Change(*on_party(one, BillingMoved(at), at=now_of(ports, business)))
    ports.store.append([moved], clock_id=business.test_clock_id)
    return True


def _billed_at(
    ports: Ports, business: Business, one: Subscription, starts_on: date
) -> datetime | None:
    payer = ports.store.customer(business.id, one.customer_id)
    group = group_of_period(ports, business.id, payer, starts_on)
    if group is not None:
        if (waits := rules.waits_until(group, starts_on, business.zone)) is not None:
            return waits
        payer = ports.store.customer(business.id, group.payer_id)
    days = days_before(business, payer)
    return with_next_bill(one, zone=business.zone, days_before=days).next_bill_at
