"""A payment plan: a balance paid in instalments, each collected like an invoice.

The plan covers its invoices while it runs. Each instalment becomes a demand some days before its
date; its money pays the invoices, oldest first. Too many instalments overdue, or one for too long,
and the plan is broken: what is left is owed at once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from chalicelib.domain import money
from chalicelib.domain.dates import add_months, instant, local_date
from chalicelib.domain.errors import Conflict, InvalidInput

# A plan that ends closes every open demand and frees every invoice in one transaction of 100 rows.
MOST_INVOICES = 20
MOST_INSTALMENTS = 24
LONGEST = timedelta(days=5 * 366)


class PlanStatus(StrEnum):
    ACTIVE = "active"
    COMPLETED = "completed"
    BROKEN = "broken"
    CANCELLED = "cancelled"


class InstalmentState(StrEnum):
    SCHEDULED = "scheduled"
    DUE = "due"  # asked for; it may still be before its date
    OVERDUE = "overdue"
    PAID = "paid"


class Rhythm(StrEnum):
    """How far apart equal instalments are."""

    WEEKLY = "weekly"
    EVERY_TWO_WEEKS = "every_two_weeks"
    MONTHLY = "monthly"


@dataclass(frozen=True, slots=True)
class Instalment:
    """`amount` is minor units; numbers are never used twice, whatever is changed."""

    number: int
    due_on: date
    amount: int
    state: InstalmentState = InstalmentState.SCHEDULED
    demand_id: str = ""
    paid: int = 0
    overdue_at: datetime | None = None
    at_once: bool = False  # whoever asked for it pays it now: nobody is reminded of it

    @property
    def is_paid(self) -> bool:
        return self.state is InstalmentState.PAID


@dataclass(frozen=True, slots=True)
class InstalmentPart:
    """What one payment paid of one instalment."""

    number: int
    amount: int


@dataclass(frozen=True, slots=True)
class Acceleration:
    """When the whole rest falls due: at so many instalments overdue, or one for so many days."""

    instalments: int | None = 2
    days: int | None = 30


@dataclass(frozen=True, slots=True)
class PaymentPlan:
    """`next_at` is when a machine looks at it next."""

    id: str
    business_id: str
    customer_id: str
    currency: str
    reference: str
    invoice_ids: tuple[str, ...]
    instalments: tuple[Instalment, ...]
    autopay: bool
    acceleration: Acceleration
    days_before: int
    zone: str
    created_at: datetime
    status: PlanStatus = PlanStatus.ACTIVE
    ended_at: datetime | None = None
    end_reason: str = ""
    postponed_until: datetime | None = None  # the rule ends it, but money is on its way
    next_at: datetime | None = None
    version: int = 0
    chain: str = ""

    @property
    def is_active(self) -> bool:
        return self.status is PlanStatus.ACTIVE

    @property
    def total(self) -> int:
        return sum(one.amount for one in self.instalments)

    @property
    def amount_paid(self) -> int:
        return sum(one.paid for one in self.instalments)

    @property
    def amount_remaining(self) -> int:
        return sum(max(one.amount - one.paid, 0) for one in self.instalments)

    @property
    def unpaid(self) -> tuple[Instalment, ...]:
        """Earliest first."""
        left = [one for one in self.instalments if not one.is_paid]
        return tuple(sorted(left, key=lambda one: (one.due_on, one.number)))

    @property
    def open_demands(self) -> tuple[str, ...]:
        return tuple(one.demand_id for one in self.unpaid if one.demand_id)

    def instalment(self, number: int) -> Instalment | None:
        return next((one for one in self.instalments if one.number == number), None)

    def with_instalment(self, changed: Instalment) -> PaymentPlan:
        kept = (changed if one.number == changed.number else one for one in self.instalments)
        return replace(self, instalments=tuple(kept))


def equal_instalments(
    total: int, count: int, first_on: date, rhythm: Rhythm
) -> tuple[Instalment, ...]:
    """No unit is lost; the first ones are a unit larger where it does not divide."""
    if not 1 <= count <= MOST_INSTALMENTS:
        raise InvalidInput("instalments_invalid", f"A plan has 1 to {MOST_INSTALMENTS} parts.")
    if total < count:
        raise InvalidInput("instalments_invalid", "There is too little owed for so many parts.")
    amounts = money.allocate(total, [1] * count)
    return tuple(
        Instalment(number, _nth_day(first_on, rhythm, number - 1), amount)
        for number, amount in enumerate(amounts, start=1)
    )


def _nth_day(first_on: date, rhythm: Rhythm, index: int) -> date:
    if rhythm is Rhythm.MONTHLY:
        return add_months(first_on, index)
    return first_on + timedelta(weeks=index * (2 if rhythm is Rhythm.EVERY_TWO_WEEKS else 1))


def check_instalments(
    parts: Sequence[Instalment], total: int, currency: str, today: date
) -> tuple[Instalment, ...]:
    """In order, from today on, each chargeable, together exactly what is owed.

    Raises InvalidInput in words otherwise.
    """
    if not 1 <= len(parts) <= MOST_INSTALMENTS:
        raise InvalidInput("instalments_invalid", f"A plan has 1 to {MOST_INSTALMENTS} parts.")
    days = [one.due_on for one in parts]
    if days != sorted(set(days)) or days[0] < today or days[-1] > today + LONGEST:
        words = "Instalments have dates of their own, in order, from today on, within five years."
        raise InvalidInput("instalments_invalid", words)
    lowest, highest = money.chargeable_bounds(currency)
    if any(not lowest <= one.amount <= highest for one in parts):
        raise InvalidInput("instalments_invalid", "A part is below or above what can be charged.")
    if sum(one.amount for one in parts) != total:
        owed = money.decimal_text(total, currency)
        words = f"The instalments have to add up to the balance, {owed} {currency}."
        raise InvalidInput("instalments_do_not_add_up", words)
    return tuple(parts)


def check_acceleration(rule: Acceleration) -> Acceleration:
    for least in (rule.instalments, rule.days):
        if least is not None and least < 1:
            raise InvalidInput("acceleration_invalid", "At least 1, or null for never.")
    return rule


def bill_at(plan: PaymentPlan, one: Instalment) -> datetime:
    """When an instalment is asked for: days before its date, as invoices are."""
    return instant(one.due_on - timedelta(days=plan.days_before), time(0), plan.zone)


def breaks_at(plan: PaymentPlan) -> datetime | None:
    """When the rule ends the plan, as things stand; None while it is kept."""
    late = sorted(one.overdue_at for one in plan.unpaid if one.overdue_at is not None)
    found: list[datetime] = []
    rule = plan.acceleration
    if rule.instalments is not None and len(late) >= rule.instalments:
        found.append(late[rule.instalments - 1])
    if rule.days is not None and late:
        found.append(late[0] + timedelta(days=rule.days))
    if not found:
        return None
    return max(min(found), plan.postponed_until or min(found))


def next_at(plan: PaymentPlan, now: datetime) -> datetime | None:
    """When the plan is looked at next: to ask for an instalment, to end, to be broken."""
    if not plan.is_active:
        return None
    if not plan.unpaid:
        return now
    waiting = [one for one in plan.unpaid if one.state is InstalmentState.SCHEDULED]
    due = [bill_at(plan, one) for one in waiting]
    broken = breaks_at(plan)
    return min([*due, *([broken] if broken else [])], default=None)


def spread(
    plan: PaymentPlan, amount: int, first: int | None = None, without: Sequence[int] = ()
) -> tuple[InstalmentPart, ...]:
    """Money over the unpaid instalments: the `first` one if named, then the others in order.

    `without`: those that Stripe is just collecting.
    """
    order = sorted(plan.unpaid, key=lambda one: one.number != first)
    parts: list[InstalmentPart] = []
    left = amount
    for one in order:
        part = min(left, one.amount - one.paid)
        if part > 0 and one.number not in without:
            parts.append(InstalmentPart(one.number, part))
            left -= part
    return tuple(parts)


def owed_again(
    plan: PaymentPlan, parts: Sequence[InstalmentPart], gone: Sequence[int], at: datetime
) -> PaymentPlan:
    """Money for these instalments came back: they are due again, late from now on if they were.

    Those in `gone` were closed meanwhile; what they are short of becomes an instalment of today.
    """
    for part in parts:
        one = plan.instalment(part.number)
        if one is None or part.number in gone:
            plan = _made_good(plan, one, part, local_date(at, plan.zone))
        else:
            short = replace(one, paid=one.paid - part.amount)
            plan = plan.with_instalment(_unpaid(short, at))
    return plan


def _unpaid(one: Instalment, at: datetime) -> Instalment:
    if not one.demand_id:
        return replace(one, state=InstalmentState.SCHEDULED)
    if one.overdue_at is None:
        return replace(one, state=InstalmentState.DUE)
    return replace(one, state=InstalmentState.OVERDUE, overdue_at=at)


def _made_good(
    plan: PaymentPlan, one: Instalment | None, part: InstalmentPart, today: date
) -> PaymentPlan:
    fresh = Instalment(max(each.number for each in plan.instalments) + 1, today, part.amount)
    kept = [each for each in plan.instalments if one is None or each.number != one.number]
    if one is not None and one.amount > part.amount:
        less = replace(one, amount=one.amount - part.amount, paid=one.paid - part.amount)
        kept.append(less)
    kept.sort(key=lambda each: each.number)
    return replace(plan, instalments=(*kept, fresh))


def lowered(plan: PaymentPlan, owed: int) -> tuple[Instalment, ...]:
    """Money came past the plan: what is asked for last is asked for less, down to what is owed.

    Only of instalments that nobody has been asked for yet; those that are down to 0 are dropped.
    """
    excess = max(plan.amount_remaining - owed, 0)
    kept: list[Instalment] = []
    for one in sorted(plan.instalments, key=lambda each: (each.due_on, each.number), reverse=True):
        waits = one.state is InstalmentState.SCHEDULED
        cut = min(excess, one.amount - one.paid) if waits else 0
        excess -= cut
        if one.amount > cut:
            kept.append(_cut(one, cut))
    return tuple(sorted(kept, key=lambda each: (each.due_on, each.number)))


def _cut(one: Instalment, cut: int) -> Instalment:
    less = replace(one, amount=one.amount - cut)
    done = cut > 0 and less.paid >= less.amount
    return replace(less, state=InstalmentState.PAID) if done else less


def replaced(plan: PaymentPlan, parts: Sequence[Instalment]) -> PaymentPlan:
    """What was paid stays; the rest is the new parts, numbered on."""
    if not plan.is_active:
        raise Conflict("plan_not_active", f"The plan is {plan.status.value}.")
    kept = [
        replace(one, amount=one.paid, state=InstalmentState.PAID)
        for one in plan.instalments
        if one.paid
    ]
    last = max(one.number for one in plan.instalments)
    fresh = [replace(one, number=last + at) for at, one in enumerate(parts, start=1)]
    return replace(plan, instalments=(*kept, *fresh))
