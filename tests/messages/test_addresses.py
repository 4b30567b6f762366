"""Addresses on invoices and under mails, as an envelope to that country is written."""

from __future__ import annotations

import pytest

from chalicelib.domain.parties import Address
from chalicelib.messages.addresses import address_lines


@pytest.mark.parametrize(
    ("address", "lines"),
    [
        (
            Address("12 Main St", "Suite 4", "Portland", "ME", "04101", "US"),
            ("12 Main St", "Suite 4", "Portland, ME 04101", "United States"),
        ),
        (Address("1 King St", "", "Ottawa", "ON", "K1A 0B1", "CA"),
         ("1 King St", "Ottawa, ON K1A 0B1", "Canada")),
        (Address("", "", "Sydney", "", "2000", "AU"), ("Sydney, 2000", "Australia")),
        (Address("", "", "", "ME", "04101", "US"), ("ME 04101", "United States")),
        (Address("3 Park Row", "", "Leeds", "", "LS1 4AP", "GB"),
         ("3 Park Row", "Leeds", "LS1 4AP", "United Kingdom")),
        (Address("Hafenstraße 9", "", "Hamburg", "", "20457", "DE"),
         ("Hafenstraße 9", "20457 Hamburg", "Germany")),
        (Address("1 Elm", "", "Town", "Region", "1000"), ("1 Elm", "1000 Town", "Region")),
        (Address(), ()),
    ],
)  # fmt: skip
def test_lines_follow_the_country(address: Address, lines: tuple[str, ...]) -> None:
    assert address_lines(address) == lines


def test_the_country_is_named_for_the_reader_and_what_is_none_stays() -> None:
    assert address_lines(Address(country="DE"), "fr-FR") == ("Allemagne",)
    assert address_lines(Address(country="QQ"), "fr-FR") == ("QQ",)
