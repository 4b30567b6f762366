"""On the page: paying a part where the business takes parts, and a plan with its progress."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice
from chalicelib.services import businesses, planning
from chalicelib.services.planning import PlanWish
from tests.web.browser import Browser, Form, Shown, link_of


def unpaid(browser: Browser, *, minimum: int | None = 2000) -> Invoice:
    install = browser.install
    changes = {"part_payment_minimum": minimum}
    businesses.change_business(install.ports, "biz_1", changes, actor=SYSTEM)
    due_on = install.clock.now().date() + timedelta(days=30)
    made = install.invoice(install.customer(), due_on=due_on)
    install.settle()
    return made


def part_form(shown: Shown) -> Form:
    return next(form for form in shown.page.forms if "amount" in form.fields)


def paying(browser: Browser, shown: Shown, amount: str) -> Shown:
    form = part_form(shown)
    filled = replace(form, fields=form.fields | {"amount": amount})
    return browser.followed(browser.submit(filled))


def test_a_part_is_paid_and_the_page_says_what_is_left(browser: Browser) -> None:
    invoice = unpaid(browser)
    shown = browser.open(link_of(browser.install, invoice))
    assert "Or pay a part, at least $20.00" in shown.words
    being_paid = paying(browser, shown, "30.50")
    assert "Your payment of $30.50 is being made." in being_paid.words
    browser.install.settle()
    after = browser.get("portal")
    assert "Pay $58.50 with Visa ending 4242" in after.words
    assert "We will charge $58.50" in after.words
    assert browser.install.read(invoice).amount_paid == 3050


@pytest.mark.parametrize("amount", ["19.99", "88.80", "89.01", "3,00", "1e2", "-5", "", "٣٠"])
def test_what_is_no_part_is_said_and_nothing_is_charged(browser: Browser, amount: str) -> None:
    invoice = unpaid(browser)
    shown = browser.open(link_of(browser.install, invoice))
    told = paying(browser, shown, amount)
    assert "This amount cannot be paid as a part." in told.words
    browser.install.settle()
    assert browser.install.read(invoice).payments == ()


def test_where_only_the_whole_is_taken_no_part_is_offered(browser: Browser) -> None:
    shown = browser.open(link_of(browser.install, unpaid(browser, minimum=None)))
    assert not any("amount" in form.fields for form in shown.page.forms)


def test_a_plan_is_followed_and_paid_on_the_page(browser: Browser) -> None:
    invoice = unpaid(browser)
    install = browser.install
    first_on = install.clock.now().date() + timedelta(days=10)
    wish = PlanWish("plan_abcdef1", invoice.customer_id, count=2, first_on=first_on, autopay=False)
    planning.make_plan(install.ports, "biz_1", wish, actor=SYSTEM)
    covered = browser.open(link_of(install, invoice))
    assert "being paid by a payment plan" in covered.words
    assert covered.buttons() == []
    install.advance(days=4)
    customer = install.store.customer("biz_1", invoice.customer_id)
    shown = browser.open(link_of(install, customer))
    assert "Payment plan P-ABCDEF" in shown.words
    assert "$0.00 of $89.00 is paid, $89.00 is left." in shown.words
    form = next(
        one for one in shown.page.forms if one.fields.get("invoice_id", "").startswith("ins_")
    )
    assert form.button == "Pay $44.50 with Visa ending 4242"
    browser.submit(form)
    install.settle()
    after = browser.get("portal")
    assert "$44.50 of $89.00 is paid" in after.words
    assert install.read(invoice).amount_paid == 4450
