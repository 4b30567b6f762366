"""Credit to be paid out past Stripe that takes a second person: asked for, then agreed to or not.

What is asked for is set aside, so nobody spends it meanwhile. That it was paid is `CreditPaidOut`.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Effect
from chalicelib.domain.ledger import Leg, legs
from chalicelib.domain.owed import event, staff


@dataclass(frozen=True, slots=True)
class CreditPayoutRequested:
    """Above the limit for one person. `amount` is the customer's credit no more."""

    kind: ClassVar[str] = "credit_payout_requested"
    payout_id: str
    method: ExternalMethod
    reference: str
    amount: int
    currency: str
    reason: str

    def key(self, seq: int) -> str:
        return f"payout_requested/{self.payout_id}"


@dataclass(frozen=True, slots=True)
class CreditPayoutRejected:
    """It is not paid: the credit is the customer's again."""

    kind: ClassVar[str] = "credit_payout_rejected"
    payout_id: str
    amount: int
    currency: str
    reason: str

    def key(self, seq: int) -> str:
        return f"payout_rejected/{self.payout_id}"


PAYLOADS: tuple[type, ...] = (CreditPayoutRequested, CreditPayoutRejected)


def credit_moved(payload: Any) -> int:
    """How much the customer's credit grows."""
    match payload:
        case CreditPayoutRequested(amount=amount):
            return -amount
        case CreditPayoutRejected(amount=amount):
            return amount
        case _:
            return 0


def legs_for(payload: Any) -> tuple[Leg, ...]:
    """`refunds` below zero is what is owed to the payer until the money has left."""
    moved = credit_moved(payload)
    return legs(payload.currency, customer_credit=-moved, refunds=moved) if moved else ()


def owed(payload: Any) -> tuple[Effect, ...]:
    match payload:
        case CreditPayoutRequested():
            asked = event("customer.credit_payout_requested")
            return (*staff("staff_refund_approval"), *asked)
        case CreditPayoutRejected():
            return event("customer.credit_payout_rejected")
        case _:
            return ()
