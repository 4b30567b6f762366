"""Files of other systems: what is read, what is refused, and in which words."""

from __future__ import annotations

from contextlib import suppress
from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chalicelib.domain.customer import CustomerKind
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports import sheet, values
from chalicelib.domain.imports.columns import Source
from chalicelib.domain.imports.customers import CustomerRow, CustomerRows, parse_customers
from chalicelib.domain.imports.invoices import OpenInvoices, parse_invoices
from chalicelib.domain.imports.sheet import Rejected, read_sheet
from chalicelib.domain.imports.values import DateOrder
from chalicelib.domain.invoice import totals_of
from chalicelib.domain.parties import Terms

QUICKBOOKS = (
    "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Terms,Location,Memo,Item(Product/Service),"
    "ItemDescription,ItemQuantity,ItemRate,*ItemAmount,Service Date"
)
XERO = (
    "*ContactName,EmailAddress,POAddressLine1,POAddressLine2,POAddressLine3,POAddressLine4,POCity,"
    "PORegion,POPostalCode,POCountry,*InvoiceNumber,Reference,*InvoiceDate,*DueDate,"
    "InventoryItemCode,*Description,*Quantity,*UnitAmount,Discount,*AccountCode,*TaxType,"
    "TrackingName1,TrackingOption1,TrackingName2,TrackingOption2,Currency,BrandingTheme"
)
QB_CUSTOMERS = "Name,Company,Email,Phone,Street,City,State,ZIP,Country,Terms"
FRESHBOOKS = (
    "First Name,Last Name,Company Name,Email Address,Phone Number,Address Line 1,Address Line 2,"
    "City,State,Zip Code,Country"
)


def encoded(*lines: str) -> bytes:
    return "\r\n".join(lines).encode()


def quickbooks(*rows: str, order: DateOrder = DateOrder.MONTH_FIRST) -> OpenInvoices:
    return parse_invoices(read_sheet(encoded(QUICKBOOKS, *rows)), currency="USD", order=order)


def xero_row(**cells: str) -> str:
    usual = {
        "ContactName": "Pine Ltd", "InvoiceNumber": "X-1", "InvoiceDate": "31/01/2026",
        "DueDate": "28/02/2026", "Description": "Rope", "Quantity": "2", "UnitAmount": "10.00",
        "TaxType": "20% (VAT on Income)", "Currency": "GBP",
    }  # fmt: skip
    named = usual | cells
    return ",".join(named.get(column.strip("*"), "") for column in XERO.split(","))


def xero(*rows: str) -> OpenInvoices:
    found = read_sheet(encoded(XERO, *rows))
    return parse_invoices(found, currency="GBP", order=DateOrder.DAY_FIRST)


def contacts(*lines: str) -> CustomerRows:
    return parse_customers(read_sheet(encoded(*lines)))


# ------------------------------------------------------------------------------------- the sheet


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n"], ids=["LF", "CRLF"])
@pytest.mark.parametrize("comma", [",", ";", "\t"], ids=["comma", "semicolon", "tab"])
def test_a_file_is_read_however_it_was_saved(mark: str, end: str, comma: str) -> None:
    text = mark + end.join([f"Name{comma}Email", f'"Größe{comma}""AG"""{comma}a@b.example', ""])
    (row,) = read_sheet(text.encode()).rows
    assert (row.number, row.cells["name"], row.cells["email"]) == (
        2, f'Größe{comma.replace(chr(9), " ")}"AG"', "a@b.example",
    )  # fmt: skip


def test_rows_keep_the_numbers_a_spreadsheet_shows() -> None:
    found = read_sheet(encoded("Name,Email", "", '"two\nlines",a@b.example', ",,", "x,y"))
    assert [(row.number, row.cells["name"]) for row in found.rows] == [(3, "two lines"), (5, "x")]


