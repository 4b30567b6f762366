"""The world of one run: one process, one clock, one scheduler that a seed decides.

Handlers run in greenlets, so that production code stays as it is and can still be stopped,
suspended and overtaken at any I/O. Each I/O has a number; the plan says what goes wrong at which.
Time stands still while handlers run and jumps to whatever comes next.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from heapq import heappop, heappush
from random import Random
from typing import Any

from greenlet import getcurrent, greenlet

from chalicelib.domain.errors import Conflict, IllegalTransition
from chalicelib.ports.answers import StaleHead, Unanswered
from tests.simulation.answers import Answer, Answering
from tests.simulation.faults import LATE_SECONDS, STRIPE_KINDS, Fault, Plan, Strikes
from tests.simulation.trace import Trace
from tests.simulation.traits import Traits, drawn, skew

START = datetime(2026, 3, 2, 15, tzinfo=UTC)  # a Monday, ten in the morning in New York
MOST_FOUND = 10  # violations of one run: the first say it all
MOST_IO = 20_000  # of one run: more is a loop; a stored 500 is asked for again for a day


class Crash(BaseException):
    """The process is gone. Not an Exception: nothing in the product may catch it."""


@dataclass(slots=True, eq=False)
class Message:
    """Work for one handler. Not deleted, it comes back `again_after` seconds after each receipt.

    `redriven`: when it is lost, a person gives it back in the end. Only who advances a test clock
    does; all other work is in the table and at Stripe, and must be found again by the sweep and the
    reconciliation alone. `poison`: nobody can understand it, so that it may end as a dead letter.
    """

    name: str
    run: Callable[[], object]
    again_after: int | None = None
    most: int = 5
    receives: int = 0
    deleted: bool = False
    done: bool = False
    failed: Callable[[], None] | None = None
    redriven: bool = False
    poison: bool = False
    over: Callable[[], None] | None = None  # when its handler has ended, however
    repeatable: bool = True  # answered the same, its handler asks the same again


@dataclass(slots=True, eq=False)
class Handler:
    """One invocation; `dead` once its process is gone."""

    message: Message
    thread: greenlet
    number: int
    skew: timedelta  # how far its process's clock is off
    dead: bool = False
    known: deque[Answer] | None = None  # while it is brought back: what it was answered before


@dataclass(frozen=True, slots=True)
class Violation:
    """`code` is the invariant's, as the fault model numbers it."""

    code: str
    words: str


