"""Which column of which program holds what: one table for each kind of file.

The first name of each field is our own column; the others are those of QuickBooks, Xero and
FreshBooks. Names are as `sheet.normal_name` writes them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports.sheet import Sheet, normal_name

Columns = Mapping[str, tuple[str, ...]]


class ImportKind(StrEnum):
    """What the rows of a file are."""

    CUSTOMERS = "customers"
    INVOICES = "invoices"
    SUBSCRIPTIONS = "subscriptions"


class Source(StrEnum):
    """Whose header row a file has."""

    QUICKBOOKS = "quickbooks"
    XERO = "xero"
    FRESHBOOKS = "freshbooks"
    DUECOURSE = "duecourse"


CUSTOMERS: Columns = {
    "name": (
        "name", "contactname", "displayname", "customerfullname", "customer", "clientname",
        "fullname", "customername",
    ),
    "first_name": ("firstname",),
    "last_name": ("lastname",),
    "company": ("company", "companyname", "organization", "organisation"),
    "kind": ("kind",),
    "email": ("email", "emailaddress", "mainemail"),
    "phone": ("phone", "phonenumber", "mobile", "mobilenumber", "mainphone"),
    "locale": ("locale", "language"),
    "line1": ("line1", "poaddressline1", "addressline1", "street", "streetaddress",
              "billingstreet"),
    "line2": ("line2", "poaddressline2", "addressline2", "street2"),
    "city": ("city", "pocity", "town", "billingcity"),
    "region": ("region", "poregion", "state", "province", "billingstate"),
    "postal_code": ("postalcode", "popostalcode", "zip", "zipcode", "postcode", "billingzip"),
    "country": ("country", "pocountry", "billingcountry"),
    "tax_id": ("taxid", "taxnumber", "vatnumber", "resalenumber", "taxresaleno"),
    "terms": ("terms", "paymentterms"),
    "terms_day": ("duedatesalesday",),
    "terms_after": ("duedatesalesterm",),
    "auto_charge": ("autocharge",),
    "external_ref": ("externalref", "accountnumber", "customerid", "clientid"),
}  # fmt: skip

INVOICES: Columns = {
    "invoice_number": ("invoicenumber", "invoiceno", "invoice"),
    "customer": ("customer", "contactname", "clientname"),
    "customer_email": ("customeremail", "emailaddress", "email"),
    "customer_ref": ("customerref",),
    "issued_on": ("issuedon", "invoicedate", "dateissued"),
    "due_on": ("dueon", "duedate", "datedue"),
    "terms": ("terms",),
    "product": ("product", "itemproductservice", "inventoryitemcode", "itemname"),
    "description": ("description", "itemdescription"),
    "quantity": ("quantity", "itemquantity"),
    "unit_amount": ("unitamount", "itemrate", "rate"),
    "discount_percent": ("discountpercent", "discount", "discountpercentage"),
    "amount": ("amount", "itemamount", "linesubtotal"),
    "tax_percent": ("taxpercent",),
    "tax_name": ("itemtaxcode", "taxtype"),
    "tax_amount": ("itemtaxamount", "tax1amount", "taxamount"),
    "tax_2_amount": ("tax2amount",),
    "line_total": ("linetotal",),
    "invoice_total": ("total",),
    "currency": ("currency",),
    "memo": ("memo",),
    "po_number": ("ponumber", "reference"),
    "status": ("status", "invoicestatus"),
    "paid_on": ("datepaid",),
    "amount_paid": ("invoiceamountpaid",),
    "type": ("type",),
}

SUBSCRIPTIONS: Columns = {
    "subscription_ref": ("subscriptionref",),
    "customer": ("customer", "customername"),
    "customer_email": ("customeremail",),
    "customer_ref": ("customerref",),
    "product": ("product",),
    "variant": ("variant",),
    "interval": ("interval",),
    "quantity": ("quantity",),
    "unit_amount": ("unitamount",),
    "currency": ("currency",),
    "discount_percent": ("discountpercent",),
    "tax_percent": ("taxpercent",),
    "start_on": ("starton",),
    "bill_from": ("billfrom",),
    "contract_end_on": ("contractendon",),
    "trial_days": ("trialdays",),
    "auto_charge": ("autocharge",),
}

OF: Mapping[ImportKind, Columns] = {
    ImportKind.CUSTOMERS: CUSTOMERS,
    ImportKind.INVOICES: INVOICES,
    ImportKind.SUBSCRIPTIONS: SUBSCRIPTIONS,
}
DAYS = ("issued_on", "due_on", "start_on", "bill_from", "contract_end_on")
NUMBERS = (
    "quantity", "unit_amount", "amount", "discount_percent", "tax_percent", "tax_amount",
    "tax_2_amount", "line_total", "invoice_total",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class MappedColumn:
    """A column as the file heads it and what it is read as; empty: it is not read."""

    header: str
    field: str


def mapping_of(sheet: Sheet, kind: ImportKind) -> tuple[MappedColumn, ...]:
    """What every column of the file is taken for, in the file's order."""
    fields = {name: field for field, names in OF[kind].items() for name in names}
    return tuple(
        MappedColumn(header, fields.get(sheet.meant(header), "")) for header in sheet.headers
    )