@pytest.mark.parametrize(
    ("content", "code"),
    [
        (b"", "file_empty"),
        (b"Name,Email\r\n", "file_empty"),
        (b"Name,Email\n\x81\x8d,a", "file_encoding_unknown"),
        (b'Name,Email\n"open', "file_broken"),
        (b"Name,name \na,b", "file_columns_twice"),
        (b"x" * (sheet.MOST_BYTES + 1), "file_too_big"),
        (b"Name,Email\n" + b"a,b\n" * (sheet.MOST_ROWS + 1), "file_too_long"),
        (",".join(f"c{n}" for n in range(201)).encode() + b"\na\n", "file_too_wide"),
    ],
)
def test_a_file_that_cannot_be_read_is_refused_whole(content: bytes, code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        read_sheet(content)
    assert refused.value.code == code


def test_a_row_of_another_shape_is_refused_alone() -> None:
    long = "y" * (sheet.LONGEST_CELL + 1)
    found = read_sheet(encoded("Name,Email", "a,b,c", f"{long},b", "n\0l,b", "a,b,,"))
    assert [one.row for one in found.rejected] == [2, 3, 4]
    assert "put text with a comma in quotes" in found.rejected[0].reason
    assert [row.number for row in found.rows] == [5]


@given(st.binary(max_size=400))
@settings(max_examples=200)
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    """Nothing but InvalidInput ever comes out of a file."""
    for prefix in (b"", encoded(QUICKBOOKS, ""), b"Name,Email\n"):
        with suppress(InvalidInput):
            parse_customers(read_sheet(prefix + content))
        with suppress(InvalidInput):
            found = read_sheet(prefix + content)
            parse_invoices(found, currency="USD", order=DateOrder.MONTH_FIRST)


# ---------------------------------------------------------------------------------------- values


@pytest.mark.parametrize(
    ("text", "order", "expected"),
    [
        ("03/04/2026", DateOrder.MONTH_FIRST, date(2026, 3, 4)),
        ("03/04/2026", DateOrder.DAY_FIRST, date(2026, 4, 3)),
        ("3.4.2026", DateOrder.DAY_FIRST, date(2026, 4, 3)),
        ("2026-04-03", DateOrder.MONTH_FIRST, date(2026, 4, 3)),
        ("29/02/2028", DateOrder.DAY_FIRST, date(2028, 2, 29)),
    ],
)
def test_days_are_read_in_the_accounts_order(text: str, order: DateOrder, expected: date) -> None:
    assert values.day(text, order) == expected


@pytest.mark.parametrize("text", ["13/13/2026", "02/29/2026", "1/2/26", "2026-13-01", "tomorrow"])
def test_a_day_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput, match="MM/DD/YYYY"):
        values.day(text, DateOrder.MONTH_FIRST)


@pytest.mark.parametrize(
    ("text", "expected"),
    [("1,234.50", 123450), ("1234.5", 123450), (".5", 50), ("-3", -300), ("(1,234.50)", -123450)],
)
def test_amounts_are_minor_units(text: str, expected: int) -> None:
    assert values.amount(text, "USD", "Amount") == expected


@pytest.mark.parametrize(
    "text", ["1,50", "1.234,50", "$5", "5 USD", "(5.00", "((5))", "0.005", "١٢", "1e3"]
)
def test_an_amount_is_never_guessed(text: str) -> None:
    with pytest.raises(InvalidInput):
        values.amount(text, "USD", "Amount")


def test_yen_has_no_digits_and_dinars_have_three() -> None:
    assert values.amount("1500", "JPY", "Amount") == 1500
    assert values.amount("1.250", "KWD", "Amount") == 1250
    with pytest.raises(InvalidInput):
        values.amount("1500.50", "JPY", "Amount")


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", Terms.DUE_ON_RECEIPT),
        ("Due on receipt", Terms.DUE_ON_RECEIPT),
        ("Net 7", Terms.NET_7),
        ("net14", Terms.NET_14),
        ("30 days", Terms.NET_30),
    ],
)
def test_terms(text: str, expected: Terms) -> None:
    assert values.terms(text) is expected


def test_terms_tax_and_country_we_do_not_know_are_named() -> None:
    for read, text in (
        (values.terms, "Net 60"),
        (values.tax_rate, "Tax on Sales"),
        (values.country, "Atlantis"),
        (values.email, "a@b"),
        (values.email, "a b@c.d"),
        (values.email, "a@b@c.d"),
    ):
        with pytest.raises(InvalidInput, match=text):
            read(text)
    assert values.tax_rate("8.25% (Sales Tax)") == Decimal("8.25")
    assert values.tax_rate("No VAT") == 0
    assert values.country("United Kingdom") == "GB"
    assert values.country("de") == "DE"


# ------------------------------------------------------------------------------------- customers


def test_a_quickbooks_customer() -> None:
    found = contacts(
        QB_CUSTOMERS,
        "Ada Byron,,ada@example.com,+1 555 0100,1 Main St,Portland,ME,04101,USA,",
        "Pine Ltd,Pine Ltd,pay@pine.example,,2 Elm St,Boston,MA,02108,United States,Net 30",
    )
    ada, pine = found.customers
    assert found.source is Source.QUICKBOOKS
    assert (ada.kind, ada.terms) == (CustomerKind.INDIVIDUAL, Terms.DUE_ON_RECEIPT)
    assert (pine.kind, pine.terms) == (CustomerKind.BUSINESS, Terms.NET_30)
    assert (ada.phone, ada.address.postal_code, ada.address.country) == (
        "+1 555 0100", "04101", "US",
    )  # fmt: skip


