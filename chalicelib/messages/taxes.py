"""What taxes and tax numbers are called by their reader: sales tax in the United States, VAT
elsewhere; a number that begins with a country is a VAT number."""

from __future__ import annotations

import re

from chalicelib.catalogue import text

_VAT = re.compile(r"[A-Z]{2}[ -]?[0-9A-Z]{2}[0-9A-Z .-]{3,}")
_NAMED = re.compile(r"[^\W\d]{3,}")  # somebody wrote what it is before the number


def tax_name(country: str, locale: str) -> str:
    return text(locale, f"document.tax_name.{'sales' if country == 'US' else 'vat'}")


def tax_id_line(number: str, locale: str) -> str | None:
    """The number with its name; none where there is none, as typed where it has a name already."""
    number = number.strip()
    if not number or _NAMED.match(number):
        return number or None
    kind = "vat" if _VAT.fullmatch(number) else "tax"
    return text(locale, f"document.tax_id.{kind}", number=number)
