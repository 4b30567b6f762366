"""The records a dispute is about, as far as they were known when staff asked for the evidence.

Here too is how the packet writes an amount, an instant and a card: what a bank reads is English.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain import money
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dispute import Dispute, Draft, Part
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact, Subject, until
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.payment import Attempt, Payment
from chalicelib.ports import Ports


@dataclass(frozen=True, slots=True)
class File:
    """The records a dispute is about, as far as they were known at `as_of`."""

    business: Business
    customer: Customer
    dispute: Dispute
    invoice: Invoice
    payment: Payment
    history: list[Fact]
    draft: Draft
    as_of: datetime
    paid: tuple[tuple[Invoice, list[Fact]], ...] = ()  # what a payment on account was for

    @property
    def told(self) -> list[Fact]:
        """Everything of the payment itself and of the invoices it paid, in time."""
        facts_of_paid = [fact for _, history in self.paid for fact in history]
        return sorted([*self.history, *facts_of_paid], key=lambda fact: fact.at)

    def has(self, part: Part) -> bool:
        return part in self.draft.parts


def open_file(ports: Ports, dispute: Dispute, draft: Draft, as_of: datetime) -> File:
    business_id = dispute.business_id
    invoice = ports.store.invoice(business_id, dispute.invoice_id)
    payment = invoice.payment(dispute.payment_id)
    if payment is None:
        raise BrokenRecord(f"{dispute.id} names a payment that {invoice.id} does not have")
    history = ports.store.facts(business_id, Subject.INVOICE, invoice.id)
    return File(
        business=ports.store.business(business_id),
        customer=ports.store.customer(business_id, dispute.customer_id),
        dispute=dispute,
        invoice=invoice,
        payment=payment,
        history=[*until(history, as_of)],
        draft=draft,
        as_of=as_of,
        paid=tuple(_paid_invoices(ports, invoice, as_of)),
    )


def _paid_invoices(
    ports: Ports, demand: Invoice, as_of: datetime
) -> Iterator[tuple[Invoice, list[Fact]]]:
    if demand.purpose is Purpose.INVOICE:
        return
    for part in demand.allocations:
        history = ports.store.facts(demand.business_id, Subject.INVOICE, part.invoice_id)
        invoice = ports.store.invoice(demand.business_id, part.invoice_id)
        yield invoice, [*until(history, as_of)]


def method_words(attempt: Attempt) -> str:
    return f"{attempt.brand.title()} ending {attempt.last4}"


def money_words(file: File, amount: int) -> str:
    currency = file.dispute.currency
    return f"{money.decimal_text(amount, currency)} {currency}"


def minute(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M")