def test_a_freshbooks_client_and_a_xero_contact() -> None:
    (client,) = contacts(
        FRESHBOOKS, "Ada,Byron,,ada@example.com,,1 Main St,,Bern,,3000,CH"
    ).customers
    assert (client.name, client.kind, client.key) == (
        "Ada Byron", CustomerKind.INDIVIDUAL, "ada byron/ada@example.com",
    )  # fmt: skip
    header = (
        "*ContactName,AccountNumber,EmailAddress,FirstName,LastName,POAddressLine1,POCity,"
        "POPostalCode,POCountry,TaxNumber,DueDateSalesDay,DueDateSalesTerm"
    )
    found = contacts(
        header,
        "Grün GmbH,K-7,an@gruen.example,Eva,Grün,Weg 1,Wien,1010,Austria,ATU1,14,DAYSAFTERBILLDATE",
        "Blau,,b@blau.example,,,,,,,,20,OFFOLLOWINGMONTH",
    )
    assert found.source is Source.XERO
    assert found.customers == (
        CustomerRow(
            row=2, key="grün gmbh", kind=CustomerKind.BUSINESS, name="Grün GmbH",
            email="an@gruen.example", address=found.customers[0].address, tax_id="ATU1",
            terms=Terms.NET_14, external_ref="K-7",
        ),
    )  # fmt: skip
    assert "do not count from the invoice date" in found.rejected[0].reason


def test_bad_customers_are_named_and_good_ones_kept() -> None:
    found = contacts(
        QB_CUSTOMERS,
        "Good,,good@example.com,,,,,,,",
        ",,nobody@example.com,,,,,,,",
        "No Mail,,,,,,,,,",
        "Wrong Mail,,me at home,,,,,,,",
        "GOOD ,,other@example.com,,,,,,,",
        "Far,,far@example.com,,,,,,Atlantis,",
        "Slow,,slow@example.com,,,,,,,Net 90",
        "=HYPERLINK(1),,formula@example.com,,,,,,,",
    )
    assert [one.name for one in found.customers] == ["Good", "=HYPERLINK(1)"]
    assert [(one.row, one.reference) for one in found.rejected] == [
        (3, ""), (4, "No Mail"), (5, "Wrong Mail"), (6, "GOOD"), (7, "Far"), (8, "Slow"),
    ]  # fmt: skip
    assert (
        found.rejected[3].reason
        == "The same customer as in row 2. Take one of them out of the file."
    )


