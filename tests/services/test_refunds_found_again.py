"""Refunds that wait: a lost message is found by the sweep, a slow one is shown as what it is."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.customer import MethodKind
from chalicelib.domain.desk.refunds import RefundDropped
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice_facts import ChargeSucceeded, PaymentAdopted
from chalicelib.domain.ledger import Account
from chalicelib.domain.refund import RefundStatus
from chalicelib.domain.stripe_objects import RefundSeen
from chalicelib.ports.answers import Unanswered
from chalicelib.services import on_account, refunding, restoring, sweeping
from chalicelib.services.case import open_case, record
from tests.fakes.install import Install
from tests.services.checks import balance, check_install, coast, delivered, subjects
from tests.services.test_bank_debits import GOOD, debited
from tests.services.test_refunding import BOB, ask, level, paid


def lose_everything_queued(install: Install) -> None:
    """Effects are delivered, and the queue forgets what it was given."""
    install._effects()
    install.queue.take()


def asked_and_lost() -> tuple[Install, Invoice]:
    install = Install.at()
    invoice = paid(install)
    ask(install, invoice)
    lose_everything_queued(install)
    return install, invoice


def status_of(install: Install, invoice: Invoice) -> RefundStatus:
    return install.read(invoice).refunds[0].status


def test_a_refund_whose_message_is_lost_is_found_by_the_sweep() -> None:
    install, invoice = asked_and_lost()
    install.advance(minutes=9)
    assert install.stripe.account().refunds == {}
    install.advance(minutes=30)
    assert status_of(install, invoice) is RefundStatus.SUCCEEDED
    assert len(install.stripe.account().refunds) == 1
    level(install)


def test_one_that_was_agreed_to_counts_from_then() -> None:
    install = Install.at()
    invoice = paid(install, refund_approval_above=0)
    ask(install, invoice)
    install.settle()
    install.advance(days=3)
    assert status_of(install, invoice) is RefundStatus.AWAITING_APPROVAL
    refunding.approve_refund(install.ports, "biz_1", invoice.id, "ref_1", actor=BOB)
    lose_everything_queued(install)
    install.advance(minutes=30)
    assert status_of(install, invoice) is RefundStatus.SUCCEEDED
    level(install)


@pytest.mark.parametrize("hours", [1, 30])
def test_an_unknown_result_is_looked_up_and_not_asked_for_again(hours: int) -> None:
    """After a day Stripe has forgotten the key: only the refund itself tells."""
    install, invoice = asked_and_lost()
    install.stripe.faults.plan("drop_after", "refunds.create")
    with pytest.raises(Unanswered):
        refunding.send_refunds(install.ports, "biz_1", invoice.id)
    install.clock.set(install.clock.now() + timedelta(hours=hours))
    install.stripe.next_events()  # and nobody has told us of it
    sweeping.sweep_due(install.ports)
    install.settle()
    assert len(install.stripe.account().refunds) == 1
    assert status_of(install, invoice) is RefundStatus.SUCCEEDED
    level(install)


def test_nothing_is_sent_after_a_restore_until_the_books_are_level() -> None:
    """What is asked for may have been made before: the table has forgotten it."""
    install, invoice = asked_and_lost()
    restoring.hold_after_restore(install.ports)
    install.advance(minutes=45)
    assert (install.stripe.account().refunds, status_of(install, invoice)) == ({}, "requested")
    install.reconcile()
    install.advance(minutes=15)
    assert status_of(install, invoice) is RefundStatus.SUCCEEDED
    level(install)


def test_money_paid_too_much_is_found_when_its_job_is_lost() -> None:
    install = Install.at()
    install.business()
    customer = install.customer()
    invoice = install.invoice(customer)
    install.settle()
    case = open_case(install.ports, "biz_1", invoice.id)
    case = record(install.ports, case, PaymentAdopted("pay_9", 9, "pi_9", 500))
    record(install.ports, case, ChargeSucceeded("pay_9", None, "pi_9", "ch_9", 500, 0))
    lose_everything_queued(install)
    assert install.store.customer("biz_1", customer.id).credit == 0
    install.advance(minutes=30)
    assert install.store.customer("biz_1", customer.id).credit == 500
    check_install(install)


def test_a_bank_debits_refund_is_in_transit_for_days() -> None:
    install, invoice = debited(GOOD)
    coast(install, days=7)
    assert install.read(invoice).attempts[0].method_kind is MethodKind.US_BANK_ACCOUNT
    ask(install, install.read(invoice))
    install.settle()
    assert status_of(install, invoice) is RefundStatus.IN_TRANSIT
    assert balance(install, Account.REFUNDS) == 900
    coast(install, days=7)
    assert status_of(install, invoice) is RefundStatus.SUCCEEDED
    assert install.kinds(invoice).count("refund_settled") == 1
    level(install)


def test_one_in_transit_may_still_fail_and_the_payer_is_told_of_it() -> None:
    install, invoice = debited(GOOD)
    coast(install, days=7)
    ask(install, install.read(invoice))
    install.settle()
    (refund,) = install.stripe.account().refunds.values()
    install.stripe.fail_refund(refund["id"])
    install.settle()
    failed = install.read(invoice).refunds[0]
    assert (failed.status, failed.failure) == (
        RefundStatus.FAILED,
        "The payer's bank sent the money back.",
    )
    assert balance(install, Account.REFUNDS) == 0
    assert "did not arrive" in subjects(install, "ada@")[-1]
    assert len(delivered(install, "staff_refund_failed")) == 1
    again = ask(install, install.read(invoice), refund_id="ref_2")
    install.settle()
    assert install.read(invoice).refund(again.id) is not None
    level(install)


def test_a_settled_refund_that_nobody_told_us_of_is_found_by_the_reconciliation() -> None:
    install, invoice = debited(GOOD)
    coast(install, days=7)
    ask(install, install.read(invoice))
    install.settle()
    install.clock.set(install.clock.now() + timedelta(days=7))
    install.stripe.run_due()
    install.stripe.next_events()
    assert status_of(install, invoice) is RefundStatus.IN_TRANSIT
    install.reconcile()
    assert status_of(install, invoice) is RefundStatus.SUCCEEDED
    assert install.reconcile().posted == 0
    level(install)


def test_the_payer_asked_for_their_bank_is_a_refund_that_waits() -> None:
    install = Install.at()
    invoice = paid(install)
    install.stripe.script_refunds(invoice.payments[0].charge_id or "", ["requires_action"])
    ask(install, invoice)
    install.settle()
    waiting = install.read(invoice).refunds[0]
    assert waiting.status is RefundStatus.IN_TRANSIT
    level(install)


@pytest.mark.parametrize(
    ("status", "words"),
    [
        ("pending", "Stripe waits until the balance there is high enough."),
        ("requires_action", "Stripe asks the payer where the money should go."),
    ],
)
def test_a_refund_that_moved_no_money_says_what_it_waits_for(status: str, words: str) -> None:
    install, invoice = asked_and_lost()
    found, payment = install.read(invoice), install.read(invoice).payments[0]
    seen = RefundSeen(
        "re_1", status, 900, "USD", payment.charge_id or "", "pi_1", request_id="ref_1"
    )
    (sent,) = refunding.facts_of(found, payment, [seen])
    record(install.ports, open_case(install.ports, "biz_1", invoice.id), sent)
    waiting = install.read(invoice).refunds[0]
    assert (waiting.status, waiting.waits_for) == (RefundStatus.PENDING, words)
    gone = replace(seen, status="failed")
    (dropped,) = refunding.facts_of(install.read(invoice), payment, [gone])
    assert isinstance(dropped, RefundDropped)
    record(install.ports, open_case(install.ports, "biz_1", invoice.id), dropped)
    after = install.read(invoice).refunds[0]
    assert (after.status, after.waits_for) == (RefundStatus.FAILED, "")
    assert balance(install, Account.REFUNDS) == 0


def test_nobody_is_told_of_a_refund_that_has_come_back_since() -> None:
    install = Install.at()
    invoice = paid(install)
    ask(install, invoice)
    refunding.send_refunds(install.ports, "biz_1", invoice.id)
    (refund,) = install.stripe.account().refunds.values()
    install.stripe.fail_refund(refund["id"])
    install._webhooks()
    install._messages()
    install.settle()
    assert delivered(install, "refund_sent") == ["void"]
    assert "did not arrive" in subjects(install, "ada@")[-1]
    level(install)


def test_a_failed_refund_of_credit_is_credit_again_and_says_so() -> None:
    install = Install.at()
    install.business()
    customer = install.customer()
    wish = on_account.Wish("poa_1", customer.id, 1500, chosen=())
    on_account.take_payment(install.ports, "biz_1", wish, actor=SYSTEM)
    install.settle()
    demand = install.store.invoice("biz_1", "poa_1")
    ask(install, demand, from_credit=True)
    install.settle()
    assert install.store.customer("biz_1", customer.id).credit == 600
    (refund,) = install.stripe.account().refunds.values()
    install.stripe.fail_refund(refund["id"])
    install.settle()
    assert install.store.customer("biz_1", customer.id).credit == 1500
    texts = [str(one.message.get_body(("plain",))) for one in install.mail.sent[-2:]]
    assert any("is credit on your account again" in one for one in texts)
    level(install)
