"""Generating a group's invoice for a period: one invoice, each period once, as foretold."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.domain.canonical import canonical
from chalicelib.domain.dates import Period
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.services import group_billing, subscriptions
from tests.fakes.install import VISA
from tests.services.test_groups import (
    STAFF,
    all_invoices,
    bill,
    billed_periods,
    group_in,
    joins,
    people,
    started,
)


def test_generating_for_a_period_bills_ahead_and_says_beforehand_what_it_will() -> None:
    install = started()
    group, members = group_in(install), people(install, 3)
    joins(install, group, *members)
    first, second, third = (
        install.subscription(one, start_on=date(2026, 1, day))
        for one, day in zip(members, (5, 20, 12), strict=True)
    )
    subscriptions.pause(install.ports, "biz_1", third.id, actor=STAFF, reason="Away.")
    told = group_billing.preview(install.ports, "biz_1", group.id, date(2026, 2, 4))
    assert [[line.subscription_id for line in one.lines] for one in told.invoices] == [
        [first.id, second.id]
    ]
    assert [(one.subscription_id, one.reason) for one in told.left_out] == [
        (third.id, "It is paused.")
    ]
    assert not all_invoices(install)
    (made,) = bill(install, group, last_on=date(2026, 2, 4))
    assert (made.lines, made.totals.total) == (told.invoices[0].lines, told.invoices[0].total)
    assert (made.issued_on, made.due_on) == (date(2026, 1, 1), date(2026, 1, 19))
    later = group_billing.preview(install.ports, "biz_1", group.id, date(2026, 2, 4))
    assert later.invoices == ()
    assert later.left_out[0].reason == "Its next period begins on 2026-02-05."
    with pytest.raises(InvalidInput, match="a year ahead"):
        bill(install, group, last_on=date(2028, 1, 1))


def test_several_periods_of_one_subscription_are_lines_of_one_invoice() -> None:
    install = started()
    group, members = group_in(install), people(install, 2)
    install.save_card("biz_1", group.payer_id, VISA)
    joins(install, group, *members)
    subs = [install.subscription(one) for one in members]
    told = group_billing.preview(install.ports, "biz_1", group.id, date(2026, 3, 1))
    (made,) = bill(install, group, last_on=date(2026, 3, 1))
    assert [made.lines] == [one.lines for one in told.invoices]
    assert [(line.customer_name, line.period.start_on.month) for line in made.lines
            if line.period] == [
        ("Person 00", 1), ("Person 00", 2), ("Person 00", 3),
        ("Person 01", 1), ("Person 01", 2), ("Person 01", 3),
    ]  # fmt: skip
    assert (made.totals.total, made.period) == (
        6 * 8900, Period(date(2026, 1, 1), date(2026, 4, 1)),
    )  # fmt: skip
    assert bill(install, group, last_on=date(2026, 3, 1)) == []
    install.settle()
    assert [mail.recipient for mail in install.mail.sent] == ["ap@acme.example"]
    now = [install.store.subscription("biz_1", one.id) for one in subs]
    assert {one.invoice_id(index) for one in now for index in range(3)} == {made.id}
    install.advance(days=15)
    assert len(install.read(made).payments) == 1
    assert install.read(made).status is InvoiceStatus.PAID


def test_a_period_that_overlaps_one_billed_already_bills_what_is_missing() -> None:
    install = started()
    group, (ada, bob) = group_in(install), people(install, 2)
    joins(install, group, ada, bob)
    one, other = (install.subscription(each) for each in (ada, bob))
    bill(install, group, last_on=date(2026, 2, 1))
    late = install.subscription(bob, start_on=date(2026, 1, 10))
    (second,) = bill(install, group, last_on=date(2026, 3, 15))
    found = [(line.subscription_id, line.period.start_on) for line in second.lines if line.period]
    assert sorted(found) == sorted([
        (one.id, date(2026, 3, 1)), (other.id, date(2026, 3, 1)),
        (late.id, date(2026, 1, 10)), (late.id, date(2026, 2, 10)), (late.id, date(2026, 3, 10)),
    ])  # fmt: skip
    assert len(billed_periods(install)) == len(set(billed_periods(install))) == 9


def test_a_row_of_the_table_holds_a_long_invoice() -> None:
    """Long names in another script take thrice the bytes: then there is a second invoice."""
    install = started()
    group = group_in(install)
    for number in range(8):
        one = install.customer(name=f"{number}" + "株" * 190, card=None)
        joins(install, group, one)
        for _ in range(5):
            install.subscription(one, product="品" * 200, variant="色" * 200)
    told = group_billing.preview(install.ports, "biz_1", group.id, date(2026, 12, 1))
    made = bill(install, group, last_on=date(2026, 12, 1))
    assert [one.lines for one in made] == [one.lines for one in told.invoices]
    assert len(made) > 1
    assert sum(len(one.lines) for one in made) == len(set(billed_periods(install))) == 480
    assert max(len(canonical(one).encode()) for one in made) < 200_000


def test_more_than_a_transaction_holds_goes_on_a_second_invoice() -> None:
    install = started()
    group, members = group_in(install), people(install, 47)
    joins(install, group, *members)
    for one in members:
        install.subscription(one)
    made = bill(install, group)
    assert [len(one.lines) for one in made] == [45, 2]
    assert len(set(billed_periods(install))) == 47


def test_the_same_request_gives_the_same_invoices() -> None:
    install = started()
    group, (ada,) = group_in(install), people(install, 1)
    joins(install, group, ada)
    install.subscription(ada)
    first = bill(install, group, request_id="once")
    assert bill(install, group, request_id="once") == first
    assert bill(install, group) == []
