"""Billing groups: memberships from day to day, and invoices that subscriptions share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.group import MOST_MEMBERS, Group, GroupMember, check, check_joins, removed
from chalicelib.domain.group_facts import CustomerJoined, CustomerLeft, GroupBilled, GroupCreated
from chalicelib.domain.parties import Terms
from chalicelib.domain.party_facts import PeriodBilled, SubscriptionCreated
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.subscription import SharedInvoice, Subscription, first_anchor

NOON = datetime(2026, 1, 1, 12, tzinfo=UTC)
DAY = date(2026, 1, 1)
GROUP = Group("grp_1", "biz_1", "Acme", "Ann Lee", "ap@acme.example", Terms.NET_30, "cus_payer")


def on(day: int) -> date:
    return DAY + timedelta(days=day)


def with_members(*members: GroupMember) -> Group:
    return replace(GROUP, members=members)


def test_a_membership_is_from_its_first_day_up_to_its_last() -> None:
    group = with_members(GroupMember("cus_1", on(10), on(20)), GroupMember("cus_2", on(5)))
    assert [day for day in range(30) if group.covers("cus_1", on(day))] == list(range(10, 20))
    assert [one.customer_id for one in group.members_on(on(4))] == []
    assert [one.customer_id for one in group.members_on(on(15))] == ["cus_1", "cus_2"]


@pytest.mark.parametrize(
    ("first", "last", "refused"),
    [(0, 10, False), (20, None, False), (0, None, True), (0, 11, True), (19, None, True),
     (12, 15, True)],
)  # fmt: skip
def test_nobody_is_a_member_twice_on_one_day(first: int, last: int | None, refused: bool) -> None:
    group = with_members(GroupMember("cus_1", on(10), on(20)))
    member = GroupMember("cus_1", on(first), None if last is None else on(last))
    if not refused:
        check_joins(group, member)
        return
    with pytest.raises(Conflict) as error:
        check_joins(group, member)
    assert error.value.code == "already_member"


def test_who_pays_is_no_member_and_a_group_can_be_full() -> None:
    with pytest.raises(Conflict, match="pays for the group"):
        check_joins(GROUP, GroupMember("cus_payer", DAY))
    with pytest.raises(InvalidInput, match="ends before it begins"):
        check_joins(GROUP, GroupMember("cus_1", DAY, DAY))
    full = with_members(*(GroupMember(f"cus_{n}", DAY) for n in range(MOST_MEMBERS)))
    with pytest.raises(Conflict, match="at most 500"):
        check_joins(full, GroupMember("cus_new", DAY))


def test_leaving_ends_the_membership_or_undoes_one_that_never_began() -> None:
    group = with_members(GroupMember("cus_1", on(10)))
    assert removed(group, "cus_1", on(15)).members == (GroupMember("cus_1", on(10), on(15)),)
    assert removed(group, "cus_1", on(10)).members == ()
    earlier = removed(removed(group, "cus_1", on(20)), "cus_1", on(12))
    assert earlier.members == (GroupMember("cus_1", on(10), on(12)),)
    for customer_id, day in (("cus_2", 15), ("cus_1", 25)):
        with pytest.raises(Conflict, match="no member"):
            removed(removed(group, "cus_1", on(20)), customer_id, on(day))


@pytest.mark.parametrize(
    ("change", "code"),
    [({"name": " "}, "name_missing"), ({"terms": Terms.DUE_ON_RECEIPT}, "group_terms_invalid")],
)
def test_a_group_needs_a_name_and_terms(change: dict[str, object], code: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(replace(GROUP, **change))  # type: ignore[arg-type]
    assert refused.value.code == code


@given(st.lists(st.tuples(st.integers(0, 40), st.integers(1, 20)), max_size=8))
def test_the_fold_of_joining_and_leaving_covers_each_day_once(stays: list[tuple[int, int]]) -> None:
    group, _ = first_of_party(GROUP, GroupCreated(GROUP), at=NOON)
    expected: set[int] = set()
    for first, length in stays:
        member = GroupMember("cus_1", on(first), on(first + length))
        days = set(range(first, first + length))
        if days & expected:
            with pytest.raises(Conflict):
                check_joins(group, member)
            continue
        check_joins(group, member)
        group, _ = on_party(group, CustomerJoined(member), at=NOON)
        expected |= days
    assert {day for day in range(-1, 70) if group.covers("cus_1", on(day))} == expected
    assert all(sum(one.covers(on(day)) for one in group.members) <= 1 for day in range(70))


def test_leaving_and_being_billed_are_facts() -> None:
    group, _ = first_of_party(GROUP, GroupCreated(GROUP), at=NOON)
    joined, first = on_party(group, CustomerJoined(GroupMember("cus_1", on(0))), at=NOON)
    left, second = on_party(joined, CustomerLeft("cus_1", on(9)), at=NOON)
    billed, third = on_party(left, GroupBilled("inv_1", 3), at=NOON)
    assert [one.key for one in (first, second, third)] == ["joined/2", "left/3", "billed/inv_1"]
    assert billed.members == (GroupMember("cus_1", on(0), on(9)),)


def test_a_period_on_a_shared_invoice_knows_it() -> None:
    wanted = Subscription(
        id="sub_1", business_id="biz_1", customer_id="cus_1", product="P", currency="USD",
        unit_amount=100, start_on=DAY, segments=(first_anchor(DAY, 0),),
    )  # fmt: skip
    one, _ = first_of_party(wanted, SubscriptionCreated(wanted), at=NOON)
    one, _ = on_party(one, PeriodBilled(0, "inv_1_0", 0, "UTC"), at=NOON)
    one, _ = on_party(one, PeriodBilled(1, "inv_other_7", 0, "UTC"), at=NOON)
    assert one.shared == (SharedInvoice(1, "inv_other_7"),)
    assert [one.invoice_id(index) for index in range(3)] == ["inv_1_0", "inv_other_7", "inv_1_2"]
