"""How a postal address is written for its reader."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.formatting import country_name

if TYPE_CHECKING:
    from chalicelib.domain.parties import Address

_CODE_AFTER_REGION = frozenset({"US", "CA", "AU"})  # Portland, ME 04101
_CODE_ALONE = frozenset({"GB", "IE"})


def address_lines(address: Address, locale: str = "en") -> tuple[str, ...]:
    """As an envelope is written in its country; an address without one, as most of Europe does.

    The country is named in the reader's language: a code is for machines.
    """
    country = country_name(address.country, locale) if address.country else ""
    lines = (address.line1, address.line2, *_town_lines(address), country)
    return tuple(line for line in lines if line)


def _town_lines(address: Address) -> tuple[str, ...]:
    city, region, code = address.city, address.region, address.postal_code
    if address.country in _CODE_AFTER_REGION:
        place = " ".join(part for part in (region, code) if part)
        return (", ".join(part for part in (city, place) if part),)
    if address.country in _CODE_ALONE:
        return city, region, code
    return " ".join(part for part in (code, city) if part), region
