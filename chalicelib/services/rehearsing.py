"""The dry run of a dunning policy: gathers a page of the open book or of the past, and judges it.

Nothing is written. A page is bounded by its limit; invoices of one page share the tries of a card,
those of other pages count with the tries that were really made.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.domain import network_caps
from chalicelib.domain import policy as rules
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, MethodKind
from chalicelib.domain.dates import local_date
from chalicelib.domain.hindsight import Hindsight, is_over, replay
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Purpose
from chalicelib.domain.listing import shelves_of_invoices
from chalicelib.domain.payment import AttemptResult
from chalicelib.domain.policy import DunningPolicy
from chalicelib.domain.rehearsal import Assumption, Debt, Rehearsal, rehearse
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.ports import Ports
from chalicelib.ports.answers import Page
from chalicelib.ports.lists import Entry, Wanted
from chalicelib.services.case import now_of

_RUNNING = {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED}
_S = InvoiceStatus
_OPEN = shelves_of_invoices(_S.PENDING, _S.PROCESSING, _S.OVERDUE)
_OVER = shelves_of_invoices(_S.PAID, _S.OVERDUE, _S.UNCOLLECTIBLE, _S.CANCELLED)
HORIZON = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Played:
    """One open invoice under both policies, by assumption.

    `keeps`: its sequence runs or its customer follows another policy, so the new one is not for it.
    """

    debt: Debt
    keeps: bool
    present: tuple[Rehearsal, ...]
    proposed: tuple[Rehearsal, ...]


@dataclass(frozen=True, slots=True)
class LookedBack:
    """One finished sequence: as the policy it followed would have it, and as the proposed one."""

    invoice: Invoice
    present: Hindsight
    proposed: Hindsight


def proposal(business: Business, policy_id: str, draft: DunningPolicy) -> Business:
    """The business as it would be with the draft saved as the next version of that policy."""
    known = business.policy_for(policy_id)
    version = known.version + 1 if draft != known else known.version
    return business.with_policy(replace(rules.check(draft), id=known.id, version=version))


def rehearse_open_book(
    ports: Ports, business: Business, proposed: Business, *, limit: int, cursor: str | None
) -> Page[Played]:
    """A page of what is open, by due date, played forward under both policies."""
    page = ports.store.listed(business.id, Wanted(_OPEN), limit=limit, cursor=cursor)
    now = now_of(ports, business)
    book = debts_of(ports, business, _invoices(page))
    other = [replace(debt, business=proposed) for debt in book]
    sides = [
        [rehearse(side, assumed, now, now + HORIZON) for assumed in Assumption]
        for side in (book, other)
    ]
    played = tuple(
        Played(
            debt=debt,
            keeps=debt.policy == new.policy,
            present=tuple(column[at] for column in sides[0]),
            proposed=tuple(column[at] for column in sides[1]),
        )
        for at, (debt, new) in enumerate(zip(book, other, strict=True))
    )
    return Page(played, page.cursor)


def look_back(
    ports: Ports,
    business: Business,
    policy: DunningPolicy,
    *,
    since: date,
    limit: int,
    cursor: str | None,
) -> Page[LookedBack]:
    """A page of the invoices due since then whose sequences are over, seen again."""
    today = local_date(now_of(ports, business), business.zone)
    wanted = Wanted(_OVER, due_from=since, due_to=today)
    page: Page[Entry] = ports.store.listed(business.id, wanted, limit=limit, cursor=cursor)
    over = [invoice for invoice in _invoices(page) if is_over(invoice)]
    seen = tuple(
        LookedBack(
            invoice,
            present=replay(
                invoice.dunning.policy if invoice.dunning else policy,
                invoice,
                others,
                zone=business.zone,
            ),
            proposed=replay(policy, invoice, others, zone=business.zone),
        )
        for invoice in over
        for others in [_tries_of_others(invoice, over)]
    )
    return Page(seen, page.cursor)


def _invoices(page: Page[Entry]) -> list[Invoice]:
    return [entry.head for entry in page.items if isinstance(entry.head, Invoice)]


def _tries_of_others(invoice: Invoice, page: list[Invoice]) -> list[datetime]:
    """Of the same card and amount, for the other invoices of the page."""
    cards = {one.fingerprint for one in invoice.attempts}
    ends = {AttemptResult.FAILED, AttemptResult.SUCCEEDED}
    return [
        one.started_at
        for other in page
        if other.id != invoice.id and other.currency == invoice.currency
        for payment in other.payments
        for one in payment.attempts
        if one.fingerprint in cards
        and one.result in ends
        and payment.amount in {mine.amount for mine in invoice.payments}
    ]


def debts_of(ports: Ports, business: Business, invoices: Iterable[Invoice]) -> list[Debt]:
    """The open ones, each with its customer, its subscriptions' state and its card's tries."""
    customers: dict[str, Customer] = {}
    running: dict[str, bool] = {}
    found: list[Debt] = []
    for invoice in invoices:
        if not invoice.is_open or invoice.purpose is not Purpose.INVOICE:
            continue
        if invoice.customer_id not in customers:
            customers[invoice.customer_id] = ports.store.customer(business.id, invoice.customer_id)
        for name in invoice.subscription_ids:
            if name not in running:
                running[name] = _runs(ports, business.id, name)
        runs = any(running[name] for name in invoice.subscription_ids)
        debt = Debt(business, customers[invoice.customer_id], invoice, stoppable=runs)
        found.append(replace(debt, tried_at=_tried_at(ports, debt)))
    return found


def _runs(ports: Ports, business_id: str, subscription_id: str) -> bool:
    return ports.store.subscription(business_id, subscription_id).status in _RUNNING


def _tried_at(ports: Ports, debt: Debt) -> tuple[datetime, ...]:
    method, business, invoice = debt.method, debt.business, debt.invoice
    if method is None or method.kind is not MethodKind.CARD:
        return ()
    since = now_of(ports, business) - network_caps.WINDOW
    found = ports.store.network_tries(
        business.id, method.fingerprint, invoice.amount_remaining, invoice.currency, since=since
    )
    return tuple(found)
