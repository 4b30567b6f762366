"""A part of an invoice paid by staff or by its payer: what is left is dunned as before."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.facts import SYSTEM, Actor, ActorKind
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.part_payment import part_of, smallest_part
from chalicelib.domain.payment import PaymentStatus, Trigger
from chalicelib.services import invoices
from tests.domain.samples import bounded, pending
from tests.fakes.install import VISA, Install

FUNDS = "4000000000000341"  # saves well, then declines
DUE = date(2026, 2, 1)


def installed(**business: Any) -> Install:
    install = Install.at()
    install.business(**business)
    return install


def ask(
    install: Install, invoice: Invoice, amount: int | None, trigger: Trigger = Trigger.STAFF
) -> Invoice:
    return invoices.request_charge(
        install.ports,
        "biz_1",
        invoice.id,
        request_id=install.ids.new("ask"),
        trigger=trigger,
        actor=SYSTEM if trigger is Trigger.STAFF else Actor(ActorKind.CUSTOMER, "cus"),
        amount=amount,
    )


def test_staff_take_a_part_and_the_calendar_goes_on() -> None:
    install = installed()
    invoice = install.invoice(install.customer(), due_on=DUE)
    install.settle()
    planned = install.read(invoice).next_action
    ask(install, invoice, 3000)
    install.settle()
    after = install.read(invoice)
    assert (after.amount_paid, after.amount_remaining) == (3000, 5900)
    assert (after.status, after.next_action) == (InvoiceStatus.PENDING, planned)
    install.advance(days=32)
    paid = install.read(invoice)
    assert [one.amount for one in paid.payments] == [3000, 5900]
    assert paid.status is InvoiceStatus.PAID


def test_dunning_goes_on_for_the_rest() -> None:
    install = installed(part_payment_minimum=1000)
    ada = install.customer()
    install.stripe.script_card(VISA, ["insufficient_funds", "insufficient_funds"])
    invoice = install.invoice(ada)
    install.settle()  # the first charge and its immediate retry are declined
    before = install.read(invoice)
    assert before.dunning is not None
    assert before.dunning.slots_done == 1
    ask(install, invoice, 2000, Trigger.CUSTOMER)
    install.settle()
    after = install.read(invoice)
    assert after.payments[0].status is PaymentStatus.CANCELLED  # of the whole: closed before
    assert after.payments[1].amount == 2000
    assert after.dunning is not None
    assert after.dunning.slots_done == 1  # a part by hand uses up no step
    install.advance(hours=25)
    paid = install.read(invoice)
    assert [one.amount for one in paid.payments] == [8900, 2000, 6900]
    assert paid.payments[-1].attempts[0].slot == 1
    assert paid.status is InvoiceStatus.PAID


def test_the_whole_after_a_part_that_failed_is_another_payment() -> None:
    install = installed()
    ada = install.customer(card=FUNDS)
    invoice = install.invoice(ada, due_on=DUE)
    install.settle()
    ask(install, invoice, 2000)
    install.settle()
    tried = install.read(invoice)
    assert [(one.amount, one.status.value) for one in tried.payments] == [(2000, "pending")]
    assert tried.dunning is None  # by hand, before its day: nobody has missed anything yet
    install.save_card("biz_1", ada.id, VISA)
    ask(install, invoice, None)
    install.settle()
    paid = install.read(invoice)
    assert [(one.amount, one.status.value) for one in paid.payments] == [
        (2000, "cancelled"),
        (8900, "paid"),
    ]
    states = sorted(one["status"] for one in install.stripe.account().payment_intents.values())
    assert states == ["canceled", "succeeded"]


def test_an_overdue_invoice_paid_in_part_stays_overdue() -> None:
    install = installed()
    invoice = install.invoice(install.customer(auto_charge=False))
    install.advance(days=3)
    assert install.read(invoice).status is InvoiceStatus.OVERDUE
    ask(install, invoice, 900)
    install.settle()
    after = install.read(invoice)
    assert (after.status, after.amount_remaining) == (InvoiceStatus.OVERDUE, 8000)


@pytest.mark.parametrize(
    ("amount", "minimum", "by_staff", "code"),
    [
        (3000, None, False, "part_not_allowed"),
        (900, 1000, False, "part_too_small"),
        (0, 1000, True, "part_too_small"),
        (9000, 1000, True, "part_too_large"),
        (8880, None, True, "part_leaves_too_little"),
    ],
)
def test_a_part_that_may_not_be(
    amount: int, minimum: int | None, by_staff: bool, code: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        part_of(pending(), amount, minimum, by_staff=by_staff)
    assert refused.value.code == code


@pytest.mark.parametrize(
    ("minimum", "least"), [(None, None), (1, 50), (1000, 1000), (8850, 8850), (8851, None)]
)
def test_the_least_that_a_payer_may_pay(minimum: int | None, least: int | None) -> None:
    assert smallest_part(pending(), minimum) == least


@bounded
@given(st.integers(1, 9000), st.integers(1, 9000))
def test_what_is_offered_is_accepted(minimum: int, extra: int) -> None:
    least = smallest_part(pending(), minimum)
    if least is None:
        return
    amount = min(least + extra, 8850)
    assert part_of(pending(), amount, minimum, by_staff=False) == amount
