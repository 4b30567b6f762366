"""A business on a test clock: its time stands still until it is advanced, then all falls due."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from chalicelib.domain.business import Business
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.ports.rows import TestClock
from chalicelib.services import billing, clocks, customers
from chalicelib.services.delivery import ref_of
from tests.fakes.install import VISA, Install
from tests.services.checks import check_install, delivered

START = datetime(2026, 1, 1, 12, tzinfo=UTC)
CLOCK = "clock_1"


def installed() -> Install:
    """The wall says 2026-06; the business's clock stands on New Year's Day."""
    install = Install.at(datetime(2026, 6, 1, tzinfo=UTC))
    clocks.create_clock(install.ports, "biz_1", CLOCK, START)
    install.business(test_clock_id=CLOCK)
    return install


def advance(install: Install, to: datetime) -> TestClock:
    clocks.start_advance(install.ports, "biz_1", CLOCK, to)
    install.settle()
    return install.store.test_clock(CLOCK)


def made(install: Install) -> list[Invoice]:
    return sorted(install.store.invoices("biz_1", limit=100).items, key=lambda one: one.created_at)


def test_a_year_in_seconds() -> None:
    install = installed()
    install.subscription(
        install.customer(), start_on=date(2026, 1, 1), contract_end_on=date(2026, 12, 31)
    )
    install.settle()
    clock = advance(install, START + timedelta(days=365))
    assert clock.now_at == clock.target_at == START + timedelta(days=365)
    found = made(install)
    assert [one.issued_on for one in found] == [date(2026, month, 1) for month in range(1, 13)]
    assert {one.status for one in found} == {InvoiceStatus.PAID}
    assert [one.number for one in found] == [f"INV-{n:05d}" for n in range(1, 13)]
    paid = [one.paid_at for one in found]
    assert all(at is not None and at.date().day == 1 for at in paid)
    check_install(install)


def test_a_whole_dunning_run_by_its_own_time() -> None:
    install = installed()
    customer = install.customer()
    install.settle()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 9)
    subscription = install.subscription(customer, start_on=date(2026, 1, 1))
    advance(install, START + timedelta(days=9))
    (late,) = made(install)
    first = late.attempts[0].resolved_at
    assert first is not None
    hours = [round((one.started_at - first) / timedelta(hours=1)) for one in late.attempts]
    assert hours == [0, 0, 24, 72, 168]
    assert late.status is InvoiceStatus.OVERDUE
    paused = install.store.subscription("biz_1", subscription.id)
    assert paused.status is SubscriptionStatus.PAUSED
    assert len(delivered(install, "went_overdue")) == 1
    install.save_card("biz_1", customer.id, "5555555555554444")
    install.settle()
    assert install.read(late).status is InvoiceStatus.PAID
    check_install(install)


def test_the_wall_does_not_touch_it() -> None:
    install = installed()
    install.subscription(install.customer(), start_on=date(2026, 1, 2))
    install.advance(days=3)
    assert billing.bill_due_subscriptions(install.ports) == 0
    assert made(install) == []


def test_another_business_runs_on_the_wall() -> None:
    install = installed()
    install.business("biz_2", stripe_account=install.stripe.connect_account())
    customer = install.customer("biz_2")
    install.subscription(customer)
    install.advance(hours=11)
    assert len(install.store.invoices("biz_2").items) == 1
    assert made(install) == []


def test_a_long_way_is_handed_on_from_message_to_message() -> None:
    install = installed()
    install.subscription(install.customer(), start_on=date(2026, 1, 1))
    install.settle()
    clocks.start_advance(install.ports, "biz_1", CLOCK, START + timedelta(days=200))
    install.queue.take()
    clock = clocks.advance_clock(install.ports, CLOCK, most_steps=5)
    assert clock.now_at < clock.target_at
    assert [message.body["job"] for message in install.queue.take()][-1] == "advance_clock"
    clocks.advance_clock(install.ports, CLOCK)
    install.settle()
    assert install.store.test_clock(CLOCK).now_at == START + timedelta(days=200)
    assert len(made(install)) == 7


@pytest.mark.parametrize("to", [START, START - timedelta(days=1), START + timedelta(days=367)])
def test_targets_that_make_no_sense(to: datetime) -> None:
    with pytest.raises(InvalidInput) as refused:
        clocks.start_advance(installed().ports, "biz_1", CLOCK, to)
    assert refused.value.code == "clock_target_invalid"


def test_a_clock_is_its_businesss_and_advances_once_at_a_time() -> None:
    install = installed()
    clocks.start_advance(install.ports, "biz_1", CLOCK, START + timedelta(days=1))
    with pytest.raises(Conflict):
        clocks.start_advance(install.ports, "biz_1", CLOCK, START + timedelta(days=2))
    with pytest.raises(InvalidInput):
        clocks.start_advance(install.ports, "biz_2", CLOCK, START + timedelta(days=2))
    with pytest.raises(NotFound):
        clocks.advance_clock(install.ports, "clock_nobody")


def test_everything_that_is_time_reads_the_clock() -> None:
    install = installed()
    customer = install.customer()
    invoice = install.invoice(customer)
    assert invoice.issued_on == date(2026, 1, 1)
    assert invoice.created_at == START
    saved = install.store.customer("biz_1", customer.id).methods[0].saved_at
    assert saved == START
    business: Business = install.store.business("biz_1")
    assert business.test_clock_id == CLOCK


def test_a_card_that_runs_out_is_noticed_by_the_clock() -> None:
    install = installed()
    customer = install.customer(card=None)
    install.save_card("biz_1", customer.id, VISA, exp_year=2027, exp_month=3)
    install.settle()
    advance(install, START + timedelta(days=300))
    assert delivered(install, "card_expiring") == []
    advance(install, START + timedelta(days=430))
    assert len(delivered(install, "card_expiring")) == 1
    assert not customers.notice_expiry(install.ports, "biz_1", customer.id)


def test_reconciliation_looks_at_stripe_by_the_wall() -> None:
    """Stripe knows nothing of our clock: its objects are as old as the wall says."""
    install = installed()
    customer = install.customer()
    install.settle()
    advance(install, START + timedelta(days=360))  # far ahead of the wall
    install.stripe.webhooks.endpoints.clear()
    install.stripe.faults.plan("drop_after", "payment_intents.confirm")
    install.stripe.faults.plan("drop_before", "payment_intents.retrieve")
    invoice = install.invoice(customer)
    rows = [row for row in install.store.fact_rows() if row.open]
    install.deliverer.deliver([ref_of(row.fact) for row in rows])
    install.settle()
    assert install.read(invoice).live_attempt is not None
    install.reconcile()
    assert install.read(invoice).status is InvoiceStatus.PAID
