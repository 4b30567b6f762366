"""Everything that can happen to a payment plan, what it changes, and what it owes outside."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from chalicelib.domain import payment_plan as rules
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.owed import Audience, event, mail, staff, work
from chalicelib.domain.payment_plan import (
    Instalment,
    InstalmentPart,
    InstalmentState,
    PaymentPlan,
    PlanStatus,
)


@dataclass(frozen=True, slots=True)
class PlanMade:
    """Its invoices are covered in the same transaction."""

    kind: ClassVar[str] = "created"
    plan: PaymentPlan

    def key(self, seq: int) -> str:
        return "created"


@dataclass(frozen=True, slots=True)
class InstalmentDemanded:
    """The instalment's demand was made in the same transaction."""

    kind: ClassVar[str] = "instalment_demanded"
    number: int
    demand_id: str

    def key(self, seq: int) -> str:
        return f"demanded/{self.number}"


@dataclass(frozen=True, slots=True)
class InstalmentPaid:
    """Money of the instalment has paid invoices of the plan; below 0 when it was taken back."""

    kind: ClassVar[str] = "instalment_paid"
    number: int
    amount: int
    source: str

    def key(self, seq: int) -> str:
        return f"paid/{self.source}"


@dataclass(frozen=True, slots=True)
class PaidOutside:
    """A cheque, cash or a transfer for instalments. In the same transaction it pays the plan's
    invoices, and the demands of those instalments know of it."""

    kind: ClassVar[str] = "paid_outside"
    payment_id: str
    parts: tuple[InstalmentPart, ...]

    def key(self, seq: int) -> str:
        return f"external/{self.payment_id}"


@dataclass(frozen=True, slots=True)
class PaidOutsideReversed:
    """It bounced: its instalments are due again; a plan that was completed by it runs again.

    `gone`: instalments whose demands were closed meanwhile, so that a new one asks for it.
    """

    kind: ClassVar[str] = "paid_outside_reversed"
    payment_id: str
    parts: tuple[InstalmentPart, ...]
    gone: tuple[int, ...]
    reason: str

    def key(self, seq: int) -> str:
        return f"bounced/{self.payment_id}"


@dataclass(frozen=True, slots=True)
class InstalmentWentOverdue:
    kind: ClassVar[str] = "instalment_overdue"
    number: int

    def key(self, seq: int) -> str:
        return f"overdue/{seq}"


@dataclass(frozen=True, slots=True)
class PlanChanged:
    """The unpaid instalments were replaced; their demands were closed in the same transaction."""

    kind: ClassVar[str] = "plan_changed"
    instalments: tuple[Instalment, ...]
    autopay: bool
    reason: str

    def key(self, seq: int) -> str:
        return f"changed/{seq}"


@dataclass(frozen=True, slots=True)
class PlanPostponed:
    """The rule would end it, but money of an instalment is on its way: looked at again then."""

    kind: ClassVar[str] = "plan_postponed"
    until: datetime
    reason: str

    def key(self, seq: int) -> str:
        return f"postponed/{seq}"


@dataclass(frozen=True, slots=True)
class PlanEnded:
    """Completed, broken or cancelled: its invoices are on their own again. Twice, when what had
    completed it bounced and was paid again."""

    kind: ClassVar[str] = "plan_ended"
    status: PlanStatus
    reason: str

    def key(self, seq: int) -> str:
        return f"ended/{seq}"


PAYLOADS: tuple[type, ...] = (
    PlanMade,
    InstalmentDemanded,
    InstalmentPaid,
    PaidOutside,
    PaidOutsideReversed,
    InstalmentWentOverdue,
    PlanChanged,
    PlanPostponed,
    PlanEnded,
)


def plan_step(plan: PaymentPlan | None, payload: Any, fact: Fact) -> PaymentPlan:
    """What one fact changes in a plan, and when it is looked at next."""
    after = payload.plan if isinstance(payload, PlanMade) else _changed(plan, payload, fact)
    return replace(after, next_at=rules.next_at(after, fact.at))


def _changed(plan: PaymentPlan | None, payload: Any, fact: Fact) -> PaymentPlan:
    if plan is None:
        raise BrokenRecord(f"{fact.kind} before created")
    match payload:
        case InstalmentDemanded(number=number, demand_id=demand_id):
            one = _known(plan, number)
            due = replace(one, state=InstalmentState.DUE, demand_id=demand_id)
            return plan.with_instalment(due)
        case InstalmentPaid(number=number, amount=amount):
            return plan.with_instalment(_paid(_known(plan, number), amount))
        case PaidOutside(parts=parts):
            for part in parts:
                plan = plan.with_instalment(_paid(_known(plan, part.number), part.amount))
            return plan
        case PaidOutsideReversed():
            return _reversed(plan, payload, fact)
        case InstalmentWentOverdue(number=number):
            late = replace(_known(plan, number), state=InstalmentState.OVERDUE, overdue_at=fact.at)
            return plan.with_instalment(late)
        case PlanChanged(instalments=instalments, autopay=autopay):
            return replace(plan, instalments=instalments, autopay=autopay)
        case PlanPostponed(until=until):
            return replace(plan, postponed_until=until)
        case PlanEnded(status=status, reason=reason):
            return replace(plan, status=status, ended_at=fact.at, end_reason=reason)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def _known(plan: PaymentPlan, number: int) -> Instalment:
    found = plan.instalment(number)
    if found is None:
        raise BrokenRecord(f"{plan.id} has no instalment {number}")
    return found


def _reversed(plan: PaymentPlan, payload: PaidOutsideReversed, fact: Fact) -> PaymentPlan:
    """A broken or cancelled plan stays so: its invoices are owed by themselves."""
    short = rules.owed_again(plan, payload.parts, payload.gone, fact.at)
    if plan.status is not PlanStatus.COMPLETED:
        return short
    return replace(short, status=PlanStatus.ACTIVE, ended_at=None, end_reason="")


def _paid(one: Instalment, amount: int) -> Instalment:
    paid = one.paid + amount
    if paid >= one.amount:
        return replace(one, paid=paid, state=InstalmentState.PAID)
    if not one.demand_id:
        return replace(one, paid=paid)
    late = one.overdue_at is not None
    return replace(one, paid=paid, state=InstalmentState.OVERDUE if late else InstalmentState.DUE)


def owed(payload: Any, audience: Audience) -> tuple[Effect, ...] | None:
    """What a plan's fact owes; None for a fact of something else."""
    match payload:
        case PlanMade():
            return (*work("run_plan"), *event("payment_plan.created"))
        case InstalmentPaid() | PlanChanged() | PaidOutside() | PaidOutsideReversed():
            return (*work("run_plan"), *event("payment_plan.updated"))
        case InstalmentWentOverdue():
            return work("run_plan")
        case PlanEnded(status=PlanStatus.BROKEN):
            told = (*mail("plan_broken", audience), *staff("staff_plan_broken"))
            return (*told, *event("payment_plan.broken"))
        case PlanEnded(status=status):
            return event(f"payment_plan.{status.value}")
        case InstalmentDemanded() | PlanPostponed():
            return ()
        case _:
            return None