class Loop(Answering):
    """Clock, agenda and handlers; `World` adds what they run on."""

    def __init__(
        self,
        seed: int,
        plan: Plan | None = None,
        *,
        without: frozenset[str] = frozenset(),
        traits: Traits | None = None,
        keep_lines: bool = False,
    ) -> None:
        self.seed = seed
        self.random = Random(seed)
        self.traits = traits or drawn(self.random, without)
        self.clocks_differ = self.traits.skew > 0  # for the judges: at the calm end none does
        by_kind = any(isinstance(place, tuple) for place in plan or {})
        self.strikes = Strikes(plan or {}, by_kind)
        self.trace = Trace(lines=[] if keep_lines else None)
        self.seconds = 0
        self.now = START
        self.points: list[str] = []
        self.violations: list[Violation] = []
        self.dead_letters: list[Message] = []
        self.notes: dict[str, str] = {}  # what a scenario wants to know at its end
        self.lost: list[str] = []  # names of messages that never come back
        self._agenda: list[tuple[int, int, Message | Handler | Callable[[], None]]] = []
        self._written = 0
        self._ready: list[Message] = []
        self._live: list[Handler] = []
        self._asleep: list[Handler] = []
        self._current: Handler | None = None
        self._hub = getcurrent()
        self.on_quiet: Callable[[], None] | None = None  # called whenever no handler is at work
        self.on_pause: Callable[[], None] | None = None  # called before time passes
        self.on_io: Callable[[], None] | None = None  # called before each I/O is done
        self._begun = 0

    # ------------------------------------------------------------------------------- what is next

    def later(self, seconds: int, what: Message | Handler | Callable[[], None]) -> None:
        """`what` happens so many seconds from now: a message, a handler that wakes, or a deed."""
        self._written += 1
        heappush(self._agenda, (self.seconds + seconds, self._written, what))

    @property
    def handler(self) -> int:
        """Who is at work, by a number."""
        return self._current.number if self._current else 0

    @property
    def local_time(self) -> datetime:
        """What the clock of whoever is at work shows."""
        return self.now + self._current.skew if self._current else self.now

    def _skew(self, message: Message) -> timedelta:
        return skew(self.traits.skew, f"{self.seed} {self.seconds} {message.name}")

    def violate(self, code: str, words: str) -> None:
        if len(self.violations) < MOST_FOUND:
            self.violations.append(Violation(code, words))

    def pick(self, most: int) -> int:
        """One of `most`, as the seed wants it."""
        return int(self.random.random() * most) if most > 1 else 0

    def chance(self, per_cent: int) -> bool:
        return per_cent > 0 and self.random.random() * 100 < per_cent

    def run_until(self, last: int) -> None:
        """Everything that happens up to `last` seconds after the start."""
        if self._current is not None:  # set back to the middle of its work
            self._go_on(self._current)
        while True:
            self._collect()
            if self.on_quiet is not None and not self._live and not self._asleep:
                self.on_quiet()
            if self._live or self._ready:
                self._step()
                continue
            following = self._following()
            if following is None or following > last:
                return
            if self.on_pause is not None:
                self.on_pause()
            self._clock_shows(max(following, self.seconds))
            self.time_passed()

    def pass_time(self, seconds: int) -> None:
        """Everything that happens so long, and the clock stands at its end."""
        end = self.seconds + seconds
        self.run_until(end)
        self._clock_shows(end)

    def _clock_shows(self, seconds: int) -> None:
        """Each second draws afresh: what came before it has no say in its order."""
        self.seconds, self.now = seconds, START + timedelta(seconds=seconds)
        self.random.seed((self.seed << 32) + seconds)

    def time_passed(self) -> None:
        """What the outside does by itself when time passes."""

    def due_outside(self) -> int | None:
        """When the outside does something next, in seconds."""
        return None

    def _following(self) -> int | None:
        agenda = self._agenda
        while agenda and isinstance(agenda[0][2], Message) and agenda[0][2].deleted:
            heappop(agenda)
        outside = self.due_outside()
        if not agenda:
            return outside
        return agenda[0][0] if outside is None else min(agenda[0][0], outside)

    def _collect(self) -> None:
        while self._agenda and self._agenda[0][0] <= self.seconds:
            what = heappop(self._agenda)[2]
            if isinstance(what, Message):
                if not what.deleted:
                    self._ready.append(what)
            elif isinstance(what, Handler):
                self._wake(what)
            else:
                what()

    # --------------------------------------------------------------------------------- one handler

    def _step(self) -> None:
        """Let one handler go on, or begin one, as the seed wants it."""
        live = self._live
        if self._ready and len(live) < self.traits.workers:
            at = self.pick(len(live) + len(self._ready))
            if at >= len(live):
                live.append(self._begin(self._ready.pop(at - len(live))))
                at = len(live) - 1
        else:
            at = self.pick(len(live))
        self._go_on(live[at])

    def _begin(self, message: Message) -> Handler:
        message.receives += 1
        if message.again_after is not None and message.receives < message.most:
            self.later(message.again_after, message)
        self._begun += 1
        handler = Handler(message, greenlet(self._run), self._begun, self._skew(message))
        if self.trace.lines is not None:
            self.trace.lines.append(f"{self.now:%d %H:%M:%S} -- {message.name} begins")
        return handler

    def _go_on(self, handler: Handler) -> None:
        self._current = handler
        handler.thread.switch(handler)
        self._current = None
        if handler.thread.dead:
            self._live.remove(handler)
            if handler.message.over is not None:
                handler.message.over()

    def _run(self, handler: Handler) -> None:
        message = handler.message
        try:
            message.run()
        except Crash:
            self._failed(message)
        except (Unanswered, StaleHead):
            self._failed(message)
        except Conflict as conflict:
            if isinstance(conflict, IllegalTransition):
                self.violate("raised", f"{message.name}: {conflict}")
            self._failed(message)
        except Exception as error:  # noqa: BLE001 -- any other error is what we are looking for
            if not message.poison:
                self.violate("raised", f"{message.name}: {error!r}")
            self._failed(message)
        else:
            message.deleted = message.done = True

    def _failed(self, message: Message) -> None:
        if message.failed is not None:
            message.failed()
        elif message.again_after is not None and message.receives >= message.most:
            message.deleted = True
            self.dead_letters.append(message)

    def abandon(self) -> None:
        """End what still sleeps: its processes are gone."""
        for handler in (*self._live, *self._asleep):
            handler.dead = True
            with suppress(Crash):
                handler.thread.throw(Crash)
        self._live.clear()
        self._asleep.clear()

    # -------------------------------------------------------------------------------------- one I/O

    def io(self, point: str, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        """Every call of a port comes here first; outside of handlers it is simply made."""
        handler = self._current
        if handler is None:
            return call(*args, **kwargs)
        if handler.dead:
            raise Crash
        if len(self._live) > 1 or (self._ready and self.traits.workers > 1):
            self._hub.switch()
            self._current = handler
        return self._perform(handler, point, call, args, kwargs)

    def _perform(
        self, handler: Handler, point: str, call: Callable[..., Any], args: Any, kwargs: Any
    ) -> Any:
        if self.on_io is not None:
            self.on_io()
        points = self.points
        index = len(points)
        if index >= MOST_IO:
            if index == MOST_IO:
                self.violate("I10", "it never comes to rest")
                points.append(point)
            raise Crash
        points.append(point)
        if self.trace.wanted:
            words = " ".join([word for word in args if type(word) is str])
            self.trace.note(f"{self.seconds} {index} {handler.message.name} {point} {words}")
        fault = self.strikes.planned.get(index)
        if fault is None and self.strikes.by_kind:
            fault = self.strikes.planned.get((point, points.count(point) - 1))
        if fault is None:
            return call(*args, **kwargs)
        return self._strike(fault, handler, index, point, lambda: call(*args, **kwargs))

    def _strike(  # noqa: RET503 -- a killed handler returns nothing
        self, fault: Fault, handler: Handler, index: int, point: str, call: Callable[[], Any]
    ) -> Any:
        self.strikes.struck.append((index, fault, point))
        if self.trace.lines is not None:
            self.trace.lines.append(f"          ** {fault.value} strikes {index} {point}")
        if fault in STRIPE_KINDS and point.startswith("stripe."):
            return self.strike_stripe(STRIPE_KINDS[fault], call)
        match fault:
            case Fault.CRASH_BEFORE | Fault.GONE_BEFORE:
                self._kill(handler, gone=fault is Fault.GONE_BEFORE)
            case Fault.CRASH_AFTER | Fault.GONE_AFTER:
                with suppress(Exception):
                    call()
                self._kill(handler, gone=fault is Fault.GONE_AFTER)
            case Fault.NO_EFFECT:
                raise Unanswered(f"{point}: no answer")
            case Fault.CONFLICT:
                raise StaleHead(f"{point}: the table was busy")
            case Fault.REPLY_LOST:
                with suppress(Exception):
                    call()
                raise Unanswered(f"{point}: the answer was lost")
            case Fault.DONE_LATE:
                self.later(LATE_SECONDS, lambda: self._quietly(call))
                raise Unanswered(f"{point}: no answer yet")
            case Fault.DONE_TWICE:
                with suppress(Exception):
                    call()
                return call()
            case Fault.STALL_BEFORE:
                self.sleep(self.traits.stall)
                return call()
            case Fault.STALL_AFTER:
                answer = call()
                self.sleep(self.traits.stall)
                return answer
            case _:
                return self.strike_sending(fault, call)

    def strike_stripe(self, kind: str, call: Callable[[], Any]) -> Any:
        raise NotImplementedError(kind)

    def strike_sending(self, fault: Fault, call: Callable[[], Any]) -> Any:
        raise NotImplementedError(fault)

    def _quietly(self, call: Callable[[], Any]) -> None:
        """Done after its caller has given up: what it answers, nobody hears."""
        with suppress(Exception):
            call()

    def _kill(self, handler: Handler, *, gone: bool) -> None:
        handler.dead = True
        if gone:
            self.lose(handler.message)
        raise Crash

    def lose(self, message: Message) -> None:
        """It will not come back by itself."""
        message.deleted = True
        self.lost.append(message.name)
        if message.redriven:
            self.dead_letters.append(message)

    def invoke(self, message: Message) -> None:
        """Another process does it while the current handler waits for the end."""
        waiting = self._current
        assert waiting is not None
        message.over = lambda: self._wake(waiting)
        self._ready.append(message)
        self._suspend(waiting)

    def _wake(self, handler: Handler) -> None:
        self._asleep.remove(handler)
        self._live.append(handler)

    def sleep(self, seconds: int) -> None:
        """The current handler is suspended; everything else goes on."""
        handler = self._current
        assert handler is not None
        self.later(seconds, handler)
        self._suspend(handler)

    def _suspend(self, handler: Handler) -> None:
        self._live.remove(handler)
        self._asleep.append(handler)
        self._hub.switch()
        self._current = handler
        if handler.dead:
            raise Crash
