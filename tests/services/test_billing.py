"""Subscriptions become invoices: each period once, numbers without a gap, pauses and ends."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest

from chalicelib.domain.customer import CustomerKind
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.domain.ledger import Account
from chalicelib.domain.parties import Terms
from chalicelib.domain.policy import STANDARD, WhenExhausted
from chalicelib.domain.subscription import Interval, SubscriptionStatus
from chalicelib.ports.rows import Series
from chalicelib.services import billing, invoices, jobs, subscriptions
from tests.fakes.install import VISA, Install
from tests.fakes.memory_store import MemoryStore
from tests.services.checks import balance, check_install, check_stripe, coast, delivered

BANK_NEVER = "000222222227"


class BusyStore(MemoryStore):
    """Somebody else takes a number between a batch's reading of it and its writing."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        super().__init__(clock=clock)
        self.meanwhile: Callable[[], object] | None = None

    def next_number(self, business_id: str, series: Series = Series.INVOICE) -> int:
        number = super().next_number(business_id, series)
        if self.meanwhile is not None:
            act, self.meanwhile = self.meanwhile, None
            act()
        return number


def installed(**business: Any) -> Install:
    install = Install.at()
    install.business(**business)
    return install


def numbers(install: Install) -> list[str]:
    page = install.store.invoices("biz_1", limit=500)
    return sorted(one.number for one in page.items if one.number)


def test_sixty_due_subscriptions_and_a_hand_invoice_have_numbers_without_a_gap() -> None:
    install = Install.at()
    store = BusyStore(install.clock.now)
    install.store = store
    install.deliverer.ports = install.ports
    install.business()
    customer = install.customer(card=None)
    for _ in range(60):
        install.subscription(customer)
    draft = invoices.create_invoice(
        install.ports,
        "biz_1",
        customer.id,
        install.invoice(customer).lines,
        invoice_id="inv_hand",
        actor=SYSTEM,
    )
    store.meanwhile = lambda: invoices.finalize_invoice(
        install.ports, "biz_1", draft.id, actor=SYSTEM
    )
    assert billing.bill_due_subscriptions(install.ports) == 60
    install.settle()
    assert numbers(install) == [f"INV-{number:05d}" for number in range(1, 63)]
    assert store.meanwhile is None
    check_install(install)


def test_billing_twice_makes_no_second_invoice() -> None:
    install = installed()
    install.subscription(install.customer())
    for _ in range(3):
        billing.bill_due_subscriptions(install.ports)
        install.settle()
    assert numbers(install) == ["INV-00001"]
    assert billing.bill_subscriptions(install.ports, "biz_1", ["sub_000001"]) == []


def test_periods_missed_while_nothing_ran_are_caught_up_in_order() -> None:
    install = installed()
    install.subscription(install.customer(), start_on=date(2025, 10, 1))
    install.advance(hours=2)
    page = install.store.invoices("biz_1")
    starts = [one.period.start_on for one in page.items if one.period]
    assert sorted(starts) == [date(2025, month, 1) for month in (10, 11, 12)] + [date(2026, 1, 1)]
    assert {one.status for one in page.items} == {InvoiceStatus.PAID}


def test_a_year_of_a_contract_is_twelve_payments() -> None:
    install = installed()
    install.subscription(install.customer(), contract_end_on=date(2026, 12, 31))
    for _ in range(12):
        coast(install, days=31)
    page = install.store.invoices("biz_1")
    assert len(page.items) == 12
    assert {one.status for one in page.items} == {InvoiceStatus.PAID}
    due = sorted(one.due_on for one in page.items if one.due_on)
    assert due == [date(2026, month, 1) for month in range(1, 13)]
    ended = install.store.subscription("biz_1", "sub_000001")
    assert ended.status is SubscriptionStatus.ENDED
    assert balance(install, Account.REVENUE) == -12 * 8900
    check_install(install)
    check_stripe(install)


def test_intervals() -> None:
    install = installed()
    customer = install.customer()
    install.subscription(customer, interval=Interval.QUARTERLY)
    install.subscription(customer, interval=Interval.YEARLY, unit_amount=99000)
    for _ in range(6):
        coast(install, days=31)
    amounts = [one.totals.total for one in install.store.invoices("biz_1").items]
    assert sorted(amounts) == [8900, 8900, 8900, 99000]


