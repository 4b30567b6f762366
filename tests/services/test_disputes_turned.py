"""Verdicts that do not stay: appeals, part amounts, two disputes of one charge, prevented ones."""

from __future__ import annotations

from itertools import product
from typing import Any

import pytest

from chalicelib.domain.desk.disputed import verdict
from chalicelib.domain.dispute import DisputeStage, DisputeState
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Actor, ActorKind, Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.ledger import Account
from chalicelib.domain.payment import Trigger
from chalicelib.services import invoices, posting, webhooks
from chalicelib.services.credit_notes import Right, reissue
from chalicelib.services.external_payments import Received, pay_invoice
from chalicelib.services.on_account import Wish, take_payment
from tests.fakes.install import WEBHOOK_SECRET, Install
from tests.services.checks import balance, check_install, check_stripe, coast, delivered
from tests.services.test_after_payment import charge_id, kinds, paid

STAFF = Actor(ActorKind.STAFF, "user_1")


def lost(**options: Any) -> tuple[Install, Invoice, str]:
    """A card payment that a bank has taken back for good, as it seems."""
    install, invoice = paid()
    made = install.stripe.dispute(charge_id(invoice), **options)
    install.settle()
    decide(install, made["id"], won=False)
    return install, invoice, made["id"]


def decide(install: Install, dispute_id: str, *, won: bool) -> None:
    install.stripe.decide_dispute(dispute_id, won=won)
    install.settle()


def credit_of(install: Install, invoice: Invoice) -> int:
    return install.store.customer("biz_1", invoice.customer_id).credit


def check(install: Install) -> None:
    """The customers' credit in the books is what their records say."""
    check_install(install)
    check_stripe(install)
    heads = [head for (_, kind, _), head in install.store.all_heads() if kind == Subject.CUSTOMER]
    assert balance(install, Account.CUSTOMER_CREDIT) == -sum(one.credit for one in heads)


def pay_by_wire(install: Install, invoice: Invoice, amount: int) -> None:
    came = Received("ext_1", ExternalMethod.WIRE, "wire 7", amount, install.clock.now().date())
    pay_invoice(install.ports, "biz_1", invoice.id, came, actor=STAFF)
    install.settle()


def test_a_dispute_won_on_appeal_pays_the_invoice_again() -> None:
    install, invoice, dispute_id = lost()
    assert install.read(invoice).amount_remaining == 8900
    decide(install, dispute_id, won=True)
    after = install.read(invoice)
    assert (after.status, after.amount_paid, after.holding) == (InvoiceStatus.PAID, 8900, None)
    assert balance(install, Account.DISPUTES) == balance(install, Account.RECEIVABLE) == 0
    record = install.store.dispute("biz_1", dispute_id)
    assert (record.won, record.stage) == (True, DisputeStage.CLOSED)
    assert len(delivered(install, "staff_dispute_closed")) == 2
    for _ in range(3):
        posting.post_outcome(
            install.ports, "biz_1", invoice.id, after.payments[0].id, disputed=True
        )
        install.reconcile()
    assert kinds(install, invoice, "dispute_regained") == ["dispute_regained"]
    check(install)


def test_a_reconciliation_finds_what_was_won_back_when_no_event_comes() -> None:
    install, invoice, dispute_id = lost()
    install.stripe.webhooks.endpoints.clear()
    decide(install, dispute_id, won=True)
    assert install.read(invoice).amount_remaining == 8900
    install.reconcile()
    assert install.read(invoice).status is InvoiceStatus.PAID
    check(install)


def test_what_was_paid_otherwise_meanwhile_is_credit() -> None:
    install, invoice, dispute_id = lost()
    pay_by_wire(install, invoice, 8900)
    assert install.read(invoice).status is InvoiceStatus.PAID
    decide(install, dispute_id, won=True)
    after = install.read(invoice)
    assert (after.status, after.amount_overpaid) == (InvoiceStatus.PAID, 0)
    assert credit_of(install, invoice) == 8900
    check(install)


def test_what_was_paid_in_part_meanwhile_is_credit_in_part() -> None:
    install, invoice, dispute_id = lost()
    pay_by_wire(install, invoice, 3000)
    decide(install, dispute_id, won=True)
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert credit_of(install, invoice) == 3000
    check(install)


def test_a_charge_that_staff_have_asked_for_is_closed_before_the_money_is_posted() -> None:
    install, invoice, dispute_id = lost()
    install.stripe.script_card(invoice_card(install, invoice), ["insufficient_funds"])
    staff_charge(install, invoice)
    install.settle()
    assert install.read(invoice).open_payment is not None
    decide(install, dispute_id, won=True)
    after = install.read(invoice)
    assert (after.status, after.open_payment) == (InvoiceStatus.PAID, None)
    coast(install, days=12)
    assert len([one for one in install.stripe.account().charges.values() if one["paid"]]) == 1
    check(install)


