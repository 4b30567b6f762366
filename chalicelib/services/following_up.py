"""Follow-up by staff: promises to pay, holds, snoozes and notes, each a fact; and the call list.

None of them moves money. A hold or a promise stops only what we would do by ourselves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from chalicelib.domain import promise as promises
from chalicelib.domain.business import Business
from chalicelib.domain.call_list import Row, rank
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import instant, local_date
from chalicelib.domain.desk.follow_up import (
    NoteAdded,
    PromiseEnded,
    PromiseMade,
    Snoozed,
    in_words,
    running,
)
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import Actor, Fact, Subject
from chalicelib.domain.invoice import Hold, HoldKind, Invoice, InvoiceStatus
from chalicelib.domain.invoice_facts import HoldLifted, HoldPlaced
from chalicelib.domain.listing import shelves_of_invoices
from chalicelib.domain.party_facts import CustomerNoted
from chalicelib.domain.promise import JUDGED_AT, Promise
from chalicelib.domain.record import on_party
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists
from chalicelib.ports.lists import Order, Wanted
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, again_when_stale, now_of, open_case, record

LONGEST_SNOOZE = timedelta(days=90)
# The most overdue invoices a call list looks at, the largest first, and the customers it judges.
MOST_INVOICES, MOST_CUSTOMERS = 300, 50
_PAGE, _HISTORY = 100, 25


def promise_to_pay(
    ports: Ports, business_id: str, invoice_id: str, wanted: Promise, *, actor: Actor
) -> Invoice:
    """Write down a promise; `wanted.amount` 0 is all that is owed. The same promise twice is one.

    Raises Conflict where nothing is owed or another hold stands, InvalidInput for a promise that
    cannot be one.
    """

    def once(case: Case) -> Case:
        if any(one.id == wanted.id for one in case.invoice.promises):
            return case
        _must_owe(case.invoice)
        _must_be_free(case.invoice)
        remaining = case.invoice.amount_remaining
        made = replace(
            wanted, made_at=case.now, remaining=remaining, amount=wanted.amount or remaining
        )
        promises.check(made, local_date(case.now, case.business.zone))
        until = made.judged_at(case.business.zone)
        words = in_words(made, case.invoice.currency)
        return record(ports, case, PromiseMade(made, until), actor=actor, why=words)

    return _on_invoice(ports, business_id, invoice_id, once)


def place_hold(
    ports: Ports,
    business_id: str,
    invoice_id: str,
    *,
    reason: str,
    until_on: date | None,
    actor: Actor,
) -> Invoice:
    """No automatic step from now on, until it is lifted, or up to the morning of `until_on`."""

    def once(case: Case) -> Case:
        _must_owe(case.invoice)
        zone = case.business.zone
        if until_on is not None and until_on <= local_date(case.now, zone):
            raise InvalidInput("hold_date_invalid", "A hold ends on a later day, or is lifted.")
        until = instant(until_on, JUDGED_AT, zone) if until_on else None
        hold = Hold(HoldKind.STAFF, reason, until)
        if case.invoice.hold == hold:
            return case
        _must_be_free(case.invoice)
        return record(ports, case, HoldPlaced(hold), actor=actor, why=reason)

    return _on_invoice(ports, business_id, invoice_id, once)


def lift_hold(
    ports: Ports, business_id: str, invoice_id: str, *, reason: str, actor: Actor
) -> Invoice:
    """Automatic steps go on: after a hold of staff, after a promise that is taken back, or after an
    unknown result that somebody has looked up. An open dispute is not lifted: the bank ends it.

    Raises Conflict when there is no such hold.
    """

    def once(case: Case) -> Case:
        hold, promise = case.invoice.hold, running(case.invoice)
        if hold is None:
            raise Conflict("no_hold", "Nothing here holds this invoice.")
        if hold.kind is HoldKind.PROMISE and promise is not None:
            kept = promise.is_kept_with(case.invoice.amount_remaining)
            return record(ports, case, PromiseEnded(promise.id, kept, reason), actor=actor)
        return record(ports, case, HoldLifted(reason), actor=actor, why=reason)

    return _on_invoice(ports, business_id, invoice_id, once)


def snooze(
    ports: Ports, business_id: str, invoice_id: str, *, until_on: date | None, actor: Actor
) -> Invoice:
    """Off the call list up to that day, or on it again."""

    def once(case: Case) -> Case:
        today = local_date(case.now, case.business.zone)
        if until_on is not None and not today < until_on <= today + LONGEST_SNOOZE:
            words = f"Snooze up to a later day, at most {LONGEST_SNOOZE.days} days away."
            raise InvalidInput("snooze_date_invalid", words)
        if case.invoice.snoozed_until == until_on:
            return case
        return record(ports, case, Snoozed(until_on), actor=actor)

    return _on_invoice(ports, business_id, invoice_id, once)


def note_invoice(
    ports: Ports, business_id: str, invoice_id: str, *, note_id: str, text: str, actor: Actor
) -> Fact:
    """Keep a note with an invoice. The same note twice is one."""

    def once(case: Case) -> Case:
        try:
            return record(ports, case, NoteAdded(note_id, text), actor=actor)
        except FactExists:
            return case

    _on_invoice(ports, business_id, invoice_id, once)
    return _note(notes_of(ports, business_id, Subject.INVOICE, invoice_id), note_id)


def note_customer(
    ports: Ports, business_id: str, customer_id: str, *, note_id: str, text: str, actor: Actor
) -> Fact:
    """Keep a note with a customer. The same note twice is one."""

    def once() -> None:
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, customer_id)
        noted = CustomerNoted(note_id, text)
        after, fact = on_party(customer, noted, at=now_of(ports, business), actor=actor)
        try:
            ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)
        except FactExists:
            return

    again_when_stale(once)
    return _note(notes_of(ports, business_id, Subject.CUSTOMER, customer_id), note_id)


def notes_of(ports: Ports, business_id: str, subject: Subject, subject_id: str) -> list[Fact]:
    """Newest first; of nobody's invoice or customer there are none."""
    history = ports.store.facts(business_id, subject, subject_id)
    return [fact for fact in reversed(history) if isinstance(fact.data, NoteAdded | CustomerNoted)]


