"""The stack's table, with the two records that every step reads kept in memory.

Only this process writes the demo's business and clock while the demo runs. Whoever came too late
for a write reads the table again.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chalicelib.adapters.table.store import DynamoStore
from chalicelib.domain.business import Business
from chalicelib.ports.answers import FactExists, StaleHead
from chalicelib.ports.rows import Change, SideRow, TestClock


class KeepingStore(DynamoStore):
    def __init__(self, table_name: str, *, endpoint_url: str | None) -> None:
        super().__init__(table_name, endpoint_url=endpoint_url)
        self._kept: dict[tuple[str, str], Any] = {}

    def business(self, business_id: str) -> Business:
        kept: Business = self._kept.get(("business", business_id)) or super().business(business_id)
        self._kept["business", business_id] = kept
        return kept

    def test_clock(self, clock_id: str) -> TestClock:
        kept: TestClock = self._kept.get(("clock", clock_id)) or super().test_clock(clock_id)
        self._kept["clock", clock_id] = kept
        return kept

    def save_test_clock(self, clock: TestClock) -> None:
        self._kept.pop(("clock", clock.id), None)
        super().save_test_clock(clock)

    def append(
        self,
        changes: Sequence[Change],
        *,
        side: Sequence[SideRow] = (),
        clock_id: str | None = None,
    ) -> None:
        try:
            super().append(changes, side=side, clock_id=clock_id)
        except (StaleHead, FactExists):
            self._kept.clear()
            raise
        for change in changes:
            if isinstance(change.head, Business):
                self._kept.pop(("business", change.head.id), None)
