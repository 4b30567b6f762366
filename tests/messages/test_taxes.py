"""What a tax is called on an invoice."""

from __future__ import annotations

import pytest

from chalicelib.messages.taxes import tax_id_line, tax_name


@pytest.mark.parametrize(
    ("country", "locale", "name"),
    [
        ("US", "en-US", "Sales tax"), ("IE", "en-IE", "VAT"), ("DE", "de-DE", "USt."),
        ("FR", "fr-FR", "TVA"), ("ES", "es-ES", "IVA"), ("DE", "pl-PL", "VAT"),
    ],
)  # fmt: skip
def test_a_tax_is_named_in_the_readers_language(country: str, locale: str, name: str) -> None:
    assert tax_name(country, locale) == name


@pytest.mark.parametrize(
    ("number", "locale", "line"),
    [
        ("98-7654321", "en-US", "Tax ID 98-7654321"),
        ("98-7654321", "es-ES", "NIF 98-7654321"),
        ("DE123456789", "en-US", "VAT ID DE123456789"),
        ("DE123456789", "de-DE", "USt-IdNr. DE123456789"),
        ("FR 40 303265045", "fr-FR", "N° TVA FR 40 303265045"),
        ("12/345", "de-DE", "Steuernr. 12/345"),
        ("VAT IE 6388047V", "de-DE", "VAT IE 6388047V"),
        ("  ", "fr-FR", None),
        ("", "de-DE", None),
    ],
)
def test_a_tax_number_says_what_it_is(number: str, locale: str, line: str | None) -> None:
    assert tax_id_line(number, locale) == line
