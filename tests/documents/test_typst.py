"""The drawn file: its standards, its links, its sameness, and that no text can stop it."""

from __future__ import annotations

import logging
import subprocess
import sys
from dataclasses import replace
from datetime import timedelta
from functools import cache
from hashlib import sha256
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.adapters.documents import TypstDocuments
from chalicelib.adapters.documents.typst_documents import checked_url, qr_svg
from chalicelib.documents import (
    BankView,
    BrandView,
    DiscountView,
    InvoiceView,
    PartyView,
    ReceiptView,
    StatementView,
)
from chalicelib.domain.errors import InvalidInput
from tests.documents import samples
from tests.documents.samples import INVOICE, RECEIPT, TWO_PAGES

DRAWN = {
    name: view
    for name, view in vars(samples).items()
    if isinstance(view, InvoiceView | ReceiptView | StatementView)
}
LOGO = (
    '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 20 20">'
    '<rect width="20" height="20" rx="4" fill="#0f4c5c"/></svg>'
)
any_text = st.text(max_size=60) | st.text(
    alphabet=st.characters(codec="utf-8", min_codepoint=0x300, max_codepoint=0x1FFFF), max_size=12
)


@cache
def documents() -> TypstDocuments:
    return TypstDocuments()


def draw(view: InvoiceView | ReceiptView | StatementView) -> bytes:
    if isinstance(view, StatementView):
        return documents().statement(view)
    if isinstance(view, ReceiptView):
        return documents().receipt(view)
    return documents().invoice(view)


def is_archival(pdf: bytes) -> bool:
    marks = (b"<pdfaid:part>3<", b"<pdfaid:conformance>A<", b"<pdfuaid:part>1<")
    return all(mark in pdf for mark in marks)


@pytest.mark.parametrize("name", sorted(DRAWN))
def test_each_document_is_pdf_a_3a_and_pdf_ua_1(name: str) -> None:
    pdf = draw(DRAWN[name])
    assert pdf.startswith(b"%PDF-1.7")
    assert is_archival(pdf)


@pytest.mark.parametrize(
    ("view", "pages"),
    [
        (INVOICE, 1),
        (samples.PAID, 1),
        (TWO_PAGES, 2),
        (samples.STATEMENT, 1),
        (samples.LONG_STATEMENT, 3),
    ],
)
def test_pages(view: InvoiceView | StatementView, pages: int) -> None:
    assert b"<xmpTPg:NPages>%d<" % pages in draw(view)


def test_button_and_words_link_to_the_page_that_takes_the_money() -> None:
    pdf = draw(INVOICE)
    assert pdf.count(b"/URI(https://pay.harbourpine.example/i/7Kq2mZ9xTq)") == 2
    assert b"/URI" not in draw(samples.PAID)


def test_the_language_is_told_to_screen_readers() -> None:
    assert b"/Lang(de)" in draw(samples.YEN)


def test_paper_is_a4_or_us_letter() -> None:
    assert b"/MediaBox[0 0 595.2756 841.8898]" in draw(INVOICE)
    assert b"/MediaBox[0 0 612 792]" in draw(samples.LETTER)


def test_the_same_view_is_the_same_file_in_another_process() -> None:
    code = (
        "from tests.documents.test_typst import *; import sys;"
        "sys.stdout.write(sha256(draw(INVOICE)).hexdigest())"
    )
    root = Path(__file__).parents[2]
    other = subprocess.run(
        [sys.executable, "-c", code], cwd=root, capture_output=True, text=True, check=True
    )
    assert other.stdout == sha256(draw(INVOICE)).hexdigest()


def test_another_instant_is_another_file() -> None:
    later = replace(INVOICE, rendered_at=INVOICE.rendered_at + timedelta(days=1))
    assert draw(later) != draw(INVOICE)


def test_a_logo_is_drawn() -> None:
    with_logo = draw(replace(INVOICE, brand=BrandView(logo_svg=LOGO)))
    assert is_archival(with_logo)
    assert b"/Alt(Logo of Harbour & Pine Ltd)" in with_logo


@pytest.mark.parametrize(
    "broken", ["<svg", "not a picture", "", "<svg xmlns='x'><text>Ø</text></svg>"]
)
def test_a_broken_logo_does_not_cost_the_invoice(broken: str) -> None:
    assert is_archival(draw(replace(INVOICE, brand=BrandView(logo_svg=broken))))


def test_without_the_standards_it_is_still_a_bill(
    monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    plain = TypstDocuments()
    compile_once = plain._compile

    def refuse_archives(inputs: dict[str, str], standards: list[str], *rest: Any) -> bytes:
        if standards:
            raise RuntimeError("no glyph")
        return compile_once(inputs, standards, *rest)

    monkeypatch.setattr(plain, "_compile", refuse_archives)
    with caplog.at_level(logging.WARNING):
        pdf = plain.invoice(INVOICE)
    assert pdf.startswith(b"%PDF")
    assert not is_archival(pdf)
    assert INVOICE.number in caplog.text
    assert "no glyph" not in caplog.text


def test_colours_that_are_none_or_unreadable_are_not_used() -> None:
    odd = replace(INVOICE, brand=BrandView(accent='#fff"); evil', action="#ffff00"))
    assert draw(odd) == draw(INVOICE)


@pytest.mark.parametrize(
    "url", ["javascript:alert(1)", "file:///etc/passwd", "https://x/" + "a" * 999]
)
def test_only_web_addresses_are_linked(url: str) -> None:
    with pytest.raises(InvalidInput, match="web addresses"):
        draw(replace(INVOICE, pay_url=url))
    with pytest.raises(InvalidInput, match="web addresses"):
        checked_url(url)


def test_markup_in_a_name_is_only_text() -> None:
    tricky = replace(INVOICE.issuer, name='#sys.inputs *x* $5 <b> `#read("/etc/passwd")`')
    assert is_archival(draw(replace(INVOICE, issuer=tricky)))


def test_a_qr_code_stays_a_drawing() -> None:
    svg = qr_svg("https://pay.harbourpine.example/i/7Kq2mZ9xTq")
    assert svg.startswith("<svg")
    assert 'stroke="#16212b"' in svg


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True
)
@given(text=st.lists(any_text, min_size=12, max_size=12))
def test_no_text_in_any_field_stops_an_invoice(text: list[str]) -> None:
    party = PartyView(text[0], (text[1], text[2]), text[3], text[4], text[5], text[6], text[7])
    line = replace(INVOICE.lines[0], description=text[8], variant=text[9], customer_name=text[10])
    view = replace(
        INVOICE,
        number=text[11],
        issuer=party,
        bill_to=party,
        lines=(line, *INVOICE.lines[1:]),
        discounts=(DiscountView(text[8], 0),),
        taxes=tuple(replace(tax, label=text[9]) for tax in INVOICE.taxes),
        purchase_order=text[10],
        notes="\n".join(text),
        bank=BankView(text[0], text[1], text[2], text[3], text[4], text[5], text[6]),
    )
    assert is_archival(draw(view))


@settings(max_examples=25, deadline=None, derandomize=True)
@given(text=st.lists(any_text, min_size=6, max_size=6))
def test_no_text_in_any_field_stops_a_receipt(text: list[str]) -> None:
    view = replace(
        RECEIPT,
        number=text[0],
        received_from=PartyView(text[1], (text[2],)),
        method=replace(RECEIPT.method, brand=text[3], last4=text[4]),
        allocations=(replace(RECEIPT.allocations[0], invoice_number=text[5]),),
        transaction_id=text[0],
        notes=text[1],
    )
    assert is_archival(draw(view))
