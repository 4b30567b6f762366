"""The packet's first page: what a clerk asks, answered from our facts, and nothing else."""

from __future__ import annotations

import pytest

from chalicelib.domain.dispute import Draft, Part
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment import Trigger
from chalicelib.evidence import EvidenceView
from chalicelib.ports.rows import PortalOpening
from chalicelib.services import disputing, invoices, subscriptions
from chalicelib.services.evidence import preview
from tests.fakes.install import VISA, Install
from tests.services.test_after_payment import charge_id, paid, refund
from tests.services.test_disputing import STAFF


def packet(install: Install, invoice: Invoice, reason: str, *parts: Part) -> EvidenceView:
    made = install.stripe.dispute(charge_id(install.read(invoice)), reason)
    install.settle()
    if parts:
        draft = Draft("", parts)
        disputing.draft_evidence(install.ports, "biz_1", made["id"], draft, actor=STAFF)
    return preview(install.ports, install.store.dispute("biz_1", made["id"]))


def said(view: EvidenceView, question: str) -> tuple[str, ...]:
    return next((one.answers for one in view.summary if one.question.startswith(question)), ())


def opened(install: Install, invoice: Invoice) -> None:
    install.store.note_opening(
        PortalOpening(
            "biz_1", invoice.customer_id, invoice.id, "page", install.clock.now(), "203.0.113.0/24"
        )
    )


def again(install: Install, invoice: Invoice) -> Invoice:
    """The same customer's next invoice, paid by the same card."""
    install.advance(days=40)
    second = install.invoice(install.store.customer("biz_1", invoice.customer_id))
    install.settle()
    return install.read(second)


def test_four_questions_are_answered_and_name_their_exhibits() -> None:
    install, first = paid()
    second = again(install, first)
    opened(install, second)
    view = packet(install, second, "fraudulent")
    assert [one.question for one in view.summary] == [
        "What was sold?",
        "Who agreed to it?",
        "What was sent and seen?",
        "Why should the claim be refused?",
    ]
    letters = {one.title: one.exhibit for one in view.sections}
    assert list(letters.values()) == ["A", "B", "C", "D", "E"]
    for one in view.summary:
        assert set(one.exhibits) <= set(letters.values())
    assert said(view, "What was sold")[0] == "Consulting: 89.00 USD."
    agreed = said(view, "Who agreed")
    assert agreed[0] == "Ada Byron, ada@example.com."
    assert agreed[1].startswith("Visa ending 4242 was entered on Stripe's page")
    assert agreed[-1] == "The same card paid this merchant once before, and nobody disputed it."
    seen = said(view, "What was sent")
    assert seen[0].startswith("E-mail “invoice sent” to ada@example.com at ")
    assert seen[-1] == "Nothing of it was refunded."
    assert dict(view.facts)["Enclosed"] == "invoice and receipt"


def test_only_what_is_shown_is_argued_with() -> None:
    install, first = paid()
    second = again(install, first)
    opened(install, second)
    view = packet(install, second, "fraudulent", Part.INVOICE)
    assert [one.title for one in view.sections] == ["What was billed"]
    assert said(view, "Why") == ()
    assert said(view, "What was sent") == ("Nothing of it was refunded.",)
    assert "paid this merchant" not in " ".join(said(view, "Who agreed"))


def test_the_payers_own_click_and_the_banks_check_are_named() -> None:
    install = Install.at()
    install.business()
    customer = install.customer(card=None, auto_charge=False)
    invoice = install.invoice(customer)
    install.save_card("biz_1", customer.id, "4000003800000446")
    invoices.request_charge(
        install.ports,
        "biz_1",
        invoice.id,
        request_id="r1",
        trigger=Trigger.CUSTOMER,
        actor=SYSTEM,
        return_url="https://pay.example/back",
    )
    install.settle()
    (intent,) = install.stripe.account().payment_intents
    if install.stripe.account().payment_intents[intent]["status"] == "requires_action":
        install.stripe.authenticate(intent, passed=True)
        install.settle()
    view = packet(install, invoice, "unrecognized")
    agreed = said(view, "Who agreed")
    assert "The customer pressed the pay button." in agreed
    passed = "The cardholder's own bank asked for confirmation (3-D Secure), and got it."
    rows = next(one for one in view.sections if one.title == "Every try of this payment").rows
    assert (passed in agreed) == (rows[0][3] == "passed by the cardholder")


@pytest.mark.parametrize("cancelled", [True, False])
def test_a_claim_that_it_was_cancelled_is_met_by_the_subscription(*, cancelled: bool) -> None:
    install = Install.at()
    install.business()
    customer = install.customer(card=VISA)
    made = install.subscription(customer)
    install.advance(hours=1)
    (invoice,) = install.store.invoices("biz_1").items
    if cancelled:
        install.advance(days=3)
        subscriptions.cancel(
            install.ports,
            "biz_1",
            made.id,
            reason="Moved away.",
            collect_open_debt=False,
            actor=SYSTEM,
        )
        install.settle()
    view = packet(install, invoice, "subscription_canceled")
    after = "It was cancelled on 2026-01-04, after this payment was made."
    never = "The subscription has not been cancelled."
    assert said(view, "Why") == ((after,) if cancelled else (never,))
    assert any(line.startswith("It is a subscription to ") for line in said(view, "What was sold"))


@pytest.mark.parametrize(
    ("reason", "words"),
    [
        ("duplicate", "is the only one that paid invoice INV-00002."),
        ("product_not_received", "Everything sent is listed with the mail system's own ids."),
        ("general", "What was sent names the merchant, and went to the customer's address."),
    ],
)
def test_each_claim_has_its_own_answer(reason: str, words: str) -> None:
    install, first = paid()
    second = again(install, first)
    view = packet(install, second, reason)
    assert any(line.endswith(words) for line in said(view, "Why"))


def test_what_was_refunded_is_said() -> None:
    install, invoice = paid()
    refund(install, invoice, 3000)
    view = packet(install, invoice, "credit_not_processed")
    given = "30.00 USD of the payment has been given back; the exhibit has the dates."
    assert said(view, "Why") == (given,)
    assert "30.00 USD of it was refunded." in said(view, "What was sent")
