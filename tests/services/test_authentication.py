"""The bank wants the payer: a link, a page of the bank's, and whatever comes back from there."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.payment import AttemptResult, Trigger
from chalicelib.services import invoices, portal_links
from tests.fakes.install import Install
from tests.services.checks import check_install, check_stripe, coast, delivered

ALWAYS_ASKS = "4000002760003184"
INDIAN = "4000003560000008"
RETURN_URL = "https://pay.example/back"


def asked_for() -> tuple[Install, Invoice]:
    """An invoice whose first charge came back as `authentication_required`."""
    install = Install.at()
    install.business()
    customer = install.customer(card=None)
    session = install.save_card("biz_1", customer.id, ALWAYS_ASKS)
    setup = install.stripe.account().sessions[session]["setup_intent"]
    install.stripe.authenticate(setup, passed=True)  # saving it has the bank ask, too
    install.settle()
    invoice = install.invoice(install.store.customer("biz_1", customer.id))
    install.settle()
    return install, invoice


def pays(install: Install, invoice: Invoice, request_id: str = "click_1", **more: Any) -> Invoice:
    return invoices.request_charge(
        install.ports,
        "biz_1",
        invoice.id,
        request_id=request_id,
        trigger=Trigger.CUSTOMER,
        actor=Actor(ActorKind.CUSTOMER, invoice.customer_id),
        return_url=RETURN_URL,
        **more,
    )


def at_the_bank() -> tuple[Install, Invoice]:
    install, invoice = asked_for()
    pays(install, invoice)
    install.settle()
    return install, invoice


def intent_of(install: Install, invoice: Invoice) -> str:
    payment = install.read(invoice).payments[0]
    assert payment.intent_id is not None
    return payment.intent_id


def test_the_payer_gets_a_link_and_no_try_is_made_without_him() -> None:
    install, invoice = asked_for()
    coast(install, days=8)
    late = install.read(invoice)
    assert len(late.attempts) == 1
    assert late.status is InvoiceStatus.OVERDUE
    assert len(delivered(install, "action_required")) == 1
    assert delivered(install, "payment_failed") == []
    (mail,) = [one for one in install.mail.sent if "confirm" in str(one.message["Subject"]).lower()]
    link = portal_links.link_for(install.ports, late)
    assert link in mail.message.as_string().replace("=\n", "")


def test_staff_cannot_retry_it_without_the_payer() -> None:
    install, invoice = asked_for()
    with pytest.raises(Conflict) as refused:
        invoices.request_charge(
            install.ports,
            "biz_1",
            invoice.id,
            request_id="r",
            trigger=Trigger.STAFF,
            actor=Actor(ActorKind.STAFF, "user_1"),
        )
    assert refused.value.code == "authentication_required"


def test_the_payer_passes_and_the_same_intent_is_paid() -> None:
    install, invoice = at_the_bank()
    away = install.read(invoice)
    assert away.status is InvoiceStatus.PROCESSING
    assert away.attempts[-1].result is AttemptResult.ACTION_REQUIRED
    url = invoices.latest_action_url(away)
    assert url is not None
    assert "/3ds/" in url
    back = install.stripe.authenticate(intent_of(install, invoice), passed=True)
    assert back.startswith(RETURN_URL)
    install.settle()  # only the webhook tells us
    paid = install.read(invoice)
    assert paid.status is InvoiceStatus.PAID
    assert len(paid.payments) == 1
    assert invoices.latest_action_url(paid) is None
    check_install(install)
    check_stripe(install)


def test_the_payer_fails_at_the_bank() -> None:
    install, invoice = at_the_bank()
    install.stripe.authenticate(intent_of(install, invoice), passed=False)
    install.settle()
    failed = install.read(invoice)
    assert failed.status is InvoiceStatus.PENDING
    assert failed.attempts[-1].result is AttemptResult.FAILED
    assert failed.attempts[-1].decline is not None
    assert failed.attempts[-1].decline.code == "payment_intent_authentication_failure"
    pays(install, invoice, "click_2")
    install.settle()
    install.stripe.authenticate(intent_of(install, invoice), passed=True)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_the_payer_leaves_and_half_an_hour_later_it_was_never_made() -> None:
    install, invoice = at_the_bank()
    install.advance(minutes=29)
    assert install.read(invoice).status is InvoiceStatus.PROCESSING
    install.advance(minutes=16)
    left = install.read(invoice)
    assert left.status is InvoiceStatus.PENDING
    attempt = left.attempts[-1]
    assert attempt.result is AttemptResult.NOT_EXECUTED
    assert attempt.resolved_at is not None
    assert attempt.resolved_at - attempt.started_at < timedelta(minutes=45)


def test_a_payer_who_passes_after_all_has_paid() -> None:
    install, invoice = at_the_bank()
    install.advance(hours=2)
    install.stripe.authenticate(intent_of(install, invoice), passed=True)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID
    check_install(install)
    check_stripe(install)


def test_while_the_payer_is_at_the_bank_nothing_else_can_be_started() -> None:
    install, invoice = at_the_bank()
    with pytest.raises(Conflict) as refused:
        pays(install, invoice, "click_2")
    assert refused.value.code == "payer_confirming"


def test_an_invoice_can_be_cancelled_while_the_payer_is_at_the_bank() -> None:
    install, invoice = at_the_bank()
    gone = invoices.cancel_invoice(
        install.ports, "biz_1", invoice.id, actor=Actor(ActorKind.STAFF, "u"), reason="Mistake."
    )
    assert gone.status is InvoiceStatus.CANCELLED
    (intent,) = install.stripe.account().payment_intents.values()
    assert intent["status"] == "canceled"
    check_install(install)


def test_another_card_is_charged_at_once_instead() -> None:
    install, invoice = asked_for()
    install.save_card("biz_1", invoice.customer_id, "5555555555554444")
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_a_card_issued_in_india_waits_for_its_payer() -> None:
    install = Install.at()
    install.business()
    customer = install.customer(card=INDIAN)
    install.settle()
    invoice = install.invoice(customer)
    install.settle()
    assert install.read(invoice).attempts == ()
    pays(install, invoice)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID
