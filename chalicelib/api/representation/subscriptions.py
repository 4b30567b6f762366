"""Subscriptions and the charges they foretell, on the wire."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.fields import (
    Amount,
    Body,
    Id,
    Name,
    Percent,
    Quantity,
    Reason,
    Text,
    View,
    check_total,
    day,
    decimal_of,
    plain_decimal,
)
from chalicelib.domain import subscription as rules
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.invoice import totals_of
from chalicelib.domain.subscription import Interval, Subscription, SubscriptionStatus


class NewSubscription(Body):
    """`unit_amount` is per unit and period. Leave `contract_end_on` out to run until cancelled."""

    customer_id: Id
    product: Name
    unit_amount: Amount
    start_on: date
    variant: Text = ""
    interval: Interval = Interval.MONTHLY
    quantity: Quantity = 1
    discount_percent: Percent = "0"
    tax_percent: Percent = "0"
    trial_days: Annotated[int, Meta(ge=0, le=730)] = 0
    contract_end_on: date | None = None
    auto_charge: bool | None = None
    external_ref: Text = ""


class PauseSubscription(Body):
    reason: Reason


class ResumeSubscription(Body):
    reason: Reason


class CancelSubscription(Body):
    """`collect_open_debt`: collect the open invoices (true), or withdraw them (false)."""

    reason: Reason
    collect_open_debt: bool


class PauseView(View):
    """`invoice_ids`: the unpaid invoices it waits for; empty when staff paused it."""

    from_on: date
    until_on: date | None
    reason: str
    invoice_ids: tuple[str, ...]


class SubscriptionView(View):
    id: str
    customer_id: str
    status: SubscriptionStatus
    product: str
    variant: str
    currency: str
    unit_amount: int
    quantity: str
    interval: Interval
    discount_percent: str
    tax_percent: str
    start_on: date
    trial_days: int
    contract_end_on: date | None
    auto_charge: bool | None
    external_ref: str
    next_bill_at: datetime | None
    cancelled_on: date | None
    pauses: tuple[PauseView, ...]


class ChargeState(StrEnum):
    """`on_hold`: it waits until the subscription is resumed, and moves by the paused days."""

    BILLED = "billed"
    SCHEDULED = "scheduled"
    ON_HOLD = "on_hold"


class ExpectedChargeView(View):
    """`amount` with tax. `last_on` is the last day covered. `invoice_id` once it is billed."""

    start_on: date
    last_on: date
    due_on: date
    amount: int
    status: ChargeState
    invoice_id: str | None


class ScheduleQuery(Body):
    """How many charges of a contract without an end to show."""

    limit: Annotated[int, Meta(ge=1, le=120)] = 24


class ScheduleView(View):
    """`is_whole`: these are all the contract has; `total` is their sum."""

    currency: str
    charges: tuple[ExpectedChargeView, ...]
    total: int
    is_whole: bool


def new_subscription(
    body: NewSubscription, business: Business, *, subscription_id: str
) -> Subscription:
    """Raises InvalidInput for a day that cannot be counted on, a price or a contract."""
    start_on = day(body.start_on, "start_on")
    assert start_on is not None
    wanted = Subscription(
        id=subscription_id,
        business_id=business.id,
        customer_id=body.customer_id,
        product=body.product,
        variant=body.variant,
        currency=business.currency,
        unit_amount=body.unit_amount,
        start_on=start_on,
        segments=(rules.first_anchor(start_on, body.trial_days),),
        interval=body.interval,
        quantity=decimal_of(body.quantity),
        discount_percent=decimal_of(body.discount_percent),
        tax_percent=decimal_of(body.tax_percent),
        trial_days=body.trial_days,
        contract_end_on=day(body.contract_end_on, "contract_end_on"),
        auto_charge=body.auto_charge,
        external_ref=body.external_ref,
    )
    first = rules.check(wanted).line(0)
    assert first is not None
    check_total(totals_of((first,)).total)
    return wanted


def subscription_view(subscription: Subscription) -> SubscriptionView:
    return SubscriptionView(
        id=subscription.id,
        customer_id=subscription.customer_id,
        status=subscription.status,
        product=subscription.product,
        variant=subscription.variant,
        currency=subscription.currency,
        unit_amount=subscription.unit_amount,
        quantity=plain_decimal(subscription.quantity),
        interval=subscription.interval,
        discount_percent=plain_decimal(subscription.discount_percent),
        tax_percent=plain_decimal(subscription.tax_percent),
        start_on=subscription.start_on,
        trial_days=subscription.trial_days,
        contract_end_on=subscription.contract_end_on,
        auto_charge=subscription.auto_charge,
        external_ref=subscription.external_ref,
        next_bill_at=subscription.next_bill_at,
        cancelled_on=subscription.cancelled_on,
        pauses=tuple(
            PauseView(
                from_on=pause.from_on,
                until_on=pause.until_on,
                reason=pause.reason,
                invoice_ids=pause.invoice_ids,
            )
            for pause in subscription.pauses
        ),
    )


def schedule_view(subscription: Subscription, customer: Customer, limit: int) -> ScheduleView:
    """What was billed and what will be; a cancelled subscription foretells nothing."""
    over = subscription.status in {SubscriptionStatus.CANCELLED, SubscriptionStatus.ENDED}
    terms = customer.effective_terms
    foretold = list(rules.schedule(subscription, terms, limit=limit + 1))
    charges = tuple(
        _charge_view(subscription, charge)
        for charge in foretold[:limit]
        if not over or charge.index < subscription.next_index
    )
    whole = over or len(foretold) <= limit
    return ScheduleView(
        currency=subscription.currency,
        charges=charges,
        total=sum(charge.amount for charge in charges),
        is_whole=whole,
    )


def _charge_view(subscription: Subscription, charge: rules.ExpectedCharge) -> ExpectedChargeView:
    billed = charge.index < subscription.next_index
    waits = subscription.status is SubscriptionStatus.PAUSED
    later = ChargeState.ON_HOLD if waits else ChargeState.SCHEDULED
    invoice_id = subscription.invoice_id(charge.index)
    return ExpectedChargeView(
        start_on=charge.period.start_on,
        last_on=charge.period.last_on,
        due_on=charge.due_on,
        amount=charge.amount,
        status=ChargeState.BILLED if billed else later,
        invoice_id=invoice_id if billed else None,
    )