def cells_of(sheet: Sheet, kind: ImportKind, fields: Sequence[str]) -> list[str]:
    """All filled cells of some fields, for finding out how they are written."""
    wanted = [names for field, names in OF[kind].items() if field in fields]
    return [cell for row in sheet.rows for names in wanted if (cell := row.first(names))]


def source_of(sheet: Sheet, kind: ImportKind, wanted: Source | None = None) -> Source:
    """Whose file it is, by its header. Raises InvalidInput for a header that is nobody's, or not
    that of the source that was named."""
    found = {
        ImportKind.CUSTOMERS: _of_customers,
        ImportKind.INVOICES: _of_invoices,
        ImportKind.SUBSCRIPTIONS: _of_subscriptions,
    }[kind](sheet.columns)
    if wanted is not None and found is not wanted and not _close_enough(wanted, kind):
        words = f"The header is that of {found.value}, not of {wanted.value}."
        raise InvalidInput("source_other", words)
    return wanted or found


def _close_enough(wanted: Source, kind: ImportKind) -> bool:
    """Customers' columns are named so much alike that whoever knows the source knows it best."""
    return kind is ImportKind.CUSTOMERS and wanted is not Source.XERO


def _of_customers(columns: frozenset[str]) -> Source:
    if not columns & set(CUSTOMERS["email"]):
        raise InvalidInput("header_unknown", "The file has no column of e-mail addresses.")
    if "contactname" in columns:
        return Source.XERO
    if columns & {"externalref", "kind", "autocharge"}:
        return Source.DUECOURSE
    if columns & {"firstname", "lastname", "organization", "organisation", "clientname"}:
        return Source.FRESHBOOKS
    if "companyname" in columns and columns & {"addressline1", "zipcode"}:
        return Source.FRESHBOOKS
    if columns & {*CUSTOMERS["name"], *CUSTOMERS["company"]}:
        return Source.QUICKBOOKS
    words = "The file has no column of names, such as Name, *ContactName or First Name."
    raise InvalidInput("header_unknown", words)


def _of_invoices(columns: frozenset[str]) -> Source:
    if {"invoiceno", "customer", "itemamount"} <= columns:
        return Source.QUICKBOOKS
    if {"contactname", "invoicenumber", "unitamount"} <= columns:
        if not columns & {"reference", "brandingtheme"} and "total" in columns:
            words = "This is Xero's file of bills; sales invoices have a Reference column."
            raise InvalidInput("bills_file", words)
        return Source.XERO
    if {"clientname", "invoice", "dateissued"} <= columns:
        return Source.FRESHBOOKS
    if {"invoicenumber", "issuedon"} <= columns and columns & {"customer", "customerref"}:
        return Source.DUECOURSE
    words = (
        "The header is none of QuickBooks' (*InvoiceNo, …), Xero's (*ContactName, …), FreshBooks' "
        "(Client Name, Invoice #, …) and our own (invoice_number, customer, issued_on, …)."
    )
    raise InvalidInput("header_unknown", words)


def _of_subscriptions(columns: frozenset[str]) -> Source:
    missing = {"product", "unitamount", "starton"} - columns
    if missing or not columns & {"customer", "customername", "customerref", "customeremail"}:
        words = (
            "Subscriptions are read from our own columns: subscription_ref, customer, "
            "customer_email, product, interval, unit_amount, start_on, … See the documentation."
        )
        raise InvalidInput("header_unknown", words)
    return Source.DUECOURSE


def normal_columns(given: Mapping[str, str], kind: ImportKind) -> dict[str, str]:
    """A mapping made by hand, header to field, as the sheet takes it. Raises InvalidInput."""
    unknown = sorted(set(given.values()) - set(OF[kind]))
    if unknown:
        words = f"No such fields of {kind.value}: {unknown}. There are: {list(OF[kind])}."
        raise InvalidInput("column_unknown", words)
    if len(set(given.values())) < len(given):
        raise InvalidInput("column_twice", "Two columns are mapped to one field.")
    return {normal_name(header): OF[kind][field][0] for header, field in given.items()}
