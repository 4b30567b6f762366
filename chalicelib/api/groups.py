"""Billing groups: several customers and their subscriptions on one invoice with one payment."""

from __future__ import annotations

from datetime import date

from chalicelib.api.calls import StaffCall
from chalicelib.api.making import done_once, made_once
from chalicelib.api.representation.fields import Listing, PageQuery, RowPageQuery, day, listing
from chalicelib.api.representation.groups import (
    BillGroup,
    GroupChanges,
    GroupInvoices,
    GroupPreviewView,
    GroupView,
    NamedMemberView,
    NewGroup,
    NewMember,
    RemoveMember,
    group_changes,
    group_view,
    named_member,
    new_group,
    preview_view,
)
from chalicelib.api.representation.invoices import InvoiceView, invoice_view
from chalicelib.api.routing import Routes
from chalicelib.domain.group import Group, GroupMember
from chalicelib.ports.answers import Page
from chalicelib.services import group_billing, groups

routes = Routes(__name__, "/v1/groups", "Billing groups")
_CHECKED = ("name_missing", "email_invalid", "group_terms_invalid")
_JOINING = ("already_member", "member_of_another", "member_is_payer", "membership_empty")


@routes.get()
def list_groups(call: StaffCall, query: PageQuery) -> Listing[GroupView]:
    """List billing groups by name."""
    page = call.ports.store.groups(call.business_id, limit=query.limit, cursor=query.cursor)
    return listing(page, map(group_view, page.items))


@routes.post(status=201, refuses=_CHECKED)
def create_group(call: StaffCall, body: NewGroup) -> GroupView:
    """Create a billing group, and with it the customer who pays for it.

    `payer_id` names that customer: give it a payment method by a set-up session, as any other.
    """
    own_id = call.id("grp")
    wanted = new_group(body, group_id=own_id, payer_id=call.id("cus"), business_id=call.business_id)
    made = made_once(
        lambda: groups.create_group(
            call.ports, wanted, actor=call.actor, auto_charge=body.auto_charge
        ),
        lambda: _read(call, own_id),
    )
    return group_view(made)


@routes.get("/{group_id}")
def get_group(call: StaffCall, group_id: str) -> GroupView:
    """Read a billing group with its members."""
    return group_view(_read(call, group_id))


@routes.patch("/{group_id}", refuses=_CHECKED)
def change_group(call: StaffCall, group_id: str, body: GroupChanges) -> GroupView:
    """Change a billing group and its payer. Invoices that exist keep what is printed on them.

    Another billing day holds from now on, also for what waits for the old one.
    """
    known, changes = _read(call, group_id), group_changes(body)
    if changes:
        known = groups.change_group(
            call.ports, call.business_id, group_id, changes, actor=call.actor
        )
    return group_view(known)


@routes.get("/{group_id}/members")
def list_group_members(
    call: StaffCall, group_id: str, query: RowPageQuery
) -> Listing[NamedMemberView]:
    """List the members, former ones too, with their names."""
    members = _read(call, group_id).members
    first = int(query.cursor or 0)
    page = members[first : first + query.limit]
    end = first + len(page)
    cursor = str(end) if end < len(members) else None
    store = call.ports.store
    named = (named_member(one, store.customer(call.business_id, one.customer_id)) for one in page)
    return listing(Page(page, cursor), named)


@routes.post("/{group_id}/members", refuses=_JOINING)
def add_group_member(call: StaffCall, group_id: str, body: NewMember) -> GroupView:
    """Add a customer, from today or the day named.

    Periods that begin within the membership and are not billed yet are billed through the group.
    """
    from_on, until_on = day(body.from_on, "from_on"), day(body.until_on, "until_on")
    call.ports.store.customer(call.business_id, body.customer_id)
    added = done_once(
        call,
        lambda: groups.add_member(
            call.ports,
            call.business_id,
            group_id,
            body.customer_id,
            actor=call.actor,
            from_on=from_on,
            until_on=until_on,
        ),
        lambda: _read(call, group_id),
        lambda found: any(_is_it(one, body.customer_id, from_on) for one in found.members),
    )
    return group_view(added)


def _is_it(member: GroupMember, customer_id: str, from_on: date | None) -> bool:
    return member.customer_id == customer_id and from_on in {None, member.from_on}


@routes.post("/{group_id}/members/{customer_id}/remove", refuses=("not_a_member",))
def remove_group_member(
    call: StaffCall, group_id: str, customer_id: str, body: RemoveMember
) -> GroupView:
    """Remove a customer, from today or the day named.

    Periods that begin from then on are the customer's own again; what was billed stays billed.
    """
    until_on = day(body.until_on, "until_on")
    store = call.ports.store
    store.customer(call.business_id, customer_id)
    left = done_once(
        call,
        lambda: groups.remove_member(
            call.ports, call.business_id, group_id, customer_id, actor=call.actor,
            until_on=until_on,
        ),
        lambda: _read(call, group_id),
        lambda found: not any(
            one.customer_id == customer_id and one.until_on is None for one in found.members
        ),
    )  # fmt: skip
    return group_view(left)


@routes.get("/{group_id}/invoices")
def list_group_invoices(call: StaffCall, group_id: str, query: PageQuery) -> Listing[InvoiceView]:
    """List the group's invoices, earliest due first."""
    payer_id = _read(call, group_id).payer_id
    page = call.ports.store.invoices_of(
        call.business_id, payer_id, limit=query.limit, cursor=query.cursor
    )
    return listing(page, (invoice_view(one, codes=call.reads_codes) for one in page.items))


@routes.post("/{group_id}/invoices/preview", refuses=("billed_too_far_ahead", "date_invalid"))
def preview_group_invoices(call: StaffCall, group_id: str, body: BillGroup) -> GroupPreviewView:
    """Show the invoices that billing the group would make, without making them."""
    currency = call.ports.store.business(call.business_id).currency
    last_on = day(body.last_on, "last_on")
    found = group_billing.preview(call.ports, call.business_id, group_id, last_on)
    return preview_view(found, currency)


@routes.post("/{group_id}/invoices", status=201, refuses=("billed_too_far_ahead", "date_invalid"))
def bill_group(call: StaffCall, group_id: str, body: BillGroup) -> GroupInvoices:
    """Bill the group for a period, on one invoice, sent to its address: a line for each member's
    subscription and each of its periods, with the member's name.

    Each period is billed once, alone or with the group. Cancelling the invoice leaves its periods
    billed: what is owed after all is billed by hand.
    """
    made = group_billing.bill_group(
        call.ports,
        call.business_id,
        group_id,
        actor=call.actor,
        request_id=call.id("bill"),
        last_on=day(body.last_on, "last_on"),
    )
    return GroupInvoices(tuple(invoice_view(one, codes=call.reads_codes) for one in made))


def _read(call: StaffCall, group_id: str) -> Group:
    return call.ports.store.group(call.business_id, group_id)
