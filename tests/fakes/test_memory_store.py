"""The memory store keeps the store's contract, and can do what only a fake can."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from chalicelib.domain.due import DueKind
from chalicelib.domain.facts import chain_is_whole
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.listing import shelves_of_invoices
from chalicelib.ports.lists import Wanted
from tests.contracts import store_samples as a
from tests.contracts.store_contract import ConcurrencyContract
from tests.contracts.store_suite import StoreSuite
from tests.fakes.memory_store import MemoryStore


class _Wall:
    def __init__(self) -> None:
        self.at = a.NOON

    def __call__(self) -> datetime:
        return self.at


@pytest.fixture(params=[False, True], ids=["as-given", "exact"])
def store(request: pytest.FixtureRequest) -> MemoryStore:
    return MemoryStore(exact=request.param)


class TestStore(StoreSuite):
    pass


class TestConcurrency(ConcurrencyContract):
    pass


def test_an_index_that_lags_shows_the_past_and_heads_do_not() -> None:
    wall = _Wall()
    store = MemoryStore(shards=1, clock=wall)
    store.index_lag = timedelta(seconds=60)
    made = a.step(a.invoice(), next_action=a.charge_at(a.minutes(1)))
    store.append([made])
    assert store.due(DueKind.STEP, until=a.minutes(9)).items == ()
    assert store.invoices(a.BIZ).items == ()
    assert store.invoice(a.BIZ, "inv_1") == made.head
    wall.at += timedelta(seconds=60)
    assert len(store.due(DueKind.STEP, until=a.minutes(9)).items) == 1
    store.append([a.paid(made, "w1")])
    assert len(store.due(DueKind.STEP, until=a.minutes(9)).items) == 1
    (listed,) = store.invoices(a.BIZ).items
    assert listed.version == 2
    assert store.invoices_of(a.BIZ, a.CUS, open_only=True).items == ()


def test_an_index_catches_up_when_the_lag_ends() -> None:
    wall = _Wall()
    store = MemoryStore(shards=1, clock=wall)
    store.index_lag = timedelta(seconds=60)
    first = a.step(a.invoice(), next_action=a.charge_at(a.minutes(1)))
    store.append([first])
    assert isinstance(first.head, Invoice)
    store.append([a.step(first.head, next_action=a.charge_at(a.minutes(2)))])
    store.index_lag = timedelta()
    store.append([a.new_invoice("inv_2")])
    due = store.due(DueKind.STEP, until=a.minutes(9)).items
    assert [ref.due_at for ref in due] == [a.minutes(2)]


def test_the_export_is_plain_and_complete() -> None:
    store = MemoryStore()
    made = a.step(a.invoice(), effects=(a.RECEIPT,))
    store.append([made, a.new_customer()])
    store.save_watermark(a.BIZ, "charges", "1")
    rows = store.export()
    assert [row["row"] for row in rows] == ["head", "head", "fact", "fact", "watermark"]
    facts = [row for row in rows if row["row"] == "fact"]
    assert facts[0]["body"]["hash"] == made.fact.hash
    assert facts[0]["open"] == ["mail:receipt"]
    assert rows[0]["body"]["customer_id"] == a.CUS


def test_all_facts_come_history_by_history() -> None:
    store = MemoryStore()
    made = a.new_invoice()
    store.append([made, a.held(made, "x"), a.new_customer()])
    facts = list(store.all_facts())
    assert chain_is_whole(facts[:2])
    assert [fact.seq for fact in facts] == [1, 2, 1]
    assert dict(store.all_heads())[a.BIZ, facts[0].subject, "inv_1"].version == 2


def test_the_sorted_lists_lag_behind_too() -> None:
    wall = _Wall()
    store = MemoryStore(clock=wall)
    store.append([a.new_invoice("inv_1")])
    store.index_lag = timedelta(seconds=5)
    store.append([a.new_invoice("inv_2")])
    wanted = Wanted(shelves_of_invoices(InvoiceStatus.PENDING))
    assert [entry.head.id for entry in store.listed(a.BIZ, wanted).items] == ["inv_1"]
    wall.at += timedelta(seconds=5)
    assert [entry.head.id for entry in store.listed(a.BIZ, wanted).items] == ["inv_1", "inv_2"]
