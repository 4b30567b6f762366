"""A business's settings on the wire. What Stripe says of its account is shown, never set here."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, structs

from chalicelib.api.representation.fields import (
    END,
    AddressBody,
    Amount,
    Body,
    Country,
    Currency,
    Email,
    Locale,
    Name,
    Paragraph,
    Percent,
    Phone,
    Text,
    View,
    WebAddress,
    Zone,
    address_of,
    given,
    plain_decimal,
)
from chalicelib.api.representation.policies import PolicyChanges, next_version
from chalicelib.domain.business import Business
from chalicelib.domain.connect import ApplicationFee
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.parties import Address, BankDetails, Terms
from chalicelib.domain.policy import DunningPolicy
from chalicelib.domain.team import Role


class BankBody(Body):
    """Where a transfer goes; printed on the invoice."""

    account_name: Text = ""
    iban: Text = ""
    bic: Text = ""
    routing_number: Text = ""
    account_number: Text = ""


class FeeBody(Body):
    """What the install takes of each payment: per cent of it, and a fixed amount."""

    percent: Percent = "0"
    fixed: Amount = 0


class NewBusiness(Body):
    """Everything else is a setting, with a default until it is changed."""

    name: Name
    currency: Currency
    zone: Annotated[Zone, Meta(min_length=1)]
    country: Annotated[Country, Meta(min_length=2)] = "US"
    locale: Annotated[Locale, Meta(min_length=2)] = "en-US"
    legal_name: Text = ""
    email: Email | None = None
    staff_email: Email | None = None


_Prefix = Annotated[
    str,
    Meta(
        pattern=r"^[A-Za-z0-9/_-]{0,16}" + END,
        description="At most 16 letters, digits, / - and _",
    ),
]


class BusinessChanges(Body):
    """What is left out stays as it is.

    `refund_approval_above`: a larger refund needs a second person, null lets one do. Parts of an
    invoice may be paid from `part_payment_minimum` on, null takes only the whole. `online_methods`
    is what Stripe's page offers to save; what is saved already stays usable. `currency`
    changes only while nothing is billed, and `first_invoice_number` only upward.
    """

    name: Name | UnsetType = UNSET
    legal_name: Text | UnsetType = UNSET
    currency: Currency | UnsetType = UNSET
    country: Annotated[Country, Meta(min_length=2)] | UnsetType = UNSET
    zone: Annotated[Zone, Meta(min_length=1)] | UnsetType = UNSET
    locale: Annotated[Locale, Meta(min_length=2)] | UnsetType = UNSET
    address: AddressBody | UnsetType = UNSET
    tax_id: Text | UnsetType = UNSET
    company_number: Text | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    staff_email: Email | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    bank: BankBody | UnsetType = UNSET
    invoice_note: Paragraph | UnsetType = UNSET
    invoice_prefix: _Prefix | UnsetType = UNSET
    credit_note_prefix: _Prefix | UnsetType = UNSET
    invoice_digits: Annotated[int, Meta(ge=1, le=12)] | UnsetType = UNSET
    first_invoice_number: Annotated[int, Meta(ge=1, le=999_999_999)] | UnsetType = UNSET
    default_terms: Terms | UnsetType = UNSET
    bill_days_before: Annotated[int, Meta(ge=0, le=60)] | UnsetType = UNSET
    sms_enabled: bool | UnsetType = UNSET
    refund_approval_above: Amount | UnsetType | None = UNSET
    online_methods: tuple[MethodKind, ...] | UnsetType = UNSET
    part_payment_minimum: Amount | UnsetType | None = UNSET
    application_fee: FeeBody | UnsetType | None = UNSET
    policy: PolicyChanges | UnsetType = UNSET


class FeeView(View):
    percent: str
    fixed: int


class NeedsView(View):
    """What Stripe wants of the account; `disabled_reason` is Stripe's own word."""

    currently_due: tuple[str, ...]
    past_due: tuple[str, ...]
    disabled_reason: str | None
    deadline_at: datetime | None


class StripeAccountView(View):
    """`stripe_account` is null for the install's own, or before one is opened (`connects`)."""

    stripe_account: str | None
    connects: bool
    can_charge: bool
    charges_enabled: bool
    payouts_enabled: bool
    deauthorized_at: datetime | None
    requirements: NeedsView


class ConnectAccount(Body):
    """Where Stripe sends the person back to; `refresh_url` when the page is used up."""

    return_url: WebAddress
    refresh_url: WebAddress


class OnboardingView(View):
    """`url` opens once, and until `expires_at`."""

    stripe_account: str
    url: str
    expires_at: datetime


