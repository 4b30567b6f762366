"""A payment past Stripe that had paid instalments bounces: what its plan and its demands do then.

All of it goes into the one transaction of the reversal (`external_payments.reverse_payment`).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.desk.account import ExternalPaymentReceived
from chalicelib.domain.desk.instalments import InstalmentOwedAgain
from chalicelib.domain.facts import Actor
from chalicelib.domain.invoice import Cover, Invoice, InvoiceStatus
from chalicelib.domain.payment_plan import PaymentPlan, PlanStatus
from chalicelib.domain.payment_plan_facts import PaidOutsideReversed
from chalicelib.domain.record import on_party
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, change


@dataclass(frozen=True, slots=True)
class OwedAgain:
    """`cover` is the plan that collects it again; None where the invoices do so by themselves."""

    business: Business
    customer: Customer
    received: ExternalPaymentReceived
    plan: PaymentPlan | None = None
    cover: Cover | None = None
    demands: tuple[Invoice, ...] = ()

    def cover_of(self, invoice: Invoice) -> Cover | None:
        """What was withdrawn or given up meanwhile is asked for by nobody."""
        return self.cover if _is_collected(invoice) else None

    def changes(self, at: datetime, actor: Actor, reason: str) -> list[Change]:
        """Of the plan, and of each demand that asks again."""
        if self.plan is None:
            return []
        parts, payment_id = self.received.instalments, self.received.payment_id
        amounts = {part.number: part.amount for part in parts}
        changes, asking = [], set()
        for demand in self.demands:
            number = demand.demand.instalment if demand.demand else 0
            asking.add(number)
            again = InstalmentOwedAgain(payment_id, amounts[number], reason)
            case = Case(self.business, self.customer, demand, at)
            changes.append(change(case, again, actor=actor, why=reason)[1])
        gone = tuple(
            part.number
            for part in parts
            if part.number not in asking and _demand_id(self.plan, part.number)
        )
        fact = PaidOutsideReversed(payment_id, parts, gone, reason)
        return [Change(*on_party(self.plan, fact, at=at, actor=actor, why=reason)), *changes]


def owed_again(
    ports: Ports,
    business: Business,
    customer: Customer,
    received: ExternalPaymentReceived,
    invoices: Sequence[Invoice],
) -> OwedAgain:
    """Gather what the reversal changes; nothing for a payment that was for no plan."""
    bare = OwedAgain(business, customer, received)
    if not received.plan_id:
        return bare
    plan = ports.store.payment_plan(business.id, received.plan_id)
    runs = plan.is_active or plan.status is PlanStatus.COMPLETED
    free = all(
        one.open_payment is None and (one.covered_by is None or one.covered_by.id == plan.id)
        for one in invoices
    )
    if not (runs and free):
        return OwedAgain(business, customer, received, plan)
    ids = [_demand_id(plan, part.number) for part in received.instalments]
    heads = [ports.store.invoice(business.id, one) for one in ids if one]
    asking = tuple(one for one in heads if one.is_open or one.status is InvoiceStatus.PAID)
    words = f"Payment plan {plan.reference} collects it in {len(plan.instalments)} instalments."
    covers = [one.covered_by for one in invoices if one.covered_by is not None]
    cover = covers[0] if covers else Cover(plan.id, words)
    return OwedAgain(business, customer, received, plan, cover, asking)


def _is_collected(invoice: Invoice) -> bool:
    open_again = invoice.is_open or invoice.status is InvoiceStatus.PAID
    return open_again and not invoice.is_withdrawn


def _demand_id(plan: PaymentPlan, number: int) -> str:
    one = plan.instalment(number)
    return one.demand_id if one is not None else ""
