"""Importing customers and open invoices: good rows are kept, bad ones are named, none comes twice.

Each row is one transaction with a claim on its number or name, so an import that was cut off is
simply run again: what is there already is counted as known.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, field

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import local_date
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import Actor
from chalicelib.domain.imports.customers import CustomerRow, Source, key_of, parse_customers
from chalicelib.domain.imports.invoices import OpenInvoice, parse_invoices
from chalicelib.domain.imports.sheet import Rejected, read_sheet
from chalicelib.domain.imports.values import DateOrder
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists
from chalicelib.ports.rows import UniqueClaim
from chalicelib.services.case import now_of
from chalicelib.services.customers import create_customer
from chalicelib.services.invoices import create_invoice, finalize_invoice

_CUSTOMER_CLAIM = "import_customer"
_INVOICE_CLAIM = "import_invoice"


@dataclass(frozen=True, slots=True)
class ImportedRow:
    """What a row became; `id` is empty in a dry run, which creates nothing."""

    row: int
    reference: str
    id: str = ""


@dataclass(slots=True)
class ImportReport:
    """`known` was imported before; `rejected` says why, row by row."""

    source: Source
    dry_run: bool
    imported: list[ImportedRow] = field(default_factory=list)
    known: list[ImportedRow] = field(default_factory=list)
    rejected: list[Rejected] = field(default_factory=list)


def import_customers(
    ports: Ports,
    business_id: str,
    content: bytes,
    *,
    actor: Actor,
    auto_charge: bool = True,
    dry_run: bool = False,
) -> ImportReport:
    """Raises InvalidInput for a file that is refused as a whole."""
    business = ports.store.business(business_id)
    parsed = parse_customers(read_sheet(content))
    report = ImportReport(parsed.source, dry_run, rejected=list(parsed.rejected))
    for row in parsed.customers:
        claim = _claim(business, _CUSTOMER_CLAIM, parsed.source, row.key, ports.ids.new("cus"))
        if owner := ports.store.owner_of(business_id, claim.kind, claim.value):
            report.known.append(ImportedRow(row.row, row.name, owner))
        elif dry_run:
            report.imported.append(ImportedRow(row.row, row.name))
        else:
            _import_customer(ports, _customer(business, row, claim.owner, auto_charge), claim,
                             row, actor, report)  # fmt: skip
    report.rejected.sort(key=lambda one: one.row)
    return report


def _import_customer(
    ports: Ports,
    customer: Customer,
    claim: UniqueClaim,
    row: CustomerRow,
    actor: Actor,
    report: ImportReport,
) -> None:
    try:
        create_customer(ports, customer, actor=actor, side=(claim,))
    except FactExists:  # another import of the same file, a moment ago
        report.known.append(ImportedRow(row.row, row.name))
    except InvalidInput as refused:
        report.rejected.append(Rejected(row.row, refused.detail, row.name))
    else:
        report.imported.append(ImportedRow(row.row, row.name, customer.id))


def _customer(
    business: Business, row: CustomerRow, customer_id: str, auto_charge: bool
) -> Customer:
    return Customer(
        id=customer_id,
        business_id=business.id,
        kind=row.kind,
        name=row.name,
        email=row.email,
        phone=row.phone,
        locale=row.locale,
        address=row.address,
        tax_id=row.tax_id,
        terms=row.terms,
        auto_charge=auto_charge,
        external_ref=row.external_ref,
    )


def _claim(business: Business, kind: str, source: Source, key: str, owner: str) -> UniqueClaim:
    return UniqueClaim(business.id, kind, f"{source.value}/{key}", owner)


def date_order_of(business: Business) -> DateOrder:
    """What an account of the business's country is set to, unless its owner says otherwise."""
    return DateOrder.MONTH_FIRST if business.country == "US" else DateOrder.DAY_FIRST


