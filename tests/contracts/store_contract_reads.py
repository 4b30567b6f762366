"""The store's contract, part two: due work, the delivery of effects, and lists."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.domain.due import DueKind
from chalicelib.domain.errors import InvalidInput, NotFound
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus, NextActionKind
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.ports.answers import Page
from chalicelib.ports.rows import DueRef
from chalicelib.ports.store import Store
from tests.contracts import store_samples as a

LATER = a.minutes(10_000)
LEASE = timedelta(minutes=5)


def all_due(store: Store, kind: DueKind, until_minute: int = 10_000) -> list[DueRef]:
    found: list[DueRef] = []
    for shard in range(store.shards):
        found += store.due(kind, until=a.minutes(until_minute), shard=shard).items
    return sorted(found, key=lambda ref: (ref.due_at, ref.subject_id))


def pages(read: Callable[[str | None], Page[Any]]) -> list[list[str]]:
    """The ids of each page, from the first to the last."""
    found, cursor = [], None
    while True:
        page = read(cursor)
        found.append([one.id for one in page.items])
        if page.cursor is None:
            return found
        cursor = page.cursor


class DueContract:
    def test_heads_are_due_by_what_comes_next(self, store: Store) -> None:
        charge = a.step(a.invoice("inv_1"), next_action=a.charge_at(a.minutes(5)))
        remind = a.step(
            a.invoice("inv_2"), next_action=a.charge_at(a.minutes(7), NextActionKind.REMIND)
        )
        waits = a.step(a.invoice("inv_3"))
        bill = a.new_subscription("sub_1", bill_at=a.minutes(9))
        store.append([charge, remind, waits, bill])
        name = (a.BIZ, Subject.INVOICE)
        assert all_due(store, DueKind.STEP) == [DueRef(DueKind.STEP, *name, "inv_1", a.minutes(5))]
        assert all_due(store, DueKind.REMIND) == [
            DueRef(DueKind.REMIND, *name, "inv_2", a.minutes(7))
        ]
        assert all_due(store, DueKind.BILL) == [
            DueRef(DueKind.BILL, a.BIZ, Subject.SUBSCRIPTION, "sub_1", a.minutes(9))
        ]
        assert all_due(store, DueKind.EFFECTS) == [
            DueRef(DueKind.EFFECTS, a.BIZ, Subject.SUBSCRIPTION, "sub_1", a.NOON, "created")
        ]

    def test_due_moves_with_the_head(self, store: Store) -> None:
        first = a.step(a.invoice(), next_action=a.charge_at(a.minutes(5)))
        store.append([first])
        assert isinstance(first.head, Invoice)
        second = a.step(first.head, next_action=a.charge_at(a.minutes(50)))
        store.append([second])
        assert [ref.due_at for ref in all_due(store, DueKind.STEP)] == [a.minutes(50)]
        assert isinstance(second.head, Invoice)
        store.append([a.step(second.head)])
        assert all_due(store, DueKind.STEP) == []

    def test_soonest_first_and_nothing_later_than_asked(self, store: Store) -> None:
        order = [7, 3, 9, 1, 5, 8, 2]
        changes = [
            a.step(a.invoice(f"inv_{minute}"), next_action=a.charge_at(a.minutes(minute)))
            for minute in order
        ]
        store.append(changes)
        for shard in range(store.shards):
            refs = store.due(DueKind.STEP, until=LATER, shard=shard).items
            assert [ref.due_at for ref in refs] == sorted(ref.due_at for ref in refs)
        due = all_due(store, DueKind.STEP, until_minute=5)
        assert [ref.subject_id for ref in due] == ["inv_1", "inv_2", "inv_3", "inv_5"]

    def test_due_pages_hand_out_everything_once(self, store: Store) -> None:
        same = a.minutes(1)  # a batch that is due in the same instant must not stop a cursor
        changes = [
            a.step(a.invoice(f"inv_{number:02}"), next_action=a.charge_at(same))
            for number in range(30)
        ]
        store.append(changes[:15])
        store.append(changes[15:])
        found: list[str] = []
        for shard in range(store.shards):
            cursor = None
            while True:
                page = store.due(DueKind.STEP, until=LATER, shard=shard, limit=3, cursor=cursor)
                assert len(page.items) <= 3
                found += [ref.subject_id for ref in page.items]
                cursor = page.cursor
                if cursor is None:
                    break
        assert sorted(found) == [f"inv_{number:02}" for number in range(30)]

    def test_a_test_clock_has_its_own_partition(self, store: Store) -> None:
        change = a.step(a.invoice(), effects=(a.RECEIPT,), next_action=a.charge_at(a.minutes(5)))
        store.append([change], clock_id="clk_1")
        assert all_due(store, DueKind.STEP) == []
        assert all_due(store, DueKind.EFFECTS) == []
        steps = store.due(DueKind.STEP, until=LATER, clock_id="clk_1").items
        effects = store.due(DueKind.EFFECTS, until=LATER, clock_id="clk_1").items
        assert [ref.subject_id for ref in (*steps, *effects)] == ["inv_1", "inv_1"]
        assert store.due(DueKind.STEP, until=LATER, clock_id="clk_2").items == ()

    def test_a_cursor_of_another_list_is_refused(self, store: Store) -> None:
        changes = [
            a.step(a.invoice(f"inv_{n}"), next_action=a.charge_at(a.minutes(n))) for n in range(3)
        ]
        store.append(changes, clock_id="clk_1")
        page = store.due(DueKind.STEP, until=LATER, clock_id="clk_1", limit=1)
        with pytest.raises(InvalidInput) as refusal:
            store.due(DueKind.BILL, until=LATER, clock_id="clk_1", cursor=page.cursor)
        assert refusal.value.code == "cursor_invalid"


class EffectsContract:
    def test_effects_are_claimed_delivered_and_no_longer_due(self, store: Store) -> None:
        change = a.step(a.invoice(), effects=(a.RECEIPT, a.DOCUMENT))
        store.append([change])
        ref = a.ref_of(change)
        assert [due.fact_key for due in all_due(store, DueKind.EFFECTS)] == ["created"]
        claimed = store.claim(ref, holder="h1", now=a.NOON, lease_until=a.NOON + LEASE)
        assert claimed is not None
        assert claimed.fact == change.fact
        assert claimed.open == ("mail:receipt", "document:receipt")
        assert claimed.done == {}
        done = {"mail:receipt": "msg-1", "document:receipt": "sha-1"}
        store.finish(ref, holder="h1", done=done, retry_at=None)
        assert store.delivered(ref) == done
        assert all_due(store, DueKind.EFFECTS) == []
        later = a.NOON + 2 * LEASE
        assert store.claim(ref, holder="h2", now=later, lease_until=later + LEASE) is None

    def test_while_the_lease_runs_nobody_else_gets_it(self, store: Store) -> None:
        change = a.step(a.invoice(), effects=(a.RECEIPT,))
        store.append([change])
        ref, ends = a.ref_of(change), a.NOON + LEASE
        assert store.claim(ref, holder="h1", now=a.NOON, lease_until=ends)
        assert store.claim(ref, holder="h2", now=a.minutes(4), lease_until=a.minutes(9)) is None
        assert store.claim(ref, holder="h1", now=a.minutes(1), lease_until=ends)  # our own again
        assert store.claim(ref, holder="h2", now=a.minutes(5), lease_until=a.minutes(9))

    def test_what_stays_open_is_due_again(self, store: Store) -> None:
        change = a.step(a.invoice(), effects=(a.RECEIPT, a.DOCUMENT))
        store.append([change])
        ref = a.ref_of(change)
        assert store.claim(ref, holder="h1", now=a.NOON, lease_until=a.NOON + LEASE)
        store.finish(ref, holder="h1", done={"document:receipt": "sha"}, retry_at=a.minutes(30))
        assert [due.due_at for due in all_due(store, DueKind.EFFECTS)] == [a.minutes(30)]
        again = store.claim(ref, holder="h2", now=a.minutes(1), lease_until=a.minutes(6))
        assert again is not None  # the claim is free at once; the sweep waits for `retry_at`
        assert again.open == ("mail:receipt",)
        assert again.done == {"document:receipt": "sha"}

    def test_without_a_time_to_retry_it_stays_due_as_it_was(self, store: Store) -> None:
        change = a.step(a.invoice(), effects=(a.RECEIPT,))
        store.append([change])
        ref = a.ref_of(change)
        assert store.claim(ref, holder="h1", now=a.NOON, lease_until=a.NOON + LEASE)
        store.finish(ref, holder="h1", done={}, retry_at=None)
        assert [due.due_at for due in all_due(store, DueKind.EFFECTS)] == [a.NOON]

    def test_who_lost_the_lease_may_only_note_what_was_delivered(self, store: Store) -> None:
        change = a.step(a.invoice(), effects=(a.RECEIPT, a.DOCUMENT))
        store.append([change])
        ref = a.ref_of(change)
        store.claim(ref, holder="h1", now=a.NOON, lease_until=a.NOON + LEASE)
        store.claim(ref, holder="h2", now=a.minutes(5), lease_until=a.minutes(10))
        store.finish(ref, holder="h1", done={"mail:receipt": "m1"}, retry_at=a.minutes(99))
        assert store.delivered(ref) == {"mail:receipt": "m1"}
        assert [due.due_at for due in all_due(store, DueKind.EFFECTS)] == [a.NOON]
        assert store.claim(ref, holder="h3", now=a.minutes(6), lease_until=a.minutes(11)) is None
        both = {"mail:receipt": "m2", "document:receipt": "sha"}
        store.finish(ref, holder="h2", done=both, retry_at=None)
        assert store.delivered(ref) == {"mail:receipt": "m1", "document:receipt": "sha"}
        assert all_due(store, DueKind.EFFECTS) == []

    def test_a_worker_notes_its_job_as_done_without_a_claim(self, store: Store) -> None:
        """It was handed over under a lease that has ended, or that still runs."""
        change = a.step(a.invoice(), effects=(a.RECEIPT, a.DOCUMENT))
        store.append([change])
        ref = a.ref_of(change)
        store.claim(ref, holder="h1", now=a.NOON, lease_until=a.NOON + LEASE)
        store.finish(ref, holder="worker", done={"mail:receipt": "done"}, retry_at=None)
        store.finish(ref, holder="h1", done={}, retry_at=a.minutes(30))
        assert [due.due_at for due in all_due(store, DueKind.EFFECTS)] == [a.minutes(30)]
        for _ in range(2):
            store.finish(ref, holder="worker", done={"document:receipt": "done"}, retry_at=None)
        assert all_due(store, DueKind.EFFECTS) == []
        assert store.delivered(ref) == {"mail:receipt": "done", "document:receipt": "done"}

    def test_finishing_twice_changes_nothing(self, store: Store) -> None:
        change = a.step(a.invoice(), effects=(a.RECEIPT, a.DOCUMENT))
        store.append([change])
        ref = a.ref_of(change)
        store.claim(ref, holder="h1", now=a.NOON, lease_until=a.NOON + LEASE)
        for at in (a.minutes(30), a.minutes(40)):
            store.finish(ref, holder="h1", done={"mail:receipt": "m1"}, retry_at=at)
        assert [due.due_at for due in all_due(store, DueKind.EFFECTS)] == [a.minutes(30)]

    def test_a_fact_that_owes_nothing_cannot_be_claimed(self, store: Store) -> None:
        change = a.new_invoice()
        store.append([change])
        ref, ends = a.ref_of(change), a.NOON + LEASE
        assert store.claim(ref, holder="h1", now=a.NOON, lease_until=ends) is None
        assert store.delivered(ref) == {}

    def test_a_fact_that_is_not_there_cannot_be_claimed(self, store: Store) -> None:
        ref, ends = a.ref_of(a.new_invoice()), a.NOON + LEASE
        assert store.claim(ref, holder="h1", now=a.NOON, lease_until=ends) is None
        with pytest.raises(NotFound):
            store.delivered(ref)
        with pytest.raises(NotFound):
            store.finish(ref, holder="h1", done={}, retry_at=None)

    def test_delivery_does_not_touch_the_history(self, store: Store) -> None:
        change = a.step(a.invoice(), effects=(a.RECEIPT,))
        store.append([change])
        ref = a.ref_of(change)
        store.claim(ref, holder="h1", now=a.NOON, lease_until=a.NOON + LEASE)
        store.finish(ref, holder="h1", done={"mail:receipt": "m"}, retry_at=None)
        assert store.facts(a.BIZ, Subject.INVOICE, "inv_1") == [change.fact]
        store.append([change])  # a repeat does not open the effects again
        assert store.delivered(ref) == {"mail:receipt": "m"}
        assert all_due(store, DueKind.EFFECTS) == []


class ListContract:
    def test_invoices_newest_first_in_pages(self, store: Store) -> None:
        states = [InvoiceStatus.PAID, InvoiceStatus.DRAFT, InvoiceStatus.PENDING]
        for number in (4, 1, 6, 3, 0, 5, 2):
            made = a.new_invoice(
                f"inv_{number}", created_at=a.minutes(number), status=states[number % 3]
            )
            store.append([made, a.new_invoice(f"inv_{number}", business_id=a.OTHER_BIZ)])
        found = pages(lambda cursor: store.invoices(a.BIZ, limit=3, cursor=cursor))
        assert found == [["inv_6", "inv_5", "inv_4"], ["inv_3", "inv_2", "inv_1"], ["inv_0"]]
        full = pages(lambda cursor: store.invoices(a.BIZ, limit=7, cursor=cursor))
        assert len(full) == 1
        assert store.invoices("biz_3").items == ()

    def test_a_customers_invoices_by_due_date(self, store: Store) -> None:
        due = {"inv_1": 9, "inv_2": 3, "inv_3": 7, "inv_4": 1, "inv_5": 5}
        for name, day in due.items():
            status = InvoiceStatus.PAID if name == "inv_3" else InvoiceStatus.OVERDUE
            store.append([a.new_invoice(name, due_on=date(2026, 3, day), status=status)])
        store.append([a.new_invoice("inv_6", status=InvoiceStatus.DRAFT)])
        store.append([a.new_invoice("inv_7", customer_id="cus_2")])
        everything = pages(lambda cursor: store.invoices_of(a.BIZ, a.CUS, limit=4, cursor=cursor))
        assert everything == [["inv_4", "inv_2", "inv_5", "inv_3"], ["inv_1", "inv_6"]]
        still_open = pages(
            lambda cursor: store.invoices_of(a.BIZ, a.CUS, open_only=True, limit=2, cursor=cursor)
        )
        assert still_open == [["inv_4", "inv_2"], ["inv_5", "inv_1"]]

    def test_an_invoice_that_was_paid_leaves_the_open_list(self, store: Store) -> None:
        made = a.new_invoice()
        store.append([made])
        assert [one.id for one in store.invoices_of(a.BIZ, a.CUS, open_only=True).items] == [
            "inv_1"
        ]
        store.append([a.paid(made, "w1")])
        assert store.invoices_of(a.BIZ, a.CUS, open_only=True).items == ()
        assert [one.id for one in store.invoices_of(a.BIZ, a.CUS).items] == ["inv_1"]

    def test_customers_by_name(self, store: Store) -> None:
        for number, name in enumerate(["Émile", "ann b", "Bob", "Ann", "zoe"]):
            store.append([a.new_customer(f"cus_{number}", name=name)])
        store.append([a.new_customer(business_id=a.OTHER_BIZ)])
        names, cursor = [], None
        while True:
            page = store.customers(a.BIZ, limit=2, cursor=cursor)
            names += [one.name for one in page.items]
            cursor = page.cursor
            if cursor is None:
                break
        assert names == ["Ann", "ann b", "Bob", "zoe", "Émile"]

    def test_a_renamed_customer_moves(self, store: Store) -> None:
        ann = a.new_customer("cus_1", name="Ann")
        store.append([ann, a.new_customer("cus_2", name="Bob")])
        store.append([a.renamed(ann, "Zoe")])
        assert [one.name for one in store.customers(a.BIZ).items] == ["Bob", "Zoe"]

    def test_subscriptions_newest_first(self, store: Store) -> None:
        for day in (2, 5, 1, 4):
            status = SubscriptionStatus.CANCELLED if day == 4 else SubscriptionStatus.ACTIVE
            start = date(2026, 3, day)
            store.append([a.new_subscription(f"sub_{day}", start_on=start, status=status)])
        for read in (
            lambda cursor: store.subscriptions(a.BIZ, limit=3, cursor=cursor),
            lambda cursor: store.subscriptions_of(a.BIZ, a.CUS, limit=3, cursor=cursor),
        ):
            assert pages(read) == [["sub_5", "sub_4", "sub_2"], ["sub_1"]]
        assert store.subscriptions_of(a.BIZ, "cus_2").items == ()

    def test_businesses_are_listed_together(self, store: Store) -> None:
        for number in (2, 1, 3):
            store.append([a.new_business(f"biz_{number}")])
        first = store.businesses(limit=2)
        rest = store.businesses(limit=2, cursor=first.cursor)
        assert [one.id for one in (*first.items, *rest.items)] == ["biz_1", "biz_2", "biz_3"]
        assert rest.cursor is None

    @pytest.mark.parametrize("cursor", ["", "x", "!!", "W10", "e30", "WyJhIl0", "é", "a" * 9000])
    def test_a_made_up_cursor_is_refused(self, store: Store, cursor: str) -> None:
        with pytest.raises(InvalidInput) as refusal:
            store.invoices(a.BIZ, cursor=cursor)
        assert refusal.value.code == "cursor_invalid"

    def test_a_cursor_is_bound_to_its_list(self, store: Store) -> None:
        store.append([a.new_invoice("inv_1"), a.new_invoice("inv_2")])
        cursor = store.invoices(a.BIZ, limit=1).cursor
        assert cursor is not None
        for read in (
            lambda: store.invoices(a.OTHER_BIZ, cursor=cursor),
            lambda: store.subscriptions(a.BIZ, cursor=cursor),
            lambda: store.invoices_of(a.BIZ, a.CUS, cursor=cursor),
            lambda: store.customers(a.BIZ, cursor=cursor),
        ):
            with pytest.raises(InvalidInput):
                read()