def _note(notes: list[Fact], note_id: str) -> Fact:
    return next(fact for fact in notes if fact.data.note_id == note_id)


@dataclass(frozen=True, slots=True)
class CallList:
    """`complete`: every overdue invoice was looked at, not only the largest."""

    rows: tuple[Row, ...]
    complete: bool


def call_list(
    ports: Ports, business_id: str, *, account_manager: str | None, limit: int
) -> CallList:
    """Whom to call first: the overdue by amount, age and chance, each with its reasons.

    Bounded: it looks at the largest overdue invoices and judges the customers that owe most.
    """
    business = ports.store.business(business_id)
    today = local_date(now_of(ports, business), business.zone)
    overdue, complete = _overdue(ports, business)
    callable_ = [invoice for invoice in overdue if _may_be_called(invoice, today)]
    customers = _customers(ports, business, callable_)
    theirs = [
        invoice
        for invoice in callable_
        if account_manager is None
        or _manager(business, customers[invoice.customer_id]) == account_manager
    ]
    owing: dict[str, list[Invoice]] = {}
    for invoice in theirs:
        owing.setdefault(invoice.customer_id, []).append(invoice)
    first = sorted(
        owing.items(), key=lambda one: (-sum(due.amount_remaining for due in one[1]), one[0])
    )
    judged = [
        (customers[customer_id], invoices, _history(ports, business, customer_id))
        for customer_id, invoices in first[:MOST_CUSTOMERS]
    ]
    rows = rank(judged, today)
    everybody = complete and len(first) <= MOST_CUSTOMERS
    return CallList(rows[:limit], everybody and len(rows) <= limit)


def _overdue(ports: Ports, business: Business) -> tuple[list[Invoice], bool]:
    wanted = Wanted(shelves_of_invoices(InvoiceStatus.OVERDUE), order=Order.AMOUNT, backwards=True)
    found: list[Invoice] = []
    cursor = None
    while len(found) < MOST_INVOICES:
        page = ports.store.listed(business.id, wanted, limit=_PAGE, cursor=cursor)
        found += [entry.head for entry in page.items if isinstance(entry.head, Invoice)]
        cursor = page.cursor
        if cursor is None:
            return found, True
    return found[:MOST_INVOICES], False


def _may_be_called(invoice: Invoice, today: date) -> bool:
    """Not while it is snoozed, promised, disputed, or collected by something else."""
    asleep = invoice.snoozed_until is not None and invoice.snoozed_until > today
    hold = invoice.holding
    held = hold is not None and hold.kind in {HoldKind.PROMISE, HoldKind.DISPUTE}
    return not (asleep or held or invoice.covered_by is not None)


def _customers(
    ports: Ports, business: Business, invoices: Sequence[Invoice]
) -> dict[str, Customer]:
    names = sorted({(Subject.CUSTOMER, invoice.customer_id) for invoice in invoices})
    found: list[Customer] = []
    for start in range(0, len(names), _PAGE):
        heads = ports.store.read_heads(business.id, names[start : start + _PAGE])
        found += [head for head in heads if isinstance(head, Customer)]
    return {customer.id: customer for customer in found}


def _manager(business: Business, customer: Customer) -> str:
    return customer.account_manager_email or business.staff_email


def _history(ports: Ports, business: Business, customer_id: str) -> tuple[Invoice, ...]:
    return ports.store.invoices_of(business.id, customer_id, limit=_HISTORY).items


def _must_owe(invoice: Invoice) -> None:
    if not invoice.is_open:
        raise Conflict("settled", f"The invoice is {invoice.status.value}: nothing is owed.")


def _must_be_free(invoice: Invoice) -> None:
    hold = invoice.holding
    if hold is not None:
        words = f"Something holds this invoice already: {hold.reason} Lift that first."
        raise Conflict(f"hold_{hold.kind.value}", words)


def _on_invoice(
    ports: Ports, business_id: str, invoice_id: str, change: Callable[[Case], Case]
) -> Invoice:
    return again_when_stale(lambda: change(open_case(ports, business_id, invoice_id)).invoice)
