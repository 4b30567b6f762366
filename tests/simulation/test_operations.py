"""Every scenario through an outage of Stripe, a blackout of all, a deployment, and poison."""

from __future__ import annotations

import os
from dataclasses import replace
from typing import Any, cast

import pytest

from tests.simulation.install import World
from tests.simulation.operations import Blackout, Deployment, Outage
from tests.simulation.poison import Poisoned
from tests.simulation.running import run
from tests.simulation.scenarios import ALL
from tests.simulation.scenarios.base import DAY, Scenario

SEEDS = range(200 if "PROVE" in os.environ else 6)
OPERATIONS: dict[str, type[World]] = {
    "outage": Outage,
    "blackout": Blackout,
    "deployment": Deployment,
    "poison": Poisoned,
}


def _longer(scenario: str) -> Scenario:
    """Time to come back to itself afterwards."""
    return replace(ALL[scenario], last=ALL[scenario].last + 2 * DAY)


def _world(scenario: str, operation: str) -> type[World]:
    """The operation in the scenario's own world, where it has one."""
    made, own = OPERATIONS[operation], ALL[scenario].make
    return made if own is World else type("Operated", (made, own), {})


@pytest.mark.parametrize("operation", OPERATIONS)
@pytest.mark.parametrize("scenario", ALL)
def test_everything_settles_afterwards(scenario: str, operation: str) -> None:
    failed = {
        seed: done.violations[0]
        for seed in SEEDS
        if (done := run(_longer(scenario), seed, make=_world(scenario, operation))).violations
    }
    assert failed == {}


@pytest.mark.parametrize("operation", OPERATIONS)
def test_the_operation_is_felt(operation: str) -> None:
    """An outage nobody notices would prove nothing."""
    worlds: list[Any] = []

    def make(*args: Any, **kwargs: Any) -> World:
        worlds.append(OPERATIONS[operation](*args, **kwargs))
        return worlds[-1]  # type: ignore[no-any-return]

    for seed in range(10):
        run(_longer("recovered"), seed, make=cast("type[World]", make))
    felt = [getattr(one, "turned_away", 0) + getattr(one, "left_alone", 0) for one in worlds]
    assert sum(felt) > 0
