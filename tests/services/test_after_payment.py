"""After the money came: fees, refunds, disputes and payouts, posted once from Stripe's objects."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import HoldKind, Invoice, InvoiceStatus
from chalicelib.domain.ledger import Account
from chalicelib.services import posting
from infra.local.fake_stripe import FakeStripe, Options
from tests.fakes.install import VISA, Install
from tests.services.checks import balance, check_install, check_stripe, coast, delivered


def paid(install: Install | None = None, number: str = VISA) -> tuple[Install, Invoice]:
    here = install or Install.at()
    here.business()
    customer = here.customer(card=number)
    here.settle()
    invoice = here.invoice(customer)
    here.settle()
    found = here.read(invoice)
    assert found.status is InvoiceStatus.PAID
    return here, found


def lagging() -> Install:
    """Stripe's balance transactions show a minute after the charge."""
    install = Install.at()
    stripe = FakeStripe(
        lambda: int(install.clock.now().timestamp()),
        webhook_secret="whsec_fake",
        options=Options(balance_transaction_lag=60),
    )
    install.stripe = stripe
    install.deliverer.ports = install.ports
    return install


def charge_id(invoice: Invoice) -> str:
    found = invoice.payments[0].charge_id
    assert found is not None
    return found


def refund(install: Install, invoice: Invoice, amount: int, request: str = "r1") -> str:
    seen = install.ports.gateway.refund(
        None,
        charge_id=charge_id(invoice),
        amount=amount,
        currency="USD",
        reason="requested_by_customer",
        refund_id=request,
        key=f"refund/biz_1/{request}",
    )
    install.settle()
    return seen.id


def kinds(install: Install, invoice: Invoice, *wanted: str) -> list[str]:
    return [kind for kind in install.kinds(invoice) if kind in wanted]


def test_a_fee_that_shows_late_is_posted_by_reconciliation() -> None:
    install, invoice = paid(lagging())
    assert invoice.payments[0].fee is None
    assert balance(install, Account.CASH_IN_TRANSIT) == 8900
    install.advance(hours=1)
    install.reconcile()
    assert install.read(invoice).payments[0].fee == 288
    assert balance(install, Account.FEES) == 288
    install.reconcile()
    assert kinds(install, invoice, "fee_posted") == ["fee_posted"]
    check_install(install)
    check_stripe(install)


def test_refunds_are_seen_through_webhooks_and_posted_once() -> None:
    install, invoice = paid()
    refund(install, invoice, 3000)
    refund(install, invoice, 5900, "r2")
    for _ in range(3):
        posting.post_outcome(install.ports, "biz_1", invoice.id, invoice.payments[0].id)
        install.reconcile()
    after = install.read(invoice)
    assert kinds(install, invoice, "refunded") == ["refunded"] * 2
    assert after.payments[0].amount_refunded == 8900
    assert (after.status, after.amount_remaining) == (InvoiceStatus.PAID, 0)
    assert len(delivered(install, "refund_sent")) == 2
    coast(install, days=8)
    assert len(install.read(invoice).attempts) == 1  # a refund never starts dunning
    check_install(install)
    check_stripe(install)


def test_a_refund_that_fails_later_comes_back() -> None:
    install, invoice = paid()
    refund_id = refund(install, invoice, 3000)
    install.stripe.fail_refund(refund_id)
    install.settle()
    assert install.read(invoice).payments[0].amount_refunded == 0
    assert balance(install, Account.REFUNDS) == 0
    assert len(delivered(install, "staff_refund_failed")) == 1
    check_stripe(install)


def test_a_dispute_that_is_won() -> None:
    install, invoice = paid()
    dispute = install.stripe.dispute(charge_id(invoice))
    install.settle()
    held = install.read(invoice)
    assert held.holding is not None
    assert held.holding.kind is HoldKind.DISPUTE
    assert balance(install, Account.DISPUTES) == 8900
    install.stripe.decide_dispute(dispute["id"], won=True)
    install.settle()
    after = install.read(invoice)
    assert (after.status, after.holding) == (InvoiceStatus.PAID, None)
    assert balance(install, Account.DISPUTES) == 0
    assert len(delivered(install, "staff_dispute")) == 1
    assert len(delivered(install, "staff_dispute_closed")) == 1
    check_install(install)
    check_stripe(install)


def test_a_dispute_that_is_lost_reopens_the_debt_but_nobody_charges_it() -> None:
    install, invoice = paid()
    dispute = install.stripe.dispute(charge_id(invoice))
    install.settle()
    install.stripe.decide_dispute(dispute["id"], won=False)
    install.settle()
    coast(install, days=10)
    install.save_card("biz_1", invoice.customer_id, "5555555555554444")
    install.advance(days=1)
    back = install.read(invoice)
    assert (back.status, back.amount_remaining) == (InvoiceStatus.PENDING, 8900)
    assert len(back.attempts) == 1
    assert balance(install, Account.RECEIVABLE) == 8900
    assert kinds(install, invoice, "dispute_opened", "dispute_closed") == [
        "dispute_opened",
        "dispute_closed",
    ]
    check_install(install)
    check_stripe(install)


def test_a_dispute_of_a_partly_refunded_payment() -> None:
    install, invoice = paid()
    refund(install, invoice, 2000)
    dispute = install.stripe.dispute(charge_id(invoice))
    install.settle()
    install.stripe.decide_dispute(dispute["id"], won=False)
    install.settle()
    check_install(install)
    check_stripe(install)


def test_an_inquiry_moves_no_money_but_staff_are_told() -> None:
    install, invoice = paid()
    inquiry = install.stripe.dispute(charge_id(invoice), "general", inquiry=True)
    install.settle()
    assert balance(install, Account.DISPUTES) == 0
    assert len(delivered(install, "staff_dispute")) == 1
    install.stripe.escalate_dispute(inquiry["id"])
    install.settle()
    assert balance(install, Account.DISPUTES) == 8900
    install.stripe.decide_dispute(inquiry["id"], won=True)
    install.settle()
    assert install.read(invoice).holding is None
    check_install(install)
    check_stripe(install)


def payout_facts(install: Install) -> list[Any]:
    history = install.store.facts("biz_1", Subject.BUSINESS, "biz_1")
    return [fact.kind for fact in history if fact.kind.startswith("payout")]


@pytest.mark.parametrize("told", [True, False])
def test_payouts_reach_the_bank_once(*, told: bool) -> None:
    install, _ = paid()
    if not told:
        install.stripe.webhooks.endpoints.clear()
    coast(install, days=8)
    install.reconcile()
    install.reconcile()
    assert payout_facts(install) == ["payout_paid"]
    assert balance(install, Account.BANK) == 8612
    assert balance(install, Account.CASH_IN_TRANSIT) == 0
    check_stripe(install)


def test_a_payout_that_was_paid_and_fails_comes_back_and_goes_out_again() -> None:
    install, _ = paid()
    install.stripe.fail_next_payout()
    coast(install, days=6)
    install.advance(days=3)
    found = payout_facts(install)
    assert found[:2] == ["payout_paid", "payout_failed"]
    check_install(install)
    check_stripe(install)
