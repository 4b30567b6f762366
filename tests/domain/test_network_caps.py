"""How often a card may be tried for one amount, and from when it may be again."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.network_caps import CapVerdict, check_caps
from chalicelib.domain.policy import STANDARD
from tests.domain.samples import NOON, bounded

HOUR, DAY = timedelta(hours=1), timedelta(days=1)


def ago(*hours: float) -> list[datetime]:
    return [NOON - hour * HOUR for hour in hours]


@pytest.mark.parametrize("brand", ["visa", "amex", "discover", ""])
def test_visa_and_others_allow_15_in_30_days(brand: str) -> None:
    fourteen = ago(*range(1, 15))
    assert check_caps(brand, fourteen, STANDARD, NOON).is_free
    full = check_caps(brand, [*fourteen, *ago(100)], STANDARD, NOON)
    assert full.free_at == NOON - 100 * HOUR + 30 * DAY
    assert full.reason == (
        "This card was tried 15 times for this amount in 30 days; its network allows 15."
    )


def test_mastercard_allows_10_in_a_day() -> None:
    assert check_caps("mastercard", ago(*range(9)), STANDARD, NOON).is_free
    full = check_caps("mastercard", ago(*range(10)), STANDARD, NOON)
    assert full.free_at == NOON - 9 * HOUR + DAY


def test_mastercard_allows_35_in_30_days() -> None:
    spread = ago(*(24 * day + 12 for day in range(29)), *(24 * day + 6 for day in range(6)))
    assert len(spread) == 35
    full = check_caps("mastercard", spread, STANDARD, NOON)
    assert full.free_at == min(spread) + 30 * DAY


def test_the_later_of_two_caps_counts() -> None:
    today = ago(*(0.1 * number for number in range(10)))
    month = ago(*(24 * day + 30 for day in range(25)))
    verdict = check_caps("mastercard", [*today, *month], STANDARD, NOON)
    free = [min(month) + 30 * DAY, min(today) + DAY]
    assert verdict.free_at == max(free)


def test_a_business_may_set_its_own_limit() -> None:
    looser = replace(STANDARD, visa_cap_30_days=20)
    assert check_caps("visa", ago(*range(15)), looser, NOON).is_free


def test_what_is_older_than_the_window_is_forgotten() -> None:
    old = [NOON - 30 * DAY] * 40
    assert check_caps("visa", old, STANDARD, NOON) == CapVerdict()


@bounded
@given(
    brand=st.sampled_from(["visa", "mastercard", "amex"]),
    hours=st.lists(st.integers(0, 24 * 40), max_size=60),
)
def test_at_the_time_named_one_more_try_is_free_and_a_second_before_none_is(
    brand: str, hours: list[int]
) -> None:
    tried = ago(*hours)
    verdict = check_caps(brand, tried, STANDARD, NOON)
    if verdict.free_at is None:
        return
    assert verdict.free_at > NOON
    assert check_caps(brand, tried, STANDARD, verdict.free_at).is_free
    just_before = verdict.free_at - timedelta(seconds=1)
    assert not check_caps(brand, tried, STANDARD, just_before).is_free
