"""How a balance is split into the parts of a plan: equal ones, chosen ones, and every limit."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain import money
from chalicelib.domain import payment_plan as rules
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.payment_plan import Acceleration, Instalment, Rhythm
from tests.domain.samples import day

FIRST = day("2026-04-01")

# ------------------------------------------------------------------------------------ equal parts


@pytest.mark.parametrize(
    ("rhythm", "days"),
    [
        (Rhythm.WEEKLY, ["2026-04-01", "2026-04-08", "2026-04-15"]),
        (Rhythm.EVERY_TWO_WEEKS, ["2026-04-01", "2026-04-15", "2026-04-29"]),
        (Rhythm.MONTHLY, ["2026-04-01", "2026-05-01", "2026-06-01"]),
    ],
)
def test_equal_parts_have_a_rhythm(rhythm: Rhythm, days: list[str]) -> None:
    parts = rules.equal_instalments(1001, 3, FIRST, rhythm)
    assert parts == tuple(
        Instalment(number, day(on), amount)
        for number, on, amount in zip((1, 2, 3), days, (334, 334, 333), strict=True)
    )


COUNT = "A plan has 1 to 24 parts."
LITTLE = "There is too little owed for so many parts."


@pytest.mark.parametrize(
    ("total", "count", "words"), [(9000, 0, COUNT), (9000, 25, COUNT), (2, 3, LITTLE)]
)
def test_equal_parts_that_cannot_be(total: int, count: int, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.equal_instalments(total, count, FIRST, Rhythm.MONTHLY)
    assert (refused.value.code, refused.value.detail) == ("instalments_invalid", words)


@pytest.mark.parametrize(("total", "count"), [(9000, 1), (9000, 24), (3, 3)])
def test_equal_parts_that_just_can_be(total: int, count: int) -> None:
    assert len(rules.equal_instalments(total, count, FIRST, Rhythm.WEEKLY)) == count


# ----------------------------------------------------------------------------------- chosen parts

DAYS = "Instalments have dates of their own, in order, from today on, within five years."
BOUNDS = "A part is below or above what can be charged."
BALANCE = "The instalments have to add up to the balance, 90.00 USD."
FIVE_YEARS = 5 * 366


def chosen(*parts: tuple[int, int]) -> tuple[Instalment, ...]:
    return tuple(Instalment(0, FIRST + timedelta(days=days), amount) for days, amount in parts)


@pytest.mark.parametrize(
    ("parts", "code", "words"),
    [
        ((), "instalments_invalid", COUNT),
        (tuple((days, 360) for days in range(25)), "instalments_invalid", COUNT),
        (((0, 4500), (0, 4500)), "instalments_invalid", DAYS),
        (((1, 4500), (0, 4500)), "instalments_invalid", DAYS),
        (((-1, 9000),), "instalments_invalid", DAYS),
        (((0, 4500), (FIVE_YEARS + 1, 4500)), "instalments_invalid", DAYS),
        (((0, 8951), (1, 49)), "instalments_invalid", BOUNDS),
        (((0, 8951), (1, 50)), "instalments_do_not_add_up", BALANCE),
        (((0, 8949), (1, 50)), "instalments_do_not_add_up", BALANCE),
    ],
)
def test_chosen_parts_that_cannot_be(
    parts: tuple[tuple[int, int], ...], code: str, words: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.check_instalments(chosen(*parts), 9000, "USD", FIRST)
    assert (refused.value.code, refused.value.detail) == (code, words)


@pytest.mark.parametrize(
    "parts",
    [
        ((0, 9000),),
        tuple((days, 375) for days in range(24)),
        ((0, 8950), (1, 50)),
        ((0, 4500), (FIVE_YEARS, 4500)),
    ],
)
def test_chosen_parts_that_just_can_be(parts: tuple[tuple[int, int], ...]) -> None:
    made = chosen(*parts)
    assert rules.check_instalments(list(made), 9000, "USD", FIRST) == made


def test_what_a_part_can_be_depends_on_the_currency() -> None:
    pence = chosen((0, 970), (1, 30))
    assert rules.check_instalments(pence, 1000, "GBP", FIRST) == pence
    with pytest.raises(InvalidInput) as refused:
        rules.check_instalments(chosen((0, 500), (1, 499)), 1000, "JPY", FIRST)
    words = "The instalments have to add up to the balance, 1000 JPY."
    assert refused.value.detail == words


def test_the_most_that_one_part_can_be() -> None:
    _, highest = money.chargeable_bounds("USD")
    most = chosen((0, highest))
    assert rules.check_instalments(most, highest, "USD", FIRST) == most
    with pytest.raises(InvalidInput):
        rules.check_instalments(chosen((0, highest + 1)), highest + 1, "USD", FIRST)


@pytest.mark.parametrize("rule", [Acceleration(0, 30), Acceleration(2, 0), Acceleration(None, -1)])
def test_a_rule_of_less_than_one_is_none(rule: Acceleration) -> None:
    with pytest.raises(InvalidInput) as refused:
        rules.check_acceleration(rule)
    words = "At least 1, or null for never."
    assert (refused.value.code, refused.value.detail) == ("acceleration_invalid", words)


@pytest.mark.parametrize("rule", [Acceleration(1, 1), Acceleration(None, None), Acceleration()])
def test_a_rule_of_one_or_never_is_a_rule(rule: Acceleration) -> None:
    assert rules.check_acceleration(rule) == rule
