"""What a notice says, before it has words: facts in minor units and dates, and who reads them.

A notice to a customer has no place for a decline code: it carries a text key, so what a bank told
us about a card cannot reach its owner by mistake.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.branding import ACCENT, ACTION

if TYPE_CHECKING:
    from datetime import date, datetime

    from chalicelib.documents import BankView, MethodView


class NoticeKind(StrEnum):
    INVOICE_SENT = "invoice_sent"
    REMINDER_UPCOMING = "reminder_upcoming"
    REMINDER_PAST_DUE = "reminder_past_due"
    RECEIPT = "receipt"
    PAYMENT_FAILED = "payment_failed"
    NEEDS_CARD = "needs_card"
    ACTION_REQUIRED = "action_required"
    CHECKING = "checking"
    WENT_OVERDUE = "went_overdue"
    RESUMED = "resumed"
    CARD_EXPIRING = "card_expiring"
    INVOICE_CANCELLED = "invoice_cancelled"
    REFUND_SENT = "refund_sent"
    REFUND_FAILED = "refund_failed"
    CREDIT_NOTE_SENT = "credit_note_sent"
    PAYMENT_BOUNCED = "payment_bounced"
    PLAN_BROKEN = "plan_broken"
    METHOD_REMOVED = "method_removed"
    STAFF_PAYMENT_RECEIVED = "staff_payment_received"
    STAFF_PAYMENT_FAILED = "staff_payment_failed"
    STAFF_OVERDUE = "staff_overdue"
    STAFF_NEEDS_HUMAN = "staff_needs_human"
    STAFF_DISPUTE = "staff_dispute"
    STAFF_DISPUTE_DUE = "staff_dispute_due"
    STAFF_DISPUTE_CLOSED = "staff_dispute_closed"
    STAFF_DISPUTE_REFUSED = "staff_dispute_refused"
    STAFF_FRAUD_WARNING = "staff_fraud_warning"
    STAFF_REFUND_APPROVAL = "staff_refund_approval"
    STAFF_REFUND_FAILED = "staff_refund_failed"
    STAFF_PROMISE_BROKEN = "staff_promise_broken"
    STAFF_PLAN_BROKEN = "staff_plan_broken"
    STAFF_DISCONNECTED = "staff_disconnected"
    STAFF_CHARGES_STOPPED = "staff_charges_stopped"

    @property
    def for_staff(self) -> bool:
        return self.value.startswith("staff_")


class PayerTextKey(StrEnum):
    """All that a payer may learn of why a try failed."""

    DECLINED = "declined"
    INSUFFICIENT_FUNDS = "insufficient_funds"
    EXPIRED_CARD = "expired_card"
    INCORRECT_CVC = "incorrect_cvc"
    PROCESSING_ERROR = "processing_error"
    AUTHENTICATION = "authentication"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class BusinessView:
    name: str
    address_lines: tuple[str, ...] = ()
    phone: str | None = None
    accent: str = ACCENT
    action: str = ACTION


@dataclass(frozen=True, slots=True)
class StaffView:
    """What only the business's own people read: the raw truth of a try and what to do about it."""

    customer: str | None = None
    classification: str | None = None
    codes: tuple[tuple[str, str], ...] = ()  # field of Stripe's answer and its value
    attempt: str | None = None
    reason: str | None = None
    next_step: str | None = None
    next_at: datetime | None = None  # when that is; in the reader's zone


@dataclass(frozen=True, slots=True, kw_only=True)
class NoticeView:
    """One notice. Which facts a kind needs its text tells; a missing one is an error."""

    kind: NoticeKind
    key: str  # one notice is one key: (invoice, step, channel)
    locale: str
    business: BusinessView
    link: str  # the one signed link
    to_name: str | None = None
    currency: str = "USD"
    amount: int | None = None  # due, paid or refunded, as the kind has it
    balance: int | None = None  # what remains open after a payment
    invoice_number: str | None = None
    is_instalment: bool = False  # `invoice_number` is a payment plan's, and it is called so
    replaces: str | None = None  # the number of the invoice that this one corrects
    credit_note: str | None = None  # its number
    description: str | None = None
    due_on: date | None = None
    days: int | None = None  # until it is due, or since it was
    charge_on: date | None = None  # the day `method` is charged by itself
    paid_on: date | None = None
    refunded_on: date | None = None
    kept_as_credit: bool = False  # what could not be refunded is the customer's credit again
    method: MethodView | None = None
    transaction_id: str | None = None
    text_key: PayerTextKey | None = None
    next_on: date | None = None
    part_allowed: bool = False
    answer_by: datetime | None = None  # in the reader's zone
    subscription: str | None = None
    stops_on: date | None = None  # when it stops, unless it is paid by then
    service_ends: bool = False  # it is cancelled, not paused
    expires_on: date | None = None
    bank: BankView | None = None
    note: str | None = None  # a sentence of the business's own
    staff: StaffView | None = None


@dataclass(frozen=True, slots=True)
class Message:
    subject: str
    html: str
    text: str
