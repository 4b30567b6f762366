"""Where invoices and payments stand in a business's lists: on which shelf, and by what sorted.

An invoice stands on the shelf of its status and moves with it. A payment is what a fact says of
money, so it stands where it was put for ever: what came, what was refused, what went back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.desk.account import (
    CreditPaidOut,
    ExternalPaymentReceived,
    ExternalPaymentReversed,
)
from chalicelib.domain.desk.refunds import ExternalRefundPaid, Refunded
from chalicelib.domain.facts import Fact
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Purpose


class ListKind(StrEnum):
    INVOICE = "invoice"
    DEMAND = "demand"  # on account, or an instalment: money asked for that is no invoice
    PAYMENT = "payment"


class PaymentState(StrEnum):
    """What a fact says of money. `pending` and `processing` are open demands: no fact says it."""

    PENDING = "pending"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    REFUNDED = "refunded"
    REVERSED = "reversed"  # an external payment that bounced
    DISPUTED = "disputed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Shelf:
    """One list of one status."""

    kind: ListKind
    status: str


@dataclass(frozen=True, slots=True)
class Listed:
    """A place on a shelf. `mark` tells two apart that are otherwise alike."""

    shelf: Shelf
    mark: str
    amount: int
    name: str
    due_on: date | None
    at: datetime | None = None


def shelves_of_invoices(*statuses: InvoiceStatus) -> tuple[Shelf, ...]:
    return tuple(Shelf(ListKind.INVOICE, status.value) for status in statuses)


def shelves_of_payments(*states: PaymentState) -> tuple[Shelf, ...]:
    """Money that is owed and not on its way is `pending`, of invoices and of other demands."""
    found: list[Shelf] = []
    for state in states:
        if state is PaymentState.PENDING:
            found += _of_demands(InvoiceStatus.PENDING) + _of_demands(InvoiceStatus.OVERDUE)
        elif state is PaymentState.PROCESSING:
            found += _of_demands(InvoiceStatus.PROCESSING)
        else:
            found.append(Shelf(ListKind.PAYMENT, state.value))
    return tuple(found)


def _of_demands(status: InvoiceStatus) -> list[Shelf]:
    return [Shelf(kind, status.value) for kind in (ListKind.INVOICE, ListKind.DEMAND)]


def listed_invoice(invoice: Invoice) -> Listed:
    kind = ListKind.INVOICE if invoice.purpose is Purpose.INVOICE else ListKind.DEMAND
    return Listed(
        shelf=Shelf(kind, invoice.status.value),
        mark=invoice.id,
        amount=invoice.totals.total,
        name=invoice.bill_to.name,
        due_on=invoice.due_on,
    )


def listed_fact(fact: Fact, head: Any) -> Listed | None:
    """A payment's place; None for a fact that is none. `head` is any later state of its subject."""
    said = money_of(fact, head)
    if said is None:
        return None
    state, amount = said
    of_invoice = isinstance(head, Invoice)
    return Listed(
        shelf=Shelf(ListKind.PAYMENT, state.value),
        mark=f"{head.id}#{fact.seq:06d}",
        amount=amount,
        name=head.bill_to.name if of_invoice else head.name,
        due_on=head.due_on if of_invoice else None,
        at=fact.at,
    )


def money_of(fact: Fact, head: Any) -> tuple[PaymentState, int] | None:
    """What the fact says became of how much money. An external payment is its customer's fact:
    what each invoice got of it is no payment of its own."""
    match fact.data:
        case facts.ChargeSucceeded(amount=amount) | ExternalPaymentReceived(amount=amount):
            return PaymentState.PAID, amount
        case facts.ChargeFailed(payment_id=payment_id):
            return PaymentState.FAILED, _amount_of(head, payment_id)
        case facts.PaymentCancelled(payment_id=payment_id):
            return PaymentState.CANCELLED, _amount_of(head, payment_id)
        case Refunded(amount=amount) | ExternalRefundPaid(amount=amount):
            return PaymentState.REFUNDED, amount
        case CreditPaidOut(amount=amount):
            return PaymentState.REFUNDED, amount
        case ExternalPaymentReversed(amount=amount):
            return PaymentState.REVERSED, amount
        case facts.DisputeOpened(amount=amount):
            return PaymentState.DISPUTED, amount
        case _:
            return None


def _amount_of(invoice: Invoice, payment_id: str) -> int:
    payment = invoice.payment(payment_id)
    return payment.amount if payment else 0
