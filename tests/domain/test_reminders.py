"""Which reminder is next, and that none is sent twice or too late."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.invoice import ChargeRequest, Hold, HoldKind, Invoice, InvoiceStatus
from chalicelib.domain.payment import Trigger
from chalicelib.domain.policy import STANDARD
from chalicelib.domain.reminders import next_reminder, reminder_due
from tests.domain.samples import NOON, bounded, day, draft, dunned, pending

ZONE = "America/New_York"
DUE = pending(due_on=day("2026-03-20"))
LATE = pending(
    due_on=day("2026-03-02"),
    status=InvoiceStatus.OVERDUE,
    overdue_at=datetime(2026, 3, 3, 14, tzinfo=UTC),
)


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


def test_seven_and_two_days_before_at_ten_in_the_morning() -> None:
    first = next_reminder(DUE, STANDARD, ZONE)
    assert first is not None
    assert (first.key, first.at, first.is_past_due) == ("before/7", at("2026-03-13T14:00"), False)
    second = next_reminder(replace(DUE, reminded_at=first.at), STANDARD, ZONE)
    assert second is not None
    assert (second.key, second.at) == ("before/2", at("2026-03-18T14:00"))
    assert next_reminder(replace(DUE, reminded_at=second.at), STANDARD, ZONE) is None


def test_after_it_went_overdue_by_days_since_then() -> None:
    keys, reminded = [], LATE
    while (one := next_reminder(reminded, STANDARD, ZONE)) is not None:
        keys.append((one.key, one.at, one.is_past_due))
        reminded = replace(reminded, reminded_at=one.at)
    assert keys == [
        ("after/3", at("2026-03-06T15:00"), True),
        ("after/7", at("2026-03-10T14:00"), True),
        ("after/14", at("2026-03-17T14:00"), True),
    ]


def test_a_late_job_sends_only_the_newest() -> None:
    due = reminder_due(DUE, STANDARD, ZONE, at("2026-03-19T00:00"))
    assert due is not None
    assert due.key == "before/2"
    assert reminder_due(DUE, STANDARD, ZONE, at("2026-03-13T13:59")) is None


def test_an_invoice_sent_late_is_not_reminded_of_days_already_gone() -> None:
    short = pending(due_on=day("2026-03-05"))
    first = next_reminder(short, STANDARD, ZONE)
    assert first is not None
    assert first.key == "before/2"
    assert next_reminder(pending(due_on=day("2026-03-03")), STANDARD, ZONE) is None


@pytest.mark.parametrize(
    "invoice",
    [
        draft(),
        replace(DUE, status=InvoiceStatus.PROCESSING),  # a debit on its way is not unpaid
        replace(DUE, status=InvoiceStatus.PAID),
        replace(DUE, status=InvoiceStatus.CANCELLED),
        replace(DUE, hold=Hold(HoldKind.PROMISE, "?")),
        replace(dunned(), due_on=day("2026-03-20")),  # failure notices take over
    ],
    ids=["draft", "processing", "paid", "cancelled", "held", "dunned"],
)
def test_nobody_is_reminded_of_this(invoice: Invoice) -> None:
    assert next_reminder(invoice, STANDARD, ZONE) is None


@bounded
@given(
    days=st.integers(0, 40),
    jobs=st.lists(st.integers(0, 24 * 45), min_size=1, max_size=30),
    overdue=st.booleans(),
)
def test_however_often_the_job_runs_each_reminder_is_sent_once(
    days: int, jobs: list[int], overdue: bool
) -> None:
    invoice = LATE if overdue else pending(due_on=NOON.date() + timedelta(days=days))
    sent: list[str] = []
    for hour in sorted(jobs):
        now = NOON + timedelta(hours=hour)
        due = reminder_due(invoice, STANDARD, ZONE, now)
        if due is not None:
            assert due.at <= now
            sent.append(due.key)
            invoice = replace(invoice, reminded_at=now)
    assert len(sent) == len(set(sent))
    wanted = ["after/3", "after/7", "after/14"] if overdue else ["before/7", "before/2"]
    assert sent == [key for key in wanted if key in sent]


def test_nobody_is_reminded_of_what_is_being_paid() -> None:
    asked = ChargeRequest("req_1", Trigger.STAFF, NOON)
    for being_paid in (replace(DUE, charge_request=asked), replace(LATE, charge_request=asked)):
        assert next_reminder(being_paid, STANDARD, ZONE) is None
        assert next_reminder(replace(being_paid, charge_request=None), STANDARD, ZONE) is not None
