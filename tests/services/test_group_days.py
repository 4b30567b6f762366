"""A group's billing day: one invoice a month, whoever joins, leaves, pauses, cancels meanwhile."""

from __future__ import annotations

from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import Subject
from chalicelib.domain.group import Group, billing_day_from
from chalicelib.domain.subscription import may_bill
from chalicelib.services import billing, clocks, group_days, groups, subscriptions
from tests.fakes.install import VISA, Install
from tests.services.test_groups import (
    STAFF,
    all_invoices,
    bill,
    billed_periods,
    group_in,
    joins,
    started,
)

Found = list[tuple[str, str, list[tuple[str, str]]]]


def day_group(install: Install, day: int | None = 15) -> Group:
    made = group_in(install)
    install.save_card("biz_1", made.payer_id, VISA)
    changes = {"billing_day": day}
    return groups.change_group(install.ports, "biz_1", made.id, changes, actor=STAFF)


def people(install: Install, count: int) -> list[Customer]:
    """They can pay, so that none is paused."""
    return [install.customer(name=f"Person {n:02}") for n in range(count)]


def leaves(install: Install, group: Group, one: Customer, until: date | None = None) -> None:
    groups.remove_member(install.ports, "biz_1", group.id, one.id, actor=STAFF, until_on=until)


def days(install: Install, number: int) -> None:
    """Each with its billing run at noon, in New York as in London."""
    for _ in range(number):
        install.advance(days=1)
        billing.bill_due_subscriptions(install.ports)
        install.settle()


def quick(install: Install, number: int) -> None:
    """The same without timers, so that nothing falls overdue."""
    for _ in range(number):
        install.clock.advance(days=1)
        billing.bill_due_subscriptions(install.ports)
        install.settle()


def issued(install: Install) -> Found:
    """Each invoice: when, to whom, and whose periods from when."""
    return [
        (str(one.issued_on), one.customer_id,
         [(line.customer_name, str(line.period.start_on)) for line in one.lines if line.period])
        for one in all_invoices(install)
    ]  # fmt: skip


def test_what_has_begun_goes_out_on_the_groups_day_on_one_invoice() -> None:
    install = started()
    group, members = day_group(install), people(install, 3)
    joins(install, group, *members)
    for one, first in zip(members, (3, 15, 20), strict=True):
        install.subscription(one, start_on=date(2026, 1, first))
    days(install, 50)
    assert issued(install) == [
        ("2026-01-15", group.payer_id, [("Person 00", "2026-01-03"), ("Person 01", "2026-01-15")]),
        ("2026-02-15", group.payer_id, [
            ("Person 00", "2026-02-03"), ("Person 01", "2026-02-15"), ("Person 02", "2026-01-20"),
        ]),
    ]  # fmt: skip
    following = install.store.group("biz_1", group.id).next_bill_at
    assert following == datetime(2026, 3, 15, 10, tzinfo=UTC)


def test_the_31st_is_the_last_of_a_short_month() -> None:
    install = started()
    group, (ada,) = day_group(install, 31), people(install, 1)
    joins(install, group, ada)
    install.subscription(ada, start_on=date(2026, 1, 31))
    days(install, 121)
    assert [(on, lines) for on, _, lines in issued(install)] == [
        (on, [("Person 00", on)]) for on in ("2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30")
    ]


def test_who_joins_or_leaves_in_mid_period_is_billed_for_what_began_meanwhile() -> None:
    """Ada joins on the 10th: her period of the 5th is hers. Bob leaves on the 20th: his of the 18th
    is the group's, and the next is his own, on the day on which it begins."""
    install = started()
    group, (ada, bob) = day_group(install), people(install, 2)
    joins(install, group, bob)
    install.subscription(ada, start_on=date(2026, 1, 5))
    install.subscription(bob, start_on=date(2026, 1, 18))
    days(install, 9)
    joins(install, group, ada)
    days(install, 10)
    leaves(install, group, bob)
    days(install, 35)
    assert issued(install) == [
        ("2026-01-05", ada.id, [("", "2026-01-05")]),
        ("2026-02-15", group.payer_id, [("Person 00", "2026-02-05"), ("Person 01", "2026-01-18")]),
        ("2026-02-18", bob.id, [("", "2026-02-18")]),
    ]


