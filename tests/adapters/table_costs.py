"""The real services over the table adapter and the memory store at once: compared, and counted.

Each call goes to both; what they answer must be the same. A meter counts what the adapter's half
costs. `python -m tests.adapters.table_costs` prints the table of docs/decisions/0011-one-table.md.
It runs on moto in one process; units are worked out from each request (`table/units.py`).
"""

from __future__ import annotations

import os
import sys
from collections import defaultdict
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

import botocore.session
from moto import mock_aws

from chalicelib.adapters.table.store import DynamoStore
from chalicelib.adapters.table.units import Spent
from chalicelib.domain.facts import SYSTEM, Subject
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.domain.listing import PaymentState, shelves_of_invoices, shelves_of_payments
from chalicelib.domain.team import Role
from chalicelib.ports.answers import FactExists, Page
from chalicelib.ports.lists import Order, Wanted
from chalicelib.ports.rows import Change, DueRef, TestClock
from chalicelib.services import team
from tests.adapters.table_stage import fresh_table
from tests.fakes.install import Install
from tests.fakes.memory_store import MemoryStore

DECLINES = "4000000000000341"
BILLED_TOGETHER = 10


@dataclass(slots=True)
class Cost:
    """All calls of one kind."""

    calls: int = 0
    requests: int = 0
    write_units: float = 0
    read_units: float = 0

    def add(self, spent: list[Spent]) -> None:
        self.calls += 1
        self.requests += len(spent)
        self.write_units += sum(one.write_units for one in spent)
        self.read_units += sum(one.read_units for one in spent)

    @property
    def each(self) -> tuple[float, float, float]:
        """Requests, write units and read units of one call."""
        totals = (self.requests, self.write_units, self.read_units)
        requests, written, read = (round(total / self.calls, 1) for total in totals)
        return requests, written, read


@dataclass
class TwinStore:
    """Asks both stores; raises AssertionError when they do not say the same."""

    table: DynamoStore
    memory: MemoryStore
    meter: list[Spent]
    costs: dict[str, Cost] = field(default_factory=lambda: defaultdict(Cost))

    def __getattr__(self, name: str) -> Any:
        ours, fake = getattr(self.table, name, None), getattr(self.memory, name)
        if not callable(ours):  # what only the fake can do, or a plain value
            return fake

        def both(*args: Any, **named: Any) -> Any:
            self.meter.clear()
            said = _outcome(ours, args, named)
            refused = " (refused)" if isinstance(said, Exception) else ""
            self.costs[_name_of(name, args, named) + refused].add(self.meter)
            expected = _outcome(fake, args, named)
            assert _comparable(said) == _comparable(expected), f"{name}{args}{named}"
            if isinstance(said, Exception):
                raise said
            return said

        return both


def _outcome(method: Any, args: tuple[Any, ...], named: dict[str, Any]) -> Any:
    try:
        return method(*args, **named)
    except Exception as error:  # noqa: BLE001 - a refusal is an answer to be compared
        return error


def _comparable(said: Any) -> Any:
    """Cursors are each store's own, and so is the order of what is due in the same instant."""
    if isinstance(said, Exception):
        return type(said).__name__
    if isinstance(said, Page):
        due = [item for item in said.items if isinstance(item, DueRef)]
        if due:
            return sorted(due, key=lambda ref: (ref.due_at, ref.subject_id, ref.fact_key or ""))
        return said.items
    return said


def _name_of(method: str, args: tuple[Any, ...], named: dict[str, Any]) -> str:
    if method != "append":
        return (
            f"{method}, {named['kind'] if 'kind' in named else args[0]}"
            if method == "due"
            else method
        )
    changes: list[Change] = list(args[0])
    kinds = sorted({f"{one.fact.subject.value}.{one.fact.kind}" for one in changes})
    sides = sorted({type(row).__name__ for row in named.get("side", ())})
    many = f" × {len(changes) // len(kinds)}" if len(changes) > len(kinds) else ""
    return " + ".join([*kinds, *sides]) + many


