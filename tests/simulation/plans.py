"""Which faults are tried where. A cell is one fault at one I/O of a scenario.

The core: every cell under every seed. The wide sweep: each seed takes every `stride`-th cell, each
seed a different set, so that all cells are tried and each of them under several seeds. Again: all
that is sent in any scenario, delivered once more, under every seed.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from random import Random

from tests.simulation.branching import Branches
from tests.simulation.faults import AGAIN_AFTER_SECONDS, Place, Plan, core_faults_at, faults_at
from tests.simulation.running import Run
from tests.simulation.scenarios.base import Scenario

SPACING = 12  # I/Os between moments that are kept: keeping one costs about as many
CLOSE = 5  # the same where every fault is tried, in the midst of handlers too; 3 takes as long
Cell = tuple[str, Place, str]  # scenario, I/O, fault


@dataclass(slots=True)
class Tally:
    """What a number of runs came to."""

    runs: int = 0
    cells: Counter[Cell] = field(default_factory=Counter)  # how often each was tried
    seeds: set[int] = field(default_factory=set)
    deepest: int = 0
    failures: list[Run] = field(default_factory=list)
    taken_over: int = 0  # runs that had become like one that was judged

    def add(self, done: Run, first: int = 0) -> None:
        """Places are counted from `first`."""
        self.runs += 1
        self.seeds.add(done.seed)
        self.deepest = max(self.deepest, len(done.points))
        for at, fault in done.plan.items():
            place = at - first if isinstance(at, int) else at
            self.cells[done.scenario, place, fault.value] += 1
        if done.violations:
            self.failures.append(done)

    def join(self, other: Tally) -> None:
        self.runs += other.runs
        self.cells += other.cells
        self.seeds |= other.seeds
        self.deepest = max(self.deepest, other.deepest)
        self.failures += other.failures
        self.taken_over += other.taken_over


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


def again_plans(points: list[str]) -> Iterator[Plan]:
    """Everything that is sent, delivered again: at once, after a minute, 30 hours and 10 days."""
    for index, point in enumerate(points):
        for fault in faults_at(point):
            if fault in AGAIN_AFTER_SECONDS:
                yield {index: fault}


def again_seed(scenario: Scenario, seed: int) -> Tally:
    """Every message of the seed's run delivered again."""
    return _tried(scenario, seed, again_plans)


def prove_seed(scenario: Scenario, seed: int, *, stride: int, pairs: int = 0) -> Tally:
    """The fault-free run of a seed, then faults at the I/Os that it showed."""

    def plans(points: list[str]) -> Iterator[Plan]:
        yield from single_plans(points, seed, stride)
        yield from pair_plans(points, seed, pairs)

    return _tried(scenario, seed, plans)


def _tried(scenario: Scenario, seed: int, plans: Callable[[list[str]], Iterator[Plan]]) -> Tally:
    tally = Tally()
    branches = Branches(scenario, seed, every=SPACING)
    tally.add(branches.calm)
    if branches.calm.violations:
        return tally  # wrong by itself: what faults do to it says nothing
    for plan in plans(branches.calm.points):
        tally.add(branches.run(plan))
    tally.taken_over = branches.taken_over
    return tally


def sweep_seed(scenario: Scenario, seed: int) -> Tally:
    """Every core fault at every I/O of the seed's run. Places count from the scenario's begin."""
    tally = Tally()
    branches = Branches(scenario, seed, every=CLOSE, within=True)
    tally.add(branches.calm)
    if branches.calm.violations:
        return tally
    first = branches.first
    for index, point in enumerate(branches.calm.points[first:], start=first):
        for fault in core_faults_at(point):
            tally.add(branches.run({index: fault}), first)
    tally.taken_over = branches.taken_over
    return tally
