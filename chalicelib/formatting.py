"""How money, dates and numbers look to a person, by locale. For the eye only, never for a file.

Amounts come in as whole minor units and keep ISO 4217's digits: CLDR would cut 12.345 IQD to
`IQD12`. Babel costs 60 ms to import, so it is imported where it is first called.
"""

from __future__ import annotations

import re
from decimal import Decimal
from functools import lru_cache
from typing import TYPE_CHECKING, Any, cast

from chalicelib.domain.money import exponent

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import date, datetime

    from chalicelib.domain.dates import Period

LANGUAGES = ("en", "de", "fr", "es")  # the languages we have words for
FALLBACK_LOCALE = "en-IE"
MINUS = "\N{MINUS SIGN}"
_LETTER_THEN_DIGIT = re.compile(r"([A-Za-z])(?=\d)")


def language(locale: str) -> str:
    """The language our words come in for a reader of `locale`: English unless we have theirs."""
    spoken = locale.replace("_", "-").split("-")[0].lower()
    return spoken if spoken in LANGUAGES else "en"


def format_money(amount: int, currency: str, locale: str) -> str:
    """`1250, EUR, de-DE` as `12,50 €`, with a true minus sign in front of a negative one."""
    text = _currency(Decimal(abs(amount)), currency, locale, extra_digits=0)
    return f"{MINUS}{text}" if amount < 0 else text


def format_unit_amount(amount: Decimal, currency: str, locale: str) -> str:
    """A price in minor units that may be finer than the currency: 0.04 cents are `€0.0004`."""
    finer = -min(0, cast("int", amount.normalize().as_tuple().exponent))
    text = _currency(abs(amount), currency, locale, extra_digits=finer)
    return f"{MINUS}{text}" if amount < 0 else text


def format_quantity(quantity: Decimal, locale: str) -> str:
    from babel.numbers import format_decimal

    text = format_decimal(abs(quantity), locale=_locale(locale), decimal_quantization=False)
    return f"{MINUS}{text}" if quantity < 0 else str(text)


def format_percent(percent: Decimal, locale: str) -> str:
    """`13.5` as `13.5%` or `13,5 %`."""
    from babel.numbers import format_percent as babel_percent

    return str(babel_percent(percent / 100, locale=_locale(locale), decimal_quantization=False))


def format_date(day: date, locale: str) -> str:
    """`1 October 2026`, for headlines, totals and sentences."""
    from babel.dates import format_date as babel_date

    return str(babel_date(day, "long", locale=_locale(locale)))


def format_short_date(day: date, locale: str) -> str:
    """`1 Oct 2026`, for tables."""
    from babel.dates import format_skeleton

    return str(format_skeleton("yMMMd", day, locale=_locale(locale)))


def format_period(period: Period, locale: str) -> str:
    """The days covered, first to last: `1–31 Oct 2026`."""
    from babel.dates import format_interval

    first, last = period.start_on, max(period.start_on, period.last_on)
    return str(format_interval(first, last, "yMMMd", locale=_locale(locale)))


def format_month(day: date, locale: str) -> str:
    """`October 2026`, for a card's expiry."""
    from babel.dates import format_skeleton

    return str(format_skeleton("yMMMM", day, locale=_locale(locale)))


def format_moment(at: datetime, locale: str) -> str:
    """`1 October 2026, 14:30`, in the zone that `at` carries."""
    from babel.dates import format_time

    tag = _locale(locale)
    time = format_time(at.timetz(), "short", tzinfo=at.tzinfo, locale=tag)
    return f"{format_date(at.date(), locale)}, {time}"


def country_name(code: str, locale: str) -> str:
    """`DE` as `Germany` or `Deutschland`; a code that is no country's stays what it is."""
    return str(_locale(locale).territories.get(code.upper(), code))


def _currency(amount: Decimal, currency: str, locale: str, *, extra_digits: int) -> str:
    # The pattern's digits are forced, because Babel rounds half to even and by CLDR's table.
    from babel.numbers import parse_pattern

    digits = exponent(currency)
    tag = _locale(locale)
    pattern = cast("Any", parse_pattern(tag.currency_formats["standard"].pattern))
    pattern.frac_prec = (digits, digits + extra_digits)
    text = pattern.apply(amount.scaleb(-digits), tag, currency=currency, currency_digits=False)
    # CLDR sets letters apart from digits (KWD 12.345); Babel leaves that rule out.
    return _LETTER_THEN_DIGIT.sub("\\1\N{NO-BREAK SPACE}", str(text))


@lru_cache(maxsize=64)
def _locale(tag: str) -> Any:
    """Babel's locale for a tag whose words we have, its bare language, or our fallback."""
    from babel import Locale, UnknownLocaleError

    parse: Callable[..., Any] = Locale.parse
    spoken = tag.replace("_", "-").split("-")[0].lower()
    candidates = (tag.replace("_", "-"), spoken) if spoken in LANGUAGES else ()
    for candidate in (*candidates, FALLBACK_LOCALE):
        try:
            return parse(candidate, sep="-")
        except (UnknownLocaleError, ValueError):
            continue
    raise AssertionError("Babel was installed without English")
