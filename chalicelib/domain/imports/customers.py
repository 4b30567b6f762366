"""Customers from a file: QuickBooks customers, FreshBooks clients, Xero contacts."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.customer import CustomerKind
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports import values
from chalicelib.domain.imports.sheet import Rejected, Sheet, SheetRow
from chalicelib.domain.parties import Address, Terms


class Source(StrEnum):
    """Whose header row a file has."""

    QUICKBOOKS = "quickbooks"
    XERO = "xero"
    FRESHBOOKS = "freshbooks"


_NAME = ("contactname", "displayname", "customerfullname", "name", "customer", "clientname")
_COMPANY = ("company", "companyname", "organization", "organisation")
_EMAIL = ("email", "emailaddress", "mainemail")
_PHONE = ("phone", "phonenumber", "mobile", "mobilenumber", "mainphone")
_LINE1 = ("poaddressline1", "addressline1", "street", "streetaddress", "billingstreet")
_LINE2 = ("poaddressline2", "addressline2", "street2")
_CITY = ("pocity", "city", "town", "billingcity")
_REGION = ("poregion", "state", "region", "province", "billingstate")
_POSTAL_CODE = ("popostalcode", "zip", "zipcode", "postalcode", "postcode", "billingzip")
_COUNTRY = ("pocountry", "country", "billingcountry")
_TAX_ID = ("taxnumber", "taxid", "vatnumber", "resalenumber", "taxresaleno")
_TERMS = ("terms", "paymentterms")
_REFERENCE = ("accountnumber", "customerid", "clientid")
_AFTER_INVOICE = {"daysafterbilldate", "daysaftertheinvoicedate", "daysafterinvoicedate"}


@dataclass(frozen=True, slots=True)
class CustomerRow:
    """One customer as the file has it. `key` tells it from the others of its source."""

    row: int
    key: str
    kind: CustomerKind
    name: str
    email: str
    phone: str = ""
    locale: str = ""
    address: Address = Address()
    tax_id: str = ""
    terms: Terms = Terms.DUE_ON_RECEIPT
    external_ref: str = ""


@dataclass(frozen=True, slots=True)
class CustomerRows:
    source: Source
    customers: tuple[CustomerRow, ...]
    rejected: tuple[Rejected, ...]


def key_of(text: str) -> str:
    """Names that differ in case or spaces alone are one name."""
    return " ".join(text.casefold().split())


def parse_customers(sheet: Sheet) -> CustomerRows:
    """Raises InvalidInput when no column holds names or none holds e-mail addresses."""
    source = _source(sheet)
    found: dict[str, CustomerRow] = {}
    rejected = list(sheet.rejected)
    for row in sheet.rows:
        try:
            one = _customer(source, row)
        except InvalidInput as refused:
            rejected.append(Rejected(row.number, refused.detail, _display_name(row)))
            continue
        if first := found.get(one.key):
            words = f"The same customer as in row {first.row}."
            rejected.append(Rejected(row.number, words, one.name))
        else:
            found[one.key] = one
    rejected.sort(key=lambda one: one.row)
    return CustomerRows(source, tuple(found.values()), tuple(rejected))


def _source(sheet: Sheet) -> Source:
    columns = sheet.columns
    if not columns & set(_EMAIL):
        raise InvalidInput("header_unknown", "The file has no column of e-mail addresses.")
    if "contactname" in columns:
        return Source.XERO
    if columns & {"firstname", "lastname", "organization", "organisation", "clientname"}:
        return Source.FRESHBOOKS
    if columns & (set(_NAME) | set(_COMPANY)):
        return Source.QUICKBOOKS
    words = "The file has no column of names, such as Name, *ContactName or First Name."
    raise InvalidInput("header_unknown", words)


def _display_name(row: SheetRow) -> str:
    return row.first(_NAME) or row.first(_COMPANY) or _person(row)


def _person(row: SheetRow) -> str:
    return f"{row.first(('firstname',))} {row.first(('lastname',))}".strip()


def _customer(source: Source, row: SheetRow) -> CustomerRow:
    name = values.name(_display_name(row), "The name")
    email = row.first(_EMAIL)
    terms = _terms(row)
    # Clients of FreshBooks may share a name; the others' names are unique.
    key = f"{key_of(name)}/{email.casefold()}" if source is Source.FRESHBOOKS else key_of(name)
    return CustomerRow(
        row=row.number,
        key=key,
        kind=_kind(source, row, name, terms),
        name=name,
        email=values.email(email),
        phone=row.first(_PHONE),
        locale=row.first(("language", "locale")),
        address=_address(row),
        tax_id=row.first(_TAX_ID),
        terms=terms,
        external_ref=row.first(_REFERENCE),
    )


def _kind(source: Source, row: SheetRow, name: str, terms: Terms) -> CustomerKind:
    """A company, or anybody who was given terms: those are for businesses."""
    company = row.first(_COMPANY)
    if source is Source.XERO:
        company = "" if name == _person(row) else name
    is_business = bool(company) or terms is not Terms.DUE_ON_RECEIPT
    return CustomerKind.BUSINESS if is_business else CustomerKind.INDIVIDUAL


def _terms(row: SheetRow) -> Terms:
    day, after = row.first(("duedatesalesday",)), row.first(("duedatesalesterm",))
    if not day:
        return values.terms(row.first(_TERMS))
    if "".join(letter for letter in after.casefold() if letter.isalpha()) not in _AFTER_INVOICE:
        words = f"Terms {f'{day} {after}'.strip()!r} do not count from the invoice date."
        raise InvalidInput("terms_unknown", words)
    return values.terms(day)


def _address(row: SheetRow) -> Address:
    return Address(
        line1=row.first(_LINE1),
        line2=row.first(_LINE2),
        city=row.first(_CITY),
        region=row.first(_REGION),
        postal_code=row.first(_POSTAL_CODE),
        country=values.country(row.first(_COUNTRY)),
    )
