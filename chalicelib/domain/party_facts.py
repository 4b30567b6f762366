"""Everything that can happen to a customer, a business or a subscription, one dataclass each."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, MethodState, PaymentMethod
from chalicelib.domain.payment import Allocation
from chalicelib.domain.policy import DunningPolicy
from chalicelib.domain.subscription import Subscription


@dataclass(frozen=True, slots=True)
class CustomerCreated:
    kind: ClassVar[str] = "created"
    customer: Customer

    def key(self, seq: int) -> str:
        return "created"


@dataclass(frozen=True, slots=True)
class CustomerChanged:
    """`customer` is the whole record after the change, `fields` what was changed in it."""

    kind: ClassVar[str] = "changed"
    customer: Customer
    fields: tuple[str, ...]

    def key(self, seq: int) -> str:
        return f"changed/{seq}"


@dataclass(frozen=True, slots=True)
class StripeCustomerLinked:
    kind: ClassVar[str] = "stripe_customer_linked"
    stripe_customer_id: str

    def key(self, seq: int) -> str:
        return "stripe_customer"


def method_saved_key(method_id: str, source: str) -> str:
    return f"method_saved/{method_id}/{source}"


@dataclass(frozen=True, slots=True)
class MethodSaved:
    """Saved on Stripe's page, or changed by the network's updater. `source` names the session."""

    kind: ClassVar[str] = "method_saved"
    method: PaymentMethod
    make_default: bool
    source: str

    def key(self, seq: int) -> str:
        return method_saved_key(self.method.id, self.source)


@dataclass(frozen=True, slots=True)
class MethodRemoved:
    kind: ClassVar[str] = "method_removed"
    method_id: str

    def key(self, seq: int) -> str:
        return f"method_removed/{self.method_id}"


@dataclass(frozen=True, slots=True)
class DefaultMethodChosen:
    kind: ClassVar[str] = "default_method_chosen"
    method_id: str

    def key(self, seq: int) -> str:
        return f"default_method/{seq}"


@dataclass(frozen=True, slots=True)
class MethodJudged:
    """What a decline says of the method itself, for every invoice."""

    kind: ClassVar[str] = "method_judged"
    method_id: str
    state: MethodState
    invoice_id: str
    payment_id: str
    number: int

    def key(self, seq: int) -> str:
        return f"method_judged/{self.payment_id}/{self.number}"


@dataclass(frozen=True, slots=True)
class ExpiryNoticed:
    """The customer has been told that the card runs out; again if it is made the default again."""

    kind: ClassVar[str] = "expiry_noticed"
    method_id: str
    expires: str  # `2027-03`

    def key(self, seq: int) -> str:
        return f"expiry/{seq}"


@dataclass(frozen=True, slots=True)
class PaymentTaken:
    """A payment on account was asked for, in the transaction that makes its demand.

    So two clicks that come together are told apart by the customer's version: the second one finds
    the first.
    """

    kind: ClassVar[str] = "payment_taken"
    payment_id: str
    amount: int

    def key(self, seq: int) -> str:
        return f"payment/{self.payment_id}"


@dataclass(frozen=True, slots=True)
class CreditMoved:
    """The customer's credit grew by `added` and was spent on invoices, all in one transaction.

    The ledger's legs stand on the invoices' own facts. `source` names what it comes from, so one
    source moves credit once. `pays_on`: so much more is for invoices that are paid next.
    """

    kind: ClassVar[str] = "credit_moved"
    source: str
    added: int
    spent: tuple[Allocation, ...]
    reason: str
    pays_on: int = 0

    def key(self, seq: int) -> str:
        return f"credit/{self.source}"


@dataclass(frozen=True, slots=True)
class GroupJoined:
    """The customer is a member of a billing group; from when to when, the group says."""

    kind: ClassVar[str] = "group_joined"
    group_id: str

    def key(self, seq: int) -> str:
        return f"group/{seq}"


@dataclass(frozen=True, slots=True)
class CustomerNoted:
    """What somebody here wants others to know of a customer, who never reads it."""

    kind: ClassVar[str] = "note_added"
    note_id: str
    text: str

    def key(self, seq: int) -> str:
        return f"note/{self.note_id}"


@dataclass(frozen=True, slots=True)
class SubscriptionCreated:
    kind: ClassVar[str] = "created"
    subscription: Subscription

    def key(self, seq: int) -> str:
        return "created"


@dataclass(frozen=True, slots=True)
class PeriodBilled:
    """Period `index` and those after it, `count` in all, have become an invoice, in the same
    transaction. `next_bill_at`: the next one is its group's, whose billing day this is."""

    kind: ClassVar[str] = "period_billed"
    index: int
    invoice_id: str
    days_before: int
    zone: str
    count: int = 1
    next_bill_at: datetime | None = None

    def key(self, seq: int) -> str:
        return f"billed/{self.index}"


