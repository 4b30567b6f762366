"""A business: the tenant that bills, with the settings its invoices and dunning follow."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import datetime

from chalicelib.domain.connect import AccountNeeds, ApplicationFee
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.parties import Address, BankDetails, Terms
from chalicelib.domain.policy import SHIPPED, STANDARD, DunningPolicy


@dataclass(frozen=True, slots=True)
class Business:
    """`zone` is IANA, `currency` ISO 4217, `locale` BCP 47; hours and days are the zone's."""

    id: str
    name: str
    currency: str
    zone: str
    country: str = "US"
    locale: str = "en-US"
    legal_name: str = ""
    address: Address = Address()
    tax_id: str = ""
    company_number: str = ""
    email: str = ""
    phone: str = ""
    bank: BankDetails = BankDetails()
    invoice_note: str = ""
    invoice_prefix: str = "INV-"
    invoice_digits: int = 5
    first_invoice_number: int = 1
    credit_note_prefix: str = "CN-"
    default_terms: Terms = Terms.DUE_ON_RECEIPT
    bill_days_before: int = 7
    sms_enabled: bool = False
    staff_email: str = ""
    refund_approval_above: int | None = None  # a larger refund takes two people; None: one will do
    online_methods: tuple[MethodKind, ...] = tuple(MethodKind)  # what Stripe's page offers to save
    part_payment_minimum: int | None = None  # the least that may be paid; None: only the whole
    policy: DunningPolicy = field(default=STANDARD)  # the default; a customer may have another
    other_policies: tuple[DunningPolicy, ...] = ()  # saved, each at its present version
    connects: bool = False  # is paid on an account of its own, and not before it has one
    account_requested_at: datetime | None = None
    stripe_account: str | None = None  # None: the install's own account, no Connect
    charges_enabled: bool = True
    payouts_enabled: bool = True
    account_needs: AccountNeeds = AccountNeeds()
    application_fee: ApplicationFee | None = None  # only of a connected account's payments
    deauthorized_at: datetime | None = None
    test_clock_id: str | None = None
    charging_held_at: datetime | None = None  # after a restore, until the table is level again
    version: int = 0
    chain: str = ""

    @property
    def can_charge(self) -> bool:
        connected = self.charges_enabled and self.deauthorized_at is None
        return connected and not self.awaits_account

    @property
    def awaits_account(self) -> bool:
        """Stripe is to be asked nothing for it yet: the install's own account is not its."""
        return self.connects and self.stripe_account is None

    def application_fee_of(self, amount: int) -> int:
        """What the install takes of a payment of this amount."""
        if self.stripe_account is None or self.application_fee is None:
            return 0
        return self.application_fee.of(amount)

    @property
    def policies(self) -> tuple[DunningPolicy, ...]:
        """Every policy that can be followed: the default, those saved, those that come with it."""
        own = (self.policy, *self.other_policies)
        known = {policy.id for policy in own}
        return (*own, *(policy for policy in SHIPPED if policy.id not in known))

    def policy_for(self, policy_id: str) -> DunningPolicy:
        """The policy of that id as it is now; the default where none is named."""
        named = (policy for policy in self.policies if policy.id == policy_id)
        return next(named, self.policy)

    def with_policy(self, policy: DunningPolicy) -> Business:
        """As it is once this policy, or this version of one, is saved."""
        if policy.id == self.policy.id:
            return replace(self, policy=policy)
        others = tuple(known for known in self.other_policies if known.id != policy.id)
        return replace(self, other_policies=(*others, policy))

    def with_default(self, policy_id: str) -> Business:
        """The two change places, so that the policy that was the default stays known."""
        chosen = self.policy_for(policy_id)
        if chosen.id == self.policy.id:
            return self
        others = tuple(known for known in self.other_policies if known.id != policy_id)
        return replace(self, policy=chosen, other_policies=(*others, self.policy))

    @property
    def is_held(self) -> bool:
        """The table was restored: Stripe may know of charges that it has forgotten."""
        return self.charging_held_at is not None

    def invoice_number(self, sequence: int) -> str:
        """The gap-free number of the n-th invoice, counted from 1."""
        return f"{self.invoice_prefix}{sequence:0{self.invoice_digits}d}"

    def credit_note_number(self, sequence: int) -> str:
        """The gap-free number of the n-th credit note, counted from 1."""
        return f"{self.credit_note_prefix}{sequence:0{self.invoice_digits}d}"
