"""Stripe's lists against ours: what was never heard is posted, what nobody owns is cancelled."""

from __future__ import annotations

import pytest

from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.stripe_objects import NewIntent
from chalicelib.ports.answers import Unanswered
from chalicelib.services import customers, invoices, reconciling
from tests.fakes.install import VISA, Install
from tests.services.checks import check_install, check_stripe


def deaf() -> tuple[Install, Invoice]:
    """Charged at Stripe; the reply is lost and no webhook comes."""
    install = Install.at()
    install.business()
    customer = install.customer()
    install.settle()
    install.stripe.webhooks.endpoints.clear()
    install.stripe.faults.plan("drop_after", "payment_intents.confirm")
    install.stripe.faults.plan("drop_before", "payment_intents.retrieve")
    invoice = install.invoice(customer)
    install.settle()
    return install, invoice


def stray(install: Install, invoice: Invoice, payment_id: str) -> str:
    """A PaymentIntent in our name that no payment of ours stores."""
    customer = install.store.customer("biz_1", invoice.customer_id)
    assert customer.stripe_customer_id is not None
    wanted = NewIntent(
        business_id="biz_1",
        invoice_id=invoice.id,
        payment_id=payment_id,
        customer=customer.stripe_customer_id,
        amount=8900,
        currency="USD",
        description="stray",
    )
    return install.ports.gateway.create_intent(None, wanted, key=f"pi/biz_1/{payment_id}")


def status(install: Install, intent_id: str) -> str:
    return str(install.stripe.account().payment_intents[intent_id]["status"])


def test_a_success_nobody_told_us_of() -> None:
    install, invoice = deaf()
    assert install.read(invoice).status is InvoiceStatus.PENDING
    done = install.reconcile()
    assert (done.seen, done.posted, done.cancelled) == (1, 1, 0)
    assert install.read(invoice).status is InvoiceStatus.PAID
    again = install.reconcile()
    assert (again.seen, again.posted) == (1, 0)
    check_install(install)
    check_stripe(install)


def test_intents_that_nobody_owns_are_cancelled_once_they_are_an_hour_old() -> None:
    install, invoice = deaf()
    unknown = stray(install, invoice, "pay_1_9")
    assert install.reconcile().cancelled == 0
    install.clock.advance(hours=2)
    assert install.reconcile().cancelled == 1
    assert status(install, unknown) == "canceled"
    assert install.reconcile().cancelled == 0


def test_the_intent_of_an_open_payment_is_no_stray() -> None:
    install = Install.at()
    install.business()
    install.stripe.script_card("4242424242424242", ["insufficient_funds"] * 9)
    customer = install.customer()
    install.settle()
    invoice = install.invoice(customer)
    install.advance(hours=3)
    assert install.reconcile().cancelled == 0
    intent_id = install.read(invoice).payments[0].intent_id
    assert intent_id is not None
    assert status(install, intent_id) == "requires_payment_method"


def test_an_intent_whose_creation_was_never_heard_of_is_cancelled_with_its_invoice() -> None:
    install = Install.at()
    install.business()
    customer = install.customer()
    install.settle()
    install.stripe.webhooks.endpoints.clear()
    invoice = install.invoice(customer)
    install._effects()
    install.stripe.faults.plan("drop_after", "payment_intents.create")
    with pytest.raises(Unanswered):
        install._messages()
    gone = invoices.cancel_invoice(install.ports, "biz_1", invoice.id, actor=SYSTEM, reason="No.")
    assert gone.status is InvoiceStatus.CANCELLED
    install.clock.advance(hours=2)
    assert install.reconcile().cancelled == 1
    (intent,) = install.stripe.account().payment_intents.values()
    assert intent["status"] == "canceled"


def test_intents_of_another_product_on_the_account_are_left_alone() -> None:
    install, _ = deaf()
    install.stripe.call(
        "POST",
        "/v1/payment_intents",
        {"amount": 100, "currency": "usd"},
        idempotency_key="pi/other/1",
    )
    install.clock.advance(hours=2)
    done = install.reconcile()
    assert (done.seen, done.cancelled) == (1, 0)


def test_a_run_overlaps_the_last_and_finds_what_is_days_old() -> None:
    install, invoice = deaf()
    install.store.save_watermark("biz_1", "reconciled", "2026-01-10T00:00:00.000000Z")
    install.clock.advance(days=10)
    assert install.reconcile().posted == 1
    assert install.read(invoice).status is InvoiceStatus.PAID


def unheard_card(install: Install) -> tuple[str, str]:
    """A customer without a card types one in and closes the window; no event arrives."""
    customer = install.customer(card=None)
    install.settle()
    install.stripe.webhooks.endpoints.clear()
    page = install.open_page("biz_1", customer.id)
    setup = install.stripe.complete_checkout(page, VISA)
    return customer.id, str(setup["payment_method"])


def test_a_card_nobody_told_us_of_is_saved_once() -> None:
    install = Install.at()
    install.business()
    customer_id, method_id = unheard_card(install)
    assert install.reconcile().posted == 1
    assert install.store.customer("biz_1", customer_id).default_method_id == method_id
    assert install.reconcile().posted == 0


def test_a_card_that_was_removed_is_not_found_again() -> None:
    install = Install.at()
    install.business()
    customer_id, method_id = unheard_card(install)
    install.reconcile()
    customers.remove_method(install.ports, "biz_1", customer_id, method_id, actor=SYSTEM)
    install.settle()
    assert install.reconcile().posted == 0
    assert install.store.customer("biz_1", customer_id).methods == ()


def test_all_businesses_are_reconciled() -> None:
    install, invoice = deaf()
    account = install.stripe.connect_account()
    install.business("biz_2", stripe_account=account)
    done = reconciling.reconcile_all(install.ports)
    assert sum(one.posted for one in done) == 1
    assert len(done) == 2
    assert install.read(invoice).status is InvoiceStatus.PAID
