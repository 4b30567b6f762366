"""Payment plans by their rules alone: parts that add up, when they are due, when a plan breaks."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import payment_plan as rules
from chalicelib.domain.due import DueKind, due_of
from chalicelib.domain.errors import BrokenRecord, Conflict, InvalidInput
from chalicelib.domain.payment_plan import (
    Acceleration,
    Instalment,
    InstalmentState,
    PaymentPlan,
    PlanStatus,
    Rhythm,
    equal_instalments,
)
from chalicelib.domain.payment_plan_facts import (
    InstalmentDemanded,
    InstalmentPaid,
    InstalmentWentOverdue,
    PlanChanged,
    PlanEnded,
    PlanMade,
    PlanPostponed,
)
from chalicelib.domain.record import first_of_party, on_party
from tests.domain.samples import NOON, bounded

FIRST = date(2026, 4, 1)


def plan(**changes: Any) -> PaymentPlan:
    made = PaymentPlan(
        id="plan_1",
        business_id="biz_1",
        customer_id="cus_1",
        currency="USD",
        reference="P-1",
        invoice_ids=("inv_1",),
        instalments=equal_instalments(9000, 3, FIRST, Rhythm.MONTHLY),
        autopay=True,
        acceleration=Acceleration(2, 30),
        days_before=7,
        zone="UTC",
        created_at=NOON,
    )
    return replace(made, **changes)


def told(*payloads: Any, of: PaymentPlan | None = None, hours: int = 1) -> PaymentPlan:
    head, _ = first_of_party(made := of or plan(), PlanMade(made), at=NOON)
    for at, payload in enumerate(payloads, start=1):
        head, _ = on_party(head, payload, at=NOON + timedelta(hours=hours * at))
    return head


@bounded
@given(st.integers(24, 10**9), st.integers(1, 24), st.sampled_from(Rhythm))
def test_equal_instalments_add_up_to_the_unit(total: int, count: int, rhythm: Rhythm) -> None:
    parts = equal_instalments(total, count, FIRST, rhythm)
    amounts = [one.amount for one in parts]
    assert (sum(amounts), len(parts)) == (total, count)
    assert max(amounts) - min(amounts) <= 1
    assert amounts == sorted(amounts, reverse=True)
    days = [one.due_on for one in parts]
    assert days == sorted(set(days))
    assert days[0] == FIRST


def test_a_monthly_rhythm_keeps_the_end_of_the_month() -> None:
    parts = equal_instalments(300, 3, date(2026, 1, 31), Rhythm.MONTHLY)
    assert [one.due_on.isoformat() for one in parts] == ["2026-01-31", "2026-02-28", "2026-03-31"]


def parts_of(*parts: tuple[int, int]) -> list[Instalment]:
    return [Instalment(0, FIRST + timedelta(days=days), amount) for days, amount in parts]


@pytest.mark.parametrize(
    ("parts", "code"),
    [
        ((), "instalments_invalid"),
        (((0, 4500), (0, 4500)), "instalments_invalid"),
        (((1, 4500), (0, 4500)), "instalments_invalid"),
        (((-1, 9000),), "instalments_invalid"),
        (((0, 8960), (1, 40)), "instalments_invalid"),
        (((0, 4500), (2000, 4500)), "instalments_invalid"),
        (((0, 4500), (1, 4501)), "instalments_do_not_add_up"),
    ],
)
def test_parts_that_cannot_be(parts: tuple[tuple[int, int], ...], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.check_instalments(parts_of(*parts), 9000, "USD", FIRST)
    assert refused.value.code == code


def test_it_is_looked_at_when_an_instalment_is_to_be_asked_for() -> None:
    made = told()
    assert made.next_at is not None
    assert made.next_at.isoformat() == "2026-03-25T00:00:00+00:00"
    assert due_of(made) == (DueKind.BILL, made.next_at)
    asked = told(InstalmentDemanded(1, "ins_1_1"))
    assert asked.next_at is not None
    assert asked.next_at.isoformat() == "2026-04-24T00:00:00+00:00"


def test_two_overdue_break_it_at_the_second_and_one_after_thirty_days() -> None:
    one = told(InstalmentDemanded(1, "a"), InstalmentWentOverdue(1))
    assert rules.breaks_at(one) == NOON + timedelta(days=30, hours=2)
    two = told(
        InstalmentDemanded(1, "a"),
        InstalmentDemanded(2, "b"),
        InstalmentWentOverdue(1),
        InstalmentWentOverdue(2),
    )
    assert rules.breaks_at(two) == NOON + timedelta(hours=4)
    never = told(
        InstalmentDemanded(1, "a"),
        InstalmentWentOverdue(1),
        of=plan(acceleration=Acceleration(None, None)),
    )
    assert rules.breaks_at(never) is None


def test_money_that_comes_heals_it() -> None:
    healed = told(
        InstalmentDemanded(1, "a"), InstalmentWentOverdue(1), InstalmentPaid(1, 3000, "a")
    )
    assert rules.breaks_at(healed) is None
    assert healed.instalments[0].state is InstalmentState.PAID


def test_a_part_and_money_taken_back() -> None:
    part = told(InstalmentDemanded(1, "a"), InstalmentPaid(1, 1000, "a"))
    assert (part.instalments[0].state, part.amount_remaining) == (InstalmentState.DUE, 8000)
    back = told(
        InstalmentDemanded(1, "a"), InstalmentPaid(1, 3000, "a"), InstalmentPaid(1, -3000, "a/2")
    )
    assert (back.instalments[0].state, back.amount_paid) == (InstalmentState.DUE, 0)


def test_it_is_not_broken_while_money_is_on_its_way() -> None:
    tomorrow = NOON + timedelta(days=60)
    waits = told(
        InstalmentDemanded(1, "a"), InstalmentWentOverdue(1), PlanPostponed(tomorrow, "A debit.")
    )
    assert rules.breaks_at(waits) == tomorrow


def test_paid_in_full_it_is_looked_at_at_once() -> None:
    paid = told(InstalmentDemanded(1, "a"), InstalmentPaid(1, 9000, "a"), of=plan(
        instalments=equal_instalments(9000, 1, FIRST, Rhythm.WEEKLY)
    ))  # fmt: skip
    assert paid.next_at == NOON + timedelta(hours=2)
    ended = told(PlanEnded(PlanStatus.CANCELLED, "Agreed."))
    assert (ended.next_at, ended.is_active) == (None, False)


def test_what_was_paid_stays_when_the_rest_is_changed() -> None:
    partly = told(InstalmentDemanded(1, "a"), InstalmentPaid(1, 1000, "a"))
    fresh = rules.replaced(partly, parts_of((5, 5000), (9, 3000))).instalments
    assert [(one.number, one.amount, one.state.value) for one in fresh] == [
        (1, 1000, "paid"),
        (4, 5000, "scheduled"),
        (5, 3000, "scheduled"),
    ]
    changed = told(
        InstalmentDemanded(1, "a"),
        InstalmentPaid(1, 1000, "a"),
        PlanChanged(fresh, False, "Payday."),
    )
    assert (changed.total, changed.autopay) == (9000, False)
    with pytest.raises(Conflict):
        rules.replaced(told(PlanEnded(PlanStatus.BROKEN, "Broken.")), parts_of((0, 9000)))


@bounded
@given(st.integers(0, 9000))
def test_less_owed_is_less_asked_for_from_the_end(owed: int) -> None:
    fitting = rules.lowered(plan(), owed)
    amounts = [one.amount for one in fitting]
    assert sum(amounts) == owed
    assert amounts[:-1] == [3000] * (len(amounts) - 1)


def test_what_is_asked_for_already_is_not_lowered() -> None:
    asked = told(InstalmentDemanded(1, "a"))
    assert [one.amount for one in rules.lowered(asked, 0)] == [3000]


def test_a_fact_of_an_instalment_that_is_not_there_is_a_broken_record() -> None:
    with pytest.raises(BrokenRecord):
        told(InstalmentDemanded(9, "x"))
