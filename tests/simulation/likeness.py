"""Whether two worlds are alike: then what follows is the same in both, and one need not be seen.

`likeness` says of a quiet world everything that its future and its judges depend on, as one short
value that can be looked up. What is left out is named here, with the reason; what is of no known
type is refused, so nothing is forgotten.
"""

from __future__ import annotations

import enum
import marshal
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Collection, Hashable
from dataclasses import fields, is_dataclass
from datetime import date, timedelta, tzinfo
from decimal import Decimal
from functools import cache, partial
from operator import attrgetter
from types import (
    BuiltinFunctionType,
    BuiltinMethodType,
    CellType,
    FunctionType,
    MethodType,
    ModuleType,
)
from typing import TYPE_CHECKING, Any

from greenlet import greenlet

from chalicelib.domain.facts import Fact
from chalicelib.domain.registry import HEADS
from infra.local.fake_stripe.idempotency import Entry
from infra.local.fake_stripe.state import Account
from tests.fakes.memory_index import MemoryIndex
from tests.fakes.memory_store import FactRow
from tests.fakes.outside import FakeFiles, FakeIds, SentMail
from tests.simulation.checks import may_repeat
from tests.simulation.points import DatedMail, Seam, StripeSeam
from tests.simulation.world import Loop, Message

if TYPE_CHECKING:
    from tests.simulation.install import World

# Counts of what was done, of no consequence once the planned faults have struck; logs that nobody
# reads; what only answers what it is asked; what is about handlers, who have all ended; and the way
# back to what is said elsewhere.
_LEFT_OUT = {
    *("points", "trace", "strikes", "documents", "ports", "on_quiet", "on_pause", "on_io", "_hub"),
    *("notebook", "repeatable"),
    *("random", "tokens", "lock", "_loop", "_world", "_stream", "_ring", "_deliver", "_clock"),
    *("bus", "claimed_as", "_begun", "_is_new", "_written", "_agenda", "lost"),
}
_LEFT_OUT_OF = {
    "DatedMail": {"_store"},
    "FakeStripe": {"calls", "on_slow", "_checks"},
    "Faults": {"injected"},
    "State": {"clock", "options", "watchers", "platform", "reads"},
    "StreamingStore": {"_unlisted"},  # lists that nobody has asked for, made from the rows
    "Webhooks": {"_state"},
}
_CONSTANT = (Loop, Seam, StripeSeam, ModuleType, greenlet, type)
_SHELVES = attrgetter(*(one.name for one in fields(Account) if one.name != "events"))
Said = Hashable
"""Numbers, texts and None, in tuples and frozen sets: nothing that changes any more."""


def likeness(world: World) -> Said:
    """Equal for two worlds only when nothing that can still happen differs, but for what a second
    that has begun may still draw."""
    struck = world.strikes.struck
    faults = sum(may_repeat(world, fault) for _, fault, _ in struck)
    asked_in_vain = frozenset([name for name in world.lost if name.startswith("api:")])
    return _attributes(world), _coming(world), bool(struck), faults, asked_in_vain


def _coming(world: World) -> Said:
    """The agenda: who comes before whom counts, not how many were ever written on it. What is
    deleted never comes, unless a person may give it back.
    """
    coming = [
        (at, what)
        for at, _, what in sorted(world._agenda)
        if not isinstance(what, Message) or not what.deleted or what.redriven
    ]
    return tuple([(at, _say(what)) for at, what in coming])


def _say(one: Any) -> Said:
    kind: Any = type(one)
    return one if kind in _PLAIN else _way(kind)(one)


@cache
def _way(kind: type) -> Callable[[Any], Said]:
    """How things of this kind are said."""
    if kind in _WAYS:
        return _WAYS[kind]
    if issubclass(kind, enum.Enum):
        return lambda one: (kind, one._name_)
    if issubclass(kind, (date, timedelta, Decimal)):
        return lambda one: one
    if issubclass(kind, tzinfo):
        return str
    if issubclass(kind, _CONSTANT) or kind.__name__ in {"RLock", "lock"}:
        return lambda _: kind.__name__
    if is_dataclass(kind):
        return _by_fields(kind)
    if issubclass(kind, tuple):
        return _row
    if kind.__module__.startswith(("tests.", "infra.", "chalicelib.")):
        return _attributes
    raise TypeError(f"cannot be compared: {kind.__name__}")


