"""Billing: due subscriptions become invoices, each period once, numbers without a gap.

The run finds due subscriptions by shard and hands them to the queue in small batches. A batch takes
its numbers, writes its invoices and moves its subscriptions on in one transaction; what somebody
else has billed meanwhile is left out when it is tried again.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain import keys
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import local_date
from chalicelib.domain.due import DueKind
from chalicelib.domain.facts import SYSTEM, Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.party_facts import PeriodBilled
from chalicelib.domain.record import on_party
from chalicelib.domain.subscription import Subscription, SubscriptionStatus
from chalicelib.ports import Ports
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import Change, DueRef, NumberRange
from chalicelib.services.case import Case, again_when_stale, now_of
from chalicelib.services.group_days import bill_due_group
from chalicelib.services.groups import group_of_period
from chalicelib.services.invoices import charge_at, created, draft_of
from chalicelib.services.subscriptions import days_before

# Two changes of two rows each for every invoice, and the counter: 24 fill DynamoDB's 100 items.
BATCH = 24
_Due = tuple[Customer, Subscription]
# What is due beside subscriptions has a message of its own.
JOBS = {Subject.PLAN: "run_plan", Subject.GROUP: "bill_day"}


def bill_due_subscriptions(ports: Ports) -> int:
    """Find what is due on the wall's clock and hand it to the billing queue, batch by batch."""
    until, found = ports.clock.now(), 0
    for shard in range(ports.store.shards):
        cursor = None
        while True:
            page = ports.store.due(
                DueKind.BILL, until=until, shard=shard, limit=BATCH * 4, cursor=cursor
            )
            found += _hand_over(ports, page.items)
            cursor = page.cursor
            if cursor is None:
                break
    return found


def _hand_over(ports: Ports, due: Sequence[DueRef]) -> int:
    by_business: dict[str, list[str]] = defaultdict(list)
    for ref in due:
        if job := JOBS.get(ref.subject):
            body = {"job": job, "business_id": ref.business_id, "subject_id": ref.subject_id}
            ports.queue.send(QueueName.BILLING, body)
        else:
            by_business[ref.business_id].append(ref.subject_id)
    for business_id, subscription_ids in by_business.items():
        for start in range(0, len(subscription_ids), BATCH):
            batch = ",".join(subscription_ids[start : start + BATCH])
            body = {"job": "bill", "business_id": business_id, "subscription_ids": batch}
            ports.queue.send(QueueName.BILLING, body)
    return len(due)


def bill_subscriptions(
    ports: Ports, business_id: str, subscription_ids: Sequence[str]
) -> list[Invoice]:
    """Make the next invoice of each that is due, at most `BATCH` at a time, in one transaction.

    A period of a group's member is billed through the group, with all of it that is due.
    """
    assert len(subscription_ids) <= BATCH
    grouped: dict[str, list[str]] = {}

    def once() -> list[Invoice]:
        business = ports.store.business(business_id)
        now = now_of(ports, business)
        grouped.clear()
        due: list[_Due] = []
        for one in sorted(subscription_ids):
            subscription = ports.store.subscription(business_id, one)
            if not is_due(subscription, now):
                continue
            customer = ports.store.customer(business_id, subscription.customer_id)
            starts_on = subscription.starts_on(subscription.next_index)
            group = group_of_period(ports, business_id, customer, starts_on)
            if group is None:
                due.append((customer, subscription))
            else:
                grouped.setdefault(group.id, []).append(subscription.id)
        return _bill(ports, business, due, now) if due else []

    invoices = again_when_stale(once)
    for group_id, members in grouped.items():
        invoices += bill_due_group(ports, business_id, group_id, members)
    return invoices


def is_due(subscription: Subscription, now: datetime) -> bool:
    at = subscription.next_bill_at
    return subscription.status is SubscriptionStatus.ACTIVE and at is not None and at <= now


def _bill(ports: Ports, business: Business, due: list[_Due], now: datetime) -> list[Invoice]:
    first = ports.store.next_number(business.id)
    changes: list[Change] = []
    invoices: list[Invoice] = []
    for offset, (customer, subscription) in enumerate(due):
        number = business.invoice_number(first + offset)
        invoice, issued = _issue(business, customer, subscription, number, now)
        changes += [issued, _move_on(business, customer, subscription, invoice, now)]
        invoices.append(invoice)
    numbers = NumberRange(business.id, first, len(due))
    ports.store.append(changes, side=[numbers], clock_id=business.test_clock_id)
    return invoices


def _issue(
    business: Business, customer: Customer, subscription: Subscription, number: str, now: datetime
) -> tuple[Invoice, Change]:
    """The period's invoice. Terms count from its first day, or from today when that is later."""
    line = subscription.line(subscription.next_index)
    assert line is not None
    assert line.period is not None, "a subscription is due only while it has a next period"
    invoice_id = keys.billed_invoice(subscription.id, subscription.next_index)
    draft = replace(
        draft_of(business, customer, (line,), invoice_id=invoice_id, at=now),
        subscription_id=subscription.id,
        period=line.period,
        auto_charge=subscription.auto_charge,
    )
    today = local_date(now, business.zone)
    issued = facts.InvoiceIssued(
        invoice=draft,
        number=number,
        issued_on=today,
        due_on=(due_on := draft.terms.due_on(max(today, line.period.start_on))),
        charge_at=charge_at(business, due_on, today, now),
    )
    change = created(Case(business, customer, draft, now), issued, SYSTEM)
    assert isinstance(change.head, Invoice)
    return change.head, change


def _move_on(
    business: Business,
    customer: Customer,
    subscription: Subscription,
    invoice: Invoice,
    now: datetime,
) -> Change:
    billed = PeriodBilled(
        subscription.next_index,
        invoice.id,
        days_before=days_before(business, customer),
        zone=business.zone,
    )
    return Change(*on_party(subscription, billed, at=now))
