"""The customer's credit by hand: applied to invoices, and taken back.

Whoever spends credit writes the customer's head, so credit is spent once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import partial

from chalicelib.domain import demand as demands
from chalicelib.domain import money
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.desk.applying import CreditApplied, CreditUnapplied, OverpaymentMoved
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.facts import Actor, Fact, Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Purpose
from chalicelib.domain.party_facts import CreditMoved
from chalicelib.domain.payment import Allocation
from chalicelib.domain.record import on_party
from chalicelib.ports import Ports
from chalicelib.ports.answers import StaleHead
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, again_when_stale, change, now_of
from chalicelib.services.invoices import close_payment, open_invoices

PLAN = "plan_"  # how the id of a payment plan begins
BY_HAND = "app_"  # how the id of an application by staff begins
ON = "/on/"  # between a payment's or application's id and the number of a step that paid on


def payable(invoice: Invoice) -> int:
    """How much an invoice can take. Drafts and demands are no debts; what was written off may be
    recovered."""
    debt = invoice.is_open or invoice.status is InvoiceStatus.UNCOLLECTIBLE
    return invoice.amount_payable if debt and invoice.purpose is Purpose.INVOICE else 0


def covered_words(invoice: Invoice) -> str | None:
    """Why a payment on account that is under way forbids it. A plan's balance is just lowered."""
    cover = invoice.covered_by
    return None if cover is None or cover.id.startswith(PLAN) else cover.reason


def close_all(ports: Ports, invoices: Sequence[Invoice], reason: str) -> None:
    """Close before switch. A payment that succeeded instead is posted: look again afterwards.

    Raises Conflict, in words, when Stripe's own money is on its way and cannot be stopped.
    """
    for invoice in invoices:
        if invoice.open_payment is not None:
            _close(ports, invoice, reason)


def _close(ports: Ports, invoice: Invoice, reason: str) -> None:
    try:
        close_payment(ports, invoice.business_id, invoice.id, reason=reason)
    except Conflict as refusal:
        if refusal.code != "payment_under_way":
            raise
        if ports.store.invoice(invoice.business_id, invoice.id).open_payment is None:
            return
        words = (
            f"A payment of invoice {invoice.number} through Stripe is being processed and cannot "
            "be stopped. Do this when that has ended. Money that came past Stripe can be recorded "
            "on account now: name no invoice, and it becomes the customer's credit."
        )
        raise Conflict("payment_under_way", words) from refusal


def open_debts(ports: Ports, customer: Customer) -> list[Invoice]:
    """What is owed and may be paid by hand: no demand, and nothing that a payment on account is
    paying at this moment."""
    found = open_invoices(ports, customer.business_id, customer.id)
    debts = [one for one in found if one.purpose is Purpose.INVOICE]
    return [one for one in debts if covered_words(one) is None]


def chosen_debts(ports: Ports, customer: Customer, chosen: Sequence[Allocation]) -> list[Invoice]:
    """The invoices of a choice, in its order.

    Raises InvalidInput for what is no debt of this customer, or too small for its part.
    """
    if len({part.invoice_id for part in chosen}) != len(chosen):
        raise InvalidInput("allocation_twice", "Each invoice can be named once only.")
    if len(chosen) > demands.MOST_INVOICES:
        raise InvalidInput("allocation_too_many", demands.TOO_MANY)
    return [_chosen(ports, customer, part) for part in chosen]


def _chosen(ports: Ports, customer: Customer, part: Allocation) -> Invoice:
    try:
        invoice = ports.store.invoice(customer.business_id, part.invoice_id)
    except NotFound as unknown:
        raise _not_theirs(part) from unknown
    if invoice.customer_id != customer.id:
        raise _not_theirs(part)
    if not 0 < part.amount <= payable(invoice):
        words = f"Invoice {invoice.number} can take {payable(invoice)} minor units."
        raise InvalidInput("allocation_invalid", words)
    covered = covered_words(invoice)
    if covered is not None:
        raise Conflict("covered", covered)
    return invoice


def _not_theirs(part: Allocation) -> InvalidInput:
    return InvalidInput("allocation_invalid", f"{part.invoice_id} is no invoice of this customer.")


