"""The business's colours and mark, made safe: readable on paper whatever was chosen."""

from __future__ import annotations

import re
import unicodedata
from typing import TYPE_CHECKING

from chalicelib.adapters.documents.page import Mark, Party
from chalicelib.catalogue import text
from chalicelib.documents import BrandView

if TYPE_CHECKING:
    from chalicelib.documents import PartyView

_HEX = re.compile(r"#[0-9a-fA-F]{6}")
_WHITE, _INK = "#ffffff", "#16212b"
_READABLE = 3.0  # WCAG's least contrast for large text against white


def colour(chosen: str, otherwise: str) -> str:
    """The chosen colour if it is one and can be read on white paper."""
    if _HEX.fullmatch(chosen) and contrast(chosen, _WHITE) >= _READABLE:
        return chosen.lower()
    return otherwise


def accent(brand: BrandView) -> str:
    return colour(brand.accent, BrandView().accent)


def action(brand: BrandView) -> str:
    return colour(brand.action, BrandView().action)


def on(background: str) -> str:
    """White or ink, whichever reads better on it."""
    best = max((_WHITE, _INK), key=lambda candidate: contrast(candidate, background))
    return _WHITE if contrast(_WHITE, background) >= _READABLE else best


def contrast(one: str, other: str) -> float:
    """WCAG's contrast ratio of two colours, 1 to 21."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def _luminance(hex_colour: str) -> float:
    channels = [int(hex_colour[start : start + 2], 16) / 255 for start in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return sum(weight * c for weight, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def initials(name: str) -> str:
    """`Harbour & Pine Ltd` as `HP`; one character where a script writes no initials."""
    words = [word for word in re.split(r"[\s.&/+-]+", name) if word and word[0].isalnum()]
    first = "".join(word[0] for word in words[:2]).upper()
    spelled = first[:1].isascii() or unicodedata.name(first[:1], "").startswith(
        ("LATIN", "GREEK", "CYRILLIC")
    )
    return (first if spelled else first[:1]) or "#"


def mark(name: str, brand: BrandView, locale: str) -> Mark:
    return Mark(
        initials=initials(name),
        on_accent=on(accent(brand)),
        logo=brand.logo_svg is not None,
        alt=text(locale, "document.logo_alt", name=name),
    )


def issuer(party: PartyView) -> Party:
    lines = [*party.address_lines, party.tax_id, party.email, party.phone]
    return Party(name=party.name, lines=[line for line in lines if line])


def customer(party: PartyView, locale: str) -> Party:
    attention = (
        text(locale, "document.attention", name=party.attention) if party.attention else None
    )
    lines = [attention, *party.address_lines, party.tax_id, party.email]
    return Party(name=party.name, lines=[line for line in lines if line])


def footer_text(party: PartyView) -> str:
    """Who issued it, as company law wants it on every page."""
    return " · ".join(part for part in (party.name, party.registration, party.tax_id) if part)
