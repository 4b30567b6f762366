"""External payments and the customer's credit on the wire."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.fields import Amount, Body, Paragraph, Reason, Text, View
from chalicelib.api.representation.taken import MOST_NAMED, AllocationBody
from chalicelib.domain.external_payment import ExternalMethod, ExternalPayment
from chalicelib.domain.payment import Allocation
from chalicelib.domain.payment_plan import InstalmentPart
from chalicelib.services.credit import Moved
from chalicelib.services.credit_payouts import Payout, PayoutStatus
from chalicelib.services.external_payments import Account


class NewExternalPayment(Body):
    """Money that came past Stripe. `reference` is the cheque's or the bank's number; only cash may
    have none. `invoices` left out: open invoices, oldest due first; empty: all of it on account."""

    method: ExternalMethod
    amount: Amount
    received_on: date
    reference: Text = ""
    invoices: Annotated[tuple[AllocationBody, ...], Meta(max_length=MOST_NAMED)] | None = None
    note: Paragraph = ""


class NewInvoicePayment(Body):
    """The same for one invoice: what it does not need becomes the customer's credit."""

    method: ExternalMethod
    amount: Amount
    received_on: date
    reference: Text = ""
    note: Paragraph = ""


class NewInstalmentPayment(NewInvoicePayment):
    """For the plan's next unpaid instalment, or the one named. Less leaves its rest due; more pays
    the following ones, and what the plan does not need becomes the customer's credit."""

    instalment: Annotated[int, Meta(ge=1)] | None = None


class ReversePayment(Body):
    """It bounced."""

    reversed_on: date
    reason: Reason


class ReversalView(View):
    reversed_on: date
    reason: str


class ExternalPaymentView(View):
    """`allocations` is what each invoice got, `credited` what became the customer's credit. For
    more than 40 invoices the oldest are paid at once and the others within seconds. Of a payment
    for a plan, `instalments` is what each of those got of it."""

    id: str
    customer_id: str
    method: ExternalMethod
    reference: str
    amount: int
    currency: str
    received_on: date
    allocations: tuple[Allocation, ...]
    payment_plan_id: str | None
    instalments: tuple[InstalmentPart, ...]
    credited: int
    note: str
    recorded_at: datetime
    recorded_by: str
    reversal: ReversalView | None


class ExternalPaymentList(View):
    """All of a customer's, newest first."""

    data: tuple[ExternalPaymentView, ...]


class PartView(View):
    """What an external payment paid of one invoice."""

    id: str
    method: ExternalMethod
    reference: str
    amount: int
    amount_refunded: int
    received_on: date
    reversed_at: datetime | None
    reversal_reason: str


class ApplyCredit(Body):
    """`invoices` left out: open invoices, oldest due first, as far as the credit goes."""

    invoices: (
        Annotated[tuple[AllocationBody, ...], Meta(min_length=1, max_length=MOST_NAMED)] | None
    ) = None


class TakeBackCredit(Body):
    reason: Reason


class NewCreditPayout(Body):
    """Credit given back past Stripe. Through a card it is a refund with `from_credit`."""

    method: ExternalMethod
    amount: Amount
    paid_on: date
    reason: Reason
    reference: Text = ""


class RejectCreditPayout(Body):
    reason: Reason


class CreditPayoutView(View):
    """`paid_on` is empty until it is paid, `failure` says in words why it was rejected."""

    id: str
    status: PayoutStatus
    method: ExternalMethod
    reference: str
    amount: int
    currency: str
    reason: str
    requested_at: datetime
    requested_by: str
    paid_on: date | None
    decided_at: datetime | None
    decided_by: str
    failure: str


class CreditMoveView(View):
    """`added` to the credit, `spent` on invoices. `id` names what moved it."""

    id: str
    added: int
    spent: tuple[Allocation, ...]
    reason: str
    moved_at: datetime
    moved_by: str
    taken_back: bool


class CreditView(View):
    """Unapplied credit, below 0 when spent money bounced; its movements, and what of it was paid
    out past Stripe or is to be, newest first."""

    customer_id: str
    currency: str
    credit: int
    movements: tuple[CreditMoveView, ...]
    payouts: tuple[CreditPayoutView, ...]


def chosen_of(parts: Sequence[AllocationBody] | None) -> tuple[Allocation, ...] | None:
    if parts is None:
        return None
    return tuple(Allocation(part.id, part.amount) for part in parts)


def external_view(customer_id: str, account: Account) -> ExternalPaymentView:
    came, gone = account.received, account.reversed
    return ExternalPaymentView(
        id=came.payment_id,
        customer_id=customer_id,
        method=came.method,
        reference=came.reference,
        amount=came.amount,
        currency=came.currency,
        received_on=came.received_on,
        allocations=(*came.shares, *account.paid_on),
        payment_plan_id=came.plan_id or None,
        instalments=came.instalments,
        credited=came.to_credit - sum(one.amount for one in account.paid_on),
        note=came.note,
        recorded_at=account.fact.at,
        recorded_by=account.fact.actor.id,
        reversal=ReversalView(reversed_on=gone.reversed_on, reason=gone.reason) if gone else None,
    )


def part_view(part: ExternalPayment) -> PartView:
    return PartView(
        id=part.id,
        method=part.method,
        reference=part.reference,
        amount=part.amount,
        amount_refunded=part.amount_refunded,
        received_on=part.received_on,
        reversed_at=part.reversed_at,
        reversal_reason=part.reversal_reason,
    )


def payout_view(payout: Payout) -> CreditPayoutView:
    return CreditPayoutView(
        id=payout.id,
        status=payout.status,
        method=payout.method,
        reference=payout.reference,
        amount=payout.amount,
        currency=payout.currency,
        reason=payout.reason,
        requested_at=payout.requested_at,
        requested_by=payout.requested_by,
        paid_on=payout.paid_on,
        decided_at=payout.decided_at,
        decided_by=payout.decided_by,
        failure=payout.failure,
    )


def move_view(moved: Moved) -> CreditMoveView:
    data = moved.fact.data
    return CreditMoveView(
        id=data.source,
        added=data.added,
        spent=data.spent,
        reason=data.reason,
        moved_at=moved.fact.at,
        moved_by=moved.fact.actor.id,
        taken_back=moved.taken_back,
    )