def test_who_leaves_before_the_period_begins_gets_it_at_once_and_not_on_the_groups_day() -> None:
    install = started()
    group, (ada,) = day_group(install), people(install, 1)
    joins(install, group, ada)
    sub = install.subscription(ada, start_on=date(2026, 1, 10))
    days(install, 15)  # billed on the 15th; what begins on 10 February sleeps until the 15th
    asleep = install.store.subscription("biz_1", sub.id).next_bill_at
    leaves(install, group, ada)
    install.settle()
    awake = install.store.subscription("biz_1", sub.id).next_bill_at
    assert (asleep, awake) == (
        datetime(2026, 2, 15, 11, tzinfo=UTC), datetime(2026, 2, 10, 11, tzinfo=UTC),
    )  # fmt: skip
    days(install, 30)
    assert [(on, who) for on, who, _ in issued(install)] == [
        ("2026-01-15", group.payer_id), ("2026-02-10", ada.id),
    ]  # fmt: skip


def test_who_leaves_while_the_run_puts_them_to_sleep_is_found_by_the_second_look() -> None:
    install = started()
    group, (ada,) = day_group(install), people(install, 1)
    joins(install, group, ada)
    sub = install.subscription(ada)
    read, gone = install.store.group, [False]

    def group_(business_id: str, group_id: str) -> Group:
        found = read(business_id, group_id)
        if not gone[0]:
            gone[0] = True
            leaves(install, group, ada, date(2026, 1, 1))
        return found

    install.store.group = group_  # type: ignore[method-assign]
    group_days.bill_due_group(install.ports, "biz_1", group.id, [sub.id])
    install.store.group = read  # type: ignore[method-assign]
    awake = install.store.subscription("biz_1", sub.id).next_bill_at
    assert awake == datetime(2026, 1, 1, 11, tzinfo=UTC)


@pytest.mark.parametrize(("collect", "lines"), [(True, 1), (False, 0)])
def test_who_cancels_after_the_period_began_owes_it_on_the_groups_day(
    collect: bool, lines: int
) -> None:
    install = started()
    group, (ada,) = day_group(install), people(install, 1)
    joins(install, group, ada)
    sub = install.subscription(ada)
    days(install, 5)
    subscriptions.cancel(
        install.ports, "biz_1", sub.id, actor=STAFF, reason="Gone.", collect_open_debt=collect
    )
    days(install, 40)
    assert len(billed_periods(install)) == lines
    kinds = [fact.kind for fact in install.store.facts("biz_1", Subject.GROUP, group.id)]
    assert kinds.count("billing_day_passed") == 2 - lines


def test_who_pauses_after_the_period_began_owes_it_and_the_next_one_moves() -> None:
    install = started()
    group, (ada,) = day_group(install), people(install, 1)
    joins(install, group, ada)
    sub = install.subscription(ada)
    days(install, 5)
    subscriptions.pause(install.ports, "biz_1", sub.id, actor=STAFF, reason="Away.")
    days(install, 15)
    subscriptions.resume(install.ports, "biz_1", sub.id, actor=STAFF, reason="Back.")
    days(install, 55)
    assert [(on, lines) for on, _, lines in issued(install)] == [
        ("2026-01-15", [("Person 00", "2026-01-01")]),
        ("2026-03-15", [("Person 00", "2026-02-16")]),
    ]


