"""Payment plans, fact by fact: what each changes and owes, and every limit from both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.domain import payment_plan as rules
from chalicelib.domain import payment_plan_facts as plans
from chalicelib.domain.errors import BrokenRecord, Conflict
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment_plan import (
    Acceleration,
    Instalment,
    InstalmentState,
    PaymentPlan,
    PlanStatus,
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
from tests.domain.desk.books import at, ids
from tests.domain.samples import NOON, after, day
from tests.domain.test_what_each_fact_changes import LATER, changed

S = InstalmentState
FIRST, SECOND, THIRD = day("2026-04-01"), day("2026-05-01"), day("2026-06-01")
PLAN = PaymentPlan(
    id="plan_1",
    business_id="biz_1",
    customer_id="cus_1",
    currency="USD",
    reference="P-1",
    invoice_ids=("inv_1",),
    instalments=(
        Instalment(1, FIRST, 3000),
        Instalment(2, SECOND, 3000),
        Instalment(3, THIRD, 3000),
    ),
    autopay=True,
    acceleration=Acceleration(2, 30),
    days_before=7,
    zone="UTC",
    created_at=NOON,
    next_at=datetime.fromisoformat("2026-03-25T00:00:00+00:00"),
)
APRIL_24 = datetime.fromisoformat("2026-04-24T00:00:00+00:00")


def having(*parts: Instalment, **changes: Any) -> PaymentPlan:
    made = replace(PLAN, instalments=parts or PLAN.instalments, **changes)
    return replace(made, next_at=rules.next_at(made, NOON))


def part(number: int = 1, **changes: Any) -> Instalment:
    return replace(PLAN.instalments[number - 1], **changes)


DUE = part(state=S.DUE, demand_id="ins_1_1")
LATE = replace(DUE, state=S.OVERDUE, overdue_at=NOON)
FRESH = (part(), Instalment(4, day("2026-07-01"), 6000))
RUN = ["work:run_plan", "event:payment_plan.updated"]

FACTS = [
    (
        PLAN,
        InstalmentDemanded(1, "ins_1_1"),
        {
            "instalments.0.state": S.DUE,
            "instalments.0.demand_id": "ins_1_1",
            "next_at": APRIL_24,
        },
        [],
    ),
    (
        having(DUE, part(2)),
        InstalmentPaid(1, 2999, "a"),
        {"instalments.0.paid": 2999},
        RUN,
    ),
    (
        having(replace(DUE, paid=1), part(2)),
        InstalmentPaid(1, 2999, "a"),
        {"instalments.0.paid": 3000, "instalments.0.state": S.PAID},
        RUN,
    ),
    (
        having(replace(DUE, paid=3000, state=S.PAID), part(2)),
        InstalmentPaid(1, -1000, "b"),
        {"instalments.0.paid": 2000, "instalments.0.state": S.DUE},
        RUN,
    ),
    (
        having(replace(LATE, paid=3000, state=S.PAID), part(2), acceleration=Acceleration(5, None)),
        InstalmentPaid(1, -3000, "b"),
        {"instalments.0.paid": 0, "instalments.0.state": S.OVERDUE},
        RUN,
    ),
    (
        having(DUE, part(2)),
        InstalmentWentOverdue(1),
        {"instalments.0.state": S.OVERDUE, "instalments.0.overdue_at": LATER, "next_at": after(
            days=30, hours=5
        )},
        ["work:run_plan"],
    ),
    (
        having(part()),
        PlanChanged(FRESH, False, "Payday."),
        {"instalments": FRESH, "autopay": False},
        RUN,
    ),
    (
        having(LATE),
        PlanPostponed(after(days=60), "A debit is on its way."),
        {"postponed_until": after(days=60), "next_at": after(days=60)},
        [],
    ),
    (
        PLAN,
        PlanEnded(PlanStatus.BROKEN, "Two are overdue."),
        {
            "status": PlanStatus.BROKEN,
            "ended_at": LATER,
            "end_reason": "Two are overdue.",
            "next_at": None,
        },
        ["mail:plan_broken", "staff_mail:staff_plan_broken", "event:payment_plan.broken"],
    ),
    (
        PLAN,
        PlanEnded(PlanStatus.COMPLETED, "Paid."),
        {
            "status": PlanStatus.COMPLETED,
            "ended_at": LATER,
            "end_reason": "Paid.",
            "next_at": None,
        },
        ["event:payment_plan.completed"],
    ),
]  # fmt: skip


def told(plan: PaymentPlan | None, payload: Any) -> PaymentPlan:
    return plans.plan_step(plan, payload, replace(at(LATER), kind=payload.kind))


@pytest.mark.parametrize(("plan", "payload", "changes", "owes"), FACTS)
def test_a_fact_changes_and_owes_this(
    plan: PaymentPlan, payload: Any, changes: dict[str, Any], owes: list[str]
) -> None:
    assert changed(plan, told(plan, payload)) == changes
    owed = plans.owed(payload, Audience())
    assert owed is not None
    assert ids(owed) == owes


def test_a_plan_begins_and_is_looked_at_before_its_first_part() -> None:
    begun = told(None, PlanMade(replace(PLAN, next_at=None)))
    assert begun == PLAN
    owed = plans.owed(PlanMade(PLAN), Audience())
    assert owed is not None
    assert ids(owed) == ["work:run_plan", "event:payment_plan.created"]
    assert plans.owed(SimpleNamespace(kind="paused"), Audience()) is None


@pytest.mark.parametrize(
    ("plan", "payload", "words"),
    [
        (None, InstalmentPaid(1, 5, "a"), "instalment_paid before created"),
        (PLAN, InstalmentPaid(9, 5, "a"), "plan_1 has no instalment 9"),
        (PLAN, SimpleNamespace(kind="paused"), "no step for SimpleNamespace"),
    ],
)
def test_what_cannot_be_is_named(plan: PaymentPlan | None, payload: Any, words: str) -> None:
    with pytest.raises(BrokenRecord) as broken:
        told(plan, payload)
    assert str(broken.value) == words


# ------------------------------------------------------------------------------- what it adds up to


def test_what_is_paid_and_what_is_left() -> None:
    mixed = having(
        part(3, paid=100),
        part(1, state=S.PAID, paid=3200),  # a cent too much of one pays no other
        part(2, demand_id="ins_1_2", state=S.DUE),
    )
    assert (mixed.total, mixed.amount_paid, mixed.amount_remaining) == (9000, 3300, 5900)
    assert [one.number for one in mixed.unpaid] == [2, 3]
    assert mixed.open_demands == ("ins_1_2",)
    assert mixed.instalment(3) == mixed.instalments[0]
    assert mixed.instalment(4) is None


def test_parts_of_one_day_are_in_the_order_of_their_numbers() -> None:
    twins = having(part(2, due_on=FIRST), part(1))
    assert [one.number for one in twins.unpaid] == [1, 2]


# ------------------------------------------------------------------------------------- its clock


def late(number: int, **by: float) -> Instalment:
    return part(number, state=S.OVERDUE, overdue_at=after(**by))


@pytest.mark.parametrize(
    ("parts", "rule", "breaks"),
    [
        ((late(1), part(2)), Acceleration(2, 30), after(days=30)),
        ((late(1), part(2)), Acceleration(1, 30), NOON),
        ((late(1), part(2)), Acceleration(2, None), None),
        ((late(2, days=9), late(1, days=2), part(3)), Acceleration(2, None), after(days=9)),
        ((late(2, days=9), late(1, days=2), part(3)), Acceleration(2, 5), after(days=7)),
        ((late(2, days=9), late(1, days=2), part(3)), Acceleration(None, 5), after(days=7)),
        ((late(2, days=9), late(1, days=2), part(3)), Acceleration(3, None), None),
        ((part(1), part(2)), Acceleration(1, 1), None),
    ],
)
def test_when_the_rule_ends_it(
    parts: tuple[Instalment, ...], rule: Acceleration, breaks: datetime | None
) -> None:
    assert rules.breaks_at(having(*parts, acceleration=rule)) == breaks


def test_a_plan_that_was_postponed_is_not_broken_sooner() -> None:
    waits = having(late(1), acceleration=Acceleration(1, None), postponed_until=after(days=3))
    assert rules.breaks_at(waits) == after(days=3)
    over = replace(waits, postponed_until=after(days=-3))
    assert rules.breaks_at(over) == NOON
    kept = having(part(1), postponed_until=after(days=3))
    assert rules.breaks_at(kept) is None


def test_a_part_is_asked_for_in_the_night_of_the_business() -> None:
    there = replace(PLAN, zone="America/New_York", days_before=3)
    assert rules.bill_at(there, part(1)) == datetime.fromisoformat("2026-03-29T04:00:00+00:00")


@pytest.mark.parametrize(
    ("plan", "looked_at"),
    [
        (PLAN, "2026-03-25T00:00:00+00:00"),
        (having(part(2), part(1)), "2026-03-25T00:00:00+00:00"),
        (having(DUE, part(2)), "2026-04-24T00:00:00+00:00"),
        (having(LATE, part(2)), "2026-04-01T12:00:00+00:00"),
        (having(DUE), None),
        (having(part(1, state=S.PAID)), NOON.isoformat()),
        (replace(PLAN, status=PlanStatus.CANCELLED), None),
    ],
)
def test_when_it_is_looked_at_next(plan: PaymentPlan, looked_at: str | None) -> None:
    found = rules.next_at(plan, NOON)
    assert (None if found is None else found.isoformat()) == looked_at


# ------------------------------------------------------------------------------- changes of parts


@pytest.mark.parametrize(
    ("owed", "amounts"),
    [
        (9000, [3000, 3000, 3000]),
        (9500, [3000, 3000, 3000]),
        (8999, [3000, 3000, 2999]),
        (6000, [3000, 3000]),
        (5999, [3000, 2999]),
        (0, []),
    ],
)
def test_less_owed_is_less_asked_for_from_the_end(owed: int, amounts: list[int]) -> None:
    shuffled = having(part(2), part(3), part(1))
    assert [one.amount for one in rules.lowered(shuffled, owed)] == amounts


def test_what_was_asked_for_already_stays() -> None:
    asked = having(DUE, part(2, state=S.PAID, paid=3000), part(3))
    found = rules.lowered(asked, 1000)
    assert [(one.number, one.amount) for one in found] == [(1, 3000), (2, 3000)]
    first = having(part(1), part(2, due_on=FIRST))
    assert [(one.number, one.amount) for one in rules.lowered(first, 4000)] == [
        (1, 3000),
        (2, 1000),
    ]


def chosen(*parts: tuple[int, int]) -> tuple[Instalment, ...]:
    return tuple(Instalment(0, FIRST + timedelta(days=days), amount) for days, amount in parts)


def test_new_parts_are_numbered_on_and_what_was_paid_stays() -> None:
    running = having(part(1, paid=1000, state=S.DUE), part(2, paid=1), part(3))
    new = rules.replaced(running, chosen((5, 5000), (9, 2999)))
    assert changed(running, new) == {
        "instalments": (
            part(1, paid=1000, amount=1000, state=S.PAID),
            part(2, paid=1, amount=1, state=S.PAID),
            Instalment(4, date(2026, 4, 6), 5000),
            Instalment(5, date(2026, 4, 10), 2999),
        )
    }


def test_a_plan_that_has_ended_is_not_changed() -> None:
    with pytest.raises(Conflict) as refused:
        rules.replaced(replace(PLAN, status=PlanStatus.BROKEN), chosen((0, 9000)))
    assert (refused.value.code, refused.value.detail) == (
        "plan_not_active",
        "The plan is broken.",
    )
