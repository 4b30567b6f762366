"""A verdict that is turned round: the bank keeps the money, and months later gives it back.

Between the two staff may collect the debt again: by a charge, a cheque, both or neither, before,
beside and after the appeal. What came twice is the customer's credit, to the cent.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from chalicelib.domain.facts import Subject
from chalicelib.domain.payment import Trigger
from chalicelib.ports import Ports
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people, received
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.scenarios.disputes import charged, theirs


def _open(world: World, amount: int) -> None:
    charge = charged(world)
    if charge is not None:
        world.stripe.dispute(charge["id"], amount=amount)


def _decide(world: World, *, won: bool) -> None:
    for dispute in [*world.stripe.account().disputes.values()]:
        if dispute["status"] != ("won" if won else "lost"):
            world.stripe.decide_dispute(dispute["id"], won=won)


def _collect(ports: Ports) -> None:
    people.charge_now(ports, "again", Trigger.STAFF)


def _appealed(world: World) -> None:
    people.stage(world)
    people.ask(world, 0, "bill", people.bill)
    amount = (people.AMOUNT, 2500)[world.pick(2)]
    people.happens(world, HOUR, partial(_open, world, amount))
    people.happens(world, 2 * HOUR, partial(_decide, world, won=False))
    if world.pick(2):
        people.happens(world, 2 * HOUR, lambda: world.stripe.script_card(people.VISA, _refused()))
    around = (3 * HOUR, 4 * HOUR, 5 * HOUR)
    if world.pick(3):
        people.ask(world, around[world.pick(3)] + world.pick(3), "collect", _collect)
    if world.pick(2):
        people.ask(world, around[world.pick(3)] + world.pick(3), "cheque", received.record)
    people.happens(world, 4 * HOUR, partial(_decide, world, won=True))
    if not world.pick(4):
        people.happens(world, 6 * HOUR, partial(_decide, world, won=False))
        people.happens(world, 6 * HOUR + world.pick(3), partial(_decide, world, won=True))


def _refused() -> list[Any]:
    return ["insufficient_funds"]


def _kept(world: World) -> Iterator[str]:
    """It is paid by what came, and what came twice is credit; the disputes' account is even."""
    dispute = theirs(world)
    if dispute is None:
        yield from people.must_be(world, "paid", "pending", "overdue")
        return
    yield from people.must_be(world, "paid")
    came = sum(one["amount"] for one in world.stripe.account().charges.values() if one["paid"])
    legs = [leg for row in world.store.fact_rows() for leg in row.fact.legs]
    came += sum(leg.amount for leg in legs if leg.account.value == "bank")
    credit = world.store.heads[BUSINESS, Subject.CUSTOMER, people.CUSTOMER].credit
    if credit != came - people.AMOUNT:
        yield f"{came} came for {people.AMOUNT}, and the customer's credit is {credit}"
    disputed = sum(leg.amount for leg in legs if leg.account.value == "disputes")
    if disputed:
        yield f"{disputed} stay on the disputes' account"


SCENARIO = Scenario("dispute_appealed", _appealed, _kept, last=9 * DAY)
