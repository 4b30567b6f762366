"""Imports: a file is read and put by, then taken in slice by slice on the billing queue.

Good rows are kept, bad ones are named, none comes twice. A message takes one slice; its outcomes
are one fact, whose effect calls for the next slice. A slice that is worked on twice finds what it
made the first time.
"""

from __future__ import annotations

import base64
import csv
import io
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import partial
from hashlib import sha256

from chalicelib.domain.business import Business
from chalicelib.domain.dates import local_date
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import Actor, Subject
from chalicelib.domain.import_facts import ImportAdvanced, ImportStarted, outcomes_of
from chalicelib.domain.import_run import (
    SLICE,
    Existing,
    ImportOptions,
    ImportRun,
    RowOutcome,
    RowResult,
)
from chalicelib.domain.imports.columns import ImportKind, MappedColumn, Source, mapping_of
from chalicelib.domain.imports.reading import ReadFile, Way, read_file
from chalicelib.domain.imports.sheet import Rejected
from chalicelib.domain.imports.values import DateOrder
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.ports import Ports
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import Change
from chalicelib.services.case import again_when_stale, now_of
from chalicelib.services.import_rows import Intake

CSV = "text/csv; charset=utf-8"
_FORMULA = ("=", "+", "-", "@", "\t", "\r", "＝", "＋", "－", "＠")
_RESULT = ("row", "result", "reference", "id", "note")


@dataclass(frozen=True, slots=True)
class NewImport:
    """A file as it was sent, and what is to be done with it."""

    id: str
    kind: ImportKind
    content: bytes
    way: Way = field(default_factory=Way)
    file_name: str = ""
    dry_run: bool = False
    existing: Existing = Existing.KEEP
    finalize: bool = True
    auto_charge: bool = True


def start_import(ports: Ports, business_id: str, wanted: NewImport, *, actor: Actor) -> ImportRun:
    """Put the file by and call for its first slice.

    Raises InvalidInput for a file that is refused as a whole.
    """
    business = ports.store.business(business_id)
    now = now_of(ports, business)
    today = local_date(now, business.zone)
    read = read_file(wanted.content, wanted.kind, business, wanted.way, today=today)
    key = _file_key(business_id, wanted.content)
    run = ImportRun(
        id=wanted.id,
        business_id=business_id,
        kind=wanted.kind,
        source=read.source,
        dry_run=wanted.dry_run,
        file_key=key,
        file_name=wanted.file_name,
        rows=len(read.sheet.rows) + len(read.sheet.rejected),
        items=len(read.items),
        options=_options(read, wanted),
        encoding=read.sheet.encoding,
        separator=read.sheet.separator,
        mapping=mapping_of(read.sheet, wanted.kind),
        notes=read.notes,
        created_at=now,
    )
    ports.files.put(key, wanted.content, CSV)
    started, fact = first_of_party(run, ImportStarted(run), at=now, actor=actor)
    ports.store.append([Change(started, fact)], clock_id=business.test_clock_id)
    return started


def apply_dry_run(
    ports: Ports, business_id: str, dry_id: str, import_id: str, *, actor: Actor
) -> ImportRun:
    """Import in earnest what a dry run has read. Raises Conflict for what was no dry run."""
    dry = ports.store.import_run(business_id, dry_id)
    if not dry.dry_run:
        raise Conflict("import_not_dry", "This was no dry run: its rows are in already.")
    wanted = NewImport(
        id=import_id,
        kind=dry.kind,
        content=ports.files.get(dry.file_key),
        way=_way(dry),
        file_name=dry.file_name,
        existing=dry.options.existing,
        finalize=dry.options.finalize,
        auto_charge=dry.options.auto_charge,
    )
    return start_import(ports, business_id, wanted, actor=actor)


def _file_key(business_id: str, content: bytes) -> str:
    return f"{business_id}/imports/{sha256(content).hexdigest()}.csv"


def run_slice(ports: Ports, business_id: str, import_id: str) -> ImportRun:
    """Take in the next slice. Who comes second to it finds everything made, and leaves it so."""
    run = ports.store.import_run(business_id, import_id)
    if run.finished_at is not None:
        return run
    business = ports.store.business(business_id)
    history = ports.store.facts(business_id, Subject.IMPORT, import_id)
    content = ports.files.get(run.file_key)
    today = local_date(run.created_at, business.zone)
    items = read_file(content, run.kind, business, _way(run), today=today).items
    new_id = partial(_own_id, f"{business_id}/{import_id}")
    actor = history[0].actor
    intake = Intake(ports, business, run.source, run.options, actor, run.dry_run, new_id)
    take = intake.taker(items, run.done)
    outcomes = tuple(take(item) for item in items[run.done : run.done + SLICE])
    done = run.done + len(outcomes)
    result_key = ""
    if done == len(items):
        result = _result_file([*outcomes_of(history), *outcomes])
        result_key = _file_key(business_id, result)
        ports.files.put(result_key, result, CSV)
    return _advance(ports, business, run, ImportAdvanced(run.done, outcomes, result_key))


