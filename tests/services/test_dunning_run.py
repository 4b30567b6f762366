"""A failed payment from the first decline to overdue and back, through the real services."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.facts import SYSTEM, chain_is_whole
from chalicelib.domain.invoice import InvoiceStatus, NextActionKind
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.ledger import Account, trial_balance
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.ports.answers import Unanswered
from chalicelib.services import customers
from tests.fakes.install import Install

FUNDS = "4000000000000341"  # saves well, then declines


def test_a_good_card_pays_a_subscription_at_once() -> None:
    install = Install.at()
    install.business()
    customer = install.customer()
    install.subscription(customer)
    install.advance(hours=1)
    (invoice,) = install.store.invoices("biz_1").items
    assert invoice.status is InvoiceStatus.PAID
    assert install.kinds(invoice) == [
        "issued", "payment_opened", "attempt_started", "charge_succeeded",
    ]  # fmt: skip
    assert fold(install.history(invoice)) == invoice
    assert chain_is_whole(install.history(invoice))
    legs = [leg for fact in install.store.all_facts() for leg in fact.legs]
    balance = trial_balance(legs)
    assert sum(balance.values()) == 0
    assert balance["USD", Account.CASH_IN_TRANSIT] == 8900 - 288


def test_retries_fall_at_0_24_72_hours_and_7_days_then_overdue_and_paused() -> None:
    install = Install.at()
    install.business()
    customer = install.customer(card=FUNDS)
    subscription = install.subscription(customer)
    install.advance(days=8)
    invoice = install.store.invoices("biz_1").items[0]
    first = invoice.attempts[0].resolved_at
    assert first is not None
    hours = [(one.started_at - first) / timedelta(hours=1) for one in invoice.attempts]
    assert [round(one, 1) for one in hours] == [0, 0, 24, 72, 168]
    assert invoice.status is InvoiceStatus.OVERDUE
    paused = install.store.subscription("biz_1", subscription.id)
    assert paused.status is SubscriptionStatus.PAUSED

    install.save_card("biz_1", customer.id, "4242424242424242")
    install.advance(hours=1)
    invoice = install.read(invoice)
    assert invoice.status is InvoiceStatus.PAID
    assert install.store.subscription("biz_1", subscription.id).status is SubscriptionStatus.ACTIVE
    subjects = [str(one.message["Subject"]) for one in install.mail.sent]
    assert [one for one in subjects if "past due" in one] == []


def test_after_a_hard_decline_it_is_the_payers_turn_and_no_date_is_promised() -> None:
    install = Install.at()
    install.business()
    customer = install.customer()
    method = customer.default_method
    assert method is not None
    install.stripe.script_card(method.fingerprint, ["stolen_card"])
    invoice = install.invoice(customer)
    install.settle()
    plan = install.read(invoice).next_action
    assert plan is not None
    assert plan.kind is NextActionKind.CUSTOMER
    assert plan.at == install.clock.now() + timedelta(hours=24)
    (told,) = [one.message for one in install.mail.sent if "did not go" in one.message["Subject"]]
    body = told.get_body(("plain",))
    assert body is not None
    assert "try again" not in body.get_content()


def test_a_removal_that_stripe_did_not_hear_of_can_be_said_again() -> None:
    install = Install.at()
    install.business()
    customer = install.customer()
    method = customer.default_method
    assert method is not None
    install.stripe.faults.plan("timeout_before", "payment_methods.detach", 1)
    with pytest.raises(Unanswered):
        customers.remove_method(install.ports, "biz_1", customer.id, method.id, actor=SYSTEM)
    customers.remove_method(install.ports, "biz_1", customer.id, method.id, actor=SYSTEM)
    stripe_id = install.store.customer("biz_1", customer.id).stripe_customer_id
    assert stripe_id is not None
    assert install.ports.gateway.methods_of(None, stripe_id) == []
