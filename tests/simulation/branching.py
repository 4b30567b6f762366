"""All runs of one seed of a scenario as branches of one: what comes before the fault is lived once.

Two branches that have become alike live on alike, so of such only the first is lived to its end
and judged; the others take over its verdict. One in 512 lives on all the same, meets the
judges that read everything, and must come to the very end that it would have taken over.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.simulation.deep_checks import is_chosen
from tests.simulation.install import World
from tests.simulation.likeness import Said, likeness
from tests.simulation.rewind import Moments
from tests.simulation.running import Run, begun, ended
from tests.simulation.scenarios.base import Scenario
from tests.simulation.world import Plan, Violation

Here = tuple[Said, int]  # how a world was, and what its second still draws from


class _Alike(Exception):  # noqa: N818 -- nothing is wrong
    """Another branch was here before, and what became of it is known."""

    def __init__(self, violations: list[Violation]) -> None:
        super().__init__()
        self.violations = violations


class Branches:
    """`calm` is the run without faults, `first` the first I/O that is not yet past."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        *,
        every: int = 1,
        memory: bool = True,
        make: type[World] | None = None,
    ) -> None:
        self._scenario, self._memory = scenario, memory
        self._world = begun(scenario, seed, make=make)
        if scenario.begins:
            self._world.run_until(scenario.begins - 1)
        self._moments = self._world.on_quiet = Moments(self._world, every)
        self.first = len(self._world.points)
        self._ends: dict[Here, tuple[list[Violation], Any]] = {}
        self._met: list[Here] = []
        self._chosen = False
        self.taken_over = 0
        self.calm = ended(self._world, scenario)

    def run(self, plan: Plan) -> Run:
        """What comes of these faults. They are numbered as the run without faults has it."""
        world = self._world
        self._moments.before(min(place for place in plan if isinstance(place, int))).again()
        world.strikes = replace(world.strikes, planned=plan, struck=[])
        if self._memory:
            world.on_quiet, world.on_pause = self._at_quiet, self._at_pause
        else:
            world.on_quiet = world.on_pause = None
        world.trace.wanted = not self._memory  # a checksum of half a run says nothing
        self._met = []
        self._chosen = is_chosen(world.seed, plan)
        try:
            world.run_until(self._scenario.last)
            if world.on_pause is not None:  # nothing more was to come, or only what came too late
                self._compare(self._drawn())
            done = ended(world, self._scenario)
        except _Alike as known:
            self.taken_over += 1
            points, checksum = world.points.copy(), world.trace.checksum
            return Run(
                self._scenario.name, world.seed, dict(plan), checksum, points, known.violations
            )
        self._remember(done)
        return done

    def _at_quiet(self) -> None:
        """One handler has ended and another is to begin in the same second."""
        if self._world._ready and self._has_struck():
            self._look(self._drawn())

    def _at_pause(self) -> None:
        """Before time passes: each second draws afresh."""
        if self._has_struck():
            self._look(0)

    def _look(self, drawn: int) -> None:
        """Once: those that are not alike by then seldom become so."""
        self._world.on_quiet = self._world.on_pause = None
        self._compare(drawn)

    def _has_struck(self) -> bool:
        """All that was planned, and nobody sleeps: a sleeper cannot be compared."""
        strikes = self._world.strikes
        return not self._world._asleep and len(strikes.struck) >= len(strikes.planned)

    def _drawn(self) -> int:
        """What this second's order of things is drawn from."""
        return hash(self._world.random.getstate())

    def _compare(self, drawn: int) -> None:
        """Was another branch here before?"""
        here = likeness(self._world), drawn
        known = self._ends.get(here)
        if known is not None and not self._chosen:
            raise _Alike(known[0])
        self._met.append(here)

    def _remember(self, done: Run) -> None:
        end = _end_of(self._world)
        for here in self._met:
            known = self._ends.setdefault(here, (done.violations, end))
            if known[1] != end:
                done.violations.append(Violation("alike", "two that were alike ended otherwise"))


def _end_of(world: World) -> Any:
    """The whole record by its hashes, what was said, and how far Stripe has counted."""
    chains = [(name, head.version, head.chain) for name, head in world.store.heads.items()]
    return chains, len(world.mail.sent), world.stripe.state._count, world.seconds
