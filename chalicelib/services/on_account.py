"""Taking a payment for a customer: one charge towards several invoices, the rest is credit.

The demand is made and its invoices are covered in one transaction; the worker charges it like any
invoice (`charging.run_step`). What comes in is applied, or the demand is closed, by the same step:
so timers, sweep and reconciliation bring every payment to its end.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal

from chalicelib.domain import chargeability, keys, money
from chalicelib.domain import demand as demands
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, PaymentMethod
from chalicelib.domain.dates import local_date
from chalicelib.domain.decisions import Reason
from chalicelib.domain.demand import Demand
from chalicelib.domain.desk.applying import CreditApplied
from chalicelib.domain.desk.covering import InvoiceCovered, InvoiceUncovered
from chalicelib.domain.desk.on_account import (
    DemandClosed,
    DemandMade,
    MethodArrived,
    PaymentApplied,
    demand_of,
    source_of,
)
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.facts import SYSTEM, Actor
from chalicelib.domain.invoice import (
    ChargeRequest,
    Cover,
    HoldKind,
    Invoice,
    InvoiceStatus,
    Line,
    Purpose,
)
from chalicelib.domain.party_facts import CreditMoved, PaymentTaken
from chalicelib.domain.payment import Allocation, AttemptResult, Trigger
from chalicelib.domain.payment_plan_facts import InstalmentPaid
from chalicelib.domain.record import on_party
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists, StaleHead
from chalicelib.ports.rows import Change
from chalicelib.services import receipts
from chalicelib.services.case import (
    Case,
    again_when_stale,
    caps_of,
    change,
    now_of,
    open_case,
    record,
)
from chalicelib.services.invoices import close_payment, created, draft_of, open_invoices
from chalicelib.services.second_click import by_the_same, is_same

PAGE_STAYS = timedelta(hours=24)
_DISPUTED = {HoldKind.DISPUTE, HoldKind.DISPUTE_LOST}


@dataclass(frozen=True, slots=True)
class Wish:
    """What was asked for. `chosen` None: oldest due first. `return_url`: the payer is present."""

    id: str
    customer_id: str
    amount: int
    method_id: str | None = None
    new_method: bool = False
    save_method: bool = True
    description: str = ""
    chosen: tuple[Allocation, ...] | None = None
    return_url: str | None = None


def take_payment(ports: Ports, business_id: str, wish: Wish, *, actor: Actor) -> Invoice:
    """Make the demand and cover its invoices; a worker charges it. Asked twice, it is one.

    Raises InvalidInput for an amount or a choice that cannot be, Conflict in words when the charge
    cannot be made now or money for one of the invoices is on its way.
    """
    return again_when_stale(lambda: _take(ports, business_id, wish, actor))


def _take(ports: Ports, business_id: str, wish: Wish, actor: Actor) -> Invoice:
    business = ports.store.business(business_id)
    customer = ports.store.customer(business_id, wish.customer_id)
    known = _known(ports, customer, wish)
    if known is not None:
        return known
    now = now_of(ports, business)
    found = open_invoices(ports, business_id, customer.id)
    payable = demands.oldest_first([one for one in found if is_payable(one)])
    _refuse_what_cannot_be_paid(wish, found)
    parts = _parts(wish, payable, business.currency)
    pays_on = demands.beyond(wish.amount, payable) if wish.chosen is None else 0
    demand = _demand(business, customer, wish, parts, pays_on, now)
    case = Case(business, customer, demand, now)
    _refuse_if_not_chargeable(ports, case)
    covered = [one for one in payable if one.id in {part.invoice_id for part in parts}]
    if close_payments(ports, covered, "One payment for several invoices is being taken."):
        covered = [ports.store.invoice(business_id, one.id) for one in covered]
    if any(one.open_payment is not None or one.covered_by is not None for one in covered):
        raise StaleHead("a charge began meanwhile")
    cover = Cover(case.invoice.id, _in_words(case.invoice))
    taken = PaymentTaken(case.invoice.id, wish.amount)
    first = created(case, DemandMade(case.invoice), actor)
    changes = [
        first,
        Change(*on_party(customer, taken, at=now, actor=actor)),
        *(
            change(replace(case, invoice=one), InvoiceCovered(cover), actor=actor)[1]
            for one in covered
        ),
    ]
    ports.store.append(changes, clock_id=business.test_clock_id)
    assert isinstance(first.head, Invoice)
    return first.head


def _known(ports: Ports, customer: Customer, wish: Wish) -> Invoice | None:
    """The same call's, or one for the same amount that is still under way: a second click."""
    for payment_id in (wish.id, customer.last_payment_id):
        try:
            found = ports.store.invoice(customer.business_id, payment_id) if payment_id else None
        except NotFound:
            continue
        if found is None or (found.id != wish.id and not is_same(found, wish)):
            continue
        if found.id != wish.id and not by_the_same(found, wish, customer):
            words = (
                f"{_in_words(found)} It is of the same amount, but by another payment method: "
                f"wait for its end, or cancel it first (payment {found.id})."
            )
            raise Conflict("payment_under_way", words)
        return found
    return None


