"""Paying on the page, step by step as a payer does, and what nobody can make it do."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice
from chalicelib.services.external_payments import Received, pay_invoice
from tests.fakes.install import VISA
from tests.web.browser import HOME, Browser, Form, Shown, link_of

FUNDS = "4000000000000341"
ALWAYS_3DS = "4000002760003184"


def unpaid(browser: Browser, *, card: str | None = VISA, **more: str) -> Invoice:
    customer = browser.install.customer(card=card, **more)
    browser.install.settle()
    due_on = browser.install.clock.now().date() + timedelta(days=30)
    return browser.install.invoice(customer, due_on=due_on)


def arrive(browser: Browser, invoice: Invoice) -> Shown:
    return browser.open(link_of(browser.install, invoice))


def session_of(shown: Shown) -> str:
    assert shown.headers["Location"].startswith("http"), shown.headers
    return shown.headers["Location"].rpartition("/")[2]


def save(browser: Browser, shown: Shown, number: str) -> Shown:
    """Through Stripe's page and back, before any webhook has come."""
    stripe = browser.install.stripe
    session_id = session_of(browser.submit(shown.form("portal/card")))
    setup = stripe.complete_checkout(session_id, number)
    if setup["status"] != "succeeded":
        stripe.authenticate(setup["id"], passed=True)
    (back,) = (
        one.sessions[session_id]["success_url"]
        for one in stripe.state.accounts.values()
        if session_id in one.sessions
    )
    assert back.startswith(f"{HOME}?")
    return browser.get(back.removeprefix(HOME).replace("{CHECKOUT_SESSION_ID}", session_id))


def test_a_click_pays(browser: Browser) -> None:
    shown = arrive(browser, unpaid(browser))
    assert shown.buttons() == [
        "Pay $89.00 with Visa ending 4242",
        "Use another card or bank account",
    ]
    assert shown.refresh is None
    paying = browser.followed(browser.submit(shown.form("portal/pay")))
    assert "Your payment of $89.00 is being made." in paying.words
    assert (paying.refresh, paying.buttons()) == ("3; url=portal", [])
    browser.install.settle()
    paid = browser.get("portal")
    assert "Invoice INV-00001 is paid" in paid.words
    assert "paid on January 1, 2026 by Visa ending 4242" in paid.words
    assert "You get a receipt for each payment by e-mail." in paid.words
    assert (paid.refresh, paid.buttons()) == (None, [])


def test_a_double_click_is_one_payment(browser: Browser) -> None:
    invoice = unpaid(browser)
    pay = arrive(browser, invoice).form("portal/pay")
    assert {browser.submit(pay).headers["Location"] for _ in range(3)} == {"../portal"}
    browser.install.settle()
    assert browser.submit(pay).headers["Location"] == "../portal"
    assert browser.install.kinds(invoice).count("charge_requested") == 1
    assert len(browser.install.read(invoice).attempts) == 1


def test_a_page_left_open_cannot_pay_again(browser: Browser) -> None:
    invoice = unpaid(browser)
    old, new = (arrive(browser, invoice).form("portal/pay") for _ in range(2))
    assert old.fields["request_id"] != new.fields["request_id"]
    browser.submit(new)
    browser.install.settle()
    late = browser.followed(browser.submit(old))
    assert "Invoice INV-00001 is paid" in late.words
    assert len(browser.install.read(invoice).attempts) == 1


@pytest.mark.parametrize(
    "headers",
    [
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": "https://pay.example.evil.example", "Sec-Fetch-Site": ""},
        {"Origin": "", "Sec-Fetch-Site": ""},
    ],
)
@pytest.mark.parametrize("action", ["portal/pay", "portal/card"])
def test_another_sites_form_does_nothing(
    browser: Browser, action: str, headers: dict[str, str]
) -> None:
    form = arrive(browser, unpaid(browser)).form(action)
    before = len(list(browser.install.store.all_facts()))
    refused = browser.submit(form, **headers)
    assert refused.status == 403
    assert "Nothing was done" in refused.words
    assert len(list(browser.install.store.all_facts())) == before


