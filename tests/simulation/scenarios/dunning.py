"""A subscription's card declines: retried at 0, 24 and 72 hours and 7 days, then overdue, paused.

`overdue`: it never pays. `recovered`: it pays at a try that the seed chooses. `resumed`: a new card
after the end pays, and the subscription goes on.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from chalicelib.domain.facts import SYSTEM, Subject
from chalicelib.domain.subscription import Subscription, SubscriptionStatus, first_anchor
from chalicelib.services import subscriptions
from tests.simulation.faults import Fault
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

SUBSCRIPTION = "sub_1"
TRIES = 5  # the first charge and four retries
INVOICE = "inv_1_0"


def subscribed(world: World) -> None:
    """Billed on the first tick of the script."""
    start = START.date()
    subscriptions.subscribe(
        world.ports,
        Subscription(
            id=SUBSCRIPTION,
            business_id=BUSINESS,
            customer_id=people.CUSTOMER,
            product="Platform",
            currency="USD",
            unit_amount=people.AMOUNT,
            start_on=start,
            segments=(first_anchor(start, 0),),
        ),
        actor=SYSTEM,
    )


def status_of(world: World) -> SubscriptionStatus:
    status: SubscriptionStatus = world.store.heads[
        BUSINESS, Subject.SUBSCRIPTION, SUBSCRIPTION
    ].status
    return status


def _never_pays(world: World) -> None:
    consent = START - timedelta(days=30)
    people.stage(world, phone="+12125550100", sms_consent_at=consent)
    subscribed(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * TRIES)


def _is_overdue(world: World) -> Iterator[str]:
    yield from people.must_be(world, "overdue", invoice_id=INVOICE)
    if status_of(world) is not SubscriptionStatus.PAUSED:
        yield f"overdue, but the subscription is {status_of(world).value}"


def _pays_at_last(world: World) -> None:
    people.stage(world)
    subscribed(world)
    failures = 1 + world.pick(TRIES - 1)
    world.notes["failures"] = str(failures)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * failures)


def _is_paid_if_tried_enough(world: World) -> Iterator[str]:
    """A try that Stripe swallowed for a day stands for the slots that passed meanwhile."""
    swallowed = any(fault is Fault.ERROR_STORED for _, fault, _ in world.strikes.struck)
    if swallowed and len(world.witness.hits) <= int(world.notes["failures"]):
        return _is_overdue(world)
    return _is_paid(world)


def _is_paid(world: World) -> Iterator[str]:
    wrong = list(people.must_be(world, "paid", invoice_id=INVOICE))
    if wrong:
        yield from wrong
    elif status_of(world) is not SubscriptionStatus.ACTIVE:
        yield f"paid, but the subscription is {status_of(world).value}"


def _pays_with_a_new_card(world: World) -> None:
    _never_pays(world)
    when = 8 * DAY + world.pick(4) * HOUR
    people.new_card(world, when, people.DEBIT_CARD)


OVERDUE = Scenario("overdue", _never_pays, _is_overdue, last=10 * DAY)
RECOVERED = Scenario("recovered", _pays_at_last, _is_paid_if_tried_enough, last=10 * DAY)
RESUMED = Scenario("resumed", _pays_with_a_new_card, _is_paid, last=11 * DAY)
