"""Taking in what a file says: customers, open invoices, subscriptions, one after the other.

Each is one transaction with a claim on its name or number, so an import that was cut off is simply
run again: what is there already is counted as known. A dry run asks the same questions and writes
nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any, Generic, TypeVar

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.dates import local_date
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import Actor
from chalicelib.domain.import_run import Existing, ImportOptions, RowOutcome, RowResult, outcome
from chalicelib.domain.imports.advice import advised
from chalicelib.domain.imports.columns import Source
from chalicelib.domain.imports.customers import CustomerRow, key_of
from chalicelib.domain.imports.invoices import OpenInvoice
from chalicelib.domain.imports.reading import Item
from chalicelib.domain.imports.sheet import Rejected
from chalicelib.domain.imports.subscriptions import SubscriptionRow
from chalicelib.domain.invoice import InvoiceStatus, totals_of
from chalicelib.domain.parties import Address, Terms
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists
from chalicelib.ports.rows import UniqueClaim
from chalicelib.services.case import now_of
from chalicelib.services.customers import change_customer, check_customer, create_customer
from chalicelib.services.import_book import CustomerBook
from chalicelib.services.invoices import create_invoice, finalize_invoice
from chalicelib.services.subscriptions import subscribe

R = TypeVar("R", CustomerRow, OpenInvoice, SubscriptionRow)
_COMPARED = (
    "kind", "name", "email", "phone", "locale", "address", "tax_id", "terms", "auto_charge",
    "external_ref",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Intake:
    """One file on its way in. `new_id` gives the same id for the same row of the same import."""

    ports: Ports
    business: Business
    source: Source
    options: ImportOptions
    actor: Actor
    dry_run: bool
    new_id: Callable[[str, str], str]

    def taker(self, items: Sequence[Item], done: int = 0) -> Callable[[Item], RowOutcome]:
        """What makes an outcome of an item; `items` are all of the file, `done` of them are in."""
        book = CustomerBook(self.ports, self.business.id)
        rows = _Customers(self, book, {one.key for one in items if isinstance(one, CustomerRow)})
        invoices, subscriptions = _Invoices(self, book), _Subscriptions(self, book)
        if self.dry_run:  # in earnest, they are in the table by now
            rows.foresee(one for one in items[:done] if isinstance(one, CustomerRow))

        def take(item: Item) -> RowOutcome:
            match item:
                case Rejected():
                    return outcome(item.row, RowResult.REFUSED, item.reference, note=item.reason)
                case CustomerRow():
                    return rows.take(item)
                case OpenInvoice():
                    return invoices.take(item)
                case SubscriptionRow():
                    return subscriptions.take(item)

        return take


@dataclass
class _Taker(Generic[R]):
    """What the three kinds have in common."""

    intake: Intake
    book: CustomerBook

    claimed_as = ""
    prefix = ""

    def take(self, row: R) -> RowOutcome:
        fresh = self.intake.new_id(self.prefix, row.key)
        claim = self._claim(row.key, fresh)
        owner = self.intake.ports.store.owner_of(claim.business_id, claim.kind, claim.value)
        try:
            if owner is None:
                return self._new(row, claim)
            if owner == fresh and not self.intake.dry_run:  # a run of this import that broke off
                self._finish(row, owner)
                return self._said(row, RowResult.CREATED, owner)
            return self._again(row, owner)
        except FactExists:  # another import of the same file, a moment ago
            return self._said(row, RowResult.KNOWN)
        except (InvalidInput, Conflict) as refused:
            return self._said(row, RowResult.REFUSED, note=advised(refused))

    def _claim(self, key: str, owner: str) -> UniqueClaim:
        value = f"{self.intake.source.value}/{key}"
        return UniqueClaim(self.intake.business.id, self.claimed_as, value, owner)

    def _new(self, row: R, claim: UniqueClaim) -> RowOutcome:
        raise NotImplementedError

    def _again(self, row: R, owner: str) -> RowOutcome:
        raise NotImplementedError

    def _finish(self, row: R, owner: str) -> None:
        """What is left to do for something that is made in two steps."""

    def _said(self, row: R, result: RowResult, own_id: str = "", note: str = "") -> RowOutcome:
        first, name = _place(row)
        return outcome(first, result, name, own_id, note)


def _place(row: CustomerRow | OpenInvoice | SubscriptionRow) -> tuple[int, str]:
    match row:
        case CustomerRow():
            return row.row, row.name
        case OpenInvoice():
            return row.rows[0], row.number
        case SubscriptionRow():
            return row.row, row.reference or row.customer or row.customer_ref or row.email


@dataclass
class _Customers(_Taker[CustomerRow]):
    """`keys`: of all customers in the file."""

    keys: set[str] = field(default_factory=set)

    claimed_as = "import_customer"
    prefix = "cus"

    def _new(self, row: CustomerRow, claim: UniqueClaim) -> RowOutcome:
        namesakes = self.book.named(row.name)
        known = next((one for one in namesakes if one.email.casefold() == row.email.casefold()),
                     None) or self._corrected(namesakes)  # fmt: skip
        if known is not None:
            return self._compared(row, known)
        other = self.book.id_of(namesakes[0]) if namesakes else ""
        note = f"Another customer has this name: {other or 'one of this file'}."
        note = note if namesakes else ""
        wanted = self._customer(row, claim.owner)
        if self.intake.dry_run:
            check_customer(wanted)
            self.book.note(wanted, would_be=True)
            return self._said(row, RowResult.CREATED, note=note)
        made = create_customer(
            self.intake.ports, wanted, actor=self.intake.actor, side=(claim,)
        )  # fmt: skip
        self.book.note(made)
        return self._said(row, RowResult.CREATED, made.id, note)

    def foresee(self, rows: Iterable[CustomerRow]) -> None:
        """Slices of a dry run before this one: their customers would be here."""
        for row in rows:
            would_be = self._customer(row, self.intake.new_id(self.prefix, row.key))
            self.book.note(would_be, would_be=True)

    def _corrected(self, namesakes: list[Customer]) -> Customer | None:
        """The one whose address was another when it came from this source, if the file no longer
        has that one."""
        store, found = self.intake.ports.store, []
        for one in namesakes:
            key = f"{key_of(one.name)}/{one.email.casefold()}"
            claim = self._claim(key, one.id)
            if key not in self.keys and (
                store.owner_of(claim.business_id, claim.kind, claim.value) == one.id
            ):
                found.append(one)
        return found[0] if len(found) == 1 else None

    def _again(self, row: CustomerRow, owner: str) -> RowOutcome:
        return self._compared(row, self.book.read(owner))

    def _compared(self, row: CustomerRow, known: Customer) -> RowOutcome:
        changes = _differences(self._customer(row, known.id), known, row)
        own_id = self.book.id_of(known)
        if not changes:
            return self._said(row, RowResult.KNOWN, own_id)
        names = ", ".join(sorted(changes))
        if self.intake.options.existing is Existing.KEEP:
            note = f"The file says otherwise of: {names}. Kept as it is here."
            return self._said(row, RowResult.KNOWN, own_id, note)
        if self.intake.dry_run:
            changed = replace(known, **changes)
            check_customer(changed)
        else:
            changed = change_customer(
                self.intake.ports, self.intake.business.id, known.id, changes,
                actor=self.intake.actor,
            )  # fmt: skip
        self.book.note(changed, would_be=not own_id)
        return self._said(row, RowResult.CHANGED, own_id, f"Changed: {names}.")

    def _customer(self, row: CustomerRow, customer_id: str) -> Customer:
        usual = self.intake.options.auto_charge
        return Customer(
            id=customer_id,
            business_id=self.intake.business.id,
            kind=row.kind,
            name=row.name,
            email=row.email,
            phone=row.phone,
            locale=row.locale,
            address=row.address,
            tax_id=row.tax_id,
            terms=row.terms,
            auto_charge=usual if row.auto_charge is None else row.auto_charge,
            external_ref=row.external_ref,
        )


def _differences(wanted: Customer, known: Customer, row: CustomerRow) -> dict[str, Any]:
    """What the file says and the customer does not; an empty cell says nothing."""
    silent: tuple[Any, ...] = ("", Address(), Terms.DUE_ON_RECEIPT, CustomerKind.INDIVIDUAL)
    changes = {
        name: value
        for name in _COMPARED
        if (value := getattr(wanted, name)) != getattr(known, name) and value not in silent
    }
    if row.auto_charge is None:
        changes.pop("auto_charge", None)
    return changes


class _Invoices(_Taker[OpenInvoice]):
    """Their own number becomes the reference; ours is given as they are finalized."""

    claimed_as = "import_invoice"
    prefix = "inv"

    def _new(self, row: OpenInvoice, claim: UniqueClaim) -> RowOutcome:
        business = self.intake.business
        if row.issued_on > local_date(now_of(self.intake.ports, business), business.zone):
            raise InvalidInput("issued_later", "Its date lies in the future.")
        customer = self.book.the_one(name=row.customer, email=row.email, ref=row.customer_ref)
        if self.intake.dry_run:
            return self._said(row, RowResult.CREATED)
        create_invoice(
            self.intake.ports,
            business.id,
            customer.id,
            row.lines,
            invoice_id=claim.owner,
            actor=self.intake.actor,
            memo=row.memo,
            po_number=row.po_number,
            external_ref=row.number,
            side=(claim,),
        )
        self._finish(row, claim.owner)
        return self._said(row, RowResult.CREATED, claim.owner)

    def _again(self, row: OpenInvoice, owner: str) -> RowOutcome:
        """Also one whose import was cut off between its draft and its number is finished."""
        if not self.intake.dry_run:
            self._finish(row, owner)
        known = self.intake.ports.store.invoice(self.intake.business.id, owner)
        same = known.totals.total == totals_of(row.lines).total
        if same and (known.due_on is None or known.due_on == row.due_on):
            return self._said(row, RowResult.KNOWN, owner)
        what = "due date" if same else "amount"
        words = f"It is here already with another {what}. An invoice that was sent is not changed:"
        note = f"{words} credit it, and import the right one under a new number."
        return self._said(row, RowResult.KNOWN, owner, note)

    def _finish(self, row: OpenInvoice, owner: str) -> None:
        if not self.intake.options.finalize:
            return
        business_id = self.intake.business.id
        draft = self.intake.ports.store.invoice(business_id, owner)
        if draft.status is InvoiceStatus.DRAFT:
            finalize_invoice(
                self.intake.ports,
                business_id,
                owner,
                actor=self.intake.actor,
                issued_on=row.issued_on,
                due_on=row.due_on,
            )


class _Subscriptions(_Taker[SubscriptionRow]):
    claimed_as = "import_subscription"
    prefix = "sub"

    def _new(self, row: SubscriptionRow, claim: UniqueClaim) -> RowOutcome:
        customer = self.book.the_one(name=row.customer, email=row.email, ref=row.customer_ref)
        if self.intake.dry_run:
            return self._said(row, RowResult.CREATED, note=row.note)
        wanted = replace(row.subscription, id=claim.owner, customer_id=customer.id)
        subscribe(self.intake.ports, wanted, actor=self.intake.actor, side=(claim,))
        return self._said(row, RowResult.CREATED, claim.owner, row.note)

    def _again(self, row: SubscriptionRow, owner: str) -> RowOutcome:
        known = self.intake.ports.store.subscription(self.intake.business.id, owner)
        differs = [
            name for name in _PRICED if getattr(known, name) != getattr(row.subscription, name)
        ]
        note = f"It is here already with another {', '.join(differs)}, and is kept so."
        return self._said(row, RowResult.KNOWN, owner, note if differs else "")


_PRICED = (
    "product", "variant", "interval", "quantity", "unit_amount", "discount_percent", "tax_percent",
)  # fmt: skip
