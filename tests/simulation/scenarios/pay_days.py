"""`pay_day`: an empty card under a policy that waits for Fridays; it has money again on one.

Monday's first charge fails. The slots of Monday, Tuesday and Thursday wait for Friday at nine;
whatever goes wrong, no try of the schedule comes sooner than that, and the last slot is kept.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime

from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.pay_days import PayDays, Weekday
from chalicelib.domain.policy import STANDARD, ClassRule, check
from tests.simulation.install import World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, Scenario
from tests.simulation.world import START

_POLICY = check(
    replace(
        STANDARD,
        class_rules=(ClassRule(DeclineClass.FUNDS, on_pay_days=True),),
        pay_days=PayDays((), (Weekday.FRIDAY,)),
    )
)
# Nine o'clock in New York on the first Friday of the script.
_FRIDAY = datetime(2026, 3, 6, 14, tzinfo=START.tzinfo)


def _empty_until_friday(world: World) -> None:
    people.stage(world, business={"policy": _POLICY})
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * (1 + world.pick(2)))
    people.ask(world, 0, "bill", people.bill)


def _is_paid_on_a_pay_day(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid")
    invoice = people.invoice(world)
    scheduled = [one for one in invoice.attempts if one.slot is not None] if invoice else []
    for attempt in scheduled:
        if attempt.started_at < _FRIDAY:
            yield f"try {attempt.number} was made at {attempt.started_at}, before the pay day"


SCENARIO = Scenario("pay_day", _empty_until_friday, _is_paid_on_a_pay_day, last=9 * DAY)