def payable_invoices(ports: Ports, customer: Customer) -> list[Invoice]:
    """What a payment for the customer may pay: open debts that nothing else collects or disputes.

    Each head is read exactly; a bank debit that is on its way is its invoice's own.
    """
    found = open_invoices(ports, customer.business_id, customer.id)
    return demands.oldest_first([one for one in found if is_payable(one)])


def is_payable(invoice: Invoice) -> bool:
    live, hold = invoice.live_attempt, invoice.holding
    return (
        invoice.purpose is Purpose.INVOICE
        and invoice.is_open
        and invoice.amount_remaining > 0
        and invoice.covered_by is None
        and not (live is not None and live.result is AttemptResult.PROCESSING)
        and not (hold is not None and hold.kind in _DISPUTED)
    )


def why_not_payable(invoice: Invoice) -> str:
    """Why an open invoice cannot be paid by a payment for the customer, in words."""
    if invoice.covered_by is not None:
        return invoice.covered_by.reason
    hold = invoice.holding
    if hold is not None and hold.kind in _DISPUTED:
        return hold.reason
    return "A bank debit is in progress; its result takes some days."


def _refuse_what_cannot_be_paid(wish: Wish, found: Sequence[Invoice]) -> None:
    """Staff named an invoice that is open, but collected or disputed already."""
    chosen = {part.invoice_id for part in wish.chosen or ()}
    for one in found:
        if one.id in chosen and one.purpose is Purpose.INVOICE and not is_payable(one):
            code = "covered" if one.covered_by is not None else "payment_under_way"
            raise Conflict(code, f"Invoice {one.number}: {why_not_payable(one)}")


def _parts(wish: Wish, payable: Sequence[Invoice], currency: str) -> tuple[Allocation, ...]:
    if wish.amount <= 0:
        raise InvalidInput("amount_invalid", "The amount has to be above 0.")
    same = [one for one in payable if one.currency == currency]
    if wish.chosen is None:
        return demands.divided(wish.amount, same)
    return demands.as_chosen(wish.amount, wish.chosen, same)


def _demand(
    business: Business,
    customer: Customer,
    wish: Wish,
    parts: tuple[Allocation, ...],
    pays_on: int,
    now: datetime,
) -> Invoice:
    words = wish.description or "Payment on account"
    line = Line(description=words, quantity=Decimal(1), unit_amount=wish.amount)
    draft = draft_of(business, customer, (line,), invoice_id=wish.id, at=now)
    request = ChargeRequest(f"take-{wish.id}", Trigger.STAFF, now, wish.method_id, wish.return_url)
    own = Demand(pays_on=pays_on)
    waits = replace(own, save_method=wish.save_method, page_until=now + PAGE_STAYS)
    today = local_date(now, business.zone)
    return replace(
        draft,
        purpose=Purpose.ON_ACCOUNT,
        allocations=parts,
        demand=waits if wish.new_method else own,
        charge_request=None if wish.new_method else request,
        status=InvoiceStatus.PENDING,
        memo=wish.description,
        auto_charge=False,
        issued_on=today,
        due_on=today,
        finalized_at=now,
        charge_at=now,
    )


