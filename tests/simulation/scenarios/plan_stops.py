"""`plan_stops`: a plan over a subscription's invoice is broken, and the policy's end comes.

The subscription is paused or cancelled, at once or after days of grace, or kept; a new card pays
what is left, sometimes at the very hour. Paused or spared, it runs in the end.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta

from chalicelib.domain.facts import Subject
from chalicelib.domain.payment_plan import Rhythm
from chalicelib.domain.policy import STANDARD, WhenExhausted
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.ports import Ports
from chalicelib.services import planning
from chalicelib.services.planning import PlanWish
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.scenarios.dunning import INVOICE, SUBSCRIPTION, status_of, subscribed
from tests.simulation.scenarios.plans import PLAN
from tests.simulation.world import START

_POLICIES = (
    STANDARD,
    replace(STANDARD, grace_days=2),
    replace(STANDARD, when_exhausted=WhenExhausted.CANCEL),
    replace(STANDARD, when_exhausted=WhenExhausted.KEEP),
)
_BROKEN = 15 * DAY + 22 * HOUR  # the second weekly instalment has used up its retries


def _make(ports: Ports) -> None:
    first_on = START.date() + timedelta(days=1)
    wish = PlanWish(PLAN, people.CUSTOMER, count=3, first_on=first_on, rhythm=Rhythm.WEEKLY)
    planning.make_plan(ports, BUSINESS, wish, actor=people.STAFF)


def _is_broken(world: World) -> None:
    which = world.pick(len(_POLICIES))
    world.notes["end"] = _POLICIES[which].when_exhausted.value
    people.stage(world, business={"policy": _POLICIES[which]})
    subscribed(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * 60)
    people.ask(world, HOUR, "plan", _make)
    when = (20 * DAY, _BROKEN + world.pick(8) * HOUR, 22 * DAY)[world.pick(3)]
    people.new_card(world, when, people.MASTERCARD)


def _paid_and_running(world: World) -> Iterator[str]:
    """It is stopped only where the policy says so, and never for good by a pause."""
    yield from people.must_be(world, "paid", invoice_id=INVOICE)
    status, kinds = status_of(world), _kinds(world, Subject.SUBSCRIPTION, SUBSCRIPTION)
    end = world.notes["end"]
    stopped = {"paused", "cancelled"} & set(kinds)
    if end == "keep" and stopped:
        yield f"the policy keeps it: {kinds}"
    if end == "cancel" and stopped and status is not SubscriptionStatus.CANCELLED:
        yield f"it was cancelled, and is {status.value}: {kinds}"
    if end != "cancel" and status is not SubscriptionStatus.ACTIVE:
        yield f"all is paid and the subscription is {status.value}: {kinds}"
    if "grace_ended" in _kinds(world, Subject.INVOICE, INVOICE) and not stopped:
        yield f"the plan's end has come, and nothing was stopped: {kinds}"


def _kinds(world: World, subject: Subject, subject_id: str) -> list[str]:
    return [
        row.fact.kind
        for row in world.store.fact_rows()
        if (row.fact.subject, row.fact.subject_id) == (subject, subject_id)
    ]


SCENARIO = Scenario("plan_stops", _is_broken, _paid_and_running, last=27 * DAY)
