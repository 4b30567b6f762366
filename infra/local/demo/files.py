"""Writes the demo's CSV files: what QuickBooks, Xero and FreshBooks would give, mistakes included.

`python -m infra.local.demo.files` writes them anew; they are committed, and a test compares. All
days are counted from WRITTEN_ON, and the demo moves them to its own present by whole weeks.
"""

from __future__ import annotations

import csv
import io
from collections.abc import Iterable, Mapping
from datetime import date, timedelta
from pathlib import Path

from infra.local.demo.people import PLACES

DATA = Path(__file__).parent / "data"
WRITTEN_ON = date(2026, 3, 2)  # a Monday

QUICKBOOKS, XERO, FRESHBOOKS = range(120), range(120, 190), range(190, 230)
# Every fifth customer brings open invoices along.
WITH_INVOICES = 5
_TERMS = ("Due on receipt", "Net 7", "Net 14", "Net 30")

QUICKBOOKS_CUSTOMERS = (
    "Name,Company,Email,Phone,Street,City,State,ZIP,Country,Terms,Language".split(",")
)
XERO_CONTACTS = (
    "*ContactName,AccountNumber,EmailAddress,FirstName,LastName,POAddressLine1,POCity,PORegion,"
    "POPostalCode,POCountry,PhoneNumber,TaxNumber,DueDateSalesDay,DueDateSalesTerm,Language"
).split(",")
FRESHBOOKS_CLIENTS = (
    "First Name,Last Name,Company Name,Email Address,Phone Number,Address Line 1,Address Line 2,"
    "City,State,Zip Code,Country,Language"
).split(",")
QUICKBOOKS_INVOICES = (
    "*InvoiceNo,*Customer,*InvoiceDate,*DueDate,Terms,Location,Memo,Item(Product/Service),"
    "ItemDescription,ItemQuantity,ItemRate,*ItemAmount,Service Date"
).split(",")
XERO_INVOICES = (
    "*ContactName,EmailAddress,POAddressLine1,POAddressLine2,POAddressLine3,POAddressLine4,POCity,"
    "PORegion,POPostalCode,POCountry,*InvoiceNumber,Reference,*InvoiceDate,*DueDate,"
    "InventoryItemCode,*Description,*Quantity,*UnitAmount,Discount,*AccountCode,*TaxType,"
    "TrackingName1,TrackingOption1,TrackingName2,TrackingOption2,Currency,BrandingTheme"
).split(",")

_SPECIAL_NAMES = {
    4: "=SUM(A1) Catering", 9: "+353 Studio", 14: 'The "Quoted", Inc.', 19: "@home Fitness",
    24: "-cmd|' /C calc'!A0", 29: "Naïve Café 🍰", 34: "Ａ＝Ｂ Holdings",
}  # fmt: skip


