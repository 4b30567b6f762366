"""Timelines and audit trails on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.facts import FactView, fact_view
from chalicelib.api.representation.fields import Body, Id, PageQuery, View
from chalicelib.domain.facts import Actor, Subject
from chalicelib.services.auditing import Audit, AuditFormat
from chalicelib.services.timeline import Moment


class TimelineQuery(PageQuery):
    oldest_first: bool = False


class MomentView(View):
    """`label` is what people call the subject; `words` is what happened to it."""

    at: datetime
    subject: Subject
    subject_id: str
    label: str
    kind: str
    words: str
    why: str
    actor: Actor
    seq: int


class AuditQuery(Body):
    """Which object; `id` of a business, its team or the like may be left out: it is your own."""

    subject: Subject
    id: Annotated[Id, Meta(description="The object's id")] | None = None


class AuditExportQuery(AuditQuery):
    format: AuditFormat = AuditFormat.JSONL


class BreakView(View):
    """The first fact at which the history stops being the one that was written."""

    seq: int
    key: str
    reason: str


class AuditView(View):
    """`verified`: each fact has the hash it was sealed with, names the one before it, and the
    record ends with the last. `head_hash` is that last one's: keep it as a proof."""

    subject: Subject
    subject_id: str
    verified: bool
    head_hash: str
    broken_at: BreakView | None
    data: tuple[FactView, ...]


def moment_view(moment: Moment) -> MomentView:
    fact = moment.fact
    return MomentView(
        at=fact.at,
        subject=fact.subject,
        subject_id=fact.subject_id,
        label=moment.label,
        kind=fact.kind,
        words=moment.words,
        why=fact.why,
        actor=fact.actor,
        seq=fact.seq,
    )


def audit_view(trail: Audit) -> AuditView:
    found = trail.broken_at
    return AuditView(
        subject=trail.subject,
        subject_id=trail.subject_id,
        verified=trail.verified,
        head_hash=trail.head_hash,
        broken_at=BreakView(found.seq, found.key, found.reason) if found else None,
        data=tuple(map(fact_view, trail.facts)),
    )
