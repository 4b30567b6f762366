"""The desk's lists and its search: which index serves a wish, and what is sifted from a page.

What an index serves is a range of it. Every other filter is applied to what a page has read, and a
page reads at most `MOST_ROUNDS` times: it may be short, or empty, and its cursor goes on.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from enum import StrEnum
from typing import TypeVar

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import instant, local_date
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.finding import folded
from chalicelib.domain.invoice import OPEN, Invoice, InvoiceStatus, Purpose
from chalicelib.domain.listing import (
    PaymentState,
    Shelf,
    money_of,
    shelves_of_invoices,
    shelves_of_payments,
)
from chalicelib.ports import Ports
from chalicelib.ports.answers import Page
from chalicelib.ports.lists import Entry, Order, Wanted

T = TypeVar("T")
MOST_ROUNDS = 4
_OPEN_STATES = frozenset({PaymentState.PENDING, PaymentState.PROCESSING})


class Sort(StrEnum):
    """By what, and which way round unless told otherwise."""

    CREATED_AT = "created_at"  # newest first; invoices alone
    PAID_AT = "paid_at"  # newest first; payments alone
    DUE_ON = "due_on"  # oldest first
    AMOUNT = "amount"  # high to low
    CUSTOMER_NAME = "customer_name"  # A to Z
    STATUS = "status"  # in the order of their lives, each by due date


_ORDERS = {
    Sort.PAID_AT: Order.AT,
    Sort.DUE_ON: Order.DUE_ON,
    Sort.AMOUNT: Order.AMOUNT,
    Sort.CUSTOMER_NAME: Order.CUSTOMER_NAME,
    Sort.STATUS: Order.STATUS,
}
_FALLS = frozenset({Sort.CREATED_AT, Sort.PAID_AT, Sort.AMOUNT})  # begins with the greatest


@dataclass(frozen=True, slots=True)
class Filters:
    """What is wanted of a list; None and empty let everything through. Days are inclusive."""

    customer_id: str | None = None
    and_customer_id: str | None = None  # as well, where a group's payer is asked for already
    group_id: str | None = None
    subscription_id: str | None = None
    customer_name: str = ""
    due_from: date | None = None
    due_to: date | None = None
    paid_from: date | None = None
    paid_to: date | None = None
    amount_from: int | None = None
    amount_to: int | None = None


def list_invoices(
    ports: Ports,
    business: Business,
    filters: Filters,
    *,
    statuses: tuple[InvoiceStatus, ...] = (),
    sort: Sort | None = None,
    reverse: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Invoice]:
    """Invoices proper; demands for money that are none stand among the payments."""
    chosen = tuple(status for status in InvoiceStatus if status in statuses) or tuple(InvoiceStatus)
    filters = _of_payer(ports, business, filters)

    def fits(invoice: Invoice) -> bool:
        right = invoice.purpose is Purpose.INVOICE and invoice.status in chosen
        return right and _fits(business, filters, invoice, invoice.totals.total, invoice.paid_at)

    def read(count: int, at: str | None) -> Page[Invoice]:
        store, customer_id = ports.store, filters.customer_id
        if customer_id is not None and sort in {None, Sort.DUE_ON} and not reverse:
            only_open = set(chosen) <= OPEN
            return store.invoices_of(
                business.id, customer_id, open_only=only_open, limit=count, cursor=at
            )
        if sort in {None, Sort.CREATED_AT}:
            return store.invoices(business.id, limit=count, cursor=at)
        shelves = shelves_of_invoices(*chosen)
        wanted = _wanted(business, filters, sort, shelves, reverse=reverse)
        page = store.listed(business.id, wanted, limit=count, cursor=at)
        found = tuple(entry.head for entry in page.items if isinstance(entry.head, Invoice))
        return Page(found, page.cursor)

    return sifted(read, fits, limit=limit, cursor=cursor)


def list_payments(
    ports: Ports,
    business: Business,
    filters: Filters,
    *,
    states: tuple[PaymentState, ...] = (),
    sort: Sort | None = None,
    reverse: bool = False,
    limit: int = 50,
    cursor: str | None = None,
) -> Page[Entry]:
    """What was paid, refused, refunded; and with every sort but by time, what is still awaited.

    By time unless told otherwise; by due date where what is awaited is asked for by name. Raises
    InvalidInput for a wish to have that by a time which it has not.
    """
    awaited = bool(_OPEN_STATES & set(states))
    if awaited and sort is Sort.PAID_AT:
        words = "What is pending or processing has no time of payment yet: sort by due_on."
        raise InvalidInput("sort_without_time", words)
    sort = sort or (Sort.DUE_ON if awaited else Sort.PAID_AT)
    chosen = tuple(state for state in PaymentState if state in states) or tuple(PaymentState)
    if sort is Sort.PAID_AT:
        chosen = tuple(state for state in chosen if state not in _OPEN_STATES)
    filters = _of_payer(ports, business, filters)
    wanted = _wanted(business, filters, sort, shelves_of_payments(*chosen), reverse=reverse)

    def fits(entry: Entry) -> bool:
        amount = amount_of(entry)
        at = entry.fact.at if entry.fact else None
        return _fits(business, filters, entry.head, amount, at)

    def read(count: int, at: str | None) -> Page[Entry]:
        return ports.store.listed(business.id, wanted, limit=count, cursor=at)

    return sifted(read, fits, limit=limit, cursor=cursor)


def sifted(
    read: Callable[[int, str | None], Page[T]],
    fits: Callable[[T], bool],
    *,
    limit: int,
    cursor: str | None,
) -> Page[T]:
    """Up to `limit` that fit, from a bounded number of reads. Never more: a cursor stands where a
    page that was read ended."""
    kept: list[T] = []
    for _ in range(MOST_ROUNDS):
        page = read(limit - len(kept), cursor)
        kept += [one for one in page.items if fits(one)]
        cursor = page.cursor
        if cursor is None or len(kept) == limit:
            break
    return Page(tuple(kept), cursor)


def _of_payer(ports: Ports, business: Business, filters: Filters) -> Filters:
    """A billing group's invoices are its payer's. Raises NotFound when there is no such group."""
    if filters.group_id is None:
        return filters
    payer_id = ports.store.group(business.id, filters.group_id).payer_id
    return replace(filters, customer_id=payer_id, and_customer_id=filters.customer_id)


def amount_of(entry: Entry) -> int:
    """What a payment's row shows: of an open demand, what is still owed."""
    said = money_of(entry.fact, entry.head) if entry.fact else None
    if said is not None:
        return said[1]
    return entry.head.amount_remaining if isinstance(entry.head, Invoice) else 0


