"""Invoices on the wire: what may be sent, and everything that is known of one."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.by_hand import PartView, part_view
from chalicelib.api.representation.corrections import (
    CreditNoteView,
    RefundView,
    credit_note_view,
    refund_view,
)
from chalicelib.api.representation.fields import (
    Amount,
    Body,
    Id,
    Paragraph,
    Reason,
    Text,
    View,
    plain_decimal,
)
from chalicelib.api.representation.lines import LineBody, lines_from
from chalicelib.api.representation.payments import (
    AttemptView,
    PaymentView,
    attempt_view,
    payment_view,
)
from chalicelib.domain.invoice import (
    BillTo,
    Cover,
    Hold,
    Invoice,
    InvoiceStatus,
    Line,
    NextAction,
    Purpose,
)
from chalicelib.domain.parties import Terms
from chalicelib.domain.promise import Promise


class NewInvoice(Body):
    """`finalize`: number and send it at once. `auto_charge` null is as the customer's."""

    customer_id: Id
    lines: Annotated[tuple[LineBody, ...], Meta(min_length=1, max_length=100)]
    memo: Paragraph = ""
    po_number: Text = ""
    external_ref: Text = ""
    auto_charge: bool | None = None
    finalize: bool = False
    due_on: Annotated[date, Meta(description="Only with finalize; else by the terms")] | None = None


class FinalizeInvoice(Body):
    """`due_on` is by the customer's terms when left out."""

    due_on: date | None = None


class ChargeInvoice(Body):
    """The default payment method when none is named, the whole balance when no part is."""

    payment_method_id: Id | None = None
    amount: Amount | None = None


class SendInvoice(Body):
    """`reason` is kept with who sent it."""

    reason: Text = ""


class CancelInvoice(Body):
    reason: Reason


class LineView(View):
    """`amount` is after the discount and before tax; `last_on` is the last day covered.

    `customer_name` says on a billing group's invoice whose line it is.
    """

    description: str
    quantity: str
    unit_amount: int
    discount: int
    tax_percent: str
    amount: int
    product: str
    variant: str
    start_on: date | None
    last_on: date | None
    subscription_id: str | None
    customer_name: str


class TaxView(View):
    percent: str
    base: int
    tax: int


class TotalsView(View):
    """`subtotal` is after discounts and before tax."""

    subtotal: int
    discount: int
    taxes: tuple[TaxView, ...]
    tax: int
    total: int


class InvoiceView(View):
    """`amount_due` = `amount_paid` + `amount_remaining`. `next_action` says what follows, why.

    `covered_by` is the payment or payment plan that collects it instead. A `purpose` other than
    `invoice` is a demand for money towards invoices: it has no number and is no revenue.
    """

    id: str
    number: str | None
    purpose: Purpose
    covered_by: Cover | None
    status: InvoiceStatus
    customer_id: str
    subscription_id: str | None
    group_id: str | None
    currency: str
    amount_due: int
    amount_paid: int
    amount_remaining: int
    amount_credited: int
    amount_written_off: int
    amount_overpaid: int
    amount_recovered: int
    replaces: str | None
    replaced_by: str | None
    next_action: NextAction | None
    hold: Hold | None
    promises: tuple[Promise, ...]
    snoozed_until: date | None
    lines: tuple[LineView, ...]
    totals: TotalsView
    bill_to: BillTo
    terms: Terms
    memo: str
    po_number: str
    external_ref: str
    auto_charge: bool | None
    created_at: datetime
    finalized_at: datetime | None
    issued_on: date | None
    due_on: date | None
    charge_at: datetime | None
    overdue_at: datetime | None
    paid_at: datetime | None
    closed_at: datetime | None
    attempt_count: int
    attempts: tuple[AttemptView, ...]
    payments: tuple[PaymentView, ...]
    external_payments: tuple[PartView, ...]
    refunds: tuple[RefundView, ...]
    credit_notes: tuple[CreditNoteView, ...]


class ReasonView(View):
    """`code` is stable; `reason` and `what_to_do` are for staff, in words."""

    code: str
    reason: str
    what_to_do: str


class ChargeabilityView(View):
    """Whether the saved method could be charged now, and every reason why not."""

    chargeable: bool
    reasons: tuple[ReasonView, ...]


class DocumentLink(View):
    """The PDF, at an address that opens for a minute."""

    url: str
    expires_in_seconds: int


def lines_of(body: NewInvoice) -> tuple[Line, ...]:
    """Raises InvalidInput for a discount above its line or a sum beyond all reason."""
    return lines_from(body.lines)


def invoice_view(invoice: Invoice, *, codes: bool) -> InvoiceView:
    """`codes`: with the raw codes of failed tries."""
    payments = invoice.payments
    return InvoiceView(
        id=invoice.id,
        number=invoice.number,
        purpose=invoice.purpose,
        covered_by=invoice.covered_by,
        status=invoice.status,
        customer_id=invoice.customer_id,
        subscription_id=invoice.subscription_id,
        group_id=invoice.group_id,
        currency=invoice.currency,
        amount_due=invoice.amount_due,
        amount_paid=invoice.amount_paid,
        amount_remaining=invoice.amount_remaining,
        amount_credited=invoice.amount_credited,
        amount_written_off=invoice.amount_written_off,
        amount_overpaid=invoice.amount_overpaid,
        amount_recovered=invoice.amount_recovered,
        replaces=invoice.replaces,
        replaced_by=invoice.replaced_by,
        next_action=invoice.next_action,
        hold=invoice.holding,
        promises=invoice.promises,
        snoozed_until=invoice.snoozed_until,
        lines=tuple(map(line_view, invoice.lines)),
        totals=totals_view(invoice),
        bill_to=invoice.bill_to,
        terms=invoice.terms,
        memo=invoice.memo,
        po_number=invoice.po_number,
        external_ref=invoice.external_ref,
        auto_charge=invoice.auto_charge,
        created_at=invoice.created_at,
        finalized_at=invoice.finalized_at,
        issued_on=invoice.issued_on,
        due_on=invoice.due_on,
        charge_at=invoice.charge_at,
        overdue_at=invoice.overdue_at,
        paid_at=invoice.paid_at,
        closed_at=invoice.closed_at,
        attempt_count=len(invoice.attempts),
        attempts=tuple(
            attempt_view(payment.id, attempt, codes=codes)
            for payment in payments
            for attempt in payment.attempts
        ),
        payments=tuple(payment_view(invoice, payment, codes=codes) for payment in payments),
        external_payments=tuple(map(part_view, invoice.external_payments)),
        refunds=tuple(refund_view(invoice, one) for one in invoice.refunds),
        credit_notes=tuple(credit_note_view(invoice, one) for one in invoice.credit_notes),
    )


def line_view(line: Line) -> LineView:
    return LineView(
        description=line.description,
        quantity=plain_decimal(line.quantity),
        unit_amount=line.unit_amount,
        discount=line.discount,
        tax_percent=plain_decimal(line.tax_percent),
        amount=line.amount,
        product=line.product,
        variant=line.variant,
        start_on=line.period.start_on if line.period else None,
        last_on=line.period.last_on if line.period else None,
        subscription_id=line.subscription_id,
        customer_name=line.customer_name,
    )


def totals_view(invoice: Invoice) -> TotalsView:
    totals = invoice.totals
    return TotalsView(
        subtotal=totals.subtotal,
        discount=totals.discount,
        taxes=tuple(
            TaxView(percent=plain_decimal(one.percent), base=one.base, tax=one.tax)
            for one in totals.taxes
        ),
        tax=totals.tax,
        total=totals.total,
    )
