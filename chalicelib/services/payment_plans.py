"""Payment plans: made over a balance, asked for part by part, changed, paid early, ended.

`run_plan` does what is due for one plan: it is called by its own facts, and by the billing rule for
whatever was missed. Every change is one transaction of the plan, its demands and its invoices.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal

from chalicelib.domain import demand as demands
from chalicelib.domain import keys, money
from chalicelib.domain import payment_plan as rules
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import local_date
from chalicelib.domain.demand import Demand
from chalicelib.domain.desk.covering import InvoiceUncovered
from chalicelib.domain.desk.on_account import DemandClosed, DemandMade
from chalicelib.domain.dunning import grace_ends_at
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import SYSTEM, Actor, Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Line, Purpose
from chalicelib.domain.payment import Trigger
from chalicelib.domain.payment_plan import (
    Instalment,
    InstalmentState,
    PaymentPlan,
    PlanStatus,
)
from chalicelib.domain.payment_plan_facts import (
    InstalmentDemanded,
    PlanChanged,
    PlanEnded,
    PlanPostponed,
)
from chalicelib.domain.record import on_party
from chalicelib.ports import Ports
from chalicelib.ports.answers import StaleHead
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, again_when_stale, audience_of, change, now_of
from chalicelib.services.invoices import (
    charge_at,
    close_payment,
    created,
    draft_of,
    request_charge,
)
from chalicelib.services.overdue import to_stop

LOOK_AGAIN = timedelta(days=1)


def run_plan(ports: Ports, business_id: str, plan_id: str) -> PaymentPlan:
    """Do what is due for one plan now; nothing when it came early, late or twice."""

    def once() -> PaymentPlan:
        plan = ports.store.payment_plan(business_id, plan_id)
        business = ports.store.business(business_id)
        now = now_of(ports, business)
        while plan.is_active and plan.next_at is not None and plan.next_at <= now:
            plan = _step(ports, business, plan, now)
        return plan

    return again_when_stale(once)


def _step(ports: Ports, business: Business, plan: PaymentPlan, now: datetime) -> PaymentPlan:
    if not plan.unpaid:
        return _end(ports, business, plan, PlanStatus.COMPLETED, "All instalments are paid.")
    broken = rules.breaks_at(plan)
    if broken is not None and broken <= now:
        late = sum(one.overdue_at is not None for one in plan.unpaid)
        words = f"The plan is broken: {late} of its instalments overdue. The rest is owed at once."
        return _broken(ports, business, plan, words, now)
    fitting = rules.lowered(plan, to_collect(ports, plan))
    if fitting != plan.instalments:
        return _lowered(ports, business, plan, fitting, now)
    waiting = (one for one in plan.unpaid if one.state is InstalmentState.SCHEDULED)
    return _ask_for(ports, business, plan, next(waiting), now)


def _lowered(
    ports: Ports,
    business: Business,
    plan: PaymentPlan,
    fitting: tuple[Instalment, ...],
    now: datetime,
) -> PaymentPlan:
    """A cheque or a credit note has paid what the plan was to collect: it ends sooner."""
    words = "Part of the balance was paid or credited otherwise."
    if not fitting:
        return _end(ports, business, plan, PlanStatus.COMPLETED, words)
    after, fact = on_party(plan, PlanChanged(fitting, plan.autopay, words), at=now, why=words)
    ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)
    return after


def _broken(
    ports: Ports, business: Business, plan: PaymentPlan, words: str, now: datetime
) -> PaymentPlan:
    """Not while money of an instalment is on its way: then it is looked at again tomorrow."""
    try:
        return _end(ports, business, plan, PlanStatus.BROKEN, words)
    except Conflict as conflict:
        postponed = PlanPostponed(now + LOOK_AGAIN, conflict.detail)
        after, fact = on_party(plan, postponed, at=now, why=conflict.detail)
        ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)
        return after


def _ask_for(
    ports: Ports,
    business: Business,
    plan: PaymentPlan,
    one: Instalment,
    now: datetime,
    *,
    at_once: bool = False,
) -> PaymentPlan:
    """The instalment's demand, in one transaction with the plan that then knows it.

    `at_once`: it is paid in the same breath, so the payer is not reminded of it.
    """
    customer = ports.store.customer(business.id, plan.customer_id)
    demand = _demand(ports, business, customer, plan, one, now)
    made = created(
        Case(business, customer, demand, now), DemandMade(demand, at_once or one.at_once), SYSTEM
    )
    after, fact = on_party(plan, InstalmentDemanded(one.number, demand.id), at=now)
    ports.store.append([made, Change(after, fact)], clock_id=business.test_clock_id)
    return after


def _demand(
    ports: Ports,
    business: Business,
    customer: Customer,
    plan: PaymentPlan,
    one: Instalment,
    now: datetime,
) -> Invoice:
    place = sorted(part.number for part in plan.instalments).index(one.number) + 1
    words = f"Payment plan {plan.reference}, instalment {place} of {len(plan.instalments)}"
    asked = one.amount - one.paid  # a cheque may have paid a part of it already
    line = Line(description=words, quantity=Decimal(1), unit_amount=asked)
    demand_id = keys.instalment(plan.id, one.number)
    today = local_date(now, business.zone)
    invoices = [ports.store.invoice(business.id, each) for each in plan.invoice_ids]
    return replace(
        draft_of(business, customer, (line,), invoice_id=demand_id, at=now),
        purpose=Purpose.INSTALMENT,
        allocations=demands.divided(asked, invoices),
        demand=Demand(plan_id=plan.id, instalment=one.number),
        auto_charge=plan.autopay,
        status=InvoiceStatus.PENDING,
        external_ref=f"{plan.reference}-{place}",
        issued_on=today,
        due_on=one.due_on,
        finalized_at=now,
        charge_at=charge_at(business, one.due_on, today, now),
    )


def change_plan(
    ports: Ports,
    business_id: str,
    plan_id: str,
    instalments: Sequence[tuple[date, int]],
    *,
    actor: Actor,
    reason: str,
    autopay: bool | None = None,
    at_once: bool = False,
) -> PaymentPlan:
    """Replace what is not yet paid. Demands that are open are closed at Stripe first.

    Raises Conflict while money of one is on its way, InvalidInput when the new parts do not add up
    to what the invoices still owe. `at_once`: the new parts are paid right after this.
    """

    def once() -> PaymentPlan:
        plan, business, now = _active(ports, business_id, plan_id)
        switch = plan.autopay if autopay is None else autopay
        if _is_so(plan, instalments) and switch is plan.autopay:
            return plan
        without_payment = _close_demands(ports, plan, reason)
        owed = to_collect(ports, plan)
        today = local_date(now, business.zone)
        parts = tuple(
            Instalment(0, due_on, amount, at_once=at_once) for due_on, amount in instalments
        )
        rules.check_instalments(parts, owed, plan.currency, today)
        fresh = rules.replaced(plan, parts).instalments
        after, fact = on_party(
            plan, PlanChanged(fresh, switch, reason), at=now, actor=actor, why=reason
        )
        closed = _closed_demands(ports, business, without_payment, now, reason, actor)
        ports.store.append([Change(after, fact), *closed], clock_id=business.test_clock_id)
        return after

    return again_when_stale(once)


def pay_early(
    ports: Ports,
    business_id: str,
    plan_id: str,
    *,
    everything: bool,
    request_id: str,
    actor: Actor,
    trigger: Trigger = Trigger.STAFF,
    method_id: str | None = None,
) -> tuple[PaymentPlan, Invoice]:
    """Charge the next instalment now, or all that is left as one. Asked twice, it is one charge:
    the second time the next instalment is another one, and nobody asked for that."""
    plan = ports.store.payment_plan(business_id, plan_id)
    asked = _asked_for(ports, plan, request_id)
    if asked is not None:
        return plan, asked
    if everything and len(plan.unpaid) > 1:
        today = local_date(now_of(ports, ports.store.business(business_id)), plan.zone)
        rest = [(today, to_collect(ports, plan))]
        reason = "The rest is paid at once."
        plan = change_plan(
            ports, business_id, plan_id, rest, actor=actor, reason=reason, at_once=True
        )
    demand_id = again_when_stale(lambda: _next_demand(ports, business_id, plan_id))
    demand = request_charge(
        ports,
        business_id,
        demand_id,
        request_id=request_id,
        trigger=trigger,
        actor=actor,
        method_id=method_id,
    )
    return ports.store.payment_plan(business_id, plan_id), demand


def _is_so(plan: PaymentPlan, parts: Sequence[tuple[date, int]]) -> bool:
    """The plan is what it is to be changed to: this was done before."""
    left = [(one.due_on, one.amount) for one in plan.unpaid]
    return left == list(parts) and not any(one.paid for one in plan.unpaid)


def _asked_for(ports: Ports, plan: PaymentPlan, request_id: str) -> Invoice | None:
    """The instalment that this very request has asked for before."""
    for one in plan.instalments:
        if not one.demand_id:
            continue
        history = ports.store.facts(plan.business_id, Subject.INVOICE, one.demand_id)
        if any(fact.key == f"request/{request_id}" for fact in history):
            return ports.store.invoice(plan.business_id, one.demand_id)
    return None


def _next_demand(ports: Ports, business_id: str, plan_id: str) -> str:
    """The demand of the first unpaid instalment, made now if its time has not come."""
    plan, business, now = _active(ports, business_id, plan_id)
    if not plan.unpaid:
        raise Conflict("plan_not_active", "Every instalment is paid.")
    first = plan.unpaid[0]
    if first.state is InstalmentState.SCHEDULED:
        plan = _ask_for(ports, business, plan, first, now, at_once=True)
    return plan.unpaid[0].demand_id


def cancel_plan(
    ports: Ports, business_id: str, plan_id: str, *, actor: Actor, reason: str
) -> PaymentPlan:
    """End it: the invoices collect for themselves again. Cancelled twice, it is cancelled once."""

    def once() -> PaymentPlan:
        plan = ports.store.payment_plan(business_id, plan_id)
        if plan.status is PlanStatus.CANCELLED:
            return plan
        plan, business, _ = _active(ports, business_id, plan_id)
        return _end(ports, business, plan, PlanStatus.CANCELLED, reason, actor=actor)

    return again_when_stale(once)


def _active(ports: Ports, business_id: str, plan_id: str) -> tuple[PaymentPlan, Business, datetime]:
    plan = ports.store.payment_plan(business_id, plan_id)
    if not plan.is_active:
        raise Conflict("plan_not_active", f"The plan is {plan.status.value}.")
    business = ports.store.business(business_id)
    return plan, business, now_of(ports, business)


def _end(
    ports: Ports,
    business: Business,
    plan: PaymentPlan,
    status: PlanStatus,
    reason: str,
    *,
    actor: Actor = SYSTEM,
) -> PaymentPlan:
    """Demands are closed at Stripe first; then plan, demands and invoices in one transaction."""
    without_payment = _close_demands(ports, plan, reason)
    now = now_of(ports, business)
    customer = ports.store.customer(business.id, plan.customer_id)
    ended, around = PlanEnded(status, reason), audience_of(business, customer)
    after, fact = on_party(plan, ended, at=now, actor=actor, why=reason, audience=around)
    closed = _closed_demands(ports, business, without_payment, now, reason, actor)
    heads = (ports.store.invoice(business.id, each) for each in plan.invoice_ids)
    covered = [
        Case(business, customer, one, now)
        for one in heads
        if one.covered_by is not None and one.covered_by.id == plan.id
    ]
    freed = [
        change(case, _uncovered(ports, case, plan, status, reason), actor=actor, why=reason)[1]
        for case in covered
    ]
    ports.store.append([Change(after, fact), *closed, *freed], clock_id=business.test_clock_id)
    return after


def _uncovered(
    ports: Ports, case: Case, plan: PaymentPlan, status: PlanStatus, reason: str
) -> InvoiceUncovered:
    """A broken plan is the end of the retries: what the policy says of the subscription comes."""
    if status is not PlanStatus.BROKEN:
        return InvoiceUncovered(plan.id, reason)
    if not to_stop(ports, case):
        return InvoiceUncovered(plan.id, reason, overdue=True)
    stops_at = grace_ends_at(case.policy, case.business.zone, case.now)
    return InvoiceUncovered(
        plan.id, reason, overdue=True, stops_at=stops_at, stops_now=stops_at is None
    )


def _close_demands(ports: Ports, plan: PaymentPlan, reason: str) -> list[Invoice]:
    """Close before switch. The demands as they were seen without a payment: who opens one after
    that makes the switch stale.

    Raises StaleHead after closing any, Conflict when money is on its way or has come and is not
    applied yet.
    """
    closed = 0
    seen = [ports.store.invoice(plan.business_id, demand_id) for demand_id in plan.open_demands]
    for demand in seen:
        if demands.unapplied(demand):
            raise Conflict("payment_under_way", "An instalment has just been paid. Try again.")
        if demand.open_payment is not None:
            close_payment(ports, plan.business_id, demand.id, reason=reason)
            closed += 1
    if closed:
        raise StaleHead("closed at Stripe; now look again")
    return seen


def _closed_demands(
    ports: Ports,
    business: Business,
    without_payment: Sequence[Invoice],
    now: datetime,
    reason: str,
    actor: Actor,
) -> list[Change]:
    payload = DemandClosed("replaced", reason)
    cases = [
        Case(business, ports.store.customer(business.id, one.customer_id), one, now)
        for one in without_payment
        if one.is_open
    ]
    return [change(case, payload, actor=actor)[1] for case in cases]


def to_collect(ports: Ports, plan: PaymentPlan) -> int:
    """What the plan's invoices still owe, and what of its own money was taken back."""
    history = ports.store.facts(plan.business_id, Subject.PLAN, plan.id)  # replaced ones too
    asked = (one.data.demand_id for one in history if isinstance(one.data, InstalmentDemanded))
    short = demands.short([ports.store.invoice(plan.business_id, one) for one in asked])
    heads = [ports.store.invoice(plan.business_id, one) for one in plan.invoice_ids]
    covered = [one for one in heads if one.covered_by is not None and one.covered_by.id == plan.id]
    return sum(demands.owed(one) for one in covered) + short


def shown(plan: PaymentPlan) -> str:
    """The next instalment in words, for staff."""
    if not plan.unpaid:
        return "Nothing is left to pay."
    first = plan.unpaid[0]
    text = money.decimal_text(first.amount - first.paid, plan.currency)
    return f"{text} {plan.currency} on {first.due_on.isoformat()}."
