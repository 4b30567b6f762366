"""A branch is the run that it stands for, and what is taken over is what would have been found."""

from __future__ import annotations

import marshal
from dataclasses import fields
from typing import Any

import pytest
from greenlet import greenlet

from tests.simulation.branching import Branches, Here
from tests.simulation.faults import Plan, core_faults_at, faults_at
from tests.simulation.install import World
from tests.simulation.likeness import likeness
from tests.simulation.mutants import MUTANTS, in_force
from tests.simulation.rewind import Midst, Moment
from tests.simulation.running import Run, begun, run
from tests.simulation.scenarios import ALL
from tests.simulation.scenarios.base import Scenario
from tests.simulation.scenarios.core import CORE
from tests.simulation.world import Violation

SEEDS = (3, 11)


def _plans(points: list[str], every: int, offset: int) -> list[Plan]:
    grid: list[Plan] = [
        {index: fault} for index, point in enumerate(points) for fault in faults_at(point)
    ]
    return grid[offset::every]


@pytest.mark.parametrize("name", ["first_charge", "retry_race", "given_back", "test_clock"])
def test_a_branch_is_the_run_from_the_beginning(name: str) -> None:
    for seed in SEEDS:
        branches = Branches(ALL[name], seed, every=5, memory=False)
        for plan in _plans(branches.calm.points, 61, seed):
            branch, whole = branches.run(plan), run(ALL[name], seed, plan)
            assert branch.checksum == whole.checksum
            assert branch.points == whole.points
            assert branch.violations == whole.violations


@pytest.mark.parametrize("name", CORE)
def test_a_branch_from_the_midst_of_handlers_is_the_run_from_the_beginning(name: str) -> None:
    for seed in (3, 10, 12):
        branches = Branches(CORE[name], seed, every=3, memory=False, within=True)
        points = branches.calm.points
        cells = [
            (at, fault)
            for at in range(branches.first, len(points))
            for fault in core_faults_at(points[at])
        ]
        for at, fault in cells[seed::23]:
            branch, whole = branches.run({at: fault}), run(CORE[name], seed, {at: fault})
            assert branch.points == whole.points
            assert branch.checksum == whole.checksum
            assert branch.violations == whole.violations


@pytest.mark.parametrize("name", CORE)
def test_handlers_on_their_way_back_change_nothing(name: str) -> None:
    met = 0
    for seed in (3, 10, 12):
        branches = Branches(CORE[name], seed, every=3, within=True)
        for midst in branches._moments._kept:
            midst.again()
            if isinstance(midst, Midst):
                assert _kept_by(Moment(branches._world)) == _kept_by(midst._moment)
                met += 1
    assert met > 0


def _kept_by(moment: Moment) -> list[Any]:
    """What was in everything mutable, thing by thing. Greenlets are new ones each time."""
    things = [*moment._dicts, *moment._lists, *moment._cells, *moment._others]
    things += [(owner, value) for _, owner, value in moment._slots]
    return [(id(one), kept) for one, kept in things if type(kept) is not greenlet]


@pytest.mark.parametrize("name", [None, "no_sweep", "no_lease", "posted_again"])
def test_with_memory_and_without_the_verdicts_are_the_same(name: str | None) -> None:
    mutant = next((one for one in MUTANTS if one.name == name), None)
    scenario = ALL[mutant.scenarios[0] if mutant else "cancel_race"]
    if mutant is None:
        _compare(scenario)
        return
    with in_force(mutant):
        assert _compare(scenario, make=mutant.make) > 0


def _everyday(done: Run) -> list[Violation]:
    """Without what only the judges found whom one run in 512 meets."""
    return [one for one in done.violations if one.code != "SQL"]


def _compare(scenario: Any, make: type[World] = World) -> int:
    """Every run's findings, one by one; how many had any."""
    found = taken_over = 0
    for seed in SEEDS:
        forgetful = Branches(scenario, seed, make=make, memory=False)
        branches = Branches(scenario, seed, make=make)
        for plan in _plans(branches.calm.points, 9, seed):
            expected, actual = forgetful.run(plan), branches.run(plan)
            assert _everyday(expected) == _everyday(actual)
            found += bool(expected.violations)
        taken_over += branches.taken_over
    assert taken_over > 0
    return found


def test_worlds_that_differ_in_anything_are_not_alike() -> None:
    world = begun(ALL["first_charge"], 3)
    world.run_until(10)
    moment, here = Moment(world), likeness(world)
    for change in _changes(world):
        change()
        assert likeness(world) != here
        moment.again()
        assert likeness(world) == here


def _changes(world: World) -> list[Any]:
    account = world.stripe.account()
    row = world.store.fact_rows()[-1]
    intent = next(iter(account.payment_intents.values()))
    return [
        lambda: world.later(5, lambda: None),
        lambda: intent.update(status="canceled"),
        lambda: setattr(row, "lease_until", world.now),
        lambda: row.done.update(nothing="void"),
        lambda: world.ids.new("try"),
        world.mail.sent.pop,
        world.store.heads.popitem,
        account.events.popitem,
        lambda: world.violate("I1", "something"),
        lambda: setattr(world.witness, "captured", {"inv_1": 1}),
    ]


class _Unabridged(Branches):
    """Takes nothing over, and writes down what `likeness` has left out."""

    def __init__(self, scenario: Scenario, seed: int) -> None:
        self.seen: dict[Here, bytes] = {}
        super().__init__(scenario, seed, every=4)

    def _compare(self, drawn: int) -> None:
        whole = marshal.dumps(_at_stripe(self._world), 2)
        assert self.seen.setdefault((likeness(self._world), drawn), whole) == whole


def _at_stripe(world: World) -> list[Any]:
    """Every body on every shelf, and every answer that is kept under its key."""
    account = world.stripe.account()
    shelves = [getattr(account, one.name) for one in fields(account) if one.name != "events"]
    bodies = [body for shelf in shelves if type(shelf) is dict for body in shelf.values()]
    kept = [entry.reply for entry in world.stripe._keys._entries.values()]
    return [*(one for one in bodies if type(one) is dict), *(tuple(one) for one in kept if one)]


@pytest.mark.parametrize("name", ["core/charge", "core/card+retry", "core/refund+dispute"])
def test_what_is_alike_in_short_is_alike_in_full(name: str) -> None:
    branches = _Unabridged(CORE[name], 3)
    runs = 0
    for index in range(branches.first, len(branches.calm.points)):
        for fault in core_faults_at(branches.calm.points[index])[::2]:
            branches.run({index: fault})
            runs += 1
    assert len(branches.seen) < runs


def test_what_is_of_no_known_kind_is_refused() -> None:
    world: Any = begun(ALL["first_charge"], 3)
    world.counter = iter([1])
    with pytest.raises(TypeError, match="cannot be set back"):
        Moment(world)
