"""What stands on the page, before it is drawn."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import date
from decimal import Decimal

import pytest

from chalicelib.adapters.documents.invoice_page import invoice_page
from chalicelib.adapters.documents.page import Page, as_json
from chalicelib.adapters.documents.receipt_page import receipt_page
from chalicelib.documents import (
    DocumentState,
    InvoiceView,
    LineView,
    MethodKind,
    MethodView,
    SettlementKind,
    SettlementView,
    TaxView,
)
from tests.documents.samples import (
    BANK,
    CREDIT_NOTE,
    DINAR,
    INVOICE,
    LETTER,
    PAID,
    PAID_IN_PARTS,
    RECEIPT,
    TWO_PAGES,
    VISA,
    YEN,
)


def totals(page: Page) -> list[tuple[str, str]]:
    return [(row.label, row.value) for row in page.totals]


def test_totals_run_from_subtotal_to_balance_with_true_minus_signs() -> None:
    assert totals(invoice_page(INVOICE)) == [
        ("Subtotal", "€4,135.45"),
        ("VAT 23% on €3,781.45", "€869.73"),
        ("VAT 13.5% on €180.00", "€24.30"),
        ("VAT 0% on €174.00", "€0.00"),
        ("Total", "€5,029.48"),
        ("Credit note CN-2026-0007", "−€150.00"),
        ("Payment 3 Oct 2026", "−€500.00"),
        ("Balance due", "€4,379.48"),
    ]


def test_the_amount_column_adds_up_to_the_subtotal() -> None:
    shown = [row.cells[-1] for row in invoice_page(INVOICE).rows]
    added = sum(Decimal(cell.removeprefix("€").replace(",", "")) for cell in shown)
    assert f"€{added:,}" == totals(invoice_page(INVOICE))[0][1]


def test_discounts_are_seen_in_the_line_and_beside_the_subtotal() -> None:
    page = invoice_page(TWO_PAGES)
    assert page.rows[1].cells == ["18", "€12.00", "−10%", "23%", "€194.40"]
    assert page.totals[0].note == "after line discounts of €214.80"
    assert ("Loyalty discount", "−€100.00") in totals(page)


def test_a_discount_without_a_rate_is_an_amount() -> None:
    line = LineView("Seat", 900, discount_amount=100)
    view = replace(INVOICE, lines=(line,), subtotal=900, taxes=(), total=900, balance=-64100)
    page = invoice_page(view)
    assert page.columns == ["Description", "Disc.", "Amount"]
    assert page.rows[0].cells == ["−€1.00", "€9.00"]


def test_columns_that_say_nothing_are_left_out() -> None:
    assert invoice_page(INVOICE).columns == [
        "Description", "Qty", "Unit price", "Disc.", "VAT", "Amount",
    ]  # fmt: skip
    assert invoice_page(YEN).columns == ["Beschreibung", "Betrag"]


def test_a_tax_of_nothing_has_no_column() -> None:
    untaxed = tuple(replace(line, tax_percent=Decimal(0)) for line in YEN.lines)
    page = invoice_page(replace(YEN, lines=untaxed, locale="en-IE"))
    assert [column for column in page.columns if column in {"Tax", "VAT"}] == []
    assert "VAT" in invoice_page(INVOICE).columns  # where one line of several has none


def test_a_line_shows_variant_and_period_and_whose_it_is() -> None:
    line = replace(INVOICE.lines[0], customer_name="Ada Byron")
    view = replace(INVOICE, lines=(line, *INVOICE.lines[1:]))
    assert invoice_page(view).rows[0].first.notes == ["Ada Byron", "Business plan · 1–31 Oct 2026"]


def test_facts_at_the_head() -> None:
    assert invoice_page(INVOICE).meta == [
        ("Invoice no.", "INV-2026-00418"),
        ("Issued", "1 October 2026"),
        ("Due", "31 October 2026"),
        ("Terms", "Net 30"),
        ("PO", "PO-77-1903"),
        ("Period", "1–31 Oct 2026"),
    ]
    at_once = invoice_page(replace(INVOICE, net_days=0))
    assert ("Terms", "Due on receipt") in at_once.meta


def test_an_open_invoice_says_how_to_pay() -> None:
    page = invoice_page(INVOICE)
    assert page.bar.button is not None
    assert page.bar.button.url == INVOICE.pay_url
    assert page.pay is not None
    assert page.pay.bank[-1] == ("Reference", "INV-2026-00418")
    assert page.pay.bank_intro == "Or by bank transfer:"
    transfer_only = invoice_page(replace(INVOICE, pay_url=None))
    assert transfer_only.pay is not None
    assert (transfer_only.pay.url, transfer_only.pay.bank_intro) == (None, "By bank transfer:")
    assert invoice_page(replace(INVOICE, pay_url=None, bank=None)).pay is None


def test_an_iban_stays_on_one_line() -> None:
    page = invoice_page(INVOICE)
    assert page.pay is not None
    assert BANK.iban is not None
    assert dict(page.pay.bank)["IBAN"] == BANK.iban.replace(" ", "\N{NO-BREAK SPACE}")


@pytest.mark.parametrize(
    ("view", "label", "amount", "note", "stamp"),
    [
        (INVOICE, "Balance due", "€4,379.48", "by 31 October 2026", None),
        (PAID, "Paid", "€5,029.48", "on 12 October 2026 by Visa ending 4242", "Paid"),
        (PAID_IN_PARTS, "Paid", "€4,879.48", "in full on 12 October 2026", "Paid"),
        (TWO_PAGES, "Balance due", "€13,200.38", "was due 31 October 2026", "Overdue"),
        (
            LETTER,
            "Balance due",
            "$96.90",
            "charged to Visa ending 4242 on October 31, 2026",
            None,
        ),
        (CREDIT_NOTE, "Total credited", "€150.00", "for invoice INV-2026-00418", None),
        (
            replace(INVOICE, state=DocumentState.PROCESSING),
            "Balance due",
            "€4,379.48",
            "payment on its way",
            "Processing",
        ),
        (
            replace(INVOICE, state=DocumentState.CANCELLED),
            "Cancelled",
            "€4,379.48",
            "nothing to pay",
            "Cancelled",
        ),
    ],
)
def test_the_bar_tells_the_state(
    view: InvoiceView, label: str, amount: str, note: str, stamp: str | None
) -> None:
    bar = invoice_page(view).bar
    assert (bar.label, bar.amount, bar.note) == (label, amount, note)
    assert (bar.stamp.text if bar.stamp else None) == stamp


@pytest.mark.parametrize(
    "view",
    [
        PAID,
        CREDIT_NOTE,
        DINAR,
        replace(INVOICE, state=DocumentState.PROCESSING),
        replace(INVOICE, state=DocumentState.CANCELLED),
    ],
)
def test_nothing_to_pay_has_no_call_to_pay(view: InvoiceView) -> None:
    page = invoice_page(view)
    assert (page.pay, page.bar.button) == (None, None)


def test_a_draft_is_marked_as_one() -> None:
    assert invoice_page(DINAR).watermark == "Brouillon"
    assert invoice_page(INVOICE).watermark is None


def test_a_refund_raises_the_balance_again() -> None:
    refund = SettlementView(SettlementKind.REFUND, 2500, date(2026, 10, 5), method=VISA)
    view = replace(
        INVOICE, settlements=(*INVOICE.settlements, refund), balance=INVOICE.balance + 2500
    )
    row = invoice_page(view).totals[-2]
    assert (row.label, row.value, row.note) == ("Refund 5 Oct 2026", "€25.00", "Visa ending 4242")


def test_tax_inside_the_price_stands_under_the_total() -> None:
    view = replace(YEN, tax_inclusive=True, taxes=(TaxView("MwSt.", Decimal(19), 1079252, 205058),))
    assert [label for label, _ in totals(invoice_page(view))] == [
        "Zwischensumme",
        "Gesamtbetrag",
        "enthält MwSt. 19\xa0% auf 1.079.252\xa0¥",
        "Offener Betrag",
    ]


@pytest.mark.parametrize(
    ("view", "amount"),
    [(YEN, "1.284.310\xa0¥"), (DINAR, "1\u202f284,315\xa0KWD"), (LETTER, "$96.90")],
)
def test_amounts_keep_their_currency_s_digits(view: InvoiceView, amount: str) -> None:
    assert totals(invoice_page(view))[-1][1] == amount


def test_a_receipt_states_amount_date_method_transaction_and_balance() -> None:
    page = receipt_page(RECEIPT)
    assert page.statement == [
        "Paid €500.00 on 3 October 2026 by Visa ending 4242.",
        "Transaction ID: pi_3QxYz2AbCdEfGhIj0KlMnOpQ",
        "€4,379.48 remains to be paid on INV-2026-00418.",
    ]
    assert page.rows[0].cells == ["€5,029.48", "€500.00", "€4,379.48"]
    assert totals(page) == [("Total paid", "€500.00"), ("Balance left", "€4,379.48")]


def test_a_receipt_in_full_says_so_and_shows_what_was_kept_and_returned() -> None:
    settled = replace(RECEIPT.allocations[0], balance=0)
    page = receipt_page(
        replace(RECEIPT, allocations=(settled,), amount=50100, unapplied=100, refunded=300)
    )
    assert page.statement[-1] == "Nothing remains to be paid on INV-2026-00418."
    assert totals(page)[1:3] == [("Kept as your credit", "€1.00"), ("Refunded since", "−€3.00")]


def test_a_receipt_for_a_check_names_its_number() -> None:
    check = MethodView(MethodKind.CHECK, reference="1047")
    page = receipt_page(replace(RECEIPT, method=check, transaction_id=None))
    assert page.statement[0] == "Paid €500.00 on 3 October 2026 by check no. 1047."


def test_every_string_is_cleaned_on_its_way_but_addresses_are_not_touched() -> None:
    view = replace(INVOICE, number="INV\n\u0007\ue0001", notes="a\u202eb")
    page = json.loads(as_json(invoice_page(view)))
    assert page["meta"][0][1] == "INV 1"
    assert page["footer"]["number"] == "INV 1"
    assert page["notes"] == ["ab"]
    assert page["bar"]["button"]["url"] == INVOICE.pay_url


@pytest.mark.parametrize(
    ("locale", "due"),
    [
        ("en-IE", "31 October 2026"), ("de-DE", "31. Oktober 2026"), ("fr-FR", "31 octobre 2026"),
        ("es-ES", "31 oct 2026"),
    ],
)  # fmt: skip
def test_a_date_fits_its_column(locale: str, due: str) -> None:
    page = invoice_page(replace(INVOICE, locale=locale))
    assert due in [value for _, value in page.meta]
