"""What happens to an import: it is started, and advances slice by slice to its end."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any, ClassVar

from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact
from chalicelib.domain.import_run import ImportRun, RowOutcome, RowResult


@dataclass(frozen=True, slots=True)
class ImportStarted:
    """The file was read, understood and put by; nothing of it is taken in yet."""

    kind: ClassVar[str] = "created"
    run: ImportRun

    def key(self, seq: int) -> str:
        return "created"


@dataclass(frozen=True, slots=True)
class ImportAdvanced:
    """A slice of the items has its outcomes. `result_key`: it was the last, and the list of all."""

    kind: ClassVar[str] = "import_advanced"
    first: int
    outcomes: tuple[RowOutcome, ...]
    result_key: str = ""

    def key(self, seq: int) -> str:
        return f"slice/{self.first}"


PAYLOADS: tuple[type, ...] = (ImportStarted, ImportAdvanced)


def import_step(run: ImportRun | None, payload: Any, fact: Fact) -> ImportRun:
    """What one fact changes in an import."""
    if isinstance(payload, ImportStarted):
        return payload.run
    if run is None or not isinstance(payload, ImportAdvanced) or payload.first != run.done:
        raise BrokenRecord(f"{fact.kind} does not follow")
    counts = {one.value: getattr(run, one.value) + _count(payload, one) for one in RowResult}
    done = run.done + len(payload.outcomes)
    finished_at = fact.at if payload.result_key else None
    return replace(run, **counts, done=done, result_key=payload.result_key, finished_at=finished_at)


def _count(payload: ImportAdvanced, result: RowResult) -> int:
    return sum(1 for one in payload.outcomes if one.result is result)


def outcomes_of(history: Sequence[Fact]) -> list[RowOutcome]:
    """Every outcome so far, in the file's order."""
    return [one for fact in history if isinstance(fact.data, ImportAdvanced)
            for one in fact.data.outcomes]  # fmt: skip
