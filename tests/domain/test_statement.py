"""The statement against the ledger: whatever was posted, in whatever order, it adds up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import invoice_facts as i
from chalicelib.domain.dates import local_date
from chalicelib.domain.desk.external_payments import ExternalPaymentRecorded
from chalicelib.domain.desk.refunds import Refunded, RefundRequested
from chalicelib.domain.desk.write_offs import WrittenOff
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import SYSTEM, Fact, Subject, seal
from chalicelib.domain.ledger import Account, Leg, legs, trial_balance
from chalicelib.domain.refund import Refund
from chalicelib.domain.statement import Aging, LineKind, Statement, statement
from tests.domain.histories import Story
from tests.domain.samples import NOON

ZONE = "America/New_York"
DAY = NOON.date()
PAYLOADS: dict[str, Callable[[int], Any]] = {
    "finalized": lambda n: i.InvoiceFinalized(f"INV-{n}", DAY, DAY + timedelta(days=n), NOON),
    "charge_succeeded": lambda n: i.ChargeSucceeded(f"pay_{n}", 1, "pi", "ch", 1, None),
    "external_payment": lambda n: ExternalPaymentRecorded(
        f"ext_{n % 3}", ExternalMethod.CHECK, "77", 1, DAY
    ),
    "refunded": lambda n: Refunded(f"pay_{n}", f"re_{n}", 1, f"ask_{n % 4}"),
    "refund_requested": lambda n: RefundRequested(
        Refund(f"ask_{n % 4}", f"pay_{n}", 1, "Because.", NOON)
    ),
    "fee_posted": lambda n: i.FeePosted(f"pay_{n}", "ch", 1),
    "cancelled": lambda _: i.InvoiceCancelled("Because."),
}
amounts = st.integers(-500, 500)


@st.composite
def posted(draw: st.DrawFn) -> list[Fact]:
    """Facts with any balanced legs at all, in the order of time."""
    made: list[Fact] = []
    for number in range(draw(st.integers(0, 12))):
        kind = draw(st.sampled_from(sorted(PAYLOADS)))
        owed, credit, cash = draw(amounts), draw(amounts), draw(amounts)
        rest = -(owed + credit + cash)
        moved = legs("USD", receivable=owed, customer_credit=credit, cash_in_transit=cash, tax=rest)
        fact = Fact(
            business_id="biz_1",
            subject=Subject.INVOICE,
            subject_id=f"inv_{draw(st.integers(1, 3))}",
            seq=number + 1,
            key=f"{kind}/{number}",
            kind=kind,
            at=NOON,
            actor=SYSTEM,
            why="",
            data=PAYLOADS[kind](number),
            legs=moved,
        )
        hours = draw(st.integers(0, 24 * 120))
        made.append(seal(replace(fact, at=NOON + timedelta(hours=hours))))
    return sorted(made, key=lambda fact: fact.at)


def owed_on(history: list[Fact], day: date) -> int:
    """What the ledger says is owed at the end of that day."""
    sums = trial_balance(
        leg for fact in history if local_date(fact.at, ZONE) <= day for leg in fact.legs
    )
    return sum(sums.get(("USD", of), 0) for of in (Account.RECEIVABLE, Account.CUSTOMER_CREDIT))


def said(history: list[Fact], from_on: date, to_on: date) -> Statement:
    return statement(history, from_on=from_on, to_on=to_on, zone=ZONE, currency="USD")


@given(posted(), st.integers(-5, 130), st.integers(0, 130))
def test_it_agrees_with_the_ledger(history: list[Fact], start: int, days: int) -> None:
    from_on = DAY + timedelta(days=start)
    to_on = from_on + timedelta(days=days)
    found = said(history, from_on, to_on)
    assert found.opening == owed_on(history, from_on - timedelta(days=1))
    assert found.closing == owed_on(history, to_on) == found.aging.total
    balance = found.opening
    for line in found.lines:
        assert from_on <= line.on <= to_on
        balance += line.charge - line.credit
        assert line.balance == balance
    assert balance == found.closing


@given(posted(), st.integers(-5, 130))
def test_two_periods_are_one(history: list[Fact], middle: int) -> None:
    between = DAY + timedelta(days=middle)
    far = DAY + timedelta(days=200)
    first = said(history, DAY - timedelta(days=9), between)
    second = said(history, between + timedelta(days=1), far)
    whole = said(history, DAY - timedelta(days=9), far)
    assert first.closing == second.opening
    assert second.closing == whole.closing
    assert sum(one.charge - one.credit for one in (*first.lines, *second.lines)) == whole.closing


def kinds(found: Statement) -> list[tuple[LineKind, int, int, int]]:
    return [(line.kind, line.charge, line.credit, line.balance) for line in found.lines]


def everything(*stories: Story) -> Statement:
    history = sorted((fact for one in stories for fact in one.facts), key=lambda fact: fact.at)
    return said(history, DAY - timedelta(days=1), DAY + timedelta(days=300))


def test_paid_and_refunded() -> None:
    story = Story().paid()
    story.tell(Refunded("pay_1_1", "re_1", 1000, ""))
    total = story.invoice.totals.total
    assert kinds(everything(story)) == [
        (LineKind.INVOICE, total, 0, total),
        (LineKind.PAYMENT, 0, total, 0),
        (LineKind.REFUND, 1000, 1000, 0),
    ]


def test_written_off() -> None:
    story = Story().finalized()
    total = story.invoice.totals.total
    story.tell(WrittenOff("Bankrupt.", total))
    found = everything(story)
    assert kinds(found)[1:] == [(LineKind.WRITE_OFF, 0, total, 0)]
    assert [line.reference for line in found.lines] == ["INV-00001"] * 2
    assert found.lines[0].due_on == DAY


def test_a_fee_and_a_draft_are_not_the_customers_business() -> None:
    assert everything(Story()).lines == ()
    story = Story().charging().succeeded(fee=None)
    before = everything(story)
    story.tell(i.FeePosted("pay_1_1", "ch_1", 30))
    assert everything(story).lines == before.lines


@pytest.mark.parametrize(
    ("late", "bucket"),
    [
        (-1, "not_due"),
        (0, "days_0_30"),
        (30, "days_0_30"),
        (31, "days_31_60"),
        (60, "days_31_60"),
        (61, "days_61_90"),
        (90, "days_61_90"),
        (91, "days_over_90"),
    ],
)
def test_how_late_it_is(late: int, bucket: str) -> None:
    story = Story().finalized()
    total = story.invoice.totals.total
    found = said(story.facts, DAY - timedelta(days=30), DAY + timedelta(days=late))
    assert found.aging == (Aging(**{bucket: total}) if late >= 0 else Aging())


def test_another_currency_is_another_statement() -> None:
    story = Story().finalized()
    foreign = [
        seal(replace(one, legs=tuple(Leg(leg.account, leg.amount, "EUR") for leg in one.legs)))
        for one in story.facts
    ]
    assert said(foreign, DAY, DAY).closing == 0
