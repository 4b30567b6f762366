"""Everything that can happen to an invoice, one frozen dataclass each.

`kind` is the word in the audit trail. `key` names the outside object the fact records, so that the
table refuses it the second time; facts that record nothing outside are keyed by their place.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from chalicelib.domain.declines import Decline
from chalicelib.domain.invoice import ChargeRequest, Hold, Invoice
from chalicelib.domain.payment import Allocation, Attempt
from chalicelib.domain.policy import DunningPolicy, WhenExhausted

# Why a try was not executed: Stripe shows no trace of it, or the payer left the bank's page.
NO_TRACE = "no_trace"
PAYER_LEFT = "payer_left"


@dataclass(frozen=True, slots=True)
class InvoiceCreated:
    """The draft as it was made."""

    kind: ClassVar[str] = "created"
    invoice: Invoice

    def key(self, seq: int) -> str:
        return "created"


@dataclass(frozen=True, slots=True)
class InvoiceFinalized:
    """The number is taken, the debt exists: from here on lines and totals never change."""

    kind: ClassVar[str] = "finalized"
    number: str
    issued_on: date
    due_on: date
    charge_at: datetime

    def key(self, seq: int) -> str:
        return "finalized"


@dataclass(frozen=True, slots=True)
class InvoiceIssued:
    """A subscription's invoice: made and numbered in one step, never a draft to be seen."""

    kind: ClassVar[str] = "issued"
    invoice: Invoice
    number: str
    issued_on: date
    due_on: date
    charge_at: datetime

    def key(self, seq: int) -> str:
        return "created"


@dataclass(frozen=True, slots=True)
class ChargeRequested:
    """Staff, the payer or a new card want a try now."""

    kind: ClassVar[str] = "charge_requested"
    request: ChargeRequest

    def key(self, seq: int) -> str:
        return f"request/{self.request.id}"


@dataclass(frozen=True, slots=True)
class RequestRefused:
    """No try was made, and why."""

    kind: ClassVar[str] = "request_refused"
    request_id: str
    code: str
    reason: str

    def key(self, seq: int) -> str:
        return f"refused/{self.request_id}"


@dataclass(frozen=True, slots=True)
class PaymentOpened:
    """Amount, allocations and what the install takes are frozen before Stripe hears of them."""

    kind: ClassVar[str] = "payment_opened"
    payment_id: str
    epoch: int
    amount: int
    allocations: tuple[Allocation, ...]
    application_fee: int = 0

    def key(self, seq: int) -> str:
        return f"opened/{self.payment_id}"


@dataclass(frozen=True, slots=True)
class PaymentAdopted:
    """A PaymentIntent of ours that a restore made the table forget: its payment is known again."""

    kind: ClassVar[str] = "payment_adopted"
    payment_id: str
    epoch: int
    intent_id: str
    amount: int

    def key(self, seq: int) -> str:
        return f"adopted/{self.payment_id}"


@dataclass(frozen=True, slots=True)
class AttemptStarted:
    """Written before Stripe is called: number, method and key are frozen."""

    kind: ClassVar[str] = "attempt_started"
    payment_id: str
    intent_id: str
    attempt: Attempt
    slots_done: int | None = None  # given by a scheduled try: the dunning slots used with it

    def key(self, seq: int) -> str:
        return f"attempt/{self.payment_id}/{self.attempt.number}"


@dataclass(frozen=True, slots=True)
class ResultUnknown:
    """Stripe did not say what became of the try. `check` counts how often we have looked."""

    kind: ClassVar[str] = "result_unknown"
    payment_id: str
    number: int
    check: int

    def key(self, seq: int) -> str:
        return f"unknown/{self.payment_id}/{self.number}/{self.check}"


@dataclass(frozen=True, slots=True)
class ChargeProcessing:
    """A bank debit is on its way: the balance is locked until it ends."""

    kind: ClassVar[str] = "charge_processing"
    payment_id: str
    number: int
    charge_id: str | None

    def key(self, seq: int) -> str:
        return f"processing/{self.payment_id}/{self.number}"


@dataclass(frozen=True, slots=True)
class ActionRequired:
    """The payer is at the bank's 3-D Secure page."""

    kind: ClassVar[str] = "action_required"
    payment_id: str
    number: int
    action_url: str

    def key(self, seq: int) -> str:
        return f"action/{self.payment_id}/{self.number}"


@dataclass(frozen=True, slots=True)
class ChargeSucceeded:
    """A PaymentIntent succeeds at most once, so it is posted at most once."""

    kind: ClassVar[str] = "charge_succeeded"
    payment_id: str
    number: int | None
    intent_id: str
    charge_id: str
    amount: int
    fee: int | None

    def key(self, seq: int) -> str:
        return f"succeeded/{self.intent_id}"


