"""Amounts as whole minor units, and the only three ways they are divided or rounded.

Two exponent tables: ISO 4217's, which people and files use, and Stripe's, which its API uses (a few
zero- and three-decimal currencies differ). No binary fraction appears anywhere in the domain.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from decimal import ROUND_HALF_UP, Decimal

from chalicelib.domain.errors import InvalidInput

# ISO 4217; every currency not named has two digits.
_ZERO = frozenset("BIF CLP DJF GNF ISK JPY KMF KRW PYG RWF UGX UYI VND VUV XAF XOF XPF".split())
_THREE = frozenset("BHD IQD JOD KWD LYD OMR TND".split())
_FOUR = frozenset("CLF UYW".split())

# Stripe, "Zero-decimal currencies" and its special cases: ISK is written with two digits that must
# be 00; MGA has none; three-decimal amounts must end in 0.
_STRIPE_ZERO = frozenset("BIF CLP DJF GNF JPY KMF KRW MGA PYG RWF UGX VND VUV XAF XOF XPF".split())
_STRIPE_THREE = frozenset("BHD JOD KWD OMR TND".split())

# Stripe, "Minimum and maximum charge amounts": half a dollar or its like, in Stripe's minor units.
_STRIPE_MINIMUM = {
    "USD": 50, "AED": 200, "AUD": 50, "BGN": 100, "BRL": 50, "CAD": 50, "CHF": 50, "CZK": 1500,
    "DKK": 250, "EUR": 50, "GBP": 30, "HKD": 400, "HUF": 17500, "INR": 50, "JPY": 50, "MXN": 1000,
    "MYR": 200, "NOK": 300, "NZD": 50, "PLN": 200, "RON": 200, "SEK": 300, "SGD": 50, "THB": 1000,
}  # fmt: skip
_STRIPE_MAXIMUM = 99_999_999  # at most eight digits

# Fewer digits than a Decimal's 28, so that reading one never rounds; no exponent, no `1_000`.
_AMOUNT = re.compile(r"[+-]?(?=.?[0-9])[0-9]{0,15}(\.[0-9]{0,9})?")


def exponent(currency: str) -> int:
    """Digits after the point that ISO 4217 gives `currency`."""
    if currency in _ZERO:
        return 0
    if currency in _THREE:
        return 3
    return 4 if currency in _FOUR else 2


def stripe_exponent(currency: str) -> int:
    """Digits after the point in Stripe's amounts of `currency`."""
    if currency in _STRIPE_ZERO:
        return 0
    return 3 if currency in _STRIPE_THREE else 2


def check_currency(currency: str) -> str:
    """The three-letter code in capitals; raises InvalidInput when it is not one."""
    code = currency.upper()
    if len(code) != 3 or not code.isascii() or not code.isalpha():
        raise InvalidInput("currency_invalid", f"{currency!r} is no ISO 4217 currency code.")
    return code


def to_stripe(amount: int, currency: str) -> int:
    """ISO minor units as Stripe writes them.

    Raises InvalidInput where Stripe cannot express the amount (5.125 KWD, 1 minor unit of MGA).
    """
    shift = stripe_exponent(currency) - exponent(currency)
    scaled = amount * 10**shift if shift >= 0 else _exact_division(amount, 10**-shift, currency)
    if currency in _STRIPE_THREE and scaled % 10:
        raise InvalidInput(
            "amount_not_chargeable", f"Stripe takes {currency} only in steps of 10 minor units."
        )
    return scaled


def from_stripe(amount: int, currency: str) -> int:
    """Stripe's amount as ISO minor units."""
    shift = exponent(currency) - stripe_exponent(currency)
    return amount * 10**shift if shift >= 0 else _exact_division(amount, 10**-shift, currency)


def _exact_division(amount: int, divisor: int, currency: str) -> int:
    whole, rest = divmod(amount, divisor)
    if rest:
        raise InvalidInput(
            "amount_not_chargeable", f"{amount} minor units of {currency} have no equal there."
        )
    return whole


def chargeable_bounds(currency: str) -> tuple[int, int]:
    """Smallest and largest amount Stripe charges, in ISO minor units."""
    lowest = _STRIPE_MINIMUM.get(currency, 50 if stripe_exponent(currency) == 2 else 100)
    shift = stripe_exponent(currency) - exponent(currency)
    if shift >= 0:
        return -(-lowest // 10**shift), _STRIPE_MAXIMUM // 10**shift
    return lowest * 10**-shift, _STRIPE_MAXIMUM * 10**-shift


def round_half_up(value: Decimal) -> int:
    """To whole minor units, halves away from zero, as tax offices and invoices do."""
    return int(value.quantize(Decimal(1), rounding=ROUND_HALF_UP))


def percent_of(amount: int, percent: Decimal) -> int:
    """`percent` per cent of an amount, rounded half up."""
    return round_half_up(Decimal(amount) * percent / 100)


def allocate(total: int, weights: Sequence[int]) -> list[int]:
    """Divide `total` by weights without losing a unit (largest remainder, ties to the earlier).

    A negative total is divided as its absolute value and negated, so a credit mirrors its invoice.
    Raises ValueError for no weights, a negative one, or weights that are all zero.
    """
    if not weights or min(weights) < 0 or sum(weights) == 0:
        raise ValueError("allocate needs at least one positive weight and no negative one")
    whole, sign = sum(weights), -1 if total < 0 else 1
    shares = [divmod(abs(total) * weight, whole) for weight in weights]
    missing = abs(total) - sum(share for share, _ in shares)
    by_remainder = sorted(range(len(shares)), key=lambda index: (-shares[index][1], index))
    lucky = set(by_remainder[:missing])
    return [sign * (share + (index in lucky)) for index, (share, _) in enumerate(shares)]


def decimal_text(amount: int, currency: str) -> str:
    """Plain text with a dot and the currency's digits, for files and logs: `1234.50`."""
    digits = exponent(currency)
    text = f"{abs(amount):0{digits + 1}d}"
    sign = "-" if amount < 0 else ""
    return f"{sign}{text[:-digits]}.{text[-digits:]}" if digits else f"{sign}{text}"


def parse_decimal(text: str, currency: str) -> int:
    """Minor units from plain text such as `1,234.50` or `1234.5`.

    Raises InvalidInput when it is no number or has more digits than the currency.
    """
    plain = text.strip().replace(",", "")
    if not _AMOUNT.fullmatch(plain):
        raise InvalidInput("amount_invalid", f"{text!r} is not an amount.")
    value = Decimal(plain)
    scaled = value.scaleb(exponent(currency))
    if scaled != scaled.to_integral_value():
        raise InvalidInput(
            "amount_invalid", f"{text!r} has more digits than {currency} has minor units."
        )
    return int(scaled)
