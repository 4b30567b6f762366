"""Drawing up a payment plan: previewed with nothing written, then made over its invoices.

What happens to a plan that runs is `payment_plans.py`.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.domain import payment_plan as rules
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import local_date
from chalicelib.domain.desk.covering import InvoiceCovered
from chalicelib.domain.errors import InvalidInput, NotFound
from chalicelib.domain.facts import Actor
from chalicelib.domain.invoice import Cover, Invoice
from chalicelib.domain.payment_plan import Acceleration, Instalment, PaymentPlan, Rhythm
from chalicelib.domain.payment_plan_facts import PlanMade
from chalicelib.domain.record import first_of_party
from chalicelib.ports import Ports
from chalicelib.ports.answers import StaleHead
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, again_when_stale, change, now_of
from chalicelib.services.on_account import close_payments, payable_invoices


@dataclass(frozen=True, slots=True)
class PlanWish:
    """`instalments` as written down, or `count` equal ones from `first_on` in a rhythm."""

    id: str
    customer_id: str
    invoice_ids: tuple[str, ...] | None = None  # None: every open one, oldest first
    instalments: tuple[tuple[date, int], ...] | None = None
    count: int = 0
    first_on: date | None = None
    rhythm: Rhythm = Rhythm.MONTHLY
    autopay: bool = True
    acceleration: Acceleration = Acceleration()


def preview_plan(ports: Ports, business_id: str, wish: PlanWish) -> PaymentPlan:
    """The plan as it would be, with nothing written. Raises InvalidInput where it could not be."""
    business = ports.store.business(business_id)
    customer = ports.store.customer(business_id, wish.customer_id)
    return _drawn_up(ports, business, customer, wish)[0]


def make_plan(ports: Ports, business_id: str, wish: PlanWish, *, actor: Actor) -> PaymentPlan:
    """Cover the invoices and begin. Made again with the same id, it is the same plan.

    Raises InvalidInput for a wish that cannot be, Conflict when money for an invoice is on its way.
    """

    def once() -> PaymentPlan:
        try:
            return ports.store.payment_plan(business_id, wish.id)
        except NotFound:
            pass
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, wish.customer_id)
        plan, covered = _drawn_up(ports, business, customer, wish)
        if close_payments(ports, covered, "A payment plan collects this from now on."):
            raise StaleHead("closed at Stripe; now look again")
        cover = Cover(plan.id, _in_words(plan))
        case = Case(business, customer, covered[0], plan.created_at)
        first, fact = first_of_party(plan, PlanMade(plan), at=plan.created_at, actor=actor)
        changes = [
            Change(first, fact),
            *(
                change(replace(case, invoice=one), InvoiceCovered(cover), actor=actor)[1]
                for one in covered
            ),
        ]
        ports.store.append(changes, clock_id=business.test_clock_id)
        return first

    return again_when_stale(once)


def _drawn_up(
    ports: Ports, business: Business, customer: Customer, wish: PlanWish
) -> tuple[PaymentPlan, list[Invoice]]:
    now = now_of(ports, business)
    covered = _chosen(payable_invoices(ports, customer), wish.invoice_ids)
    total = sum(one.amount_remaining for one in covered)
    today = local_date(now, business.zone)
    plan = PaymentPlan(
        id=wish.id,
        business_id=business.id,
        customer_id=customer.id,
        currency=covered[0].currency,
        reference=f"P-{wish.id.rpartition('_')[2][:6].upper()}",
        invoice_ids=tuple(one.id for one in covered),
        instalments=_instalments(wish, total, covered[0].currency, today),
        autopay=wish.autopay,
        acceleration=rules.check_acceleration(wish.acceleration),
        days_before=business.bill_days_before,
        zone=business.zone,
        created_at=now,
    )
    return plan, covered


def _chosen(payable: Sequence[Invoice], invoice_ids: tuple[str, ...] | None) -> list[Invoice]:
    known = {one.id: one for one in payable}
    if invoice_ids is None:
        found = list(payable)
    else:
        unknown = [one for one in invoice_ids if one not in known]
        if unknown or len(set(invoice_ids)) != len(invoice_ids):
            words = f"Not open, or collected otherwise, or named twice: {', '.join(invoice_ids)}."
            raise InvalidInput("plan_invoices_invalid", words)
        found = [known[one] for one in invoice_ids]
    if not found:
        raise InvalidInput("nothing_owed", "There is no open invoice that a plan could be for.")
    if len(found) > rules.MOST_INVOICES:
        words = (
            f"A plan is for at most {rules.MOST_INVOICES} invoices, and these are {len(found)}: "
            f"name {rules.MOST_INVOICES} or fewer in `invoice_ids`, and make another plan for the "
            f"others. The oldest due: {', '.join(one.id for one in found[: rules.MOST_INVOICES])}."
        )
        raise InvalidInput("plan_invoices_invalid", words)
    if len({one.currency for one in found}) > 1:
        raise InvalidInput("plan_invoices_invalid", "The invoices have several currencies.")
    return found


def _instalments(wish: PlanWish, total: int, currency: str, today: date) -> tuple[Instalment, ...]:
    if wish.instalments is not None:
        parts = tuple(
            Instalment(number, due_on, amount)
            for number, (due_on, amount) in enumerate(wish.instalments, start=1)
        )
    else:
        first_on = wish.first_on or today
        parts = rules.equal_instalments(total, wish.count, first_on, wish.rhythm)
    return rules.check_instalments(parts, total, currency, today)


def _in_words(plan: PaymentPlan) -> str:
    return f"Payment plan {plan.reference} collects it in {len(plan.instalments)} instalments."
