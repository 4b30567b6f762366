"""Which legs each invoice fact posts. Facts that move no money post none.

Read with `ledger.py`: debits above 0, credits below, each posting balanced.
"""

from __future__ import annotations

from typing import Any

from chalicelib.domain import desk
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.desk import reissue
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.ledger import Leg, legs


def legs_for(invoice: Invoice | None, payload: Any) -> tuple[Leg, ...]:
    """The posting of `payload` on the invoice as it was before."""
    if isinstance(payload, facts.InvoiceIssued):
        return _owed(payload.invoice)
    if isinstance(payload, reissue.InvoiceReissued):
        return reissue.legs_for(payload.invoice, payload)
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
