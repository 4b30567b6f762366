"""What a subscription will charge and when; pauses that are neither billed nor lost; its end."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import pairwise
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import subscription as rules
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.parties import Terms
from chalicelib.domain.subscription import (
    Interval,
    Subscription,
    SubscriptionStatus,
    first_anchor,
    schedule,
)
from tests.domain.samples import BIZ, CUS, bounded, day


def monthly(start: str = "2026-01-01", *, trial_days: int = 0, **changes: Any) -> Subscription:
    start_on = day(start)
    made = Subscription(
        id="sub_1",
        business_id=BIZ,
        customer_id=CUS,
        product="Platform",
        currency="USD",
        unit_amount=8900,
        start_on=start_on,
        trial_days=trial_days,
        segments=(first_anchor(start_on, trial_days),),
    )
    return replace(made, **changes)


def billed(subscription: Subscription, periods: int) -> Subscription:
    return replace(subscription, next_index=subscription.next_index + periods)


def paused(subscription: Subscription, on: str, *invoices: str) -> Subscription:
    return rules.paused(subscription, on=day(on), reason="unpaid", invoice_ids=invoices)


def resumed(subscription: Subscription, on: str) -> Subscription:
    return rules.resumed(subscription, on=day(on))


def test_a_contract_of_12_months_at_89_dollars() -> None:
    contract = monthly(contract_end_on=day("2026-12-31"))
    charges = list(schedule(contract))
    assert [charge.due_on for charge in charges] == [date(2026, n, 1) for n in range(1, 13)]
    assert [charge.amount for charge in charges] == [8900] * 12
    assert {charge.status for charge in charges} == {"scheduled"}
    assert charges[-1].period.last_on == day("2026-12-31")


def test_billed_periods_are_shown_as_billed() -> None:
    statuses = [one.status for one in schedule(billed(monthly(), 2), limit=4)]
    assert statuses == ["billed", "billed", "scheduled", "scheduled"]


def test_terms_move_the_due_dates_of_the_schedule() -> None:
    first = next(schedule(monthly(), Terms.NET_30))
    assert first.due_on == day("2026-01-31")


@pytest.mark.parametrize(
    ("interval", "starts"),
    [
        (Interval.MONTHLY, ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30"]),
        (Interval.QUARTERLY, ["2026-01-31", "2026-04-30", "2026-07-31", "2026-10-31"]),
        (Interval.YEARLY, ["2026-01-31", "2027-01-31", "2028-01-31", "2029-01-31"]),
    ],
)
def test_intervals_keep_their_anchor(interval: Interval, starts: list[str]) -> None:
    subscription = monthly("2026-01-31", interval=interval)
    assert [subscription.starts_on(index) for index in range(4)] == [day(one) for one in starts]


def test_a_leap_day_subscription_bills_on_the_last_of_february() -> None:
    yearly = monthly("2024-02-29", interval=Interval.YEARLY)
    starts = [yearly.starts_on(index).isoformat() for index in range(5)]
    assert starts == ["2024-02-29", "2025-02-28", "2026-02-28", "2027-02-28", "2028-02-29"]


def test_the_first_billed_period_starts_after_the_trial() -> None:
    first = next(schedule(monthly(trial_days=14)))
    assert (first.period.start_on, first.due_on) == (day("2026-01-15"), day("2026-01-15"))


def test_a_last_period_cut_by_the_contract_costs_its_share_of_days() -> None:
    contract = monthly(contract_end_on=day("2026-02-14"))
    january, february = schedule(contract)
    assert january.amount == 8900
    assert (february.period.days, february.amount) == (14, 4450)


def test_discount_quantity_and_tax_are_in_the_foretold_amount() -> None:
    priced = monthly(
        quantity=Decimal("2.5"), discount_percent=Decimal(10), tax_percent=Decimal("8.875")
    )
    line = priced.line(0)
    assert line is not None
    assert (line.gross, line.discount, line.amount) == (22250, 2225, 20025)
    assert next(schedule(priced)).amount == 20025 + 1777


def test_the_next_bill_is_made_days_ahead_in_the_local_morning() -> None:
    planned = rules.with_next_bill(monthly("2026-07-01"), zone="America/New_York", days_before=7)
    assert planned.next_bill_at == datetime(2026, 6, 24, 10, tzinfo=UTC)


def test_a_contract_that_is_over_ends() -> None:
    contract = monthly(contract_end_on=day("2026-03-31"), next_index=3)
    ended = rules.with_next_bill(contract, zone="UTC", days_before=0)
    assert (ended.status, ended.next_bill_at) == (SubscriptionStatus.ENDED, None)


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"unit_amount": -1}, "price_invalid"),
        ({"quantity": Decimal(0)}, "price_invalid"),
        ({"discount_percent": Decimal(101)}, "percent_invalid"),
        ({"tax_percent": Decimal(-1)}, "percent_invalid"),
        ({"trial_days": -1}, "trial_invalid"),
        ({"contract_end_on": date(2025, 12, 31)}, "contract_invalid"),
    ],
)
def test_what_cannot_be_billed_is_refused(changes: dict[str, Any], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.check(replace(monthly(), **changes))
    assert refused.value.code == code


def test_paused_days_move_what_is_not_yet_billed_and_the_end() -> None:
    contract = billed(monthly(contract_end_on=day("2026-12-31")), 3)
    again = resumed(paused(contract, "2026-03-15", "inv_3"), "2026-03-25")
    assert again.starts_on(3) == day("2026-04-11")
    assert again.contract_end_on == day("2027-01-10")
    rest = [charge for charge in schedule(again) if charge.status == "scheduled"]
    assert [charge.amount for charge in rest] == [8900] * 9
    assert rest[-1].period.last_on == day("2027-01-10")


def test_a_billed_period_stays_as_it_was_printed() -> None:
    before = billed(monthly(), 3)
    again = resumed(paused(before, "2026-03-15"), "2026-03-25")
    assert [again.period(index) for index in range(3)] == [
        before.period(index) for index in range(3)
    ]


def test_several_pauses_add_up() -> None:
    once = resumed(paused(billed(monthly(), 1), "2026-01-10"), "2026-01-20")
    twice = resumed(paused(once, "2026-01-25"), "2026-01-30")
    assert twice.starts_on(1) == day("2026-02-16")
    assert [pause.until_on for pause in twice.pauses] == [day("2026-01-20"), day("2026-01-30")]


def test_resuming_the_same_day_moves_nothing() -> None:
    before = billed(monthly(), 1)
    assert resumed(paused(before, "2026-01-10"), "2026-01-10").segments == before.segments


def test_a_pause_before_the_first_day_does_not_put_it_off() -> None:
    early = paused(monthly("2026-02-01"), "2026-01-10")
    assert resumed(early, "2026-01-20").starts_on(0) == day("2026-02-01")
    assert resumed(early, "2026-02-04").starts_on(0) == day("2026-02-04")


def test_a_pause_in_the_trial_makes_the_trial_longer() -> None:
    trial = monthly(trial_days=14)
    assert resumed(paused(trial, "2026-01-05"), "2026-01-08").starts_on(0) == day("2026-01-18")


def test_a_second_unpaid_invoice_joins_the_pause() -> None:
    both = paused(paused(monthly(), "2026-01-10", "inv_2"), "2026-02-10", "inv_1")
    assert both.current_pause is not None
    assert both.current_pause.invoice_ids == ("inv_1", "inv_2")
    assert both.current_pause.from_on == day("2026-01-10")


def test_an_unpaid_invoice_does_not_take_over_a_pause_of_staff() -> None:
    by_hand = paused(monthly(), "2026-01-10")
    joined = paused(by_hand, "2026-01-12", "inv_1")
    assert joined.current_pause is not None
    assert joined.current_pause.invoice_ids == ()


def test_a_cancelled_subscription_never_runs_again() -> None:
    over = rules.cancelled(paused(monthly(), "2026-01-10", "inv_1"), on=day("2026-01-12"))
    assert (over.status, over.next_bill_at) == (SubscriptionStatus.CANCELLED, None)
    with pytest.raises(Conflict) as refused:
        resumed(over, "2026-01-15")
    assert refused.value.code == "subscription_not_paused"


def test_a_period_that_had_begun_before_the_pause_stays_where_it_is() -> None:
    """Its group's billing day is still to come; alone it was billed when it began."""
    running = resumed(paused(monthly(), "2026-01-10"), "2026-01-20")
    starts = [running.starts_on(index).isoformat() for index in range(3)]
    assert starts == ["2026-01-01", "2026-02-11", "2026-03-11"]
    first = running.period(0)
    assert first is not None
    assert first.end_on == day("2026-02-01")