def _wanted(
    business: Business, filters: Filters, sort: Sort, shelves: tuple[Shelf, ...], *, reverse: bool
) -> Wanted:
    backwards = (sort in _FALLS) != reverse and sort is not Sort.STATUS
    return Wanted(
        shelves=shelves,
        order=_ORDERS[sort],
        backwards=backwards,
        due_from=filters.due_from,
        due_to=filters.due_to,
        since=_begin_of(filters.paid_from, business.zone),
        until=_begin_of(filters.paid_to and filters.paid_to + timedelta(days=1), business.zone),
        amount_from=filters.amount_from,
        amount_to=filters.amount_to,
        name_prefix=filters.customer_name,
        customer_id=filters.customer_id if sort is Sort.PAID_AT else None,
    )


def _begin_of(day: date | None, zone: str) -> datetime | None:
    return instant(day, time(), zone) if day else None


def _fits(
    business: Business, filters: Filters, head: Invoice | Customer, amount: int, at: datetime | None
) -> bool:
    """Everything, whether or not an index has seen to it already."""
    day = local_date(at, business.zone) if at else None
    invoice = head if isinstance(head, Invoice) else None
    customer_id = invoice.customer_id if invoice else head.id
    name = invoice.bill_to.name if invoice else head.name  # type: ignore[union-attr]
    return (
        {filters.customer_id, filters.and_customer_id} <= {None, customer_id}
        and _belongs(filters, invoice)
        and folded(name).startswith(folded(filters.customer_name))
        and _between(filters.due_from, invoice.due_on if invoice else None, filters.due_to)
        and _between(filters.paid_from, day, filters.paid_to)
        and _between(filters.amount_from, amount, filters.amount_to)
    )


def _belongs(filters: Filters, invoice: Invoice | None) -> bool:
    """Whether it is for the subscription that is asked for."""
    if filters.subscription_id is None or invoice is None:
        return filters.subscription_id is None
    lines = {line.subscription_id for line in invoice.lines}
    return filters.subscription_id in lines | {invoice.subscription_id}


def _between(low: T | None, value: T | None, high: T | None) -> bool:
    if low is None and high is None:
        return True
    if value is None:
        return False
    return (low is None or low <= value) and (high is None or value <= high)  # type: ignore[operator]
