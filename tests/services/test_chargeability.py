"""Why an invoice cannot be charged now, each reason in words; and a retry by hand, which costs no
dunning step."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.payment import Trigger
from chalicelib.services import businesses, invoices, on_account
from chalicelib.services.on_account import Wish
from tests.fakes.install import VISA, Install

FUNDS = "4000000000000341"  # saves well, then declines
BANK = "000123456789"
LATER = date(2026, 3, 1)


@pytest.fixture
def install() -> Install:
    made = Install.at()
    made.business()
    return made


def why(install: Install, invoice: Invoice) -> dict[str, str]:
    found = invoices.why_not_chargeable(install.ports, "biz_1", invoice.id)
    return {reason.code: reason.staff for reason in found}


def ask(install: Install, invoice: Invoice) -> Invoice:
    return invoices.request_charge(
        install.ports,
        "biz_1",
        invoice.id,
        request_id=install.ids.new("ask"),
        trigger=Trigger.STAFF,
        actor=SYSTEM,
    )


def test_nothing_stands_in_the_way(install: Install) -> None:
    assert why(install, install.invoice(install.customer(), due_on=LATER)) == {}


def test_no_card(install: Install) -> None:
    invoice = install.invoice(install.customer(card=None))
    assert why(install, invoice) == {"no_payment_method": "No payment method is saved."}
    with pytest.raises(Conflict) as refused:
        ask(install, invoice)
    assert refused.value.code == "no_payment_method"


def test_a_bank_debit_in_progress(install: Install) -> None:
    ada = install.customer(card=None)
    install.save_card("biz_1", ada.id, BANK, kind="us_bank_account")
    invoice = install.invoice(install.store.customer("biz_1", ada.id))
    install.settle()
    assert why(install, invoice) == {
        "processing": "A bank debit is in progress; its result takes some days."
    }


def test_disputed(install: Install) -> None:
    invoice = install.invoice(install.customer())
    install.settle()
    charge = install.read(invoice).payments[0].charge_id
    assert charge is not None
    install.stripe.dispute(charge)
    install.settle()
    assert "disputes" in why(install, invoice)["hold_dispute"]


def test_the_business_is_not_connected(install: Install) -> None:
    invoice = install.invoice(install.customer(), due_on=LATER)
    businesses.change_business(install.ports, "biz_1", {"charges_enabled": False}, actor=SYSTEM)
    assert why(install, invoice) == {
        "not_connected": "The business's Stripe account cannot take charges now."
    }


def test_paid_already(install: Install) -> None:
    invoice = install.invoice(install.customer())
    install.settle()
    assert why(install, invoice) == {"settled": "The invoice is paid: nothing is owed."}


def test_the_networks_cap_says_until_when(install: Install) -> None:
    ada = install.customer()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 40)
    invoice = install.invoice(ada)
    install.settle()
    for _ in range(40):
        if "network_cap" in why(install, invoice):
            break
        ask(install, invoice)
        install.settle()
    words = why(install, invoice)["network_cap"]
    assert "The next try is free at 2026-" in words


def test_covered_by_one_payment_for_several_invoices(install: Install) -> None:
    ada = install.customer()
    invoice = install.invoice(ada, due_on=LATER)
    on_account.take_payment(install.ports, "biz_1", Wish("poa_1", ada.id, 8900), actor=SYSTEM)
    words = {"covered": "A payment of 89.00 USD for this customer is under way."}
    assert why(install, invoice) == words
    with pytest.raises(Conflict) as refused:
        ask(install, invoice)
    assert (refused.value.code, refused.value.detail) == ("covered", words["covered"])


def test_a_retry_by_hand_never_uses_up_a_dunning_step(install: Install) -> None:
    """Tried by hand between each two steps: the steps fall as if nobody had, to the end."""
    invoice = install.invoice(install.customer(card=FUNDS))
    install.settle()
    first = install.read(invoice).dunning
    assert first is not None
    for hours, done in ((12, 1), (24, 1), (48, 2), (96, 3)):
        before = install.read(invoice).dunning
        ask(install, invoice)
        install.settle()
        assert install.read(invoice).dunning == before
        assert before is not None
        assert before.slots_done == done
        install.advance(hours=hours)
        if install.read(invoice).status is InvoiceStatus.OVERDUE:
            break
    found = install.read(invoice)
    steps = [one for one in found.attempts if one.trigger is Trigger.SCHEDULE]
    waits = [(one.started_at - first.first_failed_at) for one in steps]
    assert waits == [timedelta(0), timedelta(days=1), timedelta(days=3), timedelta(days=7)]
    assert sum(one.trigger is Trigger.STAFF for one in found.attempts) == 4
    assert found.status is InvoiceStatus.OVERDUE
