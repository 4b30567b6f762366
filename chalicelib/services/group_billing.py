"""Billing a group: its members' periods on one invoice of its payer, each period once.

The invoice, its number and every period that stands on it are one transaction, so a period is never
billed both alone and with its group, and none is lost. Several periods of a subscription are
several lines. What one transaction cannot hold goes on a second invoice.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from functools import partial
from itertools import count

from chalicelib.domain import group as rules
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain import keys
from chalicelib.domain.canonical import canonical
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import Period, instant, local_date
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.facts import SYSTEM, Actor, Subject
from chalicelib.domain.group import Group
from chalicelib.domain.group_facts import BillingDayPassed, GroupBilled
from chalicelib.domain.invoice import Invoice, Line, totals_of
from chalicelib.domain.party_facts import PeriodBilled
from chalicelib.domain.record import on_party
from chalicelib.domain.subscription import BILLING_HOUR, Subscription, SubscriptionStatus, may_bill
from chalicelib.ports import Ports
from chalicelib.ports.answers import all_of
from chalicelib.ports.rows import Change, NumberRange
from chalicelib.services.case import Case, again_when_stale, now_of
from chalicelib.services.invoices import charge_at, created, draft_of
from chalicelib.services.subscriptions import days_before

# Two rows for each subscription, two each for invoice and group, and the counter: 45 leave room.
MOST_SUBSCRIPTIONS = 45
# A row holds 400 KB, and an invoice's grows as it is charged.
MOST_BYTES = 150_000
LONGEST_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Share:
    """A member's period, as a line of the group's invoice."""

    customer: Customer
    subscription: Subscription
    index: int
    line: Line

    @property
    def period(self) -> Period:
        assert self.line.period is not None
        return self.line.period


@dataclass(frozen=True, slots=True)
class LeftOut:
    """A member's subscription of which nothing is billed now, and why."""

    customer_id: str
    subscription_id: str
    reason: str


@dataclass(frozen=True, slots=True)
class PlannedInvoice:
    """What one invoice of the group would hold."""

    lines: tuple[Line, ...]
    total: int


@dataclass(frozen=True, slots=True)
class GroupPreview:
    invoices: tuple[PlannedInvoice, ...]
    left_out: tuple[LeftOut, ...]


def preview(ports: Ports, business_id: str, group_id: str, last_on: date | None) -> GroupPreview:
    """The invoices that billing the group up to `last_on` would make. Nothing is written."""
    book = Book(ports, business_id, group_id, last=_last_day(ports, business_id, last_on))
    running = book.subscriptions(book.ids())
    left_out = tuple(
        LeftOut(one.customer_id, one.id, reason) for one in running if (reason := book.why_not(one))
    )
    planned: list[PlannedInvoice] = []
    while shares := book.shares(running)[0]:
        lines = tuple(share.line for share in shares)
        planned.append(PlannedInvoice(lines, totals_of(lines).total))
        billed = Counter(share.subscription.id for share in shares)
        running = [replace(one, next_index=one.next_index + billed[one.id]) for one in running]
    return GroupPreview(tuple(planned), left_out)


def bill_group(
    ports: Ports,
    business_id: str,
    group_id: str,
    *,
    actor: Actor,
    request_id: str,
    last_on: date | None = None,
) -> list[Invoice]:
    """Bill every period of a member that begins up to `last_on`, today if not given, and is not
    billed yet, as the lines of one invoice; it goes to the group's address.

    Asked again with the same `request_id` it gives what it made before, and what is left.
    """
    last = _last_day(ports, business_id, last_on)
    history = ports.store.facts(business_id, Subject.GROUP, group_id)
    made = [
        ports.store.invoice(business_id, fact.data.invoice_id)
        for fact in history
        if isinstance(fact.data, GroupBilled) and fact.data.request_id == request_id
    ]
    book = Book(ports, business_id, group_id, last=last)
    return [*made, *_bill(book, book.ids(), actor, request_id)]


def bill_due_members(
    ports: Ports, business_id: str, group_id: str, due: Iterable[str]
) -> list[Invoice]:
    """The billing run has found subscriptions of members due: all of the group that are due now
    come with them."""
    book = Book(ports, business_id, group_id, last=None)
    return _bill(book, sorted({*due, *book.ids()}), SYSTEM, "")


