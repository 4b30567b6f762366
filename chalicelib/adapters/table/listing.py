"""The lists that staff sort and filter, the search's words, and a customer's history in time.

Each page is a query of each shelf and one batch of what it found. Nothing scans, and what a page
costs does not grow with what is not on it.
"""

from __future__ import annotations

import heapq
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from chalicelib.adapters.cursors import make_cursor, read_cursor
from chalicelib.adapters.table import keys, shelves
from chalicelib.adapters.table.base import TableBase
from chalicelib.adapters.table.layout import Row, read_fact, read_head
from chalicelib.adapters.table.shelves import Span
from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import BrokenRecord, InvalidInput
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.listing import Shelf, listed_fact
from chalicelib.ports.answers import Page
from chalicelib.ports.lists import Entry, Found, Order, Wanted
from chalicelib.ports.rows import Aggregate

HEAD_ITSELF = "-"  # in a cursor: the row is a head, not a fact
PAYING = frozenset({Subject.INVOICE, Subject.CUSTOMER})  # whose facts may be payments
NAMED = {"due_sort": "by_due", "amount_sort": "by_amount", "name_sort": "by_name"}


@dataclass(frozen=True, slots=True, order=True)
class Standing:
    """A row as an index shows it."""

    place: str
    pk: str
    sk: str
    shelf: int = 0  # which of the wanted ones


