"""Amounts: exponents of ISO and Stripe, rounding, dividing, and text in both directions."""

from __future__ import annotations

from decimal import Decimal
from itertools import pairwise

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.domain import money
from chalicelib.domain.errors import InvalidInput
from tests.domain.samples import bounded

CURRENCIES = (
    "USD EUR JPY KWD BHD OMR TND JOD ISK MGA UGX CLF UYW IQD LYD CLP VND HUF TWD AFN IRR RSD"
).split()
currencies = st.sampled_from(CURRENCIES)
amounts = st.integers(min_value=-(10**10), max_value=10**10)
weights = st.lists(st.integers(0, 10**6), min_size=1, max_size=12).filter(any)


@pytest.mark.parametrize(
    ("currency", "iso", "stripe"),
    [
        ("USD", 2, 2), ("EUR", 2, 2), ("MGA", 2, 0), ("ISK", 0, 2), ("IQD", 3, 2), ("LYD", 3, 2),
        ("CLF", 4, 2), ("UYW", 4, 2), ("AFN", 2, 2), ("IRR", 2, 2), ("LBP", 2, 2), ("MMK", 2, 2),
        ("RSD", 2, 2), ("UGX", 0, 0), ("KWD", 3, 3), ("BHD", 3, 3), ("JOD", 3, 3), ("OMR", 3, 3),
        ("TND", 3, 3), ("BIF", 0, 0), ("CLP", 0, 0), ("DJF", 0, 0), ("GNF", 0, 0), ("JPY", 0, 0),
        ("KMF", 0, 0), ("KRW", 0, 0), ("PYG", 0, 0), ("RWF", 0, 0), ("VND", 0, 0), ("VUV", 0, 0),
        ("XAF", 0, 0), ("XOF", 0, 0), ("XPF", 0, 0), ("HUF", 2, 2), ("TWD", 2, 2),
    ],
)  # fmt: skip
def test_exponents_of_iso_and_of_stripe(currency: str, iso: int, stripe: int) -> None:
    assert (money.exponent(currency), money.stripe_exponent(currency)) == (iso, stripe)


@pytest.mark.parametrize(
    ("amount", "currency", "written"),
    [
        (8900, "USD", 8900),
        (5, "ISK", 500),  # two digits that must be 00
        (100, "MGA", 1),
        (500, "UGX", 500),
        (5120, "KWD", 5120),
        (5000, "IQD", 500),
        (70000, "CLF", 700),
    ],
)
def test_stripe_writes_an_amount_its_own_way(amount: int, currency: str, written: int) -> None:
    assert money.to_stripe(amount, currency) == written
    assert money.from_stripe(written, currency) == amount


