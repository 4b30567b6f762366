"""A CSV file as rows of named cells: read whole or refused whole, each row by its number.

Numbers are those a spreadsheet shows: the header is row 1. Text stays text: a cell that starts like
a formula means nothing here.
"""

from __future__ import annotations

import csv
import io
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from chalicelib.domain.errors import InvalidInput

# An import answers within one request, so a longer file has to be split.
MOST_BYTES = 2_000_000
MOST_ROWS = 2_000
LONGEST_CELL = 2_000

_DELIMITERS = ",;\t"
_LAYOUT = re.compile(r"[\s\x00-\x1f\x7f\x85\u2028\u2029]+")


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
    columns: frozenset[str]
    rows: tuple[SheetRow, ...]
    rejected: tuple[Rejected, ...]


def normal_name(column: str) -> str:
    """`*InvoiceNo`, `Invoice No.` and `invoice_no` are one column."""
    return "".join(letter for letter in column.casefold() if letter.isalnum())


def one_line(text: str) -> str:
    """Line breaks and control characters become one space: names and descriptions are one line."""
    return _LAYOUT.sub(" ", text).strip()


def read_sheet(content: bytes) -> Sheet:
    """Raises InvalidInput for a file that is too big, not UTF-8, no CSV, or without rows."""
    lines = _records(_text(content))
    if not lines:
        raise InvalidInput("file_empty", "The file is empty.")
    names = [normal_name(cell) for cell in lines[0]]
    twice = sorted({name for name in names if name and names.count(name) > 1})
    if twice:
        raise InvalidInput("file_columns_twice", f"These columns are there twice: {twice}.")
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
    return Sheet(frozenset(names) - {""}, tuple(rows), tuple(rejected))


def _text(content: bytes) -> str:
    if len(content) > MOST_BYTES:
        words = f"The file is larger than {MOST_BYTES // 1_000_000} MB; split it."
        raise InvalidInput("file_too_big", words)
    try:
        return content.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        words = "The file is not UTF-8; save it as “CSV UTF-8” and try again."
        raise InvalidInput("file_not_utf8", words) from error


def _records(text: str) -> list[list[str]]:
    header = text.split("\n", 1)[0]
    delimiter = max(_DELIMITERS, key=header.count)
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=delimiter, strict=True)
    try:
        return list(reader)
    except csv.Error as error:
        words = f"The file is no CSV: line {reader.line_num} cannot be read ({error})."
        raise InvalidInput("file_broken", words) from error


def _wrong_shape(cells: list[str], width: int) -> str:
    if any(cell.strip() for cell in cells[width:]):
        return "It has more cells than the header; put text with a comma in quotes."
    if any(len(cell) > LONGEST_CELL for cell in cells):
        return f"A cell is longer than {LONGEST_CELL:,} characters."
    if any("\0" in cell for cell in cells):
        return "A cell holds a NUL character."
    return ""
