"""A world set back to a moment, so that many runs can share their beginning.

Everything mutable that can be reached from the world is written down by content and put back in
place: what points at it, closures too, stays true. What is of no known type is refused, so nothing
is forgotten. A suspended handler cannot be copied: it is brought back (`answers.py`).
"""

from __future__ import annotations

import enum
import functools
from bisect import bisect_right
from collections import Counter, defaultdict, deque
from collections.abc import Callable
from dataclasses import is_dataclass
from datetime import date, time, timedelta, tzinfo
from decimal import Decimal
from random import Random
from types import BuiltinFunctionType, CellType, FunctionType, MethodType, ModuleType
from typing import Any

from greenlet import greenlet

from tests.simulation.answers import Answer, Notebook
from tests.simulation.points import Seam

_ATOMS = (
    str, bytes, int, float, bool, type(None), Decimal, date, time, timedelta, tzinfo, enum.Enum,
    type, ModuleType, greenlet, Seam, Notebook,
)  # fmt: skip
_FIXED = (BuiltinFunctionType, functools._lru_cache_wrapper)
_LOCKS = ("RLock", "lock")


class Moment:
    """What a world was made of at one moment. `again` may be called as often as wanted."""

    __slots__ = ("_cells", "_dicts", "_lists", "_others", "_slots")

    def __init__(self, root: Any) -> None:
        self._dicts: list[tuple[dict[Any, Any], dict[Any, Any]]] = []
        self._lists: list[tuple[list[Any], list[Any]]] = []
        self._slots: list[tuple[Callable[[Any, Any], None], Any, Any]] = []
        self._cells: list[tuple[CellType, Any]] = []
        self._others: list[tuple[Any, Any]] = []
        self._walk(root)

    def again(self) -> None:
        """Everything is as it was."""
        for table, rows in self._dicts:
            if table:
                table.clear()
            if rows:
                table.update(rows)
        for row, items in self._lists:
            row[:] = items
        for put, owner, value in self._slots:
            put(owner, value)
        for cell, content in self._cells:
            cell.cell_contents = content
        for thing, content in self._others:
            if isinstance(thing, Random):
                thing.setstate(content)
            else:
                thing.clear()
                thing.extend(content) if isinstance(thing, deque) else thing.update(content)

    def _walk(self, root: Any) -> None:
        seen: dict[int, Any] = {}
        waiting = [root]
        while waiting:
            one = waiting.pop()
            kind: Any = type(one)
            if _never_changes(kind) or id(one) in seen:
                continue
            seen[id(one)] = one
            waiting.extend(self._note(one))

    def _note(self, one: Any) -> Any:
        """Write one thing down; what it refers to."""
        kind = type(one)
        if kind in {tuple, frozenset}:
            return one
        if kind in {dict, defaultdict, Counter}:
            if one.get("object") == "event":
                return ()  # said once and for all
            self._dicts.append((one, one.copy()))
            return () if _is_body(one) else [*one, *one.values()]
        if kind is list:
            self._lists.append((one, one.copy()))
            return one.copy()
        if kind in {set, deque, Random}:
            content = one.getstate() if kind is Random else one.copy()
            self._others.append((one, content))
            return () if kind is Random else list(one)
        if kind is CellType:
            self._cells.append((one, one.cell_contents))
            return (one.cell_contents,)
        if kind is FunctionType:
            return (*(one.__closure__ or ()), *(one.__defaults__ or ()), one.__kwdefaults__)
        if kind is MethodType:
            return (one.__self__,)
        if kind is functools.partial:
            return (one.func, one.args, one.keywords)
        return self._note_instance(one, kind)

    def _note_instance(self, one: Any, kind: type) -> Any:
        if kind in _FIXED or kind.__name__ in _LOCKS:
            return ()
        if isinstance(one, tuple):
            return one
        if not kind.__flags__ & _HEAP:
            raise TypeError(f"cannot be set back: {kind.__name__}")
        values = []
        for put, read in _slots_of(kind):
            try:
                value = read(one, kind)
            except AttributeError:
                continue
            values.append(value)
            if not _is_frozen(kind):
                self._slots.append((put, one, value))
        content = getattr(one, "__dict__", None)
        return values if content is None else [*values, content]


class Moments:
    """Quiet moments of one run, each under the number of the I/O that comes next."""

    def __init__(self, world: Any, every: int) -> None:
        self._world, self._every = world, every
        self._indexes: list[int] = []
        self._kept: list[Moment | Midst] = []

    def __call__(self) -> None:
        """Keep this one, when it is far enough from the last."""
        index = len(self._world.points)
        if not self._indexes or index - self._indexes[-1] >= self._every:
            self._indexes.append(index)
            self._kept.append(Moment(self._world))

    def within(self) -> None:
        """The same while handlers are at work, if all of them can be brought back."""
        world, index = self._world, len(self._world.points)
        if index - self._indexes[-1] < self._every or world._asleep:
            return
        if all(handler.message.repeatable for handler in world._live):
            self._indexes.append(index)
            self._kept.append(Midst(world))

    def before(self, index: int) -> Moment | Midst:
        """The last one from which the I/O of this number is still to come."""
        return self._kept[bisect_right(self._indexes, index) - 1]


class Midst:
    """A moment with handlers at work: they begin anew and are answered as they were then."""

    __slots__ = ("_answers", "_moment", "_world")

    def __init__(self, world: Any) -> None:
        self._world, self._moment = world, Moment(world)
        noted = world.notebook.answers
        self._answers: dict[int, list[Answer]] = {
            one.number: noted[one.number].copy() for one in world._live
        }

    def again(self) -> None:
        """Everything is as it was: on the way back handlers only ask, and change nothing."""
        self._moment.again()
        self._world.bring_back(self._answers)


def _is_body(one: dict[Any, Any]) -> bool:
    """One of Stripe's objects: replaced field by field, what is within a field never changes."""
    return type(one.get("object")) is str


_HEAP = 1 << 9  # Py_TPFLAGS_HEAPTYPE: a class of Python's own making


@functools.cache
def _never_changes(kind: type) -> bool:
    """Nor anything within it: records of the product's are made of frozen things only."""
    ours = kind.__module__.startswith("chalicelib.domain.") and _is_frozen(kind)
    return ours or issubclass(kind, (*_ATOMS, Moments, Midst))


@functools.cache
def _is_frozen(kind: type) -> bool:
    return is_dataclass(kind) and kind.__dataclass_params__.frozen  # type: ignore[attr-defined]


@functools.cache
def _slots_of(kind: type) -> tuple[tuple[Callable[..., Any], Callable[..., Any]], ...]:
    found = []
    for base in kind.__mro__:
        names = base.__dict__.get("__slots__", ())
        for name in (names,) if isinstance(names, str) else names:
            if name not in {"__dict__", "__weakref__"}:
                member = base.__dict__[name]
                found.append((member.__set__, member.__get__))
    return tuple(found)
