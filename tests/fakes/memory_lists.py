"""The memory store's heads and the lists of them: what is found by an index is read exactly."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from typing import Any

from chalicelib.adapters.cursors import make_cursor, read_cursor
from chalicelib.adapters.heads import Heads, absent
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import iso
from chalicelib.domain.dispute import Dispute, DisputeStage
from chalicelib.domain.facts import Subject
from chalicelib.domain.fraud_warning import FraudWarning, WarningStage
from chalicelib.domain.group import Group
from chalicelib.domain.import_run import ImportRun
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.subscription import Subscription
from chalicelib.ports.answers import Page
from chalicelib.ports.rows import Aggregate
from tests.fakes.memory_index import MemoryIndex
from tests.fakes.memory_side import MemorySide

Name = tuple[str, Subject, str]  # business, subject, id


def _wall() -> datetime:
    return datetime.now(UTC)


def _list_sort(head: Aggregate) -> tuple[str, ...]:
    if isinstance(head, Invoice):
        return iso(head.created_at), head.id
    if isinstance(head, Subscription):
        return head.start_on.isoformat(), head.id
    if isinstance(head, Dispute):
        return iso(head.due_by or head.opened_at), head.id
    if isinstance(head, FraudWarning):
        return iso(head.warned_at), head.id
    if isinstance(head, ImportRun | PaymentPlan):
        return iso(head.created_at), head.id
    if isinstance(head, Customer | Group):
        return head.name.casefold()[:64], head.id
    return (head.id,)


def _owned_sort(head: Invoice | Subscription | PaymentPlan) -> tuple[Any, ...]:
    if isinstance(head, PaymentPlan):
        return iso(head.created_at), head.id, True
    if isinstance(head, Subscription):
        return head.start_on.isoformat(), head.id, True
    return (head.due_on or date.max).isoformat(), head.id, head.is_open


class MemoryLists(MemorySide, Heads):
    """Two thirds of MemoryStore: heads, and the lists that machines read."""

    def __init__(self, clock: Callable[[], datetime] | None = None) -> None:
        super().__init__()
        self.heads: dict[Name, Any] = {}
        self.accounts: dict[str, str] = {}  # business by connected Stripe account
        self._due, self._lists, self._owned = (MemoryIndex(clock or _wall) for _ in range(3))

    @property
    def index_lag(self) -> timedelta:
        return self._due.lag

    @index_lag.setter
    def index_lag(self, lag: timedelta) -> None:
        for index in self._indexes():
            index.lag = lag

    def _indexes(self) -> list[MemoryIndex]:
        return [self._due, self._lists, self._owned]

    def _head(self, business_id: str, subject: Subject, subject_id: str) -> Any:
        head = self.heads.get((business_id, subject, subject_id))
        if head is None:
            raise absent(subject)
        return head

    def _list(self, name: Name, head: Aggregate) -> None:
        if isinstance(head, Business):
            self._lists.move(name, (Subject.BUSINESS, _list_sort(head)))
            if head.stripe_account:
                self.accounts[head.stripe_account] = head.id
            return
        self._lists.move(name, (name[:2], _list_sort(head)))
        if isinstance(head, Invoice | Subscription | PaymentPlan):
            self._owned.move(name, ((*name[:2], head.customer_id), _owned_sort(head)))

    def _page(
        self,
        index: MemoryIndex,
        partition: Any,
        after: tuple[Any, ...] | None,
        limit: int,
        *,
        newest: bool = False,
        open_only: bool = False,
    ) -> tuple[list[Any], tuple[Any, ...] | None]:
        """Heads of a page, and the sort of its last row when more rows follow."""
        with self.lock:
            rows = index.rows(partition, after, newest=newest)
            found = list(islice((row for row in rows if not open_only or row[0][2]), limit + 1))
            end = found[limit - 1][0] if len(found) > limit else None
            return [self.heads[name] for _, name in found[:limit]], end

    def invoices(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Invoice]:
        listing = ("invoices", business_id)
        after = read_cursor(listing, cursor, 2)
        partition = (business_id, Subject.INVOICE)
        found, end = self._page(self._lists, partition, after, limit, newest=True)
        return Page(tuple(found), make_cursor(listing, end) if end else None)

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
        place = read_cursor(listing, cursor, 2)
        after = (*place, True) if place else None  # behind both kinds of row of that id
        partition = (business_id, Subject.INVOICE, customer_id)
        found, end = self._page(self._owned, partition, after, limit, open_only=open_only)
        kept = tuple(one for one in found if one.is_open or not open_only)
        return Page(kept, make_cursor(listing, end[:2]) if end else None)

    def customers(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Customer]:
        return self._by_name(business_id, Subject.CUSTOMER, limit, cursor)

    def groups(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Group]:
        return self._by_name(business_id, Subject.GROUP, limit, cursor)

    def _by_name(
        self, business_id: str, subject: Subject, limit: int, cursor: str | None
    ) -> Page[Any]:
        listing = (f"{subject.value}s", business_id)
        place = read_cursor(listing, cursor, 1)  # an id: addresses are no place for names
        after = _list_sort(self._head(business_id, subject, place[0])) if place else None
        found, end = self._page(self._lists, (business_id, subject), after, limit)
        return Page(tuple(found), make_cursor(listing, end[1:]) if end else None)

    def payment_plans(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[PaymentPlan]:
        listing = ("plans", business_id)
        after = read_cursor(listing, cursor, 2)
        partition = (business_id, Subject.PLAN)
        found, end = self._page(self._lists, partition, after, limit, newest=True)
        return Page(tuple(found), make_cursor(listing, end) if end else None)

    def payment_plans_of(
        self, business_id: str, customer_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[PaymentPlan]:
        listing = ("plans_of", business_id, customer_id)
        after = read_cursor(listing, cursor, 2)
        partition = (business_id, Subject.PLAN, customer_id)
        found, end = self._page(self._owned, partition, after, limit, newest=True)
        return Page(tuple(found), make_cursor(listing, end[:2]) if end else None)

    def import_runs(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[ImportRun]:
        listing = ("imports", business_id)
        after = read_cursor(listing, cursor, 2)
        partition = (business_id, Subject.IMPORT)
        found, end = self._page(self._lists, partition, after, limit, newest=True)
        return Page(tuple(found), make_cursor(listing, end) if end else None)

    def subscriptions(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Subscription]:
        listing = ("subscriptions", business_id)
        after = read_cursor(listing, cursor, 2)
        partition = (business_id, Subject.SUBSCRIPTION)
        found, end = self._page(self._lists, partition, after, limit, newest=True)
        return Page(tuple(found), make_cursor(listing, end) if end else None)

    def subscriptions_of(
        self, business_id: str, customer_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Subscription]:
        listing = ("subscriptions_of", business_id, customer_id)
        after = read_cursor(listing, cursor, 2)
        partition = (business_id, Subject.SUBSCRIPTION, customer_id)
        found, end = self._page(self._owned, partition, after, limit, newest=True)
        return Page(tuple(found), make_cursor(listing, end[:2]) if end else None)

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
        listing = (f"{subject.value}s", business_id, *stages)
        after = read_cursor(listing, cursor, 2)
        partition = (business_id, subject)
        with self.lock:
            rows = self._lists.rows(partition, after)
            heads = ((sort, self.heads[name]) for sort, name in rows)
            found = list(islice((row for row in heads if row[1].stage in stages), limit + 1))
        end = found[limit - 1][0] if len(found) > limit else None
        kept = tuple(head for _, head in found[:limit])
        return Page(kept, make_cursor(listing, end) if end else None)

    def businesses(self, *, limit: int = 50, cursor: str | None = None) -> Page[Business]:
        listing = ("businesses",)
        after = read_cursor(listing, cursor, 1)
        found, end = self._page(self._lists, Subject.BUSINESS, after, limit)
        return Page(tuple(found), make_cursor(listing, end) if end else None)

    def business_of_account(self, stripe_account: str) -> str | None:
        business_id = self.accounts.get(stripe_account)
        if business_id is None or self.business(business_id).stripe_account != stripe_account:
            return None
        return business_id
