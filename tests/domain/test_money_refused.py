"""An amount or currency that is refused: by which stable code, and in words that name it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from chalicelib.domain import money
from chalicelib.domain.errors import InvalidInput


@pytest.mark.parametrize(
    ("ask", "code", "detail"),
    [
        (
            lambda: money.check_currency("dollars"),
            "currency_invalid",
            "'dollars' is no ISO 4217 currency code.",
        ),
        (
            lambda: money.to_stripe(5124, "KWD"),
            "amount_not_chargeable",
            "Stripe takes KWD only in steps of 10 minor units.",
        ),
        (
            lambda: money.to_stripe(150, "MGA"),
            "amount_not_chargeable",
            "150 minor units of MGA have no equal there.",
        ),
        (
            lambda: money.from_stripe(550, "ISK"),
            "amount_not_chargeable",
            "550 minor units of ISK have no equal there.",
        ),
        (lambda: money.parse_decimal("$5", "USD"), "amount_invalid", "'$5' is not an amount."),
        (
            lambda: money.parse_decimal("0.005", "USD"),
            "amount_invalid",
            "'0.005' has more digits than USD has minor units.",
        ),
    ],
)
def test_a_refusal_names_what_was_sent(ask: Callable[[], object], code: str, detail: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        ask()
    assert (refused.value.code, refused.value.detail) == (code, detail)


def test_weights_that_divide_nothing_are_a_mistake_of_ours() -> None:
    with pytest.raises(ValueError, match=r"^allocate needs at least one positive weight") as wrong:
        money.allocate(100, [0])
    assert str(wrong.value).endswith("no negative one")


@pytest.mark.parametrize(
    ("currency", "lowest"), [("RSD", 50), ("TWD", 50), ("UGX", 100), ("OMR", 100), ("CLF", 5000)]
)
def test_where_stripe_names_no_least_amount_half_a_unit_or_a_hundred_is_taken(
    currency: str, lowest: int
) -> None:
    assert money.chargeable_bounds(currency)[0] == lowest