def test_who_pays_by_hand_gets_the_invoice_days_ahead() -> None:
    install = installed(bill_days_before=7)
    customer = install.customer(card=None, auto_charge=False)
    install.subscription(customer, start_on=date(2026, 1, 20))
    coast(install, days=11)
    assert numbers(install) == []
    install.advance(days=1)
    (sent,) = install.store.invoices("biz_1").items
    assert (sent.issued_on, sent.due_on) == (date(2026, 1, 13), date(2026, 1, 20))


def test_terms_of_a_company() -> None:
    install = installed()
    customer = install.customer(kind=CustomerKind.BUSINESS, terms=Terms.NET_30)
    install.subscription(customer)
    install.advance(hours=1)
    (sent,) = install.store.invoices("biz_1").items
    assert sent.due_on == date(2026, 1, 31)
    assert sent.attempts == ()
    coast(install, days=31)
    assert install.read(sent).status is InvoiceStatus.PAID


def test_a_free_period_is_an_invoice_that_is_paid() -> None:
    install = installed()
    install.subscription(install.customer(), unit_amount=0)
    install.advance(hours=1)
    (free,) = install.store.invoices("biz_1").items
    assert (free.status, free.attempts) == (InvoiceStatus.PAID, ())


def unpaid(install: Install, **changes: object) -> str:
    """A subscription whose first invoice went through all retries in vain."""
    install.stripe.script_card(VISA, ["insufficient_funds"] * 5)
    customer = install.customer()
    subscription = install.subscription(customer, **changes)  # type: ignore[arg-type]
    coast(install, days=8)
    return subscription.id


@pytest.mark.parametrize(
    ("when", "status"),
    [
        (WhenExhausted.PAUSE, SubscriptionStatus.PAUSED),
        (WhenExhausted.KEEP, SubscriptionStatus.ACTIVE),
        (WhenExhausted.CANCEL, SubscriptionStatus.CANCELLED),
    ],
)
def test_what_the_policy_says_at_the_end(when: WhenExhausted, status: SubscriptionStatus) -> None:
    install = installed(policy=replace(STANDARD, when_exhausted=when))
    found = install.store.subscription("biz_1", unpaid(install))
    assert found.status is status
    (late,) = install.store.invoices("biz_1").items
    assert late.status is InvoiceStatus.OVERDUE


def test_paying_resumes_and_the_paused_days_are_not_billed() -> None:
    install = installed()
    subscription_id = unpaid(install)
    paused = install.store.subscription("biz_1", subscription_id)
    assert paused.current_pause is not None
    coast(install, days=30)
    assert len(numbers(install)) == 1
    (late,) = install.store.invoices("biz_1").items
    install.save_card("biz_1", late.customer_id, "5555555555554444")
    install.settle()
    running = install.store.subscription("biz_1", subscription_id)
    assert running.status is SubscriptionStatus.ACTIVE
    days = install.clock.now().date() - paused.current_pause.from_on
    assert running.starts_on(1) == date(2026, 2, 1) + days
    assert len(delivered(install, "resumed")) == 1
    check_install(install)


def test_it_resumes_only_when_all_it_waits_for_is_settled() -> None:
    """Two unpaid invoices: paying one is not enough; withdrawing the other is."""
    install = installed()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 10)
    subscription = install.subscription(install.customer(), start_on=date(2025, 12, 1))
    coast(install, days=8)
    first, second = install.store.invoices("biz_1").items
    pause = install.store.subscription("biz_1", subscription.id).current_pause
    assert pause is not None
    assert set(pause.invoice_ids) == {first.id, second.id}
    invoices.request_charge(
        install.ports, "biz_1", first.id, request_id="r", trigger=first.attempts[0].trigger,
        actor=SYSTEM,
    )  # fmt: skip
    install.settle()
    assert install.read(first).status is InvoiceStatus.PAID
    waiting = install.store.subscription("biz_1", subscription.id)
    assert waiting.status is SubscriptionStatus.PAUSED
    invoices.cancel_invoice(install.ports, "biz_1", second.id, actor=SYSTEM, reason="Goodwill.")
    install.settle()
    running = install.store.subscription("biz_1", subscription.id)
    assert running.status is SubscriptionStatus.ACTIVE


