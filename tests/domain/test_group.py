"""Billing groups: memberships from day to day, and invoices that subscriptions share."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.due import DueKind, due_of
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.group import (
    MOST_MEMBERS,
    Group,
    GroupMember,
    billing_day_from,
    check,
    check_joins,
    day_after,
    planned,
    removed,
    waits_until,
)
from chalicelib.domain.group_facts import (
    BillingDayPassed,
    CustomerJoined,
    CustomerLeft,
    GroupBilled,
    GroupChanged,
    GroupCreated,
)
from chalicelib.domain.parties import Terms
from chalicelib.domain.party_facts import (
    BillingMoved,
    PeriodBilled,
    SubscriptionCancelled,
    SubscriptionCreated,
)
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.subscription import SharedInvoice, Subscription, first_anchor
from tests.domain.samples import bounded

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


@bounded
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


@pytest.mark.parametrize(
    ("billing_day", "first_on", "expected"),
    [
        (15, "2026-01-01", "2026-01-15"),
        (15, "2026-01-15", "2026-01-15"),
        (15, "2026-01-16", "2026-02-15"),
        (31, "2026-02-01", "2026-02-28"),
        (31, "2028-02-10", "2028-02-29"),
        (30, "2026-12-31", "2027-01-30"),
        (1, "2026-12-02", "2027-01-01"),
    ],
)
def test_a_billing_day_is_a_day_of_the_month_or_its_last(
    billing_day: int, first_on: str, expected: str
) -> None:
    assert billing_day_from(billing_day, date.fromisoformat(first_on)).isoformat() == expected


@bounded
@given(st.integers(1, 31), st.dates(date(2024, 1, 1), date(2028, 12, 31)))
def test_billing_days_follow_each_other_month_by_month(billing_day: int, first_on: date) -> None:
    day, months = billing_day_from(billing_day, first_on), []
    assert first_on <= day <= first_on + timedelta(days=31)
    for _ in range(14):
        months.append((day.year, day.month))
        assert day.day == billing_day or (day + timedelta(days=1)).day == 1
        day = billing_day_from(billing_day, day + timedelta(days=1))
    assert all(
        later[0] * 12 + later[1] == earlier[0] * 12 + earlier[1] + 1
        for earlier, later in pairwise(months)
    )


def dated(billing_day: int | None, next_bill_at: str | None = None) -> Group:
    at = None if next_bill_at is None else datetime.fromisoformat(next_bill_at)
    return replace(GROUP, billing_day=billing_day, next_bill_at=at)


@pytest.mark.parametrize("billing_day", [0, 32, -1])
def test_a_month_has_31_days_at_most(billing_day: int) -> None:
    with pytest.raises(InvalidInput) as refused:
        check(dated(billing_day))
    assert refused.value.code == "billing_day_invalid"


def test_the_next_billing_day_is_after_today_unless_one_has_come() -> None:
    def next_of(group: Group) -> str | None:
        after = planned(group, today=DAY, zone="America/New_York", now=NOON)
        return after.next_bill_at.isoformat() if after.next_bill_at else None

    assert next_of(dated(1)) == "2026-02-01T11:00:00+00:00"
    assert next_of(dated(2)) == "2026-01-02T11:00:00+00:00"
    assert next_of(dated(None, "2026-01-05T11:00:00Z")) is None
    assert next_of(dated(20, "2026-01-05T11:00:00Z")) == "2026-01-20T11:00:00+00:00"
    assert next_of(dated(20, "2026-01-01T11:00:00Z")) == "2026-01-01T11:00:00+00:00"


def test_a_period_waits_for_the_first_billing_day_that_is_not_over() -> None:
    group = dated(15, "2026-02-15T06:00:00Z")
    assert waits_until(dated(None), DAY, "UTC") is None
    found = [waits_until(group, date(2026, month, day), "UTC")
             for month, day in ((1, 3), (2, 15), (2, 16))]  # fmt: skip
    assert [at.date().isoformat() for at in found if at] == [
        "2026-02-15", "2026-02-15", "2026-03-15",
    ]  # fmt: skip
    assert day_after(group, "UTC") == datetime(2026, 3, 15, 6, tzinfo=UTC)


def test_a_billing_day_is_over_with_its_last_invoice_or_with_none() -> None:
    wanted = dated(15, "2026-01-15T06:00:00Z")
    group, _ = first_of_party(wanted, GroupCreated(wanted), at=NOON)
    half, _ = on_party(group, GroupBilled("inv_1", 45), at=NOON)
    assert half.next_bill_at == group.next_bill_at
    following = datetime(2026, 2, 15, 6, tzinfo=UTC)
    whole, _ = on_party(half, GroupBilled("inv_2", 2, "", following), at=NOON)
    assert (whole.next_bill_at, due_of(whole)) == (following, (DueKind.BILL, following))
    idle, fact = on_party(group, BillingDayPassed(date(2026, 1, 15), following), at=NOON)
    assert (idle.next_bill_at, fact.key) == (following, "passed/2")
    assert due_of(GROUP) is None


def test_who_leaves_or_another_billing_day_moves_what_sleeps() -> None:
    group, _ = first_of_party(GROUP, GroupCreated(GROUP), at=NOON)
    joined, _ = on_party(group, CustomerJoined(GroupMember("cus_1", on(0))), at=NOON)
    _, left = on_party(joined, CustomerLeft("cus_1", on(9)), at=NOON)
    _, renamed = on_party(joined, GroupChanged(replace(joined, name="B"), ("name",)), at=NOON)
    moved = replace(joined, billing_day=3)
    _, changed = on_party(joined, GroupChanged(moved, ("billing_day",)), at=NOON)
    owed = [[one.name for one in fact.effects] for fact in (left, renamed, changed)]
    assert owed == [["move_billing"], [], ["move_billing"]]


def test_several_periods_on_one_invoice_are_one_fact() -> None:
    wanted = Subscription(
        id="sub_1", business_id="biz_1", customer_id="cus_1", product="P", currency="USD",
        unit_amount=100, start_on=DAY, segments=(first_anchor(DAY, 0),),
    )  # fmt: skip
    one, _ = first_of_party(wanted, SubscriptionCreated(wanted), at=NOON)
    day = datetime(2026, 4, 15, 6, tzinfo=UTC)
    one, fact = on_party(one, PeriodBilled(0, "inv_9_9", 0, "UTC", 3, day), at=NOON)
    assert (one.next_index, one.next_bill_at, fact.key) == (3, day, "billed/0")
    assert {one.invoice_id(index) for index in range(3)} == {"inv_9_9"}
    sooner = datetime(2026, 4, 1, 6, tzinfo=UTC)
    moved, _ = on_party(one, BillingMoved(sooner), at=NOON)
    assert moved.next_bill_at == sooner
    over, _ = on_party(one, SubscriptionCancelled(on(5), "Gone.", True), at=NOON)
    late, _ = on_party(over, PeriodBilled(3, "inv_9_9", 0, "UTC", 1, day), at=NOON)
    assert (late.next_index, late.next_bill_at) == (4, None)
    dropped, _ = on_party(one, SubscriptionCancelled(on(5), "Gone.", False), at=NOON)
    assert (over.debt_dropped, dropped.debt_dropped) == (False, True)


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
