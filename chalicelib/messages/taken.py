"""What staff read when a payment they take does not go through: the reason, and what to do."""

from __future__ import annotations

from chalicelib.catalogue import has, text
from chalicelib.formatting import format_money


def taken_words(key: str, locale: str, amount: int, currency: str) -> tuple[str, str] | None:
    """`key` is one of the catalogue's `taken`; None for one that it does not have."""
    if not has(f"taken.{key}"):
        return None
    shown = format_money(amount, currency, locale)
    reason = text(locale, f"taken.{key}.reason", amount=shown)
    return reason, text(locale, f"taken.{key}.what_to_do", amount=shown)
