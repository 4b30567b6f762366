"""Refunds, credit notes and corrected invoices on the wire."""

from __future__ import annotations

from datetime import date, datetime
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.fields import (
    AddressBody,
    Amount,
    Body,
    Email,
    Id,
    Name,
    Paragraph,
    Percent,
    Reason,
    Text,
    View,
    address_of,
    decimal_of,
    plain_decimal,
)
from chalicelib.api.representation.lines import LineBody
from chalicelib.api.representation.taken import AllocationBody
from chalicelib.domain.credit_note import CreditLine, CreditNote
from chalicelib.domain.invoice import BillTo, Invoice
from chalicelib.domain.refund import Refund, RefundStatus


class NewRefund(Body):
    """`payment_id` is a payment of the invoice, Stripe's or external. With `from_credit` the
    customer's unapplied credit is paid out through it; else the price becomes less."""

    payment_id: Id
    amount: Amount
    reason: Reason
    from_credit: bool = False


class RejectRefund(Body):
    reason: Reason


class RefundView(View):
    """`failure` says in words why it failed or was rejected, `waits_for` why Stripe has yet to
    send it. `in_transit`: it has left our balance, and the payer's bank has yet to take it.
    `credit_part`: what of one made in Stripe's dashboard was the customer's credit."""

    id: str
    invoice_id: str
    payment_id: str
    amount: int
    currency: str
    status: RefundStatus
    reason: str
    from_credit: bool
    credit_part: int
    requested_at: datetime
    requested_by: str
    decided_at: datetime | None
    decided_by: str
    stripe_refund_id: str | None
    failure: str
    waits_for: str


class RefundList(View):
    """All of an invoice's, in the order they were asked for."""

    data: tuple[RefundView, ...]


class CreditLineBody(Body):
    """`amount` is before tax; the rate is one of the invoice's."""

    description: Name
    amount: Amount
    tax_percent: Percent = "0"


class NewCreditNote(Body):
    """Either `amount`, with tax, or `lines`, before tax. `apply_to`: what the invoice does not need
    of it pays these invoices of the customer at once; the rest is the customer's credit."""

    reason: Reason
    amount: Amount | None = None
    lines: Annotated[tuple[CreditLineBody, ...], Meta(max_length=100)] = ()
    apply_to: Annotated[tuple[AllocationBody, ...], Meta(max_length=40)] = ()


class CreditLineView(View):
    description: str
    amount: int
    tax_percent: str


class CreditedTaxView(View):
    percent: str
    base: int
    tax: int


class CreditNoteView(View):
    """`total` = `applied` to its invoice + `to_credit` of the customer."""

    id: str
    invoice_id: str
    number: str
    issued_on: date
    reason: str
    currency: str
    lines: tuple[CreditLineView, ...]
    taxes: tuple[CreditedTaxView, ...]
    subtotal: int
    tax: int
    total: int
    applied: int
    to_credit: int


class CreditNoteList(View):
    """All of an invoice's, in the order they were issued."""

    data: tuple[CreditNoteView, ...]


class BillToBody(Body):
    """Who is billed, as it should be printed; what is left out stays as it is."""

    name: Name | None = None
    email: Email | None = None
    address: AddressBody | None = None
    tax_id: Text | None = None


class ReissueInvoice(Body):
    """What the new invoice says instead; what is left out is as on the old one."""

    reason: Reason
    lines: Annotated[tuple[LineBody, ...], Meta(min_length=1, max_length=100)] | None = None
    bill_to: BillToBody | None = None
    po_number: Text | None = None
    memo: Paragraph | None = None


class WriteOffInvoice(Body):
    reason: Reason


class CompleteDetails(Body):
    """What the customer's own books need on the invoice; what is left out stays as it is."""

    invoice_id: Id
    name: Name | None = None
    address: AddressBody | None = None
    tax_id: Text | None = None
    po_number: Text | None = None


def refund_view(invoice: Invoice, refund: Refund) -> RefundView:
    return RefundView(
        id=refund.id,
        invoice_id=invoice.id,
        payment_id=refund.payment_id,
        amount=refund.amount,
        currency=invoice.currency,
        status=refund.status,
        reason=refund.reason,
        from_credit=refund.from_credit,
        credit_part=refund.credit_part,
        requested_at=refund.requested_at,
        requested_by=refund.requested_by,
        decided_at=refund.decided_at,
        decided_by=refund.decided_by,
        stripe_refund_id=refund.stripe_refund_id,
        failure=refund.failure,
        waits_for=refund.waits_for,
    )


def credit_note_view(invoice: Invoice, note: CreditNote) -> CreditNoteView:
    return CreditNoteView(
        id=note.id,
        invoice_id=invoice.id,
        number=note.number,
        issued_on=note.issued_on,
        reason=note.reason,
        currency=invoice.currency,
        lines=tuple(
            CreditLineView(
                description=line.description,
                amount=line.amount,
                tax_percent=plain_decimal(line.tax_percent),
            )
            for line in note.lines
        ),
        taxes=tuple(
            CreditedTaxView(percent=plain_decimal(one.percent), base=one.base, tax=one.tax)
            for one in note.taxes
        ),
        subtotal=note.subtotal,
        tax=note.tax,
        total=note.total,
        applied=note.applied,
        to_credit=note.to_credit,
    )


def credit_lines_of(body: NewCreditNote) -> tuple[CreditLine, ...]:
    return tuple(
        CreditLine(line.description, line.amount, decimal_of(line.tax_percent))
        for line in body.lines
    )


def bill_to_of(body: BillToBody | CompleteDetails, old: BillTo) -> BillTo:
    """Who is billed, with what was sent put in."""
    email = body.email if isinstance(body, BillToBody) else None
    return BillTo(
        name=old.name if body.name is None else body.name,
        email=old.email if email is None else email,
        address=old.address if body.address is None else address_of(body.address),
        tax_id=old.tax_id if body.tax_id is None else body.tax_id,
        phone=old.phone,
        locale=old.locale,
    )
