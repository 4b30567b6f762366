"""The memory store's sorted lists, words and histories, each an index of tuples of its own."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Iterator, Sequence
from datetime import UTC, date, datetime
from itertools import islice
from typing import Any

from chalicelib.adapters.cursors import make_cursor, read_cursor
from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.finding import What, folded, words_of
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.listing import Listed, listed_fact, listed_invoice
from chalicelib.ports.answers import Page
from chalicelib.ports.lists import Entry, Found, Order, Wanted
from chalicelib.ports.rows import Aggregate
from tests.fakes.memory_index import MemoryIndex
from tests.fakes.memory_lists import MemoryLists, Name

EARLIEST, LATEST = datetime.min.replace(tzinfo=UTC), datetime.max.replace(tzinfo=UTC)
Row = tuple[str, str, str | None]  # subject, id, fact's key
Place = tuple[Any, ...]


def _place(listed: Listed, order: Order) -> Place | None:
    match order:
        case Order.AMOUNT:
            return listed.amount, listed.mark
        case Order.CUSTOMER_NAME:
            return folded(listed.name)[:64], listed.mark
        case Order.AT:
            return (listed.at, listed.mark) if listed.at else None
        case _:
            return listed.due_on or date.max, listed.mark


def _within(wanted: Wanted, value: Any) -> bool:
    match wanted.order:
        case Order.AMOUNT:
            above = wanted.amount_to is not None and value > wanted.amount_to
            return not above and bool(value >= (wanted.amount_from or 0))
        case Order.CUSTOMER_NAME:
            return bool(value.startswith(folded(wanted.name_prefix)[:64]))
        case Order.AT:
            return bool((wanted.since or EARLIEST) <= value < (wanted.until or LATEST))
        case _:
            return bool((wanted.due_from or date.min) <= value <= (wanted.due_to or date.max))


class MemoryShelves(MemoryLists):
    """Nine tenths of MemoryStore: what the desk's lists, search and timeline read."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__(clock)
        now = clock or (lambda: datetime.now(UTC))
        orders = [order for order in Order if order is not Order.STATUS]
        self._shelves = {order: MemoryIndex(now) for order in orders}
        self._words, self._histories = MemoryIndex(now), MemoryIndex(now)
        self._unlisted: dict[tuple[Name, str | None], None] = {}  # heads, and facts by their keys

    def _indexes(self) -> list[MemoryIndex]:
        self._catch_up()
        return [*super()._indexes(), *self._shelves.values(), self._words, self._histories]

    def _fact(self, name: Name, key: str) -> Fact:
        raise NotImplementedError

    def _put_on_shelf(self, business_id: str, row: Row, listed: Listed) -> None:
        for order, index in self._shelves.items():
            place = _place(listed, order)
            if place is not None:
                index.move((business_id, *row), ((business_id, listed.shelf), place))

    def _list(self, name: Name, head: Any) -> None:
        super()._list(name, head)
        if isinstance(head, Invoice):
            self._list_later(name, None)

    def _list_later(self, name: Name, key: str | None) -> None:
        """Most runs never look at these lists: they are made when somebody does, or an index is
        to lag behind."""
        self._unlisted[name, key] = None
        if self.index_lag:
            self._catch_up()

    def _catch_up(self) -> None:
        for name, key in self._unlisted:
            head = self.heads[name]
            if key is None:
                row = (name[1].value, head.id, None)
                self._put_on_shelf(name[0], row, listed_invoice(head))
            else:
                self._list_fact(name, self._fact(name, key), head)
        self._unlisted.clear()

    def _list_fact(self, name: Name, fact: Fact, head: Any) -> None:
        listed = listed_fact(fact, head)
        if listed is not None:
            self._put_on_shelf(name[0], (name[1].value, name[2], fact.key), listed)
        for word in words_of(fact.data):
            sort = (word.text, word.what.value, name[1].value, name[2])
            self._words.move((name, sort), (name[0], sort))
        customer_id = getattr(head, "customer_id", getattr(head, "payer_id", None))
        if isinstance(head, Customer):
            customer_id = head.id
        if customer_id is not None:
            when = (fact.at, fact.subject.value, fact.subject_id, fact.seq)
            self._histories.move((name, fact.key), ((name[0], customer_id), when))

    # --- Lists ------------------------------------------------------------------------------------

    def listed(
        self, business_id: str, wanted: Wanted, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Entry]:
        listing = ("listed", business_id, repr(wanted))
        if wanted.customer_id is not None:
            return self._payments_of(business_id, wanted.customer_id, wanted, limit, cursor)
        start = read_cursor(listing, cursor, 4)
        with self.lock:
            self._catch_up()
            rows = list(islice(self._rows(business_id, wanted, start), limit + 1))
            entries = [
                (shelf, self._entry(business_id, row)) for shelf, _, (_, *row) in rows[:limit]
            ]
        current = tuple(
            entry for shelf, entry in entries if _listed(entry).shelf == wanted.shelves[shelf]
        )
        if len(rows) <= limit:
            return Page(current)
        shelf, _, (_, subject, subject_id, key) = rows[limit - 1]
        end = (str(shelf), subject, subject_id, f"F{key or ''}")
        return Page(current, make_cursor(listing, end))

    def _payments_of(
        self, business_id: str, customer_id: str, wanted: Wanted, limit: int, cursor: str | None
    ) -> Page[Entry]:
        page = self.facts_of(
            business_id,
            customer_id,
            since=wanted.since,
            until=wanted.until,
            newest=wanted.backwards,
            limit=limit,
            cursor=cursor,
        )
        entries = [
            self._entry(business_id, (fact.subject.value, fact.subject_id, fact.key))
            for fact in page.items
        ]
        places = [(one, listed_fact(one.fact, one.head)) for one in entries if one.fact]
        kept = [entry for entry, place in places if place and place.shelf in wanted.shelves]
        return Page(tuple(kept), page.cursor)

    def _rows(
        self, business_id: str, wanted: Wanted, start: tuple[str, ...] | None
    ) -> Iterator[tuple[int, Place, Any]]:
        first, after = 0, None
        if start is not None:
            first = int(start[0])
            entry = self._entry(business_id, (start[1], start[2], start[3][1:] or None))
            after = _place(_listed(entry), wanted.order)
        if wanted.order is Order.STATUS:
            for shelf in range(first, len(wanted.shelves)):
                yield from self._shelf(business_id, wanted, shelf, after)
                after = None
            return
        runs = [
            self._shelf(business_id, wanted, shelf, after) for shelf in range(len(wanted.shelves))
        ]
        yield from heapq.merge(*runs, key=lambda row: row[1], reverse=wanted.backwards)

    def _shelf(
        self, business_id: str, wanted: Wanted, shelf: int, after: Place | None
    ) -> Iterator[tuple[int, Place, Any]]:
        order = Order.DUE_ON if wanted.order is Order.STATUS else wanted.order
        partition = (business_id, wanted.shelves[shelf])
        for place, row in self._shelves[order].rows(partition, after, newest=wanted.backwards):
            if _within(wanted, place[0]):
                yield shelf, place, row

    def _entry(self, business_id: str, row: Sequence[Any]) -> Entry:
        subject, subject_id, key = row
        name = (business_id, Subject(subject), subject_id)
        if name not in self.heads:
            raise InvalidInput("cursor_invalid", "This cursor does not belong to this list.")
        return Entry(self.heads[name], None if key is None else self._fact(name, key))

    def found(self, business_id: str, prefix: str, *, limit: int = 50) -> list[Found]:
        with self.lock:
            self._catch_up()
            rows = self._words.rows(business_id, (prefix,))
            words = (sort for sort, _ in rows if sort[0].startswith(prefix))
            return [
                Found(sort[0], What(sort[1]), Subject(sort[2]), sort[3])
                for sort in islice(words, limit)
            ]

    def read_heads(self, business_id: str, names: Sequence[tuple[Subject, str]]) -> list[Aggregate]:
        found = (self.heads.get((business_id, *name)) for name in dict.fromkeys(names))
        return [head for head in found if head is not None]

    def facts_of(
        self,
        business_id: str,
        customer_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        posted_only: bool = False,
        newest: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Fact]:
        listing = ("facts_of", business_id, customer_id, f"{since}{until}{posted_only}{newest}")
        start = read_cursor(listing, cursor, 4)
        after: Place | None = None
        if start is not None:
            after = (datetime.fromisoformat(start[0]), start[1], start[2], int(start[3]))
        with self.lock:
            self._catch_up()
            rows = self._histories.rows((business_id, customer_id), after, newest=newest)
            facts = (self._fact(*row) for _, row in rows)
            fitting = (
                fact
                for fact in facts
                if (since or EARLIEST) <= fact.at < (until or LATEST)
                and (fact.legs or not posted_only)
            )
            found = list(islice(fitting, limit + 1))
        if len(found) <= limit:
            return Page(tuple(found))
        last = found[limit - 1]
        end = (last.at.isoformat(), last.subject.value, last.subject_id, str(last.seq))
        return Page(tuple(found[:limit]), make_cursor(listing, end))


def _listed(entry: Entry) -> Listed:
    listed = listed_fact(entry.fact, entry.head) if entry.fact else None
    if isinstance(entry.head, Invoice) and entry.fact is None:
        listed = listed_invoice(entry.head)
    assert listed is not None
    return listed