@dataclass(frozen=True, slots=True)
class ChargeFailed:
    """`policy` is given by the first failure: the sequence keeps it."""

    kind: ClassVar[str] = "charge_failed"
    payment_id: str
    number: int
    charge_id: str | None
    decline: Decline
    policy: DunningPolicy | None = None

    def key(self, seq: int) -> str:
        return f"failed/{self.payment_id}/{self.number}"


@dataclass(frozen=True, slots=True)
class AttemptNotExecuted:
    """Nothing was charged and never will be; `code` is one of the two words above."""

    kind: ClassVar[str] = "attempt_not_executed"
    payment_id: str
    number: int
    code: str

    def key(self, seq: int) -> str:
        return f"not_executed/{self.payment_id}/{self.number}"


@dataclass(frozen=True, slots=True)
class PaymentCancelled:
    """Stripe confirms that this PaymentIntent can take no money any more."""

    kind: ClassVar[str] = "payment_cancelled"
    payment_id: str
    reason: str

    def key(self, seq: int) -> str:
        return f"payment_cancelled/{self.payment_id}"


@dataclass(frozen=True, slots=True)
class FeePosted:
    """Stripe's fee, where it was not yet known with the success."""

    kind: ClassVar[str] = "fee_posted"
    payment_id: str
    charge_id: str
    fee: int

    def key(self, seq: int) -> str:
        return f"fee/{self.charge_id}"


@dataclass(frozen=True, slots=True)
class SlotSkipped:
    """A retry's time has passed without a try, and why."""

    kind: ClassVar[str] = "slot_skipped"
    slots_done: int
    code: str
    reason: str

    def key(self, seq: int) -> str:
        return f"skipped/{seq}"


@dataclass(frozen=True, slots=True)
class Replanned:
    """Nothing happened to the money; what happens next has changed."""

    kind: ClassVar[str] = "replanned"
    reason: str

    def key(self, seq: int) -> str:
        return f"replanned/{seq}"


@dataclass(frozen=True, slots=True)
class Reminded:
    """`reminder` is `before/7`, `after/3`: days from the due date."""

    kind: ClassVar[str] = "reminded"
    reminder: str

    def key(self, seq: int) -> str:
        return f"reminded/{self.reminder}"


@dataclass(frozen=True, slots=True)
class WentOverdue:
    """`end` is what was done to the subscription with it; `stops_at` when its grace is over."""

    kind: ClassVar[str] = "went_overdue"
    reason: str
    stops_at: datetime | None = None
    end: WhenExhausted | None = None

    def key(self, seq: int) -> str:
        return f"went_overdue/{seq}"


@dataclass(frozen=True, slots=True)
class InvoiceCancelled:
    kind: ClassVar[str] = "cancelled"
    reason: str

    def key(self, seq: int) -> str:
        return "cancelled"


@dataclass(frozen=True, slots=True)
class DisputeOpened:
    kind: ClassVar[str] = "dispute_opened"
    payment_id: str
    dispute_id: str
    amount: int
    reason: str
    due_by: datetime | None

    def key(self, seq: int) -> str:
        return f"dispute/{self.dispute_id}"


@dataclass(frozen=True, slots=True)
class DisputeFundsMoved:
    """One balance transaction of a dispute; `amount` is signed as Stripe's, `fee` likewise."""

    kind: ClassVar[str] = "dispute_funds_moved"
    payment_id: str
    dispute_id: str
    transaction_id: str
    amount: int
    fee: int

    def key(self, seq: int) -> str:
        return f"dispute_funds/{self.transaction_id}"


@dataclass(frozen=True, slots=True)
class DisputeClosed:
    """The bank has decided; `verdict` counts from 0, for an appeal may turn it round again."""

    kind: ClassVar[str] = "dispute_closed"
    payment_id: str
    dispute_id: str
    won: bool
    verdict: int = 0

    def key(self, seq: int) -> str:
        again = f"/{self.verdict}" if self.verdict else ""
        return f"dispute_closed/{self.dispute_id}{again}"


@dataclass(frozen=True, slots=True)
class DisputeRegained:
    """What a lost dispute had taken is ours again: an appeal was won, or Stripe gave it back."""

    kind: ClassVar[str] = "dispute_regained"
    payment_id: str
    dispute_id: str
    amount: int
    verdict: int

    def key(self, seq: int) -> str:
        return f"dispute_regained/{self.dispute_id}/{self.verdict}"


@dataclass(frozen=True, slots=True)
class HoldPlaced:
    kind: ClassVar[str] = "hold_placed"
    hold: Hold

    def key(self, seq: int) -> str:
        return f"hold/{seq}"


@dataclass(frozen=True, slots=True)
class HoldLifted:
    kind: ClassVar[str] = "hold_lifted"
    reason: str

    def key(self, seq: int) -> str:
        return f"hold_lifted/{seq}"
