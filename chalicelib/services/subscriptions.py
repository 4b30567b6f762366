"""Subscriptions: subscribe, foretell, pause, resume, cancel."""

from __future__ import annotations

from datetime import date
from functools import partial
from typing import Any

from chalicelib.domain import subscription as rules
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import local_date
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import SYSTEM, Actor
from chalicelib.domain.invoice import Hold, HoldKind, Invoice, InvoiceStatus
from chalicelib.domain.invoice_facts import HoldPlaced
from chalicelib.domain.parties import Terms
from chalicelib.domain.party_facts import (
    SubscriptionCancelled,
    SubscriptionCreated,
    SubscriptionPaused,
    SubscriptionResumed,
)
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.subscription import Subscription, SubscriptionStatus
from chalicelib.ports import Ports
from chalicelib.ports.answers import all_of
from chalicelib.ports.rows import Change, SideRow
from chalicelib.services.case import again_when_stale, audience_of, now_of, open_case, record
from chalicelib.services.invoices import cancel_invoice


def days_before(business: Business, customer: Customer) -> int:
    """How many days before a period begins its invoice is made.

    A card is charged on the first day, and terms count from it: 0. A customer who pays on receipt
    by hand gets the invoice as many days ahead as the business says.
    """
    pays_ahead = customer.effective_terms is Terms.DUE_ON_RECEIPT and not customer.auto_charge
    return business.bill_days_before if pays_ahead else 0


def subscribe(
    ports: Ports, subscription: Subscription, *, actor: Actor, side: tuple[SideRow, ...] = ()
) -> Subscription:
    """Raises InvalidInput for a price, discount or contract that cannot be billed."""
    business = ports.store.business(subscription.business_id)
    customer = ports.store.customer(business.id, subscription.customer_id)
    planned = rules.with_next_bill(
        rules.check(subscription), zone=business.zone, days_before=days_before(business, customer)
    )
    created, fact = first_of_party(
        planned, SubscriptionCreated(planned), at=now_of(ports, business), actor=actor
    )
    ports.store.append([Change(created, fact)], side=side, clock_id=business.test_clock_id)
    return created


def pause(
    ports: Ports, business_id: str, subscription_id: str, *, actor: Actor, reason: str
) -> Subscription:
    """By hand, from today on. Raises Conflict unless it is active."""

    def payload(subscription: Subscription, today: date, _days: int, _zone: str) -> Any:
        if subscription.status is not SubscriptionStatus.ACTIVE:
            raise Conflict("subscription_not_active", "Only an active subscription can be paused.")
        return SubscriptionPaused(today, reason)

    return _change(ports, business_id, subscription_id, payload, actor=actor, why=reason)


def resume(
    ports: Ports, business_id: str, subscription_id: str, *, actor: Actor, reason: str
) -> Subscription:
    """By hand, from today on. Raises Conflict unless it is paused."""

    def payload(_: Subscription, today: date, days: int, zone: str) -> Any:
        return SubscriptionResumed(today, reason, days_before=days, zone=zone)

    return _change(ports, business_id, subscription_id, payload, actor=actor, why=reason)


def cancel(
    ports: Ports,
    business_id: str,
    subscription_id: str,
    *,
    actor: Actor,
    reason: str,
    collect_open_debt: bool,
) -> Subscription:
    """From today on nothing more is billed; open invoices are collected or withdrawn, as said."""

    def payload(_: Subscription, today: date, _days: int, _zone: str) -> Any:
        return SubscriptionCancelled(today, reason, collect_open_debt)

    return _change(ports, business_id, subscription_id, payload, actor=actor, why=reason)


def resume_after_payment(ports: Ports, business_id: str, invoice_id: str) -> bool:
    """Resume what waited for this invoice, once all that it waits for are settled: a subscription,
    or those of a group's members.

    A withdrawn invoice is owed no more, so it is waited for no more.
    """
    invoice = ports.store.invoice(business_id, invoice_id)
    if invoice.is_open:
        return False
    resumed = [_resume_paid(ports, business_id, one, invoice) for one in invoice.subscription_ids]
    return any(resumed)


