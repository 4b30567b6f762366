"""Handlers brought back to the middle of their work.

A suspended handler cannot be copied. But what it is answered is noted, and one that begins anew and
is answered the same comes to the same place again, without anything being done on the way.
"""

from __future__ import annotations

from collections import defaultdict, deque
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

from greenlet import greenlet

if TYPE_CHECKING:
    from tests.simulation.world import Handler

Answer = tuple[bool, Any]  # whether it was returned or raised, and what


class Notebook:
    """What each handler was answered, by its number."""

    def __init__(self) -> None:
        self.answers: dict[int, list[Answer]] = defaultdict(list)


class Answering:
    """The part of `Loop` that all calls come to first."""

    notebook: Notebook | None = None
    _current: Handler | None
    _live: list[Handler]
    _hub: greenlet
    _run: Callable[[Handler], None]
    io: Callable[[str, Callable[..., Any], Any, Any], Any]
    _perform: Callable[[Handler, str, Callable[..., Any], Any, Any], Any]

    def answer(self, point: str, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """A call of a port. Its answer is noted, or known from before.

        Who is brought back goes on where `io` hands over to `_perform`: a world's own `io` must
        have done its part by then.
        """
        handler = self._current
        if handler is not None and handler.known is not None:
            if handler.known:
                return _given(handler.known.popleft())
            self._stand(handler)
            return self._perform(handler, point, call, args, kwargs)
        if handler is None or self.notebook is None:
            return self.io(point, call, args, kwargs)
        return self._noted(handler, self.io, (point, call, args, kwargs))

    def answer_within(self, call: Callable[..., Any], args: Any) -> Any:
        """What is no I/O, but answers otherwise each time."""
        handler = self._current
        if handler is not None and handler.known is not None:
            return _given(handler.known.popleft())
        if handler is None or self.notebook is None:
            return call(*args)
        return self._noted(handler, call, args)

    def _noted(self, handler: Handler, call: Callable[..., Any], args: Any) -> Any:
        assert self.notebook is not None
        noted = self.notebook.answers[handler.number]
        try:
            answer = call(*args)
        except Exception as error:
            noted.append((False, error))
            raise
        noted.append((True, answer))
        return answer

    def _stand(self, handler: Handler) -> None:
        """It is where it was, before an I/O, and goes on when it is its turn."""
        handler.known = None
        self._hub.switch()
        self._current = handler

    def bring_back(self, handlers: Mapping[int, list[Answer]]) -> None:
        """The handlers at work begin anew; each comes as far as its answers lead."""
        whose_turn = self._current
        for handler in self._live:
            handler.thread = greenlet(self._run)
            handler.known = deque(handlers[handler.number])
            self._current = handler
            handler.thread.switch(handler)
        self._current = whose_turn


def _given(answer: Answer) -> Any:
    returned, what = answer
    if returned:
        return what
    raise what