def test_another_billing_day_holds_for_what_waits_and_none_bills_it_at_once() -> None:
    install = started()
    group, (ada, bob) = day_group(install, 28), people(install, 2)
    joins(install, group, ada, bob)
    install.subscription(ada)
    install.subscription(bob, start_on=date(2026, 1, 20))
    days(install, 3)

    def change(day: int | None) -> None:
        changes = {"billing_day": day}
        groups.change_group(install.ports, "biz_1", group.id, changes, actor=STAFF)
        install.settle()

    change(10)
    days(install, 20)
    assert [(on, lines) for on, _, lines in issued(install)] == [
        ("2026-01-10", [("Person 00", "2026-01-01")])
    ]
    change(None)
    days(install, 1)
    assert issued(install)[-1] == ("2026-01-24", group.payer_id, [("Person 01", "2026-01-20")])
    assert install.store.group("biz_1", group.id).next_bill_at is None
    days(install, 8)
    assert issued(install)[-1] == ("2026-02-01", group.payer_id, [("Person 00", "2026-02-01")])


def test_staff_bill_ahead_and_the_day_bills_what_is_left() -> None:
    install = started()
    group, (ada, bob) = day_group(install), people(install, 2)
    joins(install, group, ada)
    install.subscription(ada)
    (ahead,) = bill(install, group, last_on=date(2026, 2, 28))
    joins(install, group, bob)
    install.subscription(bob)
    days(install, 75)
    assert len(ahead.lines) == 2
    assert [(on, lines) for on, _, lines in issued(install)][1:] == [
        ("2026-01-15", [("Person 01", "2026-01-01")]),
        ("2026-02-15", [("Person 01", "2026-02-01")]),
        ("2026-03-15", [("Person 00", "2026-03-01"), ("Person 01", "2026-03-01")]),
    ]


def test_days_that_were_missed_are_billed_each_on_its_own() -> None:
    install = started()
    group, (ada,) = day_group(install), people(install, 1)
    joins(install, group, ada)
    install.subscription(ada)
    install.clock.advance(days=50)
    made = group_days.bill_day(install.ports, "biz_1", group.id)
    assert [[str(line.period.start_on) for line in one.lines if line.period] for one in made] == [
        ["2026-01-01"], ["2026-02-01"],
    ]  # fmt: skip
    assert group_days.bill_day(install.ports, "biz_1", group.id) == []


def test_more_than_one_invoice_holds_ends_the_day_with_the_last() -> None:
    install = started()
    group, members = day_group(install), people(install, 47)
    joins(install, group, *members)
    for one in members:
        install.subscription(one)
    install.clock.advance(days=15)
    made = group_days.bill_day(install.ports, "biz_1", group.id)
    assert [len(one.lines) for one in made] == [45, 2]
    assert len(set(billed_periods(install))) == 47


def test_a_test_clock_keeps_the_groups_day() -> None:
    install = Install.at(datetime(2026, 9, 1, 15, tzinfo=UTC))
    start = datetime(2026, 1, 1, 15, tzinfo=UTC)
    clocks.create_clock(install.ports, "biz_1", "clk_1", start)
    install.business(test_clock_id="clk_1")
    group, members = day_group(install), people(install, 2)
    joins(install, group, *members)
    for one in members:
        install.subscription(one, start_on=start.date())
    clocks.start_advance(install.ports, "biz_1", "clk_1", datetime(2026, 3, 20, 12, tzinfo=UTC))
    install.settle()
    assert [(str(one.issued_on), len(one.lines)) for one in all_invoices(install)] == [
        ("2026-01-15", 2), ("2026-02-15", 2), ("2026-03-15", 2),
    ]  # fmt: skip


def test_a_billing_day_is_a_day_of_the_month() -> None:
    install = started()
    with pytest.raises(InvalidInput) as refused:
        day_group(install, 32)
    assert refused.value.code == "billing_day_invalid"


@dataclass(frozen=True, slots=True)
class Step:
    what: str
    who: int
    where: int
    wait: int


