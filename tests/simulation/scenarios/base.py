"""A scenario: its stage, what people do and when, and how it must end whatever went wrong."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

from infra.local.fake_stripe import Options
from tests.simulation.install import World

DAY = 86_400
HOUR = 3600


@dataclass(frozen=True, slots=True)
class Scenario:
    """`stage` runs without faults. `ends` names what is wrong with the end, if anything."""

    name: str
    stage: Callable[[World], None]
    ends: Callable[[World], Iterator[str]]
    last: int = 11 * DAY  # seconds after which only the calm end follows
    options: Options | None = None  # of Stripe's world
    make: type[World] = World
    begins: int = 0  # seconds that are past: faults are planned for what comes after
