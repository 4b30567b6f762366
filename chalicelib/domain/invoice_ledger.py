"""Which legs each invoice fact posts. Facts that move no money post none.

Read with `ledger.py`: debits above 0, credits below, each posting balanced.
"""

from __future__ import annotations

from typing import Any

from chalicelib.domain import desk
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.ledger import Leg, legs


def legs_for(invoice: Invoice | None, payload: Any) -> tuple[Leg, ...]:
    """The posting of `payload` on the invoice as it was before."""
    if isinstance(payload, facts.InvoiceIssued):
        return _owed(payload.invoice)
    if invoice is None:
        return ()
    topic = desk.topic_of(payload)
    if topic is not None:
        return topic.legs_for(invoice, payload)
    currency = invoice.currency
    match payload:
        case facts.InvoiceFinalized():
            return _owed(invoice)
        case facts.InvoiceCancelled():
            return _cancelled(invoice)
        case facts.ChargeSucceeded(amount=amount, fee=fee):
            applied = _of_the_debt(invoice, amount)
            return legs(
                currency,
                cash_in_transit=amount - (fee or 0),
                fees=fee or 0,
                receivable=-applied,
                customer_credit=-(amount - applied),
            )
        case facts.FeePosted(fee=fee):
            return legs(currency, fees=fee, cash_in_transit=-fee)
        case facts.ExternalPaymentRecorded(amount=amount):
            applied = _of_the_debt(invoice, amount)
            return legs(
                currency, bank=amount, receivable=-applied, customer_credit=-(amount - applied)
            )
        case facts.WrittenOff(amount=amount):
            return legs(currency, write_offs=amount, receivable=-amount)
        case facts.Refunded(amount=amount):
            return legs(currency, refunds=amount, cash_in_transit=-amount)
        case facts.RefundFailed(amount=amount):
            return legs(currency, refunds=-amount, cash_in_transit=amount)
        case facts.DisputeFundsMoved(amount=amount, fee=fee):
            return legs(currency, disputes=-amount, fees=fee, cash_in_transit=amount - fee)
        case facts.DisputeClosed(won=False, dispute_id=_):
            lost = disputed_amount(invoice, payload.payment_id)
            return legs(currency, receivable=lost, disputes=-lost)
        case _:
            return ()


def _of_the_debt(invoice: Invoice, amount: int) -> int:
    """How much of the money pays this invoice's own debt; the rest is customer credit."""
    if invoice.purpose is not Purpose.INVOICE:
        return 0
    return min(amount, max(invoice.amount_remaining, 0))


def _owed(invoice: Invoice) -> tuple[Leg, ...]:
    if invoice.purpose is not Purpose.INVOICE:
        return ()
    totals = invoice.totals
    return legs(
        invoice.currency, receivable=totals.total, revenue=-totals.subtotal, tax=-totals.tax
    )


def _cancelled(invoice: Invoice) -> tuple[Leg, ...]:
    """A draft posted nothing, so nothing is taken back."""
    if invoice.finalized_at is None or invoice.purpose is not Purpose.INVOICE:
        return ()
    totals = invoice.totals
    return legs(invoice.currency, receivable=-totals.total, revenue=totals.subtotal, tax=totals.tax)


def disputed_amount(invoice: Invoice, payment_id: str) -> int:
    """What a lost dispute makes owed again: what this payment had paid of the invoice."""
    payment = invoice.payment(payment_id)
    return min(payment.amount - payment.amount_refunded, invoice.amount_paid) if payment else 0
