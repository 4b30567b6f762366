"""What many tests start from, built once and set back in place for each: see `rewind.Moment`."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, TypeVar

from tests.simulation.rewind import Moment

T = TypeVar("T")


@cache
def _kept(build: Callable[[], Any]) -> tuple[Any, Moment]:
    made = build()
    return made, Moment(made)


def as_new(build: Callable[[], T]) -> T:
    """Building takes tenths of a second, this a thousandth; what one test did is undone."""
    kept, moment = _kept(build)
    moment.again()
    made: T = kept
    return made
