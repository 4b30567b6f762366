"""How a file is written: its encoding, its separator, its days and its numbers."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports import values
from chalicelib.domain.imports.columns import ImportKind, MappedColumn, Source, mapping_of
from chalicelib.domain.imports.columns import source_of as found_source
from chalicelib.domain.imports.formats import Formats, formats_of
from chalicelib.domain.imports.sheet import read_sheet
from chalicelib.domain.imports.values import DateOrder, DecimalMark

US, ELSEWHERE = DateOrder.MONTH_FIRST, DateOrder.DAY_FIRST
POINT, COMMA = DecimalMark.POINT, DecimalMark.COMMA


def found(days: list[str], numbers: list[str] | None = None, usual: DateOrder = US) -> Formats:
    return formats_of(days, numbers or [], usual=usual)


@pytest.mark.parametrize(
    "encoding", ["utf-8", "utf-8-sig", "utf-16", "cp1252"], ids=lambda encoding: encoding
)
def test_letters_are_read_in_the_usual_encodings(encoding: str) -> None:
    sheet = read_sheet("Name,Email\nJosé Müller – Köln,a@b.example\n".encode(encoding))
    assert sheet.rows[0].cells["name"] == "José Müller – Köln"
    named = {"utf-8-sig": "utf-8", "cp1252": "windows-1252"}.get(encoding, encoding)
    assert sheet.encoding == named


@pytest.mark.parametrize("separator", [",", ";", "\t", "|"])
def test_the_separator_is_the_headers(separator: str) -> None:
    text = separator.join(["Name", "Email"]) + "\n" + separator.join(["A", "a@b.example"])
    sheet = read_sheet(text.encode())
    assert (sheet.separator, sheet.rows[0].cells["email"]) == (separator, "a@b.example")


@pytest.mark.parametrize(
    ("days", "order", "notes"),
    [
        (["13/02/2026", "01/02/2026"], ELSEWHERE, 0),
        (["02/13/2026", "01/02/2026"], US, 0),
        (["01/02/2026"], US, 1),
        (["2026-02-01", "1 Feb 2026", "02/02/2026"], US, 0),
        (["13/02/2026", "02/13/2026"], US, 1),
        ([], US, 0),
    ],
)
def test_one_day_beyond_the_twelfth_proves_the_order(
    days: list[str], order: DateOrder, notes: int
) -> None:
    formats = found(days)
    assert (formats.order, len(formats.notes)) == (order, notes)


def test_where_nothing_proves_it_the_business_decides_and_is_told() -> None:
    formats = found(["01/02/2026"], usual=ELSEWHERE)
    assert formats.order is ELSEWHERE
    assert "they were read as DD/MM/YYYY. Send date_order" in formats.notes[0]
    assert formats_of(["01/02/2026"], [], usual=ELSEWHERE, order=US) == Formats(US)


@pytest.mark.parametrize(
    ("numbers", "mark", "notes"),
    [
        (["1.234,50"], COMMA, 0),
        (["12,5", "1.234"], COMMA, 0),
        (["1,234.50", "1,234"], POINT, 0),
        (["1,234"], POINT, 1),
        (["1234", "7"], POINT, 0),
        (["1,50", "1.50"], POINT, 1),
    ],
)
def test_one_number_that_fits_only_one_mark_proves_it(
    numbers: list[str], mark: DecimalMark, notes: int
) -> None:
    formats = found([], numbers)
    assert (formats.mark, len(formats.notes)) == (mark, notes)


@given(st.integers(-(10**9), 10**9), st.sampled_from(["", " ", "\u00a0", "\u202f", "'", "mark"]))
def test_a_number_is_the_same_however_its_thousands_are_parted(amount: int, part: str) -> None:
    whole, cents = divmod(abs(amount), 100)
    sign = "-" if amount < 0 else ""
    for mark, comma, thousands in ((POINT, ".", ","), (COMMA, ",", ".")):
        parted = f"{whole:,}".replace(",", thousands if part == "mark" else part)
        assert values.amount(f"{sign}{parted}{comma}{cents:02}", "USD", "Amount", mark) == amount


@given(st.dates(date(1971, 1, 1), date(2199, 12, 31)))
def test_a_day_is_read_back_in_every_form(day: date) -> None:
    forms = {
        US: [f"{day:%m/%d/%Y}", f"{day:%B %d, %Y}", f"{day:%b} {day.day}, {day.year}"],
        ELSEWHERE: [f"{day:%d/%m/%Y}", f"{day:%d.%m.%Y}", f"{day.day} {day:%b} {day.year}"],
    }
    for order, texts in forms.items():
        for text in (*texts, day.isoformat(), f"{day:%Y/%m/%d}"):
            assert values.day(text, order) == day


@given(st.dates(date(2020, 1, 1), date(2020, 1, 1) + timedelta(days=4000)))
def test_a_file_of_real_days_is_never_read_in_the_order_it_disproves(day: date) -> None:
    for order, text in ((US, f"{day:%m/%d/%Y}"), (ELSEWHERE, f"{day:%d/%m/%Y}")):
        formats = found([text], usual=order)
        assert values.day(text, formats.order) == day


@pytest.mark.parametrize("text", ["yes", "TRUE", "1", "y"])
def test_yes_is_said_in_several_ways(text: str) -> None:
    assert values.yes_no(text, "auto_charge") is True


def test_yes_no_and_nothing() -> None:
    assert values.yes_no("No", "auto_charge") is False
    assert values.yes_no("", "auto_charge") is None
    with pytest.raises(InvalidInput, match="auto_charge 'perhaps'"):
        values.yes_no("perhaps", "auto_charge")


def test_a_quantity_may_have_three_decimals_with_either_mark() -> None:
    assert values.number("1,125", "Quantity", COMMA) == Decimal("1.125")
    assert values.number("1.125", "Quantity", POINT) == Decimal("1.125")


@pytest.mark.parametrize(
    ("kind", "header", "source"),
    [
        (ImportKind.CUSTOMERS, "Name,Email", Source.QUICKBOOKS),
        (ImportKind.CUSTOMERS, "*ContactName,EmailAddress", Source.XERO),
        (ImportKind.CUSTOMERS, "First Name,Last Name,Email Address", Source.FRESHBOOKS),
        (ImportKind.CUSTOMERS, "external_ref,name,email", Source.DUECOURSE),
        (ImportKind.INVOICES, "*InvoiceNo,*Customer,*ItemAmount", Source.QUICKBOOKS),
        (ImportKind.INVOICES, "*ContactName,*InvoiceNumber,*UnitAmount", Source.XERO),
        (ImportKind.INVOICES, "Client Name,Invoice #,Date Issued", Source.FRESHBOOKS),
        (ImportKind.INVOICES, "invoice_number,customer,issued_on", Source.DUECOURSE),
        (ImportKind.INVOICES, "invoice_number,customer_ref,issued_on", Source.DUECOURSE),
        (ImportKind.SUBSCRIPTIONS, "customer,product,unit_amount,start_on", Source.DUECOURSE),
    ],
)
def test_a_header_says_whose_file_it_is(kind: ImportKind, header: str, source: Source) -> None:
    sheet = read_sheet(f"{header}\n{'x,' * header.count(',')}x\n".encode())
    assert found_source(sheet, kind) is source
    assert found_source(sheet, kind, source) is source
    assert all(one.field for one in mapping_of(sheet, kind))


def test_a_column_that_is_not_read_is_shown_as_such() -> None:
    sheet = read_sheet(b"Name,Shoe size,E-mail\na,b,c\n", {"email": "email"})
    assert mapping_of(sheet, ImportKind.CUSTOMERS) == (
        MappedColumn("Name", "name"),
        MappedColumn("Shoe size", ""),
        MappedColumn("E-mail", "email"),
    )
