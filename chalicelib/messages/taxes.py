"""What a business's tax is called by its reader: sales tax in the United States, VAT elsewhere."""

from __future__ import annotations

from chalicelib.catalogue import text


def tax_name(country: str, locale: str) -> str:
    return text(locale, f"document.tax_name.{'sales' if country == 'US' else 'vat'}")
