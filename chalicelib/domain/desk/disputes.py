"""Everything that can happen to a dispute's record, and the record as the fold of it.

What a dispute does to its invoice (the hold, the money) stands in the invoice's own facts. Each
answer is asked for before Stripe is called, so a worker that is stopped anywhere is followed by one
that looks at the dispute first.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from chalicelib.domain.dispute import (
    AnswerRequest,
    Dispute,
    Draft,
    EvidenceFile,
    Refusal,
)
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.owed import event, staff, work

ANSWER = "answer_dispute"  # the job that carries a request out


@dataclass(frozen=True, slots=True)
class DisputeRecorded:
    """Read from Stripe for the first time, together with the invoice's `dispute_opened`."""

    kind: ClassVar[str] = "created"
    dispute: Dispute

    def key(self, seq: int) -> str:
        return "created"


@dataclass(frozen=True, slots=True)
class DisputeSeenAs:
    """Stripe's status or deadline has moved."""

    kind: ClassVar[str] = "seen_as"
    status: str
    due_by: datetime | None

    def key(self, seq: int) -> str:
        return f"seen_as/{seq}"


@dataclass(frozen=True, slots=True)
class EvidenceDrafted:
    kind: ClassVar[str] = "evidence_drafted"
    draft: Draft

    def key(self, seq: int) -> str:
        return f"evidence_drafted/{seq}"


@dataclass(frozen=True, slots=True)
class AnswerRequested:
    """Staff decided: send the evidence, or accept the dispute. Written before Stripe is asked."""

    kind: ClassVar[str] = "answer_requested"
    request: AnswerRequest

    def key(self, seq: int) -> str:
        return f"answer/{self.request.id}"


@dataclass(frozen=True, slots=True)
class EvidenceUploaded:
    """The files are at Stripe; exactly these go with the answer, whoever sends it."""

    kind: ClassVar[str] = "evidence_uploaded"
    request_id: str
    files: tuple[EvidenceFile, ...]

    def key(self, seq: int) -> str:
        return f"uploaded/{self.request_id}"


@dataclass(frozen=True, slots=True)
class EvidenceSubmitted:
    """Stripe has an answer. `request_id` is empty when it was given in Stripe's dashboard."""

    kind: ClassVar[str] = "evidence_submitted"
    request_id: str

    def key(self, seq: int) -> str:
        return "submitted"


@dataclass(frozen=True, slots=True)
class DisputeAccepted:
    """Stripe has closed it at our wish."""

    kind: ClassVar[str] = "accepted"
    request_id: str

    def key(self, seq: int) -> str:
        return "accepted"


@dataclass(frozen=True, slots=True)
class AnswerRefused:
    """Stripe would not take the answer, or it came too late."""

    kind: ClassVar[str] = "answer_refused"
    request_id: str
    code: str
    reason: str

    def key(self, seq: int) -> str:
        return f"refused/{self.request_id}"


@dataclass(frozen=True, slots=True)
class DeadlineNoticed:
    """Staff are told that the deadline is `days` away."""

    kind: ClassVar[str] = "deadline_noticed"
    days: int

    def key(self, seq: int) -> str:
        return f"deadline/{self.days}"


@dataclass(frozen=True, slots=True)
class DisputeWarned:
    """The card's bank has warned of fraud as well, after its payer had disputed."""

    kind: ClassVar[str] = "warned"
    warning_id: str

    def key(self, seq: int) -> str:
        return f"warned/{self.warning_id}"


PAYLOADS: tuple[type, ...] = (
    DisputeRecorded, DisputeSeenAs, EvidenceDrafted, AnswerRequested, EvidenceUploaded,
    EvidenceSubmitted, DisputeAccepted, AnswerRefused, DeadlineNoticed, DisputeWarned,
)  # fmt: skip


def dispute_step(dispute: Dispute | None, payload: Any, fact: Fact) -> Dispute:
    """What one fact changes in a dispute."""
    if isinstance(payload, DisputeRecorded):
        return payload.dispute
    if dispute is None:
        raise BrokenRecord(f"{fact.kind} before created")
    match payload:
        case DisputeSeenAs(status=status, due_by=due_by):
            return _seen_as(replace(dispute, status=status, due_by=due_by), fact)
        case EvidenceDrafted(draft=draft):
            return replace(dispute, draft=draft)
        case AnswerRequested(request=request):
            if dispute.request is not None:
                raise BrokenRecord(f"{dispute.id}: two answers at once")
            return replace(dispute, request=request, files=(), refusal=None)
        case EvidenceUploaded(files=files):
            return replace(dispute, files=files)
        case EvidenceSubmitted(request_id=request_id):
            return replace(
                dispute,
                submitted_at=fact.at,
                submitted_elsewhere=not request_id,
                files=dispute.files if request_id else (),
                request=None,
            )
        case DisputeAccepted():
            return replace(dispute, accepted_at=fact.at, request=None)
        case AnswerRefused(code=code, reason=reason):
            return replace(dispute, request=None, files=(), refusal=Refusal(code, reason))
        case DeadlineNoticed(days=days):
            return replace(dispute, reminded_days=days)
        case DisputeWarned(warning_id=warning_id):
            return replace(dispute, fraud_warning_id=dispute.fraud_warning_id or warning_id)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def _seen_as(dispute: Dispute, fact: Fact) -> Dispute:
    """An appeal opens a closed one again. A request stays until its worker has looked."""
    return replace(dispute, closed_at=None if dispute.won is None else fact.at)


def owed(payload: Any) -> tuple[Effect, ...]:
    """That it was opened and closed is told by the invoice's facts."""
    match payload:
        case AnswerRequested():
            return work(ANSWER)
        case EvidenceSubmitted():
            return event("dispute.evidence_submitted")
        case AnswerRefused():
            return (*staff("staff_dispute_refused"), *event("dispute.answer_refused"))
        case DeadlineNoticed():
            return staff("staff_dispute_due")
        case _:
            return ()
