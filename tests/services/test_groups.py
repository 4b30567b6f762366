"""Billing groups through the services: one invoice, one payment, every period once."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import Actor, ActorKind, Subject
from chalicelib.domain.group import Group
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.parties import Terms
from chalicelib.domain.payment import Trigger
from chalicelib.domain.policy import STANDARD, WhenExhausted
from chalicelib.domain.subscription import Subscription, SubscriptionStatus
from chalicelib.services import billing, clocks, group_billing, groups, invoices
from tests.fakes.install import VISA, Install

STAFF = Actor(ActorKind.STAFF, "usr_1")
BROKEN = "4000000000000341"  # saved, and declined when it is charged


def started() -> Install:
    install = Install.at(datetime(2026, 1, 1, 15, tzinfo=UTC))
    install.business()
    return install


def group_in(install: Install, **changes: Any) -> Group:
    wanted = Group(
        id=install.ids.new("grp"),
        business_id="biz_1",
        name="Acme Corp",
        contact="Ann Lee",
        email="ap@acme.example",
        terms=Terms.NET_14,
        payer_id=install.ids.new("cus"),
    )
    return groups.create_group(install.ports, wanted, actor=STAFF, **changes)


def joins(install: Install, group: Group, *members: Customer, **days: Any) -> None:
    for one in members:
        groups.add_member(install.ports, "biz_1", group.id, one.id, actor=STAFF, **days)


def people(install: Install, count: int) -> list[Customer]:
    return [install.customer(name=f"Person {n:02}", card=None) for n in range(count)]


def all_invoices(install: Install) -> list[Invoice]:
    found = install.store.invoices("biz_1", limit=500).items
    return sorted(found, key=lambda one: one.number or "")


def billed_periods(install: Install) -> list[tuple[str, date]]:
    """Each line's subscription and first day, over all invoices."""
    return [
        (line.subscription_id, line.period.start_on)
        for invoice in all_invoices(install)
        for line in invoice.lines
        if line.subscription_id and line.period
    ]


def bill(install: Install, group: Group, **more: Any) -> list[Invoice]:
    request: dict[str, Any] = {"actor": STAFF, "request_id": install.ids.new("req")} | more
    return group_billing.bill_group(install.ports, "biz_1", group.id, **request)


def test_a_group_comes_with_its_payer() -> None:
    install = started()
    group = group_in(install)
    payer = install.store.customer("biz_1", group.payer_id)
    assert (payer.name, payer.email, payer.effective_terms) == (
        "Acme Corp", "ap@acme.example", Terms.NET_14,
    )  # fmt: skip
    changes = {"email": "new@acme.example", "contact": "Bob", "terms": Terms.NET_7}
    groups.change_group(install.ports, "biz_1", group.id, changes, actor=STAFF)
    payer = install.store.customer("biz_1", group.payer_id)
    assert (payer.email, payer.effective_terms) == ("new@acme.example", Terms.NET_7)
    assert install.store.group("biz_1", group.id).contact == "Bob"
    with pytest.raises(InvalidInput, match="cannot be changed"):
        groups.change_group(install.ports, "biz_1", group.id, {"payer_id": "x"}, actor=STAFF)


@pytest.mark.parametrize(
    ("change", "code"), [({"email": "nobody"}, "email_invalid"), ({"name": ""}, "name_missing")]
)
def test_a_group_that_cannot_be_leaves_nothing(change: dict[str, str], code: str) -> None:
    install = started()
    wanted = {"name": "Acme", "email": "ap@acme.example"} | change
    group = Group("grp_1", "biz_1", wanted["name"], "", wanted["email"], Terms.NET_7, "cus_payer")
    with pytest.raises(InvalidInput) as refused:
        groups.create_group(install.ports, group, actor=STAFF)
    assert refused.value.code == code
    assert not install.store.customers("biz_1").items


def test_the_run_puts_all_members_on_one_invoice_with_their_names() -> None:
    install = started()
    group, members, alone = group_in(install), people(install, 3), install.customer()
    joins(install, group, *members)
    for one in (*members, alone):
        install.subscription(one)
    billing.bill_due_subscriptions(install.ports)
    install.settle()
    single, shared = sorted(all_invoices(install), key=lambda one: len(one.lines))
    assert (single.customer_id, single.group_id) == (alone.id, None)
    assert (shared.customer_id, shared.group_id) == (group.payer_id, group.id)
    assert [line.customer_name for line in shared.lines] == ["Person 00", "Person 01", "Person 02"]
    assert (shared.totals.total, shared.due_on) == (3 * 8900, date(2026, 1, 15))
    assert {one.number for one in (single, shared)} == {"INV-00001", "INV-00002"}
    assert [mail.recipient for mail in install.mail.sent].count("ap@acme.example") == 1