def spendable(ports: Ports, customer: Customer, chosen: Sequence[Allocation]) -> list[Invoice]:
    """The chosen invoices with nothing open at Stripe, each able to take its part.

    Raises StaleHead when a charge began or succeeded meanwhile: look again.
    """
    found = chosen_debts(ports, customer, chosen)
    close_all(ports, found, "Credit is being applied.")
    fresh = [ports.store.invoice(customer.business_id, one.id) for one in found]
    for one, part in zip(fresh, chosen, strict=True):
        if one.open_payment is not None or part.amount > payable(one):
            raise StaleHead("its balance changed meanwhile")
    return fresh


# ------------------------------------------------------------------------------ applying


def apply_credit(
    ports: Ports,
    business_id: str,
    customer_id: str,
    *,
    application_id: str,
    chosen: tuple[Allocation, ...] | None,
    actor: Actor,
) -> CreditMoved:
    """Pay invoices by unapplied credit: oldest due first, or as chosen. The same id again is the
    same application; more than one transaction holds follow right after (`paying_on.py`). Raises
    Conflict when there is not enough credit, or nothing to pay.
    """

    def once() -> CreditMoved:
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, customer_id)
        known = _moved(ports, customer, application_id)
        if known is not None:
            return known
        parts = _parts(ports, customer, chosen)
        _check_enough(customer, parts, business.currency)
        invoices = spendable(ports, customer, parts)
        now, why = now_of(ports, business), "Applied by hand."
        pays_on = _pays_on(ports, customer) if chosen is None else 0
        moved = CreditMoved(application_id, 0, parts, why, pays_on)
        changes = [Change(*on_party(customer, moved, at=now, actor=actor, why=why))]
        for invoice, part in zip(invoices, parts, strict=True):
            applied = CreditApplied(application_id, part.amount)
            case = Case(business, customer, invoice, now)
            changes.append(change(case, applied, actor=actor, why=why)[1])
        ports.store.append(changes, clock_id=business.test_clock_id)
        return moved

    return again_when_stale(once)


def _parts(
    ports: Ports, customer: Customer, chosen: tuple[Allocation, ...] | None
) -> tuple[Allocation, ...]:
    if chosen is not None:
        return chosen
    return demands.divided(max(customer.credit, 0), open_debts(ports, customer))


def _pays_on(ports: Ports, customer: Customer) -> int:
    return demands.beyond(max(customer.credit, 0), open_debts(ports, customer))


def _check_enough(customer: Customer, parts: Sequence[Allocation], currency: str) -> None:
    wanted = sum(part.amount for part in parts)
    if wanted > customer.credit:
        words = f"The customer has {_text(customer.credit, currency)} of unapplied credit."
        raise Conflict("credit_too_small", words)
    if not wanted:
        raise Conflict("nothing_to_apply", "There is no credit, or no invoice that it could pay.")


def _text(amount: int, currency: str) -> str:
    return f"{money.decimal_text(max(amount, 0), currency)} {currency}"


def take_back(
    ports: Ports,
    business_id: str,
    customer_id: str,
    application_id: str,
    *,
    reason: str,
    actor: Actor,
) -> CreditMoved:
    """Make what was applied by hand credit again: the invoices owe it anew.

    Raises Conflict when it was taken back already, or an invoice is closed for good.
    """

    def once() -> CreditMoved:
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, customer_id)
        applied = read_application(ports, business_id, customer_id, application_id)
        source = f"{application_id}/back"
        if _moved(ports, customer, source) is not None:
            raise Conflict("already_reversed", "It was taken back already.")
        invoices = [ports.store.invoice(business_id, part.invoice_id) for part in applied.spent]
        _check_open(invoices)
        if take_back_rest(
            ports, business_id, customer_id, application_id, reason=reason, actor=actor
        ):
            raise StaleHead("what it had paid on is credit again; now look again")
        return _taken_back(ports, business, customer, applied, invoices, reason, actor)

    return again_when_stale(once)


def take_back_rest(
    ports: Ports, business_id: str, customer_id: str, origin: str, *, reason: str, actor: Actor
) -> int:
    """What a payment or an application had paid on (`paying_on.py`) is credit again, as far as its
    invoices are not closed for good. How many steps were taken back."""

    def once(source: str) -> int:
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, customer_id)
        known = {one.fact.data.source: one for one in movements(ports, business_id, customer_id)}
        if known[source].taken_back:
            return 0
        applied = known[source].fact.data
        heads = (ports.store.invoice(business_id, part.invoice_id) for part in applied.spent)
        invoices = [one for one in heads if _is_debt(one)]
        _taken_back(ports, business, customer, applied, invoices, reason, actor)
        return 1

    steps = [one.fact.data.source for one in movements(ports, business_id, customer_id)]
    mine = [one for one in steps if one.startswith(f"{origin}{ON}") and not one.endswith("/back")]
    return sum(again_when_stale(partial(once, step)) for step in mine)