def test_a_debit_under_way_ends_before_the_money_is_posted() -> None:
    install, invoice, dispute_id = lost()
    install.save_card("biz_1", invoice.customer_id, "000123456789", kind="us_bank_account")
    staff_charge(install, invoice)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PROCESSING
    decide(install, dispute_id, won=True)
    assert install.read(invoice).status is InvoiceStatus.PROCESSING
    coast(install, days=8)
    after = install.read(invoice)
    assert (after.status, after.amount_overpaid) == (InvoiceStatus.PAID, 0)
    assert credit_of(install, invoice) == 8900
    check(install)


def test_a_verdict_may_turn_round_twice() -> None:
    install, invoice, dispute_id = lost()
    decide(install, dispute_id, won=True)
    decide(install, dispute_id, won=False)
    after = install.read(invoice)
    assert (after.status, after.amount_remaining) == (InvoiceStatus.PENDING, 8900)
    decide(install, dispute_id, won=True)
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert kinds(install, invoice, "dispute_closed", "dispute_regained") == [
        "dispute_closed",
        "dispute_regained",
        "dispute_closed",
        "dispute_regained",
    ]
    check(install)


def invoice_card(install: Install, invoice: Invoice) -> str:
    method = install.store.customer("biz_1", invoice.customer_id).default_method
    assert method is not None
    return method.id


def staff_charge(install: Install, invoice: Invoice) -> None:
    invoices.request_charge(
        install.ports, "biz_1", invoice.id, request_id="r1", trigger=Trigger.STAFF, actor=STAFF
    )


def test_an_old_look_at_stripe_turns_no_verdict_round() -> None:
    """A worker that read `lost` before the appeal comes to post it after `won` was posted."""
    install, invoice, dispute_id = lost()
    before = install.ports.gateway.disputes_of(None, charge_id(invoice))
    decide(install, dispute_id, won=True)
    read = install.ports.gateway.disputes_of
    try:
        install.ports.gateway.disputes_of = lambda *_: before  # type: ignore[method-assign]
        payment = install.read(invoice).payments[0]
        posting.post_outcome(install.ports, "biz_1", invoice.id, payment.id, disputed=True)
    finally:
        install.ports.gateway.disputes_of = read  # type: ignore[method-assign]
    assert install.read(invoice).status is InvoiceStatus.PAID
    check(install)


@pytest.mark.parametrize("heard", list(product([True, False], repeat=3)))
def test_the_order_of_events_does_not_matter(heard: tuple[bool, ...]) -> None:
    """Each stage is heard of at once or only after the end, the newest event first."""
    install, invoice = paid()
    held: list[tuple[bytes, str]] = []
    made = install.stripe.dispute(charge_id(invoice))["id"]
    for at_once, won in zip(heard, (None, False, True), strict=True):
        if won is not None:
            install.stripe.decide_dispute(made, won=won)
        if at_once:
            install.settle()
        else:
            held += install.stripe.next_events()
    for body, header in reversed(held):
        webhooks.receive_event(install.ports, body, header, [WEBHOOK_SECRET], livemode=False)
        install.settle()
    after = install.read(invoice)
    assert (after.status, after.amount_paid) == (InvoiceStatus.PAID, 8900)
    assert balance(install, Account.DISPUTES) == 0
    check(install)


def test_money_given_back_of_a_lost_dispute_pays_that_much_again() -> None:
    install, invoice, dispute_id = lost()
    state, shop = install.stripe.state, install.stripe.account()
    theirs = shop.disputes[dispute_id]
    rows = theirs["balance_transactions"]
    back = {**rows[0], "id": "txn_back", "amount": 3000, "fee": 0, "net": 3000, "fee_details": []}
    shop.balance_transactions["txn_back"] = back
    theirs["balance_transactions"] = [*rows, back]
    state.emit(shop, "charge.dispute.funds_reinstated", theirs)
    install.settle()
    after = install.read(invoice)
    assert (after.amount_remaining, after.disputes[0].taken) == (5900, 5900)
    assert after.disputes[0].state is DisputeState.LOST
    assert balance(install, Account.DISPUTES) == 0
    check_install(install)


def test_a_dispute_of_a_part_opens_that_part_again() -> None:
    install, invoice, dispute_id = lost(amount=2500)
    back = install.read(invoice)
    assert (back.amount_remaining, back.disputes[0].taken) == (2500, 2500)
    assert balance(install, Account.DISPUTES) == 0
    check(install)
    decide(install, dispute_id, won=True)
    assert install.read(invoice).status is InvoiceStatus.PAID
    check(install)


@pytest.mark.parametrize("second_won", [True, False])
def test_two_disputes_of_one_charge_each_have_their_own_money(*, second_won: bool) -> None:
    install, invoice = paid()
    first, second = (
        install.stripe.dispute(charge_id(invoice), amount=amount)["id"] for amount in (5000, 3900)
    )
    install.settle()
    decide(install, first, won=False)
    held = install.read(invoice)
    assert (held.amount_remaining, held.payments[0].disputed) == (5000, True)
    assert held.holding is not None
    assert held.holding.kind.value == "dispute"
    decide(install, second, won=second_won)
    after = install.read(invoice)
    assert after.amount_remaining == (5000 if second_won else 8900)
    assert balance(install, Account.DISPUTES) == 0
    check(install)


