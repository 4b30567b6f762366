"""Keeps below Stripe's 25 requests a second for each named operation of an account.

All ids share one limit, so confirming a hundred invoices at once would be refused; waiting here
costs less than a 429, which the SDK does not repeat. The limit holds within this process: how many
workers run at once is set with the queue (`MaximumConcurrency` in infra/resources.yaml).
"""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

PER_SECOND = 20
BURST = 4  # calls that may start together after a rest


class Pacing:
    """One meter for each (operation, account): calls are spaced evenly after a first burst."""

    def __init__(
        self,
        *,
        per_second: int = PER_SECOND,
        clock: Callable[[], float] = time.monotonic,
        sleep: Callable[[float], None] = time.sleep,
    ) -> None:
        self._interval = 1 / per_second
        self._slack = (BURST - 1) * self._interval
        self._clock = clock
        self._sleep = sleep
        self._booked: dict[tuple[str, str | None], float] = {}
        self._lock = threading.Lock()

    def wait(self, operation: str, account: str | None) -> None:
        """Return when the next call of this operation may start."""
        pause = self._book(operation, account)
        if pause > 0:
            self._sleep(pause)

    def _book(self, operation: str, account: str | None) -> float:
        """Take the next free place in time; how long it is until then."""
        with self._lock:
            now = self._clock()
            place = max(now, self._booked.get((operation, account), 0.0))
            self._booked[operation, account] = place + self._interval
            return place - self._slack - now
