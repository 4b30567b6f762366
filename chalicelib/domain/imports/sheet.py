"""A CSV file as rows of named cells: read whole or refused whole, each row by its number.

Numbers are those a spreadsheet shows: the header is row 1. Text stays text: a cell that starts like
a formula means nothing here.
"""

from __future__ import annotations

import codecs
import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field

from chalicelib.domain.errors import InvalidInput

# Sent in one request, whose body may be 6 MB with everything around it.
MOST_BYTES = 2_000_000
MOST_ROWS = 10_000
MOST_COLUMNS = 200
LONGEST_CELL = 2_000

_SEPARATORS = ",;\t|"
_LINE_END = re.compile(r"\r\n|\r|\n")
# Excel's own first line, which it does not show.
_SAID_FIRST = re.compile(r'"?sep=([,;\t|])"?(\r\n|\r|\n)')
_LAYOUT = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+")
_WINDOWS = "windows-1252"


@dataclass(frozen=True, slots=True)
class Rejected:
    """A row that cannot be used, and why in words. `reference` is its number or name, if known."""

    row: int
    reason: str
    reference: str = ""


@dataclass(frozen=True, slots=True)
class SheetRow:
    """`cells` by normal column name; a column the file lacks reads as empty."""

    number: int
    cells: Mapping[str, str]

    def first(self, names: Sequence[str]) -> str:
        """The first of these columns that is filled in."""
        return next((cell for name in names if (cell := self.cells.get(name, ""))), "")


@dataclass(frozen=True, slots=True)
class Sheet:
    """`headers` are the columns as the file names them; `renamed` what a mapping calls them."""

    columns: frozenset[str]
    rows: tuple[SheetRow, ...]
    rejected: tuple[Rejected, ...]
    headers: tuple[str, ...] = ()
    renamed: Mapping[str, str] = field(default_factory=dict)
    encoding: str = "utf-8"
    separator: str = ","

    def meant(self, header: str) -> str:
        """The normal name under which a column's cells are kept."""
        name = normal_name(header)
        return self.renamed.get(name, name)


def normal_name(column: str) -> str:
    """`*InvoiceNo`, `Invoice No.` and `invoice_no` are one column."""
    return "".join(letter for letter in column.casefold() if letter.isalnum())


def one_line(text: str) -> str:
    """Line breaks and control characters become one space: names and descriptions are one line."""
    return _LAYOUT.sub(" ", text).strip()


def read_sheet(content: bytes, renamed: Mapping[str, str] | None = None) -> Sheet:
    """`renamed` maps normal names of columns to those they are read as.

    Raises InvalidInput for a file that is too big, in no encoding we know, no CSV, or without rows.
    """
    text, encoding = _text(content)
    lines, separator = _records(text)
    if not lines:
        raise InvalidInput("file_empty", "The file is empty.")
    names = _names(lines[0], renamed or {})
    if len(lines) - 1 > MOST_ROWS:
        words = f"The file has {len(lines) - 1:,} rows; split it into files of {MOST_ROWS:,}."
        raise InvalidInput("file_too_long", words)
    rows: list[SheetRow] = []
    rejected: list[Rejected] = []
    for number, cells in enumerate(lines[1:], start=2):
        if not any(cell.strip() for cell in cells):
            continue
        wrong = _wrong_shape(cells, len(names))
        if wrong:
            rejected.append(Rejected(number, wrong))
        else:
            named = dict(zip(names, (one_line(cell) for cell in cells), strict=False))
            rows.append(SheetRow(number, named))
    if not rows and not rejected:
        raise InvalidInput("file_empty", "The file has a header but no rows.")
    return Sheet(
        columns=frozenset(names) - {""},
        rows=tuple(rows),
        rejected=tuple(rejected),
        headers=tuple(one_line(cell)[:200] for cell in lines[0]),
        renamed=renamed or {},
        encoding=encoding,
        separator=separator,
    )


def _names(header: Sequence[str], renamed: Mapping[str, str]) -> list[str]:
    if len(header) > MOST_COLUMNS:
        raise InvalidInput("file_too_wide", f"The file has more than {MOST_COLUMNS} columns.")
    normal = [normal_name(cell) for cell in header]
    missing = sorted(set(renamed) - set(normal))
    if missing:
        raise InvalidInput("column_missing", f"The file has no such columns: {missing}.")
    # What is mapped to a field takes the place of a column that has its name by chance.
    taken = set(renamed.values())
    names = [renamed.get(name, "" if name in taken else name) for name in normal]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise InvalidInput("file_columns_twice", f"These columns are there twice: {twice}.")
    return names


def _text(content: bytes) -> tuple[str, str]:
    """UTF-8 when it is that, UTF-16 when marked so, else Windows' western encoding."""
    if len(content) > MOST_BYTES:
        words = f"The file is larger than {MOST_BYTES // 1_000_000} MB; split it."
        raise InvalidInput("file_too_big", words)
    marked = content.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    for encoding in ("utf-16",) if marked else ("utf-8-sig", _WINDOWS):
        try:
            return content.decode(encoding), encoding.removesuffix("-sig")
        except UnicodeDecodeError:
            continue
    words = "The file's letters cannot be read; save it as “CSV UTF-8” and try again."
    raise InvalidInput("file_encoding_unknown", words)


def _records(text: str) -> tuple[list[list[str]], str]:
    said = _SAID_FIRST.match(text)
    text = text[said.end() :] if said else text
    header = _LINE_END.split(text, maxsplit=1)[0]
    separator = said[1] if said else max(_SEPARATORS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        return list(reader), separator
    except csv.Error as error:
        words = f"The file is no CSV: line {reader.line_num} cannot be read ({error})."
        raise InvalidInput("file_broken", words) from error


def _wrong_shape(cells: list[str], width: int) -> str:
    if any(cell.strip() for cell in cells[width:]):
        return "It has more cells than the header; put text with a comma in quotes."
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return f"A cell is longer than {LONGEST_CELL:,} characters. Shorten it."
    if any("\0" in cell for cell in cells):
        return "A cell holds a NUL character. Take it out."
    return ""
