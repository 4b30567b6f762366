"""A backup of the memory table, and the table set back to it; everything outside goes on."""

from __future__ import annotations

import copy
from typing import Any

from tests.fakes.memory_index import MemoryIndex
from tests.fakes.memory_store import MemoryStore

Backup = dict[str, Any]


def back_up(store: MemoryStore) -> Backup:
    """The rows as they are now. Facts and heads never change, so they are shared."""
    return copy.deepcopy(_rows(vars(store)), _shared(store))


def set_back(store: MemoryStore, backup: Backup) -> None:
    """The rows as they were. The backup can be used again."""
    vars(store).update(copy.deepcopy(backup, _shared(store)))


def _rows(state: Backup) -> Backup:
    return {name: value for name, value in state.items() if name != "lock" and not callable(value)}


def _shared(store: MemoryStore) -> dict[int, Any]:
    """Deep copies stop at these."""
    indexes = [one for one in vars(store).values() if isinstance(one, MemoryIndex)]
    clocks = [one._clock for one in indexes]
    kept: list[Any] = [*clocks, *(getattr(one, "__self__", None) for one in clocks)]
    kept += [getattr(store, "_loop", None), *(row.fact for row in store.fact_rows())]
    kept += [head for _, head in store.all_heads()]
    return {id(one): one for one in kept}
