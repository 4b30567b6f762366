"""Refunds from the request to the money: sent once, agreed to by a second person, or failed."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.refund import Refund, RefundStatus
from chalicelib.ports.answers import Unanswered
from chalicelib.services import jobs, on_account, refunding
from chalicelib.services.on_account import Wish
from tests.fakes.install import Install
from tests.services.checks import check_install, check_stripe, subjects

ANN = Actor(ActorKind.STAFF, "usr_ann")
BOB = Actor(ActorKind.STAFF, "usr_bob")


def paid(install: Install, card: str = "4242424242424242", **business: Any) -> Invoice:
    install.business(**business)
    invoice = install.invoice(install.customer(card=card))
    install.settle()
    return install.read(invoice)


def ask(install: Install, invoice: Invoice, amount: int = 900, **more: Any) -> Refund:
    wanted: dict[str, Any] = {"refund_id": "ref_1", "actor": ANN, "reason": "Returned."}
    return refunding.request_refund(
        install.ports,
        "biz_1",
        invoice.id,
        payment_id=invoice.payments[0].id,
        amount=amount,
        **(wanted | more),
    )


def level(install: Install) -> None:
    """Every record is whole, and what Stripe owes us is what our ledger says."""
    check_install(install)
    check_stripe(install)


def test_a_refund_is_sent_and_the_payer_is_told() -> None:
    install = Install.at()
    invoice = paid(install)
    assert ask(install, invoice).status is RefundStatus.REQUESTED
    install.settle()
    done = install.read(invoice)
    assert (done.refunds[0].status, done.payments[0].amount_refunded) == ("succeeded", 900)
    assert done.status is InvoiceStatus.PAID
    assert "refund" in subjects(install, "ada@")[-1].lower()
    level(install)


def test_the_same_request_twice_and_its_job_twice_are_one_refund() -> None:
    install = Install.at()
    invoice = paid(install)
    ask(install, invoice)
    ask(install, invoice)
    body = {"job": "send_refunds", "business_id": "biz_1", "subject_id": invoice.id}
    for _ in range(3):
        jobs.run_job(install.ports, body)
    install.settle()
    assert len(install.stripe.account().refunds) == 1
    level(install)


def test_an_answer_that_was_lost_is_looked_up_and_not_asked_again() -> None:
    install = Install.at()
    invoice = paid(install)
    ask(install, invoice)
    install.stripe.faults.plan("drop_after", "refunds.create")
    with pytest.raises(Unanswered):
        refunding.send_refunds(install.ports, "biz_1", invoice.id)
    install.advance(hours=30)
    install.settle()
    assert len(install.stripe.account().refunds) == 1
    assert install.read(invoice).refunds[0].status is RefundStatus.SUCCEEDED
    level(install)


def test_above_the_limit_a_second_person_has_to_agree() -> None:
    install = Install.at()
    invoice = paid(install, refund_approval_above=1000)
    assert ask(install, invoice, 1000).status is RefundStatus.REQUESTED
    waiting = ask(install, invoice, 1, refund_id="ref_2")
    assert waiting.status is RefundStatus.AWAITING_APPROVAL
    install.settle()
    assert len(install.stripe.account().refunds) == 1
    with pytest.raises(NotAllowed) as refused:
        refunding.approve_refund(install.ports, "biz_1", invoice.id, "ref_2", actor=ANN)
    assert refused.value.code == "approver_is_requester"
    refunding.approve_refund(install.ports, "biz_1", invoice.id, "ref_2", actor=BOB)
    refunding.approve_refund(install.ports, "biz_1", invoice.id, "ref_2", actor=BOB)
    install.settle()
    assert len(install.stripe.account().refunds) == 2
    level(install)


def test_a_rejected_refund_is_never_sent() -> None:
    install = Install.at()
    invoice = paid(install, refund_approval_above=0)
    ask(install, invoice)
    done = refunding.reject_refund(
        install.ports, "biz_1", invoice.id, "ref_1", actor=BOB, reason="Not agreed."
    )
    assert (done.status, done.failure) == (RefundStatus.REJECTED, "Not agreed.")
    with pytest.raises(Conflict):
        refunding.approve_refund(install.ports, "biz_1", invoice.id, "ref_1", actor=BOB)
    install.settle()
    assert install.stripe.account().refunds == {}


def test_never_more_than_was_captured() -> None:
    install = Install.at()
    invoice = paid(install)
    ask(install, invoice, 8000)
    with pytest.raises(InvalidInput) as much:
        ask(install, invoice, 901, refund_id="ref_2")
    assert much.value.code == "refund_too_large"
    ask(install, invoice, 900, refund_id="ref_3")
    with pytest.raises(Conflict) as nothing:
        ask(install, invoice, 1, refund_id="ref_4")
    assert nothing.value.code == "nothing_to_refund"
    install.settle()
    level(install)


def test_nothing_is_refunded_while_a_dispute_is_open() -> None:
    install = Install.at()
    invoice = paid(install)
    ask(install, invoice)
    install.stripe.dispute(invoice.payments[0].charge_id or "")
    install.settle()
    done = install.read(invoice).refunds[0]
    assert (done.status, install.stripe.account().refunds) == (RefundStatus.FAILED, {})
    with pytest.raises(Conflict) as refused:
        ask(install, install.read(invoice), 1, refund_id="ref_2")
    assert refused.value.code == "charge_disputed"
    level(install)


def test_a_refund_that_fails_later_is_known_and_its_money_is_back() -> None:
    install = Install.at()
    invoice = paid(install, "4000000000005126")
    ask(install, invoice)
    install.settle()
    assert install.read(invoice).refunds[0].status is RefundStatus.SUCCEEDED
    install.advance(days=4)
    failed = install.read(invoice)
    assert failed.refunds[0].status is RefundStatus.FAILED
    assert failed.payments[0].amount_refunded == 0
    level(install)


def test_a_refund_made_in_the_dashboard_is_posted() -> None:
    install = Install.at()
    invoice = paid(install)
    body = {"charge": invoice.payments[0].charge_id, "amount": 100}
    install.stripe.call("POST", "/v1/refunds", body, idempotency_key="refund/dash/1")
    install.settle()
    assert [one.reason for one in install.read(invoice).refunds] == ["Made in Stripe's dashboard."]
    level(install)


def test_a_payment_on_account_is_refunded_from_the_credit_it_became() -> None:
    install = Install.at()
    install.business()
    customer = install.customer()
    wish = Wish("poa_1", customer.id, 1500, chosen=())
    on_account.take_payment(install.ports, "biz_1", wish, actor=ANN)
    install.settle()
    demand = install.store.invoice("biz_1", "poa_1")
    with pytest.raises(Conflict) as refused:
        ask(install, demand)
    assert refused.value.code == "refund_from_credit"
    ask(install, demand, from_credit=True)
    install.settle()
    assert install.store.customer("biz_1", customer.id).credit == 600
    level(install)


def test_what_does_not_exist_cannot_be_refunded() -> None:
    install = Install.at()
    invoice = paid(install)
    with pytest.raises(NotFound):
        refunding.request_refund(
            install.ports,
            "biz_1",
            invoice.id,
            refund_id="ref_1",
            payment_id="pay_9",
            amount=1,
            reason="?",
            actor=ANN,
        )
    with pytest.raises(NotFound):
        refunding.read_refund(install.ports, "biz_1", invoice.id, "ref_9")
