"""Follow-up: promises to pay, notes, and leaving an invoice alone for a while.

A promise holds every automatic step until the morning after its day. Then it was kept, or it was
broken: dunning goes on and staff are told. A snooze only takes the invoice off the call list.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar

from chalicelib.domain import money
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Hold, HoldKind, Invoice
from chalicelib.domain.invoice_facts import HoldLifted
from chalicelib.domain.ledger import Leg
from chalicelib.domain.owed import Audience, event, staff
from chalicelib.domain.promise import Promise


@dataclass(frozen=True, slots=True)
class PromiseMade:
    """`until` is when it is judged; until then nothing is charged or sent by itself."""

    kind: ClassVar[str] = "promised"
    promise: Promise
    until: datetime

    def key(self, seq: int) -> str:
        return f"promise/{self.promise.id}"


@dataclass(frozen=True, slots=True)
class PromiseEnded:
    """Kept, or broken: the hold is over."""

    kind: ClassVar[str] = "promise_ended"
    promise_id: str
    kept: bool
    reason: str

    def key(self, seq: int) -> str:
        return f"promise_ended/{self.promise_id}"


@dataclass(frozen=True, slots=True)
class NoteAdded:
    """What somebody here wants others to know. The customer never reads it."""

    kind: ClassVar[str] = "note_added"
    note_id: str
    text: str

    def key(self, seq: int) -> str:
        return f"note/{self.note_id}"


@dataclass(frozen=True, slots=True)
class Snoozed:
    """Off the call list up to that day; None: on it again. Automatic steps go on."""

    kind: ClassVar[str] = "snoozed"
    until_on: date | None

    def key(self, seq: int) -> str:
        return f"snoozed/{seq}"


PAYLOADS: tuple[type, ...] = (PromiseMade, PromiseEnded, NoteAdded, Snoozed)


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    match payload:
        case PromiseMade(promise=promise, until=until):
            hold = Hold(HoldKind.PROMISE, in_words(promise, invoice.currency), until)
            return replace(invoice, promises=(*invoice.promises, promise), hold=hold)
        case PromiseEnded(promise_id=promise_id, kept=kept):
            ended = tuple(
                [
                    replace(one, kept=kept) if one.id == promise_id else one
                    for one in invoice.promises
                ]
            )
            promised = invoice.hold is not None and invoice.hold.kind is HoldKind.PROMISE
            return replace(invoice, promises=ended, hold=None if promised else invoice.hold)
        case NoteAdded():
            return invoice
        case Snoozed(until_on=until_on):
            return replace(invoice, snoozed_until=until_on)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    """No money moves."""
    return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    match payload:
        case PromiseMade():
            return event("invoice.promised")
        case PromiseEnded(kept=True):
            return event("invoice.promise_kept")
        case PromiseEnded():
            return (*staff("staff_promise_broken"), *event("invoice.promise_broken"))
        case _:
            return ()


def in_words(promise: Promise, currency: str) -> str:
    amount = money.decimal_text(promise.amount, currency)
    return f"{promise.by} promised {amount} {currency} for {promise.promised_on.isoformat()}."


def over(invoice: Invoice, hold: Hold) -> PromiseEnded | HoldLifted:
    """What ends a hold whose time is over: a promise is judged, another hold is lifted."""
    promise = running(invoice)
    if hold.kind is not HoldKind.PROMISE or promise is None:
        return HoldLifted("Its time is over.")
    kept = promise.is_kept_with(invoice.amount_remaining)
    told = in_words(promise, invoice.currency)
    words = f"{told} It was kept." if kept else f"{told} It was not kept; dunning goes on."
    return PromiseEnded(promise.id, kept, words)


def running(invoice: Invoice) -> Promise | None:
    """The promise that has not been judged yet."""
    last = invoice.promises[-1] if invoice.promises else None
    return last if last is not None and last.kept is None else None


def was_kept(invoice: Invoice, promise: Promise) -> bool | None:
    """As judged; paid in full before it was judged, it was kept. None: it still runs."""
    if promise.kept is not None:
        return promise.kept
    return True if invoice.paid_at is not None and not invoice.is_open else None