@pytest.mark.parametrize(
    ("status", "first", "expected"),
    [("active", 31, True), ("paused", 9, True), ("paused", 10, False), ("cancelled", 9, True),
     ("cancelled", 10, False), ("dropped", 9, False), ("ended", 1, False),
     ("cancelled while paused", 9, True), ("cancelled while paused", 12, False)],
)  # fmt: skip
def test_what_had_begun_is_billed_although_the_service_has_stopped(
    status: str, first: int, expected: bool
) -> None:
    stopped_on = day("2026-01-10")
    over = rules.cancelled(monthly(), on=stopped_on)
    one = {
        "active": monthly(),
        "paused": paused(monthly(), "2026-01-10"),
        "cancelled": over,
        "cancelled while paused": rules.cancelled(
            paused(monthly(), "2026-01-10"), on=day("2026-01-20")
        ),
        "dropped": replace(over, debt_dropped=True),
        "ended": monthly(status=SubscriptionStatus.ENDED),
    }[status]
    assert rules.may_bill(one, date(2026, 1, first)) is expected


def test_steps_that_make_no_sense_are_refused() -> None:
    with pytest.raises(Conflict):
        resumed(monthly(), "2026-01-10")
    ended = monthly(status=SubscriptionStatus.ENDED)
    with pytest.raises(Conflict):
        paused(ended, "2026-01-10")
    with pytest.raises(Conflict):
        rules.cancelled(ended, on=day("2026-01-10"))