def test_one_payment_pays_all_and_the_schedule_names_the_invoice() -> None:
    install = started()
    group, members = group_in(install), people(install, 2)
    install.save_card("biz_1", group.payer_id, VISA)
    joins(install, group, *members)
    subs = [install.subscription(one) for one in members]
    (shared,) = bill(install, group)
    install.advance(days=15)
    assert install.read(shared).status is InvoiceStatus.PAID
    assert len(install.read(shared).payments) == 1
    now = [install.store.subscription("biz_1", one.id) for one in subs]
    assert {one.invoice_id(0) for one in now} == {shared.id}


def test_a_member_added_in_mid_period_is_billed_alone_until_the_next_period_begins() -> None:
    install = started()
    group, (ada, bob) = group_in(install), people(install, 2)
    joins(install, group, ada)
    for customer_id in (group.payer_id, ada.id, bob.id):
        install.save_card("biz_1", customer_id, VISA)
    for one in (ada, bob):
        install.subscription(one)
    install.advance(hours=1)
    joins(install, group, bob, from_on=date(2026, 1, 10))
    install.advance(days=32)
    by_customer = [(one.customer_id, len(one.lines)) for one in all_invoices(install)]
    assert sorted(by_customer) == sorted([(group.payer_id, 1), (bob.id, 1), (group.payer_id, 2)])
    groups.remove_member(
        install.ports, "biz_1", group.id, ada.id, actor=STAFF, until_on=date(2026, 2, 10)
    )
    install.advance(days=28)
    last = sorted(all_invoices(install), key=lambda one: one.number or "")[-2:]
    assert {(one.customer_id, len(one.lines)) for one in last} == {(group.payer_id, 1), (ada.id, 1)}


def test_nobody_is_in_two_groups_at_once() -> None:
    install = started()
    first, second, (ada,) = group_in(install), group_in(install), people(install, 1)
    joins(install, first, ada, from_on=date(2026, 1, 1), until_on=date(2026, 2, 1))
    with pytest.raises(Conflict) as refused:
        joins(install, second, ada, from_on=date(2026, 1, 15))
    assert refused.value.code == "member_of_another"
    joins(install, second, ada, from_on=date(2026, 2, 1))
    found = [
        groups.group_of_period(install.ports, "biz_1", install.store.customer("biz_1", ada.id), day)
        for day in (date(2025, 12, 31), date(2026, 1, 31), date(2026, 2, 1))
    ]
    assert [one.id if one else None for one in found] == [None, first.id, second.id]


def test_an_overdue_group_invoice_pauses_every_member_and_payment_resumes_them() -> None:
    install = started()
    group, members = group_in(install), people(install, 2)
    install.save_card("biz_1", group.payer_id, BROKEN)
    joins(install, group, *members)
    subs = [install.subscription(one) for one in members]
    (shared,) = bill(install, group)

    def states() -> set[SubscriptionStatus]:
        return {install.store.subscription("biz_1", one.id).status for one in subs}

    install.advance(days=24)
    assert install.read(shared).status is InvoiceStatus.OVERDUE
    assert states() == {SubscriptionStatus.PAUSED}
    install.save_card("biz_1", group.payer_id, VISA)
    invoices.request_charge(
        install.ports, "biz_1", shared.id, request_id="again", trigger=Trigger.STAFF, actor=STAFF
    )
    install.settle()
    assert install.read(shared).status is InvoiceStatus.PAID
    assert states() == {SubscriptionStatus.ACTIVE}


@pytest.mark.parametrize("end", [WhenExhausted.PAUSE, WhenExhausted.CANCEL])
def test_after_days_of_grace_every_member_stops(end: WhenExhausted) -> None:
    install = Install.at(datetime(2026, 1, 1, 15, tzinfo=UTC))
    install.business(policy=replace(STANDARD, grace_days=5, when_exhausted=end))
    group, members = group_in(install), people(install, 2)
    install.save_card("biz_1", group.payer_id, BROKEN)
    joins(install, group, *members)
    subs = [install.subscription(one) for one in members]
    (shared,) = bill(install, group)

    def states() -> set[str]:
        return {install.store.subscription("biz_1", one.id).status.value for one in subs}

    install.advance(days=24)
    assert (install.read(shared).status, states()) == (InvoiceStatus.OVERDUE, {"active"})
    install.advance(days=5)
    assert states() == {"paused" if end is WhenExhausted.PAUSE else "cancelled"}


