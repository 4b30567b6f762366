"""A payer on the deployed pages: through the gateway and its stage, with Stripe's pages between."""

from __future__ import annotations

import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode, urljoin, urlsplit

import pytest

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice, Line
from chalicelib.ports import Ports
from chalicelib.services import businesses, customers, invoices, portal_links
from infra.local import payer
from infra.local.inside import ports_inside
from infra.local.world import World
from tests.web.browser import Shown

pytestmark = pytest.mark.emulator
BUSINESS = "biz_pages"
ALWAYS_3DS = "4000002760003184"


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass
class Visitor:
    """A browser on the network; `at` is the address it shows."""

    at: str
    cookie: str = ""

    def go(self, place: str, form: dict[str, str] | None = None) -> Shown:
        """Open or submit, and follow redirects as far as they stay with us."""
        target = urljoin(self.at, place)
        data = None if form is None else urlencode(form).encode()
        headers = {"Cookie": self.cookie, "Sec-Fetch-Site": "same-origin"}
        request = urllib.request.Request(target, data=data, headers=headers)
        try:
            reply = urllib.request.build_opener(_Stay).open(request, timeout=60)
        except urllib.error.HTTPError as answer:
            reply = answer
        with reply:
            shown = Shown(reply.status, dict(reply.headers), reply.read().decode())
        self.at = target
        self.cookie = shown.headers.get("Set-Cookie", self.cookie).partition(";")[0]
        onward = urljoin(target, shown.headers.get("Location", ""))
        if shown.status == 303 and urlsplit(onward).netloc == urlsplit(target).netloc:
            return self.go(onward)
        return shown

    def submit(self, shown: Shown, action: str) -> Shown:
        return self.go(action, shown.form(action).fields)

    def until(self, holds: Callable[[Shown], bool]) -> Shown:
        """Look again, as the page does by itself."""
        deadline = time.monotonic() + 60
        while not holds(shown := self.go("portal")) and time.monotonic() < deadline:
            time.sleep(0.5)
        return shown


def unpaid(ports: Ports) -> Invoice:
    business = Business(id=BUSINESS, name="Harbour & Pine", currency="USD", zone="America/New_York")
    businesses.create_business(ports, business, actor=SYSTEM)
    customer = customers.create_customer(
        ports,
        Customer(
            id="cus_pages",
            business_id=BUSINESS,
            kind=CustomerKind.INDIVIDUAL,
            name="Ada Byron",
            email="ada@example.com",
        ),
        actor=SYSTEM,
    )
    line = Line(description="Consulting", quantity=Decimal(1), unit_amount=8900)
    invoices.create_invoice(
        ports, BUSINESS, customer.id, (line,), invoice_id="inv_pages", actor=SYSTEM
    )
    due_on = (ports.clock.now() + timedelta(days=30)).date()
    return invoices.finalize_invoice(ports, BUSINESS, "inv_pages", actor=SYSTEM, due_on=due_on)


def test_from_the_link_to_paid_by_the_bank(stack: World) -> None:
    ports = ports_inside(stack.outputs)
    invoice = unpaid(ports)
    visitor = Visitor(portal_links.link_for(ports, invoice))
    shown = visitor.go("")
    assert visitor.at == f"{stack.url}/portal"
    assert shown.buttons() == ["Add a card or bank account"]

    page = visitor.submit(shown, "portal/card").headers["Location"]
    bank = Visitor(page)
    bank.go("", {"kind": "card", "number": ALWAYS_3DS, "expiry": "12 / 34", "cvc": "123"})
    saved = visitor.go(payer.answer_bank(bank.at, passed=True))
    assert visitor.at == f"{stack.url}/portal?notice=saved"
    assert "Your payment method is saved." in saved.words

    paying = visitor.submit(saved, "portal/pay")
    assert "Your payment of $89.00 is being made." in paying.words
    asked = visitor.until(lambda shown: "Your bank wants your confirmation" in shown.words)
    back = payer.answer_bank(asked.page.links[0], passed=True)
    assert "payment_intent=" in back
    done = visitor.go(back)
    assert visitor.at == f"{stack.url}/portal"
    assert "Invoice INV-00001 is paid" in done.words
    assert len(ports.store.invoice(BUSINESS, invoice.id).attempts) == 1


def test_a_link_that_nobody_has_is_told_in_words(stack: World) -> None:
    gone = Visitor(f"{stack.url}/portal/").go("x" * 43)
    assert (gone.status, gone.headers["Content-Type"]) == (404, "text/html; charset=utf-8")
    assert "This link does not work any more" in gone.words
