"""Stripe's objects as far as we read them, in our units."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from chalicelib.domain.connect import AccountNeeds
from chalicelib.domain.declines import Decline


class IntentStatus(StrEnum):
    REQUIRES_PAYMENT_METHOD = "requires_payment_method"
    REQUIRES_CONFIRMATION = "requires_confirmation"
    REQUIRES_ACTION = "requires_action"
    PROCESSING = "processing"
    REQUIRES_CAPTURE = "requires_capture"
    CANCELED = "canceled"
    SUCCEEDED = "succeeded"


class ChargeStatus(StrEnum):
    PENDING = "pending"
    SUCCEEDED = "succeeded"
    FAILED = "failed"


@dataclass(frozen=True, slots=True)
class ChargeSeen:
    """A charge as Stripe shows it. `fee` is None until its balance transaction exists."""

    id: str
    status: ChargeStatus
    amount: int
    created_at: datetime
    method_id: str = ""
    fee: int | None = None
    decline: Decline | None = None
    amount_refunded: int = 0
    disputed: bool = False


@dataclass(frozen=True, slots=True)
class IntentSeen:
    """A PaymentIntent re-read from Stripe; amounts are ISO minor units."""

    id: str
    status: IntentStatus
    amount: int
    currency: str
    created_at: datetime
    business_id: str = ""  # from our own metadata, like the next two
    invoice_id: str = ""
    payment_id: str = ""
    latest_charge: ChargeSeen | None = None
    last_error: Decline | None = None
    last_error_method_id: str = ""
    action_url: str | None = None


class ConfirmAnswer(StrEnum):
    """What a confirm came back with. The outcome itself is always re-read."""

    ACCEPTED = "accepted"
    DECLINED = "declined"
    UNEXPECTED_STATE = "unexpected_state"  # often: another try has succeeded
    REFUSED = "refused"  # 4xx: nothing was tried (a missing method, a wrong amount)
    NOT_NOW = "not_now"  # 429, or the object is locked: nothing was tried
    UNKNOWN = "unknown"  # timeout, 5xx: it may have been done


@dataclass(frozen=True, slots=True)
class Confirmed:
    answer: ConfirmAnswer
    code: str = ""  # Stripe's error code, for staff
    decline: Decline | None = None  # from the error body, for declines that leave no charge


@dataclass(frozen=True, slots=True)
class SetupPage:
    id: str
    url: str


@dataclass(frozen=True, slots=True)
class SetupSeen:
    """A hosted set-up session re-read from Stripe."""

    id: str
    customer_id: str  # ours, from metadata
    business_id: str
    complete: bool
    method_id: str | None = None
    mandate_id: str | None = None
    demand_id: str = ""  # the payment that waits for the method


@dataclass(frozen=True, slots=True)
class RefundSeen:
    id: str
    status: str  # pending, requires_action, succeeded, failed, canceled
    amount: int
    currency: str
    charge_id: str
    intent_id: str
    moved: int | None = None  # what left our Stripe balance, None before it did
    returned: int = 0  # what came back when it failed
    request_id: str = ""  # our own id of it, from metadata; empty for one of Stripe's dashboard


@dataclass(frozen=True, slots=True)
class DisputeSeen:
    id: str
    status: str
    amount: int
    currency: str
    charge_id: str
    intent_id: str
    reason: str
    due_by: datetime | None
    moved: tuple[tuple[str, int, int], ...]  # (balance transaction, amount signed, fee)
    submissions: int = 0  # how often evidence was submitted, here or in the dashboard
    request_id: str = ""  # ours, from metadata: who asked for what was submitted


@dataclass(frozen=True, slots=True)
class WarningSeen:
    """An early fraud warning; whose payment it is about is from our own metadata."""

    id: str
    fraud_type: str
    actionable: bool
    charge_id: str
    created_at: datetime
    business_id: str = ""
    invoice_id: str = ""
    payment_id: str = ""


@dataclass(frozen=True, slots=True)
class PayoutSeen:
    id: str
    status: str
    amount: int
    currency: str
    arrival_at: datetime
    failed: bool = False


@dataclass(frozen=True, slots=True)
class AccountSeen:
    """A connected account as Stripe shows it; `business_id` is from our own metadata."""

    id: str
    charges_enabled: bool
    payouts_enabled: bool = False
    needs: AccountNeeds = AccountNeeds()
    business_id: str = ""


@dataclass(frozen=True, slots=True)
class ApplicationFeeSeen:
    """The install's share of one charge; `returned` is what was given back of it, by its id."""

    id: str
    account: str
    charge_id: str
    amount: int
    currency: str
    returned: tuple[tuple[str, int], ...] = ()


@dataclass(frozen=True, slots=True)
class AccountPage:
    """Stripe's onboarding: opens once, and until `expires_at`."""

    url: str
    expires_at: datetime


@dataclass(frozen=True, slots=True)
class NewIntent:
    """What a PaymentIntent is created with; amount in ISO minor units."""

    business_id: str
    invoice_id: str
    payment_id: str
    customer: str  # cus_…
    amount: int
    currency: str
    description: str
    method_kinds: tuple[str, ...] = ("card", "us_bank_account")
    application_fee: int = 0  # only on a connected account
