"""The store's contract, part three: requests, clocks, roles, watermarks, links."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.errors import NotFound
from chalicelib.domain.team import Role
from chalicelib.ports.answers import StaleHead
from chalicelib.ports.rows import (
    Departure,
    Membership,
    PortalLink,
    PortalOpening,
    SavedRequest,
    TestClock,
)
from chalicelib.ports.store import Store
from tests.contracts import store_samples as a

LATER = a.minutes(10_000)
LEASE = timedelta(minutes=5)


class RequestContract:
    def _begin(self, store: Store, holder: str, minute: int, body: str = "b1") -> SavedRequest:
        now = a.minutes(minute)
        return store.begin_request(
            a.BIZ, "key-1", body_hash=body, holder=holder, now=now, lease_until=now + LEASE
        )

    def test_the_first_caller_holds_the_key(self, store: Store) -> None:
        mine = self._begin(store, "h1", 0)
        assert mine == SavedRequest("b1", "h1", a.NOON + LEASE)
        assert self._begin(store, "h2", 4) == mine
        assert self._begin(store, "h1", 4) == mine

    def test_the_answer_is_kept(self, store: Store) -> None:
        self._begin(store, "h1", 0)
        store.finish_request(a.BIZ, "key-1", holder="h1", status=201, response='{"id":"é"}')
        kept = SavedRequest("b1", "h1", a.NOON + LEASE, 201, '{"id":"é"}')
        assert self._begin(store, "h2", 1) == kept
        assert self._begin(store, "h2", 99) == kept

    def test_a_lease_that_ran_out_is_taken_over(self, store: Store) -> None:
        self._begin(store, "h1", 0)
        assert self._begin(store, "h2", 5).holder == "h2"
        store.finish_request(a.BIZ, "key-1", holder="h1", status=500, response="late")
        assert self._begin(store, "h3", 6).status is None
        store.finish_request(a.BIZ, "key-1", holder="h2", status=201, response="{}")
        assert self._begin(store, "h3", 99).status == 201

    def test_another_body_does_not_take_over(self, store: Store) -> None:
        self._begin(store, "h1", 0)
        assert self._begin(store, "h2", 99, body="b2").body_hash == "b1"
        assert self._begin(store, "h2", 99).holder == "h2"

    def test_keys_are_a_business_own(self, store: Store) -> None:
        self._begin(store, "h1", 0)
        other = store.begin_request(
            a.OTHER_BIZ, "key-1", body_hash="b", holder="h2", now=a.NOON, lease_until=a.minutes(5)
        )
        assert other.holder == "h2"


class SmallRowsContract:
    def test_a_test_clock_moves_one_version_at_a_time(self, store: Store) -> None:
        with pytest.raises(NotFound):
            store.test_clock("clk_1")
        first = TestClock("clk_1", a.BIZ, a.NOON, a.NOON)
        store.save_test_clock(first)
        store.save_test_clock(first)  # our own again
        moved = TestClock("clk_1", a.BIZ, a.NOON, a.minutes(9), 1)
        store.save_test_clock(moved)
        assert store.test_clock("clk_1") == moved
        rival = TestClock("clk_1", a.BIZ, a.NOON, a.minutes(5), 1)
        for wrong in (rival, first, TestClock("clk_1", a.BIZ, a.NOON, a.NOON, 3)):
            with pytest.raises(StaleHead):
                store.save_test_clock(wrong)
        with pytest.raises(StaleHead):
            store.save_test_clock(TestClock("clk_2", a.BIZ, a.NOON, a.NOON, 7))

    def test_roles_by_user(self, store: Store) -> None:
        viewer = Membership("usr_1", a.OTHER_BIZ, Role.VIEWER)
        admin = Membership("usr_1", a.BIZ, Role.ADMIN)
        store.append([a.new_team(a.OTHER_BIZ)], side=(viewer,))
        first = a.new_team()
        store.append([first], side=(Membership("usr_1", a.BIZ, Role.VIEWER),))
        second = a.joined(first, "usr_2")
        store.append([second], side=(admin,))
        assert store.team(a.BIZ) == second.head
        assert store.memberships("usr_1") == [admin, viewer]
        assert store.memberships("usr_2") == []
        store.append([a.joined(second, "usr_3")], side=(Departure("usr_1", a.BIZ),))
        assert store.memberships("usr_1") == [viewer]

    def test_a_role_comes_with_its_fact_or_not_at_all(self, store: Store) -> None:
        first = a.new_team()
        store.append([first])
        store.append([a.joined(first, "usr_2")])
        with pytest.raises(StaleHead):
            store.append([a.joined(first, "usr_3")], side=(Membership("usr_3", a.BIZ, Role.ADMIN),))
        assert store.memberships("usr_3") == []

    def test_a_business_without_users_has_no_team(self, store: Store) -> None:
        with pytest.raises(NotFound) as none:
            store.team(a.BIZ)
        assert none.value.code == "team_not_found"

    def test_watermarks_by_name(self, store: Store) -> None:
        assert store.watermark(a.BIZ, "charges") == ""
        for value in ("1", "2", "1"):  # back to an earlier one: that is no repeat
            store.save_watermark(a.BIZ, "charges", value)
            assert store.watermark(a.BIZ, "charges") == value
        assert store.watermark(a.BIZ, "refunds") == ""
        assert store.watermark(a.OTHER_BIZ, "charges") == ""

    def test_a_link_is_found_by_its_hash(self, store: Store) -> None:
        link = PortalLink("hash-1", a.BIZ, a.CUS, "inv_1", LATER)
        store.save_portal_link(link)
        assert store.portal_link("hash-1") == link
        assert store.portal_link("hash-2") is None
        longer = replace(link, expires_at=LATER + LEASE)
        store.save_portal_link(longer)
        assert store.portal_link("hash-1") == longer

    def test_a_link_once_revoked_stays_revoked(self, store: Store) -> None:
        link = PortalLink("hash-1", a.BIZ, a.CUS, None, LATER)
        revoked = replace(link, revoked_at=a.NOON)
        store.save_portal_link(link)
        store.save_portal_link(revoked)
        store.save_portal_link(link)  # by a mail that was being made meanwhile
        assert store.portal_link("hash-1") == revoked

    def test_the_first_opening_of_a_day_is_remembered(self, store: Store) -> None:
        first = PortalOpening(a.BIZ, a.CUS, "inv_1", "page", a.NOON, "203.0.113.0/24")
        pdf = replace(first, action="pdf", at=a.minutes(1))
        again = replace(first, at=a.minutes(2), network="198.51.100.0/24")
        next_day = replace(first, at=a.minutes(24 * 60))
        unnamed = replace(first, invoice_id=None, at=a.minutes(3))
        for opening in (first, pdf, again, next_day, unnamed):
            store.note_opening(opening)
        store.note_opening(replace(first, customer_id="cus_other"))
        store.note_opening(replace(first, business_id=a.OTHER_BIZ))
        assert store.openings_of(a.BIZ, a.CUS, since=a.NOON) == [first, pdf, unnamed, next_day]
        assert store.openings_of(a.BIZ, a.CUS, since=a.minutes(2)) == [unnamed, next_day]
        assert store.openings_of(a.BIZ, "cus_nobody", since=a.NOON) == []
