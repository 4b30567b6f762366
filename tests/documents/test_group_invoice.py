"""A group's invoice on paper: whose lines, what each member costs, and no sum without a line."""

from __future__ import annotations

from dataclasses import replace
from functools import cache
from io import BytesIO

import pytest
from pypdf import PdfReader

from chalicelib.adapters.documents import TypstDocuments
from chalicelib.adapters.documents.invoice_page import invoice_page
from chalicelib.documents import InvoiceView
from tests.documents.samples import GROUP, MEMBERS, TWO_PAGES, YEN, group_invoice


@cache
def documents() -> TypstDocuments:
    return TypstDocuments()


def pages(view: InvoiceView) -> list[str]:
    """The words of each page."""
    return [page.extract_text() for page in PdfReader(BytesIO(documents().invoice(view))).pages]


def kinds(view: InvoiceView) -> str:
    return " ".join(row.kind for row in invoice_page(view).rows)


def test_a_members_lines_stand_between_its_name_and_its_sum() -> None:
    rows = invoice_page(group_invoice(2, 1)).rows
    assert [(row.kind, row.first.main) for row in rows] == [
        ("member", MEMBERS[0]),
        ("line", "Laptop Pro 14 with support"),
        ("line", "Laptop Pro 14 with support"),
        ("subtotal", "Subtotal"),
        ("member", MEMBERS[1]),
        ("line", "Laptop Pro 14 with support"),
    ]
    assert rows[3].cells == ["€179.00"]
    assert rows[1].first.notes == ["16 GB, 1 TB · 1–31 Jan 2024"]


def test_members_with_one_line_each_need_no_heads() -> None:
    view = group_invoice(1, 1, 1)
    assert kinds(view) == "line line line"
    names = [row.first.notes[0] for row in invoice_page(view).rows]
    assert names == list(MEMBERS)


def test_a_line_that_is_nobodys_stands_alone() -> None:
    view = group_invoice(2)
    other = replace(view.lines[0], customer_name=None, amount=0)
    assert kinds(replace(view, lines=(*view.lines, other))) == "member line line subtotal line"


def test_sixty_lines_of_three_members_with_long_names() -> None:
    """Heads, names and page numbers on each page; whoever goes on there is named again."""
    found = pages(GROUP)
    assert len(found) == 3
    for number, words in enumerate(found, start=1):
        assert words.count("DESCRIPTION QTY UNIT PRICE VAT AMOUNT") == 1
        assert words.rstrip().endswith(f"Page {number} / 3")
        assert "Laptop Pro 14" in words
    assert [words.count(MEMBERS[0]) for words in found] == [1, 1, 0]
    assert "".join(found).count("Subtotal") == 4
    assert "".join(found).count("€1,970.00") == 3
    assert "Balance due" in found[-1]


@pytest.mark.parametrize("lines", [6, 7, 8, 13, 14, 15, 18])
@pytest.mark.parametrize("more", [(), (1,)])
def test_the_sums_are_never_on_a_page_without_a_line(lines: int, more: tuple[int, ...]) -> None:
    view = group_invoice(lines, *more)
    for one in (view, replace(view, notes="")):
        last = pages(one)[-1]
        assert "Laptop Pro 14" in last
        assert "Balance due" in last


def test_a_sum_is_on_the_page_of_its_last_line() -> None:
    for lines in range(13, 20):
        for words in pages(group_invoice(lines, 3)):
            if "Subtotal" in words:
                assert "Laptop Pro 14" in words.split("Subtotal", maxsplit=1)[0]


def test_a_table_of_two_columns_has_its_sums_too() -> None:
    lines = tuple(
        replace(line, customer_name="Ada", unit_amount=None, tax_percent=None)
        for line in YEN.lines * 2
    )
    sums = {name: getattr(YEN, name) * 2 for name in ("subtotal", "total", "balance")}
    taxes = tuple(
        replace(one, taxable_amount=one.taxable_amount * 2, amount=one.amount * 2)
        for one in YEN.taxes
    )
    (words,) = pages(replace(YEN, lines=lines, taxes=taxes, **sums))
    assert words.count("Zwischensumme") == 2


def test_every_page_of_an_ordinary_invoice_has_a_line_too() -> None:
    found = pages(TWO_PAGES)
    assert len(found) == 2
    assert "Balance due" in found[-1]
    assert "Additional seats" in found[-1] or "Platform" in found[-1]
