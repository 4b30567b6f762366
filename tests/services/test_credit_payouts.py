"""Credit paid out past Stripe: one person up to the limit, two above it, and once."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import Conflict, NotAllowed, NotFound
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import SYSTEM, Actor, ActorKind
from chalicelib.domain.ledger import Account
from chalicelib.services import credit, credit_payouts, statements
from chalicelib.services.credit_payouts import Payout, PayoutStatus
from tests.fakes.install import Install
from tests.services.checks import balance, delivered, subjects
from tests.services.test_credit_notes import LATER, credit_of, sound
from tests.services.test_external_payments import bounce, came, record_for
from tests.services.test_given_back_once import code_of
from tests.services.test_refunding import ANN, BOB

MACHINE = Actor(ActorKind.MACHINE, "cli_1")


def stage(limit: int | None = 500, amount: int = 2000) -> tuple[Install, Customer]:
    """A customer with credit from a wire."""
    install = Install.at()
    install.business(refund_approval_above=limit)
    customer = install.customer(card=None)
    record_for(install, customer, came(amount, chosen=()))
    install.settle()
    return install, customer


def ask(install: Install, customer: Customer, amount: int = 800, **more: Any) -> Payout:
    wanted: dict[str, Any] = {
        "payout_id": "out_1",
        "method": ExternalMethod.CHECK,
        "reference": "2001",
        "paid_on": install.clock.now().date(),
        "reason": "Moved away.",
        "actor": ANN,
    }
    told = wanted | more
    return credit_payouts.pay_out(install.ports, "biz_1", customer.id, amount=amount, **told)


def approve(
    install: Install, customer: Customer, actor: Actor = BOB, name: str = "out_1"
) -> Payout:
    return credit_payouts.approve_payout(install.ports, "biz_1", customer.id, name, actor=actor)


def reject(install: Install, customer: Customer, actor: Actor = BOB) -> Payout:
    return credit_payouts.reject_payout(
        install.ports, "biz_1", customer.id, "out_1", actor=actor, reason="Not agreed."
    )


def test_above_the_limit_it_is_set_aside_and_paid_when_a_second_person_agrees() -> None:
    install, customer = stage()
    waiting = ask(install, customer)
    assert (waiting.status, waiting.paid_on) == (PayoutStatus.AWAITING_APPROVAL, None)
    assert ask(install, customer) == waiting
    assert (credit_of(install, customer), balance(install, Account.BANK)) == (1200, 2000)
    assert balance(install, Account.REFUNDS) == -800  # owed to the payer until the money has left
    install.settle()
    assert len(delivered(install, "staff_refund_approval")) == 1
    assert "Approve a refund: $8.00 to Ada Byron" in subjects(install, "desk@")
    assert delivered(install, "refund_sent") == []
    install.advance(days=2)
    paid = approve(install, customer)
    assert (paid.status, paid.decided_by) == (PayoutStatus.PAID, "usr_bob")
    assert paid.paid_on == install.clock.now().date()
    assert approve(install, customer) == paid
    assert (credit_of(install, customer), balance(install, Account.BANK)) == (1200, 1200)
    assert balance(install, Account.REFUNDS) == 0
    sound(install)
    assert len(delivered(install, "refund_sent")) == 1


def test_who_asked_cannot_agree_nor_can_a_machine() -> None:
    install, customer = stage()
    ask(install, customer)
    for actor in (ANN, MACHINE, SYSTEM):
        with pytest.raises(NotAllowed) as refused:
            approve(install, customer, actor)
        assert refused.value.code == "approver_is_requester"
    assert code_of(lambda: approve(install, customer, name="out_9")) == "credit_payout_not_found"
    sound(install)


def test_one_that_is_rejected_is_credit_again_and_stays_rejected() -> None:
    install, customer = stage()
    ask(install, customer)
    refused = reject(install, customer)
    assert (refused.status, refused.failure) == (PayoutStatus.REJECTED, "Not agreed.")
    assert reject(install, customer) == refused
    assert code_of(lambda: reject(install, customer, ANN)) == "payout_decided"
    assert code_of(lambda: approve(install, customer)) == "payout_decided"
    assert (credit_of(install, customer), balance(install, Account.REFUNDS)) == (2000, 0)
    ask(install, customer, 400, payout_id="out_2")  # what was rejected counts for no limit
    assert credit_of(install, customer) == 1600
    sound(install)


def test_one_that_is_paid_cannot_be_rejected() -> None:
    install, customer = stage()
    ask(install, customer)
    approve(install, customer)
    assert code_of(lambda: reject(install, customer)) == "payout_decided"
    assert code_of(lambda: approve(install, customer, ANN)) == "payout_decided"
    sound(install)


def test_parts_of_a_sum_count_together_for_a_month() -> None:
    install, customer = stage()
    assert ask(install, customer, 300).status is PayoutStatus.PAID
    assert ask(install, customer, 200, payout_id="out_2").status is PayoutStatus.PAID
    third = ask(install, customer, 1, payout_id="out_3")
    assert third.status is PayoutStatus.AWAITING_APPROVAL
    install.clock.set(install.clock.now() + credit_payouts.TOGETHER)
    assert ask(install, customer, 500, payout_id="out_4").status is PayoutStatus.PAID
    sound(install)


def test_without_a_limit_one_person_is_enough() -> None:
    install, customer = stage(limit=None)
    assert ask(install, customer, 2000).status is PayoutStatus.PAID
    assert code_of(lambda: ask(install, customer, 1, payout_id="out_2")) == "credit_too_small"
    sound(install)


def test_what_is_set_aside_pays_no_invoice() -> None:
    install, customer = stage()
    ask(install, customer, 2000)
    install.invoice(customer, due_on=LATER)
    with pytest.raises(Conflict) as nothing:
        credit.apply_credit(
            install.ports, "biz_1", customer.id, application_id="app_1", chosen=None, actor=ANN
        )
    assert nothing.value.code == "nothing_to_apply"
    sound(install)


def test_money_that_bounced_meanwhile_is_not_paid_out() -> None:
    install, customer = stage()
    ask(install, customer)
    bounce(install, customer)
    assert credit_of(install, customer) == -800
    assert code_of(lambda: approve(install, customer)) == "credit_too_small"
    reject(install, customer)
    assert credit_of(install, customer) == 0
    sound(install)


def test_a_statement_shows_it_when_it_is_set_aside_and_once() -> None:
    install, customer = stage()
    ask(install, customer)
    approve(install, customer)
    day = install.clock.now().date()
    business = install.store.business("biz_1")
    made = statements.statement_of(install.ports, business, customer.id, from_on=day, to_on=day)
    refunds = [line.charge for line in made.lines if line.kind == "refund"]
    assert [charge for charge in refunds if charge] == [800]
    assert made.closing == -1200


def test_nothing_is_known_of_another_customers_payout() -> None:
    install, customer = stage()
    ask(install, customer)
    bob = install.customer(card=None, name="Bob")
    with pytest.raises(NotFound):
        credit_payouts.read_payout(install.ports, "biz_1", bob.id, "out_1")
    assert credit_payouts.read_payout(install.ports, "biz_1", customer.id, "out_1").id == "out_1"