@dataclass(frozen=True, slots=True)
class BillingMoved:
    """Somebody joined or left a group with a billing day: the next period is billed then."""

    kind: ClassVar[str] = "billing_moved"
    next_bill_at: datetime

    def key(self, seq: int) -> str:
        return f"billing_moved/{seq}"


@dataclass(frozen=True, slots=True)
class SubscriptionPaused:
    kind: ClassVar[str] = "paused"
    on: date
    reason: str
    invoice_ids: tuple[str, ...] = ()

    def key(self, seq: int) -> str:
        return f"paused/{seq}"


@dataclass(frozen=True, slots=True)
class SubscriptionResumed:
    kind: ClassVar[str] = "resumed"
    on: date
    reason: str
    days_before: int
    zone: str

    def key(self, seq: int) -> str:
        return f"resumed/{seq}"


@dataclass(frozen=True, slots=True)
class SubscriptionCancelled:
    kind: ClassVar[str] = "cancelled"
    on: date
    reason: str
    collect_open_debt: bool

    def key(self, seq: int) -> str:
        return "cancelled"


@dataclass(frozen=True, slots=True)
class BusinessCreated:
    kind: ClassVar[str] = "created"
    business: Business

    def key(self, seq: int) -> str:
        return "created"


@dataclass(frozen=True, slots=True)
class BusinessChanged:
    """`business` is the whole record after the change, `fields` what was changed in it."""

    kind: ClassVar[str] = "changed"
    business: Business
    fields: tuple[str, ...]

    def key(self, seq: int) -> str:
        return f"changed/{seq}"


@dataclass(frozen=True, slots=True)
class PolicySaved:
    """A dunning policy, new or changed. Its older versions stay readable in the facts before it."""

    kind: ClassVar[str] = "policy_saved"
    policy: DunningPolicy

    def key(self, seq: int) -> str:
        return f"policy/{self.policy.id}/{seq}"


@dataclass(frozen=True, slots=True)
class DefaultPolicyChosen:
    """From now on, customers without a policy of their own follow this one."""

    kind: ClassVar[str] = "default_policy_chosen"
    policy_id: str

    def key(self, seq: int) -> str:
        return f"default_policy/{seq}"


@dataclass(frozen=True, slots=True)
class AccountRequested:
    """The business wants a Stripe account of its own; written before Stripe is asked for one."""

    kind: ClassVar[str] = "account_requested"

    def key(self, seq: int) -> str:
        return "account_requested"


@dataclass(frozen=True, slots=True)
class ChargingHeld:
    """The table was restored: nothing is charged until it knows again what Stripe has done."""

    kind: ClassVar[str] = "charging_held"

    def key(self, seq: int) -> str:
        return f"charging_held/{seq}"


@dataclass(frozen=True, slots=True)
class ChargingReleased:
    """Level with Stripe, or somebody has answered for it."""

    kind: ClassVar[str] = "charging_released"

    def key(self, seq: int) -> str:
        return f"charging_released/{seq}"


@dataclass(frozen=True, slots=True)
class ApplicationFeeEarned:
    """The install's share of a connected business's payment, on the install's own balance."""

    kind: ClassVar[str] = "application_fee_earned"
    fee_id: str
    stripe_account: str
    amount: int
    currency: str

    def key(self, seq: int) -> str:
        return f"application_fee/{self.fee_id}"


@dataclass(frozen=True, slots=True)
class ApplicationFeeReturned:
    """A part of a share was given back, by hand at Stripe."""

    kind: ClassVar[str] = "application_fee_returned"
    fee_id: str
    fee_refund_id: str
    amount: int
    currency: str

    def key(self, seq: int) -> str:
        return f"application_fee_returned/{self.fee_refund_id}"


@dataclass(frozen=True, slots=True)
class PayoutPaid:
    """Stripe sent money to the bank; a payout that fails later comes back by `PayoutFailed`."""

    kind: ClassVar[str] = "payout_paid"
    payout_id: str
    amount: int
    currency: str
    arrival_on: date

    def key(self, seq: int) -> str:
        return f"payout/{self.payout_id}"


@dataclass(frozen=True, slots=True)
class PayoutFailed:
    kind: ClassVar[str] = "payout_failed"
    payout_id: str
    amount: int
    currency: str

    def key(self, seq: int) -> str:
        return f"payout_failed/{self.payout_id}"
