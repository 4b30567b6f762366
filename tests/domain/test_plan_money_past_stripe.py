"""A cheque for a plan: which instalments it pays, and what each is when the cheque comes back."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain import payment_plan as rules
from chalicelib.domain import payment_plan_facts as plans
from chalicelib.domain.demand import Demand
from chalicelib.domain.desk import instalments
from chalicelib.domain.desk.instalments import InstalmentOwedAgain, InstalmentPaidOutside
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.invoice_facts import Replanned
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment_plan import Instalment, InstalmentPart, InstalmentState, PlanStatus
from chalicelib.domain.payment_plan_facts import PaidOutside, PaidOutsideReversed
from tests.domain.desk.books import at, ids
from tests.domain.samples import NOON, attempt, day, payment, pending
from tests.domain.test_plans_in_the_books import DUE, LATE, PLAN, having, part, told
from tests.domain.test_what_each_fact_changes import LATER, changed

S = InstalmentState


def parts(*pairs: tuple[int, int]) -> tuple[InstalmentPart, ...]:
    return tuple(InstalmentPart(*pair) for pair in pairs)


@pytest.mark.parametrize(
    ("amount", "first", "without", "expected"),
    [
        (1, None, (), [(1, 1)]),
        (3000, None, (), [(1, 3000)]),
        (3001, None, (), [(1, 3000), (2, 1)]),
        (9999, None, (), [(1, 3000), (2, 3000), (3, 3000)]),
        (4000, 3, (), [(3, 3000), (1, 1000)]),
        (4000, 1, (), [(1, 3000), (2, 1000)]),
        (4000, None, (1,), [(2, 3000), (3, 1000)]),
        (9999, 2, (1, 2, 3), []),
        (0, None, (), []),
    ],
)
def test_money_goes_to_the_named_instalment_and_then_to_the_oldest(
    amount: int, first: int | None, without: tuple[int, ...], expected: list[tuple[int, int]]
) -> None:
    assert rules.spread(PLAN, amount, first, without) == parts(*expected)
    if not without:
        assert rules.spread(PLAN, amount, first) == parts(*expected)


def test_of_an_instalment_that_is_partly_paid_only_the_rest_is_paid() -> None:
    running = having(part(1, paid=2900), part(2, paid=3000), part(3))
    assert rules.spread(running, 500) == parts((1, 100), (3, 400))


def test_a_cheque_pays_several_instalments_at_once() -> None:
    plan = having(DUE, part(2), part(3))
    paid = told(plan, PaidOutside("ext_1", parts((1, 3000), (2, 500))))
    found = changed(plan, paid)
    assert found.pop("instalments.0.paid") == 3000
    assert found.pop("instalments.0.state") is S.PAID
    assert found.pop("instalments.1.paid") == 500
    assert found == {}


PAID = replace(DUE, state=S.PAID, paid=3000)
TODAY = day("2026-03-02")


@pytest.mark.parametrize(
    ("before", "back", "gone", "after_it"),
    [
        ((PAID,), [(1, 3000)], (), (DUE,)),
        ((PAID,), [(1, 1000)], (), (replace(DUE, paid=2000),)),
        ((part(1, state=S.PAID, paid=3000),), [(1, 3000)], (), (part(1),)),
        (
            (replace(LATE, state=S.PAID, paid=3000),),
            [(1, 3000)],
            (),
            (replace(LATE, overdue_at=LATER),),  # late again, counted from the return
        ),
        (
            (PAID, part(2)),
            [(1, 3000)],
            (1,),  # its demand was closed meanwhile: a new one asks for all of it
            (part(2), Instalment(3, TODAY, 3000)),
        ),
        (
            (PAID, part(2)),
            [(1, 1000)],
            (1,),
            (replace(PAID, amount=2000, paid=2000), part(2), Instalment(3, TODAY, 1000)),
        ),
        (
            (part(2), PAID),
            [(7, 1000)],
            (),  # it is not in the plan any more
            (PAID, part(2), Instalment(3, TODAY, 1000)),
        ),
    ],
)
def test_a_cheque_that_came_back_is_asked_for_again(
    before: tuple[Instalment, ...],
    back: list[tuple[int, int]],
    gone: tuple[int, ...],
    after_it: tuple[Instalment, ...],
) -> None:
    plan = having(*before)
    reversal = PaidOutsideReversed("ext_1", parts(*back), gone, "No funds.")
    assert told(plan, reversal).instalments == after_it


def test_the_day_of_the_return_is_the_businesss() -> None:
    there = having(PAID, zone="Pacific/Auckland")
    late_evening = datetime.fromisoformat("2026-03-02T23:00:00+00:00")
    returned = rules.owed_again(there, parts((1, 3000)), (1,), late_evening)
    assert returned.instalments == (Instalment(2, day("2026-03-03"), 3000),)


@pytest.mark.parametrize(
    ("status", "expected"),
    [
        (PlanStatus.COMPLETED, {"status": PlanStatus.ACTIVE, "ended_at": None, "end_reason": ""}),
        (PlanStatus.BROKEN, {}),
        (PlanStatus.CANCELLED, {}),
        (PlanStatus.ACTIVE, {}),
    ],
)
def test_only_a_completed_plan_runs_again(status: PlanStatus, expected: dict[str, Any]) -> None:
    ended: dict[str, Any] = {"status": status, "ended_at": NOON, "end_reason": "Paid."}
    plan = having(PAID, part(2), **ended)
    reversal = PaidOutsideReversed("ext_1", parts((1, 3000)), (), "No funds.")
    found = changed(plan, told(plan, reversal))
    assert {name: found[name] for name in ended if name in found} == expected


@pytest.mark.parametrize(
    "payload",
    [PaidOutside("ext_1", ()), PaidOutsideReversed("ext_1", (), (), "No funds.")],
)
def test_the_plan_is_looked_at_when_money_moved_past_it(payload: Any) -> None:
    owed = plans.owed(payload, Audience())
    assert owed is not None
    assert ids(owed) == ["work:run_plan", "event:payment_plan.updated"]


def test_an_instalment_lowered_to_what_was_paid_of_it_is_paid() -> None:
    running = having(part(1), part(2, paid=1000), part(3))
    assert rules.lowered(running, 3000) == (
        part(1),
        part(2, amount=1000, paid=1000, state=S.PAID),
    )
    assert rules.lowered(running, 3001) == (part(1), part(2, amount=1001, paid=1000))
    assert rules.lowered(running, 0) == (part(2, amount=1000, paid=1000, state=S.PAID),)
    assert rules.lowered(running, 9000) == running.instalments
    nearly = having(part(1, paid=2999))
    assert rules.lowered(nearly, 0) == (part(1, amount=2999, paid=2999, state=S.PAID),)


# ----------------------------------------------------------------------- the instalment's demand

DEMAND = pending(id="ins_1_1", purpose=Purpose.INSTALMENT, demand=Demand(plan_id="plan_1"))
CHEQUE = InstalmentPaidOutside("ext_1", ExternalMethod.CHECK, "1044", 8900, day("2026-03-01"))


@pytest.mark.parametrize(
    ("demand", "amount"),
    [(DEMAND, 8901), (replace(DEMAND, payments=(payment(attempt()),)), 100)],
)
def test_a_demand_takes_no_more_than_it_asks_for_and_nothing_while_it_is_charged(
    demand: Invoice, amount: int
) -> None:
    with pytest.raises(BrokenRecord) as broken:
        instalments.step(demand, replace(CHEQUE, amount=amount), at(LATER))
    assert str(broken.value) == "ins_1_1: more money than it asks for"


def test_a_topic_takes_only_its_own_facts() -> None:
    with pytest.raises(BrokenRecord) as broken:
        instalments.step(DEMAND, Replanned("A new card."), at(LATER))
    assert str(broken.value) == "no step for Replanned"


def test_a_demand_that_was_partly_paid_twice_knows_both() -> None:
    once = instalments.step(DEMAND, replace(CHEQUE, amount=100), at(LATER))
    twice = instalments.step(once, replace(CHEQUE, amount=30), at(LATER))
    back = instalments.step(twice, InstalmentOwedAgain("ext_1", 100, "No funds."), at(LATER))
    assert [one.demand.applied for one in (once, twice, back) if one.demand] == [100, 130, 30]
    assert [one.amount_paid for one in (once, twice, back)] == [100, 130, 30]
