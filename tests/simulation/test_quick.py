"""A small part of `make prove` for every day, and that the simulation itself can be trusted."""

from __future__ import annotations

import pytest

from tests.simulation.faults import Fault
from tests.simulation.mutants import MUTANTS, caught, in_force
from tests.simulation.plans import prove_seed
from tests.simulation.replay import main as replay
from tests.simulation.running import run
from tests.simulation.scenarios import ALL
from tests.simulation.shrink import shrunk
from tests.simulation.traits import NAMES

_QUICK_MUTANTS = ("intent_per_delivery", "no_sweep", "gap_ignored", "numbers_for_all")


@pytest.mark.parametrize("name", ALL)
def test_a_few_faults_of_each_scenario_violate_nothing(name: str) -> None:
    tally = prove_seed(ALL[name], seed=7, stride=60, pairs=1)
    assert [(one.seed, one.plan, one.violations) for one in tally.failures] == []
    assert tally.runs > 5


@pytest.mark.parametrize("name", ["recovered", "retry_race", "authentication"])
def test_the_same_seed_plan_and_code_are_the_same_run(name: str) -> None:
    first, second = (run(ALL[name], 5, {40: Fault.CRASH_AFTER}) for _ in range(2))
    assert first.points == second.points
    assert first.checksum == second.checksum
    assert run(ALL[name], 6).checksum != first.checksum


def test_a_crashed_process_does_nothing_more() -> None:
    done = run(ALL["first_charge"], 0, {8: Fault.GONE_BEFORE}, without=frozenset(NAMES))
    assert done.points[8] == "store.claim"
    assert done.points[9] != "store.business"


@pytest.mark.parametrize("name", _QUICK_MUTANTS)
def test_a_design_without_this_safeguard_is_noticed(name: str) -> None:
    (mutant,) = (one for one in MUTANTS if one.name == name)
    done = caught(mutant, ALL, seeds=4, stride=2)
    assert done is not None
    assert {one.code for one in done.violations} & set(mutant.codes)


def test_a_failure_is_shrunk_to_the_fault_that_matters() -> None:
    (mutant,) = (one for one in MUTANTS if one.name == "gap_ignored")
    with in_force(mutant):
        failed = run(ALL["recovered"], 0, {3: Fault.CRASH_AFTER, 20: Fault.NO_EFFECT})
        small = shrunk(ALL["recovered"], failed)
    assert failed.violations
    assert small.run.plan == {}
    assert small.command.startswith("python -m tests.simulation.replay recovered 0 --without ")


def test_a_replay_shows_each_io_and_the_verdict(capsys: pytest.CaptureFixture[str]) -> None:
    assert replay(["first_charge", "0", "8:F1", "--without", ",".join(NAMES)]) == 0
    shown = capsys.readouterr().out
    assert "** F1 strikes 8 store.claim" in shown
    assert "stripe.payment_intents.confirm" in shown