def _row(one: Collection[Any]) -> tuple[Said, ...]:
    if _PLAIN.issuperset(map(type, one)):
        return tuple(one)
    return tuple(
        [
            item if type(item) in _PLAIN else _way(type(item))(item)  # type: ignore[arg-type]
            for item in one
        ]
    )


def _table(one: dict[Any, Any]) -> Said:
    if not one:
        return None
    kind = one.get("object")
    if type(kind) is str:  # Stripe's bodies are plain as they stand; an event's never changes
        return one["id"] if kind == "event" else marshal.dumps(one, 2)
    return _row(one), _row(one.values())


def _heap_of(one: Collection[Any]) -> Said:
    """In no order."""
    return frozenset(_row(one))


def _by_fields(kind: type) -> Callable[[Any], Said]:
    names = [field.name for field in fields(kind)]
    read = attrgetter("__class__.__name__", *names)
    return lambda one: _row(read(one))


def _attributes(one: Any) -> Said:
    """An object that is only itself: what it keeps, under what name."""
    told = vars(one)
    kept = _kept(type(one).__name__, tuple(told))
    return kept, _row([*map(told.__getitem__, kept)])


@cache
def _kept(name: str, keys: tuple[str, ...]) -> tuple[str, ...]:
    out = _LEFT_OUT_OF.get(name, ())
    return tuple(key for key in keys if key not in _LEFT_OUT and key not in out)


def _account(one: Account) -> Said:
    """Stripe's shelves by what stands there and its status. The rest follows from the events, whose
    bodies never change: nothing on a shelf does without one (`test_branching.py` looks).
    """
    events = [(event["id"], event["type"]) for event in one.events.values()]
    return tuple(events), tuple([_shelf(shelf) for shelf in _SHELVES(one)])


def _shelf(shelf: Any) -> Said:
    if not shelf:
        return None
    first = next(iter(shelf.values())) if type(shelf) is dict else None
    if type(first) is not dict:
        return _say(shelf)
    return (*shelf, *[body.get("status") for body in shelf.values()])


def _index(one: MemoryIndex) -> Said:
    """It follows from the rows, but for what it has yet to see and has of these."""
    return tuple(
        [
            (at, _say(row), _say(place), _say(one._places.get(row)))
            for at, row, place in one._pending
        ]
    )


def _entry(one: Entry) -> Said:
    """The answer's body follows from what was asked, and when."""
    asked = marshal.dumps(one.params, 2)
    return one.endpoint, asked, one.created, one.reply and one.reply.status


def _fact_row(one: FactRow) -> Said:
    """Whoever holds a lease has ended, and no name is given twice."""
    done = frozenset(one.done.items())
    return one.fact.hash, one.open, done, one.lease_until, one.due_at


def _unordered(sent: Collection[SentMail]) -> Said:
    return frozenset(Counter([(one.recipient, one.mime) for one in sent]).items())


def _ids(one: FakeIds) -> Said:
    return tuple([given for given in one.given.items() if given[0] != "holder"])


def _function(one: FunctionType) -> Said:
    """Its code, and what it has closed over: which may be what has just led here."""
    if one in _SAYING:
        return "itself"
    _SAYING.append(one)
    said = id(one.__code__), _say(one.__closure__), _say(one.__defaults__)
    _SAYING.pop()
    return said


_SAYING: list[FunctionType] = []
_PLAIN = frozenset({str, int, bool, type(None), bytes, float})
_WAYS: dict[type, Callable[[Any], Said]] = {
    **dict.fromkeys((tuple, list, deque), _row),
    **dict.fromkeys((dict, defaultdict, Counter), _table),
    **dict.fromkeys((set, frozenset), _heap_of),
    **dict.fromkeys(HEADS.values(), attrgetter("id", "version", "chain")),
    Fact: attrgetter("hash"),
    Account: _account,
    MemoryIndex: _index,
    FactRow: _fact_row,
    FakeFiles: lambda one: frozenset([(k, v.content) for k, v in one.stored.items()]),
    DatedMail: lambda one: (_unordered(one.sent), frozenset(one.told)),
    FakeIds: _ids,
    Entry: _entry,
    CellType: lambda one: _say(one.cell_contents),
    FunctionType: _function,
    MethodType: lambda one: (one.__func__.__qualname__, type(one.__self__).__name__),
    partial: lambda one: (_say(one.func), _say(one.args), _say(one.keywords)),
    BuiltinFunctionType: lambda one: one.__name__,
    BuiltinMethodType: lambda one: one.__name__,
}
