"""An import: one file on its way in, slice by slice, and what became of each of its rows.

Its facts hold the outcomes, its head the counts. What it makes elsewhere is recorded there, so a
slice that is worked on twice makes nothing twice; what its rows say is how they ended.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.imports.columns import ImportKind, MappedColumn, Source
from chalicelib.domain.imports.values import DateOrder, DecimalMark

# Items of one message of the queue: well within a worker's time, and a fact's 400 KB.
SLICE = 100
LONGEST_NOTE = 300


class RowResult(StrEnum):
    """`changed`: it was there and is now as the file says. `known`: it was there and stayed."""

    CREATED = "created"
    CHANGED = "changed"
    KNOWN = "known"
    REFUSED = "refused"


class Existing(StrEnum):
    """What is done where the file differs from a customer who is there already."""

    KEEP = "keep"
    UPDATE = "update"


@dataclass(frozen=True, slots=True)
class RowOutcome:
    """`row` is the file's, `id` ours; a dry run has none for what it would create."""

    row: int
    result: RowResult
    reference: str = ""
    id: str = ""
    note: str = ""


def outcome(
    row: int, result: RowResult, reference: str, own_id: str = "", note: str = ""
) -> RowOutcome:
    """An outcome whose words fit into a fact."""
    return RowOutcome(row, result, reference[:LONGEST_NOTE], own_id, note[:LONGEST_NOTE])


@dataclass(frozen=True, slots=True)
class ImportOptions:
    """How the file is read and what is done with it. `columns` maps headers to fields by hand."""

    order: DateOrder
    mark: DecimalMark = DecimalMark.POINT
    existing: Existing = Existing.KEEP
    finalize: bool = True
    auto_charge: bool = True
    columns: tuple[MappedColumn, ...] = ()


@dataclass(frozen=True, slots=True)
class ImportRun:
    """`items` are customers, invoices or subscriptions, and rows that are none; `done` of them have
    an outcome."""

    id: str
    business_id: str
    kind: ImportKind
    source: Source
    dry_run: bool
    file_key: str
    file_name: str
    rows: int
    items: int
    options: ImportOptions
    encoding: str
    separator: str
    mapping: tuple[MappedColumn, ...]
    created_at: datetime
    notes: tuple[str, ...] = ()
    done: int = 0
    created: int = 0
    changed: int = 0
    known: int = 0
    refused: int = 0
    result_key: str = ""
    finished_at: datetime | None = None
    version: int = 0
    chain: str = ""
