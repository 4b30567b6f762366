"""Whether two worlds are alike: then what follows is the same in both, and one need not be seen.

`likeness` says of a quiet world everything that its future and its judges depend on, as one short
text. What is left out is named here, with the reason.
"""

from __future__ import annotations

import pickle
from collections.abc import Callable
from dataclasses import fields, is_dataclass
from datetime import datetime, timedelta
from enum import Enum
from functools import cache
from hashlib import blake2b
from io import BytesIO
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
from infra.local.fake_stripe.state import Account
from tests.simulation.checks import may_repeat
from tests.simulation.points import Seam, StripeSeam

if TYPE_CHECKING:
    from tests.simulation.install import World

# Counts of what was done, of no consequence once the planned faults have struck; and what only
# answers what it is asked.
_LEFT_OUT = {
    "points",
    "trace",
    "strikes",
    "documents",
    "ports",
    "on_quiet",
    "on_pause",
    "_hub",
    "random",
    "tokens",
}
_CONSTANT = (Seam, StripeSeam, ModuleType, greenlet)
_HEADS = tuple(HEADS.values())


class _Said:
    """Stands for something that pickle cannot say."""


class _Writer(pickle.Pickler):
    def __init__(self, into: BytesIO, world: World) -> None:
        super().__init__(into, protocol=5)
        self._world = world

    def reducer_override(self, one: Any) -> Any:
        kind: Any = type(one)
        if kind is type:
            return NotImplemented if one is _Said else (_Said, (), one.__qualname__)
        if kind is datetime or kind is timedelta:
            return NotImplemented
        if kind is Fact:
            return _Said, (), one.hash
        if kind in _HEADS:
            return _Said, (), (one.id, one.version, one.chain)
        if isinstance(one, Enum):
            return _Said, (), (kind.__name__, one.name)
        if kind is Account:
            return _Said, (), _shelves(one)
        if one is self._world or isinstance(one, _CONSTANT) or kind.__name__ == "RLock":
            return _Said, (), kind.__name__
        read = _fields_of(kind)
        if read is not None:
            return _Said, (), (kind.__name__, read(one))
        return self._of_code(one, kind)

    def _of_code(self, one: Any, kind: type) -> Any:
        if kind is FunctionType:
            return _Said, (), (id(one.__code__), one.__closure__, one.__defaults__)
        if kind is CellType:
            return _Said, (), (one.cell_contents,)
        if kind is MethodType:
            return _Said, (), (one.__func__, one.__self__)
        if kind in {BuiltinFunctionType, BuiltinMethodType}:
            return _Said, (), (one.__name__, one.__self__)
        return NotImplemented


@cache
def _fields_of(kind: type) -> Callable[[Any], Any] | None:
    """All of a dataclass's fields at once."""
    if not is_dataclass(kind):
        return None
    return attrgetter(*[field.name for field in fields(kind)])


def _shelves(account: Account) -> list[Any]:
    """All but the events' bodies, which never change: their ids and kinds, in order."""
    told = [(one["id"], one["type"]) for one in account.events.values()]
    names = [field.name for field in fields(account) if field.name != "events"]
    return [told, *[getattr(account, name) for name in names]]


def likeness(world: World) -> bytes:
    """Equal for two worlds only when nothing that can still happen differs."""
    into = BytesIO()
    kept = {name: value for name, value in vars(world).items() if name not in _LEFT_OUT}
    struck = world.strikes.struck
    faults = sum(may_repeat(world, fault) for _, fault, _ in struck)
    _Writer(into, world).dump((kept, bool(struck), faults))
    return blake2b(into.getbuffer(), digest_size=16).digest()