def _taken_back(
    ports: Ports,
    business: Business,
    customer: Customer,
    applied: CreditMoved,
    invoices: Sequence[Invoice],
    reason: str,
    actor: Actor,
) -> CreditMoved:
    amounts = {part.invoice_id: part.amount for part in applied.spent}
    now = now_of(ports, business)
    added = sum(amounts[one.id] for one in invoices)
    moved = CreditMoved(f"{applied.source}/back", added, (), reason)
    changes = [Change(*on_party(customer, moved, at=now, actor=actor, why=reason))]
    for invoice in invoices:
        undone = CreditUnapplied(applied.source, amounts[invoice.id], reason)
        case = Case(business, customer, invoice, now)
        changes.append(change(case, undone, actor=actor, why=reason)[1])
    ports.store.append(changes, clock_id=business.test_clock_id)
    return moved


def _is_debt(one: Invoice) -> bool:
    """It owes money, or would if what paid it were taken away."""
    debt = one.is_open or one.status in {InvoiceStatus.PAID, InvoiceStatus.UNCOLLECTIBLE}
    return debt and not one.is_withdrawn


def _check_open(invoices: Sequence[Invoice]) -> None:
    for one in invoices:
        if not _is_debt(one):
            words = f"Invoice {one.number} is closed for good: its credit stays where it is."
            raise Conflict("invoice_closed", words)


def move_overpayment(ports: Ports, business_id: str, invoice_id: str) -> int:
    """What was paid too much on an invoice becomes its customer's credit; how much. Once is enough,
    and again does nothing."""

    def once() -> int:
        invoice = ports.store.invoice(business_id, invoice_id)
        amount = invoice.amount_overpaid
        if not amount or invoice.purpose is not Purpose.INVOICE:
            return 0
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, invoice.customer_id)
        now, why = now_of(ports, business), f"Paid too much on invoice {invoice.number}."
        moved = CreditMoved(f"{invoice_id}/overpaid/{invoice.version}", amount, (), why)
        case = Case(business, customer, invoice, now)
        changes = [
            change(case, OverpaymentMoved(amount), why=why)[1],
            Change(*on_party(customer, moved, at=now, why=why)),
        ]
        ports.store.append(changes, clock_id=business.test_clock_id)
        return amount

    return again_when_stale(once)


# ------------------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class Moved:
    """One movement of a customer's credit, as its audit trail has it."""

    fact: Fact
    taken_back: bool = False


def movements(ports: Ports, business_id: str, customer_id: str) -> list[Moved]:
    """Applications, what demands brought, what was set aside: newest first."""
    history = ports.store.facts(business_id, Subject.CUSTOMER, customer_id)
    moves = [fact for fact in history if isinstance(fact.data, CreditMoved)]
    back = {fact.data.source for fact in moves if fact.data.source.endswith("/back")}
    return [Moved(fact, f"{fact.data.source}/back" in back) for fact in moves[::-1]]


def read_taken_back(
    ports: Ports, business_id: str, customer_id: str, application_id: str
) -> CreditMoved | None:
    """How it was taken back, if it was."""
    customer = ports.store.customer(business_id, customer_id)
    return _moved(ports, customer, f"{application_id}/back")


def _moved(ports: Ports, customer: Customer, source: str) -> CreditMoved | None:
    found = movements(ports, customer.business_id, customer.id)
    return next((one.fact.data for one in found if one.fact.data.source == source), None)


def read_application(
    ports: Ports, business_id: str, customer_id: str, application_id: str
) -> CreditMoved:
    """Raises NotFound for what is no application by hand of this customer's credit."""
    customer = ports.store.customer(business_id, customer_id)
    found = _moved(ports, customer, application_id)
    if found is None or not application_id.startswith(BY_HAND):
        words = "The customer's credit has no such application."
        raise NotFound("credit_application_not_found", words)
    return found
