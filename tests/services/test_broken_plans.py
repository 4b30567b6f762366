"""A broken plan ends like dunning does: pause, cancel or keep, at once or after the grace."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.payment_plan import PaymentPlan, PlanStatus, Rhythm
from chalicelib.domain.policy import STANDARD, DunningPolicy, WhenExhausted
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.services import instalments, payment_plans, planning, subscriptions
from chalicelib.services.external_payments import Received
from chalicelib.services.planning import PlanWish
from tests.fakes.install import VISA, Install
from tests.services.test_payment_plans import check_books

BROKEN_AFTER = 17  # days: the second of two weekly instalments is overdue
CANCEL = WhenExhausted.CANCEL


def stage(policy: DunningPolicy = STANDARD, **customer: Any) -> tuple[Install, PaymentPlan]:
    """A subscription's unpaid invoice under a plan of three weeks whose card is empty."""
    install = Install.at()
    install.business(policy=policy)
    ada = install.customer(**customer)
    install.stripe.script_card(VISA, ["insufficient_funds"] * 60)
    install.subscription(ada)
    install.advance(hours=1)
    (page,) = install.store.invoices("biz_1").items
    assert page.status is InvoiceStatus.PENDING
    wish = PlanWish("plan_1", ada.id, count=3, first_on=date(2026, 1, 2), rhythm=Rhythm.WEEKLY)
    plan = planning.make_plan(install.ports, "biz_1", wish, actor=SYSTEM)
    install.settle()
    return install, plan


def plan_of(install: Install) -> PaymentPlan:
    return install.store.payment_plan("biz_1", "plan_1")


def billed(install: Install) -> Invoice:
    return install.store.invoice("biz_1", plan_of(install).invoice_ids[0])


def customer_of(install: Install) -> Customer:
    return install.store.customer("biz_1", plan_of(install).customer_id)


def status_of(install: Install) -> SubscriptionStatus:
    (subscription_id,) = billed(install).subscription_ids
    return install.store.subscription("biz_1", subscription_id).status


def told(install: Install) -> list[str]:
    """The subjects of what the customer and staff read of the plan and of what is overdue."""
    subjects = [str(one.message["Subject"]) for one in install.mail.sent]
    return [one for one in subjects if "plan" in one.casefold() or "is overdue" in one]


def pay_with_a_new_card(install: Install) -> None:
    install.save_card("biz_1", customer_of(install).id, "5555555555554444")
    install.settle()


def test_at_its_break_the_subscription_is_paused_and_money_resumes_it() -> None:
    install, plan = stage()
    assert status_of(install) is SubscriptionStatus.ACTIVE
    install.advance(days=BROKEN_AFTER)
    assert plan_of(install).status is PlanStatus.BROKEN
    assert billed(install).status is InvoiceStatus.OVERDUE
    assert status_of(install) is SubscriptionStatus.PAUSED
    number = billed(install).number
    rest = [one for one in told(install) if plan.reference not in one or "broken" in one.casefold()]
    assert f"Invoice {number} is overdue: Platform is paused" in rest
    assert any(one.startswith("Payment plan broken") for one in rest)
    assert f"Your payment plan {plan.reference} has ended: $89.00 is due now" in told(install)
    pay_with_a_new_card(install)
    assert billed(install).status is InvoiceStatus.PAID
    assert status_of(install) is SubscriptionStatus.ACTIVE
    check_books(install)


def test_with_days_of_grace_it_stops_when_they_are_over() -> None:
    install, _ = stage(replace(STANDARD, grace_days=5))
    install.advance(days=BROKEN_AFTER)
    assert plan_of(install).status is PlanStatus.BROKEN
    assert status_of(install) is SubscriptionStatus.ACTIVE
    ends = billed(install).stops_at
    assert ends is not None
    assert ends - install.clock.now() > timedelta(days=3)
    warned = [body for body in bodies(install) if "Platform will be paused" in body]
    assert len(warned) == 1
    assert not any("Platform is paused as of today" in body for body in bodies(install))
    install.advance(days=6)
    assert status_of(install) is SubscriptionStatus.PAUSED
    check_books(install)


def bodies(install: Install) -> list[str]:
    mails = [message_from_bytes(sent.mime, policy=default) for sent in install.mail.sent]
    parts = [mail.get_body(("plain",)) for mail in mails]
    return [" ".join(str(part.get_content()).split()) for part in parts if part]


def test_money_in_the_days_of_grace_keeps_it_running() -> None:
    install, _ = stage(replace(STANDARD, grace_days=5))
    install.advance(days=BROKEN_AFTER)
    pay_with_a_new_card(install)
    install.advance(days=8)
    assert billed(install).status is InvoiceStatus.PAID
    assert status_of(install) is SubscriptionStatus.ACTIVE
    assert not any("Platform is paused as of today" in body for body in bodies(install))


