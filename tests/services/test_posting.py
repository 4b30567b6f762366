"""The one poster, asked directly: what it learns from Stripe, and that it learns it once."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.customer import Customer, MethodState
from chalicelib.domain.facts import STRIPE, Actor, ActorKind, Fact, Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus, NextActionKind
from chalicelib.domain.payment import AttemptResult
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.stripe_objects import ConfirmAnswer, Confirmed
from chalicelib.services import charging, posting
from chalicelib.services.case import open_case
from tests.fakes.install import VISA, Install
from tests.services.checks import check_install, check_stripe
from tests.services.test_authentication import at_the_bank

CONFIRM, READ = "payment_intents.confirm", "payment_intents.retrieve"
STAFF = Actor(ActorKind.STAFF, "user_1")


class Scene:
    """One invoice of a connected account, about to be tried for the first time."""

    def __init__(self, *declines: str, number: str = VISA) -> None:
        self.install = Install.at()
        self.account = self.install.stripe.connect_account()
        self.install.business(stripe_account=self.account)
        self.customer = self.install.customer(card=number)
        self.install.settle()
        if declines:
            self.install.stripe.script_card(number, list(declines))
        self.id = self.install.invoice(self.customer).id

    @property
    def invoice(self) -> Invoice:
        return self.install.store.invoice("biz_1", self.id)

    @property
    def payment_id(self) -> str:
        return self.invoice.payments[0].id

    @property
    def facts(self) -> list[Fact]:
        return self.install.store.facts("biz_1", Subject.INVOICE, self.id)

    @property
    def payer(self) -> Customer:
        return self.install.store.customer("biz_1", self.customer.id)

    def confirmed_unheard(self) -> Scene:
        """The try was made, and neither its answer nor the look after it came back."""
        faults = self.install.stripe.faults
        faults.plan("drop_after", CONFIRM)
        faults.plan("drop_before", READ, 9)
        charging.run_step(self.install.ports, "biz_1", self.id)
        faults.clear()
        self.install.stripe.next_events()
        assert self.invoice.attempts[0].is_live
        return self

    def paid(self) -> Scene:
        assert self.confirmed_unheard().post()
        return self

    def post(self, payment_id: str | None = None, **more: Any) -> bool:
        """True when it learnt something: then, and only then, there are more facts."""
        before = len(self.facts)
        wanted = payment_id or self.payment_id
        learnt = posting.post_outcome(self.install.ports, "biz_1", self.id, wanted, **more)
        assert learnt is (len(self.facts) > before)
        return learnt


def test_a_success_is_learnt_once_and_from_stripe() -> None:
    scene = Scene().confirmed_unheard()
    scene.install.clock.set(scene.install.clock.now().replace(minute=7))
    assert scene.post()
    assert not scene.post()
    last = scene.facts[-1]
    assert (last.kind, last.actor, last.why) == ("charge_succeeded", STRIPE, "Read from Stripe.")
    assert last.at == scene.install.clock.now()
    assert scene.invoice.status is InvoiceStatus.PAID
    check_install(scene.install)
    check_stripe(scene.install, scene.account)


def test_who_asked_is_who_is_named() -> None:
    scene = Scene().confirmed_unheard()
    scene.post(actor=STAFF)
    assert scene.facts[-1].actor == STAFF


def test_what_is_not_at_stripe_teaches_nothing() -> None:
    scene = Scene()
    assert not scene.post("pay_of_another")
    scene.install.stripe.faults.plan("drop_before", "payment_intents.create", 9)
    with pytest.raises(Unanswered):
        charging.run_step(scene.install.ports, "biz_1", scene.id)
    scene.install.stripe.faults.clear()
    assert scene.invoice.payments[0].intent_id is None
    assert not scene.post()


def test_without_an_answer_nothing_is_changed() -> None:
    scene = Scene().confirmed_unheard()
    before = scene.facts
    scene.install.stripe.faults.plan("drop_before", READ, 9)
    with pytest.raises(Unanswered):
        posting.post_outcome(scene.install.ports, "biz_1", scene.id, scene.payment_id)
    assert scene.facts == before


@pytest.mark.parametrize(
    ("code", "state"),
    [("stolen_card", MethodState.DEAD), ("expired_card", MethodState.FIX)],
)
def test_a_dead_card_is_dead_for_every_invoice_in_the_same_breath(
    code: str, state: MethodState
) -> None:
    scene = Scene(code).confirmed_unheard()
    scene.post(actor=STAFF)
    assert scene.payer.methods[0].state is state
    judged = scene.install.store.facts("biz_1", Subject.CUSTOMER, scene.customer.id)[-1]
    failed = scene.facts[-1]
    assert (judged.kind, failed.kind) == ("method_judged", "charge_failed")
    assert (judged.at, judged.actor) == (failed.at, STRIPE)
    told = judged.data
    assert (told.method_id, told.state) == (scene.payer.methods[0].id, state)
    assert (told.invoice_id, told.payment_id, told.number) == (scene.id, scene.payment_id, 1)
    plan = scene.invoice.next_action
    assert plan is not None
    assert plan.kind is not NextActionKind.RETRY  # nobody plans to try a dead card


def test_a_soft_decline_says_nothing_of_the_card() -> None:
    scene = Scene("insufficient_funds").confirmed_unheard()
    scene.post()
    assert scene.payer.methods[0].state is MethodState.USABLE
    plan = scene.invoice.next_action
    assert plan is not None
    assert plan.kind is NextActionKind.RETRY


@pytest.mark.parametrize("state", [None, MethodState.FIX, MethodState.DEAD])
def test_a_card_that_is_gone_or_known_to_be_dead_is_not_judged(state: MethodState | None) -> None:
    scene = Scene("stolen_card").confirmed_unheard()
    case = open_case(scene.install.ports, "biz_1", scene.id)
    (method,) = case.customer.methods
    left = () if state is None else (replace(method, state=state),)
    case = replace(case, customer=replace(case.customer, methods=left))
    assert posting.post_in(scene.install.ports, case, scene.payment_id)
    assert scene.invoice.attempts[0].result is AttemptResult.FAILED
    assert scene.payer.methods[0].state is MethodState.USABLE  # as stored: nothing was added


def test_a_refusal_that_stripe_does_not_show_is_taken_from_the_answer() -> None:
    scene = Scene()
    scene.install.stripe.faults.plan("drop_before", CONFIRM)
    scene.install.stripe.faults.plan("drop_before", READ, 9)
    charging.run_step(scene.install.ports, "biz_1", scene.id)
    scene.install.stripe.faults.clear()
    case = open_case(scene.install.ports, "biz_1", scene.id)
    refused = Confirmed(ConfirmAnswer.REFUSED, "parameter_invalid")
    assert not posting.post_in(scene.install.ports, case, scene.payment_id)
    assert posting.post_in(scene.install.ports, case, scene.payment_id, answer=refused)
    assert scene.facts[-1].kind == "charge_failed"
    assert scene.facts[-1].actor == STRIPE


def test_a_payer_who_does_not_come_back_is_waited_for_half_an_hour() -> None:
    install, invoice = at_the_bank()
    ports, payment_id = install.ports, install.read(invoice).payments[0].id
    started = install.read(invoice).attempts[-1].started_at
    install.clock.set(started + timedelta(minutes=29))
    assert not posting.post_outcome(ports, "biz_1", invoice.id, payment_id)
    install.clock.set(started + timedelta(minutes=30))
    assert posting.post_outcome(ports, "biz_1", invoice.id, payment_id)
    assert install.kinds(invoice)[-1] == "attempt_not_executed"


def test_a_refund_in_stripes_dashboard_is_learnt_once() -> None:
    scene = Scene().paid()
    charge = scene.invoice.payments[0].charge_id
    assert charge is not None
    scene.install.ports.gateway.refund(
        scene.account, charge_id=charge, amount=900, currency="USD", reason="", refund_id="r",
        key="refund/biz_1/r",
    )  # fmt: skip
    assert scene.post()
    assert not scene.post()
    assert scene.invoice.payments[0].amount_refunded == 900
    assert scene.facts[-1].kind == "refunded"


def test_a_success_and_its_refund_are_learnt_at_one_look() -> None:
    scene = Scene().confirmed_unheard()
    account = scene.install.stripe.account(scene.account)
    (charge,) = account.charges
    scene.install.ports.gateway.refund(
        scene.account, charge_id=charge, amount=900, currency="USD", reason="", refund_id="r",
        key="refund/biz_1/r",
    )  # fmt: skip
    assert scene.post()
    assert [fact.kind for fact in scene.facts][-2:] == ["charge_succeeded", "refunded"]


def test_an_inquiry_is_looked_for_only_where_an_event_speaks_of_it() -> None:
    scene = Scene().paid()
    charge = scene.invoice.payments[0].charge_id
    assert charge is not None
    scene.install.stripe.dispute(charge, "general", inquiry=True, account=scene.account)
    case = open_case(scene.install.ports, "biz_1", scene.id)
    assert not scene.post()
    assert not posting.post_in(scene.install.ports, case, scene.payment_id)
    assert scene.post(disputed=True)
    assert scene.facts[-1].kind == "dispute_opened"
