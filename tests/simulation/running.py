"""One run: stage, script, the rough part, the calm end, the judges."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation import checks
from tests.simulation.deep_checks import is_chosen, judge_deeply
from tests.simulation.faults import Plan
from tests.simulation.install import HOUR, QUARTER, World
from tests.simulation.scenarios.base import Scenario
from tests.simulation.speed import quicken
from tests.simulation.world import Message, Violation


@dataclass(frozen=True, slots=True)
class Run:
    """What one run came to. `points` are the I/Os in order until the calm end, for planning faults
    at them.
    """

    scenario: str
    seed: int
    plan: Plan
    checksum: int
    points: list[str]
    violations: list[Violation]
    lines: list[str] | None = None


def run(
    scenario: Scenario,
    seed: int,
    plan: Plan | None = None,
    *,
    make: type[World] | None = None,
    without: frozenset[str] = frozenset(),
    keep_lines: bool = False,
) -> Run:
    """The same scenario, seed, plan and code: the same run, to the last I/O."""
    world = begun(scenario, seed, plan, make=make, without=without, keep_lines=keep_lines)
    return ended(world, scenario)


def begun(
    scenario: Scenario,
    seed: int,
    plan: Plan | None = None,
    *,
    make: type[World] | None = None,
    without: frozenset[str] = frozenset(),
    keep_lines: bool = False,
) -> World:
    """The stage is set, and nothing has happened."""
    quicken()
    build = make or scenario.make
    world = build(seed, plan, without=without, keep_lines=keep_lines, options=scenario.options)
    on_stage(world, scenario)
    return world


def ended(world: World, scenario: Scenario) -> Run:
    """From wherever it stands: the rough part, the calm end, the judges."""
    world.run_until(scenario.last)
    world.on_quiet = world.on_pause = world.on_io = None
    plan = dict(world.strikes.planned)
    rough = world.points.copy()
    calm_down(world)
    world.abandon()
    checks.judge(world)
    if is_chosen(world.seed, plan):
        judge_deeply(world)
    if not any(name.startswith("api:") for name in world.lost):
        for words in scenario.ends(world):
            world.violate("end", words)
    checksum, found = world.trace.checksum, world.violations.copy()
    return Run(scenario.name, world.seed, plan, checksum, rough, found, world.trace.lines)


def on_stage(world: World, scenario: Scenario) -> None:
    """Set the stage without faults; what it owes to the outside is taken as delivered."""
    world.heard = False
    scenario.stage(world)
    for row in world.store.fact_rows():
        row.open = ()
        world.store._set_due(row, None)
    world.store._due.settle()
    world.heard = True


def calm_down(world: World) -> None:
    """Faults are over, a person has given back the dead letters, and the queues what they still
    hold: two sweeps and a reconciliation must bring everything level. They come an hour later, as
    the reconciliation's turn would: what is younger may still be at work for it.
    """
    world.strikes.planned = {}
    world.traits = world.traits.__class__(stall=world.traits.stall)
    for message in given_back(world):
        message.deleted, message.receives = False, 0
        world.later(0, message)
    world.dead_letters.clear()
    world.pass_time(HOUR)
    for tick in ("remind", "sweep", "sweep", "reconcile"):
        world.tick(tick)
        world.run_until(world.seconds)
        world.run_until(world.seconds + QUARTER)


def given_back(world: World) -> list[Message]:
    """What comes at once when it grows calm: dead letters, and follow-up work that was given up
    once and has yet to come back."""
    waiting = [what for _, _, what in world._agenda if isinstance(what, Message)]
    held = [one for one in waiting if one.redriven and one.receives and not one.deleted]
    return [*world.dead_letters, *held]
