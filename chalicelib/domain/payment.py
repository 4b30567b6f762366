"""A payment and its attempts: money asked for once, tried as often as it takes.

A payment's amount and allocations are frozen when it is opened; through Stripe it is one
PaymentIntent, which can succeed at most once. An attempt is one try to confirm it.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.customer import MethodKind
from chalicelib.domain.declines import Decline


class PaymentStatus(StrEnum):
    PENDING = "pending"
    PROCESSING = "processing"
    PAID = "paid"
    FAILED = "failed"
    CANCELLED = "cancelled"


class Trigger(StrEnum):
    """Who or what wanted this try. Only a SCHEDULE try uses up a dunning slot."""

    FIRST = "first"
    SCHEDULE = "schedule"
    STAFF = "staff"
    CUSTOMER = "customer"
    NEW_CARD = "new_card"


class AttemptResult(StrEnum):
    """What became of a try; STARTED and UNKNOWN are to be resolved before anything else."""

    STARTED = "started"
    UNKNOWN = "unknown"
    PROCESSING = "processing"  # a bank debit is on its way
    ACTION_REQUIRED = "action_required"  # the payer is at 3-D Secure
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    NOT_EXECUTED = "not_executed"  # Stripe shows no trace of it and never will


UNRESOLVED = frozenset({AttemptResult.STARTED, AttemptResult.UNKNOWN})
LIVE = UNRESOLVED | {AttemptResult.PROCESSING, AttemptResult.ACTION_REQUIRED}


@dataclass(frozen=True, slots=True)
class Allocation:
    """How much of a payment belongs to an invoice, in minor units."""

    invoice_id: str
    amount: int


@dataclass(frozen=True, slots=True)
class Attempt:
    """One try. Everything about the method is frozen: a card changed later was not charged."""

    number: int  # 1, 2, 3 … within the payment
    trigger: Trigger
    started_at: datetime
    method_id: str
    method_kind: MethodKind
    fingerprint: str
    brand: str
    last4: str
    off_session: bool
    idempotency_key: str
    token: str  # who holds it: a repeat of our own write is recognised by it
    reason: str  # why now, in plain words
    slot: int | None = None
    return_url: str | None = None
    request_id: str | None = None
    result: AttemptResult = AttemptResult.STARTED
    decline: Decline | None = None
    charge_id: str | None = None
    resolved_at: datetime | None = None
    checks: int = 0  # how often an unknown result has been looked for
    action_url: str | None = None

    @property
    def is_live(self) -> bool:
        return self.result in LIVE

    @property
    def is_unresolved(self) -> bool:
        return self.result in UNRESOLVED


@dataclass(frozen=True, slots=True)
class Payment:
    """`amount` and `fee` are minor units of the invoice's currency."""

    id: str
    epoch: int  # the n-th payment of its invoice
    amount: int
    allocations: tuple[Allocation, ...]
    opened_at: datetime
    status: PaymentStatus = PaymentStatus.PENDING
    intent_id: str | None = None
    attempts: tuple[Attempt, ...] = ()
    charge_id: str | None = None
    application_fee: int = 0  # what the install takes of it; a part of `fee` once that is known
    fee: int | None = None  # None until Stripe's balance transaction shows it
    paid_at: datetime | None = None
    amount_refunded: int = 0
    disputed: bool = False

    @property
    def last_attempt(self) -> Attempt | None:
        return self.attempts[-1] if self.attempts else None

    @property
    def is_open(self) -> bool:
        """Stripe may still take money for it."""
        return self.status in {PaymentStatus.PENDING, PaymentStatus.PROCESSING}
