"""Every state a payer can find an invoice in, in every language, with what can be done there."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

import pytest

from chalicelib.catalogue import text
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice
from chalicelib.formatting import LANGUAGES
from chalicelib.services import invoices
from tests.fakes.install import VISA, Install
from tests.web.browser import Browser, Shown, link_of

FUNDS, ALWAYS_3DS, BANK_DEBIT = "4000000000000341", "4000002760003184", "000123456789"
CODES = ("card_declined", "insufficient_funds", "pending", "requires_", "None", "{", "}", "inv_")


def unpaid(install: Install, locale: str, card: str | None = VISA) -> Invoice:
    customer = install.customer(card=None, locale=locale)
    kind = "us_bank_account" if card == BANK_DEBIT else "card"
    if card is not None:
        install.save_card("biz_1", customer.id, card, kind=kind)
    install.settle()
    return install.invoice(customer, due_on=install.clock.now().date() + timedelta(days=30))


def asked(browser: Browser, invoice: Invoice) -> None:
    shown = browser.open(link_of(browser.install, invoice))
    assert browser.submit(shown.form("portal/pay")).status == 303


def opened(browser: Browser, locale: str) -> Invoice:
    return unpaid(browser.install, locale)


def without_card(browser: Browser, locale: str) -> Invoice:
    return unpaid(browser.install, locale, None)


def overdue(browser: Browser, locale: str) -> Invoice:
    invoice = unpaid(browser.install, locale, None)
    browser.install.advance(days=45)
    return invoice


def declined(browser: Browser, locale: str) -> Invoice:
    invoice = unpaid(browser.install, locale, FUNDS)
    asked(browser, invoice)
    browser.install.settle()
    return invoice


def being_made(browser: Browser, locale: str) -> Invoice:
    invoice = unpaid(browser.install, locale)
    asked(browser, invoice)
    return invoice


def on_its_way(browser: Browser, locale: str) -> Invoice:
    invoice = unpaid(browser.install, locale, BANK_DEBIT)
    asked(browser, invoice)
    browser.install.settle()
    return invoice


def to_be_confirmed(browser: Browser, locale: str) -> Invoice:
    invoice = unpaid(browser.install, locale, None)
    stripe = browser.install.stripe
    shown = browser.open(link_of(browser.install, invoice))
    place = browser.submit(shown.form("portal/card")).headers["Location"]
    made = stripe.complete_checkout(place.rpartition("/")[2], ALWAYS_3DS)
    stripe.authenticate(made["id"], passed=True)
    browser.install.settle()
    asked(browser, invoice)
    browser.install.settle()
    return invoice


def paid(browser: Browser, locale: str) -> Invoice:
    invoice = being_made(browser, locale)
    browser.install.settle()
    return invoice


def cancelled(browser: Browser, locale: str) -> Invoice:
    invoice = unpaid(browser.install, locale)
    invoices.cancel_invoice(
        browser.install.ports, "biz_1", invoice.id, actor=SYSTEM, reason="A mistake."
    )
    return invoice


@dataclass(frozen=True)
class State:
    """`forms` are what can be done; `refresh` whether the page looks again by itself."""

    reach: Callable[[Browser, str], Invoice]
    heading: str
    forms: tuple[str, ...] = ()
    refresh: bool = False
    confirm: bool = False


PAY, CARD = "portal/pay", "portal/card"
STATES = {
    "open": State(opened, "open", (PAY, CARD)),
    "without a card": State(without_card, "open", (CARD,)),
    "overdue": State(overdue, "overdue", (CARD,)),
    "declined": State(declined, "open", (PAY, CARD)),
    "being made": State(being_made, "processing", refresh=True),
    "on its way": State(on_its_way, "processing"),
    "to be confirmed": State(to_be_confirmed, "confirm", confirm=True),
    "paid": State(paid, "paid"),
    "cancelled": State(cancelled, "cancelled"),
}


@pytest.mark.parametrize("spoken", LANGUAGES)
@pytest.mark.parametrize("name", STATES)
def test_a_state_is_told_in_the_payers_language(browser: Browser, name: str, spoken: str) -> None:
    state = STATES[name]
    invoice = state.reach(browser, spoken)
    browser.languages = "en"  # the invoice's language counts, not the browser's
    shown = browser.open(link_of(browser.install, invoice))
    assert (shown.status, shown.page.lang) == (200, spoken)
    heading = text(spoken, f"portal.page.heading.{state.heading}", number=invoice.number)
    assert heading in shown.words
    assert tuple(form.action for form in shown.page.forms) == state.forms
    assert (shown.refresh is not None) == state.refresh
    confirm = any(link.startswith("http") for link in shown.page.links)
    assert confirm == state.confirm
    assert [code for code in CODES if code in shown.words] == []
    assert shown.page.tags.count("h1") == 1


def customers_page(browser: Browser, invoice: Invoice) -> Shown:
    customer = browser.install.store.customer("biz_1", invoice.customer_id)
    return browser.open(link_of(browser.install, customer))


def test_a_customers_link_shows_every_open_invoice(browser: Browser) -> None:
    first = unpaid(browser.install, "en-US")
    customer = browser.install.store.customer("biz_1", first.customer_id)
    second = browser.install.invoice(
        customer, 12500, due_on=browser.install.clock.now().date() + timedelta(days=60)
    )
    shown = customers_page(browser, first)
    pays = [form for form in shown.page.forms if form.action == PAY]
    assert {form.fields["invoice_id"] for form in pays} == {first.id, second.id}
    assert [form.action for form in shown.page.forms].count(CARD) == 1
    for form in pays:  # one page, two payments: each has its own
        browser.submit(form)
    browser.install.settle()
    done = browser.get("portal")
    assert "There is nothing to pay right now. Thank you." in done.words
    assert done.form(CARD).button == "Use another card or bank account"


def test_a_part_that_is_paid_is_taken_off(browser: Browser) -> None:
    invoice = paid(browser, "en-US")
    shown = browser.open(link_of(browser.install, invoice))
    assert re.search(r"Total \$89\.00 Paid so far \N{MINUS SIGN}\$89\.00", shown.words)


def test_a_card_that_cannot_be_used_has_no_button(browser: Browser) -> None:
    invoice = unpaid(browser.install, "en-US")
    browser.install.clock.advance(days=365 * 10)
    shown = customers_page(browser, invoice)
    assert [form.action for form in shown.page.forms] == [CARD]
    assert "Visa ending 4242 used by default · has expired" in shown.words


def test_a_card_saved_twice_is_one_to_its_owner(browser: Browser) -> None:
    invoice = unpaid(browser.install, "en-US")
    browser.install.save_card("biz_1", invoice.customer_id, VISA)
    browser.install.settle()
    shown = browser.open(link_of(browser.install, invoice))
    assert [form.action for form in shown.page.forms] == [PAY, CARD]
