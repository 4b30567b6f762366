"""Small changes to an invoice's head that several facts share: each gives the invoice after it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact
from chalicelib.domain.invoice import Invoice, InvoiceStatus, check_transition
from chalicelib.domain.payment import Payment


def move(invoice: Invoice, status: InvoiceStatus) -> Invoice:
    """Raises IllegalTransition for an edge the graph does not have."""
    check_transition(invoice.status, status)
    return replace(invoice, status=status)


def received(invoice: Invoice, amount: int, fact: Fact) -> Invoice:
    """Money came for it; what is more than owed is noted as overpaid."""
    applied = min(amount, max(invoice.amount_remaining, 0))
    paid = replace(
        invoice,
        amount_paid=invoice.amount_paid + applied,
        amount_overpaid=invoice.amount_overpaid + amount - applied,
    )
    if paid.status is InvoiceStatus.CANCELLED:
        return paid
    if paid.amount_remaining == 0:
        return settle(paid, fact)
    return move(paid, paid.open_status()) if paid.is_open else paid


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