def test_a_second_dispute_of_the_same_money_takes_nobody_elses() -> None:
    """5000 of the card were disputed twice: the wire that paid the rest stays where it is."""
    install = Install.at()
    install.business()
    invoice = install.invoice(install.customer(auto_charge=False), 8900)
    install.save_card("biz_1", invoice.customer_id, "4242424242424242")
    invoices.request_charge(
        install.ports,
        "biz_1",
        invoice.id,
        request_id="r0",
        trigger=Trigger.STAFF,
        actor=STAFF,
        amount=5000,
    )
    install.settle()
    pay_by_wire(install, invoice, 3900)
    assert install.read(invoice).status is InvoiceStatus.PAID
    for _ in range(2):
        made = install.stripe.dispute(charge_id(install.read(invoice)))["id"]
        install.settle()
        decide(install, made, won=False)
    after = install.read(invoice)
    assert (after.amount_paid, after.amount_remaining) == (3900, 5000)
    assert balance(install, Account.DISPUTES) == 5000  # taken twice by the bank: a loss of ours
    check(install)


def test_a_prevented_dispute_costs_what_it_takes() -> None:
    install, invoice = paid()
    install.stripe.dispute(charge_id(invoice), prevented=True)
    install.settle()
    after = install.read(invoice)
    assert (after.amount_remaining, balance(install, Account.DISPUTES)) == (8900, 0)
    assert after.holding is not None
    check(install)


def test_a_dispute_that_a_refund_has_prevented_costs_nothing_more() -> None:
    install, invoice = paid()
    install.stripe.call(
        "POST", "/v1/refunds", {"charge": charge_id(invoice)}, idempotency_key="refund/biz_1/x"
    )
    install.stripe.dispute(charge_id(invoice), prevented=True)
    install.settle()
    after = install.read(invoice)
    assert (after.status, after.disputes[0].state) == (InvoiceStatus.PAID, DisputeState.WON)
    assert after.holding is None
    check(install)


def test_a_disputed_debit_is_lost_at_once_and_never_tried_again() -> None:
    install = Install.at()
    install.business()
    customer = install.customer(auto_charge=True)
    install.save_card("biz_1", customer.id, "000123456789", kind="us_bank_account")
    invoice = install.invoice(customer, 8900)
    coast(install, days=8)
    assert install.read(invoice).status is InvoiceStatus.PAID
    install.stripe.dispute(charge_id(install.read(invoice)), "debit_not_authorized")
    install.settle()
    lost_one = install.read(invoice)
    assert (lost_one.amount_remaining, lost_one.disputes[0].due_by) == (8900, None)
    (record,) = install.store.disputes("biz_1", stages=[DisputeStage.CLOSED]).items
    assert (record.status, record.due_by) == ("lost", None)
    coast(install, days=12)
    assert len(install.read(invoice).attempts) == 1
    assert balance(install, Account.DISPUTES) == 0
    check(install)


@pytest.mark.parametrize("won_back", [True, False])
def test_money_taken_back_of_a_corrected_invoice_is_the_customers_credit(*, won_back: bool) -> None:
    install, invoice = paid()
    right = Right(id="inv_new", note_id="cn_1", reason="No order number.", po_number="PO-1")
    reissue(install.ports, "biz_1", invoice.id, right, actor=STAFF)
    install.settle()
    made = install.stripe.dispute(charge_id(invoice))["id"]
    install.settle()
    decide(install, made, won=False)
    assert credit_of(install, invoice) == -8900
    if won_back:
        decide(install, made, won=True)
        assert credit_of(install, invoice) == 0
    check(install)


def test_a_payment_on_account_that_is_won_back_is_credit_again() -> None:
    install = Install.at()
    install.business()
    customer = install.customer(auto_charge=False)
    install.save_card("biz_1", customer.id, "4242424242424242")
    invoice = install.invoice(customer, 5000)
    install.settle()
    wish = Wish(id="poa_1", customer_id=customer.id, amount=7000)
    take_payment(install.ports, "biz_1", wish, actor=STAFF)
    install.settle()
    made = install.stripe.dispute(charge_id(install.store.invoice("biz_1", "poa_1")))["id"]
    install.settle()
    decide(install, made, won=False)
    assert credit_of(install, invoice) == -5000
    decide(install, made, won=True)
    assert credit_of(install, invoice) == 2000
    assert install.read(invoice).status is InvoiceStatus.PAID
    check(install)


def test_what_is_undecided_is_no_verdict() -> None:
    install, invoice = paid()
    made = install.stripe.dispute(charge_id(invoice))["id"]
    install.settle()
    disputed = install.read(invoice)
    for status in ("needs_response", "under_review", "appeal_under_review", "a new word"):
        assert verdict(disputed, made, status, (-8900,)) is None
    assert verdict(disputed, "du_unknown", "lost", (-8900,)) is None