def _refuse_if_not_chargeable(ports: Ports, case: Case) -> None:
    """The same checks as behind every charge; a new method is judged when it is there."""
    invoice, standing = case.invoice, case.standing()
    if invoice.charge_request is None:
        reasons = chargeability.invoice_blocks(invoice, standing)
    else:
        standing = case.standing(caps_of(ports, case))
        reasons = chargeability.why_not_chargeable(invoice, standing, case.now)
        if invoice.charge_request.return_url is not None:
            reasons = [one for one in reasons if one.code not in chargeability.NEED_THE_PAYER]
    if reasons:
        raise Conflict(reasons[0].code, " ".join(reason.staff for reason in reasons))


def close_payments(ports: Ports, covered: Sequence[Invoice], reason: str) -> int:
    """Close before switch: from here on Stripe can take money for none of them. How many were open.

    Raises Conflict when the money of one has been taken or is on its way.
    """
    open_ones = [one for one in covered if one.open_payment is not None]
    for one in open_ones:
        live = one.live_attempt
        if live is not None and live.result is AttemptResult.ACTION_REQUIRED:
            words = f"The payer is just confirming a payment of invoice {one.number} with the bank."
            raise Conflict("payment_under_way", words)
        close_payment(ports, one.business_id, one.id, reason=reason)
    return len(open_ones)


def _in_words(demand: Invoice) -> str:
    text = money.decimal_text(demand.totals.total, demand.currency)
    return f"A payment of {text} {demand.currency} for this customer is under way."


def method_arrived(
    ports: Ports, business_id: str, demand_id: str, session_id: str, method: PaymentMethod
) -> bool:
    """Stripe's page was filled in: charge what waited for it. False when nothing waits any more.

    Called by the webhook, the browser's return and the reconciliation, in any order and number.
    """

    def once() -> bool:
        case = open_case(ports, business_id, demand_id)
        demand = case.invoice.demand
        if demand is None or not case.invoice.is_open or demand.page_until is None:
            return False
        request = ChargeRequest(f"page-{session_id}", Trigger.STAFF, case.now, method.id)
        own = None if demand.save_method else method
        try:
            record(ports, case, MethodArrived(session_id, request, own))
        except FactExists:
            return False
        return True

    return again_when_stale(once)


def waits_for_page(ports: Ports, business_id: str, demand_id: str) -> bool:
    """Whether a page that names this demand has still something to bring."""
    try:
        invoice = ports.store.invoice(business_id, demand_id)
    except NotFound:
        return False
    return invoice.is_open and invoice.demand is not None and invoice.demand.page_until is not None


def apply_payment(ports: Ports, case: Case) -> Case:
    """What came in becomes credit and pays invoices, in one transaction; the rest stays credit.

    What was taken back (a lost dispute) lowers the credit, below 0 if it was spent.
    Raises StaleHead when somebody else was first.
    """
    invoice = case.invoice
    amount, source = demands.unapplied(invoice), source_of(invoice)
    if invoice.purpose is Purpose.INSTALMENT:
        covered, spent, planned = _of_plan(ports, case, amount, source)
    else:
        planned = []
        covered = [
            ports.store.invoice(case.business.id, one.invoice_id) for one in invoice.allocations
        ]
        first = source == invoice.id
        spent = demands.payable(amount, invoice.allocations, covered) if first else ()
    brought = receipts.payment_of(invoice)
    applied = PaymentApplied(source, brought.id if brought else "", amount, spent)
    pays_on = demand_of(invoice).pays_on if source == invoice.id and amount > 0 else 0
    moved = CreditMoved(source, amount, spent, _why(invoice, amount), pays_on)
    customer = Change(*on_party(case.customer, moved, at=case.now))
    also = [customer, *planned, *_settled(case, covered, spent, source)]
    return record(ports, case, applied, also=also)


