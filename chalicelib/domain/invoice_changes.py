"""Small changes to an invoice's head that several facts share: each gives the invoice after it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact
from chalicelib.domain.invoice import Invoice, InvoiceStatus, check_transition
from chalicelib.domain.payment import Payment


def move(invoice: Invoice, status: InvoiceStatus) -> Invoice:
    """Raises IllegalTransition for an edge the graph does not have."""
    check_transition(invoice.status, status)
    return replace(invoice, status=status)


@dataclass(frozen=True, slots=True)
class Parts:
    """What money that comes for an invoice does: pays it, recovers what was written off, is left.

    The three add up to what came.
    """

    applied: int
    recovered: int
    left: int


def parts_of(invoice: Invoice, amount: int) -> Parts:
    """Of `amount`, as the invoice stands."""
    applied = min(amount, max(invoice.amount_remaining, 0))
    recovered = min(amount - applied, invoice.amount_recoverable)
    return Parts(applied, recovered, amount - applied - recovered)


def received(invoice: Invoice, amount: int, fact: Fact) -> Invoice:
    """Money came for it; what is more than owed is noted as overpaid.

    An invoice that was paid already keeps the day it was paid on.
    """
    parts = parts_of(invoice, amount)
    paid = replace(
        invoice,
        amount_paid=invoice.amount_paid + parts.applied + parts.recovered,
        amount_written_off=invoice.amount_written_off - parts.recovered,
        amount_recovered=invoice.amount_recovered + parts.recovered,
        amount_overpaid=invoice.amount_overpaid + parts.left,
    )
    if paid.status is InvoiceStatus.CANCELLED or paid.amount_recoverable:
        return paid
    if paid.amount_remaining == 0 and paid.status is not InvoiceStatus.PAID:
        return settle(paid, fact)
    return move(paid, paid.open_status()) if paid.is_open else paid


def taken_back(invoice: Invoice, amount: int) -> Invoice:
    """Money that had paid it is gone: it is owed again, or given up with the rest of it.

    A withdrawn invoice owes nothing any more: there the customer's credit is less instead.
    """
    if invoice.is_withdrawn:
        return invoice
    owing = replace(
        invoice,
        amount_paid=invoice.amount_paid - amount,
        amount_recovered=max(invoice.amount_recovered - amount, 0),
    )
    if invoice.status is InvoiceStatus.UNCOLLECTIBLE:
        return replace(owing, amount_written_off=owing.amount_written_off + amount)
    if not (owing.is_open or owing.status is InvoiceStatus.PAID):
        return owing
    return move(replace(owing, paid_at=None, closed_at=None), owing.open_status())


def settle(invoice: Invoice, fact: Fact) -> Invoice:
    """Nothing is owed any more."""
    settled = replace(
        invoice, covered_by=None, paid_at=fact.at, closed_at=fact.at, charge_request=None, hold=None
    )
    return move(settled, InvoiceStatus.PAID)


def known_payment(invoice: Invoice, payment_id: str) -> Payment:
    """Raises BrokenRecord for a payment that the invoice does not have."""
    payment = invoice.payment(payment_id)
    if payment is None:
        raise BrokenRecord(f"{invoice.id} has no payment {payment_id}")
    return payment


def with_payment(invoice: Invoice, payment_id: str, **changes: Any) -> Invoice:
    """The invoice with one of its payments changed."""
    changed = replace(known_payment(invoice, payment_id), **changes)
    payments = tuple(changed if one.id == payment_id else one for one in invoice.payments)
    return replace(invoice, payments=payments)