@pytest.mark.parametrize(
    ("policy", "customer", "after"),
    [
        (replace(STANDARD, when_exhausted=CANCEL), {}, SubscriptionStatus.CANCELLED),
        (
            replace(STANDARD, when_exhausted=WhenExhausted.KEEP),
            {},
            SubscriptionStatus.ACTIVE,
        ),
        (STANDARD, {"auto_charge": False}, SubscriptionStatus.ACTIVE),
    ],
)
def test_the_policys_end_is_done(
    policy: DunningPolicy, customer: dict[str, Any], after: SubscriptionStatus
) -> None:
    install, plan = stage(policy, **customer)
    install.advance(days=BROKEN_AFTER)
    assert plan_of(install).status is PlanStatus.BROKEN
    assert (billed(install).status, status_of(install)) == (InvoiceStatus.OVERDUE, after)
    claimed = [body for body in bodies(install) if "Platform is paused" in body]
    assert claimed == []
    assert f"Your payment plan {plan.reference} has ended: $89.00 is due now" in told(install)


def test_what_was_overdue_before_and_was_let_run_again_stops_again() -> None:
    """Paused by its own dunning, resumed by staff when the plan was agreed: the break pauses it."""
    install = Install.at()
    install.business()
    ada = install.customer()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 60)
    subscription = install.subscription(ada)
    install.advance(days=8)
    assert install.store.subscription("biz_1", subscription.id).status is SubscriptionStatus.PAUSED
    first_on = install.clock.now().date() + timedelta(days=1)
    wish = PlanWish("plan_1", ada.id, count=3, first_on=first_on, rhythm=Rhythm.WEEKLY)
    planning.make_plan(install.ports, "biz_1", wish, actor=SYSTEM)
    subscriptions.resume(
        install.ports, "biz_1", subscription.id, actor=SYSTEM, reason="A plan is agreed."
    )
    install.settle()
    assert status_of(install) is SubscriptionStatus.ACTIVE
    install.advance(days=BROKEN_AFTER)
    assert plan_of(install).status is PlanStatus.BROKEN
    assert status_of(install) is SubscriptionStatus.PAUSED
    pay_with_a_new_card(install)
    assert status_of(install) is SubscriptionStatus.ACTIVE
    check_books(install)


def test_a_plan_that_is_kept_or_cancelled_stops_nothing() -> None:
    install, _ = stage()
    install.stripe.script_card(VISA, ["ok"] * 9)
    install.advance(days=BROKEN_AFTER)
    assert plan_of(install).status is PlanStatus.COMPLETED
    assert status_of(install) is SubscriptionStatus.ACTIVE


def test_a_lost_dispute_of_an_instalment_is_still_collected_by_the_plan() -> None:
    """Its invoices stay paid by the credit that went below 0; the plan asks for all it was for."""
    install = Install.at()
    install.business()
    ada = install.customer()
    install.invoice(ada, 9000, due_on=date(2026, 5, 1))
    wish = PlanWish("plan_1", ada.id, count=3, first_on=date(2026, 1, 2), rhythm=Rhythm.WEEKLY)
    planning.make_plan(install.ports, "biz_1", wish, actor=SYSTEM)
    install.advance(days=2)
    first = install.store.invoice("biz_1", plan_of(install).instalments[0].demand_id)
    charge = first.payments[0].charge_id
    assert charge is not None
    dispute = install.stripe.dispute(charge)
    install.settle()
    install.stripe.decide_dispute(dispute["id"], won=False)
    install.settle()
    assert customer_of(install).credit == -3000
    parts = [(one.due_on, one.amount) for one in plan_of(install).unpaid]
    assert sum(amount for _, amount in parts) == 9000
    install.advance(days=14)  # the other two are collected; the disputed one waits for staff
    left = plan_of(install)
    assert [(one.amount, one.state.value) for one in left.instalments][1:] == [(3000, "paid")] * 2
    assert (left.status, left.amount_remaining) == (PlanStatus.ACTIVE, 3000)
    came = Received("ext_1", ExternalMethod.CASH, "", 3000, date(2026, 1, 10))
    instalments.pay_instalment(install.ports, "biz_1", "plan_1", came, actor=SYSTEM)
    install.settle()
    assert (plan_of(install).status, customer_of(install).credit) == (PlanStatus.COMPLETED, 0)
    assert billed(install).status is InvoiceStatus.PAID
    check_books(install)


def test_a_changed_plan_still_asks_for_what_a_lost_dispute_took() -> None:
    install = Install.at()
    install.business()
    ada = install.customer()
    install.invoice(ada, 9000, due_on=date(2026, 5, 1))
    wish = PlanWish("plan_1", ada.id, count=3, first_on=date(2026, 1, 2), rhythm=Rhythm.WEEKLY)
    planning.make_plan(install.ports, "biz_1", wish, actor=SYSTEM)
    install.advance(days=2)
    first = install.store.invoice("biz_1", plan_of(install).instalments[0].demand_id)
    dispute = install.stripe.dispute(first.payments[0].charge_id or "")
    install.settle()
    install.stripe.decide_dispute(dispute["id"], won=False)
    install.settle()
    parts = [(date(2026, 1, day), 4500) for day in (10, 20)]
    payment_plans.change_plan(
        install.ports, "biz_1", "plan_1", parts, actor=SYSTEM, reason="Agreed by phone."
    )
    install.advance(days=30)
    assert (plan_of(install).status, customer_of(install).credit) == (PlanStatus.COMPLETED, 0)
    assert billed(install).status is InvoiceStatus.PAID
    check_books(install)
