"""How the business and its customer appear at the head and foot of a document."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.adapters.documents.page import Mark, Party
from chalicelib.branding import initials, readable, text_on
from chalicelib.catalogue import text
from chalicelib.documents import BrandView

if TYPE_CHECKING:
    from chalicelib.documents import PartyView


def accent(brand: BrandView) -> str:
    return readable(brand.accent, BrandView().accent)


def action(brand: BrandView) -> str:
    return readable(brand.action, BrandView().action)


def mark(name: str, brand: BrandView, locale: str) -> Mark:
    return Mark(
        initials=initials(name),
        on_accent=text_on(accent(brand)),
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
