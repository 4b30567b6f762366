"""`grace_race`: a new card pays at the hour in which the days of grace end.

Whoever is first, the subscription runs in the end: it was never stopped, or it was resumed.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from chalicelib.domain.policy import STANDARD
from chalicelib.domain.subscription import SubscriptionStatus
from tests.simulation.install import World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, Scenario
from tests.simulation.scenarios.dunning import INVOICE, TRIES, status_of, subscribed
from tests.simulation.world import START

_GRACE = replace(STANDARD, grace_days=2)
# Overdue on Monday the 9th, a week after the first failure; it ends on Wednesday at nine there.
_ENDS_AT = datetime(2026, 3, 11, 13, tzinfo=START.tzinfo)


def _pays_as_it_ends(world: World) -> None:
    people.stage(world, business={"policy": _GRACE})
    subscribed(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * TRIES)
    ends = int((_ENDS_AT - START).total_seconds())
    people.new_card(world, ends - 600 + 60 * world.pick(20), people.MASTERCARD)


def _is_paid_and_runs(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid", invoice_id=INVOICE)
    if status_of(world) is not SubscriptionStatus.ACTIVE:
        yield f"the subscription is {status_of(world).value} although all is paid"


RACE = Scenario("grace_race", _pays_as_it_ends, _is_paid_and_runs, last=11 * DAY)
