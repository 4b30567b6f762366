"""Days, months and local hours: anchored month arithmetic, half-open periods, quiet hours.

A billing date is a day in the business's IANA zone; an instant is UTC. Months are counted from the
anchor, never from the last result, so 31 January goes to 28 February and back to 31 March.
"""

from __future__ import annotations

import calendar
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from chalicelib.domain.errors import InvalidInput


@dataclass(frozen=True, slots=True)
class Period:
    """Days from `start_on` up to, not including, `end_on`."""

    start_on: date
    end_on: date

    @property
    def days(self) -> int:
        return (self.end_on - self.start_on).days

    @property
    def last_on(self) -> date:
        """The last day covered, as it is printed."""
        return self.end_on - timedelta(days=1)


def add_months(anchor_on: date, months: int, anchor_day: int | None = None) -> date:
    """`months` after the anchor, on its day or the month's last one."""
    index = anchor_on.year * 12 + anchor_on.month - 1 + months
    year, month = divmod(index, 12)
    last = calendar.monthrange(year, month + 1)[1]
    return date(year, month + 1, min(anchor_day or anchor_on.day, last))


def zone(name: str) -> ZoneInfo:
    """The IANA zone; raises InvalidInput for a name that is none."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError) as error:
        raise InvalidInput("zone_invalid", f"{name!r} is no IANA time zone.") from error


def instant(on: date, at: time, zone_name: str) -> datetime:
    """The UTC instant of a local day and hour; a missing hour moves on, a double is the first."""
    return datetime.combine(on, at, tzinfo=zone(zone_name)).astimezone(UTC)


def local_date(at: datetime, zone_name: str) -> date:
    """The day it is in the zone at that instant."""
    return at.astimezone(zone(zone_name)).date()


def next_allowed(at: datetime, zone_name: str, opens: int, closes: int) -> datetime:
    """`at`, or the next instant whose local hour lies in [opens, closes).

    `opens` and `closes` are local hours 0-24; equal ones mean "any time", and hours may run over
    midnight (22 to 6).
    """
    local = at.astimezone(zone(zone_name))
    length = (closes - opens) % 24
    if length == 0 or (local.hour - opens) % 24 < length:
        return at
    first = opens % 24
    day = local.date() if local.hour < first else local.date() + timedelta(days=1)
    return instant(day, time(first), zone_name)


def iso(at: datetime) -> str:
    """UTC text that sorts as time does: `2026-11-22T13:38:00.000000Z`."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")[: -len("+00:00")] + "Z"


def shown(at: datetime) -> str:
    """For people, within a sentence of ours: `2026-11-22 13:38 UTC`."""
    return at.astimezone(UTC).strftime("%Y-%m-%d %H:%M UTC")
