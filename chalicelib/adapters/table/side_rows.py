"""Rows beside heads and facts: numbers, tries, claims, test clocks, requests, roles, watermarks."""

from __future__ import annotations

from contextlib import suppress
from datetime import datetime, timedelta

from chalicelib.adapters.records import decode
from chalicelib.adapters.table import keys
from chalicelib.adapters.table.base import TableBase
from chalicelib.adapters.table.calls import TRIES, RefusedError
from chalicelib.adapters.table.layout import Write
from chalicelib.domain.canonical import canonical
from chalicelib.domain.errors import NotFound
from chalicelib.domain.team import Role
from chalicelib.ports.answers import StaleHead, Unanswered
from chalicelib.ports.rows import (
    OPENINGS_KEPT,
    Membership,
    PortalLink,
    PortalOpening,
    SavedRequest,
    Series,
    TestClock,
)

REQUEST_KEPT = timedelta(days=7)  # longer than any client repeats a call


class SideRows(TableBase):
    """Small rows, each of its own kind."""

    def next_number(self, business_id: str, series: Series = Series.INVOICE) -> int:
        row = self._get(keys.numbers(business_id, series), business_id)
        return 1 if row is None else int(row.next_free)

    def network_tries(
        self, business_id: str, fingerprint: str, amount: int, currency: str, *, since: datetime
    ) -> list[datetime]:
        partition = keys.tries(business_id, fingerprint, amount, currency)
        rows = self._query(partition, self._model.sk.startswith(keys.one_try("")), business_id)
        # Rows past their time may still be there: `since` decides, the rubbish collector does not.
        tried = (datetime.fromisoformat(str(row.body)) for row in rows)
        return sorted(at for at in tried if at >= since)

    def owner_of(self, business_id: str, kind: str, value: str) -> str | None:
        row = self._get(keys.claim(business_id, kind, value), business_id)
        return None if row is None else row.owner

    # --- Test clocks -----------------------------------------------------------------------------

    def test_clock(self, clock_id: str) -> TestClock:
        row = self._get(keys.test_clock(clock_id), None)
        if row is None:
            raise NotFound("test_clock_not_found", "There is no such test clock.")
        return decode(str(row.body), TestClock)

    def save_test_clock(self, clock: TestClock) -> None:
        model = self._model
        row = self._layout.row(
            keys.test_clock(clock.id),
            business_id=None,
            version=clock.version,
            body=canonical(clock),
        )
        follows = model.version == clock.version - 1
        if clock.version <= 1:
            follows |= model.pk.does_not_exist()
        try:
            self._write([Write(row, follows)])
        except RefusedError as refusal:
            stored = self._get(keys.test_clock(clock.id), None)
            if stored is None or stored.body != row.body:
                raise StaleHead(f"{clock.id} is not at version {clock.version - 1}") from refusal

    # --- Idempotency keys of our API -------------------------------------------------------------

    def begin_request(
        self,
        business_id: str,
        key: str,
        *,
        body_hash: str,
        holder: str,
        now: datetime,
        lease_until: datetime,
    ) -> SavedRequest:
        ours = SavedRequest(body_hash=body_hash, holder=holder, lease_until=lease_until)
        before: str | None = None
        for _ in range(TRIES):
            try:
                self._save_request(business_id, key, ours, before)
            except RefusedError:
                stored, before = self._request(business_id, key)
            else:
                return ours
            runs = stored.status is not None or stored.lease_until > now
            if runs or stored.body_hash != body_hash:
                return stored
        raise Unanswered("too many callers use this Idempotency-Key at once")

    def finish_request(
        self, business_id: str, key: str, *, holder: str, status: int, response: str
    ) -> None:
        """What a holder that lost its lease has to say is not kept: the new one says it too."""
        stored, before = self._request(business_id, key)
        if stored.holder != holder or stored.status is not None:
            return
        answered = SavedRequest(
            body_hash=stored.body_hash,
            holder=holder,
            lease_until=stored.lease_until,
            status=status,
            response=response,
        )
        try:
            self._save_request(business_id, key, answered, before)
        except RefusedError:
            return

    def _request(self, business_id: str, key: str) -> tuple[SavedRequest, str]:
        row = self._get(keys.request(business_id, key), business_id)
        if row is None:
            raise NotFound("request_not_found", "There is no such request.")
        return decode(str(row.body), SavedRequest), str(row.body)

    def _save_request(
        self, business_id: str, key: str, request: SavedRequest, before: str | None
    ) -> None:
        """`before` is the text it replaces, None for none: whoever changed it meanwhile wins."""
        row = self._layout.row(
            keys.request(business_id, key),
            business_id=business_id,
            body=canonical(request),
            expires_at=request.lease_until + REQUEST_KEPT,
        )
        model = self._model
        same = model.pk.does_not_exist() if before is None else model.body == before
        self._write([Write(row, same)])

    # --- Roles and watermarks --------------------------------------------------------------------

    def memberships(self, user_id: str) -> list[Membership]:
        rows = self._query(keys.user(user_id), self._model.sk.startswith("B#"), None)
        found = [
            Membership(user_id, row.sk.removeprefix("B#"), Role(str(row.body)))
            for row in rows
            if row.body is not None
        ]
        return sorted(found, key=lambda membership: membership.business_id)

    def portal_link(self, token_hash: str) -> PortalLink | None:
        row = self._get(keys.portal_link(token_hash), None)
        return None if row is None else decode(str(row.body), PortalLink)

    def save_portal_link(self, link: PortalLink) -> None:
        """Written again with a later end it is the same link. One revoked stays revoked."""
        row = self._layout.row(
            keys.portal_link(link.token_hash),
            business_id=None,
            body=canonical(link),
            expires_at=link.expires_at,
        )
        model = self._model
        # The canonical text names `revoked_at` only when it is set.
        alive = model.pk.does_not_exist() | ~model.body.contains('"revoked_at"')
        with suppress(RefusedError):
            self._write([Write(row, alive)])

    def note_opening(self, opening: PortalOpening) -> None:
        row = self._layout.row(
            (
                keys.openings(opening.business_id, opening.customer_id),
                keys.one_opening(opening),
            ),
            business_id=opening.business_id,
            body=canonical(opening),
            expires_at=opening.at + OPENINGS_KEPT,
        )
        with suppress(RefusedError):
            self._write([Write(row, self._model.pk.does_not_exist())])

    def openings_of(
        self, business_id: str, customer_id: str, *, since: datetime
    ) -> list[PortalOpening]:
        """The days are in the keys, so what is too old is never read."""
        rows = self._query(
            keys.openings(business_id, customer_id),
            self._model.sk.between(f"O#{since.date().isoformat()}", "O$"),
            business_id,
        )
        found = (decode(str(row.body), PortalOpening) for row in rows)
        return sorted(
            (one for one in found if one.at >= since),
            key=lambda one: (one.at, one.action, one.invoice_id or ""),
        )

    def watermark(self, business_id: str, name: str) -> str:
        row = self._get(keys.watermark(business_id, name), business_id)
        return "" if row is None else str(row.body)

    def save_watermark(self, business_id: str, name: str, value: str) -> None:
        self._put(keys.watermark(business_id, name), business_id, body=value)
