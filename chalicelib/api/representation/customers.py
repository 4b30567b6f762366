"""Customers and their payment methods on the wire."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, field

from chalicelib.api.representation.fields import (
    AddressBody,
    Body,
    Email,
    Id,
    Locale,
    Name,
    Phone,
    Text,
    View,
    WebAddress,
    Zone,
    address_of,
    given,
)
from chalicelib.domain import dates
from chalicelib.domain.customer import (
    Customer,
    CustomerKind,
    MethodKind,
    MethodState,
    PaymentMethod,
)
from chalicelib.domain.parties import Address, QuietHours, Terms

_Hour = Annotated[int, Meta(ge=0, le=24)]


class QuietHoursBody(Body):
    """Local hours in which text messages may be sent."""

    opens: _Hour = 8
    closes: _Hour = 21


class NewCustomer(Body):
    """`sms_consent`: the customer has agreed to text messages."""

    name: Name
    email: Email
    kind: CustomerKind = CustomerKind.INDIVIDUAL
    phone: Phone = ""
    locale: Locale = ""
    zone: Zone = ""
    address: AddressBody = field(default_factory=AddressBody)
    tax_id: Text = ""
    terms: Terms = Terms.DUE_ON_RECEIPT
    auto_charge: bool = True
    sms_consent: bool = False
    quiet_hours: QuietHoursBody = field(default_factory=QuietHoursBody)
    account_manager_email: Text = ""
    external_ref: Text = ""


class CustomerChanges(Body):
    """What is left out stays as it is."""

    name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    kind: CustomerKind | UnsetType = UNSET
    phone: Phone | UnsetType = UNSET
    locale: Locale | UnsetType = UNSET
    zone: Zone | UnsetType = UNSET
    address: AddressBody | UnsetType = UNSET
    tax_id: Text | UnsetType = UNSET
    terms: Terms | UnsetType = UNSET
    auto_charge: bool | UnsetType = UNSET
    sms_consent: bool | UnsetType = UNSET
    quiet_hours: QuietHoursBody | UnsetType = UNSET
    account_manager_email: Text | UnsetType = UNSET
    external_ref: Text | UnsetType = UNSET


class PaymentMethodView(View):
    """`state`: `fix` has to be entered again, `dead` must not be tried any more."""

    id: str
    kind: MethodKind
    brand: str
    last4: str
    exp_year: int | None
    exp_month: int | None
    country: str
    state: MethodState
    is_default: bool
    saved_at: datetime | None


class PaymentMethodList(View):
    """All of a customer's; there are never enough for pages."""

    data: tuple[PaymentMethodView, ...]


class CustomerView(View):
    """`effective_terms`: terms are for businesses, an individual pays on the invoice date.

    `group_ids`: billing groups it is or was a member of.
    """

    id: str
    kind: CustomerKind
    name: str
    email: str
    phone: str
    locale: str
    zone: str
    address: Address
    tax_id: str
    terms: Terms
    effective_terms: Terms
    auto_charge: bool
    sms_consent_at: datetime | None
    quiet_hours: QuietHours
    account_manager_email: str
    policy_id: str | None
    external_ref: str
    group_ids: tuple[str, ...]
    stripe_customer_id: str | None
    default_payment_method_id: str | None
    payment_methods: tuple[PaymentMethodView, ...]


class NewSetupSession(Body):
    """`{CHECKOUT_SESSION_ID}` in `success_url` is filled in by Stripe."""

    customer_id: Id
    success_url: WebAddress
    cancel_url: WebAddress


class SetupSessionView(View):
    """`url` is Stripe's page, where the customer types in the card; null once read again."""

    id: str
    customer_id: str
    url: str | None
    complete: bool


def new_customer(
    body: NewCustomer, *, customer_id: str, business_id: str, at: datetime
) -> Customer:
    """Raises InvalidInput for a zone that is none."""
    return Customer(id=customer_id, business_id=business_id, **_domain_fields(body, None, at))


def customer_changes(body: CustomerChanges, known: Customer, at: datetime) -> dict[str, Any]:
    """What really changes in the customer; empty when all is so already."""
    fields = _domain_fields(body, known, at)
    return {name: value for name, value in fields.items() if getattr(known, name) != value}


def _domain_fields(body: Body, known: Customer | None, at: datetime) -> dict[str, Any]:
    fields = given(body)
    if zone := fields.get("zone"):
        dates.zone(zone)
    if isinstance(fields.get("address"), AddressBody):
        fields["address"] = address_of(fields["address"])
    if "quiet_hours" in fields:
        hours = fields["quiet_hours"]
        fields["quiet_hours"] = QuietHours(hours.opens, hours.closes)
    if "sms_consent" in fields:
        agreed_at = known.sms_consent_at if known else None
        fields["sms_consent_at"] = (agreed_at or at) if fields.pop("sms_consent") else None
    return fields


def customer_view(customer: Customer) -> CustomerView:
    return CustomerView(
        id=customer.id,
        kind=customer.kind,
        name=customer.name,
        email=customer.email,
        phone=customer.phone,
        locale=customer.locale,
        zone=customer.zone,
        address=customer.address,
        tax_id=customer.tax_id,
        terms=customer.terms,
        effective_terms=customer.effective_terms,
        auto_charge=customer.auto_charge,
        sms_consent_at=customer.sms_consent_at,
        quiet_hours=customer.quiet_hours,
        account_manager_email=customer.account_manager_email,
        policy_id=customer.policy_id or None,
        external_ref=customer.external_ref,
        group_ids=customer.group_ids,
        stripe_customer_id=customer.stripe_customer_id,
        default_payment_method_id=customer.default_method_id,
        payment_methods=method_views(customer),
    )


def method_views(customer: Customer) -> tuple[PaymentMethodView, ...]:
    return tuple(method_view(customer, method) for method in customer.methods)


def method_view(customer: Customer, method: PaymentMethod) -> PaymentMethodView:
    return PaymentMethodView(
        id=method.id,
        kind=method.kind,
        brand=method.brand,
        last4=method.last4,
        exp_year=method.exp_year or None,
        exp_month=method.exp_month or None,
        country=method.country,
        state=method.state,
        is_default=method.id == customer.default_method_id,
        saved_at=method.saved_at,
    )
