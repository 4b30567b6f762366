"""Everything that can happen to a billing group, and what it changes."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar

from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact
from chalicelib.domain.group import Group, GroupMember, removed


@dataclass(frozen=True, slots=True)
class GroupCreated:
    kind: ClassVar[str] = "created"
    group: Group

    def key(self, seq: int) -> str:
        return "created"


@dataclass(frozen=True, slots=True)
class GroupChanged:
    """`group` is the whole record after the change, `fields` what was changed in it."""

    kind: ClassVar[str] = "changed"
    group: Group
    fields: tuple[str, ...]

    def key(self, seq: int) -> str:
        return f"changed/{seq}"


@dataclass(frozen=True, slots=True)
class CustomerJoined:
    kind: ClassVar[str] = "customer_joined"
    member: GroupMember

    def key(self, seq: int) -> str:
        return f"joined/{seq}"


@dataclass(frozen=True, slots=True)
class CustomerLeft:
    """Periods that begin on `until_on` or later are the customer's own again."""

    kind: ClassVar[str] = "customer_left"
    customer_id: str
    until_on: date

    def key(self, seq: int) -> str:
        return f"left/{seq}"


@dataclass(frozen=True, slots=True)
class GroupBilled:
    """An invoice was made in the same transaction. `request_id` is of the call that wanted it.

    `next_bill_at`: it holds all of a billing day, and this is the next one.
    """

    kind: ClassVar[str] = "group_billed"
    invoice_id: str
    lines: int
    request_id: str = ""
    next_bill_at: datetime | None = None

    def key(self, seq: int) -> str:
        return f"billed/{self.invoice_id}"


@dataclass(frozen=True, slots=True)
class BillingDayPassed:
    """There was nothing to bill on it."""

    kind: ClassVar[str] = "billing_day_passed"
    on: date
    next_bill_at: datetime

    def key(self, seq: int) -> str:
        return f"passed/{seq}"


PAYLOADS: tuple[type, ...] = (
    GroupCreated, GroupChanged, CustomerJoined, CustomerLeft, GroupBilled, BillingDayPassed,
)  # fmt: skip


def group_step(group: Group | None, payload: Any, fact: Fact) -> Group:
    """What one fact changes in a group."""
    if isinstance(payload, GroupCreated):
        return payload.group
    if group is None:
        raise BrokenRecord(f"{fact.kind} before created")
    match payload:
        case GroupChanged(group=changed):
            return changed
        case CustomerJoined(member=member):
            return replace(group, members=(*group.members, member))
        case CustomerLeft(customer_id=customer_id, until_on=until_on):
            return removed(group, customer_id, until_on)
        case GroupBilled(next_bill_at=None):
            return group
        case GroupBilled(next_bill_at=at) | BillingDayPassed(next_bill_at=at):
            return replace(group, next_bill_at=at)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")
