"""What operations do to a running install: outages of what it stands on, and deployments.

`Outage` closes Stripe for a day, `Blackout` every port for a while each, reopened in another order.
In a `Deployment` old code and new code run side by side: a row that the new code has written is
left alone by the old, which is how the table's guard has it.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from chalicelib.ports.answers import Unanswered
from tests.simulation.install import HOUR, World
from tests.simulation.world import Handler, Message

DAY = 24 * HOUR
_PORTS = ("store", "stripe", "queue", "timers", "mail", "files", "bus", "effects")


class Closing(World):
    """`closed` is when each port answers nobody, in seconds from the start."""

    closed: dict[str, tuple[int, int]]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        self.closed = {}
        super().__init__(*args, **kwargs)
        self.turned_away = 0
        self.plan_operations()
        for _, last in self.closed.values():
            self.later(last, lambda: None)  # time does not stop before everything is open again

    def plan_operations(self) -> None:
        raise NotImplementedError

    def io(self, point: str, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        first, last = self.closed.get(point.partition(".")[0], (0, 0))
        if self._current is not None and first <= self.seconds < last:
            self.turned_away += 1
            raise Unanswered(f"{point}: closed")
        return super().io(point, call, args, kwargs)

    def _failed(self, message: Message) -> None:
        """Who has asked in vain all day goes home: then no good end is owed."""
        super()._failed(message)
        if message.name.startswith("api:") and message.receives >= message.most:
            self.lost.append(message.name)


class Outage(Closing):
    """Stripe is away for a day, from the first second or from the middle of something."""

    def plan_operations(self) -> None:
        first = (0, 1, 60, 8 * HOUR, DAY - 30)[self.pick(5)]
        self.closed["stripe"] = (first, first + DAY)


class Blackout(Closing):
    """Everything goes, one after the other, and comes back in an order of its own."""

    def plan_operations(self) -> None:
        for port in _PORTS:
            first = self.pick(2 * HOUR)
            self.closed[port] = (first, first + HOUR + self.pick(20 * HOUR))


class Deployment(World):
    """For two hours some handlers run the old code and some the new."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.first = self.pick(30)
        self.last = self.first + 2 * HOUR
        self.newer: set[str] = set()  # subjects whose rows the new code has written
        self.left_alone = 0
        self._is_new: dict[Handler, bool] = {}

    def io(self, point: str, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        handler = self._current
        if handler is not None and point.startswith("store."):
            if self._runs_new_code(handler):
                if point == "store.append":
                    self.newer.update(change.fact.subject_id for change in args[0])
            elif any(type(word) is str and word in self.newer for word in args):
                self.left_alone += 1
                raise Unanswered(f"{point}: the row was written by newer code")
        return super().io(point, call, args, kwargs)

    def _runs_new_code(self, handler: Handler) -> bool:
        """A process keeps the code that it began with; after the deployment all are new."""
        if self.seconds >= self.last:
            return True
        if handler not in self._is_new:
            self._is_new[handler] = self.seconds >= self.first and bool(self.pick(2))
        return self._is_new[handler]
