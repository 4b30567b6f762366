"""Money, dates and colours as people see them."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import pytest

from chalicelib.branding import contrast, initials, readable, text_on
from chalicelib.domain.dates import Period
from chalicelib.formatting import (
    format_date,
    format_moment,
    format_money,
    format_month,
    format_percent,
    format_period,
    format_quantity,
    format_short_date,
    format_unit_amount,
    language,
)

DAY = date(2026, 10, 1)


@pytest.mark.parametrize(
    ("amount", "currency", "locale", "shown"),
    [
        (123456, "EUR", "en-IE", "€1,234.56"),
        (123456, "EUR", "de-DE", "1.234,56\xa0€"),
        (123456, "EUR", "fr-FR", "1\u202f234,56\xa0€"),
        (-1250, "USD", "en-US", "−$12.50"),  # U+2212, not a hyphen
        (-1250, "EUR", "de-DE", "−12,50\xa0€"),
        (1250, "JPY", "en-US", "¥1,250"),
        (12345, "KWD", "en-US", "KWD\xa012.345"),  # three digits, set apart from the letters
        (12345, "IQD", "en-US", "IQD\xa012.345"),  # CLDR would cut them
        (1234567, "MGA", "en-US", "MGA\xa012,345.67"),
        (0, "USD", "en-US", "$0.00"),
        (5, "USD", "ja-JP", "US$0.05"),  # no words in Japanese, so the whole document is English
        (10**15, "USD", "en-US", "$10,000,000,000,000.00"),
    ],
)
def test_money(amount: int, currency: str, locale: str, shown: str) -> None:
    assert format_money(amount, currency, locale) == shown


@pytest.mark.parametrize(
    ("amount", "shown"),
    [("1200", "€12.00"), ("0.04", "€0.0004"), ("1250.5", "€12.505"), ("-4", "−€0.04")],
)
def test_a_price_may_be_finer_than_its_currency(amount: str, shown: str) -> None:
    assert format_unit_amount(Decimal(amount), "EUR", "en-IE") == shown


def test_quantities_and_rates() -> None:
    assert format_quantity(Decimal("1284310.25"), "de-DE") == "1.284.310,25"
    assert format_quantity(Decimal(-2), "en-US") == "−2"
    assert format_percent(Decimal("13.5"), "en-IE") == "13.5%"
    assert format_percent(Decimal("8.875"), "de-DE") == "8,875\xa0%"


@pytest.mark.parametrize(
    ("locale", "long", "short"),
    [
        ("en-IE", "1 October 2026", "1 Oct 2026"),
        ("en-US", "October 1, 2026", "Oct 1, 2026"),
        ("de-DE", "1. Oktober 2026", "1. Okt. 2026"),
        ("fr-FR", "1 octobre 2026", "1 oct. 2026"),
        ("es-ES", "1 de octubre de 2026", "1 oct 2026"),
        ("en_US", "October 1, 2026", "Oct 1, 2026"),
        ("xx-not-a-tag", "1 October 2026", "1 Oct 2026"),
    ],
)
def test_dates(locale: str, long: str, short: str) -> None:
    assert (format_date(DAY, locale), format_short_date(DAY, locale)) == (long, short)


def test_a_period_shows_its_last_day() -> None:
    october = Period(DAY, date(2026, 11, 1))
    assert format_period(october, "en-IE") == "1–31 Oct 2026"
    assert format_period(Period(DAY, date(2026, 10, 2)), "en-IE") == "1 Oct 2026"
    assert format_period(Period(DAY, DAY), "en-IE") == "1 Oct 2026"


def test_months_and_moments() -> None:
    assert format_month(DAY, "es-ES") == "octubre de 2026"
    moment = datetime(2026, 10, 1, 14, 30, tzinfo=UTC)
    assert format_moment(moment, "de-DE") == "1. Oktober 2026, 14:30"


@pytest.mark.parametrize(
    ("locale", "spoken"), [("de-AT", "de"), ("FR", "fr"), ("es_MX", "es"), ("ja", "en"), ("", "en")]
)
def test_words_come_in_a_language_we_have(locale: str, spoken: str) -> None:
    assert language(locale) == spoken


@pytest.mark.parametrize(
    ("name", "drawn"),
    [
        ("Harbour & Pine Ltd", "HP"),
        ("acme", "A"),
        ("株式会社サクラ", "株"),
        ("Müller 株式会社", "M"),
        ("Ωμέγα Άλφα", "ΩΆ"),
        ("ß gmbh", "SS"),
        ("", "#"),
        ("&&& ---", "#"),
    ],
)
def test_initials(name: str, drawn: str) -> None:
    assert initials(name) == drawn


def test_colours() -> None:
    assert round(contrast("#000000", "#ffffff"), 1) == 21.0
    assert readable("#123456", "#000000") == "#123456"
    assert readable("#ffff00", "#000000") == "#000000"
    assert readable("red", "#000000") == "#000000"
    assert (text_on("#0f4c5c"), text_on("#ffee88")) == ("#ffffff", "#16212b")
