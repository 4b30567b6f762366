"""Imports on the wire: the file that is sent, how it was read, and what became of its rows."""

from __future__ import annotations

import base64
import binascii
from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.fields import Body, RowPageQuery, Text, View
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.import_run import Existing, ImportRun, RowOutcome, RowResult
from chalicelib.domain.imports.columns import ImportKind, Source
from chalicelib.domain.imports.reading import Way
from chalicelib.domain.imports.sheet import MOST_BYTES
from chalicelib.domain.imports.values import DateOrder, DecimalMark
from chalicelib.services.importing import NewImport as Wanted

# The file as base64, or as a text with its escapes; a Lambda is handed at most 6 MB.
LARGEST_BODY = 3_500_000
_FILE = Annotated[str, Meta(max_length=MOST_BYTES, description="The CSV file as text")]
_BYTES = Annotated[
    str, Meta(max_length=2_800_000, description="The file in base64, whatever its encoding")
]
_HEADER = Annotated[str, Meta(min_length=1, max_length=200)]


class SourceWanted(StrEnum):
    """Whose header row the file has; `detect` finds out."""

    DETECT = "detect"
    QUICKBOOKS = "quickbooks"
    XERO = "xero"
    FRESHBOOKS = "freshbooks"
    DUECOURSE = "duecourse"


class NewImport(Body):
    """Send `content` or `content_base64`. `date_order` and `decimal_mark` are found out by the
    whole file when left out; `columns` maps headers to our fields by hand.

    `existing`: keep or update customers that are here already and of whom the file says otherwise.
    `finalize` false leaves imported invoices drafts, of which nobody is told.
    """

    kind: ImportKind
    content: _FILE = ""
    content_base64: _BYTES = ""
    source: SourceWanted = SourceWanted.DETECT
    dry_run: bool = False
    file_name: Text = ""
    date_order: DateOrder | None = None
    decimal_mark: DecimalMark | None = None
    columns: Annotated[dict[_HEADER, _HEADER], Meta(max_length=100)] | None = None
    existing: Existing = Existing.KEEP
    auto_charge: bool = True
    finalize: bool = True


class ImportStatus(StrEnum):
    RUNNING = "running"
    FINISHED = "finished"


class ColumnView(View):
    """`field` is what the column is read as; empty when it is not read."""

    header: str
    field: str


class ImportCounts(View):
    """Customers, invoices or subscriptions; rows that are none of them count as refused."""

    created: int
    changed: int
    known: int
    refused: int


class ImportView(View):
    """`done` of `items` have an outcome. In a dry run the counts say what an import would do, and
    nothing else is written. `notes` say what was taken for granted in reading the file."""

    id: str
    kind: ImportKind
    source: Source
    status: ImportStatus
    dry_run: bool
    file_name: str
    rows: int
    items: int
    done: int
    counts: ImportCounts
    encoding: str
    separator: str
    date_order: DateOrder
    decimal_mark: DecimalMark
    columns: tuple[ColumnView, ...]
    notes: tuple[str, ...]
    created_at: datetime
    finished_at: datetime | None


class ImportRowView(View):
    """`row` is the file's, as a spreadsheet counts: the header is row 1."""

    row: int
    result: RowResult
    reference: str
    id: str | None
    note: str


class ImportRowsQuery(RowPageQuery):
    """`result`: only rows that ended so."""

    result: RowResult | None = None


class ImportResultLink(View):
    """A CSV file of every row's outcome, at an address that opens for a minute."""

    url: str
    expires_in_seconds: int


def new_import(body: NewImport, *, import_id: str) -> Wanted:
    """Raises InvalidInput unless exactly one file was sent."""
    source = None if body.source is SourceWanted.DETECT else Source(body.source.value)
    return Wanted(
        id=import_id,
        kind=body.kind,
        content=_content(body),
        way=Way(source, body.date_order, body.decimal_mark, body.columns),
        file_name=body.file_name,
        dry_run=body.dry_run,
        existing=body.existing,
        finalize=body.finalize,
        auto_charge=body.auto_charge,
    )


def _content(body: NewImport) -> bytes:
    if bool(body.content) == bool(body.content_base64):
        raise InvalidInput("file_missing", "Send the file as content, or as content_base64.")
    if body.content:
        return body.content.encode("utf-8", errors="replace")
    try:
        return base64.b64decode(body.content_base64, validate=True)
    except (binascii.Error, ValueError) as error:
        raise InvalidInput("file_not_base64", "content_base64 is not valid base64.") from error


def import_view(run: ImportRun) -> ImportView:
    finished = run.finished_at is not None
    return ImportView(
        id=run.id,
        kind=run.kind,
        source=run.source,
        status=ImportStatus.FINISHED if finished else ImportStatus.RUNNING,
        dry_run=run.dry_run,
        file_name=run.file_name,
        rows=run.rows,
        items=run.items,
        done=run.done,
        counts=ImportCounts(run.created, run.changed, run.known, run.refused),
        encoding=run.encoding,
        separator=run.separator,
        date_order=run.options.order,
        decimal_mark=run.options.mark,
        columns=tuple(ColumnView(one.header, one.field) for one in run.mapping),
        notes=run.notes,
        created_at=run.created_at,
        finished_at=run.finished_at,
    )


def import_row_view(one: RowOutcome) -> ImportRowView:
    return ImportRowView(one.row, one.result, one.reference, one.id or None, one.note)
