"""CPU and DynamoDB units of what a business does all day, at 500 and at 2,000 invoices.

The real services over the real table adapter on the emulator, with the fake Stripe in process and
documents really drawn. Units follow AWS's published rules. Everything is billed; what follows is
measured on a sample, one invoice of each customer. Cost must not grow with the number of invoices:
the last line says by how much it did.
"""

from __future__ import annotations

import time
from collections import defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from chalicelib.adapters.documents import TypstDocuments
from chalicelib.adapters.table.store import DynamoStore
from chalicelib.adapters.table.units import Spent
from chalicelib.domain.due import DueKind
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.ports.rows import FactRef
from chalicelib.services import billing, charging, webhooks
from chalicelib.services.delivery import deliver
from infra.local.emulator import start_emulator
from tests.adapters.table_stage import fresh_table
from tests.fakes.install import WEBHOOK_SECRET, Install

SIZES = (500, 2000)
SAMPLE = 100
ALLOWED_GROWTH_PERCENT = 5


@dataclass
class Tally:
    """What one kind of action has cost so far."""

    actions: int = 0
    cpu_seconds: float = 0.0
    requests: int = 0
    write_units: float = 0.0
    read_units: float = 0.0

    def row(self) -> list[float]:
        """Per action: CPU ms, requests, write units, read units."""
        each = max(self.actions, 1)
        return [
            self.cpu_seconds * 1000 / each,
            self.requests / each,
            self.write_units / each,
            self.read_units / each,
        ]


@dataclass
class Meter:
    """Charges what the table spends to the action that is being measured."""

    tallies: dict[str, Tally] = field(default_factory=lambda: defaultdict(Tally))
    current: Tally | None = None

    def __call__(self, spent: Spent) -> None:
        if self.current is not None:
            self.current.requests += 1
            self.current.write_units += spent.write_units
            self.current.read_units += spent.read_units

    @contextmanager
    def measuring(self, action: str, count: int = 1) -> Iterator[None]:
        self.current = self.tallies[action]
        began = time.process_time()
        yield
        self.current.cpu_seconds += time.process_time() - began
        self.current.actions += count
        self.current = None


class RealDocuments(TypstDocuments):
    """Drawn for real, since that is most of what an invoice costs in CPU."""


def install_on(store: DynamoStore) -> Install:
    install = Install.at(datetime(2026, 1, 1, 12, tzinfo=UTC))
    install.store = store  # type: ignore[assignment]
    install.documents = RealDocuments()  # type: ignore[assignment]
    install.deliverer.ports = install.ports
    return install


def subscribers(install: Install, count: int) -> None:
    """Customers with one card each that will decline twice, and their subscriptions."""
    install.business()
    for index in range(SAMPLE):
        number = f"{4_100_000_000_000_000 + index * 10}"
        install.stripe.script_card(number, [])
        customer = install.customer(card=number)
        for _ in range(count // SAMPLE):
            install.subscription(customer)
        method = install.store.customer("biz_1", customer.id).default_method
        assert method is not None
        outcomes = ["insufficient_funds", "insufficient_funds", "ok"]
        install.stripe.script_card(method.fingerprint, outcomes)


def measure(store: DynamoStore, meter: Meter, count: int) -> None:
    """Bill everybody; fail, fail again, pay; and let Stripe tell us of each by webhook."""
    install = install_on(store)
    subscribers(install, count)
    install.stripe.next_events()
    invoices = bill(install, meter)
    assert len(invoices) == count
    invoice_ids = list({one.customer_id: one.id for one in invoices}.values())
    for invoice_id in invoice_ids:
        with meter.measuring("created invoice, PDF and mail"):
            deliver_of(install, Subject.INVOICE, invoice_id)
    steps: tuple[tuple[str, Callable[[], object]], ...] = (
        ("failed first charge", lambda: None),
        ("failed retry", lambda: None),
        ("paid retry", lambda: install.clock.advance(hours=25)),
    )
    for action, before in steps:
        before()
        for invoice_id in invoice_ids:
            with meter.measuring(action):
                charging.run_step(install.ports, "biz_1", invoice_id)
                deliver_of(install, Subject.INVOICE, invoice_id)
        hear(install, meter)
    paid = [install.store.invoice("biz_1", one).amount_paid for one in invoice_ids]
    assert set(paid) == {8900}, "each was paid, once"


def bill(install: Install, meter: Meter) -> list[Invoice]:
    page_ids: list[str] = []
    for shard in range(install.store.shards):
        cursor = None
        while True:
            page = install.store.due(
                DueKind.BILL, until=install.clock.now(), shard=shard, cursor=cursor
            )
            page_ids += [ref.subject_id for ref in page.items]
            cursor = page.cursor
            if cursor is None:
                break
    invoices: list[Invoice] = []
    for start in range(0, len(page_ids), billing.BATCH):
        batch = page_ids[start : start + billing.BATCH]
        with meter.measuring("created invoice, billing", len(batch)):
            invoices += billing.bill_subscriptions(install.ports, "biz_1", batch)
    return invoices


def deliver_of(install: Install, subject: Subject, subject_id: str) -> None:
    """What the stream would hand over: the newest facts of this subject."""
    history = [row for row in install.store.facts("biz_1", subject, subject_id) if row.effects]
    ref = FactRef("biz_1", subject, subject_id, history[-1].key)
    deliver(install.ports, ref, holder="bench")
    install.queue.take()


def hear(install: Install, meter: Meter) -> None:
    for body, header in install.stripe.next_events():
        with meter.measuring("webhook"):
            webhooks.receive_event(install.ports, body, header, [WEBHOOK_SECRET], livemode=False)
            (hint,) = install.queue.take()
            webhooks.apply_event(install.ports, hint.body)


def run(count: int) -> dict[str, list[float]]:
    meter = Meter()
    with TemporaryDirectory() as name:
        emulator = start_emulator(Path(name) / "emulator")
        try:
            with fresh_table(emulator.clients("dynamodb")) as table:
                store = metered(table, emulator.endpoint_url, meter)
                measure(store, meter, count)
        finally:
            emulator.stop()
    return {action: tally.row() for action, tally in meter.tallies.items()}


def metered(table: str, endpoint_url: str, meter: Meter) -> DynamoStore:
    return DynamoStore(table, endpoint_url=endpoint_url, meter=meter)


def main() -> None:
    """Print a line for each action at each size, and the growth of its units."""
    results: dict[int, dict[str, Any]] = {count: run(count) for count in SIZES}
    small, large = SIZES
    names = ("CPU ms", "requests", "write units", "read units")
    print(f"{'per action':32}" + "".join(f"{name:>22}" for name in names))
    print(f"{'':32}" + f"{f'{small}':>9}{f'{large}':>9}{'':4}" * len(names))
    for action, first in results[small].items():
        second = results[large][action]
        cells = "".join(f"{a:9.2f}{b:9.2f}{'':4}" for a, b in zip(first, second, strict=True))
        print(f"{action:32}{cells}")
    growth = max(
        (second[index] / first[index] - 1) * 100
        for action, first in results[small].items()
        for second in [results[large][action]]
        for index in (1, 2, 3)
        if first[index]
    )
    print(f"largest growth of a count from {small} to {large} invoices: {growth:.1f} %", end=" ")
    print(f"(allowed: {ALLOWED_GROWTH_PERCENT} %)")
