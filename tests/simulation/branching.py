"""All runs of one seed of a scenario as branches of one: what comes before the fault is lived once.

Two branches that have become alike live on alike, so of such only the first is lived to its end
and judged; the others take over its verdict. One in 512 lives on all the same, meets the
judges that read everything, and must come to the very end that it would have taken over.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from tests.simulation.answers import Notebook
from tests.simulation.deep_checks import is_chosen
from tests.simulation.faults import Plan
from tests.simulation.install import World
from tests.simulation.likeness import Said, likeness
from tests.simulation.rewind import Moments
from tests.simulation.running import Run, begun, ended, given_back
from tests.simulation.scenarios.base import Scenario
from tests.simulation.world import Violation

Here = tuple[Said, int]  # how a world was, and what its second still draws from
Verdict = tuple[list[Violation], Any]  # what was found, and how the world was at its very end


class _Alike(Exception):  # noqa: N818 -- nothing is wrong
    """Another branch was here before, and what became of it is known."""

    def __init__(self, verdict: Verdict) -> None:
        super().__init__()
        self.verdict = verdict


class Branches:
    """`calm` is the run without faults, `first` the first I/O that is not yet past."""

    def __init__(
        self,
        scenario: Scenario,
        seed: int,
        *,
        every: int = 1,
        memory: bool = True,
        within: bool = False,
        make: type[World] | None = None,
    ) -> None:
        self._scenario, self._memory = scenario, memory
        self._world = begun(scenario, seed, make=make)
        if scenario.begins:
            self._world.run_until(scenario.begins - 1)
        self._moments = self._world.on_quiet = Moments(self._world, every)
        if within:
            self._world.notebook, self._world.on_io = Notebook(), self._moments.within
        self.first = len(self._world.points)
        self._ends: dict[Here, Verdict] = {}
        self._met: list[Here] = []
        self._chosen = False
        self.taken_over = 0
        self.calm = ended(self._world, scenario)

    def run(self, plan: Plan) -> Run:
        """What comes of these faults. They are numbered as the run without faults has it."""
        world = self._world
        self._moments.before(min(place for place in plan if isinstance(place, int))).again()
        world.strikes = replace(world.strikes, planned=plan, struck=[])
        world.notebook = world.on_io = None
        if self._memory:
            world.on_quiet, world.on_pause = self._at_quiet, self._at_pause
        else:
            world.on_quiet = world.on_pause = None
        world.trace.wanted = not self._memory  # a checksum of half a run says nothing
        self._met = []
        self._chosen = is_chosen(world.seed, plan)
        try:
            world.run_until(self._scenario.last)
            if self._memory and not world._asleep:
                self._compare(self._drawn() if given_back(world) else 0)
            done = ended(world, self._scenario)
        except _Alike as known:
            self.taken_over += 1
            self._remember(known.verdict)
            points, checksum = world.points.copy(), world.trace.checksum
            found = known.verdict[0]
            return Run(self._scenario.name, world.seed, dict(plan), checksum, points, found)
        if not self._remember((done.violations, _end_of(world))):
            done.violations.append(Violation("alike", "two that were alike ended otherwise"))
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
        """Once on the way, and at the end again: between the two few become alike."""
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
            raise _Alike(known)
        self._met.append(here)

    def _remember(self, verdict: Verdict) -> bool:
        """What became of all that was met on the way; whether others who met it ended so too."""
        known = [self._ends.setdefault(here, verdict) for here in self._met]
        return all(end == verdict[1] for _, end in known)


def _end_of(world: World) -> Any:
    """The whole record by its hashes, what was said, and how far Stripe has counted."""
    chains = [(name, head.version, head.chain) for name, head in world.store.heads.items()]
    return chains, len(world.mail.sent), world.stripe.state._count, world.seconds