def import_invoices(
    ports: Ports,
    business_id: str,
    content: bytes,
    *,
    actor: Actor,
    date_order: DateOrder | None = None,
    finalize: bool = True,
    dry_run: bool = False,
) -> ImportReport:
    """Open invoices: their own number becomes the reference, ours is given as they are finalized.

    With `finalize` false they stay drafts, which nobody is told of. Raises InvalidInput for a file
    that is refused as a whole.
    """
    business = ports.store.business(business_id)
    order = date_order or date_order_of(business)
    parsed = parse_invoices(read_sheet(content), currency=business.currency, order=order)
    work = _Invoices(ports, business, parsed.source, actor, finalize=finalize)
    report = ImportReport(parsed.source, dry_run, rejected=list(parsed.rejected))
    for one in parsed.invoices:
        work.take(one, report)
    report.rejected.sort(key=lambda one: one.row)
    return report


class _Invoices:
    """One file's invoices on their way in."""

    def __init__(
        self, ports: Ports, business: Business, source: Source, actor: Actor, *, finalize: bool
    ) -> None:
        self.ports, self.business, self.source, self.actor = ports, business, source, actor
        self.finalize = finalize
        self.today = local_date(now_of(ports, business), business.zone)
        self.by_name: dict[str, list[Customer]] = defaultdict(list)
        for customer in _customers(ports, business.id):
            self.by_name[key_of(customer.name)].append(customer)

    def take(self, one: OpenInvoice, report: ImportReport) -> None:
        row = one.rows[0]
        fresh = self.ports.ids.new("inv")
        claim = _claim(self.business, _INVOICE_CLAIM, self.source, one.key, fresh)
        owner = self.ports.store.owner_of(self.business.id, claim.kind, claim.value)
        try:
            if owner is not None:
                if not report.dry_run:
                    self._finish(owner, one)
                report.known.append(ImportedRow(row, one.number, owner))
                return
            customer = self._customer_of(one)
            if not report.dry_run:
                self._create(one, customer, claim)
                self._finish(fresh, one)
            report.imported.append(ImportedRow(row, one.number, "" if report.dry_run else fresh))
        except FactExists:  # another import of the same file, a moment ago
            report.known.append(ImportedRow(row, one.number))
        except (InvalidInput, Conflict) as refused:
            report.rejected.append(Rejected(row, refused.detail, one.number))

    def _customer_of(self, one: OpenInvoice) -> Customer:
        """By name; where several have it, by e-mail address."""
        if one.issued_on > self.today:
            raise InvalidInput("issued_later", "Its date lies in the future.")
        named = self.by_name.get(key_of(one.customer), [])
        if len(named) > 1:
            wanted = one.email.casefold()
            named = [customer for customer in named if customer.email.casefold() == wanted]
        if len(named) != 1:
            words = f"No one customer is called {one.customer!r}; import the customers first."
            raise InvalidInput("customer_unknown", words)
        return named[0]

    def _create(self, one: OpenInvoice, customer: Customer, claim: UniqueClaim) -> None:
        create_invoice(
            self.ports,
            self.business.id,
            customer.id,
            one.lines,
            invoice_id=claim.owner,
            actor=self.actor,
            memo=one.memo,
            po_number=one.po_number,
            external_ref=one.number,
            side=(claim,),
        )

    def _finish(self, invoice_id: str, one: OpenInvoice) -> None:
        """Also of a draft that an import left behind when it was cut off."""
        if not self.finalize:
            return
        draft = self.ports.store.invoice(self.business.id, invoice_id)
        if draft.status is InvoiceStatus.DRAFT:
            finalize_invoice(
                self.ports,
                self.business.id,
                invoice_id,
                actor=self.actor,
                issued_on=one.issued_on,
                due_on=one.due_on,
            )


def _customers(ports: Ports, business_id: str) -> Iterator[Customer]:
    cursor = None
    while True:
        page = ports.store.customers(business_id, limit=200, cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return