def _resume_paid(ports: Ports, business_id: str, subscription_id: str, invoice: Invoice) -> bool:
    def once() -> bool:
        subscription = ports.store.subscription(business_id, subscription_id)
        pause_ = subscription.current_pause
        if subscription.status is not SubscriptionStatus.PAUSED:
            return False  # cancelled meanwhile: paying the debt brings nothing back
        if pause_ is None or not pause_.invoice_ids:
            return False
        waits = [_latest(ports, business_id, one) for one in pause_.invoice_ids]
        if any(one.status is InvoiceStatus.OVERDUE or one.is_open for one in waits):
            return False
        _resume(ports, business_id, subscription, f"Invoice {invoice.number} is {invoice.status}.")
        return True

    return again_when_stale(once)


def _latest(ports: Ports, business_id: str, invoice_id: str) -> Invoice:
    """The invoice, or the one that has taken its place: the debt is the same."""
    invoice = ports.store.invoice(business_id, invoice_id)
    while invoice.replaced_by is not None:
        invoice = ports.store.invoice(business_id, invoice.replaced_by)
    return invoice


def cancel_open_invoices(ports: Ports, business_id: str, subscription_id: str) -> int:
    """After a cancellation that drops the open debt. Invoices with money on its way stay."""
    subscription = ports.store.subscription(business_id, subscription_id)
    listed = partial(ports.store.invoices_of, business_id, subscription.customer_id)
    return sum(
        _try_cancel(ports, business_id, invoice.id)
        for invoice in all_of(partial(listed, open_only=True))
        if invoice.subscription_id == subscription_id and not invoice.amount_paid
    )


def _try_cancel(ports: Ports, business_id: str, invoice_id: str) -> int:
    try:
        reason = "The subscription was cancelled and its open debt dropped."
        cancel_invoice(ports, business_id, invoice_id, actor=SYSTEM, reason=reason)
    except Conflict:
        again_when_stale(lambda: _hold_dropped(ports, business_id, invoice_id))
        return 0
    return 1


def _hold_dropped(ports: Ports, business_id: str, invoice_id: str) -> None:
    """Money on its way may come back: then nobody may ask for it again by a schedule."""
    case = open_case(ports, business_id, invoice_id)
    if case.invoice.is_open and case.invoice.hold is None:
        reason = "The subscription was cancelled and its open debt dropped; staff decide."
        record(ports, case, HoldPlaced(Hold(HoldKind.STAFF, reason)))


def _resume(ports: Ports, business_id: str, subscription: Subscription, reason: str) -> None:
    business = ports.store.business(business_id)
    customer = ports.store.customer(business_id, subscription.customer_id)
    now = now_of(ports, business)
    payload = SubscriptionResumed(
        local_date(now, business.zone),
        reason,
        days_before=days_before(business, customer),
        zone=business.zone,
    )
    after, fact = on_party(
        subscription, payload, at=now, why=reason, audience=audience_of(business, customer)
    )
    ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)


def _change(
    ports: Ports, business_id: str, subscription_id: str, payload_of: Any, *, actor: Actor, why: str
) -> Subscription:
    def once() -> Subscription:
        business = ports.store.business(business_id)
        subscription = ports.store.subscription(business_id, subscription_id)
        customer = ports.store.customer(business_id, subscription.customer_id)
        now = now_of(ports, business)
        today = local_date(now, business.zone)
        payload = payload_of(subscription, today, days_before(business, customer), business.zone)
        after, fact = on_party(
            subscription,
            payload,
            at=now,
            actor=actor,
            why=why,
            audience=audience_of(business, customer),
        )
        ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)
        return after

    return again_when_stale(once)