histories = st.lists(
    st.tuples(st.integers(0, 3), st.integers(0, 40), st.integers(0, 40)), max_size=6
)


@bounded
@given(
    start=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    interval=st.sampled_from(Interval),
    history=histories,
)
def test_billed_days_and_paused_days_are_all_the_days_there_were(
    start: date, interval: Interval, history: list[tuple[int, int, int]]
) -> None:
    """Each step bills some periods, lets some days go by, pauses, and resumes."""
    running = monthly(start.isoformat(), interval=interval)
    billed_days, today = 0, start
    for periods, wait, rest in history:
        for _ in range(periods):
            period = running.period(running.next_index)
            assert period is not None
            billed_days += period.days
            running = billed(running, 1)
        today += timedelta(days=wait)
        stopped = rules.paused(running, on=today, reason="", invoice_ids=())
        today += timedelta(days=rest)
        running = rules.resumed(stopped, on=today)
    while running.starts_on(running.next_index) < today:  # a group's billing day is still to come
        begun = running.period(running.next_index)
        assert begun is not None
        billed_days += begun.days
        running = billed(running, 1)
    paused_days = sum(((one.until_on or one.from_on) - one.from_on).days for one in running.pauses)
    elapsed = (running.starts_on(running.next_index) - start).days
    assert billed_days + paused_days == elapsed


@bounded
@given(
    start=st.dates(date(2024, 1, 1), date(2027, 12, 31)),
    days=st.integers(1, 800),
    interval=st.sampled_from(Interval),
)
def test_the_periods_of_a_contract_cover_it_without_gap_or_overlap(
    start: date, days: int, interval: Interval
) -> None:
    end = start + timedelta(days=days - 1)
    charges = list(schedule(monthly(start.isoformat(), interval=interval, contract_end_on=end)))
    assert charges[0].period.start_on == start
    assert charges[-1].period.last_on == end
    for earlier, later in pairwise(charges):
        assert earlier.period.end_on == later.period.start_on
    assert sum(charge.period.days for charge in charges) == days
    assert all(0 <= charge.amount <= 8900 for charge in charges)
