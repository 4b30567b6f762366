"""A test clock that advances beside the stream's worker: each thing is done once, by its run."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from chalicelib.domain.business import Business
from chalicelib.domain.due import DueKind
from chalicelib.domain.facts import SYSTEM, Subject
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.ports import Ports
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import DueRef, FactRef, TestClock
from chalicelib.services import businesses, clocks
from chalicelib.services.delivery import deliver_from_stream
from tests.fakes.install import Install

START = datetime(2026, 3, 2, 12, tzinfo=UTC)
DECLINES = "4000000000000341"  # saves well, then declines


def sandbox() -> Install:
    """A business whose clock stands at START; the wall's is elsewhere."""
    install = Install.at(START + timedelta(days=200))
    clocks.create_clock(install.ports, "biz_1", "clk_1", START)
    business = Business(
        id="biz_1", name="Harbour & Pine", currency="USD", zone="America/New_York",
        email="billing@harbour.example", test_clock_id="clk_1",
    )  # fmt: skip
    businesses.create_business(install.ports, business, actor=SYSTEM)
    return install


def advance(install: Install, **by: int) -> TestClock:
    clock = install.store.test_clock("clk_1")
    clocks.start_advance(install.ports, "biz_1", "clk_1", clock.now_at + timedelta(**by))
    install.queue.take()
    return clocks.advance_clock(install.ports, "clk_1")


def test_while_it_advances_the_stream_leaves_its_facts_to_the_run() -> None:
    install = sandbox()
    invoice = install.invoice(install.customer(card=None))
    ref = FactRef("biz_1", Subject.INVOICE, invoice.id, "finalized")
    standing = install.store.test_clock("clk_1")
    clocks.start_advance(install.ports, "biz_1", "clk_1", START + timedelta(days=1))
    assert deliver_from_stream(install.ports, ref, clock_id="clk_1", holder="stream") == 0
    assert not install.mail.sent

    clocks.advance_clock(install.ports, "clk_1")
    assert len(install.mail.sent) > 0
    before = len(install.mail.sent)
    assert deliver_from_stream(install.ports, ref, clock_id="clk_1", holder="stream") == 0
    assert (len(install.mail.sent), standing.now_at) == (before, START)


def test_until_all_that_is_due_at_the_target_is_done_it_advances() -> None:
    """The last instant is as long as any other."""
    install = sandbox()
    invoice = install.invoice(install.customer(), due_on=datetime(2026, 3, 4, tzinfo=UTC).date())
    nine = datetime(2026, 3, 4, 14, tzinfo=UTC)  # 9 a.m. in New York, when it is charged
    clocks.start_advance(install.ports, "biz_1", "clk_1", nine)
    stream: list[int] = []

    def run(ports: Ports, due: Sequence[DueRef]) -> None:
        for ref in due:
            if ref.fact_key is not None and ref.subject is Subject.INVOICE:
                fact = FactRef("biz_1", ref.subject, ref.subject_id, ref.fact_key)
                stream.append(deliver_from_stream(ports, fact, clock_id="clk_1", holder="stream"))
        clocks.run_due(ports, due)

    arrived = clocks.advance_clock(install.ports, "clk_1", run=run)
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert len(stream) > 1
    assert set(stream) == {0}
    assert (arrived.now_at, arrived.advancing) == (nine, False)


def test_while_it_stands_the_stream_delivers_at_once() -> None:
    install = sandbox()
    invoice = install.invoice(install.customer(card=None))
    ref = FactRef("biz_1", Subject.INVOICE, invoice.id, "finalized")
    assert deliver_from_stream(install.ports, ref, clock_id="clk_1", holder="stream") > 0
    assert len(install.mail.sent) == 1


def test_its_run_takes_the_steps_itself_and_wakes_no_other_worker() -> None:
    """A second worker would find the try under way, and the run would wait for it for ever."""
    install = sandbox()
    invoice = install.invoice(install.customer(card=DECLINES))
    advance(install, days=8)
    woken = [one for one in install.queue.take() if one.queue is QueueName.DUNNING]
    assert woken == []
    assert install.read(invoice).status is InvoiceStatus.OVERDUE
    failed = [fact.at - START for fact in install.history(invoice) if fact.kind == "charge_failed"]
    assert [round(after / timedelta(hours=1)) for after in failed] == [0, 0, 24, 72, 168]


def test_what_is_due_at_one_instant_is_done_together() -> None:
    install = sandbox()
    customers = [install.customer() for _ in range(3)]
    advance(install, minutes=1)
    for customer in customers:
        install.subscription(customer, start_on=datetime(2026, 3, 5, tzinfo=UTC).date())
    advance(install, days=1)
    clocks.start_advance(install.ports, "biz_1", "clk_1", START + timedelta(days=5))
    found: list[tuple[DueKind, int]] = []

    def run(ports: Ports, due: Sequence[DueRef]) -> None:
        found.append((due[0].kind, len(due)))
        clocks.run_due(ports, due)

    clocks.advance_clock(install.ports, "clk_1", run=run)
    assert found[0] == (DueKind.BILL, 3)
    assert (DueKind.STEP, 3) in found
    paid = [one.status for one in install.store.invoices("biz_1").items]
    assert paid == [InvoiceStatus.PAID] * 3


def test_effects_that_wait_for_the_morning_are_done_then() -> None:
    """A text message keeps quiet hours; the clock moves on to the hour it may be sent at."""
    install = sandbox()
    clock = install.store.test_clock("clk_1")
    night = datetime(2026, 3, 3, 7, tzinfo=UTC)  # 2 a.m. in New York
    install.store.save_test_clock(
        replace(clock, now_at=night, target_at=night, version=clock.version + 1)
    )
    businesses.change_business(install.ports, "biz_1", {"sms_enabled": True}, actor=SYSTEM)
    customer = install.customer(card=DECLINES, phone="+12075550177", sms_consent_at=START)
    install.invoice(customer)
    advance(install, hours=5)
    assert not install.sms.sent
    advance(install, hours=2)
    assert len(install.sms.sent) == 1
