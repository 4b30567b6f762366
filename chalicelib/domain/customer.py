"""A customer and the payment methods saved at Stripe: never a card number, only what is shown."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from enum import StrEnum

from chalicelib.domain.dates import add_months
from chalicelib.domain.fraud_warning import CardWarning
from chalicelib.domain.parties import Address, QuietHours, Terms


class CustomerKind(StrEnum):
    INDIVIDUAL = "individual"
    BUSINESS = "business"


class MethodKind(StrEnum):
    """Stripe's payment method types that we collect through."""

    CARD = "card"
    US_BANK_ACCOUNT = "us_bank_account"


class MethodState(StrEnum):
    """What the last answer of the network lets us do with it, until it is changed."""

    USABLE = "usable"
    FIX = "fix"  # its data is wrong or out of date: the customer has to enter it again
    DEAD = "dead"  # the issuer wants no further try


@dataclass(frozen=True, slots=True)
class PaymentMethod:
    """A saved card or bank account, as Stripe shows it."""

    id: str  # pm_…
    kind: MethodKind
    brand: str  # visa, mastercard, … or the bank's name
    last4: str
    fingerprint: str  # the same number has the same one: network caps count on it
    exp_year: int = 0
    exp_month: int = 0
    country: str = ""
    mandate_id: str | None = None
    state: MethodState = MethodState.USABLE
    saved_at: datetime | None = None

    def expired_on(self, day: date) -> bool:
        """A card is good to the end of its printed month."""
        if self.kind is not MethodKind.CARD or not self.exp_year:
            return False
        return day >= add_months(date(self.exp_year, self.exp_month, 1), 1)

    @property
    def on_session_only(self) -> bool:
        """Cards issued in India need the payer for each charge (RBI e-mandate rules)."""
        return self.kind is MethodKind.CARD and self.country == "IN"


@dataclass(frozen=True, slots=True)
class Customer:
    """`locale` is BCP 47; `sms_consent_at` is when text messages were agreed to, if they were."""

    id: str
    business_id: str
    kind: CustomerKind
    name: str
    email: str
    phone: str = ""
    locale: str = ""
    zone: str = ""
    address: Address = Address()
    tax_id: str = ""
    terms: Terms = Terms.DUE_ON_RECEIPT
    auto_charge: bool = True
    sms_consent_at: datetime | None = None
    quiet_hours: QuietHours = QuietHours()
    account_manager_email: str = ""
    policy_id: str = ""  # its own dunning policy; none: the business's default
    external_ref: str = ""
    stripe_customer_id: str | None = None
    methods: tuple[PaymentMethod, ...] = ()
    default_method_id: str | None = None
    credit: int = 0  # minor units of unapplied credit; below 0 when spent money bounced
    last_payment_id: str = ""  # the newest payment on account: a second click finds it here
    expiry_noticed: str = ""  # `2027-03`: told that the default card runs out then
    group_ids: tuple[str, ...] = ()  # billing groups it is or was a member of
    card_warnings: tuple[CardWarning, ...] = ()  # of fraud, until staff release the card
    version: int = 0
    chain: str = ""

    def method(self, method_id: str | None) -> PaymentMethod | None:
        return next((method for method in self.methods if method.id == method_id), None)

    def is_warned(self, method: PaymentMethod) -> bool:
        """The bank of this card has warned of fraud, and nobody here has released it."""
        return any(one.fingerprint == method.fingerprint for one in self.card_warnings)

    @property
    def default_method(self) -> PaymentMethod | None:
        return self.method(self.default_method_id)

    @property
    def effective_terms(self) -> Terms:
        """An individual pays on the invoice date; terms are for businesses."""
        return self.terms if self.kind is CustomerKind.BUSINESS else Terms.DUE_ON_RECEIPT

    @property
    def expiry_notice_at(self) -> datetime | None:
        """When to say that the default card expires: a month before it does, once."""
        card = self.default_method
        if card is None or card.kind is not MethodKind.CARD or not card.exp_year:
            return None
        if self.expiry_noticed == f"{card.exp_year}-{card.exp_month:02d}":
            return None
        return datetime(card.exp_year, card.exp_month, 1, 10, tzinfo=UTC)

    def with_method(self, method: PaymentMethod) -> Customer:
        others = tuple(known for known in self.methods if known.id != method.id)
        return replace(self, methods=(*others, method))

    def without_method(self, method_id: str) -> Customer:
        """The default passes to the newest other method, if there is one."""
        rest = tuple(method for method in self.methods if method.id != method_id)
        default = self.default_method_id
        if default == method_id:
            default = rest[-1].id if rest else None
        return replace(self, methods=rest, default_method_id=default)