class BusinessLine(View):
    """One of the businesses somebody acts for; `test`: it lives by a test clock."""

    id: str
    name: str
    role: Role
    currency: str
    can_charge: bool
    test: bool


class Businesses(View):
    data: tuple[BusinessLine, ...]


class BusinessView(View):
    """`can_charge`: Stripe takes charges for it now."""

    id: str
    name: str
    legal_name: str
    currency: str
    zone: str
    country: str
    locale: str
    address: Address
    tax_id: str
    company_number: str
    email: str
    staff_email: str
    phone: str
    bank: BankDetails
    invoice_note: str
    invoice_prefix: str
    credit_note_prefix: str
    invoice_digits: int
    first_invoice_number: int
    default_terms: Terms
    bill_days_before: int
    sms_enabled: bool
    refund_approval_above: int | None
    online_methods: tuple[MethodKind, ...]
    part_payment_minimum: int | None
    application_fee: FeeView | None
    policy: DunningPolicy
    connects: bool
    stripe_account: str | None
    can_charge: bool
    test_clock_id: str | None
    now_at: datetime


def business_changes(body: BusinessChanges, known: Business) -> dict[str, Any]:
    """What really changes in the business; empty when all is so already."""
    fields = given(body)
    if isinstance(body.address, AddressBody):
        fields["address"] = address_of(body.address)
    if isinstance(body.bank, BankBody):
        fields["bank"] = BankDetails(**structs.asdict(body.bank))
    if isinstance(body.application_fee, FeeBody):
        fee = body.application_fee
        fields["application_fee"] = ApplicationFee(Decimal(fee.percent), fee.fixed)
    if isinstance(body.policy, PolicyChanges):
        fields["policy"] = next_version(body.policy, known.policy)
    return {name: value for name, value in fields.items() if getattr(known, name) != value}


def business_view(business: Business, now: datetime) -> BusinessView:
    return BusinessView(
        id=business.id,
        name=business.name,
        legal_name=business.legal_name,
        currency=business.currency,
        zone=business.zone,
        country=business.country,
        locale=business.locale,
        address=business.address,
        tax_id=business.tax_id,
        company_number=business.company_number,
        email=business.email,
        staff_email=business.staff_email,
        phone=business.phone,
        bank=business.bank,
        invoice_note=business.invoice_note,
        invoice_prefix=business.invoice_prefix,
        credit_note_prefix=business.credit_note_prefix,
        invoice_digits=business.invoice_digits,
        first_invoice_number=business.first_invoice_number,
        default_terms=business.default_terms,
        bill_days_before=business.bill_days_before,
        sms_enabled=business.sms_enabled,
        refund_approval_above=business.refund_approval_above,
        online_methods=business.online_methods,
        part_payment_minimum=business.part_payment_minimum,
        application_fee=_fee_view(business.application_fee),
        policy=business.policy,
        connects=business.connects,
        stripe_account=business.stripe_account,
        can_charge=business.can_charge,
        test_clock_id=business.test_clock_id,
        now_at=now,
    )


def new_business(body: NewBusiness, business_id: str) -> Business:
    return Business(
        id=business_id,
        name=body.name,
        currency=body.currency,
        zone=body.zone,
        country=body.country,
        locale=body.locale,
        legal_name=body.legal_name,
        email=body.email or "",
        staff_email=body.staff_email or "",
    )


def businesses_view(found: list[tuple[Business, Role]]) -> Businesses:
    return Businesses(
        data=tuple(
            BusinessLine(
                id=one.id,
                name=one.name,
                role=role,
                currency=one.currency,
                can_charge=one.can_charge,
                test=one.test_clock_id is not None,
            )
            for one, role in found
        )
    )


def account_view(business: Business) -> StripeAccountView:
    needs = business.account_needs
    return StripeAccountView(
        stripe_account=business.stripe_account,
        connects=business.connects,
        can_charge=business.can_charge,
        charges_enabled=business.charges_enabled and not business.awaits_account,
        payouts_enabled=business.payouts_enabled and not business.awaits_account,
        deauthorized_at=business.deauthorized_at,
        requirements=NeedsView(
            currently_due=needs.currently_due,
            past_due=needs.past_due,
            disabled_reason=needs.disabled_reason or None,
            deadline_at=needs.deadline_at,
        ),
    )


def _fee_view(fee: ApplicationFee | None) -> FeeView | None:
    return FeeView(percent=plain_decimal(fee.percent), fixed=fee.fixed) if fee else None