def bill_day_once(ports: Ports, business_id: str, group_id: str) -> tuple[bool, Invoice | None]:
    """What has begun by the billing day that has come, on one invoice; the day is over with it,
    unless there is more than one invoice holds. False when no day has come."""
    book = Book(ports, business_id, group_id, last=None)
    group, zone = book.group, book.business.zone
    if group.next_bill_at is None or group.next_bill_at > book.now:
        return False, None
    book.last = on = local_date(group.next_bill_at, zone)
    shares, more = book.shares(book.subscriptions(book.ids()))
    following = rules.day_after(group, zone)
    if shares:
        return True, _write(book, shares, SYSTEM, "", None if more else following)
    change = Change(*on_party(group, BillingDayPassed(on, following), at=book.now))
    ports.store.append([change], clock_id=book.business.test_clock_id)
    return True, None


def _last_day(ports: Ports, business_id: str, last_on: date | None) -> date:
    business = ports.store.business(business_id)
    today = local_date(now_of(ports, business), business.zone)
    if last_on is not None and last_on > today + LONGEST_AHEAD:
        raise InvalidInput("billed_too_far_ahead", "Bill at most a year ahead.")
    return last_on or today


class Book:
    """The group as it is now, its members, and which of their periods are to be billed.

    `last`: those that begin up to that day; None: those that are due.
    """

    def __init__(self, ports: Ports, business_id: str, group_id: str, *, last: date | None) -> None:
        self.ports, self.last = ports, last
        self.business = ports.store.business(business_id)
        self.group = ports.store.group(business_id, group_id)
        self.payer = ports.store.customer(business_id, self.group.payer_id)
        self.now = now_of(ports, self.business)
        self._members: dict[str, Customer] = {}

    def anew(self) -> Book:
        return Book(self.ports, self.business.id, self.group.id, last=self.last)

    def member(self, customer_id: str) -> Customer:
        known = self._members.get(customer_id)
        if known is None:
            known = self.ports.store.customer(self.business.id, customer_id)
            self._members[customer_id] = known
        return known

    def ids(self) -> list[str]:
        """Every subscription of everybody who is or was a member."""
        members = dict.fromkeys(one.customer_id for one in self.group.members)
        return [one for member in members for one in ids_of(self.ports, self.business.id, member)]

    def subscriptions(self, ids: Iterable[str]) -> list[Subscription]:
        return [self.ports.store.subscription(self.business.id, one) for one in ids]

    def shares(self, running: Iterable[Subscription]) -> tuple[list[Share], bool]:
        """What the next invoice holds, and whether there is more than it can: the earliest periods,
        then sorted as they are printed, each member's together."""
        found = [share for one in running for share in self._shares(one)]
        found.sort(key=lambda share: (share.period.start_on, share.subscription.id))
        taken = _fitting(found)
        more = len(taken) < len(found)
        taken.sort(key=lambda share: (share.customer.name.casefold(), share.customer.id,
                                      share.subscription.id, share.index))  # fmt: skip
        return taken, more

    def _shares(self, one: Subscription) -> Iterator[Share]:
        """Its periods that are wanted now, from the next one on."""
        for index in count(one.next_index):
            line = one.line(index)
            if line is None or line.period is None:
                return
            starts_on = line.period.start_on
            wanted = may_bill(one, starts_on) and self._is_wanted(one, index, starts_on)
            if not wanted or not self.group.covers(one.customer_id, starts_on):
                return
            customer = self.member(one.customer_id)
            yield Share(customer, one, index, replace(line, customer_name=customer.name))

    def _is_wanted(self, one: Subscription, index: int, starts_on: date) -> bool:
        if self.last is not None:
            return starts_on <= self.last
        at = one.next_bill_at
        if at is not None and index > one.next_index:
            at = instant(starts_on, BILLING_HOUR, self.business.zone)
        return at is not None and at <= self.now

    def why_not(self, one: Subscription) -> str:
        """In words, why nothing of a subscription is billed now; empty when something is, or when
        it is over."""
        period = one.period(one.next_index)
        if period is None or may_bill(one, period.start_on):
            return self._why_not_yet(one, period)
        return "It is paused." if one.status is SubscriptionStatus.PAUSED else ""

    def _why_not_yet(self, one: Subscription, period: Period | None) -> str:
        if period is None:
            return ""
        starts_on = period.start_on
        if not self.group.covers(one.customer_id, starts_on):
            return f"Its period from {starts_on.isoformat()} is the customer's own."
        if not self._is_wanted(one, one.next_index, starts_on):
            return f"Its next period begins on {starts_on.isoformat()}."
        return ""


