"""What an early fraud warning does to its invoice and to its customer's card: it stops them.

The case itself is a record of its own: `fraud_warnings.py`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.fraud_warning import CardWarning, FraudMark
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.ledger import Leg
from chalicelib.domain.owed import Audience, event, staff, work


@dataclass(frozen=True, slots=True)
class FraudWarned:
    """Of the invoice: nothing is charged for it by itself until the warning is released."""

    kind: ClassVar[str] = "fraud_warned"
    payment_id: str
    warning_id: str
    fraud_type: str

    def key(self, seq: int) -> str:
        return f"fraud_warning/{self.warning_id}"


@dataclass(frozen=True, slots=True)
class FraudReleased:
    kind: ClassVar[str] = "fraud_released"
    warning_id: str
    reason: str

    def key(self, seq: int) -> str:
        return f"fraud_released/{self.warning_id}"


@dataclass(frozen=True, slots=True)
class CardWarned:
    """Of the customer: this card is charged no more, whatever the invoice."""

    kind: ClassVar[str] = "card_warned"
    warning_id: str
    fingerprint: str

    def key(self, seq: int) -> str:
        return f"card_warned/{self.warning_id}"


@dataclass(frozen=True, slots=True)
class CardReleased:
    kind: ClassVar[str] = "card_released"
    warning_id: str
    reason: str

    def key(self, seq: int) -> str:
        return f"card_released/{self.warning_id}"


PAYLOADS: tuple[type, ...] = (FraudWarned, FraudReleased)
OF_CUSTOMER: tuple[type, ...] = (CardWarned, CardReleased)


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    match payload:
        case FraudWarned():
            mark = FraudMark(payload.warning_id, payload.payment_id, payload.fraud_type)
            return replace(invoice, fraud_warnings=(*invoice.fraud_warnings, mark))
        case FraudReleased(warning_id=warning_id):
            marks = [
                replace(one, released=True) if one.id == warning_id else one
                for one in invoice.fraud_warnings
            ]
            return replace(invoice, fraud_warnings=tuple(marks))
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    """A warning moves no money: a refund or a dispute does."""
    return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    if isinstance(payload, FraudWarned):
        return (*staff("staff_fraud_warning"), *event("fraud_warning.created"))
    return event("fraud_warning.released")


def customer_step(customer: Customer, payload: Any) -> Customer:
    match payload:
        case CardWarned(warning_id=warning_id, fingerprint=fingerprint):
            warned = (*customer.card_warnings, CardWarning(warning_id, fingerprint))
            return replace(customer, card_warnings=warned)
        case CardReleased(warning_id=warning_id):
            left = tuple(one for one in customer.card_warnings if one.id != warning_id)
            return replace(customer, card_warnings=left)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def owed_by_customer() -> tuple[Effect, ...]:
    """Every open invoice's plan says anew whether that card may be charged."""
    return work("replan_open_invoices")
