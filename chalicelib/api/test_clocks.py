"""Test clocks: time that stands still until advanced, to try a year in seconds."""

from __future__ import annotations

from chalicelib.api.access import SANDBOX
from chalicelib.api.calls import StaffCall
from chalicelib.api.errors import no_such
from chalicelib.api.representation.clocks import (
    AdvanceTestClock,
    NewTestClock,
    TestClockView,
    clock_view,
)
from chalicelib.api.representation.fields import instant
from chalicelib.api.routing import Routes
from chalicelib.domain.errors import Conflict
from chalicelib.ports.rows import TestClock

routes = Routes(__name__, "/v1/test-clocks", "Test clocks")


@routes.post(status=201, refuses=("test_clocks_are_test_mode", "time_invalid"))
def create_test_clock(call: StaffCall, body: NewTestClock) -> TestClockView:
    """Create a test clock, with a test business that lives by it.

    The business has the settings of yours and no customers; you are its admin. Name it in the
    Duecourse-Business header to work in it. Only with a Stripe test key.
    """
    from chalicelib.services import sandboxes

    if call.context.livemode():
        words = "Test clocks need a Stripe test key: this install charges real money."
        raise Conflict("test_clocks_are_test_mode", words)
    clock = sandboxes.open_sandbox(
        call.ports,
        call.business_id,
        clock_id=call.id("clk"),
        sandbox_id=call.id(SANDBOX),
        at=instant(body.now_at, "now_at"),
        actor=call.actor,
    )
    return clock_view(clock)


@routes.get("/{test_clock_id}")
def get_test_clock(call: StaffCall, test_clock_id: str) -> TestClockView:
    """Read where the clock stands and whether it is advancing."""
    return clock_view(_own(call, test_clock_id))


@routes.post(
    "/{test_clock_id}/advance",
    status=202,
    refuses=("clock_advancing", "clock_target_invalid", "time_invalid"),
)
def advance_test_clock(
    call: StaffCall, test_clock_id: str, body: AdvanceTestClock
) -> TestClockView:
    """Advance the clock. A worker does everything that falls due until then, in order."""
    from chalicelib.services import sandboxes

    clock = _own(call, test_clock_id)
    to = instant(body.to, "to")
    return clock_view(
        sandboxes.advance(call.ports, call.business_id, clock.id, to, again=call.again)
    )


def _own(call: StaffCall, test_clock_id: str) -> TestClock:
    clock = call.ports.store.test_clock(test_clock_id)
    if clock.business_id != call.business_id:
        raise no_such("test_clock")
    return clock
