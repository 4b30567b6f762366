"""Pay days: which days they are, and what waiting for one makes of a sequence of retries."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.dates import instant, local_date
from chalicelib.domain.decisions import PayNow, RetryAt
from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.dunning import decide, slot_at
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.invoice import NextActionKind
from chalicelib.domain.network_caps import CapVerdict
from chalicelib.domain.pay_days import PayDays, Weekday, next_window
from chalicelib.domain.plan import next_action
from chalicelib.domain.policy import DAY, GENTLE, HOUR, STANDARD, ClassRule, DunningPolicy, check
from tests.domain.samples import after, bank, bounded, card, declined, dunned, failed, standing

CARD = card()
FUNDS = DeclineClass.FUNDS
NEVER = PayDays((28,), ())


def waiting(days: PayDays, **changes: object) -> DunningPolicy:
    """Standard, but an empty account is tried again on `days`."""
    rule = ClassRule(FUNDS, on_pay_days=True)
    return check(replace(STANDARD, class_rules=(rule,), pay_days=days, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("days", "day", "is_one"),
    [
        (PayDays(), date(2026, 3, 1), True),
        (PayDays(), date(2026, 3, 15), True),
        (PayDays(), date(2026, 3, 6), True),  # a Friday
        (PayDays(), date(2026, 3, 7), False),
        (PayDays((31,), ()), date(2026, 2, 28), True),
        (PayDays((30,), ()), date(2026, 2, 27), False),
        (PayDays((31,), ()), date(2026, 3, 30), False),
        (PayDays((), (Weekday.MONDAY,)), date(2026, 3, 2), True),
    ],
)
def test_which_days_are_pay_days(days: PayDays, day: date, is_one: bool) -> None:
    assert days.falls_on(day) is is_one


@pytest.mark.parametrize(
    ("policy", "words"),
    [
        (waiting(PayDays()), ""),
        (replace(STANDARD, pay_days=PayDays((), ())), "name at least one"),
        (replace(STANDARD, pay_days=PayDays((0,))), "between 1 and 31"),
        (replace(STANDARD, pay_days=PayDays((1, 1))), "each once"),
        (replace(STANDARD, pay_days=PayDays(tuple(range(1, 12)))), "at most 10"),
        (replace(STANDARD, pay_days=PayDays((1,), (Weekday.FRIDAY,) * 2)), "named once"),
        (replace(STANDARD, pay_days=PayDays(hour=24)), "between 0 and 23"),
        (
            replace(STANDARD, class_rules=(ClassRule(FUNDS, on_pay_days=True),)),
            "After funds a pay day is waited for, and the policy names none: set pay_days.",
        ),
        (
            replace(
                STANDARD,
                class_rules=(ClassRule(FUNDS, retry=False, on_pay_days=True),),
                pay_days=PayDays(),
            ),
            "After funds either wait for a pay day or do not retry: not both.",
        ),
    ],
)
def test_what_a_policy_may_say_of_them(policy: DunningPolicy, words: str) -> None:
    if not words:
        assert check(policy) is policy
        return
    with pytest.raises(InvalidInput) as refused:
        check(policy)
    assert refused.value.code == "policy_invalid"
    assert words in refused.value.detail


def test_no_hard_decline_waits_for_a_pay_day() -> None:
    rule = ClassRule(DeclineClass.DEAD, on_pay_days=True)
    with pytest.raises(InvalidInput) as refused:
        check(replace(STANDARD, class_rules=(rule,), pay_days=PayDays()))
    assert refused.value.code == "policy_overrides_network"


def test_an_empty_account_is_tried_on_the_next_pay_day_and_staff_read_why() -> None:
    """Monday noon; its slots of Monday, Tuesday and Thursday wait for Friday at nine there."""
    invoice = dunned(failed("insufficient_funds"), policy=waiting(PayDays()))
    around = standing(CARD, zone="America/New_York")
    later = decide(STANDARD, invoice, around, after())
    assert isinstance(later, RetryAt)
    assert (later.at, later.reason.code) == (datetime(2026, 3, 6, 14, tzinfo=UTC), "pay_day")
    told = next_action(STANDARD, replace(invoice, reminded_at=after(days=60)), around, after())
    assert told is not None
    assert (told.kind, told.at) == (NextActionKind.RETRY, later.at)
    assert told.reason == (
        "Waits for retry 1 of 4 at 2026-03-06 14:00 UTC: Friday, 2026-03-06, is a likely pay day."
    )
    tried = decide(STANDARD, invoice, around, later.at)
    assert isinstance(tried, PayNow)
    assert (tried.slot, tried.slots_done) == (0, 3)


def test_within_the_window_it_is_tried_at_once() -> None:
    days = PayDays((), (Weekday.MONDAY,))
    invoice = dunned(failed("insufficient_funds"), policy=waiting(days))
    assert isinstance(decide(STANDARD, invoice, standing(CARD), after()), PayNow)


def test_other_classes_wait_for_no_pay_day() -> None:
    invoice = dunned(failed("processing_error"), policy=GENTLE)
    assert isinstance(decide(STANDARD, invoice, standing(CARD), after()), PayNow)


def test_without_a_pay_day_left_in_the_sequence_nothing_is_moved() -> None:
    invoice = dunned(failed("insufficient_funds"), policy=waiting(NEVER))
    assert isinstance(decide(STANDARD, invoice, standing(CARD), after()), PayNow)


def test_the_last_day_of_the_sequence_still_counts_in_its_evening() -> None:
    """The last slot is Monday at noon; the window of that Monday opens at five."""
    policy = waiting(PayDays((), (Weekday.MONDAY,), 17))
    invoice = dunned(failed("insufficient_funds"), policy=policy, slots_done=3)
    later = decide(STANDARD, invoice, standing(CARD), after(days=6))
    assert isinstance(later, RetryAt)
    assert later.at == after(days=7, hours=5)


def test_what_the_network_asked_for_comes_first_then_the_pay_day() -> None:
    """Mastercard's 28 says six days: Friday is too soon, so it is the next day that is one."""
    said = declined("insufficient_funds", brand="mastercard", network_advice_code="28")
    invoice = dunned(
        failed(said, method=card("pm_2", brand="mastercard")),
        policy=waiting(PayDays((9,), (Weekday.FRIDAY,))),
    )
    later = decide(STANDARD, invoice, standing(card("pm_2", brand="mastercard")), after())
    assert isinstance(later, RetryAt)
    assert later.at == datetime(2026, 3, 9, 9, tzinfo=UTC)


