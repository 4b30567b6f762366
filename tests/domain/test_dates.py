"""Months from an anchor, local hours across clock changes, and the hours of a person."""

from __future__ import annotations

import calendar
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.domain import dates
from chalicelib.domain.errors import InvalidInput
from tests.domain.samples import bounded, day

ZONES = ("UTC", "America/New_York", "Europe/Dublin", "Asia/Kathmandu", "Pacific/Apia",
         "Australia/Lord_Howe", "Africa/Cairo")  # fmt: skip
days = st.dates(date(2000, 1, 1), date(2060, 12, 31))
seconds = st.integers(1_420_070_400, 2_208_988_800)  # 2015 to 2040
instants = seconds.map(lambda second: datetime.fromtimestamp(second, UTC))
zones = st.sampled_from(ZONES)


def test_months_are_counted_from_the_anchor_and_never_drift() -> None:
    anchor = day("2026-01-31")
    found = [dates.add_months(anchor, months) for months in range(6)]
    wanted = ["2026-01-31", "2026-02-28", "2026-03-31", "2026-04-30", "2026-05-31", "2026-06-30"]
    assert found == [day(one) for one in wanted]
    drifting = anchor
    for _ in range(3):
        drifting = dates.add_months(drifting, 1)
    assert drifting == day("2026-04-28")  # what counting from the last result would have made


@pytest.mark.parametrize(
    ("anchor", "months", "then"),
    [
        ("2024-02-29", 12, "2025-02-28"),
        ("2024-02-29", 48, "2028-02-29"),
        ("2023-12-31", 2, "2024-02-29"),
        ("2026-12-15", 1, "2027-01-15"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2011-11-30", 1, "2011-12-30"),
    ],
)
def test_leap_years_and_year_ends(anchor: str, months: int, then: str) -> None:
    assert dates.add_months(day(anchor), months) == day(then)


def test_the_anchor_day_outlives_a_short_month() -> None:
    assert dates.add_months(day("2026-02-28"), 1, 31) == day("2026-03-31")


@bounded
@given(anchor=days, months=st.integers(-240, 240))
def test_the_day_is_the_anchors_or_the_months_last(anchor: date, months: int) -> None:
    then = dates.add_months(anchor, months)
    assert (then.year * 12 + then.month) - (anchor.year * 12 + anchor.month) == months
    assert then.day == min(anchor.day, calendar.monthrange(then.year, then.month)[1])


@bounded
@given(anchor=days, months=st.integers(0, 240))
def test_later_months_are_later(anchor: date, months: int) -> None:
    assert dates.add_months(anchor, months) < dates.add_months(anchor, months + 1)


def test_a_period_ends_the_day_before_its_end() -> None:
    october = dates.Period(day("2026-10-01"), day("2026-11-01"))
    assert (october.days, october.last_on) == (31, day("2026-10-31"))


@pytest.mark.parametrize(
    ("on", "at", "zone", "utc"),
    [
        ("2026-03-29", time(1, 30), "Europe/Dublin", "2026-03-29T01:30"),  # does not exist: 02:30
        ("2026-10-25", time(1, 30), "Europe/Dublin", "2026-10-25T00:30"),  # twice: the first
        ("2026-04-24", time(0), "Africa/Cairo", "2026-04-23T22:00"),  # no midnight: 01:00
        ("2026-07-01", time(9), "America/New_York", "2026-07-01T13:00"),
        ("2026-01-01", time(9), "America/New_York", "2026-01-01T14:00"),
    ],
)
def test_local_hours_that_are_missing_or_double(on: str, at: time, zone: str, utc: str) -> None:
    assert dates.instant(day(on), at, zone) == datetime.fromisoformat(utc).replace(tzinfo=UTC)


def test_a_day_of_23_hours() -> None:
    before = dates.instant(day("2026-03-29"), time(0), "Europe/Dublin")
    after = dates.instant(day("2026-03-30"), time(0), "Europe/Dublin")
    assert after - before == timedelta(hours=23)


def test_the_date_depends_on_where_one_is() -> None:
    at = datetime(2026, 1, 1, 3, tzinfo=UTC)
    assert dates.local_date(at, "America/New_York") == day("2025-12-31")
    assert dates.local_date(at, "Asia/Tokyo") == day("2026-01-01")


@bounded
@given(on=days, hour=st.integers(0, 23), zone=zones)
def test_an_instant_is_on_its_local_day(on: date, hour: int, zone: str) -> None:
    assume(on != date(2011, 12, 30) or zone != "Pacific/Apia")  # Samoa skipped it
    at = dates.instant(on, time(hour), zone)
    assert at.utcoffset() == timedelta(0)
    assert dates.local_date(at, zone) == on


@pytest.mark.parametrize("name", ["", "Mars/Olympus", "../etc/passwd", "America/Nowhere"])
def test_unknown_zones(name: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        dates.zone(name)
    assert refused.value.code == "zone_invalid"


@pytest.mark.parametrize(
    ("at", "opens", "closes", "allowed"),
    [
        ("2026-06-01T12:00", 8, 21, "2026-06-01T12:00"),  # 08:00 in New York, on the dot
        ("2026-06-01T11:59", 8, 21, "2026-06-01T12:00"),
        ("2026-06-02T00:59", 8, 21, "2026-06-02T00:59"),  # 20:59
        ("2026-06-02T01:00", 8, 21, "2026-06-02T12:00"),  # 21:00: tomorrow
        ("2026-06-02T07:00", 0, 24, "2026-06-02T07:00"),
        ("2026-06-02T07:00", 9, 9, "2026-06-02T07:00"),  # equal: any time
        ("2026-06-02T03:00", 22, 6, "2026-06-02T03:00"),  # 23:00, over midnight
        ("2026-06-02T09:00", 22, 6, "2026-06-02T09:00"),  # 05:00
        ("2026-06-02T16:00", 22, 6, "2026-06-03T02:00"),  # noon: tonight at ten
    ],
)
def test_quiet_hours(at: str, opens: int, closes: int, allowed: str) -> None:
    then = dates.next_allowed(
        datetime.fromisoformat(at).replace(tzinfo=UTC), "America/New_York", opens, closes
    )
    assert then == datetime.fromisoformat(allowed).replace(tzinfo=UTC)


@bounded
@given(at=instants, zone=zones, opens=st.integers(0, 23), length=st.integers(2, 24))
def test_the_next_allowed_hour_is_open_and_at_most_a_day_away(
    at: datetime, zone: str, opens: int, length: int
) -> None:
    closes = (opens + length) % 24
    then = dates.next_allowed(at, zone, opens, closes)
    assert at <= then <= at + timedelta(hours=26)
    hour = then.astimezone(ZoneInfo(zone)).hour
    assert opens == closes or (hour - opens) % 24 < length
    assert dates.next_allowed(then, zone, opens, closes) == then


@bounded
@given(first=instants, second=instants)
def test_iso_text_sorts_as_time_does(first: datetime, second: datetime) -> None:
    assert (first < second) == (dates.iso(first) < dates.iso(second))
    assert datetime.fromisoformat(dates.iso(first)) == first