def test_a_test_clock_bills_its_groups_month_by_month() -> None:
    install = Install.at(datetime(2026, 9, 1, 15, tzinfo=UTC))
    start = datetime(2026, 1, 1, 15, tzinfo=UTC)
    clocks.create_clock(install.ports, "biz_1", "clk_1", start)
    install.business(test_clock_id="clk_1")
    group, members = group_in(install), people(install, 2)
    install.save_card("biz_1", group.payer_id, VISA)
    joins(install, group, *members)
    for one in members:
        install.subscription(one, start_on=start.date())
    clocks.start_advance(install.ports, "biz_1", "clk_1", datetime(2026, 3, 20, 12, tzinfo=UTC))
    install.settle()
    found = [(one.status.value, len(one.lines), one.due_on) for one in all_invoices(install)]
    assert found == [
        ("paid", 2, date(2026, 1, 15)),
        ("paid", 2, date(2026, 2, 15)),
        ("paid", 2, date(2026, 3, 15)),
    ]


def test_the_periods_of_a_cancelled_group_invoice_stay_billed() -> None:
    """As of any subscription's invoice: what is owed after all is billed by hand."""
    install = started()
    group, (ada,) = group_in(install), people(install, 1)
    joins(install, group, ada)
    sub = install.subscription(ada)
    (shared,) = bill(install, group)
    invoices.cancel_invoice(install.ports, "biz_1", shared.id, actor=STAFF, reason="Wrong.")
    assert bill(install, group) == []
    assert install.store.subscription("biz_1", sub.id).next_index == 1


def test_a_group_is_its_facts() -> None:
    install = started()
    group, (ada,) = group_in(install), people(install, 1)
    joins(install, group, ada)
    install.subscription(ada)
    (shared,) = bill(install, group)
    groups.remove_member(install.ports, "biz_1", group.id, ada.id, actor=STAFF)
    history = install.store.facts("biz_1", Subject.GROUP, group.id)
    assert [fact.key for fact in history] == [
        "created", "joined/2", f"billed/{shared.id}", "left/4",
    ]  # fmt: skip


steps = st.lists(
    st.one_of(
        st.tuples(st.just("join"), st.integers(0, 2), st.integers(0, 1)),
        st.tuples(st.just("leave"), st.integers(0, 2), st.integers(0, 1)),
        st.tuples(st.just("run"), st.just(0), st.just(0)),
        st.tuples(st.just("generate"), st.integers(0, 40), st.integers(0, 1)),
        st.tuples(st.just("wait"), st.integers(1, 20), st.just(0)),
    ),
    max_size=12,
)


@given(steps)
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_whoever_joins_and_leaves_no_period_is_billed_twice_and_none_is_lost(
    plan: list[tuple[str, int, int]],
) -> None:
    install = started()
    both = [group_in(install), group_in(install)]
    members = people(install, 3)
    subs = [install.subscription(one) for one in members]
    for what, number, which in plan:
        group = both[which]
        try:
            if what == "join":
                joins(install, group, members[number])
            elif what == "leave":
                groups.remove_member(
                    install.ports, "biz_1", group.id, members[number].id, actor=STAFF
                )
            elif what == "generate":
                last = install.clock.now().date() + timedelta(days=number)
                bill(install, group, last_on=last)
            elif what == "wait":
                install.clock.advance(days=number)
            else:
                billing.bill_due_subscriptions(install.ports)
                install.settle()
        except Conflict:
            continue
    for _ in range(12):
        billing.bill_due_subscriptions(install.ports)
        install.settle()
    _each_once(install, subs)


def _each_once(install: Install, subs: list[Subscription]) -> None:
    periods = billed_periods(install)
    assert len(periods) == len(set(periods))
    for sub in subs:
        one = install.store.subscription("biz_1", sub.id)
        expected = [(sub.id, one.starts_on(index)) for index in range(one.next_index)]
        assert sorted(period for period in periods if period[0] == sub.id) == expected
        assert one.next_bill_at is not None
        assert one.next_bill_at > install.clock.now()
        for index in range(one.next_index):
            invoice = install.store.invoice("biz_1", one.invoice_id(index))
            assert any(
                line.subscription_id == sub.id
                and line.period is not None
                and line.period.start_on == one.starts_on(index)
                for line in invoice.lines
            )
