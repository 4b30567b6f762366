"""Promises, holds, snoozes, notes and the call list on the wire: for staff, never for the payer."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.fields import Body, Name, Reason, View
from chalicelib.domain.call_list import Row, age_days
from chalicelib.domain.facts import Actor, Fact
from chalicelib.domain.promise import Promise, ToldBy
from chalicelib.services.following_up import CallList

_Promised = Annotated[int, Meta(ge=1, le=99_999_999_999)]
_Manager = Annotated[str, Meta(min_length=3, max_length=200)]


class NewPromise(Body):
    """`amount` null: all that is owed. `by` is who promised, `told_by` how they said it."""

    promised_on: date
    by: Name
    amount: _Promised | None = None
    told_by: ToldBy = ToldBy.PHONE


class PlaceHold(Body):
    """`until_on` null: until it is lifted; else up to that morning."""

    reason: Reason
    until_on: date | None = None


class LiftHold(Body):
    reason: Reason


class Snooze(Body):
    """Off the call list up to that day; null: on it again."""

    until_on: date | None


class NewNote(Body):
    text: Reason


class NoteView(View):
    id: str
    text: str
    written_at: datetime
    written_by: Actor


class NotesView(View):
    """Newest first."""

    data: tuple[NoteView, ...]


class CallListQuery(Body):
    """`account_manager`: only customers who are this person's, by e-mail address."""

    account_manager: _Manager | None = None
    limit: Annotated[int, Meta(ge=1, le=50)] = 20


class CallReason(View):
    """What moves the chance, by so many points of a hundred from 50."""

    points: int
    words: str


class CallInvoice(View):
    invoice_id: str
    number: str | None
    amount: int
    age_days: int


class CallRow(View):
    """One customer to call; `chance_percent` is what the reasons add up to, from 5 to 95."""

    customer_id: str
    customer_name: str
    phone: str
    email: str
    account_manager_email: str
    amount: int
    currency: str
    age_days: int
    chance_percent: int
    why: str
    reasons: tuple[CallReason, ...]
    invoices: tuple[CallInvoice, ...]


class CallListView(View):
    """`complete` false: there are more than were looked at; the largest debts were."""

    data: tuple[CallRow, ...]
    complete: bool


def new_promise(body: NewPromise, promise_id: str) -> Promise:
    """As sent; what is owed and when it was said is filled in when it is written down."""
    return Promise(
        id=promise_id,
        amount=body.amount or 0,
        promised_on=body.promised_on,
        by=body.by,
        told_by=body.told_by,
        made_at=datetime.min.replace(tzinfo=UTC),
        remaining=0,
    )


def note_view(fact: Fact) -> NoteView:
    return NoteView(
        id=fact.data.note_id, text=fact.data.text, written_at=fact.at, written_by=fact.actor
    )


def call_list_view(listed: CallList, today: date) -> CallListView:
    return CallListView(
        data=tuple(_row(row, today) for row in listed.rows), complete=listed.complete
    )


def _row(row: Row, today: date) -> CallRow:
    customer = row.customer
    return CallRow(
        customer_id=customer.id,
        customer_name=customer.name,
        phone=customer.phone,
        email=customer.email,
        account_manager_email=customer.account_manager_email,
        amount=row.amount,
        currency=row.invoices[0].currency,
        age_days=row.age_days,
        chance_percent=row.chance.percent,
        why=row.words,
        reasons=tuple(CallReason(one.points, one.words) for one in row.chance.reasons),
        invoices=tuple(
            CallInvoice(one.id, one.number, one.amount_remaining, age_days(one, today))
            for one in row.invoices
        ),
    )
