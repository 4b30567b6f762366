"""A document is stored and mailed as one: drawing takes longer than all the rest of a delivery."""

from __future__ import annotations

from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from io import BytesIO
from typing import Any

import pytest
from pypdf import PdfReader

from chalicelib.adapters.documents import TypstDocuments
from chalicelib.documents import InvoiceView
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.parties import BankDetails
from tests.fakes.install import Install


def test_an_invoice_is_drawn_once_for_its_store_and_its_mail() -> None:
    install = Install.at()
    install.business()
    invoice = install.invoice(install.customer(card=None))
    install.settle()
    assert len(install.documents.drawn) == 1
    (mail,) = install.mail.sent
    message = message_from_bytes(mail.mime, policy=default)
    (attached,) = [part for part in message.walk() if part.get_filename()]
    assert attached.get_filename() == f"invoice-{invoice.number}.pdf"
    stored = [file.content for file in install.files.stored.values()]
    assert stored == [attached.get_payload(decode=True)]


def words_of(install: Install, invoice: Invoice) -> str:
    """The words of the invoice's file as the real renderer draws it."""
    view = next(
        one
        for one in install.documents.drawn
        if isinstance(one, InvoiceView) and one.number == invoice.number
    )
    pages = PdfReader(BytesIO(TypstDocuments().invoice(view))).pages
    words = " ".join(page.extract_text() for page in pages)
    return " ".join(words.split()).casefold()


@pytest.fixture
def harbour() -> Install:
    install = Install.at()
    install.business(bank=BankDetails(iban="DE89370400440532013000"))
    return install


def test_a_charged_invoice_says_which_card_and_when(harbour: Install) -> None:
    invoice = harbour.invoice(harbour.customer(), due_on=date(2026, 1, 20))
    harbour.settle()
    words = words_of(harbour, invoice)
    assert "charged to visa ending 4242 on january 20, 2026" in words
    assert [one for one in ("how to pay", "pay online", "iban") if one in words] == []


@pytest.mark.parametrize(
    "changes", [{"card": None}, {"auto_charge": False}], ids=["no card", "by hand"]
)
def test_an_invoice_that_nobody_charges_says_how_to_pay(
    harbour: Install, changes: dict[str, Any]
) -> None:
    invoice = harbour.invoice(harbour.customer(**changes), due_on=date(2026, 1, 20))
    harbour.settle()
    words = words_of(harbour, invoice)
    assert "charged to" not in words
    assert [one for one in ("how to pay", "pay online", "iban") if one not in words] == []


def test_a_clock_that_is_ahead_hides_no_customer(harbour: Install) -> None:
    """The process that wrote the customer down was five minutes ahead of the one that bills."""
    began = harbour.clock.now()
    harbour.clock.advance(minutes=5)
    ada = harbour.customer(card=None)
    harbour.clock.set(began)
    harbour.save_card("biz_1", ada.id, "4242424242424242")
    harbour.invoice(ada, due_on=date(2026, 1, 20))
    harbour.settle()
    (view,) = harbour.documents.drawn
    assert isinstance(view, InvoiceView)
    assert view.paid_by is not None


def test_drawn_again_it_names_the_card_of_then(harbour: Install) -> None:
    ada = harbour.customer()
    harbour.invoice(ada, due_on=date(2026, 1, 20))
    harbour.clock.set(harbour.clock.now() + timedelta(minutes=5))
    harbour.save_card("biz_1", ada.id, "5555555555554444")
    now = harbour.store.customer("biz_1", ada.id).default_method
    assert now is not None
    assert now.last4 == "4444"
    harbour.settle()
    (view,) = harbour.documents.drawn
    assert isinstance(view, InvoiceView)
    assert view.paid_by is not None
    assert view.paid_by.last4 == "4242"
