"""A dunning policy: versioned data on when a failed payment is tried again, and what follows.

A running sequence keeps the policy it began with (it is copied into the invoice at its first
failure), so a change never hits a case that is under way.
"""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

HOUR = 3600
DAY = 24 * HOUR


class WhenExhausted(StrEnum):
    """What happens to the subscription when the last retry has failed."""

    PAUSE = "pause"
    KEEP = "keep"
    CANCEL = "cancel"


@dataclass(frozen=True, slots=True)
class DunningPolicy:
    """Offsets are seconds from the first failed charge; days are days in the business's zone."""

    id: str = "standard"
    version: int = 1
    offsets_seconds: tuple[int, ...] = (0, 24 * HOUR, 72 * HOUR, 7 * DAY)
    minimum_gap_seconds: int = HOUR
    debit_offset_seconds: int = 72 * HOUR  # a returned bank debit is not presented again sooner
    debit_retries: int = 2  # Nacha: at most two re-presentments
    when_exhausted: WhenExhausted = WhenExhausted.PAUSE
    overdue_after_days: int = 1  # for invoices that nobody is charging
    reminder_days_before: tuple[int, ...] = (7, 2)
    reminder_days_after: tuple[int, ...] = (3, 7, 14)
    visa_cap_30_days: int = 15
    mastercard_cap_24_hours: int = 10
    mastercard_cap_30_days: int = 35


STANDARD = DunningPolicy()
