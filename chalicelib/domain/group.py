"""A billing group: several customers and their subscriptions on one invoice with one payment.

The group has a customer of its own, the payer: it holds the payment methods, gets the invoices and
has the statement. A member's period belongs to the group when it begins within the membership.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.parties import Terms

# All members are read for each invoice, and the head that lists them is one row of the table.
MOST_MEMBERS = 500


@dataclass(frozen=True, slots=True)
class GroupMember:
    """From `from_on` up to, not including, `until_on`; None: until further notice."""

    customer_id: str
    from_on: date
    until_on: date | None = None

    def covers(self, day: date) -> bool:
        return self.from_on <= day and (self.until_on is None or day < self.until_on)

    def overlaps(self, other: GroupMember) -> bool:
        begins_in_time = self.until_on is None or other.from_on < self.until_on
        return begins_in_time and (other.until_on is None or self.from_on < other.until_on)


@dataclass(frozen=True, slots=True)
class Group:
    """`email` gets the invoices; `contact` is the person there; `payer_id` is a customer."""

    id: str
    business_id: str
    name: str
    contact: str
    email: str
    terms: Terms
    payer_id: str
    members: tuple[GroupMember, ...] = ()
    version: int = 0
    chain: str = ""

    def covers(self, customer_id: str, day: date) -> bool:
        """Whether a period of this customer that begins on `day` is billed through the group."""
        return any(one.customer_id == customer_id and one.covers(day) for one in self.members)

    def members_on(self, day: date) -> tuple[GroupMember, ...]:
        return tuple(one for one in self.members if one.covers(day))


def check(group: Group) -> Group:
    """Raises InvalidInput without a name or for terms that a group cannot have."""
    if not group.name.strip():
        raise InvalidInput("name_missing", "A group needs a name.")
    if group.terms is Terms.DUE_ON_RECEIPT:
        words = "A billing group pays by invoice: its terms are net_7, net_14 or net_30."
        raise InvalidInput("group_terms_invalid", words)
    return group


def check_joins(group: Group, member: GroupMember) -> None:
    """Raises Conflict when the customer is a member during these days already."""
    if member.customer_id == group.payer_id:
        raise Conflict("member_is_payer", "This customer pays for the group.")
    if member.until_on is not None and member.until_on <= member.from_on:
        raise InvalidInput("membership_empty", "The membership ends before it begins.")
    if any(one.customer_id == member.customer_id and one.overlaps(member) for one in group.members):
        raise Conflict("already_member", "The customer is a member during these days.")
    if len(group.members) >= MOST_MEMBERS:
        raise Conflict("group_full", f"A group has at most {MOST_MEMBERS} members.")


def removed(group: Group, customer_id: str, until_on: date) -> Group:
    """A membership that had not begun by then never was.

    Raises Conflict when the customer is no member on the last day before `until_on` or later.
    """
    last = next(
        (one for one in reversed(group.members) if one.customer_id == customer_id
         and (one.until_on is None or until_on < one.until_on)),
        None,
    )  # fmt: skip
    if last is None:
        raise Conflict("not_a_member", "The customer is no member of this group then.")
    ended = replace(last, until_on=until_on)
    kept = () if until_on <= last.from_on else (ended,)
    members = tuple(new for one in group.members for new in (kept if one is last else (one,)))
    return replace(group, members=members)
