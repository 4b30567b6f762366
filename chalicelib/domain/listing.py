"""Where invoices and payments stand in a business's lists: on which shelf, and by what sorted.

An invoice stands on the shelf of its status and moves with it. A payment is what a fact says of
money, so it stands where it was put for ever: what came, what was refused, what went back.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum

from chalicelib.domain import invoice_facts as facts
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


def listed_fact(fact: Fact, invoice: Invoice) -> Listed | None:
    """A payment's place; None for a fact that is none. `invoice` is any later state of it."""
    said = money_of(fact, invoice)
    if said is None:
        return None
    state, amount = said
    return Listed(
        shelf=Shelf(ListKind.PAYMENT, state.value),
        mark=f"{invoice.id}#{fact.seq:06d}",
        amount=amount,
        name=invoice.bill_to.name,
        due_on=invoice.due_on,
        at=fact.at,
    )


def money_of(fact: Fact, invoice: Invoice) -> tuple[PaymentState, int] | None:
    """What the fact says became of how much money."""
    match fact.data:
        case facts.ChargeSucceeded(amount=amount) | facts.ExternalPaymentRecorded(amount=amount):
            return PaymentState.PAID, amount
        case facts.ChargeFailed(payment_id=payment_id):
            return PaymentState.FAILED, _amount_of(invoice, payment_id)
        case facts.PaymentCancelled(payment_id=payment_id):
            return PaymentState.CANCELLED, _amount_of(invoice, payment_id)
        case facts.Refunded(amount=amount):
            return PaymentState.REFUNDED, amount
        case facts.DisputeOpened(amount=amount):
            return PaymentState.DISPUTED, amount
        case _:
            return None


def _amount_of(invoice: Invoice, payment_id: str) -> int:
    payment = invoice.payment(payment_id)
    return payment.amount if payment else 0
