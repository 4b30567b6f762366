"""Paying on: money for more open invoices than one transaction holds pays the rest, step by step.

A payment for a customer, a cheque or an application of credit takes the oldest invoices at once;
what is for those beyond them becomes credit for a moment, and this job applies it, as many invoices
to a transaction. Each step has its name, so a step is taken once, whoever runs it again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

from chalicelib.domain import demand as demands
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.desk.account import ExternalPaymentReceived, ExternalPaymentReversed
from chalicelib.domain.desk.applying import CreditApplied
from chalicelib.domain.desk.on_account import PaidOn
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.party_facts import CreditMoved
from chalicelib.domain.payment import Allocation
from chalicelib.domain.record import on_party
from chalicelib.ports import Ports
from chalicelib.ports.answers import StaleHead
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, again_when_stale, change, now_of
from chalicelib.services.credit import ON, covered_words
from chalicelib.services.invoices import close_payment, open_invoices
from chalicelib.services.on_account import is_payable

WHY = "The payment was for more invoices than are paid at once."


def pay_on(ports: Ports, business_id: str, customer_id: str, fact_key: str) -> int:
    """Apply what is left for invoices beyond the first ones. How many steps it took.

    Invoices whose own charge cannot be stopped are left out: their part stays credit.
    """
    busy: set[str] = set()
    steps = 0
    while again_when_stale(lambda: _step(ports, business_id, customer_id, fact_key, busy)):
        steps += 1
    return steps


def _step(ports: Ports, business_id: str, customer_id: str, fact_key: str, busy: set[str]) -> bool:
    business = ports.store.business(business_id)
    customer = ports.store.customer(business_id, customer_id)
    history = ports.store.facts(business_id, Subject.CUSTOMER, customer_id)
    origin, limit, source = _left(history, fact_key)
    amount = min(limit, customer.credit)
    if amount <= 0:
        return False
    by_card = origin.startswith("poa_")
    found = [
        one
        for one in open_invoices(ports, business_id, customer_id)
        if one.id not in busy and _can_take(one, plans=not by_card)
    ]
    parts = demands.divided(amount, found)
    if not parts:
        return False
    _close(ports, found, parts, busy)
    demand = ports.store.invoice(business_id, origin) if by_card else None
    _write(ports, business, customer, found, CreditMoved(source, 0, parts, WHY), demand)
    return True


def _left(history: Sequence[Fact], fact_key: str) -> tuple[str, int, str]:
    """Whose money it is, how much of it is to be applied still, and the next step's name."""
    begun = next(fact.data for fact in history if fact.key == fact_key)
    origin = begun.payment_id if isinstance(begun, ExternalPaymentReceived) else begun.source
    moves = [fact.data for fact in history if isinstance(fact.data, CreditMoved)]
    sources = {one.source for one in moves}
    gone = f"{origin}/back" in sources or any(
        fact.data.payment_id == origin
        for fact in history
        if isinstance(fact.data, ExternalPaymentReversed)
    )
    mine = [
        one
        for one in moves
        if one.source.startswith(f"{origin}{ON}") and not one.source.endswith("/back")
    ]
    spent = sum(part.amount for one in mine for part in one.spent)
    return origin, 0 if gone else begun.pays_on - spent, f"{origin}{ON}{len(mine) + 1}"


def _can_take(invoice: Invoice, *, plans: bool) -> bool:
    """`plans`: an invoice of a payment plan too, which is then lowered."""
    if invoice.covered_by is None:
        return is_payable(invoice)
    of_plan = covered_words(invoice) is None
    return plans and of_plan and is_payable(replace(invoice, covered_by=None))


def _close(
    ports: Ports, found: Sequence[Invoice], parts: Sequence[Allocation], busy: set[str]
) -> None:
    """Close before switch. Raises StaleHead after closing any: then it is looked at afresh."""
    wanted = {part.invoice_id for part in parts}
    tried = [one for one in found if one.id in wanted and one.open_payment is not None]
    for one in tried:
        try:
            close_payment(ports, one.business_id, one.id, reason="Credit is being applied.")
        except Conflict:
            busy.add(one.id)
    if tried:
        raise StaleHead("closed at Stripe; now look again")


def _write(
    ports: Ports,
    business: Business,
    customer: Customer,
    found: Sequence[Invoice],
    moved: CreditMoved,
    demand: Invoice | None,
) -> None:
    now = now_of(ports, business)
    known = {one.id: one for one in found}
    changes = [Change(*on_party(customer, moved, at=now, why=moved.reason))]
    if demand is not None:
        case = Case(business, customer, demand, now)
        changes.append(change(case, PaidOn(moved.source, moved.spent))[1])
    for part in moved.spent:
        case = Case(business, customer, known[part.invoice_id], now)
        changes.append(change(case, CreditApplied(moved.source, part.amount), why=WHY)[1])
    ports.store.append(changes, clock_id=business.test_clock_id)
