"""What a dispute does to its invoice: it holds it, moves money, and when lost opens the debt again.

A verdict may be turned round: a dispute lost and won on appeal pays the invoice again, and what was
paid otherwise meanwhile is the customer's credit. The case itself (deadline, evidence, answer) is a
record of its own: `disputes.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from chalicelib.domain.desk.money_legs import incoming_legs, outgoing_legs
from chalicelib.domain.dispute import DisputeMark, DisputeState, is_ours
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Purpose
from chalicelib.domain.invoice_changes import received, taken_back, with_payment
from chalicelib.domain.invoice_facts import (
    DisputeClosed,
    DisputeFundsMoved,
    DisputeOpened,
    DisputeRegained,
)
from chalicelib.domain.ledger import Account, Leg, legs
from chalicelib.domain.owed import Audience, event, staff, work

PAYLOADS: tuple[type, ...] = (DisputeOpened, DisputeFundsMoved, DisputeClosed, DisputeRegained)
_S = DisputeState


def verdict(
    invoice: Invoice, dispute_id: str, status: str, moved: Sequence[int]
) -> DisputeClosed | DisputeRegained | None:
    """What Stripe has decided and the invoice does not say yet, one step at a time.

    `status` and `moved` have to be newer than the invoice where it says something else already.
    """
    mark, ours = invoice.dispute(dispute_id), is_ours(status, moved)
    if mark is None or ours is None:
        return None
    if mark.state is _S.OPEN or (mark.state is _S.WON and not ours):
        return DisputeClosed(mark.payment_id, mark.id, won=ours, verdict=mark.verdicts)
    if mark.state is not _S.LOST:
        return None
    kept = 0 if ours else max(0, -sum(moved)) if moved else mark.taken
    regained = max(0, mark.taken - kept)
    if not ours and not regained:
        return None
    return DisputeRegained(mark.payment_id, mark.id, regained, mark.verdicts)


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
        case DisputeClosed(won=won):
            lost = disputed_amount(invoice, payload)
            state = _S.WON if won else _S.LOST
            closed = _decided(invoice, payload, state, lost)
            return taken_back(closed, lost) if lost else closed
        case DisputeRegained(amount=amount):
            mark = _mark(invoice, payload)
            left = mark.taken - amount
            decided = _decided(invoice, payload, _S.LOST if left else _S.WON, left)
            return received(decided, amount, fact) if amount else decided
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def _mark(invoice: Invoice, payload: DisputeClosed | DisputeRegained) -> DisputeMark:
    mark = invoice.dispute(payload.dispute_id)
    if mark is None:
        raise BrokenRecord(f"{invoice.id}: {payload.dispute_id} was decided before it was opened")
    return mark


def _decided(
    invoice: Invoice, payload: DisputeClosed | DisputeRegained, state: DisputeState, taken: int
) -> Invoice:
    """Whatever else holds the invoice (staff, another dispute) goes on holding it."""
    mark = _mark(invoice, payload)
    after = replace(mark, state=state, taken=taken, verdicts=mark.verdicts + 1)
    disputes = tuple(after if one.id == mark.id else one for one in invoice.disputes)
    still = any(
        one.payment_id == payload.payment_id and one.state is not _S.WON for one in disputes
    )
    decided = with_payment(invoice, payload.payment_id, disputed=still)
    return replace(decided, disputes=disputes)


def disputed_amount(invoice: Invoice, lost: DisputeClosed) -> int:
    """What a lost dispute makes owed again: what was disputed, at most what this payment had
    brought, was not refunded or taken by another dispute, and is still counted as paid. Nothing of
    a dispute that was won."""
    if lost.won:
        return 0
    payment, mark = invoice.payment(lost.payment_id), invoice.dispute(lost.dispute_id)
    if payment is None or mark is None:
        return 0
    others = sum(one.taken for one in invoice.disputes if one.payment_id == payment.id)
    left = payment.amount - payment.amount_refunded - others
    return max(0, min(mark.amount, left, invoice.amount_paid))


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
        case DisputeRegained(amount=amount):
            if invoice.purpose is not Purpose.INVOICE:
                return legs(invoice.currency, customer_credit=-amount, disputes=amount)
            return incoming_legs(invoice, amount, Account.DISPUTES)
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
        case DisputeRegained():
            told = (*staff("staff_dispute_closed"), *event("dispute.funds_reinstated"))
            return (*told, *_paid_again(before, after))
        case _:
            return ()


def _paid_again(before: Invoice | None, after: Invoice) -> tuple[Effect, ...]:
    """It owes nothing any more, or more has come than it owes. No receipt: the payer paid once."""
    if after.purpose is not Purpose.INVOICE:
        return ()
    left = work("move_overpayment") if after.amount_overpaid else ()
    was_open = before is not None and before.is_open
    if not was_open or after.status is not InvoiceStatus.PAID:
        return left
    paid = (*left, *event("invoice.paid"))
    return (*paid, *work("resume_subscriptions")) if after.overdue_at else paid
