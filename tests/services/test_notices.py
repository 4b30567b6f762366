"""What a running install's mails say beside the text: the bank, the reference, the next step."""

from __future__ import annotations

import re
from datetime import date
from email.message import EmailMessage

import pytest

from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.parties import Address, BankDetails
from chalicelib.services import on_account
from chalicelib.services.on_account import Wish
from tests.fakes.install import Install

BANK = BankDetails(account_name="Harbour & Pine", iban="IE29AIBK93115212345678", bic="AIBKIE2D")
BROKE = "4000000000000341"  # saves well, then declines
STAFF = Actor(ActorKind.STAFF, "usr_1")
LATER = date(2026, 5, 1)


@pytest.fixture
def install() -> Install:
    made = Install.at()
    made.business(bank=BANK, address=Address(line1="12 Quay", city="Portland", country="US"))
    return made


def plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return " ".join(str(body.get_content()).split())


def mails(install: Install, subject: str) -> list[str]:
    """The texts of those whose subject begins so."""
    sent = (one.message for one in install.mail.sent)
    return [plain(one) for one in sent if str(one["Subject"]).strip().startswith(subject)]


def test_who_is_to_pay_by_hand_is_told_the_account(install: Install) -> None:
    install.invoice(install.customer(card=None), due_on=LATER)
    install.settle()
    (text,) = mails(install, "Invoice")
    assert "To pay by bank transfer:" in text


def test_who_is_charged_by_itself_is_not_asked_to_pay_as_well(install: Install) -> None:
    install.invoice(install.customer(), due_on=LATER)
    install.settle()
    (text,) = mails(install, "Invoice")
    assert "We will charge your Visa" in text
    assert "bank transfer" not in text


def test_nobody_who_has_paid_or_will_be_charged_again_is_sent_to_the_bank(install: Install) -> None:
    install.invoice(install.customer())
    install.invoice(install.customer(card=BROKE))
    install.settle()
    told = [*mails(install, "Receipt"), *mails(install, "Your payment"), *mails(install, "Paid:")]
    assert len(told) == 3
    assert [text for text in told if "bank transfer" in text] == []


def test_staff_read_when_the_next_step_is_in_their_own_time(install: Install) -> None:
    install.invoice(install.customer(card=BROKE))
    install.settle()
    (text,) = mails(install, "Failed:")
    assert re.search(r"Next step: [^()]+ \(January [0-9]+, 2026, 7:0[0-9] AM\)", text)


def test_one_payment_for_several_invoices_is_told_in_the_plural(install: Install) -> None:
    ada = install.customer(auto_charge=False)
    for day in (1, 2):
        install.invoice(ada, 5000, due_on=date(2026, 5, day))
    on_account.take_payment(install.ports, "biz_1", Wish("poa_1", ada.id, 10000), actor=STAFF)
    install.settle()
    (text,) = mails(install, "Receipt")
    assert "for invoices INV-00001, INV-00002. INV-00001, INV-00002 are paid in full." in text
    assert "Transaction ID: ch_" in text


def test_a_country_is_named_in_the_readers_language(install: Install) -> None:
    install.invoice(install.customer(locale="de-DE"))
    install.settle()
    (text,) = mails(install, "Rechnung")
    assert "Vereinigte Staaten" in text
