"""The log of opened links: what a dispute needs, and no more of anybody than that."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.ports.answers import Unanswered
from chalicelib.ports.rows import PortalLink, PortalOpening
from chalicelib.services import portal_links
from tests.fakes.install import Install

LINK = PortalLink("hash", "biz_1", "cus_1", "inv_1", Install.at().clock.now() + timedelta(days=9))


@pytest.mark.parametrize(
    ("address", "network"),
    [
        ("203.0.113.7", "203.0.113.0/24"),
        ("2001:db8:1234:5678::1", "2001:db8:1234::/48"),
        ("", ""),
        ("unknown", ""),
        ("203.0.113.7, 10.0.0.1", ""),
    ],
)
def test_of_an_address_only_the_network_is_kept(address: str, network: str) -> None:
    assert portal_links.network_of(address) == network


def test_an_opening_is_noted_in_the_businesss_time() -> None:
    install = Install.at()
    install.business()
    portal_links.note_opening(install.ports, LINK, "page", "203.0.113.7")
    portal_links.note_opening(install.ports, LINK, "pdf", "203.0.113.7", "inv_2")
    now = install.clock.now()
    assert install.store.openings_of("biz_1", "cus_1", since=now) == [
        PortalOpening("biz_1", "cus_1", "inv_1", "page", now, "203.0.113.0/24"),
        PortalOpening("biz_1", "cus_1", "inv_2", "pdf", now, "203.0.113.0/24"),
    ]


def test_a_page_is_shown_although_its_opening_cannot_be_noted() -> None:
    install = Install.at()
    install.business()
    tried: list[PortalOpening] = []

    def lost(opening: PortalOpening) -> None:
        tried.append(opening)
        raise Unanswered("lost")

    install.store.note_opening = lost  # type: ignore[method-assign]
    portal_links.note_opening(install.ports, LINK, "page", "203.0.113.7")
    assert len(tried) == 1
