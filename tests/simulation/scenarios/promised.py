"""People ask the machine to wait, at the moment in which its retry fires.

`promise_race`: staff write down a promise around the retry; it is broken, and dunning goes on.
`promise_kept`: the payer pays while the promise holds our own steps. `hold_race`: staff hold the
invoice around the retry and lift it days later.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta

from chalicelib.domain.facts import Subject
from chalicelib.domain.payment import Trigger
from chalicelib.domain.promise import Promise, ToldBy
from chalicelib.ports import Ports
from chalicelib.services import following_up
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

_RETRY = DAY  # the slot of 24 hours, counted from a failure in the first second
_BY_ITSELF = {Trigger.FIRST, Trigger.SCHEDULE, Trigger.NEW_CARD}
_BEGINS, _ENDS = {"promised", "hold_placed"}, {"promise_ended", "hold_lifted"}


def _declined_twice(world: World) -> int:
    """The first charge and the immediate retry fail; when staff act, around the next retry."""
    people.stage(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds", "insufficient_funds"])
    people.ask(world, 0, "bill", people.bill)
    return _RETRY - 2 + world.pick(5)


def _promise(ports: Ports, promised_on: date) -> None:
    wanted = Promise(
        id="pro_1",
        amount=0,
        promised_on=promised_on,
        by="Ada Byron",
        told_by=ToldBy.PHONE,
        made_at=datetime.min.replace(tzinfo=UTC),
        remaining=0,
    )
    following_up.promise_to_pay(ports, BUSINESS, people.INVOICE, wanted, actor=people.STAFF)


def _promised(world: World) -> None:
    around, promised_on = _declined_twice(world), (START + timedelta(days=3)).date()
    people.ask(world, around, "promise", lambda ports: _promise(ports, promised_on))


def _kept(world: World) -> None:
    around, promised_on = _declined_twice(world), (START + timedelta(days=3)).date()
    people.ask(world, around, "promise", lambda ports: _promise(ports, promised_on))
    pays = _RETRY + HOUR * world.pick(40)
    people.ask(
        world, pays, "payer", lambda ports: people.charge_now(ports, "payer-1", Trigger.CUSTOMER)
    )


def _held(world: World) -> None:
    around = _declined_twice(world)
    people.ask(world, around, "hold", _hold)
    people.ask(world, around + 2 * DAY + world.pick(3), "lift", _lift)


def _hold(ports: Ports) -> None:
    following_up.place_hold(
        ports, BUSINESS, people.INVOICE, reason="Ask first.", until_on=None, actor=people.STAFF
    )


def _lift(ports: Ports) -> None:
    following_up.lift_hold(ports, BUSINESS, people.INVOICE, reason="Asked.", actor=people.STAFF)


def _waited(world: World) -> Iterator[str]:
    """Nothing was tried by itself while it was held, and a promise was judged at most once."""
    rows = world.store.histories.get((BUSINESS, Subject.INVOICE, people.INVOICE), {})
    held, judged = False, 0
    for row in rows.values():
        fact = row.fact
        held = fact.kind in _BEGINS or (held and fact.kind not in _ENDS)
        judged += fact.kind == "promise_ended"
        if held and fact.kind == "attempt_started" and fact.data.attempt.trigger in _BY_ITSELF:
            yield f"{people.INVOICE} was tried at {fact.at} although it was held"
    if judged > 1:
        yield f"the promise was judged {judged} times"


def _waited_and_paid(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid")
    yield from _waited(world)


RACE = Scenario("promise_race", _promised, _waited_and_paid, last=9 * DAY)
KEPT = Scenario("promise_kept", _kept, _waited_and_paid, last=9 * DAY)
HELD = Scenario("hold_race", _held, _waited_and_paid, last=9 * DAY)