def test_a_pause_by_staff_outlives_a_payment() -> None:
    install = installed()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 5)
    customer = install.customer()
    subscription = install.subscription(customer)
    install.advance(days=1)
    subscriptions.pause(install.ports, "biz_1", subscription.id, actor=SYSTEM, reason="Holiday.")
    coast(install, days=8)
    install.save_card("biz_1", customer.id, "5555555555554444")
    install.settle()
    (paid,) = install.store.invoices("biz_1").items
    assert paid.status is InvoiceStatus.PAID
    still = install.store.subscription("biz_1", subscription.id)
    assert still.status is SubscriptionStatus.PAUSED
    subscriptions.resume(install.ports, "biz_1", subscription.id, actor=SYSTEM, reason="Back.")
    assert install.store.subscription("biz_1", subscription.id).next_bill_at is not None


def cancel(install: Install, subscription_id: str, *, collect: bool) -> None:
    subscriptions.cancel(
        install.ports,
        "biz_1",
        subscription_id,
        actor=SYSTEM,
        reason="The customer left.",
        collect_open_debt=collect,
    )
    install.settle()


@pytest.mark.parametrize("collect", [True, False])
def test_cancelling_asks_what_becomes_of_the_open_debt(*, collect: bool) -> None:
    install = installed()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 2)
    subscription = install.subscription(install.customer())
    install.advance(hours=2)
    cancel(install, subscription.id, collect=collect)
    coast(install, days=40)
    (invoice,) = install.store.invoices("biz_1").items
    wanted = InvoiceStatus.PAID if collect else InvoiceStatus.CANCELLED
    assert invoice.status is wanted
    assert len(invoice.attempts) == (3 if collect else 2)
    over = install.store.subscription("biz_1", subscription.id)
    assert (over.status, over.next_bill_at) == (SubscriptionStatus.CANCELLED, None)
    with pytest.raises(Conflict):
        cancel(install, subscription.id, collect=True)
    check_install(install)


def test_paying_an_old_debt_does_not_revive_a_cancelled_subscription() -> None:
    install = installed()
    subscription_id = unpaid(install)
    cancel(install, subscription_id, collect=True)
    (late,) = install.store.invoices("biz_1").items
    install.save_card("biz_1", late.customer_id, "5555555555554444")
    install.settle()
    assert install.read(late).status is InvoiceStatus.PAID
    over = install.store.subscription("biz_1", subscription_id)
    assert over.status is SubscriptionStatus.CANCELLED
    coast(install, days=40)
    assert len(numbers(install)) == 1
    with pytest.raises(Conflict):
        subscriptions.resume(install.ports, "biz_1", subscription_id, actor=SYSTEM, reason="?")


def test_a_dropped_debt_whose_debit_comes_back_is_not_presented_again() -> None:
    install = installed()
    customer = install.customer(card=None)
    install.save_card("biz_1", customer.id, BANK_NEVER, kind="us_bank_account")
    install.settle()
    subscription = install.subscription(customer)
    install.advance(hours=1)
    (moving,) = install.store.invoices("biz_1").items
    assert moving.status is InvoiceStatus.PROCESSING
    cancel(install, subscription.id, collect=False)
    coast(install, days=30)
    back = install.read(moving)
    assert len(back.attempts) == 1
    assert back.hold is not None
    check_install(install)


def test_subscriptions_that_cannot_be_billed_are_refused() -> None:
    install = installed()
    customer = install.customer()
    with pytest.raises(InvalidInput):
        install.subscription(customer, unit_amount=-1)
    with pytest.raises(Conflict):
        subscriptions.resume(
            install.ports, "biz_1", install.subscription(customer).id, actor=SYSTEM, reason="?"
        )


def test_an_unknown_job_is_an_error() -> None:
    with pytest.raises(ValueError, match="no such job"):
        jobs.run_job(installed().ports, {"job": "dance", "business_id": "biz_1"})


def test_the_first_morning_is_the_businesss() -> None:
    install = Install.at(datetime(2026, 1, 1, 3, tzinfo=UTC))  # still New Year's Eve in New York
    install.business()
    install.subscription(install.customer(), start_on=date(2026, 1, 1))
    install.advance(hours=7)
    assert numbers(install) == []
    install.advance(hours=2)  # six in the morning there
    assert numbers(install) == ["INV-00001"]
    (made,) = install.store.invoices("biz_1").items
    assert made.issued_on == date(2026, 1, 1)
    assert made.created_at - datetime(2026, 1, 1, 11, tzinfo=UTC) < timedelta(minutes=30)
