"""Smallest amounts Stripe charges, by currency; a currency not listed is refused as unknown."""

from typing import Final

from infra.local.fake_stripe.errors import FakeStripeRefusal, bad_parameter

MINIMUM: Final = {
    "usd": 50, "aed": 200, "aud": 50, "brl": 50, "cad": 50, "chf": 50, "czk": 1500, "dkk": 250,
    "eur": 50, "gbp": 30, "hkd": 400, "huf": 17500, "inr": 50, "jpy": 50, "mxn": 1000,
    "nok": 300, "nzd": 50, "pln": 200, "ron": 200, "sek": 300, "sgd": 50,
}  # fmt: skip
MAXIMUM: Final = 99_999_999


def valid_amount(amount: int, currency: str) -> None:
    if currency not in MINIMUM:
        raise FakeStripeRefusal(f"the fake does not know the currency {currency!r}")
    if amount > MAXIMUM:
        raise bad_parameter(
            "Amount must be no more than $999,999.99", param="amount", code="amount_too_large"
        )
    if amount < 1:
        raise bad_parameter(
            "This value must be greater than or equal to 1.",
            param="amount",
            code="parameter_invalid_integer",
        )
    if amount < MINIMUM[currency]:
        raise bad_parameter(
            f"Amount must be at least {MINIMUM[currency]} {currency} in minor units.",
            param="amount",
            code="amount_too_small",
        )
