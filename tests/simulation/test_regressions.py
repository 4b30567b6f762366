"""Holes the simulation has found in the product, each as the run that showed it.

The faults are named by the I/O's kind and turn, so that they strike the same place when the numbers
of I/Os move.
"""

from __future__ import annotations

from tests.simulation.faults import Fault, Plan
from tests.simulation.running import run
from tests.simulation.scenarios import ALL
from tests.simulation.scenarios.core import CORE
from tests.simulation.traits import NAMES
from tests.simulation.world import Violation

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


def test_a_card_that_only_stripe_knows_of_is_found_and_charged() -> None:
    """The payer closed the window and the event's message was lost: nobody ever asked Stripe."""
    lost: Plan = {("stripe.checkout.sessions.retrieve", 0): Fault.GONE_BEFORE}
    assert _calmly("unheard_card", lost) == []


def test_the_card_typed_in_last_is_the_default_in_whatever_order_it_is_heard_of() -> None:
    """The first card's event came after the second's, and took its place."""
    by_event_and_by_browser = (0, 1)
    late: Plan = {
        ("stripe.checkout.sessions.retrieve", turn): Fault.STALL_BEFORE
        for turn in by_event_and_by_browser
    }
    assert _calmly("two_cards", late) == []


def test_a_paper_is_drawn_whatever_clock_wrote_the_customer_down() -> None:
    """Its facts up to a time were sifted instead of cut off: the paper owed was never drawn."""
    assert run(ALL["credit_twice"], 6, {}, without=_CALM - {"skew"}).violations == []


def test_the_judge_waits_until_a_stray_intent_may_be_taken_for_one() -> None:
    """The judge's hole: it asked a few minutes after a create was lost, reconciliation an hour."""
    plan: Plan = {98: Fault.CRASH_BEFORE, 122: Fault.CRASH_AFTER}
    calm = _CALM - {"reconcile_at", "sweep_phase"}
    assert run(ALL["dropped"], 81, plan, without=calm).violations == []


def test_two_workers_with_one_acceptance_leave_it_to_the_faster() -> None:
    """The bank had decided before; the slower one stumbled over the answer noted by the other."""
    twice: Plan = {("queue.send", 4): Fault.DONE_TWICE}
    calm = _CALM - {"workers", "webhooks", "duplicates"}
    assert run(ALL["disputes"], 13, twice, without=calm).violations == []


def test_the_judge_waits_until_a_queue_has_given_its_message_back() -> None:
    """The judge's hole: two days were over when the clock's message came a third time."""
    plan: Plan = {191: Fault.NO_EFFECT, 237: Fault.CRASH_AFTER}
    calm = _CALM - {"redelivery", "reconcile_at", "webhooks"}
    assert run(ALL["test_clock"], 9, plan, without=calm).violations == []


def test_the_reconciliation_resolves_a_try_whose_next_look_lies_a_day_ahead() -> None:
    """After an outage Stripe was asked too early, by seconds: the try was unclear for two days."""
    assert run(CORE["core/outage"], 4).violations == []


def test_a_plan_is_broken_although_its_instalment_is_charged_in_that_second() -> None:
    """A payment opened between look and switch was a broken record, not one to look again."""
    calm = frozenset({"index_lag", "redelivery", "stall"})
    assert run(ALL["plan_broken"], 5, {550: Fault.NO_EFFECT}, without=calm).violations == []


def test_the_judge_counts_what_a_cheque_paid_of_an_instalment() -> None:
    """The judge's hole, met by one run in 128: it knew only what Stripe brings a demand."""
    assert run(ALL["plan_cheque"], 3, {114: Fault.CRASH_BEFORE}, without=_CALM).violations == []
