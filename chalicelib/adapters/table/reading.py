"""Heads, histories and lists. What an index finds is only a name: heads are read consistently."""

from __future__ import annotations

import heapq
from collections.abc import Callable, Sequence
from itertools import islice
from typing import Any, TypeVar

from chalicelib.adapters.cursors import make_cursor, read_cursor
from chalicelib.adapters.heads import Heads, absent
from chalicelib.adapters.table import keys
from chalicelib.adapters.table.base import TableBase
from chalicelib.adapters.table.layout import read_fact, read_head
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dispute import Dispute, DisputeStage
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.fraud_warning import FraudWarning, WarningStage
from chalicelib.domain.group import Group
from chalicelib.domain.import_run import ImportRun
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.subscription import Subscription
from chalicelib.ports.answers import Page
from chalicelib.ports.rows import Aggregate

A = TypeVar("A", bound=Aggregate)
Found = tuple[str, str]  # place within the list, partition key


class Reading(TableBase, Heads):
    """Loads one subject, or lists many."""

    def _head(self, business_id: str, subject: Subject, subject_id: str) -> Any:
        key = (keys.collection(business_id, subject, subject_id), keys.HEAD)
        row = self._get(key, business_id)
        if row is None:
            raise absent(subject)
        return read_head(row, business_id, subject)

    def facts(self, business_id: str, subject: Subject, subject_id: str) -> list[Fact]:
        partition = keys.collection(business_id, subject, subject_id)
        rows = self._query(partition, self._model.sk.startswith(keys.FACT), business_id)
        found = [read_fact(row, business_id) for row in rows]
        if not found:
            raise absent(subject)
        return sorted(found, key=lambda fact: fact.seq)

    # --- Lists -----------------------------------------------------------------------------------

    def invoices(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Invoice]:
        return self._kind(business_id, Subject.INVOICE, limit, cursor)

    def subscriptions(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Subscription]:
        return self._kind(business_id, Subject.SUBSCRIPTION, limit, cursor)

    def groups(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Group]:
        return self._by_name(business_id, Subject.GROUP, self.group, limit, cursor)

    def import_runs(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[ImportRun]:
        return self._kind(business_id, Subject.IMPORT, limit, cursor)

    def payment_plans(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[PaymentPlan]:
        return self._kind(business_id, Subject.PLAN, limit, cursor)

    def payment_plans_of(
        self, business_id: str, customer_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[PaymentPlan]:
        listing = ("plans_of", business_id, customer_id)
        start = read_cursor(listing, cursor, 1)
        partition = keys.owner_key(business_id, customer_id, Subject.PLAN)
        found = self._find("owner", partition, keys.GROUPS, start, limit, newest=True)
        return self._page(business_id, Subject.PLAN, listing, found, limit)

    def _kind(
        self, business_id: str, subject: Subject, limit: int, cursor: str | None
    ) -> Page[Any]:
        """Newest first, all groups together."""
        listing = ("kind", business_id, subject.value)
        start = read_cursor(listing, cursor, 1)
        partition = keys.list_key(business_id, subject)
        found = self._find("kind", partition, keys.GROUPS, start, limit, newest=True)
        return self._page(business_id, subject, listing, found, limit)

    def invoices_of(
        self,
        business_id: str,
        customer_id: str,
        *,
        open_only: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Invoice]:
        listing = ("invoices_of", business_id, customer_id, str(open_only))
        start = read_cursor(listing, cursor, 1)
        partition = keys.owner_key(business_id, customer_id, Subject.INVOICE)
        groups = (keys.OPEN,) if open_only else keys.GROUPS
        found = self._find("owner", partition, groups, start, limit)
        page: Page[Invoice] = self._page(business_id, Subject.INVOICE, listing, found, limit)
        if not open_only:
            return page
        # The index may lag behind: an invoice paid a moment ago is still listed as open there.
        return Page(tuple(one for one in page.items if one.is_open), page.cursor)

    def subscriptions_of(
        self, business_id: str, customer_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Subscription]:
        listing = ("subscriptions_of", business_id, customer_id)
        start = read_cursor(listing, cursor, 1)
        partition = keys.owner_key(business_id, customer_id, Subject.SUBSCRIPTION)
        found = self._find("owner", partition, keys.GROUPS, start, limit, newest=True)
        return self._page(business_id, Subject.SUBSCRIPTION, listing, found, limit)

    def customers(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Customer]:
        return self._by_name(business_id, Subject.CUSTOMER, self.customer, limit, cursor)

    def _by_name(
        self,
        business_id: str,
        subject: Subject,
        read: Callable[[str, str], Aggregate],
        limit: int,
        cursor: str | None,
    ) -> Page[Any]:
        """By name. The cursor holds an id instead: addresses and logs are no place for names."""
        listing = (f"{subject.value}s", business_id)
        start = read_cursor(listing, cursor, 1)
        if start is not None:
            start = (keys.list_place(read(business_id, start[0])),)
        partition = keys.list_key(business_id, subject)
        found = self._find("kind", partition, (keys.OPEN,), start, limit)
        return self._page(business_id, subject, listing, found, limit, by_id=True)

    def disputes(
        self,
        business_id: str,
        *,
        stages: Sequence[DisputeStage],
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Dispute]:
        return self._of_stages(business_id, Subject.DISPUTE, stages, limit, cursor)

    def fraud_warnings(
        self,
        business_id: str,
        *,
        stages: Sequence[WarningStage],
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[FraudWarning]:
        return self._of_stages(business_id, Subject.FRAUD_WARNING, stages, limit, cursor)

    def _of_stages(
        self,
        business_id: str,
        subject: Subject,
        stages: Sequence[DisputeStage | WarningStage],
        limit: int,
        cursor: str | None,
    ) -> Page[Any]:
        """Some columns of a board; what has moved to another one meanwhile is left out."""
        listing = (f"{subject.value}s", business_id, *stages)
        start = read_cursor(listing, cursor, 1)
        partition = keys.list_key(business_id, subject)
        groups = [keys.STAGES[stage] for stage in stages]
        found = self._find("kind", partition, groups, start, limit)
        page = self._page(business_id, subject, listing, found, limit)
        return Page(tuple(one for one in page.items if one.stage in stages), page.cursor)

    def businesses(self, *, limit: int = 50, cursor: str | None = None) -> Page[Business]:
        listing = ("businesses",)
        start = read_cursor(listing, cursor, 1)
        partition = keys.list_key("", Subject.BUSINESS)
        found = self._find("kind", partition, (keys.OPEN,), start, limit)
        return self._page(None, Subject.BUSINESS, listing, found, limit)

    def business_of_account(self, stripe_account: str) -> str | None:
        row = self._get(keys.account(stripe_account), None)
        if row is None or row.owner is None:
            return None
        # It may have been connected to another account since.
        return row.owner if self.business(row.owner).stripe_account == stripe_account else None

    def _find(
        self,
        index: str,
        partition: str,
        groups: Sequence[str],
        start: tuple[str, ...] | None,
        limit: int,
        *,
        newest: bool = False,
    ) -> list[Found]:
        """Up to `limit + 1` rows beyond `start`; each group is a range of the index of its own."""
        self._connect()
        runs = [self._range(index, partition, group, start, limit, newest) for group in groups]
        merged = heapq.merge(*runs, reverse=newest)
        once: dict[str, str] = {}  # a row may move to another group between two of the queries
        for place, pk in merged:
            once.setdefault(pk, place)
        return [(place, pk) for pk, place in islice(once.items(), limit + 1)]

    def _range(
        self,
        index: str,
        partition: str,
        group: str,
        start: tuple[str, ...] | None,
        limit: int,
        newest: bool,
    ) -> list[Found]:
        by_kind = index == "kind"
        query: Callable[..., Any] = (
            self._model.kind_index.query if by_kind else self._model.owner_index.query
        )
        sort = self._model.kind_sort if by_kind else self._model.owner_sort
        low, high = keys.in_group(group, ""), keys.group_end(group)
        if start is not None:
            edge = keys.in_group(group, start[0])
            low, high = (low, edge) if newest else (edge, high)
        # Both ends are included, so the row where the last page ended may come once more.
        rows = self._calls.run(
            lambda: list(
                query(
                    partition,
                    sort.between(low, high),
                    scan_index_forward=not newest,
                    limit=limit + 2,
                )
            )
        )
        places = [
            (str(row.kind_sort if by_kind else row.owner_sort)[2:], str(row.pk)) for row in rows
        ]
        return [found for found in places if start is None or found[0] != start[0]]

    def _page(
        self,
        business_id: str | None,
        subject: Subject,
        listing: tuple[str, ...],
        found: list[Found],
        limit: int,
        *,
        by_id: bool = False,
    ) -> Page[Any]:
        """The heads that were found; `business_id` None: each row is its own business's."""
        names = [keys.subject_of(pk) for _, pk in found[:limit]]
        for owner, kind, _ in names:
            if kind is not subject or owner != (business_id or owner):
                raise BrokenRecord(f"the list {listing} holds a {kind.value} of {owner}")
        rows = self._get_all([(pk, keys.HEAD) for _, pk in found[:limit]], business_id)
        heads = [
            read_head(rows[pk, keys.HEAD], name[0], subject)
            for (_, pk), name in zip(found, names, strict=False)
        ]
        if len(found) <= limit:
            return Page(tuple(heads))
        end = heads[-1].id if by_id else found[limit - 1][0]
        return Page(tuple(heads), make_cursor(listing, (end,)))
