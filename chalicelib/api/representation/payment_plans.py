"""Payment plans on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import UNSET, Meta, UnsetType

from chalicelib.api.representation.fields import Amount, Body, Id, PageQuery, Reason, View, day
from chalicelib.api.representation.taken import MOST_NAMED
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.payment_plan import (
    MOST_INSTALMENTS,
    Acceleration,
    Instalment,
    InstalmentState,
    PaymentPlan,
    PlanStatus,
    Rhythm,
)
from chalicelib.services.payment_plans import shown
from chalicelib.services.planning import PlanWish

_Count = Annotated[int, Meta(ge=1, le=MOST_INSTALMENTS)]
_Days = Annotated[int, Meta(ge=1, le=3650)]


class InstalmentBody(Body):
    due_on: date
    amount: Amount


class EqualInstalments(Body):
    """`first_on` is today when left out."""

    count: _Count
    first_on: date | None = None
    rhythm: Rhythm = Rhythm.MONTHLY


class AccelerationBody(Body):
    """The rest falls due at once at so many instalments overdue, or one for so many days."""

    instalments: _Count | None = 2
    days: _Days | None = 30


class NewPaymentPlan(Body):
    """For all open invoices of the customer, or the ones named: at most 20. `equal` or
    `instalments`, not both.

    With `autopay` each instalment is charged on its date; without it the customer pays by hand.
    """

    customer_id: Id
    invoice_ids: Annotated[tuple[Id, ...], Meta(min_length=1, max_length=MOST_NAMED)] | (
        None
    ) = None
    equal: EqualInstalments | None = None
    instalments: (
        Annotated[tuple[InstalmentBody, ...], Meta(min_length=1, max_length=MOST_INSTALMENTS)]
        | None
    ) = None
    autopay: bool = True
    acceleration: AccelerationBody | UnsetType = UNSET


class ChangePaymentPlan(Body):
    """What is not yet paid becomes `instalments`; they add up to what is still owed."""

    instalments: Annotated[
        tuple[InstalmentBody, ...], Meta(min_length=1, max_length=MOST_INSTALMENTS)
    ]
    reason: Reason
    autopay: bool | None = None


class PayPaymentPlan(Body):
    """The next instalment, or with `everything` all that is left as one payment."""

    everything: bool = False
    payment_method_id: Id | None = None


class CancelPaymentPlan(Body):
    reason: Reason


class PaymentPlansQuery(PageQuery):
    customer_id: Annotated[Id, Meta(description="Only this customer's")] | None = None


class InstalmentView(View):
    """`invoice_id` is what is charged for it, once it is asked for."""

    number: int
    due_on: date
    amount: int
    paid: int
    state: InstalmentState
    invoice_id: str | None


class PaymentPlanView(View):
    """`amount_paid` + `amount_remaining` is the total. `next_instalment` is the first unpaid."""

    id: str
    reference: str
    customer_id: str
    status: PlanStatus
    currency: str
    total: int
    amount_paid: int
    amount_remaining: int
    progress: str
    next_instalment: InstalmentView | None
    instalments: tuple[InstalmentView, ...]
    invoice_ids: tuple[str, ...]
    autopay: bool
    acceleration: Acceleration
    created_at: datetime
    ended_at: datetime | None
    end_reason: str


def wish_of(body: NewPaymentPlan, plan_id: str) -> PlanWish:
    """Raises InvalidInput for both or none of the ways to say it."""
    if (body.equal is None) == (body.instalments is None):
        words = "Say either `equal` instalments or `instalments` with their dates."
        raise InvalidInput("instalments_invalid", words)
    equal = body.equal
    rule = body.acceleration
    return PlanWish(
        id=plan_id,
        customer_id=body.customer_id,
        invoice_ids=body.invoice_ids,
        instalments=None if body.instalments is None else parts_of(body.instalments),
        count=equal.count if equal else 0,
        first_on=day(equal.first_on, "first_on") if equal else None,
        rhythm=equal.rhythm if equal else Rhythm.MONTHLY,
        autopay=body.autopay,
        acceleration=(
            Acceleration()
            if isinstance(rule, UnsetType)
            else Acceleration(rule.instalments, rule.days)
        ),
    )


def parts_of(parts: tuple[InstalmentBody, ...]) -> tuple[tuple[date, int], ...]:
    for one in parts:
        day(one.due_on, "due_on")
    return tuple((one.due_on, one.amount) for one in parts)


def plan_view(plan: PaymentPlan) -> PaymentPlanView:
    views = {one.number: instalment_view(one) for one in plan.instalments}
    paid = sum(one.is_paid for one in plan.instalments)
    return PaymentPlanView(
        id=plan.id,
        reference=plan.reference,
        customer_id=plan.customer_id,
        status=plan.status,
        currency=plan.currency,
        total=plan.total,
        amount_paid=plan.amount_paid,
        amount_remaining=plan.amount_remaining,
        progress=f"{paid} of {len(plan.instalments)} paid. Next: {shown(plan)}",
        next_instalment=views[plan.unpaid[0].number] if plan.unpaid else None,
        instalments=tuple(views[one.number] for one in plan.instalments),
        invoice_ids=plan.invoice_ids,
        autopay=plan.autopay,
        acceleration=plan.acceleration,
        created_at=plan.created_at,
        ended_at=plan.ended_at,
        end_reason=plan.end_reason,
    )


def instalment_view(one: Instalment) -> InstalmentView:
    return InstalmentView(
        number=one.number,
        due_on=one.due_on,
        amount=one.amount,
        paid=one.paid,
        state=one.state,
        invoice_id=one.demand_id or None,
    )
