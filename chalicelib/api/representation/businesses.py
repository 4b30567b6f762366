"""A business's settings on the wire. What Stripe says of its account is shown, never set here."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, structs

from chalicelib.api.representation.fields import (
    END,
    AddressBody,
    Amount,
    Body,
    Country,
    Email,
    Locale,
    Name,
    Paragraph,
    Phone,
    Text,
    View,
    Zone,
    address_of,
    given,
)
from chalicelib.api.representation.policies import PolicyChanges, next_version
from chalicelib.domain.business import Business
from chalicelib.domain.parties import Address, BankDetails, Terms
from chalicelib.domain.policy import DunningPolicy


class BankBody(Body):
    """Where a transfer goes; printed on the invoice."""

    account_name: Text = ""
    iban: Text = ""
    bic: Text = ""
    routing_number: Text = ""
    account_number: Text = ""


class BusinessChanges(Body):
    """What is left out stays as it is.

    `refund_approval_above`: a larger refund needs a second person, null lets one do. Parts of an
    invoice may be paid from `part_payment_minimum` on, null takes only the whole.
    """

    name: Name | UnsetType = UNSET
    legal_name: Text | UnsetType = UNSET
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
    invoice_prefix: Annotated[str, Meta(pattern=r"^[A-Za-z0-9/_-]{0,16}" + END)] | UnsetType = UNSET
    invoice_digits: Annotated[int, Meta(ge=1, le=12)] | UnsetType = UNSET
    default_terms: Terms | UnsetType = UNSET
    bill_days_before: Annotated[int, Meta(ge=0, le=60)] | UnsetType = UNSET
    sms_enabled: bool | UnsetType = UNSET
    refund_approval_above: Amount | UnsetType | None = UNSET
    part_payment_minimum: Amount | UnsetType | None = UNSET
    policy: PolicyChanges | UnsetType = UNSET


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
    invoice_digits: int
    default_terms: Terms
    bill_days_before: int
    sms_enabled: bool
    refund_approval_above: int | None
    part_payment_minimum: int | None
    policy: DunningPolicy
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
        invoice_digits=business.invoice_digits,
        default_terms=business.default_terms,
        bill_days_before=business.bill_days_before,
        sms_enabled=business.sms_enabled,
        refund_approval_above=business.refund_approval_above,
        part_payment_minimum=business.part_payment_minimum,
        policy=business.policy,
        stripe_account=business.stripe_account,
        can_charge=business.can_charge,
        test_clock_id=business.test_clock_id,
        now_at=now,
    )
