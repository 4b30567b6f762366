"""Holes the simulation has found in the product, each as the run that showed it.

The faults are named by the I/O's kind and turn, so that they strike the same place when the numbers
of I/Os move.
"""

from __future__ import annotations

from tests.simulation.faults import Fault
from tests.simulation.running import run
from tests.simulation.scenarios import ALL
from tests.simulation.traits import NAMES
from tests.simulation.world import Plan, Violation

_CALM = frozenset(NAMES)


def _calmly(scenario: str, plan: Plan) -> list[Violation]:
    return run(ALL[scenario], 0, plan, without=_CALM).violations


def test_a_new_card_is_charged_although_stripe_answered_500_and_did_nothing() -> None:
    """The try was closed as not executed after a day, and what had asked for it was forgotten."""
    sixth_confirm = ("stripe.payment_intents.confirm", 5)
    assert _calmly("resumed", {sixth_confirm: Fault.ERROR_STORED}) == []


def test_a_clock_whose_worker_was_never_called_can_be_advanced_again() -> None:
    """The target was saved, the process died: the clock stood still and refused every new try."""
    assert _calmly("test_clock", {("store.save_test_clock", 0): Fault.CRASH_AFTER}) == []
