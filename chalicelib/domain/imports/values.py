"""What a cell means: a day, an amount, a quantity, a rate, terms, a country, an address of mail.

Of a single cell nothing is guessed: `1,50` is refused where a point begins the decimals, and 13/01
where months come first. Which of them holds is found by the whole file (`formats.py`).
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
LARGEST_TOTAL = 999_999_999_999  # minor units
_NUMBER = re.compile(r"-?([0-9]{1,12}|[0-9]{1,3}(,[0-9]{3}){1,3})(\.[0-9]{0,9})?|-?\.[0-9]{1,9}")
_NEGATIVE = re.compile(r"^\(([0-9.,]+)\)$")
_SPACED = re.compile(r"(?<=[0-9])[ \u00a0\u202f'\u2019](?=[0-9]{3}(?![0-9]))")
_DAY = re.compile(r"([0-9]{1,2})[/.-]([0-9]{1,2})[/.-]([0-9]{4})")
_MIDNIGHT = re.compile(r"([ T]0?0:00(:00(\.0+)?)?Z?| 12:00(:00)? AM)$")
_ISO_DAY = re.compile(r"[0-9]{4}([-/])[0-9]{2}\1[0-9]{2}")
_DAY_NAMED = re.compile(r"([0-9]{1,2})[ -]([A-Za-z]{3})[a-z]*\.?,?[ -]([0-9]{4})")
_MONTH_NAMED = re.compile(r"([A-Za-z]{3})[a-z]*\.? ([0-9]{1,2}),? ([0-9]{4})")
_MONTHS = "jan feb mar apr may jun jul aug sep oct nov dec".split(" ")
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


class DecimalMark(StrEnum):
    """What begins the decimals of a number; the other one of the two may part its thousands."""

    POINT = "point"
    COMMA = "comma"


def orders_of(text: str) -> tuple[DateOrder, ...]:
    """In which orders a text can be a day; both for `03/04/2026`, none for what needs no order."""
    match = _DAY.fullmatch(_MIDNIGHT.sub("", text))
    if match is None or match[1] == match[2]:
        return ()
    return tuple(order for order in DateOrder if _in_order(match, order) is not None)


def _in_order(match: re.Match[str], order: DateOrder) -> date | None:
    first, second, year = (int(part) for part in match.groups())
    month, of_month = (first, second) if order is DateOrder.MONTH_FIRST else (second, first)
    try:
        return date(year, month, of_month)
    except ValueError:
        return None


def day(text: str, order: DateOrder) -> date:
    """ISO days and days with the month's English name are read whatever the order, and with the
    midnight that a spreadsheet puts after them.

    Raises InvalidInput.
    """
    plain = _MIDNIGHT.sub("", text)
    match = _DAY.fullmatch(plain)
    found = _in_order(match, order) if match else _plain_day(plain)
    if found is None or not 1970 <= found.year <= 2200:
        raise InvalidInput("date_invalid", f"{text!r} is no day written {order.value}.")
    return found


def _plain_day(text: str) -> date | None:
    try:
        if _ISO_DAY.fullmatch(text):
            return date.fromisoformat(text.replace("/", "-"))
        if match := _DAY_NAMED.fullmatch(text):
            of_month, name, year = match.groups()
        elif match := _MONTH_NAMED.fullmatch(text):
            name, of_month, year = match.groups()
        else:
            return None
        return date(int(year), _MONTHS.index(name.lower()) + 1, int(of_month))
    except ValueError:
        return None


def _with_point(text: str, mark: DecimalMark) -> str:
    """The number as it is written with a point for its decimals, and a minus for parentheses."""
    plain = _NEGATIVE.sub(r"-\1", _SPACED.sub("", text))
    return plain.translate(_SWAPPED) if mark is DecimalMark.COMMA else plain


_SWAPPED = str.maketrans(",.", ".,")


def is_number(text: str, mark: DecimalMark) -> bool:
    """Whether it is a number when its decimals begin with `mark`."""
    return _NUMBER.fullmatch(_with_point(text, mark)) is not None


def number(text: str, what: str, mark: DecimalMark = DecimalMark.POINT) -> Decimal:
    """A plain number. Raises InvalidInput."""
    if not is_number(text, mark):
        such = "1,234.50" if mark is DecimalMark.POINT else "1.234,50"
        raise InvalidInput("number_invalid", f"{what} {text!r} is no number such as {such}.")
    return Decimal(_with_point(text, mark).replace(",", ""))


def amount(text: str, currency: str, what: str, mark: DecimalMark = DecimalMark.POINT) -> int:
    """Minor units. Raises InvalidInput for more digits than the currency has."""
    return money.parse_decimal(str(number(text, what, mark)), currency)


def check_total(total: int) -> None:
    """Raises InvalidInput for more than anybody owes."""
    if total > LARGEST_TOTAL:
        raise InvalidInput("amount_too_large", "It adds up to more than can be billed.")


def percent(text: str, what: str, mark: DecimalMark = DecimalMark.POINT) -> Decimal:
    """`10` or `10%`; empty is 0."""
    value = number(text.rstrip("% ") or "0", what, mark)
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
    """`Net 30`, `30 days`, `net_30`, `Due on receipt`. Raises InvalidInput for any other."""
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


def short(text: str, what: str) -> str:
    """A text that may be empty. Raises InvalidInput for one that is too long to print."""
    if len(text) > LONGEST_NAME:
        raise InvalidInput("text_too_long", f"{what} is longer than {LONGEST_NAME} characters.")
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


def yes_no(text: str, what: str) -> bool | None:
    """Empty is None: as it would be without the column. Raises InvalidInput."""
    plain = text.casefold()
    if not plain:
        return None
    if plain in {"yes", "true", "1", "y"}:
        return True
    if plain in {"no", "false", "0", "n"}:
        return False
    raise InvalidInput("yes_no_invalid", f"{what} {text!r} is neither yes nor no.")
