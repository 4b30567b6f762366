"""A failed payment from the first decline to overdue and back, through the real services."""

from __future__ import annotations

from datetime import timedelta

from chalicelib.domain.facts import chain_is_whole
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.ledger import Account, trial_balance
from chalicelib.domain.subscription import SubscriptionStatus
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
