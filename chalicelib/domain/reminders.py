"""Reminders around the due date: 7 and 2 days before, and after it while nobody charges the card.

One reminder, once: the invoice remembers until when it has reminded, so a job that runs late sends
only the newest, and a job that runs twice sends none.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, time, timedelta

from chalicelib.domain.dates import instant, local_date
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Purpose
from chalicelib.domain.policy import DunningPolicy

REMINDER_HOUR = time(10)


@dataclass(frozen=True, slots=True)
class Reminder:
    """`key` is `before/7`: days to the due date; `after/3`: days since it went overdue."""

    key: str
    at: datetime

    @property
    def is_past_due(self) -> bool:
        return self.key.startswith("after/")


def next_reminder(invoice: Invoice, policy: DunningPolicy, zone: str) -> Reminder | None:
    """The reminder to plan next, or None."""
    return next(iter(_pending(invoice, policy, zone)), None)


def reminder_due(
    invoice: Invoice, policy: DunningPolicy, zone: str, now: datetime
) -> Reminder | None:
    """The newest reminder whose time has come; older ones missed are dropped."""
    due = [reminder for reminder in _pending(invoice, policy, zone) if reminder.at <= now]
    return due[-1] if due else None


def _pending(invoice: Invoice, policy: DunningPolicy, zone: str) -> list[Reminder]:
    """Before the due date, counted from it; after it, counted from the day it went overdue."""
    if invoice.due_on is None or invoice.finalized_at is None:
        return []
    if invoice.holding is not None or invoice.covered_by is not None:
        return []
    if invoice.purpose is Purpose.ON_ACCOUNT or invoice.is_being_paid:
        return []
    since = max(invoice.finalized_at, invoice.reminded_at or invoice.finalized_at)
    if invoice.status is InvoiceStatus.OVERDUE and invoice.overdue_at is not None:
        since = max(since, invoice.overdue_at)
        overdue_on = local_date(invoice.overdue_at, zone)
        days = [(f"after/{day}", overdue_on + timedelta(day)) for day in policy.reminder_days_after]
    elif invoice.status is InvoiceStatus.PENDING and invoice.dunning is None:
        days = [
            (f"before/{day}", invoice.due_on - timedelta(day))
            for day in policy.reminder_days_before
        ]
    else:
        return []
    reminders = [Reminder(key, instant(on, REMINDER_HOUR, zone)) for key, on in days]
    return sorted((one for one in reminders if one.at > since), key=lambda one: one.at)