@pytest.mark.parametrize(
    ("amount", "currency"), [(5124, "KWD"), (1, "MGA"), (150, "MGA"), (5, "IQD"), (7, "CLF")]
)
def test_what_stripe_cannot_express_is_refused(amount: int, currency: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        money.to_stripe(amount, currency)
    assert refused.value.code == "amount_not_chargeable"


def test_a_half_krona_from_stripe_is_refused() -> None:
    with pytest.raises(InvalidInput):
        money.from_stripe(550, "ISK")


@bounded
@given(amount=amounts, currency=currencies)
def test_to_stripe_and_back_is_the_same_amount(amount: int, currency: str) -> None:
    try:
        written = money.to_stripe(amount, currency)
    except InvalidInput:
        assume(condition=False)
    assert money.from_stripe(written, currency) == amount


@bounded
@given(amount=amounts, currency=currencies)
def test_text_and_back_is_the_same_amount(amount: int, currency: str) -> None:
    text = money.decimal_text(amount, currency)
    assert money.parse_decimal(text, currency) == amount
    digits = len(text.partition(".")[2])
    assert digits == money.exponent(currency)


@pytest.mark.parametrize(
    ("amount", "currency", "text"),
    [
        (123450, "USD", "1234.50"), (-5, "USD", "-0.05"), (0, "USD", "0.00"), (500, "JPY", "500"),
        (-500, "JPY", "-500"), (5, "KWD", "0.005"), (12345, "CLF", "1.2345"), (0, "JPY", "0"),
    ],
)  # fmt: skip
def test_decimal_text(amount: int, currency: str, text: str) -> None:
    assert money.decimal_text(amount, currency) == text


@pytest.mark.parametrize(
    ("text", "currency", "amount"),
    [
        ("1,234.50", "USD", 123450), ("1234.5", "USD", 123450), (" 7 ", "USD", 700),
        ("-0.05", "USD", -5), ("+1", "USD", 100), (".5", "USD", 50), ("5.", "USD", 500),
        ("12.345", "KWD", 12345), ("500", "JPY", 500), ("500.00", "JPY", 500),
    ],
)  # fmt: skip
def test_amounts_as_people_write_them(text: str, currency: str, amount: int) -> None:
    assert money.parse_decimal(text, currency) == amount


@pytest.mark.parametrize(
    "text",
    [
        "", " ", "abc", "1.2.3", "0.005", "NaN", "Infinity", "-", ".", "1e3", "1_000", "--5", "$5",
        "1E+999999", "9" * 40, "10000000000000000000000000000.001", "٣", "5 5",
    ],
)  # fmt: skip
def test_what_is_no_amount_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        money.parse_decimal(text, "USD")
    assert refused.value.code == "amount_invalid"


@bounded
@given(text=st.text(max_size=20), currency=currencies)
def test_any_text_is_an_amount_or_refused(text: str, currency: str) -> None:
    try:
        amount = money.parse_decimal(text, currency)
    except InvalidInput:
        return
    assert money.parse_decimal(money.decimal_text(amount, currency), currency) == amount


@pytest.mark.parametrize(
    ("total", "parts", "shares"),
    [
        (100, [1, 1, 1], [34, 33, 33]),
        (-100, [1, 1, 1], [-34, -33, -33]),
        (1, [1, 1], [1, 0]),
        (8900, [31], [8900]),
        (10, [0, 1], [0, 10]),
        (0, [3, 4], [0, 0]),
        (7, [1, 5, 1], [1, 5, 1]),
        (5, [1, 2], [2, 3]),
    ],
)
def test_largest_remainder(total: int, parts: list[int], shares: list[int]) -> None:
    assert money.allocate(total, parts) == shares


@bounded
@given(total=amounts, parts=weights)
def test_shares_add_up_and_each_is_within_one_unit(total: int, parts: list[int]) -> None:
    shares = money.allocate(total, parts)
    assert sum(shares) == total
    whole = sum(parts)
    for share, part in zip(shares, parts, strict=True):
        assert abs(share * whole - total * part) < whole


@bounded
@given(total=amounts, parts=weights)
def test_a_credit_mirrors_its_invoice(total: int, parts: list[int]) -> None:
    assert money.allocate(-total, parts) == [-share for share in money.allocate(total, parts)]


@bounded
@given(total=st.integers(0, 10**9), parts=weights)
def test_a_greater_weight_never_gets_less(total: int, parts: list[int]) -> None:
    shares = money.allocate(total, parts)
    by_weight = sorted(zip(parts, shares, strict=True), key=lambda pair: pair[0])
    for (lighter, less), (heavier, more) in pairwise(by_weight):
        assert less <= more or lighter == heavier


@bounded
@given(total=st.integers(0, 10**6), count=st.integers(1, 12))
def test_of_equal_weights_the_earlier_gets_the_odd_unit(total: int, count: int) -> None:
    shares = money.allocate(total, [1] * count)
    assert shares == sorted(shares, reverse=True)
    assert shares[0] - shares[-1] <= 1


@pytest.mark.parametrize("parts", [[], [0], [0, 0], [1, -1]])
def test_nothing_to_divide_by(parts: list[int]) -> None:
    with pytest.raises(ValueError, match="positive weight"):
        money.allocate(100, parts)


@pytest.mark.parametrize(
    ("value", "rounded"),
    [("0.5", 1), ("-0.5", -1), ("2.5", 3), ("266.5", 267), ("0.49", 0), ("-2.5", -3), ("7", 7)],
)
def test_halves_go_away_from_zero(value: str, rounded: int) -> None:
    assert money.round_half_up(Decimal(value)) == rounded


def test_per_cent() -> None:
    assert money.percent_of(8900, Decimal("8.875")) == 790
    assert money.percent_of(50, Decimal(19)) == 10  # 9.5
    assert money.percent_of(8900, Decimal(0)) == 0


@pytest.mark.parametrize(
    ("currency", "lowest", "highest"),
    [
        ("USD", 50, 99_999_999),
        ("GBP", 30, 99_999_999),
        ("JPY", 50, 99_999_999),
        ("HUF", 17500, 99_999_999),
        ("ISK", 1, 999_999),
        ("MGA", 10000, 9_999_999_900),
        ("KWD", 100, 99_999_999),
    ],
)
def test_what_stripe_charges_at_least_and_at_most(currency: str, lowest: int, highest: int) -> None:
    assert money.chargeable_bounds(currency) == (lowest, highest)


def test_currency_codes() -> None:
    assert money.check_currency("usd") == "USD"
    for wrong in ("", "US", "USDT", "U$D", "ÜSD"):
        with pytest.raises(InvalidInput):
            money.check_currency(wrong)