def test_a_network_cap_is_kept_on_a_pay_day() -> None:
    invoice = dunned(failed("insufficient_funds"), policy=waiting(PayDays()))
    capped = standing(CARD, caps=CapVerdict(after(days=30), "Visa allows no more tries."))
    at = datetime(2026, 3, 6, 9, tzinfo=UTC)
    decision = decide(STANDARD, invoice, capped, at)
    assert isinstance(decision, RetryAt)
    assert (decision.reason.code, decision.slots_done) == ("network_cap", 3)


def test_a_bank_debit_keeps_its_72_hours() -> None:
    said = declined("insufficient_funds", bank_debit=True)
    rule = ClassRule(DeclineClass.DEBIT, on_pay_days=True)
    policy = check(
        replace(
            STANDARD, class_rules=(rule,), pay_days=PayDays((), (Weekday.TUESDAY, Weekday.FRIDAY))
        )
    )
    invoice = dunned(failed(said, method=bank()), policy=policy)
    later = decide(STANDARD, invoice, standing(bank()), after())
    assert isinstance(later, RetryAt)
    assert later.at == datetime(2026, 3, 6, 9, tzinfo=UTC)


days_of_pay = st.builds(
    PayDays,
    st.lists(st.integers(1, 31), max_size=4, unique=True).map(tuple),
    st.lists(st.sampled_from(Weekday), min_size=1, max_size=3, unique=True).map(tuple),
    st.integers(0, 23),
)
zones = st.sampled_from(["UTC", "America/New_York", "Pacific/Auckland", "Asia/Kolkata"])


@bounded
@given(
    days=days_of_pay,
    wait=st.sampled_from([0, HOUR, DAY, 3 * DAY]),
    hour=st.integers(0, 24 * 8),
    done=st.integers(0, 3),
    zone=zones,
)
def test_a_pay_day_only_ever_makes_it_later_and_within_the_sequence(
    days: PayDays, wait: int, hour: int, done: int, zone: str
) -> None:
    """Against the same policy without them: never sooner, never past the last slot's day."""
    rule = ClassRule(FUNDS, wait, on_pay_days=True)
    policy = check(replace(STANDARD, class_rules=(rule,), pay_days=days))
    plain = replace(policy, class_rules=(replace(rule, on_pay_days=False),))
    around, now = standing(CARD, zone=zone), after(hours=hour)

    def planned(by: DunningPolicy) -> tuple[datetime, bool]:
        invoice = dunned(failed("insufficient_funds"), policy=by, slots_done=done)
        decision = decide(STANDARD, invoice, around, now)
        assert isinstance(decision, PayNow | RetryAt)
        return (decision.at, True) if isinstance(decision, RetryAt) else (now, False)

    (moved, waits), (bare, _) = planned(policy), planned(plain)
    assert moved >= bare
    sequence = dunned(failed("insufficient_funds"), policy=policy).dunning
    assert sequence is not None
    last_on = local_date(slot_at(sequence, 3), zone)
    if waits and moved > bare:
        assert local_date(moved, zone) <= last_on
        assert days.falls_on(local_date(moved, zone))


@bounded
@given(days=days_of_pay, minutes=st.integers(0, 60 * 24 * 40), span=st.integers(0, 30), zone=zones)
def test_the_next_window_is_the_first_one(
    days: PayDays, minutes: int, span: int, zone: str
) -> None:
    at = after(minutes=minutes)
    found = next_window(days, at, at + timedelta(days=span), zone)
    between = [local_date(at, zone) + timedelta(days=day) for day in range(span + 3)]
    until = local_date(at + timedelta(days=span), zone)
    wanted = [day for day in between if days.falls_on(day) and day <= until]
    assert (found is None) == (not wanted)
    if found is not None:
        assert local_date(found, zone) == wanted[0]
        assert found >= at
        opens = instant(wanted[0], datetime.min.time().replace(hour=days.hour), zone)
        assert found == max(at, opens)
