"""The catalogue's document texts, with the formats of one locale at hand."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.catalogue import text
from chalicelib.catalogue.methods import method_phrase
from chalicelib.formatting import MINUS, format_date, format_money, format_short_date

if TYPE_CHECKING:
    from datetime import date

    from chalicelib.documents import MethodView


_NARROW = 18  # letters; `30 September 2026` has 17


class Words:
    """Texts and amounts of one document."""

    def __init__(self, locale: str, currency: str) -> None:
        self.locale = locale
        self.currency = currency

    def say(self, key: str, **facts: str | None) -> str:
        return text(self.locale, f"document.{key}", **facts)

    def money(self, amount: int) -> str:
        return format_money(amount, self.currency, self.locale)

    def less(self, amount: int) -> str:
        """What is taken off, with its minus sign; nothing taken off has none."""
        return f"{MINUS}{self.money(amount)}" if amount > 0 else self.money(-amount)

    def long_date(self, day: date | None) -> str | None:
        return None if day is None else format_date(day, self.locale)

    def narrow_date(self, day: date | None) -> str | None:
        """The long one where it fits a narrow column: `31 de octubre de 2026` does not."""
        if day is None:
            return None
        long = format_date(day, self.locale)
        return long if len(long) <= _NARROW else self.short_date(day)

    def short_date(self, day: date) -> str:
        return format_short_date(day, self.locale)

    def method(self, method: MethodView | None) -> str | None:
        return None if method is None else method_phrase(method, self.locale)
