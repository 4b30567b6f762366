"""An early fraud warning: a card's bank says that its payer did not make a payment.

Mostly a dispute follows. Refunding in full before it does avoids it and its fee; either way the
card is charged no more until somebody here has decided that it may be. Three records know of it:
this one (the case, for the board), the invoice (`FraudMark`) and the customer (`CardWarning`, by
the card's number, so that typing it in again changes nothing). They are written together.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class WarningStage(StrEnum):
    """The three columns of the board."""

    ACTIONABLE = "actionable"  # a refund in full would still avoid a dispute
    BLOCKED = "blocked"  # disputed, or refunded; the card waits for somebody's decision
    RELEASED = "released"


@dataclass(frozen=True, slots=True)
class FraudMark:
    """A warning as its invoice remembers it. `fraud_type` is Stripe's word."""

    id: str
    payment_id: str
    fraud_type: str
    released: bool = False


@dataclass(frozen=True, slots=True)
class CardWarning:
    """A warning as its customer remembers it, until it is released."""

    id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class FraudWarning:
    """The case. Its id is Stripe's; `actionable` is what Stripe said last."""

    id: str
    business_id: str
    customer_id: str
    invoice_id: str
    payment_id: str
    charge_id: str
    amount: int
    currency: str
    fraud_type: str
    brand: str
    last4: str
    fingerprint: str
    actionable: bool
    warned_at: datetime
    dispute_id: str | None = None  # of the same payment, before or after
    released_at: datetime | None = None
    version: int = 0
    chain: str = ""

    @property
    def stage(self) -> WarningStage:
        if self.released_at is not None:
            return WarningStage.RELEASED
        return WarningStage.ACTIONABLE if self.actionable else WarningStage.BLOCKED

    @property
    def advice(self) -> str:
        released, disputed = self.released_at is not None, self.dispute_id is not None
        return advice(released=released, disputed=disputed, actionable=self.actionable)


FRAUD_TYPES = {
    "card_never_received": "the card never reached its owner",
    "fraudulent_card_application": "the card was applied for in somebody else's name",
    "made_with_counterfeit_card": "made with a counterfeit card",
    "made_with_lost_card": "made with a lost card",
    "made_with_stolen_card": "made with a stolen card",
    "misc": "the bank gives no detail",
    "unauthorized_use_of_card": "the card's owner did not authorise it",
}


def in_words(fraud_type: str) -> str:
    """Stripe's word as staff read it; one we do not know yet is shown as it is."""
    return FRAUD_TYPES.get(fraud_type, fraud_type.replace("_", " "))


def advice(*, released: bool, disputed: bool, actionable: bool) -> str:
    """What to do about it, for staff."""
    release = "Release the card only when you know its owner and the payment is theirs."
    if released:
        return "The card may be charged again: somebody here has decided so."
    if disputed:
        return f"It was disputed after all: answer the dispute. {release}"
    if actionable:
        return (
            "Refund it in full now if you do not know the payer: with Visa and Mastercard that "
            "avoids the dispute that mostly follows, and its fee. If you do know the payer, ask "
            f"them to tell their bank. {release}"
        )
    return f"It was refunded: no dispute has to be feared. {release}"