@pytest.mark.parametrize(
    "headers", [{"Origin": ""}, {"Sec-Fetch-Site": ""}], ids=["no origin", "an older browser"]
)
def test_one_good_sign_is_enough(browser: Browser, headers: dict[str, str]) -> None:
    form = arrive(browser, unpaid(browser)).form("portal/pay")
    assert browser.submit(form, **headers).status == 303


@pytest.mark.parametrize("body", [b"", b"request_id=", b"request_id=%00%00%00%00", b"x" * 5000])
def test_a_form_that_is_not_ours_is_refused(browser: Browser, body: bytes) -> None:
    form = arrive(browser, unpaid(browser)).form("portal/pay")
    sent = {"Sec-Fetch-Site": "same-origin", "Content-Type": "application/x-www-form-urlencoded"}
    answer = browser.send("POST", "/portal/pay", sent, body)
    assert answer.status in {400, 413}
    assert browser.submit(form).status == 303


def test_nobody_pays_with_anothers_link_or_card(browser: Browser) -> None:
    mine, theirs = unpaid(browser), unpaid(browser)
    form = arrive(browser, mine).form("portal/pay")
    other = Form(form.action, form.fields | {"invoice_id": theirs.id, "request_id": "page_x1"})
    browser.submit(other)
    browser.install.settle()
    assert browser.install.kinds(theirs).count("charge_requested") == 0
    (card,) = browser.install.store.customer("biz_1", theirs.customer_id).methods
    odd = Form(form.action, form.fields | {"payment_method_id": card.id, "request_id": "page_x2"})
    told = browser.followed(browser.submit(odd))
    assert "This payment cannot be made right now." in told.words
    assert browser.install.kinds(mine).count("charge_requested") == 0


def test_without_a_session_a_form_does_nothing(browser: Browser) -> None:
    form = arrive(browser, unpaid(browser)).form("portal/pay")
    browser.cookie = ""
    refused = browser.submit(form)
    assert (refused.status, "Please open the link again" in refused.words) == (404, True)


def test_a_declined_payment_is_told_in_the_payers_words(browser: Browser) -> None:
    shown = arrive(browser, unpaid(browser, card=FUNDS))
    browser.submit(shown.form("portal/pay"))
    browser.install.settle()
    told = browser.get("portal")
    assert "Your bank did not approve $89.00 for invoice INV-00001" in told.words
    assert "declined" not in told.html
    assert told.form("portal/card").button == "Use another card or bank account"


def test_the_sixth_try_within_an_hour_is_told_to_wait(browser: Browser) -> None:
    invoice = unpaid(browser, card=FUNDS)
    for _ in range(5):
        browser.submit(arrive(browser, invoice).form("portal/pay"))
        browser.install.settle()
        browser.install.clock.advance(minutes=1)
    told = browser.followed(browser.submit(arrive(browser, invoice).form("portal/pay")))
    assert "There were many tries in a short time." in told.words


def test_the_bank_is_asked_on_its_own_page(browser: Browser) -> None:
    invoice = unpaid(browser, card=None)
    saved = browser.followed(save(browser, arrive(browser, invoice), ALWAYS_3DS), at="/portal")
    assert "Your payment method is saved." in saved.words
    browser.submit(saved.form("portal/pay"))
    browser.install.settle()
    asked = browser.get("portal")
    assert "Your bank asks you to confirm $89.00" in asked.words
    assert asked.page.links[0].startswith("http")
    assert asked.page.links[0] == browser.install.read(invoice).attempts[-1].action_url
    intent_id = browser.install.read(invoice).payments[-1].intent_id
    assert intent_id is not None
    browser.install.stripe.authenticate(intent_id, passed=True)
    back = browser.get(f"/portal?payment_intent={intent_id}&redirect_status=succeeded")
    assert back.headers["Location"] == "portal"  # the address keeps nothing of Stripe's
    assert "is paid" in browser.get("portal").words  # before any webhook has come


