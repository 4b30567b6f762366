"""Billing groups on the wire: the group, its members, what billing it would make."""

from __future__ import annotations

from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType

from chalicelib.api.representation.fields import Body, Email, Id, Name, Text, View, given
from chalicelib.api.representation.invoices import InvoiceView, LineView, line_view
from chalicelib.domain.customer import Customer
from chalicelib.domain.group import Group, GroupMember
from chalicelib.domain.parties import Terms
from chalicelib.services.group_billing import GroupPreview


class GroupTerms(StrEnum):
    """A group pays by invoice, so many days after its date."""

    NET_7 = "net_7"
    NET_14 = "net_14"
    NET_30 = "net_30"


BillingDay = Annotated[int, Meta(ge=1, le=31, description="Day of the month, or its last one")]


class NewGroup(Body):
    """`name` is the company's or department's, `contact` the person there, `email` where the
    invoices go. `auto_charge`: the payer's saved method is charged on the due date.

    `billing_day`: one invoice goes out on that day of each month, with every period that has begun
    since the day before it. Without it, periods are billed as they begin.
    """

    name: Name
    email: Email
    terms: GroupTerms
    contact: Text = ""
    auto_charge: bool = True
    billing_day: BillingDay | None = None


class GroupChanges(Body):
    """A billing day that has come already is still billed; `null` takes the billing day away."""

    name: Name | UnsetType = UNSET
    email: Email | UnsetType = UNSET
    terms: GroupTerms | UnsetType = UNSET
    contact: Text | UnsetType = UNSET
    billing_day: BillingDay | UnsetType | None = UNSET


class NewMember(Body):
    """`from_on` is today when left out; `until_on` is the first day that is no longer covered."""

    customer_id: Id
    from_on: date | None = None
    until_on: date | None = None


class RemoveMember(Body):
    """Periods that begin on `until_on` or later are the customer's own again; today when left
    out."""

    until_on: date | None = None


class BillGroup(Body):
    """Every period of a member that begins up to `last_on` and is not billed yet, whether alone or
    with the group; today when left out."""

    last_on: date | None = None


class MemberView(View):
    customer_id: str
    from_on: date
    until_on: date | None


class NamedMemberView(View):
    customer_id: str
    name: str
    email: str
    from_on: date
    until_on: date | None


class GroupView(View):
    """`payer_id` is the customer that pays: it has the payment methods and the statement.

    `next_bill_at`: when the billing day's next invoice is made.
    """

    id: str
    name: str
    contact: str
    email: str
    terms: Terms
    payer_id: str
    billing_day: int | None
    next_bill_at: datetime | None
    members: tuple[MemberView, ...]


class GroupInvoices(View):
    """Empty when nothing was left to bill; several when one cannot hold all: 45 subscriptions."""

    data: tuple[InvoiceView, ...]


class PlannedInvoiceView(View):
    """`total` with tax."""

    lines: tuple[LineView, ...]
    total: int


class LeftOutView(View):
    customer_id: str
    subscription_id: str
    reason: str


class GroupPreviewView(View):
    """`left_out`: the members' subscriptions of which nothing would be billed, and why."""

    currency: str
    invoices: tuple[PlannedInvoiceView, ...]
    total: int
    left_out: tuple[LeftOutView, ...]


def new_group(body: NewGroup, *, group_id: str, payer_id: str, business_id: str) -> Group:
    return Group(
        id=group_id,
        business_id=business_id,
        name=body.name,
        contact=body.contact,
        email=body.email,
        terms=Terms(body.terms.value),
        payer_id=payer_id,
        billing_day=body.billing_day,
    )


def group_changes(body: GroupChanges) -> dict[str, Any]:
    changes = given(body)
    if "terms" in changes:
        changes["terms"] = Terms(changes["terms"].value)
    return changes


def group_view(group: Group) -> GroupView:
    return GroupView(
        id=group.id,
        name=group.name,
        contact=group.contact,
        email=group.email,
        terms=group.terms,
        payer_id=group.payer_id,
        billing_day=group.billing_day,
        next_bill_at=group.next_bill_at,
        members=tuple(
            MemberView(one.customer_id, one.from_on, one.until_on) for one in group.members
        ),
    )


def named_member(member: GroupMember, customer: Customer) -> NamedMemberView:
    return NamedMemberView(
        customer.id, customer.name, customer.email, member.from_on, member.until_on
    )


def preview_view(preview: GroupPreview, currency: str) -> GroupPreviewView:
    return GroupPreviewView(
        currency=currency,
        invoices=tuple(
            PlannedInvoiceView(tuple(map(line_view, one.lines)), one.total)
            for one in preview.invoices
        ),
        total=sum(one.total for one in preview.invoices),
        left_out=tuple(
            LeftOutView(one.customer_id, one.subscription_id, one.reason)
            for one in preview.left_out
        ),
    )
