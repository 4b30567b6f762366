"""Billing a group: its members' periods on one invoice of its payer, each period once.

The invoice, its number and every period that stands on it are one transaction, so a period is never
billed both alone and with its group, and none is lost. What one transaction cannot hold goes on a
second invoice.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain import keys
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import Period, local_date
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.facts import SYSTEM, Actor, Subject
from chalicelib.domain.group_facts import GroupBilled
from chalicelib.domain.invoice import Invoice, Line, totals_of
from chalicelib.domain.party_facts import PeriodBilled
from chalicelib.domain.record import on_party
from chalicelib.domain.subscription import Subscription, SubscriptionStatus
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change, NumberRange
from chalicelib.services.case import Case, again_when_stale, now_of
from chalicelib.services.invoices import charge_at, created, draft_of
from chalicelib.services.subscriptions import days_before

# Two rows for each subscription, two each for invoice and group, and the counter: 45 leave room.
MOST_LINES = 45
LONGEST_AHEAD = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Share:
    """A member's next period, as a line of the group's invoice."""

    customer: Customer
    subscription: Subscription
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
    book = _Book(ports, business_id, group_id, last=_last_day(ports, business_id, last_on))
    running = book.subscriptions(book.ids())
    left_out = tuple(
        LeftOut(one.customer_id, one.id, reason) for one in running if (reason := book.why_not(one))
    )
    planned: list[PlannedInvoice] = []
    while shares := book.shares(running):
        lines = tuple(share.line for share in shares)
        planned.append(PlannedInvoice(lines, totals_of(lines).total))
        billed = {share.subscription.id for share in shares}
        running = [
            replace(one, next_index=one.next_index + 1) if one.id in billed else one
            for one in running
        ]
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
    billed yet; the invoices go to the group's address.

    Asked again with the same `request_id` it gives what it made before, and what is left.
    """
    last = _last_day(ports, business_id, last_on)
    history = ports.store.facts(business_id, Subject.GROUP, group_id)
    made = [
        ports.store.invoice(business_id, fact.data.invoice_id)
        for fact in history
        if isinstance(fact.data, GroupBilled) and fact.data.request_id == request_id
    ]
    book = _Book(ports, business_id, group_id, last=last)
    return [*made, *_bill(book, book.ids(), actor, request_id)]


def bill_due_group(
    ports: Ports, business_id: str, group_id: str, due: Iterable[str]
) -> list[Invoice]:
    """The billing run has found subscriptions of members due: all of the group that are due now
    come with them."""
    book = _Book(ports, business_id, group_id, last=None)
    return _bill(book, sorted({*due, *book.ids()}), SYSTEM, "")


def _last_day(ports: Ports, business_id: str, last_on: date | None) -> date:
    business = ports.store.business(business_id)
    today = local_date(now_of(ports, business), business.zone)
    if last_on is not None and last_on > today + LONGEST_AHEAD:
        raise InvalidInput("billed_too_far_ahead", "Bill at most a year ahead.")
    return last_on or today


