"""An index of the memory store: rows by partition and sort, and how far it lags behind the rows."""

from __future__ import annotations

from bisect import bisect_left, bisect_right, insort
from collections import deque
from collections.abc import Callable, Hashable, Iterator
from datetime import datetime, timedelta
from typing import Any

Place = tuple[Hashable, tuple[Any, ...]]  # partition, sort; sorts of a partition are unique


class MemoryIndex:
    """With a `lag`, what was written less than that long ago is not yet seen."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.lag = timedelta()
        self._clock = clock
        self._partitions: dict[Hashable, list[tuple[tuple[Any, ...], Any]]] = {}
        self._places: dict[Hashable, Place] = {}
        self._pending: deque[tuple[datetime, Hashable, Place | None]] = deque()

    def move(self, row: Hashable, place: Place | None) -> None:
        """The row now stands there; nowhere for None."""
        if self.lag or self._pending:
            self._pending.append((self._clock(), row, place))
        else:
            self._move(row, place)

    def _move(self, row: Hashable, place: Place | None) -> None:
        before = self._places.get(row)
        if before == place:
            return
        if before is not None:
            entries = self._partitions[before[0]]
            del entries[bisect_left(entries, before[1], key=_sort_of)]
            del self._places[row]
        if place is not None:
            self._places[row] = place
            insort(self._partitions.setdefault(place[0], []), (place[1], row), key=_sort_of)

    def settle(self) -> None:
        """Let everything older than the lag be seen."""
        if not self._pending:
            return
        seen_until = self._clock() - self.lag
        while self._pending and self._pending[0][0] <= seen_until:
            _, row, place = self._pending.popleft()
            self._move(row, place)

    def rows(
        self, partition: Hashable, after: tuple[Any, ...] | None = None, *, newest: bool = False
    ) -> Iterator[tuple[tuple[Any, ...], Any]]:
        """Sort and row of each entry beyond `after`, ascending, or descending when `newest`."""
        self.settle()
        entries = self._partitions.get(partition, [])
        if newest:
            end = len(entries) if after is None else bisect_left(entries, after, key=_sort_of)
            return (entries[at] for at in range(end - 1, -1, -1))
        start = 0 if after is None else bisect_right(entries, after, key=_sort_of)
        return (entries[at] for at in range(start, len(entries)))


def _sort_of(entry: tuple[tuple[Any, ...], Any]) -> tuple[Any, ...]:
    return entry[0]