def _of_plan(
    ports: Ports, case: Case, amount: int, source: str
) -> tuple[list[Invoice], tuple[Allocation, ...], list[Change]]:
    """An instalment pays the invoices that its plan covers, oldest first, and the plan knows."""
    plan = ports.store.payment_plan(case.business.id, demand_of(case.invoice).plan_id)
    heads = [ports.store.invoice(case.business.id, one) for one in plan.invoice_ids]
    covered = [one for one in heads if one.covered_by is not None and one.covered_by.id == plan.id]
    spent = demands.divided(amount, covered) if amount > 0 else ()
    paid = InstalmentPaid(demand_of(case.invoice).instalment, amount, source)
    return covered, spent, [Change(*on_party(plan, paid, at=case.now))]


def _why(demand: Invoice, amount: int) -> str:
    return "Money taken back by the bank." if amount < 0 else f"{demand.lines[0].description}."


def _settled(
    case: Case, covered: Sequence[Invoice], spent: Sequence[Allocation], source: str
) -> list[Change]:
    """Each invoice paid, and those uncovered of which nothing was owed any more."""
    amounts = {part.invoice_id: part.amount for part in spent}
    changes: list[Change] = []
    for one in covered:
        of_one = replace(case, invoice=one)
        if amount := amounts.get(one.id):
            changes.append(change(of_one, CreditApplied(source, amount))[1])
        elif one.covered_by is not None and one.covered_by.id == case.invoice.id:
            nothing = InvoiceUncovered(case.invoice.id, "Nothing of it was owed any more.")
            changes.append(change(of_one, nothing)[1])
    return changes


def close_demand(ports: Ports, case: Case, reason: Reason, *, actor: Actor = SYSTEM) -> Invoice:
    """End a demand without money: closed at Stripe first, then its invoices are free again.

    Raises StaleHead after closing at Stripe, so that it is looked at afresh, and Conflict when
    money has come after all: then that is posted.
    """
    invoice = case.invoice
    if invoice.open_payment is not None:
        close_payment(ports, case.business.id, invoice.id, reason=reason.staff)
        raise StaleHead("closed at Stripe; now look again")
    covered = [ports.store.invoice(case.business.id, one.invoice_id) for one in invoice.allocations]
    uncovered = InvoiceUncovered(invoice.id, reason.staff)
    freed = [
        change(replace(case, invoice=one), uncovered, actor=actor)[1]
        for one in covered
        if one.covered_by is not None and one.covered_by.id == invoice.id
    ]
    closed = DemandClosed(reason.code, reason.staff)
    return record(ports, case, closed, actor=actor, why=reason.staff, also=freed).invoice


def cancel_payment(ports: Ports, business_id: str, payment_id: str, *, actor: Actor) -> Invoice:
    """Staff give a payment up. Raises Conflict when its money has come or is on its way."""

    def once() -> Invoice:
        case = open_case(ports, business_id, payment_id)
        if case.invoice.purpose is not Purpose.ON_ACCOUNT:
            raise NotFound("payment_not_found", "There is no such payment.")
        if case.invoice.status is InvoiceStatus.CANCELLED:
            return case.invoice
        if not case.invoice.is_open:
            raise Conflict("payment_succeeded", "The money has come: refund it instead.")
        return close_demand(ports, case, Reason("cancelled", "Cancelled by staff."), actor=actor)

    return again_when_stale(once)


def forget_method(ports: Ports, business_id: str, demand_id: str) -> None:
    """A card for one payment only is detached at Stripe when that payment has ended."""
    invoice = ports.store.invoice(business_id, demand_id)
    method = invoice.demand.method if invoice.demand else None
    if method is None or invoice.is_open:
        return
    account = ports.store.business(business_id).stripe_account
    ports.gateway.detach_method(account, method.id, key=keys.detach(business_id, method.id))