class _Book:
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

    def anew(self) -> _Book:
        return _Book(self.ports, self.business.id, self.group.id, last=self.last)

    def member(self, customer_id: str) -> Customer:
        known = self._members.get(customer_id)
        if known is None:
            known = self.ports.store.customer(self.business.id, customer_id)
            self._members[customer_id] = known
        return known

    def ids(self) -> list[str]:
        """Every subscription of everybody who is or was a member."""
        found: list[str] = []
        for customer_id in dict.fromkeys(one.customer_id for one in self.group.members):
            cursor = None
            while True:
                page = self.ports.store.subscriptions_of(
                    self.business.id, customer_id, cursor=cursor
                )
                found += [one.id for one in page.items]
                cursor = page.cursor
                if cursor is None:
                    break
        return found

    def subscriptions(self, ids: Iterable[str]) -> list[Subscription]:
        return [self.ports.store.subscription(self.business.id, one) for one in ids]

    def shares(self, running: Iterable[Subscription]) -> list[Share]:
        """What the next invoice holds: the earliest periods, as many as one transaction takes."""
        found = [share for one in running if (share := self._share(one)) is not None]
        found.sort(key=lambda share: (share.period.start_on, share.subscription.id))
        taken = found[:MOST_LINES]
        taken.sort(key=lambda share: (share.customer.name.casefold(), share.customer.id,
                                      share.period.start_on, share.subscription.id))  # fmt: skip
        return taken

    def _share(self, one: Subscription) -> Share | None:
        line = one.line(one.next_index)
        if one.status is not SubscriptionStatus.ACTIVE or line is None or line.period is None:
            return None
        if not self._is_wanted(one, line.period.start_on):
            return None
        if not self.group.covers(one.customer_id, line.period.start_on):
            return None
        customer = self.member(one.customer_id)
        return Share(customer, one, replace(line, customer_name=customer.name))

    def _is_wanted(self, one: Subscription, starts_on: date) -> bool:
        if self.last is not None:
            return starts_on <= self.last
        return one.next_bill_at is not None and one.next_bill_at <= self.now

    def why_not(self, one: Subscription) -> str:
        """In words, why nothing of a subscription is billed now; empty when something is, or when
        it is over."""
        period = one.period(one.next_index)
        if one.status is SubscriptionStatus.PAUSED:
            return "It is paused."
        if one.status is not SubscriptionStatus.ACTIVE or period is None:
            return ""
        starts_on = period.start_on
        if not self.group.covers(one.customer_id, starts_on):
            return f"Its period from {starts_on.isoformat()} is the customer's own."
        if not self._is_wanted(one, starts_on):
            return f"Its next period begins on {starts_on.isoformat()}."
        return ""


def _bill(book: _Book, ids: Sequence[str], actor: Actor, request_id: str) -> list[Invoice]:
    """Invoice after invoice until nothing is left to bill."""
    made: list[Invoice] = []
    while True:
        invoice = again_when_stale(lambda: _bill_once(book.anew(), ids, actor, request_id))
        if invoice is None:
            return made
        made.append(invoice)


def _bill_once(book: _Book, ids: Sequence[str], actor: Actor, request_id: str) -> Invoice | None:
    """One invoice with all that stands on it, or None when there is nothing to bill."""
    shares = book.shares(book.subscriptions(ids))
    if not shares:
        return None
    business, first = book.business, book.ports.store.next_number(book.business.id)
    invoice, issued = _issue(book, shares, business.invoice_number(first), actor)
    billed = GroupBilled(invoice.id, len(shares), request_id)
    group, fact = on_party(book.group, billed, at=book.now, actor=actor)
    changes = [issued, Change(group, fact), *(_move_on(book, one, invoice) for one in shares)]
    numbers = NumberRange(business.id, first, 1)
    book.ports.store.append(changes, side=[numbers], clock_id=business.test_clock_id)
    return invoice


def _issue(
    book: _Book, shares: Sequence[Share], number: str, actor: Actor
) -> tuple[Invoice, Change]:
    """The payer's invoice. Terms count from the first day covered, or from today when that is
    later. Its id is that of the first line's period, which can stand on one invoice only."""
    business, now = book.business, book.now
    today = local_date(now, business.zone)
    starts_on = min(one.period.start_on for one in shares)
    first = shares[0].subscription
    draft = replace(
        draft_of(
            business,
            book.payer,
            tuple(one.line for one in shares),
            invoice_id=keys.billed_invoice(first.id, first.next_index),
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


def _move_on(book: _Book, share: Share, invoice: Invoice) -> Change:
    """When the next period is billed depends on whose it will be."""
    one = share.subscription
    following = one.period(one.next_index + 1)
    grouped = following is not None and book.group.covers(one.customer_id, following.start_on)
    payer = book.payer if grouped else share.customer
    billed = PeriodBilled(
        one.next_index,
        invoice.id,
        days_before=days_before(book.business, payer),
        zone=book.business.zone,
    )
    return Change(*on_party(one, billed, at=book.now))