def _advance(
    ports: Ports, business: Business, run: ImportRun, advanced: ImportAdvanced
) -> ImportRun:
    """Unless another worker had the same message. A conflict of the table alone is none."""
    after, fact = on_party(run, advanced, at=now_of(ports, business))

    def once() -> ImportRun:
        now = ports.store.import_run(business.id, run.id)
        if now.version != run.version:
            return now
        ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)
        return after

    return again_when_stale(once)


def resume_import(ports: Ports, business_id: str, import_id: str) -> ImportRun:
    """Call for the next slice again: the message that would have taken it was lost."""
    run = ports.store.import_run(business_id, import_id)
    if run.finished_at is None:
        body = {"job": "import", "business_id": business_id, "subject_id": import_id}
        ports.queue.send(QueueName.BILLING, body)
    return run


def _way(run: ImportRun) -> Way:
    """As it was found to be written when it came, not as it would be found now."""
    options = run.options
    columns = {one.header: one.field for one in options.columns}
    return Way(run.source, options.order, options.mark, columns)


def _own_id(name: str, prefix: str, key: str) -> str:
    """The same id for the same row of the same import, whichever run makes it."""
    chance = sha256(f"{name}/{prefix}/{key}".encode()).digest()[:15]
    return f"{prefix}_{base64.b32encode(chance).decode().lower()}"


def _result_file(outcomes: Sequence[RowOutcome]) -> bytes:
    """For people, who open it in Excel: marked as UTF-8, and no text starts a formula."""
    text = io.StringIO(newline="")
    write = csv.writer(text)
    write.writerow(_RESULT)
    for one in outcomes:
        words = (_harmless(one.reference), one.id, _harmless(one.note))
        write.writerow((one.row, one.result.value, *words))
    return text.getvalue().encode("utf-8-sig")


def _harmless(text: str) -> str:
    return f"'{text}" if text.lstrip(" \u00a0\u3000").startswith(_FORMULA) else text


# --- At once, without a queue: for scripts and the demo ------------------------------------------


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What a row became; `id` is empty in a dry run, which creates nothing."""

    row: int
    reference: str
    id: str = ""


@dataclass(slots=True)
class ImportReport:
    """`known` was there before; `rejected` says why, row by row."""

    source: Source
    dry_run: bool
    imported: list[ImportedRow] = field(default_factory=list)
    known: list[ImportedRow] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)

    def add(self, one: RowOutcome) -> None:
        match one.result:
            case RowResult.REFUSED:
                self.rejected.append(Rejected(one.row, one.note, one.reference))
            case RowResult.KNOWN:
                self.known.append(ImportedRow(one.row, one.reference, one.id))
            case RowResult.CREATED | RowResult.CHANGED:
                self.imported.append(ImportedRow(one.row, one.reference, one.id))


def import_customers(
    ports: Ports,
    business_id: str,
    content: bytes,
    *,
    actor: Actor,
    auto_charge: bool = True,
    dry_run: bool = False,
) -> ImportReport:
    """Raises InvalidInput for a file that is refused as a whole."""
    wanted = NewImport(
        "", ImportKind.CUSTOMERS, content, dry_run=dry_run, auto_charge=auto_charge
    )  # fmt: skip
    return _at_once(ports, business_id, wanted, actor)


def import_invoices(
    ports: Ports,
    business_id: str,
    content: bytes,
    *,
    actor: Actor,
    date_order: DateOrder | None = None,
    finalize: bool = True,
    dry_run: bool = False,
) -> ImportReport:
    """Open invoices: their own number becomes the reference, ours is given as they are finalized.

    With `finalize` false they stay drafts, which nobody is told of. Raises InvalidInput for a file
    that is refused as a whole.
    """
    wanted = NewImport(
        "", ImportKind.INVOICES, content, Way(order=date_order), dry_run=dry_run, finalize=finalize
    )  # fmt: skip
    return _at_once(ports, business_id, wanted, actor)


def _at_once(ports: Ports, business_id: str, wanted: NewImport, actor: Actor) -> ImportReport:
    business = ports.store.business(business_id)
    today = local_date(now_of(ports, business), business.zone)
    read = read_file(wanted.content, wanted.kind, business, wanted.way, today=today)
    intake = Intake(
        ports, business, read.source, _options(read, wanted), actor, wanted.dry_run,
        lambda prefix, _: ports.ids.new(prefix),
    )  # fmt: skip
    take, report = intake.taker(read.items), ImportReport(read.source, wanted.dry_run)
    for item in read.items:
        report.add(take(item))
    return report


def _options(read: ReadFile, wanted: NewImport) -> ImportOptions:
    return ImportOptions(
        order=read.formats.order,
        mark=read.formats.mark,
        existing=wanted.existing,
        finalize=wanted.finalize,
        auto_charge=wanted.auto_charge,
        columns=tuple(
            MappedColumn(header, name) for header, name in (wanted.way.columns or {}).items()
        ),
    )
