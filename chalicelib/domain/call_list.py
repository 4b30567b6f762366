"""Whom to call first: amount x age x chance, with every reason in words.

The chance is no forecast. It begins in the middle and moves by a few things that anybody can check:
why the bank said no, whether promises were kept, how often earlier invoices were paid late. Nothing
about a person is guessed, and no row is more than the sum of what it says.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date

from chalicelib.domain.customer import Customer
from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.desk.follow_up import was_kept
from chalicelib.domain.invoice import Invoice, InvoiceStatus

MIDDLE, LEAST, MOST = 50, 5, 95
_KEPT, _BROKEN = 10, -15
_MOST_KEPT, _MOST_BROKEN = 20, -30
_ENOUGH = 3  # earlier invoices, before a habit is called one
_OF_CLASS: dict[DeclineClass, tuple[int, str]] = {
    DeclineClass.FUNDS: (5, "The account had not enough on it; that passes."),
    DeclineClass.TECH: (15, "A passing fault stopped the last try."),
    DeclineClass.OPAQUE: (0, "The bank did not say why it refused."),
    DeclineClass.FIX: (15, "The card only has to be entered again."),
    DeclineClass.AUTH: (20, "The payer only has to confirm with the bank."),
    DeclineClass.CHECK: (0, "Something on our side has to be looked at first."),
    DeclineClass.DEAD: (-10, "The card must not be tried again; another is needed."),
    DeclineClass.DEBIT: (5, "The bank debit was returned for want of money."),
    DeclineClass.DEBIT_DEAD: (-10, "The account cannot be debited; another way is needed."),
}


@dataclass(frozen=True, slots=True)
class Reason:
    """One thing that moves the chance, by so many points of a hundred."""

    points: int
    words: str


@dataclass(frozen=True, slots=True)
class Chance:
    """In per cent, between `LEAST` and `MOST`; `reasons` add up to it from `MIDDLE`."""

    percent: int
    reasons: tuple[Reason, ...]


@dataclass(frozen=True, slots=True)
class Row:
    """One customer to call. `weight` orders the rows: the higher, the sooner."""

    customer: Customer
    invoices: tuple[Invoice, ...]
    amount: int
    age_days: int  # of the oldest
    chance: Chance
    weight: int

    @property
    def words(self) -> str:
        """The row explained in a sentence."""
        many = f"{len(self.invoices)} invoices" if len(self.invoices) > 1 else "one invoice"
        told = " ".join(reason.words for reason in self.chance.reasons)
        return (
            f"Owes on {many}, the oldest for {self.age_days} days; "
            f"chance {self.chance.percent} in 100. {told}".strip()
        )


def rank(
    owing: Iterable[tuple[Customer, Sequence[Invoice], Sequence[Invoice]]], today: date
) -> tuple[Row, ...]:
    """Rows of (customer, overdue invoices, history), the most worth a call first."""
    rows = (_row(customer, invoices, history, today) for customer, invoices, history in owing)
    return tuple(sorted(rows, key=lambda row: (-row.weight, row.customer.id)))


def _row(
    customer: Customer, invoices: Sequence[Invoice], history: Sequence[Invoice], today: date
) -> Row:
    oldest_first = tuple(sorted(invoices, key=lambda one: (-age_days(one, today), one.id)))
    chance = chance_of(oldest_first, history)
    owed = sum(one.amount_remaining * age_days(one, today) for one in invoices)
    return Row(
        customer=customer,
        invoices=oldest_first,
        amount=sum(one.amount_remaining for one in invoices),
        age_days=age_days(oldest_first[0], today),
        chance=chance,
        weight=owed * chance.percent,
    )


def age_days(invoice: Invoice, today: date) -> int:
    """Since it was due, counting its first day late as one."""
    return max((today - invoice.due_on).days, 1) if invoice.due_on else 1


def chance_of(invoices: Sequence[Invoice], history: Sequence[Invoice]) -> Chance:
    """That a call brings this money, from what is known."""
    reasons = [*_by_decline(invoices), *_by_promises(history), *_by_habit(history)]
    percent = MIDDLE + sum(reason.points for reason in reasons)
    return Chance(max(LEAST, min(MOST, percent)), tuple(reasons))


def _by_decline(invoices: Sequence[Invoice]) -> list[Reason]:
    failures = [one for invoice in invoices if (one := invoice.last_failure())]
    last = max(failures, key=lambda one: one.started_at, default=None)
    if last is None or last.decline is None:
        return []
    return [Reason(*_OF_CLASS[last.decline.decline_class])]


def _by_promises(history: Sequence[Invoice]) -> list[Reason]:
    ended = [was_kept(invoice, one) for invoice in history for one in invoice.promises]
    kept, broken = ended.count(True), ended.count(False)
    found: list[Reason] = []
    if kept:
        found.append(Reason(min(_KEPT * kept, _MOST_KEPT), f"Promises kept: {kept}."))
    if broken:
        found.append(Reason(max(_BROKEN * broken, _MOST_BROKEN), f"Promises broken: {broken}."))
    return found


def _by_habit(history: Sequence[Invoice]) -> list[Reason]:
    """How earlier invoices ended: written off, paid late, or paid in time."""
    paid = [one for one in history if one.status is InvoiceStatus.PAID]
    lost = sum(one.status is InvoiceStatus.UNCOLLECTIBLE for one in history)
    late = sum(one.overdue_at is not None for one in paid)
    found: list[Reason] = []
    if lost:
        found.append(Reason(-20, f"Written off before: {lost}."))
    if len(paid) >= _ENOUGH and not late:
        found.append(Reason(15, f"Paid all of {len(paid)} earlier invoices in time."))
    elif len(paid) >= _ENOUGH and late * 2 < len(paid):
        found.append(Reason(10, f"Paid {late} of {len(paid)} earlier invoices late."))
    elif late:
        found.append(Reason(5, f"Late before, but paid: {late} of {len(paid)}."))
    return found