@pytest.mark.parametrize("header", ["Title,Email", "Name,Street"])
def test_a_header_without_names_or_addresses_of_mail_is_refused(header: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        contacts(header, "a,b")
    assert refused.value.code == "header_unknown"


# -------------------------------------------------------------------------------------- invoices


def test_several_rows_make_one_quickbooks_invoice() -> None:
    found = quickbooks(
        '1001,Pine Ltd,01/15/2026,02/14/2026,Net 30,,"Thanks, Pine",Rope,10 m,3,12.50,37.50,',
        "1002,Ada,01/20/2026,,Due on receipt,,,Knots,,,,5.00,",
        "1001,Pine Ltd,01/15/2026,02/14/2026,,,,Delivery,,1,9.99,9.99,",
        "1001,,,,,,,Consulting,Very small work,1000,0.0155,15.50,",
    )
    first, second = found.invoices
    assert not found.rejected
    assert (first.rows, first.number, first.customer) == ((2, 4, 5), "1001", "Pine Ltd")
    assert (first.issued_on, first.due_on) == (date(2026, 1, 15), date(2026, 2, 14))
    assert first.memo == "Thanks, Pine"
    assert [(line.description, int(line.quantity), line.amount) for line in first.lines] == [
        ("10 m", 3, 3750),
        ("Delivery", 1, 999),
        ("Very small work (1000 × 0.0155)", 1, 1550),
    ]
    assert totals_of(first.lines).total == 6299
    assert second.due_on == date(2026, 1, 20)


def test_a_xero_sales_invoice_with_discount_and_tax() -> None:
    found = xero(xero_row(Discount="10"), xero_row(Description="Pin", TaxType="No VAT"))
    (one,) = found.invoices
    totals = totals_of(one.lines)
    assert found.source is Source.XERO
    assert (one.due_on, totals.subtotal, totals.tax) == (date(2026, 2, 28), 3800, 360)


def test_quickbooks_tax_given_as_an_amount_is_the_same_amount_here() -> None:
    header = QUICKBOOKS + ",ItemTaxCode,ItemTaxAmount"
    rows = (
        "7,Pine Ltd,01/15/2026,02/14/2026,,,,Rope,,1,80.00,80.00,,20.0% S,16.00",
        "7,Pine Ltd,01/15/2026,02/14/2026,,,,Cake,,1,19.99,19.99,,Reduced,1.65",
        "8,Pine Ltd,01/15/2026,02/14/2026,,,,Rope,,1,80.00,80.00,,20.0% S,15.00",
    )
    found = parse_invoices(
        read_sheet(encoded(header, *rows)), currency="USD", order=DateOrder.MONTH_FIRST
    )
    (one,) = found.invoices
    assert totals_of(one.lines).tax == 1765
    assert [rejected.row for rejected in found.rejected] == [4]


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (",Pine,01/15/2026,02/14/2026,,,,Rope,,1,5.00,5.00,", "number is missing"),
        ("1,,01/15/2026,02/14/2026,,,,Rope,,1,5.00,5.00,", "customer's name is missing"),
        ("1,Pine,15/01/2026,02/14/2026,,,,Rope,,1,5.00,5.00,", "no day written MM/DD/YYYY"),
        ("1,Pine,01/15/2026,,,,,Rope,,1,5.00,5.00,", "due date is missing"),
        ("1,Pine,01/15/2026,01/14/2026,,,,Rope,,1,5.00,5.00,", "due before it was issued"),
        ("1,Pine,01/15/2026,02/14/2026,,,,Rope,,2,5.00,9.00,", "2 × 5.00 is not 9.00"),
        ("1,Pine,01/15/2026,02/14/2026,,,,Rope,,1,-5.00,-5.00,", "negative"),
        ("1,Pine,01/15/2026,02/14/2026,,,,Rope,,0,5.00,0.00,", "negative"),
        ("1,Pine,01/15/2026,02/14/2026,,,,Rope,,1,0.00,0.00,", "Nothing is owed"),
        ("1,Pine,01/15/2026,02/14/2026,,,,,,1,5.00,5.00,", "description is missing"),
        ("1,Pine,01/15/2026,02/14/2026,,,,Rope,,,,,", "amount is missing"),
        ('1,Pine,01/15/2026,02/14/2026,,,,Rope,,,,"5,00",', "no number such as"),
    ],
)
def test_a_bad_row_says_what_is_wrong(row: str, reason: str) -> None:
    found = quickbooks(row)
    assert not found.invoices
    assert [one.row for one in found.rejected] == [2]
    assert reason in found.rejected[0].reason


def test_one_bad_line_refuses_its_invoice_and_no_other() -> None:
    found = quickbooks(
        "1,Pine,01/15/2026,02/14/2026,,,,Rope,,1,5.00,5.00,",
        "1,Pine,01/16/2026,02/14/2026,,,,Rope,,1,5.00,5.00,",
        "2,Pine,01/15/2026,02/14/2026,,,,Rope,,1,5.00,5.00,",
    )
    assert [one.number for one in found.invoices] == ["2"]
    words = (
        "Its date is another than in row 2 of the same invoice. Make the rows of the invoice agree."
    )
    assert found.rejected == (Rejected(3, words, "1"),)


def test_an_invoice_that_no_row_of_the_table_could_hold_is_refused() -> None:
    row = "{},Pine,01/15/2026,02/14/2026,,,,{},,{},5.00,,"
    found = quickbooks(
        *(row.format(1, "Rope", 1) for _ in range(101)),
        row.format(2, "x" * 201, 1),
        row.format(3, "Rope", 999_999_999_999),
        *(row.format(4, "Rope", 1) for _ in range(100)),
    )
    assert [one.number for one in found.invoices] == ["4"]
    assert [(one.row, one.reason) for one in found.rejected] == [
        (2, "The invoice has 101 lines; one holds at most 100. Split it."),
        (103, "The product is longer than 200 characters. Shorten it."),
        (104, "It adds up to more than can be billed. Split it into several."),
    ]


def test_other_currencies_and_what_is_not_open_are_refused() -> None:
    found = xero(xero_row(Currency="EUR"))
    assert "It is in EUR" in found.rejected[0].reason
    header = XERO + ",Type,Sent,Status,InvoiceAmountPaid"
    rows = [
        f"{xero_row(InvoiceNumber=f'X-{index}')},{more}"
        for index, more in enumerate(
            ["Sales invoice,Sent,Awaiting Payment,0.00", "Sales invoice,Sent,Paid,24.00",
             "Sales credit note,,,", "Sales invoice,Sent,Awaiting Payment,4.00"]
        )
    ]  # fmt: skip
    seen = parse_invoices(
        read_sheet(encoded(header, *rows)), currency="GBP", order=DateOrder.DAY_FIRST
    )
    assert [one.number for one in seen.invoices] == ["X-0"]
    assert [one.row for one in seen.rejected] == [3, 4, 5]
