"""A customer's statement for a period, from the legs of its facts and from nothing else.

What a customer owes is receivable less unapplied credit. Every fact that changes it is a line; a
refund is one too, although it changes nothing: what was sold became cheaper by what went back.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain.dates import local_date
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.ledger import Account, Leg


class LineKind(StrEnum):
    INVOICE = "invoice"
    PAYMENT = "payment"
    PAYMENT_REVERSED = "payment_reversed"
    CREDIT_NOTE = "credit_note"
    REFUND = "refund"
    WRITE_OFF = "write_off"
    CANCELLATION = "cancellation"
    DISPUTE = "dispute"
    DISPUTE_REGAINED = "dispute_regained"
    ADJUSTMENT = "adjustment"


_KINDS = {
    "finalized": LineKind.INVOICE,
    "issued": LineKind.INVOICE,
    "reissued": LineKind.INVOICE,
    "charge_succeeded": LineKind.PAYMENT,
    "external_payment": LineKind.PAYMENT,
    "external_payment_bounced": LineKind.PAYMENT_REVERSED,
    "external_payment_reversed": LineKind.PAYMENT_REVERSED,
    "credit_note_issued": LineKind.CREDIT_NOTE,
    "replaced": LineKind.CREDIT_NOTE,
    "refund_requested": LineKind.REFUND,
    "refund_rejected": LineKind.REFUND,
    "refunded": LineKind.REFUND,
    "external_refund_paid": LineKind.REFUND,
    "credit_paid_out": LineKind.REFUND,
    "credit_payout_requested": LineKind.REFUND,
    "credit_payout_rejected": LineKind.REFUND,
    "refund_failed": LineKind.REFUND,
    "refund_dropped": LineKind.REFUND,
    "written_off": LineKind.WRITE_OFF,
    "cancelled": LineKind.CANCELLATION,
    "dispute_closed": LineKind.DISPUTE,
    "dispute_regained": LineKind.DISPUTE_REGAINED,
}
_OWED = frozenset({Account.RECEIVABLE, Account.CUSTOMER_CREDIT})
_MONEY = frozenset({Account.CASH_IN_TRANSIT, Account.BANK, Account.FEES})  # gross of fees
_SHOWN_ANYWAY = frozenset({LineKind.PAYMENT, LineKind.REFUND})  # though it may change nothing


@dataclass(frozen=True, slots=True)
class StatementLine:
    """`charge` raises what is owed and `credit` lowers it; `balance` is what is owed after it."""

    on: date
    kind: LineKind
    charge: int
    credit: int
    balance: int
    reference: str  # an invoice's or credit note's number, a cheque's or a bank's reference
    invoice_id: str | None
    payment_id: str | None
    due_on: date | None = None


@dataclass(frozen=True, slots=True)
class Aging:
    """What is owed by how long it is overdue on the last day; `credit` is not applied yet."""

    not_due: int = 0
    days_0_30: int = 0
    days_31_60: int = 0
    days_61_90: int = 0
    days_over_90: int = 0
    credit: int = 0

    @property
    def total(self) -> int:
        owed = self.not_due + self.days_0_30 + self.days_31_60 + self.days_61_90
        return owed + self.days_over_90 - self.credit


@dataclass(frozen=True, slots=True)
class Statement:
    currency: str
    from_on: date
    to_on: date
    opening: int
    lines: tuple[StatementLine, ...]
    closing: int
    aging: Aging
    last_at: datetime | None  # of the newest fact in it


@dataclass(slots=True)
class _Book:
    """What has been seen of a history so far."""

    receivable: dict[str, int]
    numbers: dict[str, str]
    due: dict[str, date]
    references: dict[str, str]  # by external payment
    set_aside: set[str]  # refunds that took the customer's credit when they were asked for
    credit: int = 0
    last_at: datetime | None = None

    @property
    def owed(self) -> int:
        return sum(self.receivable.values()) + self.credit

    def note(self, fact: Fact, legs: tuple[Leg, ...]) -> None:
        self.last_at = fact.at
        number, due_on = getattr(fact.data, "number", None), getattr(fact.data, "due_on", None)
        if isinstance(number, str) and isinstance(due_on, date):
            self.numbers[fact.subject_id], self.due[fact.subject_id] = number, due_on
        reference = getattr(fact.data, "reference", None)
        if reference:
            self.references[getattr(fact.data, "payment_id", "")] = reference
        refund = getattr(fact.data, "refund", None)
        if refund is not None:
            self.set_aside.add(refund.id)
        self.receivable[fact.subject_id] += _sum(legs, {Account.RECEIVABLE})
        self.credit += _sum(legs, {Account.CUSTOMER_CREDIT})


def statement(
    history: Iterable[Fact], *, from_on: date, to_on: date, zone: str, currency: str
) -> Statement:
    """`history`: every fact of the customer that has legs, to the end of `to_on`, in time."""
    book = _Book(defaultdict(int), {}, {}, {}, set())
    opening, lines = 0, list[StatementLine]()
    for fact in sorted(history, key=_together):
        legs = tuple(leg for leg in fact.legs if leg.currency == currency)
        on = local_date(fact.at, zone)
        if not legs or on > to_on:
            continue
        book.note(fact, legs)
        if on < from_on:
            opening = book.owed
            continue
        line = _line(fact, legs, on, book)
        if line is not None:
            lines = _with(lines, line)
    return Statement(
        currency=currency,
        from_on=from_on,
        to_on=to_on,
        opening=opening,
        lines=tuple(lines),
        closing=book.owed,
        aging=_aging(book, to_on),
        last_at=book.last_at,
    )


def _together(fact: Fact) -> tuple[datetime, str]:
    """What was written in one transaction is in a row, debts before the payments of them."""
    return fact.at, getattr(fact.data, "payment_id", None) or ""


def _line(fact: Fact, legs: tuple[Leg, ...], on: date, book: _Book) -> StatementLine | None:
    """None for what the customer does not see: fees, credit put against an invoice."""
    change, money = _sum(legs, _OWED), _sum(legs, _MONEY)
    kind = _KINDS.get(fact.kind, LineKind.ADJUSTMENT)
    known = getattr(fact.data, "request_id", None) in book.set_aside
    known = known or getattr(fact.data, "set_aside", False)  # paid out past Stripe
    if change == 0 and (money == 0 or known or kind not in _SHOWN_ANYWAY):
        return None
    charge, credit = max(change, 0), max(-change, 0)
    if money > 0 and kind in _SHOWN_ANYWAY:  # what was given up before is owed again by paying it
        charge, credit = change + money, money
    elif money < 0 and kind in _SHOWN_ANYWAY:  # what was sold became cheaper by what went back
        charge, credit = -money, -money - change
    of_invoice = fact.subject is Subject.INVOICE
    return StatementLine(
        on=on,
        kind=kind,
        charge=charge,
        credit=credit,
        balance=book.owed,
        reference=_reference(fact, book),
        invoice_id=fact.subject_id if of_invoice else None,
        payment_id=getattr(fact.data, "payment_id", None),
        due_on=book.due.get(fact.subject_id) if kind is LineKind.INVOICE else None,
    )


def _reference(fact: Fact, book: _Book) -> str:
    note: Any = getattr(fact.data, "note", None)
    own = getattr(note, "number", None) or getattr(fact.data, "reference", None)
    bank = book.references.get(getattr(fact.data, "payment_id", ""))
    return str(own or bank or book.numbers.get(fact.subject_id, ""))


def _with(lines: list[StatementLine], line: StatementLine) -> list[StatementLine]:
    """One payment over several invoices is one line: its parts were posted in one transaction."""
    last = lines[-1] if lines else None
    if (
        last is None
        or line.payment_id is None
        or (last.payment_id, last.kind, last.on) != (line.payment_id, line.kind, line.on)
        or line.kind not in {LineKind.PAYMENT, LineKind.PAYMENT_REVERSED}
    ):
        return [*lines, line]
    joined = replace(
        line,
        charge=last.charge + line.charge,
        credit=last.credit + line.credit,
        invoice_id=last.invoice_id if last.invoice_id == line.invoice_id else None,
    )
    return [*lines[:-1], joined]


def _aging(book: _Book, to_on: date) -> Aging:
    buckets = dict.fromkeys(("not_due", "days_0_30", "days_31_60", "days_61_90", "days_over_90"), 0)
    for subject_id, amount in book.receivable.items():
        buckets[_bucket(book.due.get(subject_id), to_on)] += amount
    return Aging(credit=-book.credit, **buckets)


def _bucket(due_on: date | None, to_on: date) -> str:
    late = (to_on - due_on).days if due_on else -1
    if late < 0:
        return "not_due"
    for most, bucket in ((30, "days_0_30"), (60, "days_31_60"), (90, "days_61_90")):
        if late <= most:
            return bucket
    return "days_over_90"


def _sum(legs: tuple[Leg, ...], accounts: Iterable[Account]) -> int:
    return sum(leg.amount for leg in legs if leg.account in accounts)
