"""The core's outage and restore: they happen, they can be set back, and they can fail."""

from __future__ import annotations

import pytest

from tests.simulation.branching import Branches
from tests.simulation.faults import Plan, core_faults_at
from tests.simulation.running import begun, ended, run
from tests.simulation.scenarios import disasters
from tests.simulation.scenarios.core import CORE

SEEDS = (1, 3)


def _plans(points: list[str], first: int, every: int) -> list[Plan]:
    grid: list[Plan] = [
        {index: fault}
        for index, point in enumerate(points[first:], start=first)
        for fault in core_faults_at(point)
    ]
    return grid[::every]


@pytest.mark.parametrize("name", ["core/outage", "core/restore"])
def test_a_branch_is_the_run_from_the_beginning(name: str) -> None:
    for seed in SEEDS:
        branches = Branches(CORE[name], seed, every=4, memory=False)
        for plan in _plans(branches.calm.points, branches.first, 31):
            branch, whole = branches.run(plan), run(CORE[name], seed, plan)
            assert branch.checksum == whole.checksum
            assert branch.points == whole.points
            assert branch.violations == whole.violations == []


def test_stripes_parts_come_back_in_every_order_and_it_may_have_taken_the_last_request() -> None:
    orders, taken = set(), set()
    for seed in range(120):
        world = begun(CORE["core/outage"], seed)
        assert isinstance(world, disasters.StripeAway)
        orders.add(tuple(sorted(range(4), key=world.back.__getitem__)))
        taken.add(world.takes)
    assert len(orders) == 24
    assert taken == {False, True}


def test_nobody_is_told_anything_during_the_outage() -> None:
    world = begun(CORE["core/outage"], 11)
    assert isinstance(world, disasters.StripeAway)
    world.takes = True
    world.run_until(min(world.back) - 1)
    assert world.witness.captured
    assert "payment_intent.succeeded" in [event["type"] for _, event in world.untold]
    assert list(disasters.OUTAGE.ends(world)) == ["the invoice is pending"]
    assert ended(world, CORE["core/outage"]).violations == []
    assert world.untold == []


class WithoutHold(disasters.SetBack):
    """Nobody holds the charging after the restore, and the payer presses the button."""

    def hold(self) -> None:
        pass


def test_without_the_hold_somebody_is_charged_twice() -> None:
    assert any(run(CORE["core/restore"], seed, make=WithoutHold).violations for seed in range(20))
