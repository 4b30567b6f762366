"""A customer's statement on the wire."""

from __future__ import annotations

from datetime import date
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.fields import END, Body, View
from chalicelib.domain.customer import Customer
from chalicelib.domain.statement import Aging, LineKind, Statement, StatementLine


class StatementQuery(Body):
    """Both days are inside, in the business's zone."""

    from_on: date
    to_on: date
    currency: (
        Annotated[
            str,
            Meta(pattern=r"^[A-Z]{3}" + END, description="ISO 4217 code; left out: the business's"),
        ]
        | None
    ) = None


class StatementLineView(View):
    """`charge` raises what is owed, `credit` lowers it, `balance` is what is owed after it."""

    on: date
    kind: LineKind
    reference: str
    charge: int
    credit: int
    balance: int
    due_on: date | None
    invoice_id: str | None
    payment_id: str | None


class AgingView(View):
    """What is owed by the days it is overdue on the last day, less `unapplied_credit`."""

    not_due: int
    days_0_30: int
    days_31_60: int
    days_61_90: int
    days_over_90: int
    unapplied_credit: int


class StatementView(View):
    """`opening_balance` + `charges` - `credits` = `closing_balance`; the aging adds up to it."""

    customer_id: str
    customer_name: str
    currency: str
    from_on: date
    to_on: date
    opening_balance: int
    charges: int
    credits: int
    closing_balance: int
    aging: AgingView
    lines: tuple[StatementLineView, ...]


def statement_view(customer: Customer, said: Statement) -> StatementView:
    return StatementView(
        customer_id=customer.id,
        customer_name=customer.name,
        currency=said.currency,
        from_on=said.from_on,
        to_on=said.to_on,
        opening_balance=said.opening,
        charges=sum(line.charge for line in said.lines),
        credits=sum(line.credit for line in said.lines),
        closing_balance=said.closing,
        aging=_aging_view(said.aging),
        lines=tuple(map(_line_view, said.lines)),
    )


def _aging_view(aging: Aging) -> AgingView:
    return AgingView(
        not_due=aging.not_due,
        days_0_30=aging.days_0_30,
        days_31_60=aging.days_31_60,
        days_61_90=aging.days_61_90,
        days_over_90=aging.days_over_90,
        unapplied_credit=aging.credit,
    )


def _line_view(line: StatementLine) -> StatementLineView:
    return StatementLineView(
        on=line.on,
        kind=line.kind,
        reference=line.reference,
        charge=line.charge,
        credit=line.credit,
        balance=line.balance,
        due_on=line.due_on,
        invoice_id=line.invoice_id,
        payment_id=line.payment_id,
    )
