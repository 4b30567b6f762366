"""The invoice's head as the fold of its facts: one small step for each kind.

Nothing here asks the clock or the world, so folding a history again gives the head byte for byte.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.domain import desk
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.desk import reissue
from chalicelib.domain.desk.on_account import DemandMade
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact, assert_next
from chalicelib.domain.invoice import (
    ChargeRequest,
    Dunning,
    HoldKind,
    Invoice,
    InvoiceStatus,
)
from chalicelib.domain.invoice_changes import known_payment, move, received, settle, with_payment
from chalicelib.domain.payment import Allocation, Attempt, AttemptResult, Payment, PaymentStatus


def apply(invoice: Invoice | None, fact: Fact) -> Invoice:
    """The head after one more fact. Raises BrokenRecord when the fact does not follow it."""
    assert_next(invoice, fact)
    after = step(invoice, fact.data, fact)
    return replace(after, next_action=fact.next_action, version=fact.seq, chain=fact.hash)


def fold(history: list[Fact]) -> Invoice:
    """The head of a whole history, oldest first."""
    head: Invoice | None = None
    for fact in history:
        head = apply(head, fact)
    if head is None:
        raise BrokenRecord("an invoice without facts")
    return head


def step(invoice: Invoice | None, payload: Any, fact: Fact) -> Invoice:
    """What the payload changes, without plan, version and chain. Uses only `fact.at`."""
    if isinstance(payload, facts.InvoiceCreated | DemandMade):
        return payload.invoice
    if isinstance(payload, facts.InvoiceIssued):
        return _finalized(payload.invoice, payload, fact)
    if isinstance(payload, reissue.InvoiceReissued):
        return reissue.step(payload.invoice, payload, fact)
    if invoice is None:
        raise BrokenRecord(f"{fact.kind} before created")
    match payload:
        case facts.InvoiceFinalized():
            return _finalized(invoice, payload, fact)
        case facts.ChargeRequested(request=request):
            return replace(invoice, charge_request=request)
        case facts.RequestRefused():
            return _refused(invoice, payload)
        case facts.SlotSkipped(slots_done=slots_done):
            return _slots_done(invoice, slots_done)
        case facts.Reminded():
            return replace(invoice, reminded_at=fact.at)
        case facts.WentOverdue(stops_at=stops_at):
            late = replace(invoice, overdue_at=fact.at, stops_at=stops_at)
            return move(late, InvoiceStatus.OVERDUE)
        case facts.InvoiceCancelled():
            cleared = replace(
                invoice,
                amount_credited=invoice.amount_credited + invoice.amount_remaining,
                charge_request=None,
                hold=None,
                closed_at=fact.at,
            )
            return move(cleared, InvoiceStatus.CANCELLED)
        case facts.HoldPlaced(hold=hold):
            return replace(invoice, hold=hold)
        case facts.HoldLifted():
            return replace(invoice, hold=None)
        case facts.Replanned():
            return invoice
        case _:
            return _payment_step(invoice, payload, fact)


def _payment_step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    topic = desk.topic_of(payload)
    if topic is not None:
        return topic.step(invoice, payload, fact)
    match payload:
        case facts.PaymentOpened():
            opened = Payment(
                id=payload.payment_id,
                epoch=payload.epoch,
                amount=payload.amount,
                allocations=payload.allocations,
                opened_at=fact.at,
                application_fee=payload.application_fee,
            )
            return replace(invoice, payments=(*invoice.payments, opened))
        case facts.PaymentAdopted():
            return _adopted(invoice, payload, fact)
        case facts.AttemptStarted():
            return _attempt_started(invoice, payload)
        case facts.ResultUnknown(check=check):
            return _attempt(invoice, payload, result=AttemptResult.UNKNOWN, checks=check)
        case facts.ChargeProcessing(charge_id=charge_id):
            moved = _attempt(invoice, payload, result=AttemptResult.PROCESSING, charge_id=charge_id)
            moved = with_payment(moved, payload.payment_id, status=PaymentStatus.PROCESSING)
            return move(moved, InvoiceStatus.PROCESSING)
        case facts.ActionRequired(action_url=url):
            moved = _attempt(invoice, payload, result=AttemptResult.ACTION_REQUIRED, action_url=url)
            return move(moved, InvoiceStatus.PROCESSING)
        case facts.ChargeSucceeded():
            return _succeeded(invoice, payload, fact)
        case facts.ChargeFailed():
            return _failed(invoice, payload, fact)
        case facts.AttemptNotExecuted():
            return _not_executed(invoice, payload, fact)
        case facts.PaymentCancelled(payment_id=payment_id):
            return _payment_cancelled(invoice, payment_id, fact)
        case facts.FeePosted(payment_id=payment_id, fee=fee):
            return with_payment(invoice, payment_id, fee=fee)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def _finalized(
    invoice: Invoice, payload: facts.InvoiceFinalized | facts.InvoiceIssued, fact: Fact
) -> Invoice:
    numbered = replace(
        invoice,
        number=payload.number,
        issued_on=payload.issued_on,
        due_on=payload.due_on,
        charge_at=payload.charge_at,
        finalized_at=fact.at,
    )
    pending = move(numbered, InvoiceStatus.PENDING)
    return settle(pending, fact) if pending.amount_remaining == 0 else pending


def _adopted(invoice: Invoice, payload: facts.PaymentAdopted, fact: Fact) -> Invoice:
    """Only its PaymentIntent was forgotten, or the whole payment."""
    if invoice.payment(payload.payment_id) is not None:
        return with_payment(invoice, payload.payment_id, intent_id=payload.intent_id)
    adopted = Payment(
        id=payload.payment_id,
        epoch=payload.epoch,
        amount=payload.amount,
        allocations=(Allocation(invoice.id, payload.amount),),
        opened_at=fact.at,
        intent_id=payload.intent_id,
    )
    return replace(invoice, payments=(*invoice.payments, adopted))


def _attempt_started(invoice: Invoice, payload: facts.AttemptStarted) -> Invoice:
    payment = known_payment(invoice, payload.payment_id)
    if payment.last_attempt and payment.last_attempt.is_unresolved:
        raise BrokenRecord(f"{payment.id}: a try began before the last one was resolved")
    moved = with_payment(
        invoice,
        payment.id,
        intent_id=payload.intent_id,
        attempts=(*payment.attempts, payload.attempt),
    )
    if payload.slots_done is not None:
        moved = _slots_done(moved, payload.slots_done)
    if payload.attempt.request_id:
        moved = _without_request(moved, payload.attempt.request_id)
    return move(moved, moved.open_status())


def _succeeded(invoice: Invoice, payload: facts.ChargeSucceeded, fact: Fact) -> Invoice:
    moved = invoice
    if payload.number is not None:
        moved = _attempt(
            moved,
            payload,
            result=AttemptResult.SUCCEEDED,
            charge_id=payload.charge_id,
            resolved_at=fact.at,
        )
    moved = with_payment(
        moved,
        payload.payment_id,
        status=PaymentStatus.PAID,
        charge_id=payload.charge_id,
        fee=payload.fee,
        paid_at=fact.at,
    )
    return received(moved, payload.amount, fact)


def _failed(invoice: Invoice, payload: facts.ChargeFailed, fact: Fact) -> Invoice:
    moved = _attempt(
        invoice,
        payload,
        result=AttemptResult.FAILED,
        decline=payload.decline,
        charge_id=payload.charge_id,
        resolved_at=fact.at,
    )
    moved = _known_at_last(with_payment(moved, payload.payment_id, status=PaymentStatus.PENDING))
    if moved.dunning is None and payload.policy is not None:
        moved = replace(moved, dunning=Dunning(policy=payload.policy, first_failed_at=fact.at))
    return move(moved, moved.open_status())


def _not_executed(invoice: Invoice, payload: facts.AttemptNotExecuted, fact: Fact) -> Invoice:
    """A try that never happened gives its dunning slot back, or the request that asked for it."""
    closed = _attempt(invoice, payload, result=AttemptResult.NOT_EXECUTED, resolved_at=fact.at)
    attempt = known_payment(closed, payload.payment_id).attempts[payload.number - 1]
    if attempt.slot is not None:
        closed = _slots_done(closed, attempt.slot)
    if attempt.request_id is not None and payload.code != facts.PAYER_LEFT:
        closed = _asked_again(closed, attempt, attempt.request_id)
    closed = _known_at_last(closed)
    return move(closed, closed.open_status())


def _asked_again(invoice: Invoice, attempt: Attempt, request_id: str) -> Invoice:
    """The wish stands, but its page does not: after a day nobody waits there any more."""
    if invoice.charge_request is not None:
        return invoice
    request = ChargeRequest(request_id, attempt.trigger, attempt.started_at, attempt.method_id)
    return replace(invoice, charge_request=request)


def _payment_cancelled(invoice: Invoice, payment_id: str, fact: Fact) -> Invoice:
    payment = known_payment(invoice, payment_id)
    attempts = payment.attempts
    if attempts and attempts[-1].is_live:
        closed = replace(attempts[-1], result=AttemptResult.NOT_EXECUTED, resolved_at=fact.at)
        attempts = (*attempts[:-1], closed)
    moved = with_payment(invoice, payment_id, status=PaymentStatus.CANCELLED, attempts=attempts)
    moved = _known_at_last(moved)
    return move(moved, moved.open_status()) if moved.is_open else moved


def _known_at_last(invoice: Invoice) -> Invoice:
    """The try has a result, so nobody has to look for it any more."""
    waits = invoice.hold is not None and invoice.hold.kind is HoldKind.UNRESOLVED
    return replace(invoice, hold=None) if waits else invoice


def _slots_done(invoice: Invoice, slots_done: int) -> Invoice:
    if invoice.dunning is None:
        raise BrokenRecord("a dunning slot without a sequence")
    return replace(invoice, dunning=replace(invoice.dunning, slots_done=slots_done))


def _refused(invoice: Invoice, payload: facts.RequestRefused) -> Invoice:
    """A demand remembers why: it ends with that."""
    left = _without_request(invoice, payload.request_id)
    if left.demand is None:
        return left
    demand = replace(left.demand, end_code=payload.code, end_reason=payload.reason)
    return replace(left, demand=demand)


def _without_request(invoice: Invoice, request_id: str) -> Invoice:
    request = invoice.charge_request
    if request is None or request.id != request_id:
        return invoice
    return replace(invoice, charge_request=None)


def _attempt(invoice: Invoice, payload: Any, **changes: Any) -> Invoice:
    payment = known_payment(invoice, payload.payment_id)

    def changed(attempt: Attempt) -> Attempt:
        return replace(attempt, **changes) if attempt.number == payload.number else attempt

    return with_payment(invoice, payment.id, attempts=tuple(map(changed, payment.attempts)))
