"""Instalments paid past Stripe: whole, in part, too much; at the hour of the autopay; bounced."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.domain import payment_plan as rules
from chalicelib.domain.customer import Customer
from chalicelib.domain.desk.account import ExternalPaymentReceived
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.payment import Trigger
from chalicelib.domain.payment_plan import InstalmentPart, PaymentPlan, PlanStatus, Rhythm
from chalicelib.services import (
    charging,
    external_payments,
    instalments,
    invoices,
    payment_plans,
    planning,
)
from chalicelib.services.external_payments import Received
from chalicelib.services.planning import PlanWish
from tests.fakes.install import VISA, Install
from tests.services.test_payment_plans import check_books, demand, owing, read, states

TODAY = date(2026, 1, 1)
FEBRUARY = date(2026, 2, 1)


def plan_of(install: Install, customer: Customer, **more: Any) -> PaymentPlan:
    """Three times 3000 over 6000 and 3000, by hand unless said otherwise."""
    wish = PlanWish(install.ids.new("plan"), customer.id, count=3, first_on=FEBRUARY, autopay=False)
    return planning.make_plan(install.ports, "biz_1", replace(wish, **more), actor=SYSTEM)


def cheque(
    install: Install,
    plan: PaymentPlan,
    amount: int,
    *,
    number: int | None = None,
    name: str = "ext_1",
) -> ExternalPaymentReceived:
    came = Received(name, ExternalMethod.CHECK, f"10{name}", amount, TODAY)
    paid = instalments.pay_instalment(
        install.ports, "biz_1", plan.id, came, actor=SYSTEM, number=number
    )
    install.settle()
    return paid


def bounce(install: Install, plan: PaymentPlan, name: str = "ext_1") -> None:
    external_payments.reverse_payment(
        install.ports, "biz_1", plan.customer_id, name, reversed_on=install.clock.now().date(),
        reason="No funds.", actor=SYSTEM,
    )  # fmt: skip
    install.settle()


def paid_of(install: Install, invoices_of: tuple[Invoice, ...]) -> list[int]:
    return [install.read(one).amount_paid for one in invoices_of]


def credit(install: Install, customer: Customer) -> int:
    return install.store.customer("biz_1", customer.id).credit


def mails(install: Install) -> list[str]:
    return [str(one.message["Subject"]) for one in install.mail.sent]


def failed_effects(install: Install) -> list[str]:
    outcomes = [outcome for row in install.store.fact_rows() for outcome in row.done.values()]
    return [one for one in outcomes if one.startswith("failed")]


def test_an_instalment_is_paid_by_a_cheque(install: Install, ada: Customer) -> None:
    both = owing(install, ada)
    plan = plan_of(install, ada)
    install.advance(days=28)
    received = cheque(install, plan, 3000)
    assert received.instalments == (InstalmentPart(1, 3000),)
    assert (received.plan_id, received.to_credit) == (plan.id, 0)
    assert states(install, plan) == ["paid", "scheduled", "scheduled"]
    assert demand(install, plan, 1).status is InvoiceStatus.PAID
    assert paid_of(install, both) == [3000, 0]
    assert credit(install, ada) == 0
    assert cheque(install, plan, 3000) == received  # the same click again
    receipts = [one for one in mails(install) if one.startswith("Receipt")]
    assert len(receipts) == 1
    install.advance(days=5)
    assert demand(install, plan, 1).attempts == ()
    assert failed_effects(install) == []
    check_books(install)


def test_a_part_leaves_the_rest_of_it_due(install: Install, ada: Customer) -> None:
    both = owing(install, ada)
    plan = plan_of(install, ada, autopay=True)
    install.advance(days=28)
    cheque(install, plan, 1000)
    asked = demand(install, plan, 1)
    assert (asked.status, asked.amount_remaining) == (InvoiceStatus.PENDING, 2000)
    assert states(install, plan)[0] == "due"
    install.advance(days=5)  # the card pays what is left of it, and no more
    assert demand(install, plan, 1).payments[-1].amount == 2000
    assert (states(install, plan)[0], paid_of(install, both)) == ("paid", [3000, 0])
    check_books(install)


def test_more_pays_the_following_ones_and_what_is_left_is_credit(
    install: Install, ada: Customer
) -> None:
    both = owing(install, ada)
    plan = plan_of(install, ada)
    install.advance(days=28)
    cheque(install, plan, 4000)
    one, two = (read(install, plan).instalment(number) for number in (1, 2))
    assert one is not None
    assert two is not None
    assert (one.paid, two.paid, two.state.value) == (3000, 1000, "scheduled")
    install.advance(days=28)
    asked = demand(install, plan, 2)
    assert asked.totals.total == 2000
    cheque(install, plan, 5500, name="ext_2")
    done = read(install, plan)
    assert (done.status, done.amount_remaining) == (PlanStatus.COMPLETED, 0)
    assert paid_of(install, both) == [6000, 3000]
    assert credit(install, ada) == 500
    check_books(install)


def test_before_it_is_asked_for(install: Install, ada: Customer) -> None:
    owing(install, ada)
    plan = plan_of(install, ada, autopay=True)
    cheque(install, plan, 3000, number=2)
    assert states(install, plan) == ["scheduled", "paid", "scheduled"]
    install.advance(days=95)
    assert read(install, plan).status is PlanStatus.COMPLETED
    charged = [one.amount for one in demand(install, plan, 3).payments]
    assert (charged, credit(install, ada)) == ([3000], 0)
    check_books(install)


def test_by_the_number_that_the_customer_was_asked_under(install: Install, ada: Customer) -> None:
    owing(install, ada)
    plan = plan_of(install, ada)
    install.advance(days=28)
    came = Received("ext_1", ExternalMethod.CASH, "", 3000, TODAY)
    asked = demand(install, plan, 1)
    for _ in range(2):
        instalments.pay_demand(install.ports, "biz_1", asked.id, came, actor=SYSTEM)
    assert states(install, plan)[0] == "paid"


def test_the_open_charge_of_the_instalment_is_closed_first(install: Install, ada: Customer) -> None:
    """It was declined, so its PaymentIntent waits for the retry: from here on it cannot pay."""
    owing(install, ada)
    plan = plan_of(install, ada, autopay=True)
    install.stripe.script_card(VISA, ["insufficient_funds"] * 2)
    install.advance(days=31, hours=6)
    asked = demand(install, plan, 1)
    assert asked.open_payment is not None
    cheque(install, plan, 3000)
    intents = install.stripe.account().payment_intents.values()
    assert [one["status"] for one in intents] == ["canceled"]
    install.advance(days=3)
    assert len(demand(install, plan, 1).attempts) == 2
    check_books(install)


def test_the_autopay_was_faster_and_the_money_pays_the_next(
    install: Install, ada: Customer
) -> None:
    both = owing(install, ada)
    plan = plan_of(install, ada, autopay=True)
    install.advance(days=28)
    asked = demand(install, plan, 1)
    invoices.request_charge(
        install.ports, "biz_1", asked.id, request_id="e1", trigger=Trigger.STAFF, actor=SYSTEM
    )
    charging.run_step(install.ports, "biz_1", asked.id)  # it succeeds, and is not applied yet
    assert states(install, plan)[0] == "due"
    cheque(install, plan, 3000)
    assert states(install, plan) == ["paid", "paid", "scheduled"]
    assert paid_of(install, both) == [6000, 0]
    with pytest.raises(Conflict) as refused:
        cheque(install, plan, 3000, number=1, name="ext_2")
    assert refused.value.code == "instalment_paid"
    check_books(install)


def test_a_bank_debit_of_the_instalment_cannot_be_stopped(install: Install) -> None:
    bank = install.customer(card=None)
    install.save_card("biz_1", bank.id, "000123456789", kind="us_bank_account")
    install.settle()
    owing(install, bank)
    plan = plan_of(install, bank, autopay=True, rhythm=Rhythm.WEEKLY)
    install.advance(days=31, hours=8)
    assert demand(install, plan, 1).status is InvoiceStatus.PROCESSING
    with pytest.raises(Conflict) as refused:
        cheque(install, plan, 3000, number=1)
    assert refused.value.code == "payment_under_way"
    assert "Name another instalment" in refused.value.detail
    cheque(install, plan, 3000, number=2)  # the next one can be paid meanwhile
    assert states(install, plan)[1] == "paid"
    install.advance(days=20)
    assert read(install, plan).status is PlanStatus.COMPLETED
    assert credit(install, bank) == 0
    check_books(install)


def test_a_bounced_cheque_opens_the_instalment_again(install: Install, ada: Customer) -> None:
    both = owing(install, ada)
    plan = plan_of(install, ada, autopay=True)
    install.advance(days=28)
    cheque(install, plan, 3000)
    install.advance(days=2)
    bounce(install, plan)
    again = demand(install, plan, 1)
    assert (again.status, again.amount_remaining) == (InvoiceStatus.PENDING, 3000)
    assert states(install, plan) == ["due", "scheduled", "scheduled"]
    assert paid_of(install, both) == [0, 0]
    assert all(install.read(one).covered_by is not None for one in both)
    told = [one for one in mails(install) if "was returned" in one]
    assert told == [f"Your payment of $30.00 was returned: invoice {plan.reference}"]
    install.advance(days=65)
    assert read(install, plan).status is PlanStatus.COMPLETED
    assert (paid_of(install, both), credit(install, ada)) == ([6000, 3000], 0)
    assert failed_effects(install) == []
    check_books(install)


def test_a_completed_plan_runs_again_when_its_last_cheque_bounces(
    install: Install, ada: Customer
) -> None:
    both = owing(install, ada)
    plan = plan_of(install, ada)
    cheque(install, plan, 9500)
    assert (read(install, plan).status, credit(install, ada)) == (PlanStatus.COMPLETED, 500)
    bounce(install, plan)
    running = read(install, plan)
    assert (running.status, running.amount_remaining) == (PlanStatus.ACTIVE, 9000)
    assert (running.ended_at, running.end_reason) == (None, "")
    assert (paid_of(install, both), credit(install, ada)) == ([0, 0], 0)
    covers = [install.read(one).covered_by for one in both]
    assert [cover.id for cover in covers if cover] == [plan.id, plan.id]
    for number in (1, 2, 3):
        cheque(install, plan, 3000, name=f"ext_{number + 1}")
    assert read(install, plan).status is PlanStatus.COMPLETED
    check_books(install)


def test_what_bounces_after_the_plan_has_changed_is_a_new_instalment(
    install: Install, ada: Customer
) -> None:
    """The part-paid instalment was closed by the change, so it cannot ask again."""
    owing(install, ada)
    plan = plan_of(install, ada)
    install.advance(days=28)
    cheque(install, plan, 1000)
    parts = [(date(2026, 3, 10), 4000), (date(2026, 4, 10), 4000)]
    payment_plans.change_plan(install.ports, "biz_1", plan.id, parts, actor=SYSTEM, reason="?")
    bounce(install, plan)
    after = read(install, plan)
    assert after.amount_remaining == 9000
    assert [(one.number, one.amount, one.paid) for one in after.unpaid] == [
        (6, 1000, 0), (4, 4000, 0), (5, 4000, 0),
    ]  # fmt: skip
    assert demand(install, plan, 6).amount_remaining == 1000
    check_books(install)


def test_after_a_cancelled_plan_the_invoices_owe_it_themselves(
    install: Install, ada: Customer
) -> None:
    old, _ = owing(install, ada)
    plan = plan_of(install, ada)
    install.advance(days=28)
    cheque(install, plan, 3000)
    payment_plans.cancel_plan(install.ports, "biz_1", plan.id, actor=SYSTEM, reason="?")
    bounce(install, plan)
    assert read(install, plan).status is PlanStatus.CANCELLED
    assert (install.read(old).amount_remaining, install.read(old).covered_by) == (6000, None)
    told = [one for one in mails(install) if "was returned" in one]
    assert told == [f"Your payment of $30.00 was returned: invoice {old.number}"]
    check_books(install)


def test_what_is_refused_in_words(install: Install, ada: Customer) -> None:
    owing(install, ada)
    plan = plan_of(install, ada)
    with pytest.raises(NotFound):
        cheque(install, plan, 3000, number=9)
    cheque(install, plan, 3000)
    other = Received("ext_9", ExternalMethod.CHECK, "10ext_1", 3000, TODAY)
    with pytest.raises(Conflict) as refused:
        instalments.pay_instalment(install.ports, "biz_1", plan.id, other, actor=SYSTEM)
    assert refused.value.code == "reference_used"
    payment_plans.cancel_plan(install.ports, "biz_1", plan.id, actor=SYSTEM, reason="?")
    with pytest.raises(Conflict) as refused:
        cheque(install, plan, 3000, name="ext_3")
    assert refused.value.code == "plan_not_active"


def test_a_late_instalment_that_bounces_is_late_from_then_on(
    install: Install, ada: Customer
) -> None:
    """The days that break a plan count from the return, not from the day it was first late."""
    owing(install, ada)
    plan = plan_of(install, ada)
    install.advance(days=34)
    assert states(install, plan)[0] == "overdue"
    cheque(install, plan, 3000)
    assert states(install, plan)[0] == "paid"
    install.advance(days=10)
    bounce(install, plan)
    late = read(install, plan).instalment(1)
    assert late is not None
    assert late.overdue_at == install.clock.now()
    assert demand(install, plan, 1).status is InvoiceStatus.OVERDUE
    assert rules.breaks_at(read(install, plan)) == late.overdue_at + timedelta(days=30)
    check_books(install)
