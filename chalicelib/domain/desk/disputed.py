"""What a dispute does to its invoice: it holds it, moves money, and when lost opens the debt again.

The case itself (deadline, evidence, answer) is a record of its own: `disputes.py`.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.domain.desk.money_legs import outgoing_legs
from chalicelib.domain.dispute import DisputeMark, DisputeState
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.invoice_changes import taken_back, with_payment
from chalicelib.domain.invoice_facts import DisputeClosed, DisputeFundsMoved, DisputeOpened
from chalicelib.domain.ledger import Account, Leg, legs
from chalicelib.domain.owed import Audience, event, staff

PAYLOADS: tuple[type, ...] = (DisputeOpened, DisputeFundsMoved, DisputeClosed)


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    match payload:
        case DisputeOpened():
            mark = DisputeMark(
                id=payload.dispute_id,
                payment_id=payload.payment_id,
                amount=payload.amount,
                reason=payload.reason,
                due_by=payload.due_by,
            )
            marked = with_payment(invoice, payload.payment_id, disputed=True)
            return replace(marked, disputes=(*invoice.disputes, mark))
        case DisputeFundsMoved():
            return invoice
        case DisputeClosed():
            return _closed(invoice, payload)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def _closed(invoice: Invoice, payload: DisputeClosed) -> Invoice:
    """Whatever else holds the invoice (staff, another dispute) goes on holding it."""
    state = DisputeState.WON if payload.won else DisputeState.LOST
    disputes = tuple(
        [
            replace(one, state=state) if one.id == payload.dispute_id else one
            for one in invoice.disputes
        ]
    )
    still = any(
        one.payment_id == payload.payment_id and one.state is not DisputeState.WON
        for one in disputes
    )
    closed = with_payment(invoice, payload.payment_id, disputed=still)
    closed = replace(closed, disputes=disputes)
    lost = disputed_amount(invoice, payload)
    return taken_back(closed, lost) if lost else closed


def disputed_amount(invoice: Invoice, lost: DisputeClosed) -> int:
    """What a lost dispute makes owed again: what was disputed, at most what this payment had
    brought and is still counted as paid. Nothing of a dispute that was won."""
    if lost.won:
        return 0
    payment, mark = invoice.payment(lost.payment_id), invoice.dispute(lost.dispute_id)
    if payment is None or mark is None:
        return 0
    return max(0, min(mark.amount, payment.amount - payment.amount_refunded, invoice.amount_paid))


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    """A payment on account had become credit, so it is credit that a lost dispute takes back."""
    match payload:
        case DisputeFundsMoved(amount=amount, fee=fee):
            return legs(invoice.currency, disputes=-amount, fees=fee, cash_in_transit=amount - fee)
        case DisputeClosed(won=False):
            lost = disputed_amount(invoice, payload)
            if invoice.purpose is not Purpose.INVOICE:
                return legs(invoice.currency, customer_credit=lost, disputes=-lost)
            return outgoing_legs(invoice, lost, Account.DISPUTES)
        case _:
            return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    match payload:
        case DisputeOpened():
            return (*staff("staff_dispute"), *event("dispute.created"))
        case DisputeClosed():
            return (*staff("staff_dispute_closed"), *event("dispute.closed"))
        case _:
            return ()
