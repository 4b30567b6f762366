"""Whole files as QuickBooks, Xero and FreshBooks write them: every header, every way to save."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

import pytest

from chalicelib.domain import imports
from chalicelib.domain.business import Business
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports.advice import ADVICE
from chalicelib.domain.imports.columns import ImportKind, Source
from chalicelib.domain.imports.customers import CustomerRow
from chalicelib.domain.imports.invoices import OpenInvoice
from chalicelib.domain.imports.reading import ReadFile, Way, read_file
from chalicelib.domain.imports.sheet import Rejected
from chalicelib.domain.imports.values import DateOrder
from chalicelib.domain.invoice import totals_of

CUSTOMERS, INVOICES = ImportKind.CUSTOMERS, ImportKind.INVOICES
TODAY = date(2026, 11, 22)
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
XERO_EXPORT = (
    "ContactName,EmailAddress,POAddressLine1,POCity,InvoiceNumber,Reference,InvoiceDate,DueDate,"
    "Total,TaxTotal,InvoiceAmountPaid,InvoiceAmountDue,InventoryItemCode,Description,Quantity,"
    "UnitAmount,Discount,LineAmount,AccountCode,TaxType,TaxAmount,Currency,SAAddressLine1,Type,"
    "Sent,Status"
)
FRESHBOOKS = (
    "Client Name,Invoice #,Date Issued,Date Due,Invoice Status,Date Paid,Item Name,"
    "Item Description,Rate,Quantity,Discount Percentage,Line Subtotal,Tax 1 Type,Tax 1 Amount,"
    "Tax 2 Type,Tax 2 Amount,Line Total,Currency"
)


def read(
    text: str | bytes, kind: ImportKind = INVOICES, *, currency: str = "USD", country: str = "US"
) -> ReadFile:
    content = text if isinstance(text, bytes) else text.encode()
    business = Business("biz_1", "Harbour", currency, "Europe/London", country=country)
    return read_file(content, kind, business, Way(), today=TODAY)


def table(header: str, *rows: dict[str, str], comma: str = ",", end: str = "\r\n") -> str:
    """A file whose rows fill some of its columns."""
    columns = header.split(",")
    named = [name.strip("*") for name in columns]
    for row in rows:
        assert set(row) <= set(named)
    lines = [columns, *([_quoted(row.get(name, "")) for name in named] for row in rows)]
    return end.join([comma.join(line) for line in lines]) + end


def _quoted(cell: str) -> str:
    return f'"{cell}"' if re.search(r'[,;"\n]', cell) else cell


def owed(found: ReadFile) -> dict[str, int]:
    refused = [one for one in found.items if isinstance(one, Rejected)]
    assert not refused
    return {
        one.number: totals_of(one.lines).total
        for one in found.items
        if isinstance(one, OpenInvoice)
    }


def reasons(found: ReadFile) -> list[tuple[int, str]]:
    return [(one.row, one.reason) for one in found.items if isinstance(one, Rejected)]


def quickbooks_row(**cells: str) -> dict[str, str]:
    usual = {"InvoiceNo": "1001", "Customer": "Pine Ltd", "InvoiceDate": "10/27/2026",
             "DueDate": "11/26/2026", "Item(Product/Service)": "Rope",
             "ItemAmount": "10.00"}  # fmt: skip
    return usual | cells


def xero_row(**cells: str) -> dict[str, str]:
    usual = {"ContactName": "Pine Ltd", "InvoiceNumber": "X-1", "InvoiceDate": "27/10/2026",
             "DueDate": "26/11/2026", "Description": "Rope", "Quantity": "1", "UnitAmount": "10.00",
             "TaxType": "No Tax"}  # fmt: skip
    return usual | cells


def freshbooks_row(**cells: str) -> dict[str, str]:
    usual = {"Client Name": "Pine Ltd", "Invoice #": "0000012", "Date Issued": "2026-10-27",
             "Date Due": "2026-11-26", "Invoice Status": "sent", "Item Name": "Rope",
             "Rate": "10.00", "Quantity": "1", "Line Subtotal": "10.00",
             "Line Total": "10.00"}  # fmt: skip
    return usual | cells


# -------------------------------------------------------------------------- every header row


@pytest.mark.parametrize(
    ("header", "tax", "total"),
    [
        (QUICKBOOKS, {}, 1000),
        (f"{QUICKBOOKS},ItemTaxCode,ItemTaxAmount",
         {"ItemTaxCode": "20.0% S", "ItemTaxAmount": "2.00"}, 1200),
        (f"{QUICKBOOKS},Item Tax Amount,*Item Tax Code,Currency",
         {"Item Tax Amount": "0.50", "Item Tax Code": "GST", "Currency": "USD"}, 1050),
    ],
    ids=["US", "elsewhere", "with currency"],
)  # fmt: skip
def test_quickbooks_invoices(header: str, tax: dict[str, str], total: int) -> None:
    found = read(table(header, quickbooks_row(**tax)))
    assert (found.source, owed(found)) == (Source.QUICKBOOKS, {"1001": total})


def test_xero_sales_invoices_and_its_own_export() -> None:
    found = read(table(XERO, xero_row(TaxType="20% (VAT on Income)")), country="GB")
    assert (found.source, owed(found)) == (Source.XERO, {"X-1": 1200})
    exported = xero_row(TaxType="Tax on Sales", TaxAmount="0.83", LineAmount="10.00", Total="10.83",
                        TaxTotal="0.83", InvoiceAmountPaid="0.00", InvoiceAmountDue="10.83",
                        Type="Sales invoice", Sent="Sent", Status="Awaiting Payment")  # fmt: skip
    found = read(table(XERO_EXPORT, exported))
    assert (found.source, owed(found)) == (Source.XERO, {"X-1": 1083})


def test_xero_prices_that_hold_their_tax_are_not_taxed_again() -> None:
    row = xero_row(TaxType="20% (VAT on Income)", TaxAmount="2.00", LineAmount="12.00",
                   UnitAmount="12.00", Total="12.00", Status="Awaiting Payment")  # fmt: skip
    ((number, why),) = reasons(read(table(XERO_EXPORT, row), country="GB"))
    assert number == 2
    assert "before tax" in why


def test_freshbooks_invoice_details() -> None:
    rows = [
        freshbooks_row(**{"Tax 1 Type": "VAT", "Tax 1 Amount": "2.00", "Line Total": "12.00"}),
        freshbooks_row(**{"Item Name": "Knots", "Rate": "3.00", "Quantity": "2",
                          "Line Subtotal": "6.00", "Tax 1 Type": "VAT", "Tax 1 Amount": "1.20",
                          "Line Total": "7.20"}),
    ]  # fmt: skip
    found = read(table(FRESHBOOKS, *rows))
    assert (found.source, owed(found)) == (Source.FRESHBOOKS, {"0000012": 1920})


QUICKBOOKS_CUSTOMERS = (
    "Name,Company,Customer Type,Email,Phone,Mobile,Fax,Website,Street,City,State,ZIP,Country,"
    "Opening Balance,Date,Resale Number"
)
XERO_CONTACTS = (
    "*ContactName,AccountNumber,EmailAddress,FirstName,LastName,POAddressLine1,POCity,PORegion,"
    "POPostalCode,POCountry,DueDateSalesDay,DueDateSalesTerm"
)
FRESHBOOKS_PLACE = (
    "Email Address,Phone Number,Address Line 1,Address Line 2,City,State,Zip Code,Country"
)
BOSTON = "a@b.example,,1 Main St,,Boston,MA,02134,United States"


@pytest.mark.parametrize(
    ("header", "row", "source", "name"),
    [
        (QUICKBOOKS_CUSTOMERS, "Ada Byron,,,a@b.example,,,,,1 Main St,Boston,MA,02134,USA,,,",
         Source.QUICKBOOKS, "Ada Byron"),
        ("Customer full name,Bill address,Email,Phone numbers", "Ada Byron,,a@b.example,",
         Source.QUICKBOOKS, "Ada Byron"),
        (XERO_CONTACTS, "Pine Ltd,A1,a@b.example,Ada,Byron,,,,,UK,30,day(s) after bill date",
         Source.XERO, "Pine Ltd"),
        (f"First Name,Last Name,{FRESHBOOKS_PLACE}", f"Ada,Byron,{BOSTON}", Source.FRESHBOOKS,
         "Ada Byron"),
        ("First Name,Last Name,Company Name,Email Address", "Ada,Byron,Pine Ltd,a@b.example",
         Source.FRESHBOOKS, "Pine Ltd"),
        (f"Company Name,{FRESHBOOKS_PLACE}", f"Pine Ltd,{BOSTON}", Source.FRESHBOOKS, "Pine Ltd"),
    ],
    ids=["quickbooks", "quickbooks list", "xero", "freshbooks people", "freshbooks both",
         "freshbooks companies"],
)  # fmt: skip
def test_customers(header: str, row: str, source: Source, name: str) -> None:
    found = read(f"{header}\r\n{row}\r\n", CUSTOMERS)
    (one,) = found.items
    assert isinstance(one, CustomerRow)
    assert (found.source, one.name, one.email) == (source, name, "a@b.example")


# --------------------------------------------------------------------------- every way to save


@pytest.mark.parametrize("mark", ["", "\ufeff"], ids=["plain", "byte-order mark"])
@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"], ids=["LF", "CRLF", "CR"])
@pytest.mark.parametrize("comma", [",", ";"], ids=["comma", "semicolon"])
@pytest.mark.parametrize("header", ["", "sep={}"], ids=["", "Excel's first line"])
def test_each_source_however_it_was_saved(mark: str, end: str, comma: str, header: str) -> None:
    files = {
        Source.QUICKBOOKS: table(
            QUICKBOOKS, quickbooks_row(ItemDescription='Two\nlines; "and", more'),
            comma=comma, end=end),
        Source.XERO: table(XERO, xero_row(Description="Two\nlines"), comma=comma, end=end),
        Source.FRESHBOOKS: table(FRESHBOOKS, freshbooks_row(), comma=comma, end=end),
    }  # fmt: skip
    files[Source.QUICKBOOKS] = files[Source.QUICKBOOKS].replace('lines; "and"', 'lines; ""and""')
    first = f"{header.format(comma)}{end}" if header else ""
    for source, text in files.items():
        found = read(mark + first + text, country="US")
        assert found.source is source
        assert list(owed(found).values()) == [1000]
        assert [one.rows for one in found.items if isinstance(one, OpenInvoice)] == [(2,)]


@pytest.mark.parametrize(
    ("written", "currency", "total"),
    [
        ("1,234.50", "USD", 123450),
        ("1 234,50", "EUR", 123450),
        ("1.234,50", "EUR", 123450),
        ("1'234.50", "CHF", 123450),
        ("1234", "JPY", 1234),
        ("1,234", "JPY", 1234),
        ("1234.00", "JPY", 1234),
        ("12.345", "KWD", 12345),
        ("1,234.567", "KWD", 1234567),
        ("12.5", "KWD", 12500),
    ],
)
def test_amounts_as_each_program_writes_them(written: str, currency: str, total: int) -> None:
    for header, row in (
        (QUICKBOOKS, quickbooks_row(ItemAmount=written)),
        (XERO, xero_row(UnitAmount=written, Currency=currency)),
        (FRESHBOOKS, freshbooks_row(**{"Rate": written, "Line Subtotal": written,
                                       "Line Total": written, "Currency": currency})),
    ):  # fmt: skip
        assert list(owed(read(table(header, row), currency=currency)).values()) == [total]


def test_an_amount_in_parentheses_is_negative_and_says_what_to_do() -> None:
    found = read(
        table(QUICKBOOKS, quickbooks_row(ItemAmount="(1,234.50)"),
              quickbooks_row(InvoiceNo="1002", ItemAmount="7.25"))
    )  # fmt: skip
    ((row, why),) = reasons(found)
    assert row == 2
    assert "negative" in why
    assert "enter them as a credit" in why
    assert [one.number for one in found.items if isinstance(one, OpenInvoice)] == ["1002"]
    comma = read(table(XERO, xero_row(UnitAmount="(1.234,50)"),
                       xero_row(InvoiceNumber="X-2", UnitAmount="2,50")))  # fmt: skip
    assert [one.number for one in comma.items if isinstance(one, OpenInvoice)] == ["X-2"]


@pytest.mark.parametrize(
    "written",
    ["10/27/2026", "27/10/2026", "27.10.2026", "27-10-2026", "2026-10-27", "2026/10/27",
     "27 Oct 2026", "Oct 27, 2026", "October 27, 2026", "2026-10-27 00:00:00",
     "2026-10-27T00:00:00", "2026-10-27T00:00:00Z", "10/27/2026 00:00", "10/27/2026 12:00:00 AM"],
)  # fmt: skip
def test_days_as_each_program_writes_them(written: str) -> None:
    for header, row in (
        (QUICKBOOKS, quickbooks_row(InvoiceDate=written, DueDate=written)),
        (XERO, xero_row(InvoiceDate=written, DueDate=written)),
        (FRESHBOOKS, freshbooks_row(**{"Date Issued": written, "Date Due": written})),
    ):
        (one,) = read(table(header, row)).items
        assert isinstance(one, OpenInvoice)
        assert (one.issued_on, one.due_on) == (date(2026, 10, 27), date(2026, 10, 27))


def test_a_day_with_an_hour_proves_the_order_too() -> None:
    found = read(table(XERO, xero_row(InvoiceDate="27/10/2026 00:00", DueDate="01/11/2026 00:00")))
    assert found.formats.order is DateOrder.DAY_FIRST


# --------------------------------------------------------------------------- twice in the file


def test_a_file_put_together_twice_does_not_owe_twice() -> None:
    rows = [quickbooks_row(), quickbooks_row(ItemAmount="5.00"), quickbooks_row(InvoiceNo="1002")]
    found = read(table(QUICKBOOKS, *rows, *rows))
    good = [(one.number, one.rows) for one in found.items if isinstance(one, OpenInvoice)]
    assert good == [("1001", (2, 3)), ("1002", (4,))]
    assert [row for row, _ in reasons(found)] == [5, 6, 7]
    assert "The same invoice as in row 2." in reasons(found)[0][1]


def test_a_block_that_repeats_a_part_of_an_invoice_is_not_taken_for_lines() -> None:
    rows = [quickbooks_row(), quickbooks_row(ItemAmount="5.00"), quickbooks_row(InvoiceNo="1002"),
            quickbooks_row(ItemAmount="5.00")]  # fmt: skip
    found = read(table(QUICKBOOKS, *rows))
    assert [one.number for one in found.items if isinstance(one, OpenInvoice)] == ["1002"]
    ((row, why),) = reasons(found)
    assert (row, "row 3" in why) == (5, True)


def test_equal_lines_of_one_invoice_and_lines_apart_are_lines() -> None:
    rows = [quickbooks_row(), quickbooks_row(), quickbooks_row(InvoiceNo="1002"),
            quickbooks_row(ItemAmount="5.00")]  # fmt: skip
    assert owed(read(table(QUICKBOOKS, *rows))) == {"1001": 2500, "1002": 1000}


# ------------------------------------------------------------------------------ what to do


def test_every_row_that_is_refused_says_what_to_do() -> None:
    """By the code of what is wrong: one that is new has to say it too."""
    sources = Path(imports.__file__).parent.glob("*.py")
    raised = {
        code
        for one in sources
        for code in re.findall(r'InvalidInput\(\s*"([a-z0-9_]+)"', one.read_text())
    }
    whole_file = {code for code in raised if code.startswith(("file_", "column_", "source_"))}
    assert raised - whole_file - {"header_unknown", "bills_file"} <= set(ADVICE)
    for words in ADVICE.values():
        assert not words or words.endswith(".")


def test_the_advice_stands_after_the_reason() -> None:
    found = read("Name,Email\r\nAda,\r\nBob,b@b.example\r\n", CUSTOMERS)
    assert reasons(found) == [(2, "The e-mail address is missing. Fill it in.")]


def test_a_file_of_bills_is_not_taken_for_sales() -> None:
    bills = "*ContactName,*InvoiceNumber,*InvoiceDate,*DueDate,Total,*UnitAmount,TaxAmount"
    for text, code in (
        (f"{bills}\na,1,1,1,1,1,1\n", "bills_file"),
        ("Number,Amount\n1,2\n", "header_unknown"),
    ):
        with pytest.raises(InvalidInput) as refused:
            read(text)
        assert refused.value.code == code
