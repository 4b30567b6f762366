"""Disputes' own records: kept level with Stripe, and what staff ask for.

A worker carries it out: `answering_disputes.py`.
"""

from __future__ import annotations

from typing import Any

from chalicelib.domain.business import Business
from chalicelib.domain.desk import disputes as facts
from chalicelib.domain.desk.fraud_warnings import WarningDisputed
from chalicelib.domain.dispute import (
    OUTCOMES,
    AnswerRequest,
    Dispute,
    DisputeStage,
    Draft,
    RequestKind,
    is_answerable,
)
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.facts import STRIPE, SYSTEM, Actor, Subject
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.stripe_objects import DisputeSeen
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, again_when_stale, now_of

LONGEST_TEXT = 20_000


# ------------------------------------------------------------------------------- level with Stripe


def first_record(ports: Ports, case: Case, payment_id: str, seen: DisputeSeen) -> list[Change]:
    """The record of a dispute that was never seen before, for the invoice's transaction; and those
    of the warnings of fraud that had foretold it."""
    marks = [one for one in case.invoice.fraud_warnings if one.payment_id == payment_id]
    dispute = Dispute(
        id=seen.id,
        business_id=case.business.id,
        customer_id=case.customer.id,
        invoice_id=case.invoice.id,
        payment_id=payment_id,
        charge_id=seen.charge_id,
        amount=seen.amount,
        currency=seen.currency,
        reason=seen.reason,
        status=seen.status,
        opened_at=case.now,
        due_by=seen.due_by,
        closed_at=case.now if seen.status in OUTCOMES else None,
        fraud_warning_id=marks[0].id if marks else None,
    )
    first, came = facts.DisputeRecorded(dispute), WarningDisputed(seen.id)
    warnings = [ports.store.fraud_warning(case.business.id, one.id) for one in marks]
    return [
        Change(*first_of_party(dispute, first, at=case.now, actor=STRIPE)),
        *[Change(*on_party(one, came, at=case.now, actor=STRIPE)) for one in warnings],
    ]


def follow(ports: Ports, business_id: str, seen: DisputeSeen) -> bool:
    """Bring the record level with Stripe. True when something was learnt.

    `seen` may be older than the record; only what is read after the record is written.
    """

    def once() -> bool:
        try:
            dispute = ports.store.dispute(business_id, seen.id)
        except NotFound:  # the invoice's facts were written before there were such records
            return False
        if _news(dispute, seen) is None:
            return False
        business = ports.store.business(business_id)
        now_seen = ports.gateway.read_dispute(business.stripe_account, dispute.id)
        payload, learnt = _news(dispute, now_seen), False
        while payload is not None:
            dispute = write(ports, business, dispute, payload, actor=STRIPE)
            payload, learnt = _news(dispute, now_seen), True
        return learnt

    return again_when_stale(once)


def _news(dispute: Dispute, seen: DisputeSeen) -> Any:
    """The next thing that Stripe shows and the record does not say."""
    if (seen.status, seen.due_by) != (dispute.status, dispute.due_by):
        return facts.DisputeSeenAs(seen.status, seen.due_by)
    if seen.submissions and dispute.submitted_at is None:
        return facts.EvidenceSubmitted(seen.request_id)
    return None


# ------------------------------------------------------------------------------------ staff's part


def draft_evidence(
    ports: Ports, business_id: str, dispute_id: str, draft: Draft, *, actor: Actor
) -> Dispute:
    """Keep what staff want to say and show. Raises Conflict once an answer is on its way."""
    if len(draft.text) > LONGEST_TEXT:
        words = f"The text may have {LONGEST_TEXT} characters, as Stripe takes no more."
        raise InvalidInput("text_too_long", words)

    def once() -> Dispute:
        business, dispute = open_record(ports, business_id, dispute_id)
        _check_answerable(ports, business, dispute)
        if dispute.draft == draft:
            return dispute
        return write(ports, business, dispute, facts.EvidenceDrafted(draft), actor=actor)

    return again_when_stale(once)


def request_answer(
    ports: Ports,
    business_id: str,
    dispute_id: str,
    kind: RequestKind,
    *,
    request_id: str,
    actor: Actor,
    why: str = "",
) -> Dispute:
    """Ask for the evidence to be sent, or the dispute to be accepted; a worker does it.

    The same request twice is one. Raises Conflict when it is answered or over already.
    """

    def once() -> Dispute:
        business, dispute = open_record(ports, business_id, dispute_id)
        if _was_asked(ports, dispute, request_id):
            return dispute
        _check_answerable(ports, business, dispute)
        now = now_of(ports, business)
        draft = dispute.draft or Draft()
        request = AnswerRequest(request_id, kind, now, draft)
        return write(ports, business, dispute, facts.AnswerRequested(request), actor=actor, why=why)

    return again_when_stale(once)


def _was_asked(ports: Ports, dispute: Dispute, request_id: str) -> bool:
    history = ports.store.facts(dispute.business_id, Subject.DISPUTE, dispute.id)
    return any(fact.key == f"answer/{request_id}" for fact in history)


def _check_answerable(ports: Ports, business: Business, dispute: Dispute) -> None:
    if dispute.request is not None:
        raise Conflict("answer_under_way", "An answer to this dispute is being sent already.")
    if dispute.submitted_at is not None:
        raise Conflict("dispute_answered", "Evidence was sent: a bank takes it once.")
    if dispute.stage is DisputeStage.CLOSED:
        raise Conflict("dispute_closed", f"The dispute is over: {dispute.status}.")
    if not is_answerable(dispute, now_of(ports, business)):
        raise Conflict("dispute_not_answerable", "Its deadline is over, or the bank asks nothing.")


def open_record(ports: Ports, business_id: str, dispute_id: str) -> tuple[Business, Dispute]:
    """Raises NotFound."""
    return ports.store.business(business_id), ports.store.dispute(business_id, dispute_id)


def write(
    ports: Ports,
    business: Business,
    dispute: Dispute,
    payload: Any,
    *,
    actor: Actor = SYSTEM,
    why: str = "",
) -> Dispute:
    """Write one fact of a dispute. Raises StaleHead when somebody else was first; a fact of ours
    that is there already belongs to a run that has gone on since."""
    now = now_of(ports, business)
    after, fact = on_party(dispute, payload, at=now, actor=actor, why=why)
    ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)
    return after
