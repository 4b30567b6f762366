"""A card's bank warns of fraud while its customer is billed again, saves cards, and staff decide.

The warning comes before, beside or after the next invoice; then a refund, a dispute, a release, or
nothing. However it goes: what was warned of is charged no more until somebody here releases it.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial
from typing import Any

from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import Subject
from chalicelib.ports import Ports
from chalicelib.services import fraud_warnings, refunding
from tests.simulation.faults import LATE_SECONDS, Fault
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.scenarios.disputes import charged
from tests.simulation.traits import MOST_SKEW

SECOND = "inv_2"


def _warn(world: World) -> None:
    charge = charged(world)
    if charge is not None:
        world.stripe.warn_of_fraud(charge["id"])


def _dispute(world: World) -> None:
    charge = charged(world)
    if charge is not None and not charge["refunded"]:
        world.stripe.dispute(charge["id"])


def _theirs(world: World) -> dict[str, Any] | None:
    return next(iter(world.stripe.account().fraud_warnings.values()), None)


def _ours(world: World) -> Any:
    theirs = _theirs(world)
    key = (BUSINESS, Subject.FRAUD_WARNING, theirs["id"] if theirs else "")
    return world.store.heads.get(key)


def _refund(ports: Ports) -> None:
    refunding.request_refund(
        ports,
        BUSINESS,
        people.INVOICE,
        refund_id="ref_1",
        payment_id="pay_1_1",
        amount=people.AMOUNT,
        reason="fraudulent",
        actor=people.STAFF,
    )


def _release(world: World, ports: Ports) -> None:
    theirs = _theirs(world)
    if theirs is None:
        return
    with suppress(NotFound):
        fraud_warnings.release(
            ports, BUSINESS, theirs["id"], reason="They are known.", actor=people.STAFF
        )


def _warned(world: World) -> None:
    people.stage(world)
    people.ask(world, 0, "bill", people.bill)
    people.happens(world, HOUR, partial(_warn, world))
    second = (HOUR - 2, HOUR, HOUR + 2, 3 * HOUR)[world.pick(4)]
    people.ask(world, second, "bill-2", partial(people.bill, invoice_id=SECOND))
    what = world.pick(4)
    if what == 1:
        people.ask(world, 2 * HOUR, "refund", _refund)
    if what == 2:
        people.happens(world, 2 * HOUR + world.pick(3), partial(_dispute, world))
    if not world.pick(3):
        people.ask(world, (2 * HOUR, 5 * HOUR)[world.pick(2)], "release", partial(_release, world))
    if not world.pick(3):
        people.new_card(world, 4 * HOUR, (people.VISA, people.MASTERCARD)[world.pick(2)])


def _kept(world: World) -> Iterator[str]:
    """Stripe and our record say the same; the card that was warned of is charged no more."""
    theirs, ours = _theirs(world), _ours(world)
    if theirs is None:
        return
    if ours is None:
        yield f"{theirs['id']} is not recorded"
        return
    if ours.actionable != theirs["actionable"]:
        yield f"{ours.id} is {theirs['actionable']} at Stripe and {ours.actionable} here"
    dispute = next(iter(world.stripe.account().disputes.values()), None)
    if ours.dispute_id != (dispute["id"] if dispute else None):
        yield f"{ours.id} names the dispute {ours.dispute_id}"
    if dispute is not None:
        case = world.store.heads[BUSINESS, Subject.DISPUTE, dispute["id"]]
        if case.fraud_warning_id != ours.id:
            yield f"{case.id} does not name its warning"
    customer = world.store.heads[BUSINESS, Subject.CUSTOMER, people.CUSTOMER]
    held = [one.id for one in customer.card_warnings]
    if held != ([] if ours.released_at else [ours.id]):
        yield f"the customer's cards are stopped by {held}"
    yield from _charged_after(world, ours)


def _charged_after(world: World, ours: Any) -> Iterator[str]:
    """No try with that card began while the warning stood."""
    known_at = ours.warned_at + _written_late(world)
    for row in world.store.fact_rows():
        fact = row.fact
        if fact.kind != "attempt_started" or fact.data.attempt.fingerprint != ours.fingerprint:
            continue
        until = ours.released_at
        if fact.at > known_at and (until is None or fact.at < until):
            yield f"{fact.subject_id} was charged to the card at {fact.at}"


def _written_late(world: World) -> timedelta:
    """How much later than it says it may have been written, or the try earlier than that says."""
    late = any(fault is Fault.DONE_LATE for _, fault, _ in world.strikes.struck)
    return timedelta(seconds=LATE_SECONDS * late + 2 * MOST_SKEW * world.clocks_differ)


SCENARIO = Scenario("fraud_warned", _warned, _kept, last=9 * DAY)
