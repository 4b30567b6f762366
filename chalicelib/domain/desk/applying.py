"""Applying customer credit to an invoice, and taking it back.

The customer's own `credit_moved` fact is written in the same transaction, so credit is spent once.
Both name the same `source`: the demand, the credit note or the staff's request it comes from.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from chalicelib.domain.desk.money_legs import incoming_legs, outgoing_legs
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.invoice_changes import received, taken_back
from chalicelib.domain.ledger import Account, Leg
from chalicelib.domain.owed import Audience, event, work


@dataclass(frozen=True, slots=True)
class CreditApplied:
    """`amount` of the customer's credit pays this invoice: never more than it still owes."""

    kind: ClassVar[str] = "credit_applied"
    source: str
    amount: int

    def key(self, seq: int) -> str:
        return f"applied/{self.source}"


@dataclass(frozen=True, slots=True)
class CreditUnapplied:
    """What was applied is credit again: the money behind it bounced, or staff chose otherwise."""

    kind: ClassVar[str] = "credit_unapplied"
    source: str
    amount: int
    reason: str

    def key(self, seq: int) -> str:
        return f"unapplied/{self.source}"


@dataclass(frozen=True, slots=True)
class OverpaymentMoved:
    """What was paid too much on this invoice is now the customer's credit."""

    kind: ClassVar[str] = "overpayment_moved"
    amount: int

    def key(self, seq: int) -> str:
        return f"overpayment/{seq}"


PAYLOADS: tuple[type, ...] = (CreditApplied, CreditUnapplied, OverpaymentMoved)


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    match payload:
        case CreditApplied(source=source, amount=amount):
            if amount > invoice.amount_payable:
                raise BrokenRecord(f"{invoice.id}: more credit applied than is owed")
            cover = invoice.covered_by
            done = cover is not None and cover.id == source
            return received(replace(invoice, covered_by=None) if done else invoice, amount, fact)
        case CreditUnapplied(amount=amount):
            return taken_back(invoice, amount)
        case OverpaymentMoved(amount=amount):
            return replace(invoice, amount_overpaid=invoice.amount_overpaid - amount)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    """What was overpaid is credit already, so moving it posts nothing."""
    match payload:
        case CreditApplied(amount=amount):
            return incoming_legs(invoice, amount, Account.CUSTOMER_CREDIT)
        case CreditUnapplied(amount=amount):
            return outgoing_legs(invoice, amount, Account.CUSTOMER_CREDIT)
        case _:
            return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    if not isinstance(payload, CreditApplied) or after.status is not InvoiceStatus.PAID:
        return ()
    was_overdue = before is not None and before.overdue_at is not None
    return (*event("invoice.paid"), *(work("resume_subscriptions") if was_overdue else ()))
