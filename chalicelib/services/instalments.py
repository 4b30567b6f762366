"""Paying instalments past Stripe: a cheque, cash or a transfer for a payment plan.

One transaction: the customer has the payment, the plan's invoices are paid by it, oldest first, and
the plan and its demands know which instalments it was for. Close before switch: a charge of the
instalment that is open at Stripe is cancelled first. One that succeeded instead is applied, and the
money then pays the next instalments, or is refused in words where just that one was named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import demand as demands
from chalicelib.domain import payment_plan as rules
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.desk.account import ExternalPaymentReceived
from chalicelib.domain.desk.external_payments import ExternalPaymentRecorded
from chalicelib.domain.desk.instalments import InstalmentPaidOutside
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.facts import Actor
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment import Allocation
from chalicelib.domain.payment_plan import Instalment, InstalmentPart, PaymentPlan
from chalicelib.domain.payment_plan_facts import PaidOutside
from chalicelib.domain.record import on_party
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists, StaleHead
from chalicelib.ports.rows import Change
from chalicelib.services.case import (
    Case,
    again_when_stale,
    audience_of,
    change,
    now_of,
    open_case,
)
from chalicelib.services.external_payments import (
    CLAIM,
    Received,
    check_received,
    claims_of,
    find_payment,
    reference_used,
)
from chalicelib.services.invoices import close_payment
from chalicelib.services.on_account import apply_payment
from chalicelib.services.payment_plans import to_collect


@dataclass(frozen=True, slots=True)
class _Desk:
    """What one recording is made of, as it stands."""

    business: Business
    customer: Customer
    plan: PaymentPlan
    came: Received
    actor: Actor
    now: datetime


def pay_instalment(
    ports: Ports,
    business_id: str,
    plan_id: str,
    came: Received,
    *,
    actor: Actor,
    number: int | None = None,
) -> ExternalPaymentReceived:
    """Record money for an instalment, the next unpaid one if none is named. Less leaves the rest of
    it due; more pays the following ones, and what the plan does not need becomes credit.

    The same id again is the same payment. Raises Conflict for a plan that is over, an instalment
    that is paid, a reference that is known, or money of Stripe's that cannot be stopped.
    """

    def once() -> ExternalPaymentReceived:
        plan = ports.store.payment_plan(business_id, plan_id)
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, plan.customer_id)
        known = find_payment(ports, customer, came.id)
        if known is not None:
            return known
        check_received(ports, business, customer, came)
        desk = _Desk(business, customer, plan, came, actor, now_of(ports, business))
        return _record(ports, desk, _first(plan, number).number)

    return again_when_stale(once)


def pay_demand(
    ports: Ports, business_id: str, demand_id: str, came: Received, *, actor: Actor
) -> ExternalPaymentReceived:
    """The same, by the instalment's own demand: what is asked for under a number of its own."""
    own = ports.store.invoice(business_id, demand_id).demand
    assert own is not None
    plan = ports.store.payment_plan(business_id, own.plan_id)
    customer = ports.store.customer(business_id, plan.customer_id)
    known = find_payment(ports, customer, came.id)
    if known is not None:
        return known
    one = plan.instalment(own.instalment)
    if one is None or one.demand_id != demand_id:
        raise Conflict("instalment_paid", "This instalment was replaced when the plan changed.")
    return pay_instalment(ports, business_id, plan.id, came, actor=actor, number=one.number)


def _first(plan: PaymentPlan, number: int | None) -> Instalment:
    """The instalment that is meant; raises in words where it can take no money."""
    if not plan.is_active:
        words = (
            f"The plan is {plan.status.value}: record the money for one of its invoices, or for "
            "the customer."
        )
        raise Conflict("plan_not_active", words)
    if number is None and plan.unpaid:
        return plan.unpaid[0]
    one = plan.instalment(number) if number is not None else None
    if number is not None and one is None:
        raise NotFound("instalment_not_found", f"The plan has no instalment {number}.")
    if one is None or one.is_paid:
        words = "It is paid already: name another instalment, or record the money for the customer."
        raise Conflict("instalment_paid", words)
    return one


def _record(ports: Ports, desk: _Desk, first: int) -> ExternalPaymentReceived:
    busy = _settled(ports, desk.plan, first)
    covered = _covered(ports, desk.plan)
    amount = min(desk.came.amount, to_collect(ports, desk.plan))
    parts = rules.spread(desk.plan, amount, first, busy)
    shares = demands.divided(sum(part.amount for part in parts), covered)
    if not parts:
        words = "The plan's invoices are paid already: record the money for the customer."
        raise Conflict("nothing_owed", words)
    came = desk.came
    received = ExternalPaymentReceived(
        payment_id=came.id,
        method=came.method,
        reference=came.reference,
        amount=came.amount,
        currency=desk.plan.currency,
        received_on=came.received_on,
        shares=shares,
        note=came.note,
        plan_id=desk.plan.id,
        instalments=parts,
    )
    _write(ports, desk, received, covered)
    return received


