"""A failure made small: the fewest faults and the calmest world in which it still fails so."""

from __future__ import annotations

from dataclasses import dataclass

from tests.simulation import traits
from tests.simulation.faults import Plan
from tests.simulation.running import Run, run
from tests.simulation.scenarios.base import Scenario


@dataclass(frozen=True, slots=True)
class Shrunk:
    """The small run, and the traits that were switched off to get there."""

    run: Run
    without: frozenset[str]

    @property
    def command(self) -> str:
        """One line that shows it again."""
        words = ["python -m tests.simulation.replay", self.run.scenario, str(self.run.seed)]
        words += [f"{place}:{fault.value}" for place, fault in self.run.plan.items()]
        if self.without:
            words.append(f"--without {','.join(sorted(self.without))}")
        return " ".join(words)


def shrunk(scenario: Scenario, failed: Run) -> Shrunk:
    """Drop faults, then traits, as long as an invariant that failed still does."""
    codes = {one.code for one in failed.violations}
    best = Shrunk(failed, frozenset())

    def fails(plan: Plan, without: frozenset[str]) -> Run | None:
        tried = run(scenario, failed.seed, plan, without=without)
        return tried if codes & {one.code for one in tried.violations} else None

    for place in list(failed.plan):
        fewer = {at: fault for at, fault in best.run.plan.items() if at != place}
        found = fails(fewer, best.without)
        if found is not None:
            best = Shrunk(found, best.without)
    for name in traits.NAMES:
        calmer = best.without | {name}
        found = fails(best.run.plan, calmer)
        if found is not None:
            best = Shrunk(found, calmer)
    return best
