"""A notice as one short SMS: who, what, how much, the link, how to stop. Never a reason.

A text of GSM-7 characters alone holds 160 of them; one other character makes every part hold 70, so
accents that the alphabet lacks are dropped where that keeps the whole text inside it.
"""

from __future__ import annotations

import unicodedata
from dataclasses import replace

from chalicelib.catalogue import has, of_instalment, text
from chalicelib.messages.facts import facts_of
from chalicelib.messages.views import NoticeView

_SINGLE = 160
_NAME_SHORTEST = 12
_BASIC = frozenset(
    "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?"
    "¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà"
)
_EXTENDED = frozenset("^{}\\[~]|€")  # each takes the place of two
_PLAINER = str.maketrans(
    {
        "\N{NO-BREAK SPACE}": " ",
        "\N{NARROW NO-BREAK SPACE}": " ",
        "\N{THIN SPACE}": " ",
        "\N{MINUS SIGN}": "-",
        "\N{EN DASH}": "-",
        "\N{EM DASH}": "-",
        "\N{RIGHT SINGLE QUOTATION MARK}": "'",
        "\N{LEFT SINGLE QUOTATION MARK}": "'",
        "\N{RIGHT DOUBLE QUOTATION MARK}": '"',
        "\N{LEFT DOUBLE QUOTATION MARK}": '"',
        "\N{HORIZONTAL ELLIPSIS}": "...",
        "\N{BULLET}": "*",
    }
)


def compose_sms(notice: NoticeView) -> str:
    """The text; a long business name is shortened before it would cost a second part.

    Raises ValueError for a notice that has no SMS: staff alerts go by mail.
    """
    if not has(f"notice.{notice.kind.value}.sms"):
        raise ValueError(f"{notice.kind.value} is not sent by SMS")
    written = _write(notice)
    surplus = gsm7_length(written) - _SINGLE if is_gsm7(written) else 0
    if surplus <= 0:
        return written
    name = notice.business.name
    kept = max(_NAME_SHORTEST, len(name) - surplus - 1)
    shorter = name if kept >= len(name) - 1 else name[:kept].rstrip(" .,&-") + "."
    return _write(replace(notice, business=replace(notice.business, name=shorter)))


def is_gsm7(written: str) -> bool:
    return all(character in _BASIC or character in _EXTENDED for character in written)


def gsm7_length(written: str) -> int:
    """Septets it takes, which is what 160 counts."""
    return sum(2 if character in _EXTENDED else 1 for character in written)


def _write(notice: NoticeView) -> str:
    facts = facts_of(notice)
    key = of_instalment(f"notice.{notice.kind.value}.sms", is_instalment=notice.is_instalment)
    body = text(notice.locale, key, **facts)
    whole = " ".join(f"{body} {text(notice.locale, 'sms_stop')}".translate(_PLAINER).split())
    plain = "".join(map(_plainer, whole))
    return plain if is_gsm7(plain) else whole


def _plainer(character: str) -> str:
    """The character, or the letter under the accent that GSM-7 does not have."""
    if character in _BASIC or character in _EXTENDED:
        return character
    return unicodedata.normalize("NFKD", character)[0]