def ids_of(ports: Ports, business_id: str, customer_id: str) -> list[str]:
    """Every subscription of a customer."""
    listed = all_of(partial(ports.store.subscriptions_of, business_id, customer_id))
    return [one.id for one in listed]


def _fitting(shares: Sequence[Share]) -> list[Share]:
    """From the first on, as many as one transaction and one row take."""
    taken: list[Share] = []
    subscriptions: set[str] = set()
    size = 0
    for share in shares:
        subscriptions.add(share.subscription.id)
        size += len(canonical(share.line).encode())
        if taken and (len(subscriptions) > MOST_SUBSCRIPTIONS or size > MOST_BYTES):
            break
        taken.append(share)
    return taken


def _bill(book: Book, ids: Sequence[str], actor: Actor, request_id: str) -> list[Invoice]:
    """Invoice after invoice until nothing is left to bill."""
    made: list[Invoice] = []
    while True:
        invoice = again_when_stale(lambda: _bill_once(book.anew(), ids, actor, request_id))
        if invoice is None:
            return made
        made.append(invoice)


def _bill_once(book: Book, ids: Sequence[str], actor: Actor, request_id: str) -> Invoice | None:
    """One invoice with all that stands on it, or None when there is nothing to bill."""
    shares, _ = book.shares(book.subscriptions(ids))
    return _write(book, shares, actor, request_id, None) if shares else None


def _write(
    book: Book,
    shares: Sequence[Share],
    actor: Actor,
    request_id: str,
    next_bill_at: datetime | None,
) -> Invoice:
    business, first = book.business, book.ports.store.next_number(book.business.id)
    invoice, issued = _issue(book, shares, business.invoice_number(first), actor)
    billed = GroupBilled(invoice.id, len(shares), request_id, next_bill_at)
    group, fact = on_party(book.group, billed, at=book.now, actor=actor)
    by_subscription: dict[str, list[Share]] = {}
    for share in shares:
        by_subscription.setdefault(share.subscription.id, []).append(share)
    moved = (_move_on(book, group, theirs, invoice) for theirs in by_subscription.values())
    changes = [issued, Change(group, fact), *moved]
    numbers = NumberRange(business.id, first, 1)
    book.ports.store.append(changes, side=[numbers], clock_id=business.test_clock_id)
    return invoice


def _issue(
    book: Book, shares: Sequence[Share], number: str, actor: Actor
) -> tuple[Invoice, Change]:
    """The payer's invoice. Terms count from the first day covered, or from today when that is
    later. Its id is that of the first line's period, which can stand on one invoice only."""
    business, now = book.business, book.now
    today = local_date(now, business.zone)
    starts_on = min(one.period.start_on for one in shares)
    first = shares[0]
    draft = replace(
        draft_of(
            business,
            book.payer,
            tuple(one.line for one in shares),
            invoice_id=keys.billed_invoice(first.subscription.id, first.index),
            at=now,
        ),
        group_id=book.group.id,
        period=Period(starts_on, max(one.period.end_on for one in shares)),
    )
    issued = facts.InvoiceIssued(
        invoice=draft,
        number=number,
        issued_on=today,
        due_on=(due_on := draft.terms.due_on(max(today, starts_on))),
        charge_at=charge_at(business, due_on, today, now),
    )
    change = created(Case(business, book.payer, draft, now), issued, actor)
    assert isinstance(change.head, Invoice)
    return change.head, change


def _move_on(book: Book, group: Group, shares: Sequence[Share], invoice: Invoice) -> Change:
    """When the next period is billed depends on whose it will be. `group`: as it is afterwards."""
    one, zone = shares[0].subscription, book.business.zone
    following = one.period(one.next_index + len(shares))
    starts_on = following.start_on if following else None
    grouped = starts_on is not None and group.covers(one.customer_id, starts_on)
    billed = PeriodBilled(
        one.next_index,
        invoice.id,
        days_before=days_before(book.business, book.payer if grouped else shares[0].customer),
        zone=zone,
        count=len(shares),
        next_bill_at=rules.waits_until(group, starts_on, zone) if grouped and starts_on else None,
    )
    return Change(*on_party(one, billed, at=book.now))