def test_a_new_card_pays_what_failed(browser: Browser) -> None:
    invoice = unpaid(browser, card=FUNDS)
    browser.submit(arrive(browser, invoice).form("portal/pay"))
    browser.install.settle()
    back = save(browser, browser.get("portal"), VISA)
    assert back.headers["Location"] == "portal?notice=saved"
    saved = browser.followed(back, at="/portal")
    assert "Your payment method is saved." in saved.words
    assert saved.refresh is not None
    browser.install.settle()
    assert "is paid" in browser.get("portal").words


@pytest.mark.parametrize("query", ["setup=cs_unknown", "payment_intent=pi_unknown", "setup="])
def test_an_odd_return_is_just_the_page(browser: Browser, query: str) -> None:
    arrive(browser, unpaid(browser))
    back = browser.get(f"/portal?{query}")
    assert (back.status, back.headers["Location"]) == (303, "portal")


def test_the_sixth_card_page_within_an_hour_is_told_to_wait(browser: Browser) -> None:
    invoice = unpaid(browser)
    places = [
        browser.submit(arrive(browser, invoice).form("portal/card")).headers["Location"]
        for _ in range(6)
    ]
    assert all(place.startswith("http") for place in places[:5])
    assert places[5] == "../portal?notice=too_many"


def test_the_pdf_is_a_click_away(browser: Browser) -> None:
    shown = arrive(browser, unpaid(browser))
    link = next(one for one in shown.page.links if "pdf" in one)
    early = browser.followed(browser.get(link), at="/portal/pdf")
    assert "The PDF is still being made." in early.words
    browser.install.settle()
    assert browser.get(link).headers["Location"].startswith("https://")


@pytest.mark.parametrize(
    ("locale", "label"),
    [
        ("en-US", "Receipt for $89.00, January 1, 2026 (PDF)"),
        ("de-DE", "Zahlungsbeleg über 89,00\N{NO-BREAK SPACE}$ vom 1. Januar 2026 (PDF)"),
        ("fr-FR", "Reçu de 89,00\N{NO-BREAK SPACE}$US du 1 janvier 2026 (PDF)"),
        ("es-ES", "Recibo de 89,00\N{NO-BREAK SPACE}US$ del 1 de enero de 2026 (PDF)"),
    ],
)
def test_the_receipt_is_a_click_away(browser: Browser, locale: str, label: str) -> None:
    invoice = unpaid(browser, locale=locale)
    shown = arrive(browser, invoice)
    assert [one for one in shown.page.links if "receipt" in one] == []
    browser.submit(shown.form("portal/pay"))
    browser.install.settle()
    paid = browser.get("portal")
    assert " ".join(label.split()) in " ".join(paid.words.split())
    (link,) = [one for one in paid.page.links if "receipt" in one]
    (payment,) = browser.install.read(invoice).payments
    place = browser.get(link).headers["Location"]
    assert place.startswith("https://")
    assert f"receipt-{payment.id}.pdf" in place


def test_cash_has_its_receipt_and_nobody_elses_is_found(browser: Browser) -> None:
    invoice, others = unpaid(browser), unpaid(browser)
    cash = Received("ext_1", ExternalMethod.CASH, "", 4000, date(2026, 1, 1))
    pay_invoice(browser.install.ports, "biz_1", invoice.id, cash, actor=SYSTEM)
    browser.install.settle()
    shown = arrive(browser, invoice)
    (link,) = [one for one in shown.page.links if "receipt" in one]
    assert "receipt-ext_1.pdf" in browser.get(link).headers["Location"]
    arrive(browser, others)
    assert browser.get(link).headers.get("Location", "").startswith("https://") is False


def test_no_words_can_be_put_on_the_page_from_outside(browser: Browser) -> None:
    customer_name = "<script>alert(1)</script>"
    arrive(browser, unpaid(browser, name=customer_name))
    shown = browser.get("/portal?notice=<b>you+won</b>")
    assert "you won" not in shown.words
    assert "<script" not in shown.html
