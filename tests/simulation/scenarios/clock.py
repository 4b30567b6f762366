"""Time that is not the wall's: a test clock runs through the retries, and reminders over a month.

`test_clock`: staff advance the business's own clock by ten days; whatever stops the worker, the end
is the one that ten real days would have had. `reminded`: nobody charges and nobody pays.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from chalicelib.ports import Ports
from chalicelib.services import clocks
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

CLOCK = "clk_1"


def _ten_days_at_once(world: World) -> None:
    clocks.create_clock(world.ports, BUSINESS, CLOCK, START)
    people.stage(world, business={"test_clock_id": CLOCK})
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * (2 + world.pick(4)))
    people.ask(world, 0, "bill", people.bill)
    people.ask(world, HOUR, "advance", _advance)


def _advance(ports: Ports) -> None:
    clocks.start_advance(ports, BUSINESS, CLOCK, START + timedelta(days=10))


def _the_clock_has_arrived(world: World) -> Iterator[str]:
    clock = world.store.clocks[CLOCK]
    if clock.now_at != START + timedelta(days=10):
        yield f"the clock stands at {clock.now_at}"
    yield from people.must_be(world, "paid", "overdue")


def _nobody_pays(world: World) -> None:
    people.stage(world, number=None, auto_charge=False)
    due_on = (START + timedelta(days=10)).date()
    people.ask(world, 0, "bill", partial(people.bill, due_on=due_on))


def _each_reminder_once(world: World) -> Iterator[str]:
    yield from people.must_be(world, "overdue")
    told = Counter(
        row.fact.data.reminder for row in world.store.fact_rows() if row.fact.kind == "reminded"
    )
    if any(times > 1 for times in told.values()):
        yield f"reminders were repeated: {told}"
    if not world.strikes.struck and len(told) != _REMINDERS:
        yield f"reminders were left out: {told}"


_REMINDERS = 5  # 7 and 2 days before it is due, 3, 7 and 14 days after it went overdue
# The wall's days: a worker's message may come back five times, each time after thirty hours.
TEST_CLOCK = Scenario("test_clock", _ten_days_at_once, _the_clock_has_arrived, last=7 * DAY)
REMINDED = Scenario("reminded", _nobody_pays, _each_reminder_once, last=30 * DAY)
