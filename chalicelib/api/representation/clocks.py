"""Test clocks on the wire."""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Annotated

from msgspec import Meta

from chalicelib.api.representation.fields import Body, View
from chalicelib.ports.rows import TestClock

_Instant = Annotated[datetime, Meta(tz=True)]


class NewTestClock(Body):
    """Where the clock stands at first."""

    now_at: _Instant


class AdvanceTestClock(Body):
    """At most a year ahead."""

    to: _Instant


class ClockState(StrEnum):
    READY = "ready"
    ADVANCING = "advancing"


class TestClockView(View):
    """`business_id`: the test business that lives by it; name it in Duecourse-Business."""

    __test__ = False  # not a test, whatever pytest makes of the name

    id: str
    business_id: str
    now_at: datetime
    target_at: datetime
    status: ClockState


def clock_view(clock: TestClock) -> TestClockView:
    advancing = clock.advancing
    return TestClockView(
        id=clock.id,
        business_id=clock.business_id,
        now_at=clock.now_at,
        target_at=clock.target_at,
        status=ClockState.ADVANCING if advancing else ClockState.READY,
    )
