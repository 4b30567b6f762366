"""What a tax is called on an invoice."""

from __future__ import annotations

import pytest

from chalicelib.messages.taxes import tax_name


@pytest.mark.parametrize(
    ("country", "locale", "name"),
    [
        ("US", "en-US", "Sales tax"), ("IE", "en-IE", "VAT"), ("DE", "de-DE", "USt."),
        ("FR", "fr-FR", "TVA"), ("ES", "es-ES", "IVA"), ("DE", "pl-PL", "VAT"),
    ],
)  # fmt: skip
def test_a_tax_is_named_in_the_readers_language(country: str, locale: str, name: str) -> None:
    assert tax_name(country, locale) == name