class Listing(TableBase):
    """Finds through indexes, reads consistently."""

    def listed(
        self, business_id: str, wanted: Wanted, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Entry]:
        listing = ("listed", business_id, repr(wanted))
        if wanted.customer_id is not None:
            return self._payments_of(business_id, wanted.customer_id, wanted, limit, cursor)
        first, after = self._start(business_id, wanted, read_cursor(listing, cursor, 2))
        found = self._on_shelves(business_id, wanted, first, after, limit + 1)
        shown = found[:limit]
        entries = self._entries(business_id, shown)
        current = tuple(
            entry
            for entry, standing in zip(entries, shown, strict=True)
            if shelves.entry_listed(entry.fact, entry.head).shelf == wanted.shelves[standing.shelf]
        )
        if len(found) <= limit:
            return Page(current)
        return Page(current, make_cursor(listing, _end(wanted, shown[-1])))

    def _payments_of(
        self, business_id: str, customer_id: str, wanted: Wanted, limit: int, cursor: str | None
    ) -> Page[Entry]:
        """Of a page of the customer's history, what is a payment of the wanted shelves."""
        assert wanted.order is Order.AT, wanted.order
        listing = ("listed", business_id, repr(wanted))
        start = read_cursor(listing, cursor, 1)
        found = self._history(
            business_id, customer_id, (shelves.POSTED, shelves.QUIET), wanted, start, limit + 1
        )
        shown = found[:limit]
        paying = [one for one in shown if keys.subject_of(one.pk)[1] in PAYING]
        current: list[Entry] = []
        for entry in self._entries(business_id, paying):
            assert entry.fact is not None
            place = listed_fact(entry.fact, entry.head)
            if place is not None and place.shelf in wanted.shelves:
                current.append(entry)
        end = make_cursor(listing, (shown[-1].place,)) if len(found) > limit else None
        return Page(tuple(current), end)

    def _start(
        self, business_id: str, wanted: Wanted, place: tuple[str, ...] | None
    ) -> tuple[int, str | None]:
        """The shelf to begin with, and the place on it after which to go on.

        By name the cursor holds ids, so that no name gets into addresses and logs.
        """
        if place is None:
            return 0, None
        if wanted.order is Order.STATUS:
            if not place[0].isdigit() or int(place[0]) >= len(wanted.shelves):
                raise InvalidInput("cursor_invalid", "This cursor does not belong to this list.")
            return int(place[0]), place[1]
        if wanted.order is not Order.CUSTOMER_NAME:
            return 0, place[1]
        subject, _, subject_id = place[0].partition("/")
        if subject not in PAYING:
            raise InvalidInput("cursor_invalid", "This cursor does not belong to this list.")
        pk = keys.collection(business_id, Subject(subject), subject_id)
        sk = keys.HEAD if place[1] == HEAD_ITSELF else keys.fact_sort(place[1])
        (entry,) = self._entries(business_id, [Standing("", pk, sk)])
        listed = shelves.entry_listed(entry.fact, entry.head)
        return 0, shelves.place_of(listed, wanted.order)

    def _on_shelves(
        self, business_id: str, wanted: Wanted, first: int, after: str | None, count: int
    ) -> list[Standing]:
        """The next `count` rows: of all shelves together, or by status one after the other."""
        if wanted.order is not Order.STATUS:
            runs = [
                self._shelf(business_id, wanted, index, after, count)
                for index in range(len(wanted.shelves))
            ]
            return list(heapq.merge(*runs, reverse=wanted.backwards))[:count]
        found: list[Standing] = []
        for index in range(first, len(wanted.shelves)):
            found += self._shelf(business_id, wanted, index, after, count - len(found))
            after = None
            if len(found) >= count:
                break
        return found

    def _shelf(
        self, business_id: str, wanted: Wanted, index: int, after: str | None, count: int
    ) -> list[Standing]:
        sort = shelves.SORTS[wanted.order]
        shelf: Shelf = wanted.shelves[index]
        rows = self._span(
            NAMED.get(sort, "by_time"),
            sort,
            shelves.shelf_key(business_id, shelf),
            shelves.wanted_span(wanted),
            after=after,
            backwards=wanted.backwards,
            count=count,
        )
        return [Standing(place, row.pk, row.sk, index) for place, row in rows]

    def _span(
        self,
        index: str,
        attribute: str,
        partition: str,
        span: Span,
        *,
        after: str | None,
        backwards: bool,
        count: int,
    ) -> list[tuple[str, Row]]:
        """Up to `count` rows of one partition of an index, within `span` and beyond `after`."""
        self._connect()
        low, high = span.low, span.high
        if after is not None:
            low, high = (low, min(high, after)) if backwards else (max(low, after), high)
        if low > high:
            return []
        query = getattr(self._model, f"{index}_index").query
        between = getattr(self._model, attribute).between(low, high)
        # Both ends are included, so the row where the last page ended may come once more.
        rows: list[Row] = self._calls.run(
            lambda: list(
                query(partition, between, scan_index_forward=not backwards, limit=count + 1)
            )
        )
        found = [(str(getattr(row, attribute)), row) for row in rows]
        return [(place, row) for place, row in found if place != after][:count]

    def _entries(self, business_id: str, standings: Sequence[Standing]) -> list[Entry]:
        """What was found, read consistently: the heads, and the facts where those were found."""
        heads = [(one.pk, keys.HEAD) for one in standings]
        facts = [(one.pk, one.sk) for one in standings if one.sk != keys.HEAD]
        rows = self._get_all(list(dict.fromkeys([*heads, *facts])), business_id)
        entries: list[Entry] = []
        for one in standings:
            if (one.pk, keys.HEAD) not in rows or (one.pk, one.sk) not in rows:
                raise InvalidInput("cursor_invalid", "This cursor does not belong to this list.")
            subject = keys.subject_of(one.pk)[1]
            head = read_head(rows[one.pk, keys.HEAD], business_id, subject)
            assert isinstance(head, Invoice | Customer)
            is_head = one.sk == keys.HEAD
            fact = None if is_head else read_fact(rows[one.pk, one.sk], business_id)
            entries.append(Entry(head, fact))
        return entries

    # --- Words -----------------------------------------------------------------------------------

    def found(self, business_id: str, prefix: str, *, limit: int = 50) -> list[Found]:
        rows = self._span(
            "kind",
            "kind_sort",
            shelves.words_key(business_id),
            Span(prefix or "\x01", f"{prefix}{shelves.LAST}"),
            after=None,
            backwards=False,
            count=limit,
        )
        # A name that was changed and kept a word says it twice.
        return list(dict.fromkeys(shelves.found_word(sort) for sort, _ in rows))

    def read_heads(self, business_id: str, names: Sequence[tuple[Subject, str]]) -> list[Aggregate]:
        wanted = {keys.collection(business_id, *name): name[0] for name in names}
        rows = self._get_all([(pk, keys.HEAD) for pk in wanted], business_id)
        return [
            read_head(rows[pk, keys.HEAD], business_id, subject)
            for pk, subject in wanted.items()
            if (pk, keys.HEAD) in rows
        ]

    # --- A customer's history --------------------------------------------------------------------

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
        wanted = Wanted((), Order.AT, newest, since=since, until=until)
        listing = ("facts_of", business_id, customer_id, repr(wanted), str(posted_only))
        start = read_cursor(listing, cursor, 1)
        groups = (shelves.POSTED,) if posted_only else (shelves.POSTED, shelves.QUIET)
        found = self._history(business_id, customer_id, groups, wanted, start, limit + 1)
        shown = found[:limit]
        rows_read = self._get_all([(one.pk, one.sk) for one in shown], business_id)
        if len(rows_read) != len(shown):
            raise BrokenRecord(f"the history of {customer_id} names a fact that is not there")
        facts = tuple(read_fact(rows_read[one.pk, one.sk], business_id) for one in shown)
        end = make_cursor(listing, (shown[-1].place,)) if len(found) > limit else None
        return Page(facts, end)

    def _history(
        self,
        business_id: str,
        customer_id: str,
        groups: Sequence[str],
        wanted: Wanted,
        start: tuple[str, ...] | None,
        count: int,
    ) -> list[Standing]:
        """The next `count` facts of a customer, its subscriptions and invoices, by time."""
        span, runs = shelves.wanted_span(wanted), []
        for group in groups:
            rows = self._span(
                "owner",
                "owner_sort",
                shelves.history_key(business_id, customer_id),
                Span(keys.in_group(group, span.low), keys.in_group(group, span.high)),
                after=keys.in_group(group, start[0]) if start else None,
                backwards=wanted.backwards,
                count=count,
            )
            runs.append([Standing(sort[2:], row.pk, row.sk) for sort, row in rows])
        return list(heapq.merge(*runs, reverse=wanted.backwards))[:count]


def _end(wanted: Wanted, last: Standing) -> tuple[str, str]:
    """Where a page ended: never a name."""
    if wanted.order is Order.CUSTOMER_NAME:
        _, subject, subject_id = keys.subject_of(last.pk)
        name = f"{subject.value}/{subject_id}"
        return name, HEAD_ITSELF if last.sk == keys.HEAD else last.sk.removeprefix(keys.FACT)
    return str(last.shelf), last.place
