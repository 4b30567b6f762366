"""Which faults are tried where: every fault at every I/O of every seed, thinned out evenly.

A cell is one fault at one I/O of a scenario. Each seed takes every `stride`-th cell, each seed a
different set, so that all cells are tried and each of them under many seeds.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from random import Random

from tests.simulation.branching import Branches
from tests.simulation.faults import faults_at
from tests.simulation.running import Run
from tests.simulation.scenarios.base import Scenario
from tests.simulation.world import Place, Plan

SPACING = 12  # I/Os between moments that are kept: keeping one costs about as many
Cell = tuple[str, Place, str]  # scenario, I/O, fault


@dataclass(slots=True)
class Tally:
    """What a number of runs came to."""

    runs: int = 0
    cells: set[Cell] = field(default_factory=set)
    seeds: set[int] = field(default_factory=set)
    deepest: int = 0
    failures: list[Run] = field(default_factory=list)

    def add(self, done: Run) -> None:
        self.runs += 1
        self.seeds.add(done.seed)
        self.deepest = max(self.deepest, len(done.points))
        self.cells.update((done.scenario, at, fault.value) for at, fault in done.plan.items())
        if done.violations:
            self.failures.append(done)

    def join(self, other: Tally) -> None:
        self.runs += other.runs
        self.cells |= other.cells
        self.seeds |= other.seeds
        self.deepest = max(self.deepest, other.deepest)
        self.failures += other.failures


def single_plans(points: list[str], seed: int, stride: int) -> Iterator[Plan]:
    """Every `stride`-th fault of the grid, beginning at another place for each seed."""
    place = seed
    for index, point in enumerate(points):
        for fault in faults_at(point):
            if place % stride == 0:
                yield {index: fault}
            place += 1


def pair_plans(points: list[str], seed: int, most: int) -> Iterator[Plan]:
    """Two faults at once, drawn."""
    random = Random(seed)
    for _ in range(most):
        places = sorted(random.sample(range(len(points)), 2))
        yield {at: random.choice(faults_at(points[at])) for at in places}


def prove_seed(scenario: Scenario, seed: int, *, stride: int, pairs: int = 0) -> Tally:
    """The fault-free run of a seed, then faults at the I/Os that it showed."""
    tally = Tally()
    branches = Branches(scenario, seed, every=SPACING)
    tally.add(branches.calm)
    for plan in single_plans(branches.calm.points, seed, stride):
        tally.add(branches.run(plan))
    for plan in pair_plans(branches.calm.points, seed, pairs):
        tally.add(branches.run(plan))
    return tally
