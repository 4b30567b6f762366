"""Payments that staff take for a customer, on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.customers import PaymentMethodView, method_views
from chalicelib.api.representation.fields import Amount, Body, Id, Text, View, WebAddress
from chalicelib.api.representation.payments import AttemptView, attempt_view
from chalicelib.domain import demand as demands
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.desk.on_account import demand_of
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment import Allocation, Payment
from chalicelib.services.invoices import latest_action_url
from chalicelib.services.on_account import why_not_payable
from chalicelib.services.taken import (
    Suggestion,
    TakenStatus,
    outcome_in_invoice,
    outcome_of_payment,
)

MOST_NAMED = 1000  # so that it is the rule that refuses too many, and says what to do


class AllocationBody(Body):
    """How much of the payment is for this invoice."""

    id: Id
    amount: Amount


class NewPayment(Body):
    """The default payment method when none is named. Left out, `invoices` are the oldest first.

    `new_method`: a page of Stripe's is opened for a new card or account; send the customer there.
    With `save_method` false it is forgotten after this payment. `return_url`: the payer is present
    and comes back there after confirming with the bank, or from Stripe's page.
    """

    amount: Amount
    payment_method_id: Id | None = None
    new_method: bool = False
    save_method: bool = True
    description: Text = ""
    invoices: Annotated[tuple[AllocationBody, ...], Meta(max_length=MOST_NAMED)] | None = None
    return_url: WebAddress | None = None
    cancel_url: WebAddress | None = None


class TakenPaymentView(View):
    """`invoice_id` names what it is a payment of; a payment on account is one of its own.

    `allocations` is what it is meant for, `paid` what it has paid, `credited` what became the
    customer's credit. `reason` and `what_to_do` are for whoever takes it. Send the payer to
    `setup_url` to enter a card, to `action_url` to confirm with the bank."""

    id: str
    invoice_id: str
    customer_id: str
    amount: int
    currency: str
    status: TakenStatus
    code: str
    reason: str
    what_to_do: str
    description: str
    allocations: tuple[Allocation, ...]
    unallocated: int
    paid: tuple[Allocation, ...]
    credited: int
    note: str
    setup_url: str | None
    action_url: str | None
    created_at: datetime
    paid_at: datetime | None
    amount_refunded: int
    disputed: bool
    attempts: tuple[AttemptView, ...]


class PayableView(View):
    """An open invoice; `reason` says why this payment cannot pay it, empty if it can."""

    id: str
    number: str
    due_on: date | None
    amount_remaining: int
    reason: str


class PaymentSuggestion(View):
    """What a payment would best be: `amount` is the balance that can be paid now, less the credit.

    `under_way` is a payment of this customer that has not ended yet.
    """

    customer_id: str
    currency: str
    amount: int
    outstanding: int
    credit: int
    invoices: tuple[PayableView, ...]
    allocations: tuple[Allocation, ...]
    payment_methods: tuple[PaymentMethodView, ...]
    under_way: str | None


def taken_view(
    business: Business, demand: Invoice, *, codes: bool, setup_url: str | None = None
) -> TakenPaymentView:
    own, outcome = demand_of(demand), outcome_of_payment(business, demand)
    planned = sum(one.amount for one in demand.allocations)
    return TakenPaymentView(
        id=demand.id,
        invoice_id=demand.id,
        customer_id=demand.customer_id,
        amount=demand.totals.total,
        currency=demand.currency,
        status=outcome.status,
        code=outcome.code,
        reason=outcome.reason,
        what_to_do=outcome.what_to_do,
        description=demand.memo,
        allocations=demand.allocations,
        unallocated=demand.totals.total - planned,
        paid=own.spent,
        credited=own.applied - sum(one.amount for one in own.spent),
        note=_note(demand),
        setup_url=setup_url,
        action_url=latest_action_url(demand),
        created_at=demand.created_at,
        paid_at=demand.paid_at,
        amount_refunded=sum(one.amount_refunded for one in demand.payments),
        disputed=any(one.disputed for one in demand.payments),
        attempts=tuple(
            attempt_view(payment.id, one, codes=codes)
            for payment in demand.payments
            for one in payment.attempts
        ),
    )


def view_in_invoice(
    business: Business,
    invoice: Invoice,
    payment: Payment,
    became: tuple[tuple[Allocation, ...], int],
    *,
    codes: bool,
) -> TakenPaymentView:
    """A payment that an invoice or an instalment was asked for by. `became`: paid and credited."""
    outcome, last = outcome_in_invoice(business, invoice, payment), payment.last_attempt
    planned = sum(one.amount for one in payment.allocations)
    return TakenPaymentView(
        id=payment.id,
        invoice_id=invoice.id,
        customer_id=invoice.customer_id,
        amount=payment.amount,
        currency=invoice.currency,
        status=outcome.status,
        code=outcome.code,
        reason=outcome.reason,
        what_to_do=outcome.what_to_do,
        description=invoice.memo,
        allocations=payment.allocations,
        unallocated=payment.amount - planned,
        paid=became[0],
        credited=became[1],
        note="",
        setup_url=None,
        action_url=last.action_url if last is not None and last.is_live else None,
        created_at=payment.opened_at,
        paid_at=payment.paid_at,
        amount_refunded=payment.amount_refunded,
        disputed=payment.disputed,
        attempts=tuple(attempt_view(payment.id, one, codes=codes) for one in payment.attempts),
    )


def _note(demand: Invoice) -> str:
    if not demand_of(demand).pays_on:
        return ""
    return (
        f"It is for more than {demands.MOST_INVOICES} invoices: the oldest are paid at once, the "
        "others right after."
    )


def suggestion_view(customer: Customer, found: Suggestion) -> PaymentSuggestion:
    listed = [
        *((one, "") for one in found.payable),
        *((one, why_not_payable(one)) for one in found.others),
    ]
    return PaymentSuggestion(
        customer_id=customer.id,
        currency=found.currency,
        amount=found.amount,
        outstanding=found.outstanding,
        credit=found.credit,
        invoices=tuple(
            PayableView(
                id=one.id,
                number=one.shown_number,
                due_on=one.due_on,
                amount_remaining=one.amount_remaining,
                reason=why,
            )
            for one, why in listed
        ),
        allocations=found.allocations,
        payment_methods=method_views(customer),
        under_way=found.under_way,
    )
