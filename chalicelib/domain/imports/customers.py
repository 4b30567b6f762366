"""Customers from a file: QuickBooks' customers, FreshBooks' clients, Xero's contacts, our own."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial

from chalicelib.domain.customer import CustomerKind
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports import values
from chalicelib.domain.imports.columns import CUSTOMERS as COLUMNS
from chalicelib.domain.imports.columns import ImportKind, Source, source_of
from chalicelib.domain.imports.distinct import distinct
from chalicelib.domain.imports.sheet import Rejected, Sheet, SheetRow
from chalicelib.domain.parties import Address, Terms

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
    auto_charge: bool | None = None
    external_ref: str = ""


@dataclass(frozen=True, slots=True)
class CustomerRows:
    source: Source
    customers: tuple[CustomerRow, ...]
    rejected: tuple[Rejected, ...]


def key_of(text: str) -> str:
    """Names that differ in case or spaces alone are one name."""
    return " ".join(text.casefold().split())


def parse_customers(sheet: Sheet, wanted: Source | None = None) -> CustomerRows:
    """Raises InvalidInput when no column holds names or none holds e-mail addresses.

    `wanted`: whose file it is, if that is known.
    """
    source = wanted or source_of(sheet, ImportKind.CUSTOMERS)
    found, rejected = distinct(sheet, partial(_customer, source), _display_name, "customer")
    return CustomerRows(source, found, rejected)


def _display_name(row: SheetRow) -> str:
    return row.first(COLUMNS["name"]) or row.first(COLUMNS["company"]) or _person(row)


def _person(row: SheetRow) -> str:
    return f"{row.first(COLUMNS['first_name'])} {row.first(COLUMNS['last_name'])}".strip()


def _customer(source: Source, row: SheetRow) -> CustomerRow:
    name = values.name(_display_name(row), "The name")
    email = values.email(row.first(COLUMNS["email"]))
    terms = _terms(row)
    return CustomerRow(
        row=row.number,
        key=_key(source, row, name, email),
        kind=_kind(source, row, name, terms),
        name=name,
        email=email,
        phone=values.short(row.first(COLUMNS["phone"]), "The phone number"),
        locale=values.short(row.first(COLUMNS["locale"]), "The language"),
        address=_address(row),
        tax_id=values.short(row.first(COLUMNS["tax_id"]), "The tax number"),
        terms=terms,
        auto_charge=values.yes_no(row.first(COLUMNS["auto_charge"]), "auto_charge"),
        external_ref=values.short(row.first(COLUMNS["external_ref"]), "The reference"),
    )


def _key(source: Source, row: SheetRow, name: str, email: str) -> str:
    """Names of QuickBooks and Xero are unique; clients of FreshBooks, and ours, may share one."""
    if source is Source.DUECOURSE and (own := row.first(COLUMNS["external_ref"])):
        return f"ref/{key_of(own)}"
    if source in {Source.FRESHBOOKS, Source.DUECOURSE}:
        return f"{key_of(name)}/{email.casefold()}"
    return key_of(name)


def _kind(source: Source, row: SheetRow, name: str, terms: Terms) -> CustomerKind:
    """A company, or anybody who was given terms: those are for businesses."""
    if told := row.first(COLUMNS["kind"]).casefold():
        if told not in set(CustomerKind):
            words = f"Kind {told!r} is neither individual nor business."
            raise InvalidInput("kind_unknown", words)
        return CustomerKind(told)
    company = row.first(COLUMNS["company"])
    if source is Source.XERO:
        company = "" if name == _person(row) else name
    is_business = bool(company) or terms is not Terms.DUE_ON_RECEIPT
    return CustomerKind.BUSINESS if is_business else CustomerKind.INDIVIDUAL


def _terms(row: SheetRow) -> Terms:
    day, after = row.first(COLUMNS["terms_day"]), row.first(COLUMNS["terms_after"])
    if not day:
        return values.terms(row.first(COLUMNS["terms"]))
    if "".join(letter for letter in after.casefold() if letter.isalpha()) not in _AFTER_INVOICE:
        words = f"Terms {f'{day} {after}'.strip()!r} do not count from the invoice date."
        raise InvalidInput("terms_unknown", words)
    return values.terms(day)


def _address(row: SheetRow) -> Address:
    parts = ("line1", "line2", "city", "region", "postal_code")
    read = {one: values.short(row.first(COLUMNS[one]), f"The {one}") for one in parts}
    return Address(**read, country=values.country(row.first(COLUMNS["country"])))
