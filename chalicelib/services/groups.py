"""Billing groups: made with their payer, changed, customers added and removed."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import date, datetime
from typing import Any

from chalicelib.domain import group as rules
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.dates import local_date
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import Actor
from chalicelib.domain.group import Group, GroupMember
from chalicelib.domain.group_facts import (
    CustomerJoined,
    CustomerLeft,
    GroupChanged,
    GroupCreated,
)
from chalicelib.domain.party_facts import CustomerChanged, CustomerCreated, GroupJoined
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.case import again_when_stale, now_of
from chalicelib.services.customers import check_customer

_FIXED = {"id", "business_id", "payer_id", "members", "next_bill_at", "version", "chain"}
# What the payer's invoices are made from follows the group.
_PAYERS = ("name", "email", "terms")


def create_group(ports: Ports, group: Group, *, actor: Actor, auto_charge: bool = True) -> Group:
    """The group and its payer, in one transaction: the payer holds the payment methods, gets the
    invoices and has the statement.

    Raises InvalidInput without a name, for an address that is none, or for terms it cannot have.
    """
    payer = Customer(
        id=group.payer_id,
        business_id=group.business_id,
        kind=CustomerKind.BUSINESS,
        name=group.name,
        email=group.email,
        terms=group.terms,
        auto_charge=auto_charge,
    )
    check_customer(payer)
    business = ports.store.business(group.business_id)
    now = now_of(ports, business)
    paying, paying_fact = first_of_party(payer, CustomerCreated(payer), at=now, actor=actor)
    rules.check(group)
    wanted = _planned(group, business, now)
    made, made_fact = first_of_party(wanted, GroupCreated(wanted), at=now, actor=actor)
    both = [Change(made, made_fact), Change(paying, paying_fact)]
    ports.store.append(both, clock_id=business.test_clock_id)
    return made


def change_group(
    ports: Ports, business_id: str, group_id: str, changes: dict[str, Any], *, actor: Actor
) -> Group:
    """Name, contact, e-mail address, terms or billing day; the payer is changed with it.

    Invoices that exist keep what is printed on them. Raises InvalidInput as creating does.
    """
    known = {field.name for field in fields(Group)} - _FIXED
    if unknown := sorted(set(changes) - known):
        raise InvalidInput("field_unknown", f"These fields cannot be changed: {unknown}.")

    def once() -> Group:
        business = ports.store.business(business_id)
        group = ports.store.group(business_id, group_id)
        now, names = now_of(ports, business), tuple(sorted(changes))
        changed = rules.check(replace(group, **changes))
        if "billing_day" in changes:
            changed = _planned(changed, business, now)
        payload = GroupChanged(changed, names)
        after, fact = on_party(group, payload, at=now, actor=actor)
        written = [Change(after, fact)]
        payers = {name: value for name, value in changes.items() if name in _PAYERS}
        if payers:
            payer = ports.store.customer(business_id, group.payer_id)
            wanted = replace(payer, **payers)
            check_customer(wanted)
            payload_ = CustomerChanged(wanted, tuple(sorted(payers)))
            paying, paying_fact = on_party(payer, payload_, at=now, actor=actor)
            written.append(Change(paying, paying_fact))
        ports.store.append(written, clock_id=business.test_clock_id)
        return after

    return again_when_stale(once)


def _planned(group: Group, business: Business, now: datetime) -> Group:
    today = local_date(now, business.zone)
    return rules.planned(group, today=today, zone=business.zone, now=now)


def add_member(
    ports: Ports,
    business_id: str,
    group_id: str,
    customer_id: str,
    *,
    actor: Actor,
    from_on: date | None = None,
    until_on: date | None = None,
) -> Group:
    """From today on, or from the day named. Periods that begin within the membership and are not
    billed yet are billed through the group; what is billed already stays as it is.

    Raises Conflict for who is a member of this group or another one during these days.
    """

    def once() -> Group:
        business = ports.store.business(business_id)
        group = ports.store.group(business_id, group_id)
        customer = ports.store.customer(business_id, customer_id)
        now = now_of(ports, business)
        member = GroupMember(customer_id, from_on or local_date(now, business.zone), until_on)
        rules.check_joins(group, member)
        _check_elsewhere(ports, business, customer, member, group_id)
        joined, fact = on_party(group, CustomerJoined(member), at=now, actor=actor)
        member_, member_fact = on_party(customer, GroupJoined(group_id), at=now, actor=actor)
        both = [Change(joined, fact), Change(member_, member_fact)]
        ports.store.append(both, clock_id=business.test_clock_id)
        return joined

    return again_when_stale(once)


def _check_elsewhere(
    ports: Ports, business: Business, customer: Customer, member: GroupMember, group_id: str
) -> None:
    for other_id in customer.group_ids:
        if other_id == group_id:
            continue
        other = ports.store.group(business.id, other_id)
        theirs = (one for one in other.members if one.customer_id == customer.id)
        if any(one.overlaps(member) for one in theirs):
            words = f"The customer is a member of {other.name} ({other.id}) during these days."
            raise Conflict("member_of_another", words)


def remove_member(
    ports: Ports,
    business_id: str,
    group_id: str,
    customer_id: str,
    *,
    actor: Actor,
    until_on: date | None = None,
) -> Group:
    """From today on, or from the day named: periods that begin then or later are the customer's
    own again. Raises Conflict for who is no member then."""

    def once() -> Group:
        business = ports.store.business(business_id)
        group = ports.store.group(business_id, group_id)
        now = now_of(ports, business)
        left = CustomerLeft(customer_id, until_on or local_date(now, business.zone))
        after, fact = on_party(group, left, at=now, actor=actor)
        ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)
        return after

    return again_when_stale(once)


def group_of_period(
    ports: Ports, business_id: str, customer: Customer, starts_on: date
) -> Group | None:
    """The group through which a period of this customer that begins on this day is billed."""
    for group_id in reversed(customer.group_ids):
        group = ports.store.group(business_id, group_id)
        if group.covers(customer.id, starts_on):
            return group
    return None
