"""What a cell means: a day, an amount, a quantity, a rate, terms, a country, an address of mail.

Nothing is guessed: `1,50` is refused rather than read as 150, and 13/01 where months come first.
"""

from __future__ import annotations

import re
from datetime import date
from decimal import Decimal
from enum import StrEnum

from chalicelib.domain import money
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports.countries import CODES, NAMES
from chalicelib.domain.imports.sheet import normal_name
from chalicelib.domain.parties import Terms

LONGEST_NAME = 200
_NUMBER = re.compile(r"-?([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]{0,9})?|-?\.[0-9]{1,9}")
_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_ISO_DAY = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_PERCENT = re.compile(r"([0-9]{1,2}(\.[0-9]{1,4})?)\s*%")
_UNTAXED = frozenset(
    """exempt exemptincome non none nogst notax novat outofscope taxexempt zerorated
    zeroratedincome""".split()
) | {""}
_ON_RECEIPT = {"", "dueonreceipt", "dueuponreceipt", "onreceipt", "cod", "0", "net0"}


class DateOrder(StrEnum):
    """Which number of `03/04/2026` is the month: a setting of the account the file comes from."""

    MONTH_FIRST = "MM/DD/YYYY"
    DAY_FIRST = "DD/MM/YYYY"


def day(text: str, order: DateOrder) -> date:
    """ISO days are read whatever the order. Raises InvalidInput."""
    try:
        if _ISO_DAY.fullmatch(text):
            return date.fromisoformat(text)
        match = _DAY.fullmatch(text)
        if match:
            first, second, year = (int(part) for part in match.groups())
            month, of_month = (first, second) if order is DateOrder.MONTH_FIRST else (second, first)
            return date(year, month, of_month)
    except ValueError:
        pass
    raise InvalidInput("date_invalid", f"{text!r} is no day written {order.value}.")


def number(text: str, what: str) -> Decimal:
    """A plain number with a decimal point. Raises InvalidInput."""
    if not _NUMBER.fullmatch(text):
        raise InvalidInput("number_invalid", f"{what} {text!r} is no number such as 1,234.50.")
    return Decimal(text.replace(",", ""))


def amount(text: str, currency: str, what: str) -> int:
    """Minor units. Raises InvalidInput for more digits than the currency has."""
    return money.parse_decimal(str(number(text, what)), currency)


def percent(text: str, what: str) -> Decimal:
    """`10` or `10%`; empty is 0."""
    value = number(text.rstrip("% ") or "0", what)
    if not 0 <= value <= 100:
        raise InvalidInput("percent_invalid", f"{what} {text!r} is not between 0 and 100 per cent.")
    return value


def tax_rate(name: str) -> Decimal:
    """The rate that a tax's display name states: `20% (VAT on Income)`. Raises InvalidInput."""
    match = _PERCENT.search(name)
    if match:
        return Decimal(match.group(1))
    if normal_name(name) in _UNTAXED:
        return Decimal(0)
    words = f"Tax {name!r} names no rate; write it as in “8.25% (Sales Tax)”."
    raise InvalidInput("tax_unknown", words)


def terms(text: str) -> Terms:
    """`Net 30`, `30 days`, `Due on receipt`. Raises InvalidInput for terms we do not offer."""
    plain = normal_name(text)
    if plain in _ON_RECEIPT:
        return Terms.DUE_ON_RECEIPT
    digits = plain.removeprefix("net").removesuffix("days")
    found = next((one for one in Terms if str(one.days) == digits), None)
    if found is None:
        words = f"Terms {text!r} are none of: due on receipt, Net 7, Net 14, Net 30."
        raise InvalidInput("terms_unknown", words)
    return found


def country(text: str) -> str:
    """The two-letter code of a code or an English name; empty stays empty."""
    code = text.upper()
    if not text or code in CODES:
        return code
    found = NAMES.get(normal_name(text))
    if found is None:
        words = f"Country {text!r} is not known; write its two-letter code."
        raise InvalidInput("country_unknown", words)
    return found


def name(text: str, what: str) -> str:
    if not text:
        raise InvalidInput("name_missing", f"{what} is missing.")
    if len(text) > LONGEST_NAME:
        raise InvalidInput("name_too_long", f"{what} is longer than {LONGEST_NAME} characters.")
    return text


def email(text: str) -> str:
    """An address that a mail can be sent to: `a@b.c`. Raises InvalidInput."""
    local, _, domain = text.partition("@")
    broken = any(mark in text for mark in ' ,;<>"') or "@" in domain or len(text) > 254
    if not text:
        raise InvalidInput("email_missing", "The e-mail address is missing.")
    if broken or not local or "." not in domain.strip("."):
        raise InvalidInput("email_invalid", f"{text!r} is no e-mail address.")
    return text
