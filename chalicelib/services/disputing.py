"""Disputes: kept level with Stripe, and answered. Staff ask, a worker sends, once.

Whatever is asked of Stripe was written down before, and every run looks at the dispute first: an
answer that was given by a run before, or in Stripe's dashboard, is found and not given again.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.business import Business
from chalicelib.domain.desk import disputes as facts
from chalicelib.domain.desk.fraud_warnings import WarningDisputed
from chalicelib.domain.dispute import (
    NEEDS_ANSWER,
    OUTCOMES,
    AnswerRequest,
    Dispute,
    DisputeStage,
    Draft,
    EvidenceFile,
    RequestKind,
    is_answerable,
    reminder_due,
)
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.facts import STRIPE, SYSTEM, Actor, Subject
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.stripe_objects import DisputeSeen
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, again_when_stale, now_of

LONGEST_TEXT = 20_000


class Step(StrEnum):
    """What a worker's run came to, for logs and counts."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REMINDED = "reminded"
    HELD = "held"
    NOTHING = "nothing"


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
            dispute = _record(ports, business, dispute, payload, actor=STRIPE)
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
        business, dispute = _open(ports, business_id, dispute_id)
        _check_answerable(ports, business, dispute)
        if dispute.draft == draft:
            return dispute
        return _record(ports, business, dispute, facts.EvidenceDrafted(draft), actor=actor)

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
        business, dispute = _open(ports, business_id, dispute_id)
        if _was_asked(ports, dispute, request_id):
            return dispute
        _check_answerable(ports, business, dispute)
        now = now_of(ports, business)
        draft = dispute.draft or Draft()
        request = AnswerRequest(request_id, kind, now, draft)
        return _record(
            ports, business, dispute, facts.AnswerRequested(request), actor=actor, why=why
        )

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


# ------------------------------------------------------------------------------ the worker's part


def run_dispute(ports: Ports, business_id: str, dispute_id: str) -> Step:
    """Do what is due for one dispute now: send its answer, or remind of its deadline.

    Raises Unanswered when Stripe or the table cannot be reached: run it again.
    """
    return again_when_stale(lambda: _run(ports, business_id, dispute_id))


def _run(ports: Ports, business_id: str, dispute_id: str) -> Step:
    business, dispute = _open(ports, business_id, dispute_id)
    if business.is_held:
        return Step.HELD  # restored records may not know an answer that was given
    if dispute.request is not None:
        return _answer(ports, business, dispute)
    days = reminder_due(dispute, now_of(ports, business))
    if days is None:
        return Step.NOTHING
    _record(ports, business, dispute, facts.DeadlineNoticed(days), why="Its deadline is near.")
    return Step.REMINDED


def _answer(ports: Ports, business: Business, dispute: Dispute) -> Step:
    assert dispute.request is not None
    _look(ports, business, dispute)
    dispute = ports.store.dispute(business.id, dispute.id)
    if dispute.request is None:  # a run before this one had sent it
        return Step.SUBMITTED
    if dispute.request.kind is RequestKind.ACCEPTANCE:
        return _accept(ports, business, dispute)
    return _submit(ports, business, dispute)


def _look(ports: Ports, business: Business, dispute: Dispute) -> None:
    """Everything Stripe shows of this dispute is ours before anything is asked of it."""
    from chalicelib.services.posting import post_outcome

    post_outcome(ports, business.id, dispute.invoice_id, dispute.payment_id, disputed=True)


def _accept(ports: Ports, business: Business, dispute: Dispute) -> Step:
    assert dispute.request is not None
    request_id = dispute.request.id
    if dispute.won is None:
        key = keys.accept_dispute(business.id, dispute.id, _second(ports))
        refusal: Conflict | None = None
        try:
            ports.gateway.close_dispute(business.stripe_account, dispute.id, key=key)
        except Conflict as error:
            refusal = error
        _look(ports, business, dispute)
        dispute = ports.store.dispute(business.id, dispute.id)
        if refusal is not None and dispute.won is None:
            return _refused(ports, business, dispute, refusal.code, refusal.detail)
    if dispute.won is not False:
        words = f"There was nothing to accept: the dispute is {dispute.status}."
        return _refused(ports, business, dispute, "dispute_closed", words)
    _record(ports, business, dispute, facts.DisputeAccepted(request_id))
    return Step.ACCEPTED


def _submit(ports: Ports, business: Business, dispute: Dispute) -> Step:
    from chalicelib.services.evidence import packet_of

    request = dispute.request
    assert request is not None
    if dispute.status not in NEEDS_ANSWER:
        words = f"Stripe takes no evidence any more: the dispute is {dispute.status}."
        return _refused(ports, business, dispute, "dispute_not_answerable", words)
    packet = packet_of(ports, dispute, request.draft, request.asked_at)
    try:
        if not dispute.files:
            files = tuple(
                [
                    _upload(ports, business, dispute, one.field, one.name, one.content)
                    for one in packet.files
                ]
            )
            uploaded = facts.EvidenceUploaded(request.id, files)
            dispute = _record(ports, business, dispute, uploaded)
        ports.gateway.submit_evidence(
            business.stripe_account,
            dispute.id,
            fields=packet.texts | {one.field: one.file_id for one in dispute.files},
            request_id=request.id,
            key=keys.evidence(business.id, dispute.id, request.id, _second(ports)),
        )
    except Conflict as error:
        return _refused_unless_done(ports, business, dispute, error)
    _look(ports, business, dispute)
    return Step.SUBMITTED


def _refused_unless_done(
    ports: Ports, business: Business, dispute: Dispute, error: Conflict
) -> Step:
    """A worker beside this one may have been faster: then its answer is ours."""
    _look(ports, business, dispute)
    now = ports.store.dispute(business.id, dispute.id)
    if now.submitted_at is not None or now.request is None:
        return Step.SUBMITTED
    return _refused(ports, business, now, error.code, error.detail)


def _second(ports: Ports) -> int:
    return int(ports.clock.now().timestamp())


def _upload(
    ports: Ports, business: Business, dispute: Dispute, field: str, name: str, content: bytes
) -> EvidenceFile:
    """Kept by us under the hash of its content, and given to Stripe."""
    fingerprint = sha256(content).hexdigest()
    ports.files.put(_file_key(business.id, fingerprint), content, "application/pdf")
    key = keys.evidence_file(business.id, dispute.id, fingerprint, _second(ports))
    file_id = ports.gateway.upload_evidence(
        business.stripe_account, name=name, content=content, key=key
    )
    return EvidenceFile(field, file_id, fingerprint)


def _file_key(business_id: str, fingerprint: str) -> str:
    from chalicelib.services.papers import file_key

    return file_key(business_id, fingerprint)


def _refused(ports: Ports, business: Business, dispute: Dispute, code: str, words: str) -> Step:
    assert dispute.request is not None
    refused = facts.AnswerRefused(dispute.request.id, code, words)
    _record(ports, business, dispute, refused, actor=STRIPE, why=words)
    return Step.REFUSED


def _open(ports: Ports, business_id: str, dispute_id: str) -> tuple[Business, Dispute]:
    return ports.store.business(business_id), ports.store.dispute(business_id, dispute_id)


def _record(
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
