"""An invoice is made, drawn, mailed and charged: the card is good."""

from __future__ import annotations

from collections.abc import Iterator

from tests.simulation.install import World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import HOUR, Scenario


def _stage(world: World) -> None:
    people.stage(world)
    people.ask(world, 0, "bill", people.bill)


def _ends(world: World) -> Iterator[str]:
    return people.must_be(world, "paid")


SCENARIO = Scenario("first_charge", _stage, _ends, last=48 * HOUR)
