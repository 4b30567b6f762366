"""A refund: asked for, perhaps approved by a second person, sent, and sometimes returned."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum


class RefundStatus(StrEnum):
    AWAITING_APPROVAL = "awaiting_approval"
    REQUESTED = "requested"  # nobody else has to agree: a worker sends it
    PENDING = "pending"  # Stripe has it, but no money has moved: `waits_for` says why
    IN_TRANSIT = "in_transit"  # it has left our balance; the payer's bank has yet to take it
    SUCCEEDED = "succeeded"  # Stripe says it is done, or it was paid out by hand
    FAILED = "failed"  # refused, or the money came back
    REJECTED = "rejected"


UNDECIDED = frozenset(
    {RefundStatus.AWAITING_APPROVAL, RefundStatus.REQUESTED, RefundStatus.PENDING}
)


@dataclass(frozen=True, slots=True)
class Refund:
    """Of one payment, Stripe's or external. One made in Stripe's dashboard has Stripe's id.

    `from_credit`: the customer's unapplied credit is paid out through this payment; otherwise the
    price of what was sold becomes less.
    """

    id: str
    payment_id: str
    amount: int
    reason: str
    requested_at: datetime
    requested_by: str = ""
    status: RefundStatus = RefundStatus.REQUESTED
    from_credit: bool = False
    decided_by: str = ""
    decided_at: datetime | None = None
    stripe_refund_id: str | None = None
    failure: str = ""  # why it failed or was rejected, in words
    waits_for: str = ""  # while it is pending, in words
    credit_part: int = 0  # what of one made in the dashboard was the customer's credit

    @property
    def is_undecided(self) -> bool:
        """It may still take money, so nobody else may have it."""
        return self.status in UNDECIDED

    @property
    def of_credit(self) -> int:
        """What of it pays out credit; the rest lowers what was sold."""
        return self.amount if self.from_credit else self.credit_part