steps = st.lists(
    st.builds(
        Step,
        what=st.sampled_from(["join", "leave", "pause", "resume", "cancel", "generate", "wait"]),
        who=st.integers(0, 2),
        where=st.integers(0, 1),
        wait=st.integers(0, 12),
    ),
    max_size=10,
)
month_days = st.integers(1, 31)


@given(steps, month_days, st.tuples(month_days, month_days, month_days))
@settings(
    max_examples=25,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),  # one takes a second: none to shrink it
    suppress_health_check=[HealthCheck.too_slow],
)
def test_whoever_comes_and_goes_each_period_is_billed_once_and_each_day_has_one_invoice(
    plan: list[Step], billing_day: int, first: tuple[int, int, int]
) -> None:
    install = started()
    both, members = [day_group(install, billing_day), day_group(install, None)], people(install, 3)
    subs = [
        install.subscription(one, start_on=date(2026, 1, day)).id
        for one, day in zip(members, first, strict=True)
    ]
    quick(install, 1)
    generated: set[str] = set()
    for step in plan:
        with suppress(Conflict):
            generated |= _do(install, step, both[step.where], members[step.who], subs[step.who])
        install.settle()
        quick(install, step.wait)
    quick(install, 33)
    _each_once(install, subs)
    _where_it_belongs(install, both, members, generated)


def _do(install: Install, step: Step, group: Group, one: Customer, sub: str) -> set[str]:
    """Nobody comes or goes in hindsight: what is billed stays with who has paid."""
    ports, tomorrow = install.ports, install.clock.now().date() + timedelta(days=1)
    match step.what:
        case "join":
            joins(install, group, one, from_on=tomorrow)
        case "leave":
            leaves(install, group, one, tomorrow)
        case "pause":
            subscriptions.pause(ports, "biz_1", sub, actor=STAFF, reason="Away.")
        case "resume":
            subscriptions.resume(ports, "biz_1", sub, actor=STAFF, reason="Back.")
        case "cancel":
            subscriptions.cancel(
                ports, "biz_1", sub, actor=STAFF, reason="Gone.", collect_open_debt=True
            )
        case "generate":
            last = install.clock.now().date() + timedelta(days=10)
            return {made.id for made in bill(install, group, last_on=last)}
        case _:
            quick(install, 20)
    return set()


def _each_once(install: Install, subs: list[str]) -> None:
    """Every period from the first on that has begun; nothing sleeps that should be billed."""
    periods, now = billed_periods(install), install.clock.now()
    assert len(periods) == len(set(periods))
    for sub in subs:
        one = install.store.subscription("biz_1", sub)
        expected = [(sub, one.starts_on(index)) for index in range(one.next_index)]
        assert sorted(period for period in periods if period[0] == sub) == expected
        begins = one.starts_on(one.next_index)
        if one.status.value == "active":
            assert one.next_bill_at is not None
            assert one.next_bill_at > now
            assert begins > now.date() - timedelta(days=32)
        elif may_bill(one, begins):
            assert begins > now.date() - timedelta(days=32)


def _where_it_belongs(
    install: Install, both: list[Group], members: list[Customer], generated: set[str]
) -> None:
    """With the group whose member somebody was when the period began, on its day; else alone."""
    payers = {one.payer_id: install.store.group("biz_1", one.id) for one in both}
    names = {one.name: one.id for one in members}
    by_day: list[tuple[str, date | None]] = []
    for invoice in all_invoices(install):
        if invoice.id in generated:
            continue
        group = payers.get(invoice.customer_id)
        for line in invoice.lines:
            assert line.period is not None
            whose = names.get(line.customer_name, invoice.customer_id)
            covers = [one.id for one in payers.values() if one.covers(whose, line.period.start_on)]
            assert covers == ([] if group is None else [group.id])
        if group is not None and group.billing_day is not None:
            assert invoice.issued_on is not None
            assert invoice.issued_on == billing_day_from(group.billing_day, invoice.issued_on)
            by_day.append((group.id, invoice.issued_on))
    assert len(by_day) == len(set(by_day))
