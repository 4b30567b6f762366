"""A dispute: a payer's bank takes money back, and until a deadline we may answer with evidence.

The invoice's own facts carry the money and what it means for collecting (`DisputeMark`); this
record carries the case: Stripe's status, the deadline, our answer. Both are written together where
both change. Its id is Stripe's.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

# Before the deadline, in days: staff are reminded while the dispute is unanswered.
REMINDER_DAYS = (3, 1)
# A request that no worker has carried out by then is handed out again by the sweep.
WORK_AGAIN = timedelta(minutes=10)

NEEDS_ANSWER = frozenset({"needs_response", "warning_needs_response"})
# A bank's verdict is argued about once more: in Stripe's dashboard, the API takes no such answer.
APPEAL = "appeal_needs_response"
# Stripe's last words, and whether the money is ours after them. A lost one may still be appealed.
OUTCOMES = {"won": True, "lost": False, "warning_closed": True, "prevented": True}


class DisputeStage(StrEnum):
    """The three columns of the board."""

    NEEDS_ANSWER = "needs_answer"
    UNDER_REVIEW = "under_review"
    CLOSED = "closed"


class AnswerState(StrEnum):
    """How far our own answer is."""

    NONE = "none"
    DRAFTED = "drafted"
    REQUESTED = "requested"  # a worker is about to send it
    SUBMITTED = "submitted"
    REFUSED = "refused"  # Stripe would not take it; see the reason


class Part(StrEnum):
    """What the evidence packet may hold; staff leave out what does not help."""

    INVOICE = "invoice"
    RECEIPT = "receipt"
    MESSAGES = "messages"  # mails and texts, when, and their message ids
    PORTAL_LOG = "portal_log"
    SUBSCRIPTION = "subscription"
    ATTEMPTS = "attempts"  # every try, and what 3-D Secure said
    REFUNDS = "refunds"
    BILLING_ADDRESS = "billing_address"
    EARLIER_PAYMENTS = "earlier_payments"  # undisputed ones with the same card


class DisputeState(StrEnum):
    """What a dispute means for its invoice."""

    OPEN = "open"
    WON = "won"
    LOST = "lost"


@dataclass(frozen=True, slots=True)
class DisputeMark:
    """A dispute as its invoice remembers it. `reason` is Stripe's word.

    `taken` is what it makes owed again at present: nothing while it is open or after it was won.
    """

    id: str
    payment_id: str
    amount: int
    reason: str
    due_by: datetime | None
    state: DisputeState = DisputeState.OPEN
    taken: int = 0
    verdicts: int = 0  # how often it was decided: an appeal may turn it round


@dataclass(frozen=True, slots=True)
class Draft:
    """What staff want to say and show."""

    text: str = ""
    parts: tuple[Part, ...] = tuple(Part)


class RequestKind(StrEnum):
    EVIDENCE = "evidence"
    ACCEPTANCE = "acceptance"


@dataclass(frozen=True, slots=True)
class AnswerRequest:
    """What staff asked for and a worker has not yet done. `draft` is as it was then."""

    id: str
    kind: RequestKind
    asked_at: datetime
    draft: Draft = Draft()


@dataclass(frozen=True, slots=True)
class EvidenceFile:
    """One file at Stripe: which field of the evidence it fills, and the content's SHA-256."""

    field: str
    file_id: str
    fingerprint: str


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why Stripe would not take an answer."""

    code: str
    reason: str


@dataclass(frozen=True, slots=True)
class Dispute:
    """`amount` is minor units; `reason` and `status` are Stripe's words, which may grow."""

    id: str
    business_id: str
    customer_id: str
    invoice_id: str
    payment_id: str
    charge_id: str
    amount: int
    currency: str
    reason: str
    status: str
    opened_at: datetime
    due_by: datetime | None
    draft: Draft | None = None
    request: AnswerRequest | None = None
    files: tuple[EvidenceFile, ...] = ()  # uploaded for the request, or sent with the answer
    submitted_at: datetime | None = None
    submitted_elsewhere: bool = False  # in Stripe's dashboard, not by us
    accepted_at: datetime | None = None
    refusal: Refusal | None = None
    reminded_days: int | None = None
    closed_at: datetime | None = None
    fraud_warning_id: str | None = None  # the card's bank had warned, or warned later
    version: int = 0
    chain: str = ""

    @property
    def is_inquiry(self) -> bool:
        """The bank only asks; no money has moved."""
        return self.status.startswith("warning_")

    @property
    def stage(self) -> DisputeStage:
        if self.status in OUTCOMES:
            return DisputeStage.CLOSED
        if self.status in NEEDS_ANSWER or self.status == APPEAL:
            return DisputeStage.NEEDS_ANSWER
        return DisputeStage.UNDER_REVIEW

    @property
    def answer(self) -> AnswerState:
        if self.submitted_at is not None:
            return AnswerState.SUBMITTED
        if self.request is not None and self.request.kind is RequestKind.EVIDENCE:
            return AnswerState.REQUESTED
        if self.refusal is not None:
            return AnswerState.REFUSED
        return AnswerState.DRAFTED if self.draft is not None else AnswerState.NONE

    @property
    def won(self) -> bool | None:
        """None while it is undecided."""
        return OUTCOMES.get(self.status)


