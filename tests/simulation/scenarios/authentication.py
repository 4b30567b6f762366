"""The bank wants the payer to confirm: the payer comes, passes, fails or leaves."""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.payment import Trigger
from tests.simulation.install import World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario

ALWAYS = "4000002760003184"
_LOOK = 30
_LOOKS = 80


def _stage(world: World) -> None:
    people.stage(world, number=None)
    session = people.open_page(world.ports, "stage")
    setup = world.stripe.complete_checkout(session, ALWAYS)
    if setup["status"] == "requires_action":
        world.stripe.authenticate(setup["id"], passed=True)
    people.take_over(world.ports, session)
    people.ask(world, 0, "bill", people.bill)
    people.ask(
        world,
        HOUR,
        "payer",
        lambda p: people.charge_now(p, "payer-1", Trigger.CUSTOMER, return_url=people.RETURN),
    )
    answer = ("pass", "pass", "late", "fail", "leave")[world.pick(5)]
    world.notes["answer"] = answer
    if answer != "leave":
        wait = world.pick(900) if answer != "late" else 45 * 60 + world.pick(3600)
        _watch(world, HOUR + wait, passed=answer != "fail", looks=_LOOKS)


def _withdrawn(world: World) -> None:
    """While the payer is at the bank's page, staff withdraw the invoice."""
    _stage(world)
    people.ask(world, HOUR + world.pick(900), "cancel", people.cancel)


def _watch(world: World, seconds: int, *, passed: bool, looks: int) -> None:
    """The payer's page looks for the bank's page until it is there."""

    def look() -> None:
        actions = world.stripe.account().actions
        intent_id = next((one for one in actions if one.startswith("pi_")), None)
        if intent_id is not None:
            world.notes["answered"] = "yes"
            world.stripe.authenticate(intent_id, passed=passed)
        elif looks:
            _watch(world, _LOOK, passed=passed, looks=looks - 1)

    world.later(seconds, look)


def _ends(world: World) -> Iterator[str]:
    """Answered well it is paid, however late; otherwise the calendar goes on to the end."""
    good = world.notes["answer"] in {"pass", "late"} and "answered" in world.notes
    return people.must_be(world, "paid" if good else "overdue")


def _paid_or_withdrawn(world: World) -> Iterator[str]:
    return people.must_be(world, "paid", "cancelled")


WITHDRAWN = Scenario("withdrawn_at_bank", _withdrawn, _paid_or_withdrawn, last=9 * DAY)
SCENARIO = Scenario("authentication", _stage, _ends, last=9 * DAY)
