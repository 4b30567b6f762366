"""Several want the same money, or do not want it any more, at the same moment.

`retry_race`: staff and the payer ask for a charge while the scheduled retry fires. `cancel_race`:
staff withdraw the invoice while it is charged.
`two_bills`: two invoices take their numbers together.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chalicelib.domain.payment import Trigger
from tests.simulation.install import World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, Scenario

_RETRY = DAY  # the slot of 24 hours, counted from a failure in the first second


def _asked_thrice(world: World) -> None:
    people.stage(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds", "insufficient_funds"])
    people.ask(world, 0, "bill", people.bill)
    around = _RETRY - 2 + world.pick(5)
    people.ask(world, around, "staff", lambda p: people.charge_now(p, "staff-1", Trigger.STAFF))
    people.ask(world, _RETRY, "payer", lambda p: people.charge_now(p, "payer-1", Trigger.CUSTOMER))


def _is_paid(world: World) -> Iterator[str]:
    return people.must_be(world, "paid")


def _withdrawn(world: World) -> None:
    people.stage(world)
    declines = world.pick(2)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * (2 * declines))
    people.ask(world, 0, "bill", people.bill)
    when = world.pick(3) if not declines else (0, 1, _RETRY - 1, _RETRY, _RETRY + 1)[world.pick(5)]
    people.ask(world, when, "cancel", people.cancel)


def _paid_or_withdrawn(world: World) -> Iterator[str]:
    return people.must_be(world, "paid", "cancelled")


def _two_at_once(world: World) -> None:
    people.stage(world)
    for invoice_id in ("inv_1", "inv_2"):
        people.ask(world, 0, "bill", partial(people.bill, invoice_id=invoice_id))


def _both_are_paid(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid")
    yield from people.must_be(world, "paid", invoice_id="inv_2")


TWO_BILLS = Scenario("two_bills", _two_at_once, _both_are_paid, last=2 * DAY)
RETRY = Scenario("retry_race", _asked_thrice, _is_paid, last=9 * DAY)
CANCEL = Scenario("cancel_race", _withdrawn, _paid_or_withdrawn, last=9 * DAY)
