"""When Stripe's answer is lost: never a second key, looked for on a schedule, then a person."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.invoice import HoldKind, Invoice, InvoiceStatus, NextActionKind
from chalicelib.domain.payment import AttemptResult
from chalicelib.services import charging, sweeping
from chalicelib.services.charging import Step
from tests.fakes.install import VISA, Install
from tests.services.checks import check_install, check_stripe, coast, delivered

CONFIRM, READ = "payment_intents.confirm", "payment_intents.retrieve"


def installed() -> Install:
    install = Install.at()
    install.business()
    return install


def ready(install: Install) -> Invoice:
    customer = install.customer()
    install.settle()
    return install.invoice(customer)


def confirms(install: Install) -> int:
    return sum(operation == CONFIRM for operation, _ in install.stripe.faults.injected)


def good_charges(install: Install) -> int:
    charges = install.stripe.account().charges.values()
    return sum(charge["status"] == "succeeded" for charge in charges)


@pytest.mark.parametrize("fault", ["drop_after", "timeout_after", "html_502_after"])
def test_a_lost_answer_after_the_effect_is_read_at_once(fault: str) -> None:
    install = installed()
    install.stripe.faults.plan(fault, CONFIRM)
    invoice = ready(install)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert len(install.read(invoice).attempts) == 1
    check_install(install)
    check_stripe(install)


@pytest.mark.parametrize(
    "fault", ["drop_before", "timeout_before", "error_500_unstored", "html_502", "error_500_stored"]
)
def test_a_try_that_never_arrived_is_sent_again_with_its_own_key(fault: str) -> None:
    install = installed()
    install.stripe.faults.plan(fault, CONFIRM)
    invoice = ready(install)
    install.settle()
    waiting = install.read(invoice)
    assert waiting.attempts[0].result is AttemptResult.UNKNOWN
    assert waiting.next_action is not None
    assert waiting.next_action.kind is NextActionKind.CHECK
    assert waiting.next_action.at == waiting.attempts[0].started_at + timedelta(minutes=5)
    assert len(delivered(install, "checking")) == 1
    assert delivered(install, "payment_failed") == []
    install.advance(days=2)
    found = install.read(invoice)
    check_install(install)
    check_stripe(install)
    if fault == "error_500_stored":  # its key replays the 500 for ever; a new try has a new one
        results = [one.result for one in found.attempts]
        assert results == [AttemptResult.NOT_EXECUTED, AttemptResult.SUCCEEDED]
        return
    assert [one.result for one in found.attempts] == [AttemptResult.SUCCEEDED]
    assert found.paid_at == waiting.next_action.at


def test_a_500_that_was_stored_although_the_money_moved() -> None:
    install = installed()
    install.stripe.faults.plan("error_500_after", CONFIRM)
    invoice = ready(install)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert good_charges(install) == 1


def test_the_looks_are_at_5_minutes_an_hour_and_daily_and_then_a_person_is_called() -> None:
    install = installed()
    invoice = ready(install)
    install.stripe.webhooks.endpoints.clear()
    install.stripe.faults.plan("drop_before", CONFIRM, times=999)
    install.stripe.faults.plan("drop_before", READ, times=999)
    coast(install, days=6)
    started = install.read(invoice).attempts[0].started_at
    looks = [fact.at - started for fact in install.history(invoice) if fact.kind != "created"][4:]
    wanted = [timedelta(minutes=5), timedelta(hours=1), *map(timedelta, range(1, 6))]
    assert [round(look / timedelta(minutes=20)) for look in looks] == [
        round(look / timedelta(minutes=20)) for look in wanted
    ]
    stuck = install.read(invoice)
    assert stuck.hold is not None
    assert stuck.hold.kind is HoldKind.UNRESOLVED
    assert stuck.next_action is not None
    assert (stuck.next_action.kind, stuck.next_action.at) == (NextActionKind.STAFF, None)
    assert len(delivered(install, "staff_needs_human")) == 1
    assert len(delivered(install, "checking")) == 1
    assert len(stuck.attempts) == 1


def test_when_stripe_answers_again_the_hold_is_over() -> None:
    install = installed()
    invoice = ready(install)
    install.stripe.webhooks.endpoints.clear()  # nobody tells us
    install.stripe.faults.plan("drop_after", CONFIRM)
    install.stripe.faults.plan("drop_before", CONFIRM, times=999)
    install.stripe.faults.plan("drop_before", READ, times=999)
    coast(install, days=6)
    assert install.read(invoice).hold is not None
    install.stripe.faults.clear()
    install.reconcile()
    paid = install.read(invoice)
    assert (paid.status, paid.hold) == (InvoiceStatus.PAID, None)
    check_stripe(install)


def test_when_stripe_answers_again_and_shows_no_trace_the_charge_goes_on() -> None:
    install = installed()
    invoice = ready(install)
    install.stripe.webhooks.endpoints.clear()
    install.stripe.faults.plan("drop_before", CONFIRM, times=999)
    install.stripe.faults.plan("drop_before", READ, times=999)
    coast(install, days=6)
    install.stripe.faults.clear()
    install.reconcile()
    install.advance(hours=1)
    paid = install.read(invoice)
    assert (paid.status, paid.hold) == (InvoiceStatus.PAID, None)
    assert [one.result for one in paid.attempts] == [
        AttemptResult.NOT_EXECUTED,
        AttemptResult.SUCCEEDED,
    ]
    check_stripe(install)


def test_after_23_hours_the_old_key_is_never_sent_again() -> None:
    install = installed()
    invoice = ready(install)
    install.stripe.webhooks.endpoints.clear()
    install.stripe.faults.plan("drop_before", CONFIRM, times=2)
    install.stripe.faults.plan("drop_before", READ, times=9)
    install.settle()
    install.clock.advance(hours=24)
    install.stripe.faults.clear()
    step = charging.run_step(install.ports, "biz_1", invoice.id)
    assert step is Step.RESOLVED
    (attempt,) = install.read(invoice).attempts
    assert attempt.result is AttemptResult.NOT_EXECUTED
    assert len(install.stripe.account().charges) == 0
    install.advance(hours=1)
    assert install.read(invoice).status is InvoiceStatus.PAID


@pytest.mark.parametrize("fault", ["rate_limit", "lock_timeout", "conflict", "unauthorized"])
def test_what_was_not_executed_is_tried_again_soon_and_nobody_is_worried(fault: str) -> None:
    install = installed()
    install.stripe.faults.plan(fault, CONFIRM, times=2)
    invoice = ready(install)
    install.advance(hours=2)
    paid = install.read(invoice)
    assert paid.status is InvoiceStatus.PAID
    assert len(paid.attempts) == 1
    assert delivered(install, "checking") == []


def test_a_key_that_stays_wrong_does_not_multiply_messages() -> None:
    install = installed()
    install.stripe.faults.plan("unauthorized", CONFIRM, times=9999)
    invoice = ready(install)
    install.advance(hours=12)
    assert install.read(invoice).live_attempt is not None
    assert confirms(install) < 60
    first, second = (_messages_of_an_hour(install) for _ in range(2))
    assert second <= first


def _messages_of_an_hour(install: Install) -> int:
    before = len(install.queue.sent)
    install.advance(hours=1)
    return len(install.queue.sent) - before


def test_a_worker_that_died_after_its_note_is_followed_up() -> None:
    """The try is written down, Stripe was never called: five minutes later it is."""
    install = installed()
    invoice = ready(install)
    install._effects()  # the alarm is queued, the worker has not come
    install.stripe.faults.plan("drop_before", CONFIRM)
    install.stripe.faults.plan("drop_before", READ)
    install.settle()
    assert install.read(invoice).live_attempt is not None
    install.timers.waiting.clear()  # the alarm is lost too
    install.advance(minutes=30)
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert good_charges(install) == 1


def test_a_step_that_runs_twice_or_while_another_runs_does_nothing() -> None:
    install = installed()
    install.stripe.faults.plan("drop_before", CONFIRM)
    invoice = ready(install)
    install.settle()
    install.clock.advance(minutes=5)
    paid = [charging.run_step(install.ports, "biz_1", invoice.id) for _ in range(3)]
    assert paid[1:] == [Step.NOTHING, Step.NOTHING]
    assert good_charges(install) == 1


def test_an_intent_whose_creation_was_lost_is_created_once() -> None:
    install = installed()
    install.stripe.faults.plan("drop_after", "payment_intents.create")
    invoice = ready(install)
    install._effects()
    taken = install.queue.take()
    assert [message.body["invoice_id"] for message in taken] == [invoice.id]
    with pytest.raises(Exception, match="drop_after"):
        charging.run_step(install.ports, "biz_1", invoice.id)
    charging.run_step(install.ports, "biz_1", invoice.id)
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert len(install.stripe.account().payment_intents) == 1


def test_lost_timers_are_found_by_the_sweep() -> None:
    install = installed()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 2)
    invoice = ready(install)
    install.settle()
    install.timers.waiting.clear()
    install.advance(hours=25)
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_lost_effects_are_found_by_the_sweep() -> None:
    install = installed()
    customer = install.customer(card=None)
    install.settle()
    before = len(install.mail.sent)
    install.invoice(customer)
    install.clock.advance(minutes=1)
    assert sweeping.sweep_due(install.ports)["effects"] == 0  # the stream gets its time first
    install.clock.advance(minutes=2)
    assert sweeping.sweep_due(install.ports)["effects"] == 1
    assert len(install.mail.sent) == before + 1
    assert sweeping.sweep_due(install.ports)["effects"] == 0
