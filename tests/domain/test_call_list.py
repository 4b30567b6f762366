"""The call list: what moves a chance, that its reasons add up, and who comes first."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.call_list import LEAST, MIDDLE, MOST, chance_of, rank
from chalicelib.domain.customer import Customer
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.promise import Promise, ToldBy
from tests.domain.samples import NOON, bounded, customer, day, dunned, failed, line, pending

TODAY = day("2026-04-01")
_S = InvoiceStatus


def late(
    amount: int = 8900, days: int = 10, code: str = "insufficient_funds", **more: Any
) -> Invoice:
    due_on = TODAY - timedelta(days=days)
    over: dict[str, Any] = {"status": _S.OVERDUE, "overdue_at": NOON, "due_on": due_on}
    return replace(dunned(failed(code)), totals=pending(line(amount)).totals, **over, **more)


def promised(kept: bool | None = None) -> Promise:
    return Promise("pro_1", 8900, day("2026-03-09"), "Ada", ToldBy.PHONE, NOON, 8900, kept)


def paid(*, was_late: bool = False, promises: tuple[Promise, ...] = ()) -> Invoice:
    return pending(
        status=_S.PAID, amount_paid=8900, paid_at=NOON, closed_at=NOON,
        overdue_at=NOON if was_late else None, promises=promises,
    )  # fmt: skip


def percent(history: list[Invoice], code: str = "insufficient_funds") -> int:
    return chance_of([late(code=code)], history).percent


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("insufficient_funds", 55), ("processing_error", 65), ("do_not_honor", 50),
        ("expired_card", 65), ("authentication_required", 70), ("stolen_card", 40),
        ("invalid_amount", 50),
    ],
)  # fmt: skip
def test_the_last_decline_moves_the_chance(code: str, expected: int) -> None:
    assert percent([], code) == expected


def test_who_pays_by_hand_begins_in_the_middle() -> None:
    never_tried = pending(status=_S.OVERDUE, overdue_at=NOON)
    assert chance_of([never_tried], []).percent == MIDDLE
    assert chance_of([never_tried], []).reasons == ()


def test_promises_count_as_they_were_kept() -> None:
    """One that was paid before its day was kept too; one that still runs says nothing."""
    assert percent([paid(promises=(promised(),))]) == 65
    assert percent([late(promises=(promised(kept=False),))]) == 40
    assert percent([late(promises=(promised(),))]) == 55
    broken = [late(promises=(promised(kept=False),)) for _ in range(5)]
    assert percent(broken) == 25


def test_a_habit_needs_three_invoices() -> None:
    assert percent([paid()] * 2) == 55
    assert percent([paid()] * 3) == 70
    assert percent([paid(was_late=True), paid(), paid()]) == 65
    assert percent([paid(was_late=True)] * 2) == 60
    assert percent([pending(status=_S.UNCOLLECTIBLE)]) == 35


def test_a_row_says_why_in_words() -> None:
    owing = (customer(), [late(days=12), late(days=3)], [paid(was_late=True), paid(), paid()])
    (row,) = rank([owing], TODAY)
    assert row.words == (
        "Owes on 2 invoices, the oldest for 12 days; chance 65 in 100. "
        "The account had not enough on it; that passes. Paid 1 of 3 earlier invoices late."
    )
    assert (row.amount, row.age_days) == (17800, 12)
    assert row.weight == (8900 * 12 + 8900 * 3) * 65


Owing = tuple[Customer, list[Invoice], list[Invoice]]


@st.composite
def debtors(draw: st.DrawFn) -> Owing:
    codes = st.sampled_from(["insufficient_funds", "stolen_card", "expired_card"])
    due = st.builds(late, st.integers(1, 10**6), st.integers(-2, 400), codes)
    past = st.sampled_from(
        [
            paid(),
            paid(was_late=True),
            paid(promises=(promised(),)),
            late(promises=(promised(kept=False),)),
            pending(status=_S.UNCOLLECTIBLE),
        ]
    )
    return (
        customer(id=draw(st.sampled_from(["cus_1", "cus_2", "cus_3"]))),
        draw(st.lists(due, min_size=1, max_size=3)),
        draw(st.lists(past, max_size=6)),
    )


@bounded
@given(owing=st.lists(debtors(), max_size=4), today=st.just(TODAY))
def test_rows_are_ordered_and_their_reasons_add_up(owing: list[Owing], today: date) -> None:
    rows = rank(owing, today)
    assert len(rows) == len(owing)
    assert [row.weight for row in rows] == sorted((row.weight for row in rows), reverse=True)
    assert rows == rank(list(reversed(owing)), today) or len({o[0].id for o in owing}) < len(owing)
    for row in rows:
        told = MIDDLE + sum(reason.points for reason in row.chance.reasons)
        assert row.chance.percent == max(LEAST, min(MOST, told))
        assert row.weight > 0
        assert all(reason.words in row.words for reason in row.chance.reasons)


@bounded
@given(owing=debtors(), more=st.integers(1, 10**6), days=st.integers(1, 90))
def test_more_money_longer_owed_and_a_kept_promise_never_come_later(
    owing: Owing, more: int, days: int
) -> None:
    who, due, past = owing
    (row,) = rank([owing], TODAY)
    dearer = [replace(due[0], totals=pending(line(due[0].totals.total + more)).totals), *due[1:]]
    assert rank([(who, dearer, past)], TODAY)[0].weight > row.weight
    assert rank([owing], TODAY + timedelta(days=days))[0].weight >= row.weight
    kept = chance_of(row.invoices, [*past, late(promises=(promised(kept=True),))])
    broken = chance_of(row.invoices, [*past, late(promises=(promised(kept=False),))])
    assert broken.percent <= row.chance.percent <= kept.percent
