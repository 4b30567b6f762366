"""A payment plan over one balance, a week between its instalments.

`plan_kept`: one of them is declined and recovers. `plan_broken`: all are, and the plan ends; a new
card pays what is left. `plan_changed`: staff change, cancel or pay it all at the hour of a charge.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from chalicelib.domain.facts import Subject
from chalicelib.domain.payment_plan import Rhythm
from chalicelib.ports import Ports
from chalicelib.services import payment_plans, planning
from chalicelib.services.planning import PlanWish
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

PLAN = "plan_1"
_FIRST = START.date() + timedelta(days=1)
_MAY = START.date() + timedelta(days=60)
_CHARGED = 20 * HOUR  # before the first instalment's morning; picks spread around it


def make(ports: Ports) -> None:
    wish = PlanWish(PLAN, people.CUSTOMER, count=3, first_on=_FIRST, rhythm=Rhythm.WEEKLY)
    planning.make_plan(ports, BUSINESS, wish, actor=people.STAFF)


def begin(world: World) -> None:
    people.stage(world)
    people.ask(world, 0, "bill", partial(people.bill, due_on=_MAY))
    people.ask(world, HOUR, "plan", make)


def _kept(world: World) -> None:
    begin(world)
    good = world.pick(2)
    world.stripe.script_card(people.VISA, ["ok"] * good + ["insufficient_funds"] * 2)


def _broken(world: World) -> None:
    begin(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * 40)
    people.new_card(world, 40 * DAY, people.DEBIT_CARD)


def _changed(world: World) -> None:
    begin(world)
    at = _CHARGED + world.pick(10) * HOUR
    deed = (_cancel, _all_at_once, _fewer)[world.pick(3)]
    people.ask(world, at, "change", deed)


def _cancel(ports: Ports) -> None:
    payment_plans.cancel_plan(ports, BUSINESS, PLAN, actor=people.STAFF, reason="Agreed by phone.")


def _all_at_once(ports: Ports) -> None:
    payment_plans.pay_early(
        ports, BUSINESS, PLAN, everything=True, request_id="early", actor=people.STAFF
    )


def _fewer(ports: Ports) -> None:
    plan = ports.store.payment_plan(BUSINESS, PLAN)
    left = plan.amount_remaining
    parts = [(_FIRST + timedelta(days=9), left - 1000), (_FIRST + timedelta(days=12), 1000)]
    payment_plans.change_plan(
        ports, BUSINESS, PLAN, parts, actor=people.STAFF, reason="Agreed by phone."
    )


def _paid_to_the_cent(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid")
    taken = sum(
        charge["amount"]
        for charge in world.stripe.account().charges.values()
        if charge["status"] == "succeeded"
    )
    if taken != people.AMOUNT:
        yield f"{taken} was taken of {people.AMOUNT}"


def _completed(world: World) -> Iterator[str]:
    yield from _paid_to_the_cent(world)
    plan = world.store.heads.get((BUSINESS, Subject.PLAN, PLAN))
    if plan is not None and plan.status.value != "completed":
        yield f"the plan is {plan.status.value}"


def _over(world: World) -> Iterator[str]:
    yield from _paid_to_the_cent(world)
    plan = world.store.heads.get((BUSINESS, Subject.PLAN, PLAN))
    if plan is not None and plan.status.value == "active":
        yield "the plan still runs"


KEPT = Scenario("plan_kept", _kept, _completed, last=62 * DAY)
BROKEN = Scenario("plan_broken", _broken, _over, last=70 * DAY)
CHANGED = Scenario("plan_changed", _changed, _over, last=70 * DAY)
