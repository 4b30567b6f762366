"""The core: short stories in which every fault is tried at every I/O, under every seed.

What leads up to the moment that matters is past (`begins`), though each seed's own past: its
webhooks were late or lost, its messages came twice. The long scenarios have the same moments in
longer lives, and faults of more kinds.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import replace
from functools import partial

from chalicelib.domain.payment import Trigger
from tests.simulation.install import World
from tests.simulation.operations import Deployment
from tests.simulation.scenarios import (
    bank_debit,
    disasters,
    first_charge,
    outside,
    people,
    received,
)
from tests.simulation.scenarios.base import DAY, HOUR, Scenario

_RETRY = DAY  # the slot of 24 hours, counted from a failure in the first second
_TWICE = ["insufficient_funds"] * 2  # the first charge, and the slot that follows at once
_NOON = 3 * HOUR  # nothing else happens then


def _declined(world: World, *codes: str) -> None:
    people.stage(world)
    world.stripe.script_card(people.VISA, list(codes))
    people.ask(world, 0, "bill", people.bill)


def _ends_as(*statuses: str) -> Callable[[World], Iterator[str]]:
    return lambda world: people.must_be(world, *statuses)


def _retry(world: World) -> None:
    _declined(world, *_TWICE)


def _payer_and_retry(world: World) -> None:
    """The payer presses the button in the portal in the second in which the retry fires."""
    _declined(world, *_TWICE)
    button = partial(people.charge_now, request_id="payer-1", trigger=Trigger.CUSTOMER)
    people.ask(world, _RETRY - world.pick(2), "payer", button)


def _card_and_retry(world: World) -> None:
    """The payer comes back from Stripe's page as the old card is tried again."""
    _declined(world, *["insufficient_funds"] * 9)
    people.new_card(world, _RETRY - 45 - world.pick(2), people.DEBIT_CARD)


def _webhook_and_sweep(world: World) -> None:
    """Nobody heard what became of the first charge; its event and the sweep arrive together."""
    world.traits = replace(world.traits, webhooks="silent")
    people.stage(world)
    people.ask(world, 0, "bill", people.bill)
    people.happens(world, 0, lambda: world.stripe.faults.plan("drop_after", "confirm"))
    people.happens(world, _NOON, lambda: _tell(world))


def _tell(world: World) -> None:
    """All that Stripe has kept to itself so far, and the rule's tick."""
    for event in list(world.stripe.account().events.values()):
        if event["type"] == "payment_intent.succeeded":
            world._post(event, 0)
    world.tick("sweep")


def _external_and_retry(world: World) -> None:
    """Staff record a cheque in the second in which the retry fires."""
    _declined(world, *_TWICE)
    people.ask(world, _RETRY - world.pick(2), "cheque", received.record)


def _external_and_portal(world: World) -> None:
    """Nobody charges by itself: the payer presses the button as staff record the cheque."""
    people.stage(world, auto_charge=False)
    people.ask(world, 0, "bill", people.bill)
    people.ask(world, _NOON, "payer", received.pay)
    people.ask(world, _NOON, "cheque", received.record)


def _refunded(world: World) -> None:
    people.stage(world)
    people.ask(world, 0, "bill", people.bill)
    people.ask(world, _NOON, "refund", received.refund)


def _refunded_and_disputed(world: World) -> None:
    """Staff refund as the bank takes it all back; the events come in any order."""
    _refunded(world)
    people.happens(world, _NOON, partial(outside.dispute, world))


def _deployed(world: World) -> None:
    """Old instances of a Lambda work on for at most their quarter of an hour."""
    assert isinstance(world, Deployment)
    world.first += _RETRY - 60
    world.last = world.first + 15 * 60
    _retry(world)


_PAID = _ends_as("paid")
_ALL = (
    replace(first_charge.SCENARIO, name="charge"),
    Scenario("retry", _retry, _PAID, last=2 * DAY, begins=_RETRY - 10),
    replace(bank_debit.ARRIVES, name="debit", begins=4 * DAY - 60),
    Scenario("payer+retry", _payer_and_retry, _PAID, last=3 * DAY, begins=_RETRY - 10),
    Scenario("card+retry", _card_and_retry, _PAID, last=3 * DAY, begins=_RETRY - 3),
    Scenario("webhook+sweep", _webhook_and_sweep, _PAID, last=2 * DAY, begins=_NOON - 10),
    Scenario("refund", _refunded, received.refunded_once, last=2 * DAY, begins=_NOON - 10),
    Scenario("refund+dispute", _refunded_and_disputed, received.refunded_once, last=DAY,
             begins=_NOON - 10),
    Scenario("external+retry", _external_and_retry, received.counted_once, last=3 * DAY,
             begins=_RETRY - 10),
    Scenario("external+portal", _external_and_portal, received.counted_once, last=DAY,
             begins=_NOON - 10),
    Scenario("deployment", _deployed, _PAID, last=3 * DAY, begins=_RETRY - 60, make=Deployment),
    disasters.OUTAGE,
    disasters.RESTORE,
)  # fmt: skip
CORE = {f"core/{one.name}": replace(one, name=f"core/{one.name}") for one in _ALL}