def _write(
    ports: Ports, desk: _Desk, received: ExternalPaymentReceived, covered: Sequence[Invoice]
) -> None:
    business, customer, came = desk.business, desk.customer, desk.came
    changes = [
        _of_customer(desk, received),
        _of_plan(desk, received.instalments),
        *_of_demands(ports, desk, received.instalments),
        *_of_invoices(desk, received.shares, covered),
    ]
    claims = claims_of(business.id, customer, came)
    try:
        ports.store.append(changes, side=claims, clock_id=business.test_clock_id)
    except FactExists as taken:
        if not taken.key.startswith(f"{CLAIM}/"):
            raise
        value = taken.key.removeprefix(f"{CLAIM}/")
        raise reference_used(ports, business.id, came, value) from taken


def _of_customer(desk: _Desk, received: ExternalPaymentReceived) -> Change:
    why = f"Received by {received.method.value}."
    around = audience_of(desk.business, desk.customer)
    head, fact = on_party(
        desk.customer, received, at=desk.now, actor=desk.actor, why=why, audience=around
    )
    return Change(head, fact)


def _of_plan(desk: _Desk, parts: tuple[InstalmentPart, ...]) -> Change:
    paid = PaidOutside(desk.came.id, parts)
    return Change(*on_party(desk.plan, paid, at=desk.now, actor=desk.actor))


def _of_demands(ports: Ports, desk: _Desk, parts: Sequence[InstalmentPart]) -> list[Change]:
    changes = []
    for part in parts:
        one = desk.plan.instalment(part.number)
        if one is None or not one.demand_id:
            continue
        demand = ports.store.invoice(desk.business.id, one.demand_id)
        if demand.open_payment is not None or demand.amount_remaining < part.amount:
            raise StaleHead("a charge began meanwhile")
        came = desk.came
        paid = InstalmentPaidOutside(
            came.id, came.method, came.reference, part.amount, came.received_on
        )
        case = Case(desk.business, desk.customer, demand, desk.now)
        changes.append(change(case, paid, actor=desk.actor)[1])
    return changes


def _of_invoices(
    desk: _Desk, shares: Sequence[Allocation], covered: Sequence[Invoice]
) -> list[Change]:
    by_id = {one.id: one for one in covered}
    came, changes = desk.came, []
    for share in shares:
        paid = ExternalPaymentRecorded(
            came.id, came.method, came.reference, share.amount, came.received_on
        )
        case = Case(desk.business, desk.customer, by_id[share.invoice_id], desk.now)
        changes.append(change(case, paid, actor=desk.actor)[1])
    return changes


def _covered(ports: Ports, plan: PaymentPlan) -> list[Invoice]:
    heads = [ports.store.invoice(plan.business_id, one) for one in plan.invoice_ids]
    return [one for one in heads if one.covered_by is not None and one.covered_by.id == plan.id]


def _settled(ports: Ports, plan: PaymentPlan, first: int) -> list[int]:
    """Nothing of Stripe's is under way for the instalments that this money may pay; those of the
    others that it is under way for, by number, are left to Stripe.

    Raises StaleHead after closing or applying anything, Conflict when the first one is locked.
    """
    busy = []
    moved = False
    for one in plan.unpaid:
        if not one.demand_id:
            continue
        demand = ports.store.invoice(plan.business_id, one.demand_id)
        if demands.unapplied(demand):
            apply_payment(ports, open_case(ports, plan.business_id, demand.id))
            moved = True
        elif demand.live_attempt is not None and one.number != first:
            busy.append(one.number)
        elif demand.open_payment is not None:
            _close(ports, demand)
            moved = True
    if moved:
        raise StaleHead("money moved meanwhile; now look again")
    return busy


def _close(ports: Ports, demand: Invoice) -> None:
    try:
        reason = "The instalment was paid past Stripe."
        close_payment(ports, demand.business_id, demand.id, reason=reason)
    except Conflict as refusal:
        if ports.store.invoice(demand.business_id, demand.id).open_payment is None:
            return  # it succeeded: applied next, and the money pays the following instalments
        words = (
            f"A payment of instalment {demand.shown_number} through Stripe is being processed and "
            "cannot be stopped. Name another instalment, or record the money for the customer, on "
            "account: name no invoice there, and it becomes credit."
        )
        raise Conflict(refusal.code, words) from refusal
