"""A billing group: several customers and their subscriptions on one invoice with one payment.

The group has a customer of its own, the payer: it holds the payment methods, gets the invoices and
has the statement. A member's period belongs to the group when it begins within the membership.

A group may have a billing day: then everything that began since the day before goes on one invoice
on that day of each month, or on the month's last one. Nothing is billed before it began, so who
leaves in time is not on it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from chalicelib.domain.dates import add_months, instant, local_date
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.parties import Terms
from chalicelib.domain.subscription import BILLING_HOUR

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
    """`email` gets the invoices; `contact` is the person there; `payer_id` is a customer.

    `next_bill_at` is the billing day that has not been billed yet; None without a billing day.
    """

    id: str
    business_id: str
    name: str
    contact: str
    email: str
    terms: Terms
    payer_id: str
    members: tuple[GroupMember, ...] = ()
    billing_day: int | None = None  # of the month, 1 to 31
    next_bill_at: datetime | None = None
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
    if group.billing_day is not None and not 1 <= group.billing_day <= 31:
        raise InvalidInput("billing_day_invalid", "A billing day is between 1 and 31.")
    return group


def billing_day_from(billing_day: int, first_on: date) -> date:
    """The first billing day on `first_on` or later; the last of a month that has no such day."""
    month = first_on.replace(day=1)
    this = add_months(month, 0, billing_day)
    return this if this >= first_on else add_months(month, 1, billing_day)


def planned(group: Group, *, today: date, zone: str, now: datetime) -> Group:
    """The group with its next billing day: after today, as today's may be over.

    A day that has come and is not billed yet stays, whatever day is wanted from now on.
    """
    if group.billing_day is None:
        return replace(group, next_bill_at=None)
    if group.next_bill_at is not None and group.next_bill_at <= now:
        return group
    return replace(group, next_bill_at=_instant(group.billing_day, today + timedelta(days=1), zone))


def day_after(group: Group, zone: str) -> datetime:
    """The billing day that follows the one not billed yet."""
    assert group.billing_day is not None
    assert group.next_bill_at is not None
    billed_on = local_date(group.next_bill_at, zone)
    return _instant(group.billing_day, billed_on + timedelta(days=1), zone)


def waits_until(group: Group, starts_on: date, zone: str) -> datetime | None:
    """When a period that begins on this day is billed, as its group has a billing day: on the first
    one from then on that is not billed yet. None without a billing day."""
    if group.billing_day is None or group.next_bill_at is None:
        return None
    return max(_instant(group.billing_day, starts_on, zone), group.next_bill_at)


def _instant(billing_day: int, first_on: date, zone: str) -> datetime:
    return instant(billing_day_from(billing_day, first_on), BILLING_HOUR, zone)


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
