"""What a payer reads of an invoice in the portal: one sentence on what happens next."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.catalogue import text
from chalicelib.catalogue.methods import method_phrase
from chalicelib.formatting import format_date, format_money

if TYPE_CHECKING:
    from datetime import date

    from chalicelib.documents import MethodView


def next_step_text(
    key: str,
    locale: str,
    *,
    business: str,
    amount: int,
    currency: str,
    due_on: date,
    next_on: date | None = None,
    method: MethodView | None = None,
) -> str:
    """`key` is one of the catalogue's `portal.next`."""
    return text(
        locale,
        f"portal.next.{key}",
        business=business,
        amount=format_money(amount, currency, locale),
        method=method_phrase(method, locale),
        next_on=format_date(next_on, locale) if next_on else None,
        due_on=format_date(due_on, locale),
    )


def refused_text(locale: str, business: str) -> str:
    return text(locale, "portal.refused", business=business)