def name_of(number: int) -> str:
    """A company for every third, a person otherwise; all names differ."""
    place = PLACES[number % len(PLACES)]
    if number in _SPECIAL_NAMES:
        return _SPECIAL_NAMES[number]
    name = place.full_name(number // len(PLACES))
    if is_company(number):
        return f"{name} & Co"
    return f"{name} {number}" if number >= 4 * len(PLACES) else name


def is_company(number: int) -> bool:
    return number % 3 == 2 or number in _SPECIAL_NAMES


def email_of(number: int) -> str:
    return f"customer{number:03}@mail{number % 7}.example"


def _phone(number: int) -> str:
    return f"+1207555{number:04}" if number % 2 else ""


def quickbooks_customer(number: int) -> dict[str, str]:
    place, name = PLACES[number % len(PLACES)], name_of(number)
    return {
        "Name": name,
        "Company": name if is_company(number) else "",
        "Email": email_of(number),
        "Phone": _phone(number),
        "Street": f"{number + 1} {place.street}",
        "City": place.city,
        "State": "ME" if place.country == "US" else "",
        "ZIP": place.postal_code,
        "Country": "USA" if place.country == "US" else place.country,
        "Terms": _TERMS[number % 4] if is_company(number) else "",
        "Language": place.language,
    }


def xero_contact(number: int) -> dict[str, str]:
    place, name = PLACES[number % len(PLACES)], name_of(number)
    given, _, family = name.partition(" ")
    company = is_company(number)
    return {
        "*ContactName": name,
        "AccountNumber": f"K-{number}",
        "EmailAddress": email_of(number),
        "FirstName": "" if company else given,
        "LastName": "" if company else family,
        "POAddressLine1": f"{place.street} {number + 1}",
        "POCity": place.city,
        "POPostalCode": place.postal_code,
        "POCountry": place.country,
        "PhoneNumber": _phone(number),
        "TaxNumber": f"{place.country}{number:09}" if company else "",
        "DueDateSalesDay": ("7", "14", "30")[number % 3] if company else "",
        "DueDateSalesTerm": "DAYSAFTERBILLDATE" if company else "",
        "Language": place.language,
    }


def freshbooks_client(number: int) -> dict[str, str]:
    place = PLACES[number % len(PLACES)]
    given, _, family = name_of(number).partition(" ")
    return {
        "First Name": given,
        "Last Name": family,
        "Company Name": "",
        "Email Address": email_of(number),
        "Phone Number": _phone(number),
        "Address Line 1": f"{number + 1} {place.street}",
        "City": place.city,
        "Zip Code": place.postal_code,
        "Country": place.country,
        "Language": place.language,
    }


def _money(cents: int) -> str:
    return f"{cents // 100}.{cents % 100:02}"


def _issued(number: int) -> date:
    return WRITTEN_ON - timedelta(days=3 + number % 25)


def _due(number: int) -> date:
    """A few are past due on the day of the move, most are due in the weeks after."""
    return _issued(number) + timedelta(days=(7, 14, 30)[number // WITH_INVOICES % 3])


def quickbooks_invoice(number: int) -> list[dict[str, str]]:
    """One to three lines, every cell repeated on each, or left out after the first."""
    rows = []
    for line in range(1 + number // WITH_INVOICES % 3):
        quantity, rate = 1 + (number + line) % 4, 1500 + 137 * (number % 40) + 250 * line
        first = line == 0 or number % 2 == 0
        rows.append(
            {
                "*InvoiceNo": f"{1000 + number}",
                "*Customer": name_of(number) if first else "",
                "*InvoiceDate": f"{_issued(number):%m/%d/%Y}" if first else "",
                "*DueDate": f"{_due(number):%m/%d/%Y}" if first else "",
                "Terms": "Net 30" if first else "",
                "Memo": "Carried over, thank you.\nPlease pay by card." if first else "",
                "Item(Product/Service)": ("Rental", "Delivery", "Care")[line],
                "ItemDescription": ("Rental of equipment", "Delivery, one way", "Care plan")[line],
                "ItemQuantity": str(quantity),
                "ItemRate": _money(rate),
                "*ItemAmount": f"{quantity * rate // 100:,}.{quantity * rate % 100:02}",
            }
        )
    return rows


def xero_invoice(number: int) -> list[dict[str, str]]:
    return [
        {
            "*ContactName": name_of(number),
            "EmailAddress": email_of(number),
            "*InvoiceNumber": f"X-{number}",
            "Reference": f"PO {number * 7}",
            "*InvoiceDate": f"{_issued(number):%d/%m/%Y}",
            "*DueDate": f"{_due(number):%d/%m/%Y}",
            "*Description": ("Hire of scaffolding", "Transport")[line],
            "*Quantity": f"{1 + number % 3}.5" if line == 0 else "1",
            "*UnitAmount": _money(2200 + 91 * (number % 30) + line * 333),
            "Discount": "10" if number % 4 == 0 and line == 0 else "",
            "*AccountCode": "200",
            "*TaxType": "20% (VAT on Income)" if number % 2 else "No VAT",
            "Currency": "USD",
        }
        for line in range(1 + number // WITH_INVOICES % 2)
    ]


def _with_mistakes(
    rows: Iterable[Mapping[str, str]], mistakes: Mapping[int, Mapping[str, str]]
) -> list[Mapping[str, str]]:
    """`mistakes` are rows of their own, each put in at its place."""
    made = list(rows)
    for place, mistake in mistakes.items():
        made.insert(place, mistake)
    return made


def _invoices_of(numbers: range) -> list[int]:
    return [number for number in numbers if number % WITH_INVOICES == WITH_INVOICES - 1]


def _quickbooks_mistakes() -> dict[int, dict[str, str]]:
    good = quickbooks_customer(3)
    return {
        2: {**good, "Name": "No Mail LLC", "Email": ""},
        11: {**good, "Name": "Wrong Mail LLC", "Email": "call us"},
        27: {**good, "Name": name_of(10).upper()},
        55: {**good, "Name": "Slow Payer LLC", "Terms": "Net 90"},
        80: {**good, "Name": ""},
    }


def _xero_mistakes() -> dict[int, dict[str, str]]:
    good = xero_contact(122)
    return {
        6: {**good, "*ContactName": "Lost Ltd", "POCountry": "Atlantis"},
        40: {**good, "*ContactName": "Month Ltd", "DueDateSalesTerm": "OFFOLLOWINGMONTH"},
    }


def all_files() -> dict[str, str]:
    """Every file's text by its name."""
    client = freshbooks_client(190)
    bill, sale = quickbooks_invoice(4)[0], xero_invoice(124)[0]
    invoices = [row for number in _invoices_of(QUICKBOOKS) for row in quickbooks_invoice(number)]
    sales = [row for number in _invoices_of(XERO) for row in xero_invoice(number)]
    wrong_bills = {
        3: {**bill, "*InvoiceNo": "9001", "ItemRate": "10.00", "*ItemAmount": "11.00"},
        9: {**bill, "*InvoiceNo": "9002", "*InvoiceDate": "25/01/2026"},
        15: {**bill, "*InvoiceNo": "9003", "*Customer": "Nobody We Know"},
        21: {**bill, "*InvoiceNo": "9004", "ItemRate": "-5.00", "*ItemAmount": "-5.00"},
        30: {**bill, "*InvoiceNo": ""},
    }
    wrong_sales = {
        2: {**sale, "*InvoiceNumber": "X-901", "Currency": "EUR"},
        7: {**sale, "*InvoiceNumber": "X-902", "*TaxType": "Tax on Sales"},
    }
    return {
        "quickbooks-customers.csv": _text(
            QUICKBOOKS_CUSTOMERS,
            _with_mistakes(map(quickbooks_customer, QUICKBOOKS), _quickbooks_mistakes()),
        ),
        "xero-contacts.csv": "\ufeff"
        + _text(XERO_CONTACTS, _with_mistakes(map(xero_contact, XERO), _xero_mistakes())),
        "freshbooks-clients.csv": _text(
            FRESHBOOKS_CLIENTS,
            _with_mistakes(
                map(freshbooks_client, FRESHBOOKS),
                {10: {**client, "First Name": "", "Last Name": ""}},
            ),
        ),
        "quickbooks-invoices.csv": _text(
            QUICKBOOKS_INVOICES, _with_mistakes(invoices, wrong_bills)
        ),
        "xero-sales-invoices.csv": _text(XERO_INVOICES, _with_mistakes(sales, wrong_sales)),
    }


def _text(columns: list[str], rows: Iterable[Mapping[str, str]]) -> str:
    out = io.StringIO(newline="")
    writer = csv.DictWriter(out, columns, restval="", lineterminator="\r\n")
    writer.writeheader()
    writer.writerows(rows)
    return out.getvalue()


def main() -> None:
    DATA.mkdir(exist_ok=True)
    for name, text in all_files().items():
        (DATA / name).write_bytes(text.encode())


if __name__ == "__main__":
    main()
