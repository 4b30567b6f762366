"""The store's contract, part four: sorted lists, the search's words, a customer's history."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.customer import Customer
from chalicelib.domain.desk.account import ExternalPaymentReceived
from chalicelib.domain.desk.external_payments import ExternalPaymentRecorded
from chalicelib.domain.desk.refunds import Refunded
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Subject
from chalicelib.domain.finding import What
from chalicelib.domain.invoice import BillTo, Invoice, InvoiceStatus, Line, Purpose, totals_of
from chalicelib.domain.listing import PaymentState, shelves_of_invoices, shelves_of_payments
from chalicelib.domain.record import on_party
from chalicelib.ports.answers import Page
from chalicelib.ports.lists import Entry, Found, Order, Wanted
from chalicelib.ports.rows import Change
from chalicelib.ports.store import Store
from tests.contracts import store_samples as a

_S = InvoiceStatus
OPEN = shelves_of_invoices(_S.PENDING, _S.OVERDUE)
CAME = shelves_of_payments(PaymentState.PAID, PaymentState.REFUNDED)


def owing(
    invoice_id: str,
    *,
    name: str = "Ann",
    amount: int = 8900,
    day: int | None = 1,
    status: InvoiceStatus = _S.PENDING,
    purpose: Purpose = Purpose.INVOICE,
) -> Change:
    lines = (Line("Fibre", Decimal(1), amount),)
    made = a.invoice(invoice_id, due_on=date(2026, 3, day) if day else None)
    head = replace(
        made,
        bill_to=BillTo(name, "a@example.com"),
        lines=lines,
        totals=totals_of(lines),
        purpose=purpose,
    )
    return a.step(head, status=status)


def then(before: Change, payload: Any, *, minute: int = 0, status: Any = None) -> Change:
    assert isinstance(before.head, Invoice)
    return a.step(before.head, payload, at=a.minutes(minute), status=status)


def came(intent_id: str, amount: int = 100) -> facts.ChargeSucceeded:
    return facts.ChargeSucceeded("pay_1", None, intent_id, "ch_1", amount, None)


def wire(reference: str, amount: int = 100) -> ExternalPaymentRecorded:
    return ExternalPaymentRecorded(
        reference, ExternalMethod.WIRE, reference, amount, date(2026, 3, 1)
    )


def walked(store: Store, wanted: Wanted, limit: int = 2) -> list[str]:
    """The ids of all pages; with a `+` and the fact's place where a fact is listed."""
    found: list[str] = []
    cursor = None
    while True:
        page = store.listed(a.BIZ, wanted, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        found += [_name(entry) for entry in page.items]
        cursor = page.cursor
        if cursor is None:
            return found


def _name(entry: Entry) -> str:
    return entry.head.id + (f"+{entry.fact.seq}" if entry.fact else "")


class ShelvesContract:
    @pytest.fixture
    def stocked(self, store: Store) -> Store:
        made = [
            owing("inv_1", name="Émile Zola", amount=500, day=9),
            owing("inv_2", name="bob", amount=99_999_999, day=2, status=_S.OVERDUE),
            owing("inv_3", name="Ann", amount=12000, day=5),
            owing("inv_4", name="Zoe", amount=500, day=2),
            owing("inv_5", name="Ann", day=1, status=_S.PAID),
            owing("inv_6", name="Ann", day=None, status=_S.DRAFT),
            owing("inv_7", name="Ann", day=3, purpose=Purpose.ON_ACCOUNT),
        ]
        store.append(made)
        return store

    @pytest.mark.parametrize(
        ("order", "backwards", "expected"),
        [
            (Order.DUE_ON, False, "2 4 3 1"),
            (Order.DUE_ON, True, "1 3 4 2"),
            (Order.AMOUNT, True, "2 3 4 1"),
            (Order.CUSTOMER_NAME, False, "3 2 1 4"),
            (Order.STATUS, False, "4 3 1 2"),
        ],
    )
    @pytest.mark.parametrize("limit", [1, 2, 4, 9])
    def test_each_order(
        self, stocked: Store, order: Order, backwards: bool, expected: str, limit: int
    ) -> None:
        found = walked(stocked, Wanted(OPEN, order, backwards), limit)
        assert found == [f"inv_{number}" for number in expected.split()]

    @pytest.mark.parametrize(
        ("wanted", "expected"),
        [
            (Wanted(OPEN, due_from=date(2026, 3, 2), due_to=date(2026, 3, 5)), "2 4 3"),
            (Wanted(OPEN, due_from=date(2026, 3, 3)), "3 1"),
            (Wanted(OPEN, backwards=True, due_to=date(2026, 3, 8)), "3 4 2"),
            (Wanted(OPEN, Order.STATUS, due_to=date(2026, 3, 5)), "4 3 2"),
            (Wanted(OPEN, Order.AMOUNT, amount_from=500, amount_to=12000), "1 4 3"),
            (Wanted(OPEN, Order.AMOUNT, amount_to=499), ""),
            (Wanted(OPEN, Order.CUSTOMER_NAME, name_prefix="EM"), "1"),
            (Wanted(OPEN, Order.CUSTOMER_NAME, name_prefix="B"), "2"),
            (Wanted(shelves_of_invoices(_S.DRAFT, _S.PAID)), "5 6"),
        ],
    )
    def test_ranges(self, stocked: Store, wanted: Wanted, expected: str) -> None:
        for limit in (1, 3):
            assert walked(stocked, wanted, limit) == [f"inv_{one}" for one in expected.split()]

    def test_other_demands_are_pending_payments_but_no_invoices(self, stocked: Store) -> None:
        pending = Wanted(shelves_of_payments(PaymentState.PENDING))
        assert walked(stocked, pending) == ["inv_2", "inv_4", "inv_7", "inv_3", "inv_1"]

    def test_another_business_lists_nothing(self, stocked: Store) -> None:
        assert stocked.listed(a.OTHER_BIZ, Wanted(OPEN)) == Page(())

    def test_an_invoice_moves_with_its_status(self, store: Store) -> None:
        made = owing("inv_1")
        store.append([made])
        store.append([then(made, facts.WentOverdue("Unpaid."), status=_S.OVERDUE)])
        assert walked(store, Wanted(shelves_of_invoices(_S.PENDING))) == []
        assert walked(store, Wanted(shelves_of_invoices(_S.OVERDUE))) == ["inv_1"]

    def test_payments_are_facts_and_stay(self, store: Store) -> None:
        first, second = owing("inv_1", name="Bob", day=7), owing("inv_2", name="Ann", day=3)
        store.append([first, second])
        part = then(first, came("w1", 300), minute=5)
        rest = then(part, came("w2", 90), minute=30, status=_S.PAID)
        other = then(second, came("w3", 200), minute=9)
        back = then(other, Refunded("pay_1", "re_1", 150), minute=20)
        for change in (part, rest, other, back):
            store.append([change])
        orders = {
            Wanted(CAME, Order.AT): "1+2 2+2 2+3 1+3",
            Wanted(CAME, Order.AT, backwards=True): "1+3 2+3 2+2 1+2",
            Wanted(CAME, Order.AMOUNT, backwards=True): "1+2 2+2 2+3 1+3",
            Wanted(CAME, Order.DUE_ON): "2+2 2+3 1+2 1+3",
            Wanted(CAME, Order.CUSTOMER_NAME): "2+2 2+3 1+2 1+3",
            Wanted(CAME, Order.STATUS): "2+2 1+2 1+3 2+3",
            Wanted(CAME, Order.AT, since=a.minutes(9), until=a.minutes(30)): "2+2 2+3",
        }
        for wanted, expected in orders.items():
            for limit in (1, 3):
                assert walked(store, wanted, limit) == [f"inv_{one}" for one in expected.split()]
        for backwards in (False, True):
            mine = Wanted(CAME, Order.AT, backwards, until=a.minutes(30), customer_id=a.CUS)
            theirs = replace(mine, customer_id="cus_2")
            expected_mine = ["inv_1+2", "inv_2+2", "inv_2+3"]
            assert walked(store, mine) == expected_mine[:: -1 if backwards else 1]
            assert walked(store, theirs) == []
        (entry,) = store.listed(a.BIZ, Wanted(CAME, Order.AT, until=a.minutes(6))).items
        assert entry == Entry(store.invoice(a.BIZ, "inv_1"), part.fact)

    def test_what_came_past_stripe_is_the_customers(self, store: Store) -> None:
        made, zoe = owing("inv_1", name="Bob"), a.new_customer("cus_1", name="Zoe")
        store.append([made, zoe])
        cheque = ExternalPaymentReceived(
            "ext_1", ExternalMethod.CHECK, "77", 500, "USD", date(2026, 3, 1), ()
        )
        assert isinstance(zoe.head, Customer)
        head, fact = on_party(zoe.head, cheque, at=a.minutes(7))
        store.append([then(made, came("w1", 300), minute=5)])
        store.append([Change(head, fact)])
        for order in (Order.AT, Order.AMOUNT, Order.CUSTOMER_NAME):
            assert walked(store, Wanted(CAME, order), 1) == ["inv_1+2", "cus_1+2"]
        assert walked(store, Wanted(CAME, Order.AT, customer_id="cus_1")) == ["inv_1+2", "cus_1+2"]
        assert store.listed(a.BIZ, Wanted(CAME, Order.AT, True)).items[0] == Entry(head, fact)
        assert [one.subject_id for one in store.found(a.BIZ, "77")] == ["cus_1"]

    def test_a_cursor_is_bound_to_its_list_and_holds_no_name(self, stocked: Store) -> None:
        wanted = Wanted(OPEN, Order.CUSTOMER_NAME, backwards=True)
        cursor = stocked.listed(a.BIZ, wanted, limit=1).cursor
        assert cursor is not None
        assert "Zoe" not in cursor
        reads: list[Callable[[], Any]] = [
            lambda: stocked.listed(a.OTHER_BIZ, wanted, cursor=cursor),
            lambda: stocked.listed(a.BIZ, replace(wanted, backwards=False), cursor=cursor),
            lambda: stocked.listed(a.BIZ, replace(wanted, name_prefix="Z"), cursor=cursor),
            lambda: stocked.facts_of(a.BIZ, a.CUS, cursor=cursor),
        ]
        for read in reads:
            with pytest.raises(InvalidInput):
                read()


class WordsContract:
    def _ids(self, store: Store, prefix: str) -> list[tuple[str, str]]:
        return [(one.what.value, one.subject_id) for one in store.found(a.BIZ, prefix)]

    def test_any_word_of_a_name_by_its_beginning(self, store: Store) -> None:
        store.append([a.new_customer("cus_1", name="Émile Zola-Byron")])
        store.append([a.new_customer("cus_2", name="Byrd & Sons")])
        name = What.CUSTOMER_NAME.value
        assert self._ids(store, "emi") == [(name, "cus_1")]
        assert self._ids(store, "byr") == [(name, "cus_2"), (name, "cus_1")]
        assert store.found(a.BIZ, "zola") == [
            Found("zola", What.CUSTOMER_NAME, Subject.CUSTOMER, "cus_1")
        ]
        assert [one.what for one in store.found(a.BIZ, "ann@example.com")] == [What.EMAIL] * 2
        assert len(store.found(a.BIZ, "ann@example.com", limit=1)) == 1
        assert store.found(a.BIZ, "byro ") == []
        assert store.found(a.OTHER_BIZ, "emi") == []

    def test_numbers_and_references(self, store: Store) -> None:
        draft = replace(a.invoice("inv_1"), po_number="PO-77", external_ref="ext 9")
        made = a.step(draft)
        day = date(2026, 3, 1)
        numbered = then(made, facts.InvoiceFinalized("INV-0042", day, day, a.NOON))
        charged = then(numbered, facts.ChargeSucceeded("pay_1", None, "pi_3Qx", "ch_1", 100, None))
        for change in (made, numbered, charged, then(charged, wire("Cheque 1815"))):
            store.append([change])
        for prefix, what in {
            "inv-0042": What.INVOICE_NUMBER,
            "inv-00": What.INVOICE_NUMBER,
            "po-77": What.PO_NUMBER,
            "ext 9": What.REFERENCE,
            "ch_1": What.PROCESSOR_REFERENCE,
            "cheque 18": What.PAYMENT_REFERENCE,
        }.items():
            assert self._ids(store, prefix) == [(what.value, "inv_1")]

    def test_a_new_name_is_found_too(self, store: Store) -> None:
        ann = a.new_customer("cus_1", name="Ann Bly")
        store.append([ann])
        store.append([a.renamed(ann, "Ann Cox")])
        assert [one.subject_id for one in store.found(a.BIZ, "cox")] == ["cus_1"]
        assert len(store.found(a.BIZ, "ann", limit=9)) == 2  # her e-mail begins so as well

    def test_two_facts_in_one_append_may_bring_the_same_words(self, store: Store) -> None:
        ann = a.new_customer("cus_1", name="Ann Bly Cox")
        store.append([ann, a.renamed(ann, "Bly Ann Cox")])
        assert len(store.found(a.BIZ, "cox")) == 1


class HistoryContract:
    def _seen(self, store: Store, limit: int = 3, **asked: Any) -> list[tuple[str, int]]:
        found: list[tuple[str, int]] = []
        cursor = None
        while True:
            page = store.facts_of(a.BIZ, a.CUS, limit=limit, cursor=cursor, **asked)
            found += [(fact.subject_id, fact.seq) for fact in page.items]
            cursor = page.cursor
            if cursor is None:
                return found

    @pytest.fixture
    def lived(self, store: Store) -> Store:
        """A customer with a subscription and two invoices, told out of order."""
        customer, subscription = a.new_customer(), a.new_subscription()
        issued = facts.InvoiceFinalized("INV-1", date(2026, 3, 1), date(2026, 3, 1), a.NOON)
        first = a.new_invoice("inv_1")
        numbered = a.posted(first, issued, at=a.minutes(5))
        second = a.step(a.invoice("inv_2"), at=a.minutes(3))
        other = a.new_invoice("inv_9", customer_id="cus_2")
        for change in (customer, subscription, first, numbered, second, other):
            store.append([change])
        store.append([then(numbered, facts.Replanned("later"), minute=9)])
        return store

    ALL = (
        (a.CUS, 1), ("inv_1", 1), ("sub_1", 1), ("inv_2", 1), ("inv_1", 2), ("inv_1", 3),
    )  # fmt: skip

    @pytest.mark.parametrize("limit", [1, 2, 3, 50])
    def test_all_that_happened_in_time(self, lived: Store, limit: int) -> None:
        assert self._seen(lived, limit) == list(self.ALL)
        assert self._seen(lived, limit, newest=True) == list(reversed(self.ALL))

    def test_what_moved_money(self, lived: Store) -> None:
        assert self._seen(lived, posted_only=True) == [("inv_1", 2)]

    def test_a_period_has_its_end_outside(self, lived: Store) -> None:
        period = {"since": a.minutes(3), "until": a.minutes(9)}
        assert self._seen(lived, 1, **period) == [("inv_2", 1), ("inv_1", 2)]
        assert self._seen(lived, 1, newest=True, **period) == [("inv_1", 2), ("inv_2", 1)]

    def test_facts_come_as_they_were_written(self, lived: Store) -> None:
        page = lived.facts_of(a.BIZ, a.CUS, limit=1)
        assert list(page.items) == lived.facts(a.BIZ, Subject.CUSTOMER, a.CUS)
        assert lived.facts_of(a.OTHER_BIZ, a.CUS) == Page(())
        with pytest.raises(InvalidInput):
            lived.facts_of(a.BIZ, "cus_2", cursor=page.cursor)


class ManyHeadsContract:
    def test_several_heads_in_one_read(self, store: Store) -> None:
        customer, invoice = a.new_customer(), a.new_invoice()
        store.append([customer, invoice])
        names = [(Subject.INVOICE, "inv_1"), (Subject.INVOICE, "inv_2"), (Subject.CUSTOMER, a.CUS)]
        assert store.read_heads(a.BIZ, names) == [invoice.head, customer.head]
        assert store.read_heads(a.BIZ, names * 2) == [invoice.head, customer.head]
        assert store.read_heads(a.OTHER_BIZ, names) == []
        assert store.read_heads(a.BIZ, []) == []
