"""What a payer reads about a try, in every place alike: mail, portal and API.

Which text a decline gets is decided by its class alone. Every cause that must not be told shares
the words of an ordinary decline, byte for byte, because a cause cannot be passed in here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.catalogue import of_instalment, text
from chalicelib.catalogue.methods import method_phrase
from chalicelib.formatting import format_date, format_moment, format_money
from chalicelib.messages.views import PayerTextKey

if TYPE_CHECKING:
    from datetime import date, datetime

    from chalicelib.documents import MethodView


def payer_text(
    key: PayerTextKey,
    locale: str,
    *,
    amount: int,
    currency: str,
    number: str,
    method: MethodView | None = None,
    link: str | None = None,
    next_on: date | None = None,
    part_allowed: bool = False,
    answer_by: datetime | None = None,
    is_instalment: bool = False,
) -> str:
    """The sentences for one outcome; without a link where a button stands beside them."""
    variant = _variant(key, part_allowed=part_allowed, planned=next_on is not None)
    return text(
        locale,
        of_instalment(f"payer.{variant}", is_instalment=is_instalment),
        amount=format_money(amount, currency, locale),
        number=number,
        method=method_phrase(method, locale),
        link=link,
        next_on=format_date(next_on, locale) if next_on else None,
        answer_by=format_moment(answer_by, locale) if answer_by else None,
    )


def _variant(key: PayerTextKey, *, part_allowed: bool, planned: bool) -> str:
    if key is PayerTextKey.INSUFFICIENT_FUNDS and part_allowed:
        return "insufficient_funds_part"
    if key is PayerTextKey.PROCESSING_ERROR and not planned:
        return "processing_error_unplanned"
    return key.value
