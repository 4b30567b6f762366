"""The audit trail of any object: its facts, with the chain of their hashes checked to the head."""

from __future__ import annotations

import csv
import io
import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from hashlib import sha256
from typing import Any

from chalicelib.domain.canonical import canonical
from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import Fact, Subject, fact_document, fact_hash
from chalicelib.ports import Ports
from chalicelib.ports.rows import Aggregate

COLUMNS = (
    "seq", "at", "kind", "key", "actor_kind", "actor_id", "why", "data", "legs", "effects",
    "previous", "hash",
)  # fmt: skip
# A spreadsheet takes these at the beginning of a cell for a formula.
_FORMULA = ("=", "+", "-", "@", "\t", "\r")


class AuditFormat(StrEnum):
    """How a trail is exported; the value ends the file's name. Each has its row in `FORMATS`."""

    JSONL = "jsonl"
    CSV = "csv"


@dataclass(frozen=True, slots=True)
class Break:
    """The first fact at which a history stops being the one that was written."""

    seq: int
    key: str
    reason: str


@dataclass(frozen=True, slots=True)
class Audit:
    """`head_hash` is the last fact's; keep it, and any later change to what is here will show."""

    subject: Subject
    subject_id: str
    facts: tuple[Fact, ...]
    head_hash: str
    broken_at: Break | None

    @property
    def verified(self) -> bool:
        return self.broken_at is None


def audit(ports: Ports, business_id: str, subject: Subject, subject_id: str) -> Audit:
    """Raises NotFound when the business has no such object."""
    found = ports.store.read_heads(business_id, [(subject, subject_id)])
    if not found:
        raise NotFound(f"{subject.value}_not_found", f"There is no such {subject.value}.")
    (head,) = found
    # What was added since the head was read is not of this trail.
    history = ports.store.facts(business_id, subject, subject_id)[: head.version]
    last = history[-1].hash if history else ""
    return Audit(subject, subject_id, tuple(history), last, broken_at(head, history))


def broken_at(head: Aggregate, history: Sequence[Fact]) -> Break | None:
    """Where the chain breaks, if it does: each fact has its own hash and names the one before."""
    previous = ""
    for seq, fact in enumerate(history, start=1):
        if fact.seq != seq:
            return Break(fact.seq, fact.key, f"fact {seq} is missing")
        if fact.previous != previous:
            return Break(seq, fact.key, "it does not follow the fact before it")
        if fact.hash != fact_hash(fact):
            return Break(seq, fact.key, "what it says is not what was sealed")
        previous = fact.hash
    if (head.version, head.chain) != (len(history), previous):
        key = history[-1].key if history else ""
        return Break(len(history), key, "the record does not end with this fact")
    return None


def exported(ports: Ports, business_id: str, trail: Audit, form: AuditFormat) -> str:
    """The trail as a file; its key. The same trail is the same file."""
    content_type, written = FORMATS[form]
    content = written(trail).encode()
    key = f"{business_id}/audits/{sha256(content).hexdigest()}.{form.value}"
    ports.files.put(key, content, content_type)
    return key


def as_lines(trail: Audit) -> str:
    """A summary, then a fact a line, each as it was hashed."""
    summary = {
        "subject": trail.subject.value,
        "subject_id": trail.subject_id,
        "facts": len(trail.facts),
        "verified": trail.verified,
        "head_hash": trail.head_hash,
    }
    lines = [json.dumps(summary, separators=(",", ":")), *map(canonical, trail.facts)]
    return "\n".join(lines) + "\n"


def as_csv(trail: Audit) -> str:
    out = io.StringIO()
    writer = csv.writer(out, lineterminator="\r\n")
    writer.writerow(COLUMNS)
    for fact in trail.facts:
        writer.writerow(_harmless(cell) for cell in _cells(fact))
    return out.getvalue()


def _cells(fact: Fact) -> tuple[Any, ...]:
    document = fact_document(fact)
    legs = ";".join(f"{leg.account.value} {leg.amount} {leg.currency}" for leg in fact.legs)
    return (
        fact.seq,
        document["at"],
        fact.kind,
        fact.key,
        fact.actor.kind.value,
        fact.actor.id,
        fact.why,
        canonical(fact.data),
        legs,
        ";".join(effect.id for effect in fact.effects),
        fact.previous,
        fact.hash,
    )


def _harmless(cell: Any) -> Any:
    """No cell begins like a formula, whatever somebody typed as a reason."""
    return f"'{cell}" if isinstance(cell, str) and cell.startswith(_FORMULA) else cell


FORMATS: Mapping[AuditFormat, tuple[str, Callable[[Audit], str]]] = {
    AuditFormat.JSONL: ("application/jsonl", as_lines),
    AuditFormat.CSV: ("text/csv; charset=utf-8", as_csv),
}
