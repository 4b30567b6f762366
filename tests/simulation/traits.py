"""What a seed decides beside the order of things: how rough this run's world is.

Each trait can be switched off by name, which is how a failure is shrunk.
"""

from __future__ import annotations

from copy import copy
from dataclasses import dataclass, replace
from datetime import timedelta
from random import Random
from zlib import crc32

MINUTE = 60
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Traits:
    """Times are seconds. The defaults are a calm world; `drawn` makes a rough one."""

    workers: int = 1  # handlers that run at the same time
    duplicates: int = 0  # per cent of messages delivered twice
    duplicate_after: int = 0
    webhooks: str = "prompt"  # prompt, late, reversed, lost, twice, silent
    index_lag: int = 0
    stall: int = 150
    redelivery: int = 12 * MINUTE
    sweep_phase: int = 0  # of the quarter hour
    reconcile_at: int = 0  # 0: only at the end
    skew: int = 0  # how far a process's clock may be off, either way


CALM = Traits()
_DRAWN: dict[str, tuple[int | str, ...]] = {
    "workers": (1, 2, 2, 8),
    "duplicates": (0, 0, 10, 40),
    "duplicate_after": (0, 0, MINUTE, 30 * HOUR, 240 * HOUR),
    "webhooks": ("prompt", "prompt", "late", "reversed", "lost", "twice"),
    "index_lag": (0, 0, MINUTE),
    "stall": (45, 150, 13 * MINUTE, 21 * MINUTE),
    "redelivery": (12 * MINUTE, 12 * MINUTE, 12 * MINUTE, 30 * HOUR),
    "sweep_phase": tuple(range(0, 900, 75)),
    "reconcile_at": (0, 30, 5 * MINUTE, 70 * MINUTE),
}
MOST_SKEW = 5 * MINUTE
_SKEWS = (0, 0, 0, MOST_SKEW)


def drawn(random: Random, without: frozenset[str] = frozenset()) -> Traits:
    """A seed's traits, the named ones left calm."""
    chosen = {name: _one_of(choices, random) for name, choices in _DRAWN.items()}
    # Not from the stream, which decides what happens first: older seeds tell the same stories.
    chosen["skew"] = _one_of(_SKEWS, copy(random))
    return replace(CALM, **{name: value for name, value in chosen.items() if name not in without})  # type: ignore[arg-type]


def _one_of(choices: tuple[int | str, ...], random: Random) -> int | str:
    return choices[int(random.random() * len(choices))]


def skew(most: int, whose: str) -> timedelta:
    """How far a process's clock is off: the same for the same one, wherever a run branches off."""
    if not most:
        return _RIGHT
    return timedelta(seconds=crc32(whose.encode()) % (2 * most + 1) - most)


_RIGHT = timedelta(0)
NAMES = (*_DRAWN, "skew")