def is_ours(status: str, moved: Sequence[int]) -> bool | None:
    """Whether the disputed money is the business's after all; None while that is undecided.

    `moved` is what each of its movements brought to our balance at Stripe. Where Stripe gave all of
    it back, a lost dispute costs nothing, and one that was prevented costs what it took.
    """
    if status not in OUTCOMES:
        return None
    given_back = sum(moved) >= 0
    if status == "lost":
        return bool(moved) and given_back
    return given_back if status == "prevented" else True


def is_answerable(dispute: Dispute, now: datetime) -> bool:
    """Stripe still takes evidence: once, and until the deadline."""
    if dispute.status not in NEEDS_ANSWER or dispute.submitted_at is not None:
        return False
    return dispute.due_by is not None and now < dispute.due_by


def next_reminder(dispute: Dispute) -> tuple[int, datetime] | None:
    """The reminder to come, and when. None when it is answered, or too late for any."""
    pending = _pending(dispute)
    return pending[0] if pending else None


def reminder_due(dispute: Dispute, now: datetime) -> int | None:
    """The newest reminder whose time has come, in days before the deadline."""
    due = [days for days, at in _pending(dispute) if at <= now]
    return due[-1] if due else None


def _pending(dispute: Dispute) -> list[tuple[int, datetime]]:
    waits = dispute.stage is DisputeStage.NEEDS_ANSWER and dispute.submitted_at is None
    if dispute.due_by is None or not waits:
        return []
    found = [(days, dispute.due_by - timedelta(days=days)) for days in REMINDER_DAYS]
    told = dispute.reminded_days
    return [
        (days, at) for days, at in found if at > dispute.opened_at and (told is None or days < told)
    ]


def due_at(dispute: Dispute) -> datetime | None:
    """When a machine must look at it next."""
    if dispute.request is not None:
        return dispute.request.asked_at + WORK_AGAIN
    reminder = next_reminder(dispute)
    return reminder[1] if reminder else None


REASONS = {
    "bank_cannot_process": "the bank could not process it",
    "check_returned": "the cheque was returned",
    "credit_not_processed": "a promised refund did not come",
    "customer_initiated": "the payer asked the bank to return it",
    "debit_not_authorized": "the payer did not authorise the debit",
    "duplicate": "charged twice",
    "fraudulent": "the cardholder did not make it",
    "general": "no reason given",
    "incorrect_account_details": "wrong account details",
    "insufficient_funds": "not enough money in the account",
    "noncompliant": "against a network's rules",
    "product_not_received": "not received",
    "product_unacceptable": "not as described",
    "subscription_canceled": "the subscription was cancelled before",
    "unrecognized": "the cardholder does not recognise it",
}


def in_words(reason: str) -> str:
    """Stripe's word as staff read it; one we do not know yet is shown as it is."""
    return REASONS.get(reason, reason.replace("_", " "))
