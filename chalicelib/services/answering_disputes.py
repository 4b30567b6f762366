"""Answering disputes: what staff asked for is sent to Stripe, once; deadlines are reminded of.

Whatever is asked of Stripe was written down before, and every run looks at the dispute first: an
answer that was given by a run before, or in Stripe's dashboard, is found and not given again.
"""

from __future__ import annotations

from enum import StrEnum
from hashlib import sha256

from chalicelib.domain import keys
from chalicelib.domain.business import Business
from chalicelib.domain.desk import disputes as facts
from chalicelib.domain.dispute import (
    NEEDS_ANSWER,
    Dispute,
    EvidenceFile,
    RequestKind,
    reminder_due,
)
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import STRIPE
from chalicelib.ports import Ports
from chalicelib.services.case import again_when_stale, now_of
from chalicelib.services.disputing import open_record, write
from chalicelib.services.evidence import packet_of
from chalicelib.services.papers import file_key
from chalicelib.services.posting import post_outcome


class Step(StrEnum):
    """What a worker's run came to, for logs and counts."""

    SUBMITTED = "submitted"
    ACCEPTED = "accepted"
    REFUSED = "refused"
    REMINDED = "reminded"
    HELD = "held"
    NOTHING = "nothing"


def run_dispute(ports: Ports, business_id: str, dispute_id: str) -> Step:
    """Do what is due for one dispute now: send its answer, or remind of its deadline.

    Raises Unanswered when Stripe or the table cannot be reached: run it again.
    """
    return again_when_stale(lambda: _run(ports, business_id, dispute_id))


def _run(ports: Ports, business_id: str, dispute_id: str) -> Step:
    business, dispute = open_record(ports, business_id, dispute_id)
    if business.is_held:
        return Step.HELD  # restored records may not know an answer that was given
    if dispute.request is not None:
        return _answer(ports, business, dispute)
    days = reminder_due(dispute, now_of(ports, business))
    if days is None:
        return Step.NOTHING
    write(ports, business, dispute, facts.DeadlineNoticed(days), why="Its deadline is near.")
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
    post_outcome(ports, business.id, dispute.invoice_id, dispute.payment_id, disputed=True)


def _accept(ports: Ports, business: Business, dispute: Dispute) -> Step:
    request = dispute.request
    assert request is not None
    if dispute.won is None:
        key = keys.accept_dispute(business.id, dispute.id, _second(ports))
        refusal: Conflict | None = None
        try:
            ports.gateway.close_dispute(business.stripe_account, dispute.id, key=key)
        except Conflict as error:
            refusal = error
        _look(ports, business, dispute)
        dispute = ports.store.dispute(business.id, dispute.id)
        if dispute.request != request:  # a worker beside this one was faster
            return Step.NOTHING
        if refusal is not None and dispute.won is None:
            return _refused(ports, business, dispute, refusal.code, refusal.detail)
    if dispute.won is not False:
        words = f"There was nothing to accept: the dispute is {dispute.status}."
        return _refused(ports, business, dispute, "dispute_closed", words)
    write(ports, business, dispute, facts.DisputeAccepted(request.id))
    return Step.ACCEPTED


def _submit(ports: Ports, business: Business, dispute: Dispute) -> Step:
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
            dispute = write(ports, business, dispute, uploaded)
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
    if now.submitted_at is not None or now.request != dispute.request:
        return Step.SUBMITTED
    return _refused(ports, business, now, error.code, error.detail)


def _second(ports: Ports) -> int:
    return int(ports.clock.now().timestamp())


def _upload(
    ports: Ports, business: Business, dispute: Dispute, field: str, name: str, content: bytes
) -> EvidenceFile:
    """Kept by us under the hash of its content, and given to Stripe."""
    fingerprint = sha256(content).hexdigest()
    ports.files.put(file_key(business.id, fingerprint), content, "application/pdf")
    key = keys.evidence_file(business.id, dispute.id, fingerprint, _second(ports))
    file_id = ports.gateway.upload_evidence(
        business.stripe_account, name=name, content=content, key=key
    )
    return EvidenceFile(field, file_id, fingerprint)


def _refused(ports: Ports, business: Business, dispute: Dispute, code: str, words: str) -> Step:
    assert dispute.request is not None
    refused = facts.AnswerRefused(dispute.request.id, code, words)
    write(ports, business, dispute, refused, actor=STRIPE, why=words)
    return Step.REFUSED
