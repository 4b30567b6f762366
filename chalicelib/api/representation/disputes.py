"""Disputes on the wire: the case, its deadline, our answer, and what the packet says."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.fields import _SEVERAL_LINES, Body, PageQuery, Reason, View
from chalicelib.domain.dispute import (
    AnswerState,
    Dispute,
    DisputeStage,
    Draft,
    Part,
    RequestKind,
    in_words,
)
from chalicelib.evidence import EvidenceView

EvidenceText = Annotated[str, Meta(max_length=20_000, pattern=_SEVERAL_LINES)]


class DisputesQuery(PageQuery):
    """`stage`: one column of the board; without it, everything that is not over."""

    stage: DisputeStage | None = None


class EvidenceDraft(Body):
    """What the packet says beside our facts, and which of them it shows; all if `parts` is left
    out. Saving it again replaces it."""

    text: EvidenceText = ""
    parts: tuple[Part, ...] = tuple(Part)


class SubmitEvidence(Body):
    """Send the saved draft; a draft sent along is saved first."""

    text: EvidenceText | None = None
    parts: tuple[Part, ...] | None = None


class AcceptDispute(Body):
    """Why the money is left to the payer."""

    reason: Reason


class EvidenceFileView(View):
    """`field` is Stripe's name of what it is sent as."""

    field: str
    stripe_file_id: str
    sha256: str


class RefusalView(View):
    code: str
    reason: str


class DisputeView(View):
    """`status` and `reason` are Stripe's words, `reason_in_words` is ours. `won` is null while it
    is undecided. `submitted_elsewhere`: the answer was given in Stripe's dashboard."""

    id: str
    stage: DisputeStage
    status: str
    is_inquiry: bool
    reason: str
    reason_in_words: str
    amount: int
    currency: str
    customer_id: str
    invoice_id: str
    payment_id: str
    charge_id: str
    opened_at: datetime
    due_by: datetime | None
    answer: AnswerState
    asked_for: RequestKind | None
    draft_text: str
    draft_parts: tuple[Part, ...]
    files: tuple[EvidenceFileView, ...]
    submitted_at: datetime | None
    submitted_elsewhere: bool
    accepted_at: datetime | None
    refusal: RefusalView | None
    won: bool | None
    closed_at: datetime | None
    fraud_warning_id: str | None


class EvidencePoint(View):
    """A line of the summary on the first page; `exhibits` are letters of sections."""

    question: str
    answers: tuple[str, ...]
    exhibits: tuple[str, ...]


class EvidenceSection(View):
    exhibit: str
    title: str
    intro: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]


class FactPair(View):
    name: str
    value: str


class EvidencePreview(View):
    """What the packet would say now."""

    dispute_id: str
    facts: tuple[FactPair, ...]
    statement: str
    summary: tuple[EvidencePoint, ...]
    sections: tuple[EvidenceSection, ...]


def dispute_view(dispute: Dispute) -> DisputeView:
    draft, refusal = dispute.draft or Draft(), dispute.refusal
    return DisputeView(
        id=dispute.id,
        stage=dispute.stage,
        status=dispute.status,
        is_inquiry=dispute.is_inquiry,
        reason=dispute.reason,
        reason_in_words=in_words(dispute.reason),
        amount=dispute.amount,
        currency=dispute.currency,
        customer_id=dispute.customer_id,
        invoice_id=dispute.invoice_id,
        payment_id=dispute.payment_id,
        charge_id=dispute.charge_id,
        opened_at=dispute.opened_at,
        due_by=dispute.due_by,
        answer=dispute.answer,
        asked_for=dispute.request.kind if dispute.request else None,
        draft_text=draft.text,
        draft_parts=draft.parts,
        files=tuple(
            EvidenceFileView(field=one.field, stripe_file_id=one.file_id, sha256=one.fingerprint)
            for one in dispute.files
        ),
        submitted_at=dispute.submitted_at,
        submitted_elsewhere=dispute.submitted_elsewhere,
        accepted_at=dispute.accepted_at,
        refusal=RefusalView(code=refusal.code, reason=refusal.reason) if refusal else None,
        won=dispute.won,
        closed_at=dispute.closed_at,
        fraud_warning_id=dispute.fraud_warning_id,
    )


def evidence_preview(view: EvidenceView) -> EvidencePreview:
    return EvidencePreview(
        dispute_id=view.number,
        facts=tuple(FactPair(name=name, value=value) for name, value in view.facts),
        statement=view.statement,
        summary=tuple(
            EvidencePoint(question=one.question, answers=one.answers, exhibits=one.exhibits)
            for one in view.summary
        ),
        sections=tuple(
            EvidenceSection(
                exhibit=one.exhibit,
                title=one.title,
                intro=one.intro,
                columns=one.columns,
                rows=one.rows,
            )
            for one in view.sections
        ),
    )
