"""The memory store's rows beside heads and facts: claims, clocks, requests, roles, marks."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from threading import RLock
from typing import Any

from chalicelib.domain.canonical import plain
from chalicelib.domain.errors import NotFound
from chalicelib.ports import rows
from chalicelib.ports.answers import FactExists, StaleHead

Tries = dict[str, datetime]  # when, by attempt


class MemorySide:
    """Half of MemoryStore; it shares its lock."""

    def __init__(self) -> None:
        self.lock = RLock()
        self.numbers: dict[str, int] = {}  # business: next free invoice
        self.note_numbers: dict[str, int] = {}  # business: next free credit note
        self.tries: dict[tuple[str, str, int, str], Tries] = {}
        self.owners: dict[tuple[str, str, str], str] = {}
        self.clocks: dict[str, rows.TestClock] = {}
        self.requests: dict[tuple[str, str], rows.SavedRequest] = {}
        self.roles: dict[str, dict[str, rows.Membership]] = {}
        self.marks: dict[tuple[str, str], str] = {}
        self.links: dict[str, rows.PortalLink] = {}
        self.opened: dict[tuple[str, str], dict[str, rows.PortalOpening]] = {}

    def _claim_taken(self, side: Sequence[rows.SideRow]) -> str | None:
        for row in side:
            if isinstance(row, rows.UniqueClaim | rows.ReleasedClaim):
                key = (row.business_id, row.kind, row.value)
                if self.owners.get(key, row.owner) != row.owner:
                    return f"{row.kind}/{row.value}"
        return None

    def _check_side(self, side: Sequence[rows.SideRow]) -> None:
        taken = self._claim_taken(side)
        if taken is not None:
            raise FactExists(taken)
        for row in side:
            if (
                isinstance(row, rows.NumberRange)
                and self._series(row.series).get(row.business_id, 1) > row.first
            ):
                raise StaleHead(f"number {row.first} of {row.business_id} is taken")

    def _write_side(self, side: Sequence[rows.SideRow]) -> None:
        for row in side:
            if isinstance(row, rows.NumberRange):
                self._series(row.series)[row.business_id] = row.first + row.count
            elif isinstance(row, rows.UniqueClaim):
                self.owners[row.business_id, row.kind, row.value] = row.owner
            elif isinstance(row, rows.ReleasedClaim):
                self.owners.pop((row.business_id, row.kind, row.value), None)
            elif isinstance(row, rows.Membership):
                self.roles.setdefault(row.user_id, {})[row.business_id] = row
            elif isinstance(row, rows.Departure):
                self.roles.get(row.user_id, {}).pop(row.business_id, None)
            else:
                counter = (row.business_id, row.fingerprint, row.amount, row.currency)
                self.tries.setdefault(counter, {})[row.attempt_key] = row.at

    def _series(self, series: rows.Series) -> dict[str, int]:
        return self.numbers if series is rows.Series.INVOICE else self.note_numbers

    def next_number(self, business_id: str, series: rows.Series = rows.Series.INVOICE) -> int:
        return self._series(series).get(business_id, 1)

    def network_tries(
        self, business_id: str, fingerprint: str, amount: int, currency: str, *, since: datetime
    ) -> list[datetime]:
        tries = self.tries.get((business_id, fingerprint, amount, currency), {})
        return sorted(at for at in tries.values() if at >= since)

    def owner_of(self, business_id: str, kind: str, value: str) -> str | None:
        return self.owners.get((business_id, kind, value))

    def test_clock(self, clock_id: str) -> rows.TestClock:
        if clock_id not in self.clocks:
            raise NotFound("test_clock_not_found", "There is no such test clock.")
        return self.clocks[clock_id]

    def save_test_clock(self, clock: rows.TestClock) -> None:
        with self.lock:
            stored = self.clocks.get(clock.id)
            if stored == clock:
                return
            if stored.version != clock.version - 1 if stored else clock.version > 1:
                raise StaleHead(f"test clock {clock.id} is not at version {clock.version - 1}")
            self.clocks[clock.id] = clock

    def begin_request(
        self,
        business_id: str,
        key: str,
        *,
        body_hash: str,
        holder: str,
        now: datetime,
        lease_until: datetime,
    ) -> rows.SavedRequest:
        ours = rows.SavedRequest(body_hash=body_hash, holder=holder, lease_until=lease_until)
        with self.lock:
            stored = self.requests.get((business_id, key))
            if stored is not None and not (
                stored.status is None
                and stored.lease_until <= now
                and stored.body_hash == body_hash
            ):
                return stored
            self.requests[business_id, key] = ours
            return ours

    def finish_request(
        self, business_id: str, key: str, *, holder: str, status: int, response: str
    ) -> None:
        with self.lock:
            stored = self.requests.get((business_id, key))
            if stored is not None and stored.holder == holder and stored.status is None:
                self.requests[business_id, key] = replace(stored, status=status, response=response)

    def memberships(self, user_id: str) -> list[rows.Membership]:
        return [role for _, role in sorted(self.roles.get(user_id, {}).items())]

    def portal_link(self, token_hash: str) -> rows.PortalLink | None:
        return self.links.get(token_hash)

    def save_portal_link(self, link: rows.PortalLink) -> None:
        with self.lock:
            known = self.links.get(link.token_hash)
            if known is None or known.revoked_at is None:
                self.links[link.token_hash] = link

    def note_opening(self, opening: rows.PortalOpening) -> None:
        shelf = self.opened.setdefault((opening.business_id, opening.customer_id), {})
        key = (opening.at.date().isoformat(), opening.action, opening.invoice_id or "-")
        shelf.setdefault("#".join(key), opening)

    def openings_of(
        self, business_id: str, customer_id: str, *, since: datetime
    ) -> list[rows.PortalOpening]:
        shelf = self.opened.get((business_id, customer_id), {})
        return sorted(
            (one for one in shelf.values() if one.at >= since),
            key=lambda one: (one.at, one.action, one.invoice_id or ""),
        )

    def watermark(self, business_id: str, name: str) -> str:
        return self.marks.get((business_id, name), "")

    def save_watermark(self, business_id: str, name: str, value: str) -> None:
        with self.lock:
            self.marks[business_id, name] = value

    def exported_side(self) -> list[dict[str, Any]]:
        tables: dict[str, dict[Any, Any]] = {
            "number": self.numbers,
            "credit_note_number": self.note_numbers,
            "tries": self.tries,
            "claim": self.owners,
            "test_clock": self.clocks,
            "request": self.requests,
            "roles": self.roles,
            "watermark": self.marks,
            "portal_link": self.links,
            "opened": self.opened,
        }
        return [
            {"row": row, "key": plain(key), "value": plain(value)}
            for row, table in tables.items()
            for key, value in table.items()
        ]