@contextmanager
def twin_install(shards: int) -> Iterator[tuple[Install, TwinStore]]:
    os.environ.setdefault("AWS_DEFAULT_REGION", "eu-west-1")
    with mock_aws():
        client = botocore.session.get_session().create_client("dynamodb")
        with fresh_table(client) as name:
            told: list[Spent] = []
            # With an endpoint given, the adapter works units out instead of trusting moto's.
            endpoint = f"https://dynamodb.{os.environ['AWS_DEFAULT_REGION']}.amazonaws.com"
            table = DynamoStore(name, shards=shards, endpoint_url=endpoint, meter=told.append)
            install = Install.at()
            twin = TwinStore(table, MemoryStore(shards=shards, clock=install.clock.now), told)
            install.store = twin  # type: ignore[assignment]
            install.deliverer.ports = install.ports
            yield install, twin


def live_through(install: Install, *, days: int) -> None:
    """Some who pay, one whose card declines until another is saved, and what staff look at."""
    install.business()
    for card in ["4242424242424242"] * (BILLED_TOGETHER - 1) + [DECLINES]:
        customer = install.customer(card=card)
        install.subscription(customer)
    install.advance(days=days)
    install.save_card("biz_1", customer.id, "4242424242424242")
    install.advance(hours=1)
    look_around(install, customer.id)
    keep_small_rows(install)


def look_around(install: Install, customer_id: str) -> None:
    store = install.store
    assert len(store.invoices("biz_1").items) == BILLED_TOGETHER
    store.invoices_of("biz_1", customer_id)
    store.invoices_of("biz_1", customer_id, open_only=True)
    store.customers("biz_1")
    store.subscriptions("biz_1")
    store.subscriptions_of("biz_1", customer_id)
    store.businesses()
    look_through_lists(install, customer_id)
    store.owner_of("biz_1", "reference", "wire-1")
    store.watermark("biz_1", "charges")
    store.memberships("usr_1")


def look_through_lists(install: Install, customer_id: str) -> None:
    store = install.store
    invoices = shelves_of_invoices(InvoiceStatus.PENDING, InvoiceStatus.PAID)
    payments = shelves_of_payments(PaymentState.PAID, PaymentState.FAILED)
    for order in (Order.DUE_ON, Order.AMOUNT, Order.CUSTOMER_NAME):
        assert len(store.listed("biz_1", Wanted(invoices, order)).items) == BILLED_TOGETHER
        assert len(store.listed("biz_1", Wanted(payments, order)).items) > BILLED_TOGETHER
    store.listed("biz_1", Wanted(payments, Order.AT, backwards=True))
    assert len(store.found("biz_1", "byron", limit=20)) == BILLED_TOGETHER
    store.facts_of("biz_1", customer_id)
    store.read_heads("biz_1", [(Subject.CUSTOMER, customer_id), (Subject.BUSINESS, "biz_1")])


def keep_small_rows(install: Install) -> None:
    store, now = install.store, install.clock.now()
    ends = now + timedelta(minutes=1)
    store.begin_request("biz_1", "k", body_hash="b", holder="h", now=now, lease_until=ends)
    store.finish_request("biz_1", "k", holder="h", status=201, response="{}")
    store.save_test_clock(TestClock("clk_1", "biz_1", now, now))
    team.add_member(install.ports, "biz_1", "usr_1", Role.ADMIN, actor=SYSTEM)
    store.save_watermark("biz_1", "charges", "1")
    install.business("biz_2", stripe_account="acct_1")
    assert store.business_of_account("acct_1") == "biz_2"
    with suppress(FactExists):
        install.business("biz_2", name="Another")


def main() -> None:
    with twin_install(shards=4) as (install, twin):
        live_through(install, days=8)
        for name, cost in sorted(twin.costs.items()):
            requests, written, read = cost.each
            sys.stdout.write(f"| {name} | {cost.calls} | {requests} | {written} | {read} |\n")


if __name__ == "__main__":
    main()
