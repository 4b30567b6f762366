"""Likely pay days: when an account that was empty is likely to have money again.

A guess that a policy makes openly: days of the month, days of the week, and from which local hour.
A try that waits for one is only ever moved to later, and never past its sequence.
"""

from __future__ import annotations

import calendar
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from chalicelib.domain.dates import instant, local_date

LAST_DAY = 31  # of a month, whichever it is
MOST_MONTH_DAYS = 10


class Weekday(StrEnum):
    MONDAY = "monday"
    TUESDAY = "tuesday"
    WEDNESDAY = "wednesday"
    THURSDAY = "thursday"
    FRIDAY = "friday"
    SATURDAY = "saturday"
    SUNDAY = "sunday"


_WEEK = tuple(Weekday)


@dataclass(frozen=True, slots=True)
class PayDays:
    """A window is open from `hour` of such a day until its end, in the business's zone.

    A month that is too short for one of `month_days` has it on its last day.
    """

    month_days: tuple[int, ...] = (1, 15)
    weekdays: tuple[Weekday, ...] = (Weekday.FRIDAY,)
    hour: int = 9

    def falls_on(self, day: date) -> bool:
        last = calendar.monthrange(day.year, day.month)[1]
        of_month = any(min(one, last) == day.day for one in self.month_days)
        return of_month or _WEEK[day.weekday()] in self.weekdays


def faults(pay_days: PayDays) -> Iterator[str]:
    """What makes the days no days, in words."""
    days, week = pay_days.month_days, pay_days.weekdays
    if not days and not week:
        yield "Pay days are days of the month, of the week, or both: name at least one"
    if len(days) > MOST_MONTH_DAYS or len(days) != len(set(days)):
        yield f"There are at most {MOST_MONTH_DAYS} pay days in a month, each once"
    if any(not 1 <= day <= LAST_DAY for day in days):
        yield f"A pay day is between 1 and {LAST_DAY}, which is the last of every month"
    if len(week) != len(set(week)):
        yield "A weekday is named once"
    if not 0 <= pay_days.hour <= 23:
        yield "The hour of a pay day is between 0 and 23"


def next_window(pay_days: PayDays, at: datetime, last_at: datetime, zone: str) -> datetime | None:
    """`at` if a window is open then, else when the next one opens; None when none does by the day
    of `last_at`."""
    day, last_on = local_date(at, zone), local_date(last_at, zone)
    while day <= last_on:
        if pay_days.falls_on(day):
            opens = instant(day, time(pay_days.hour), zone)
            return max(opens, at)
        day += timedelta(days=1)
    return None


def in_words(at: datetime, zone: str) -> str:
    """The day, for staff: `Friday, 2026-01-09`."""
    day = local_date(at, zone)
    return f"{_WEEK[day.weekday()].value.title()}, {day.isoformat()}"
