"""`plan_cheque`: at the hour of an instalment's autopay staff record a cheque for it.

Once or twice; a part, the whole of it, more, or all of the plan; and it may bounce. Whatever was
first, what came in is what was owed, to the cent, and the plan has ended.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Subject
from chalicelib.ports import Ports
from chalicelib.services import external_payments, instalments
from chalicelib.services.external_payments import Received
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people, plans
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

_CHEQUE = "ext_1"
_CHARGED = 22 * HOUR  # nine in the morning of the first instalment's day
_PARTS = (1000, 2967, 4000, people.AMOUNT)


def _record(ports: Ports, amount: int) -> None:
    came = Received(_CHEQUE, ExternalMethod.CHECK, "1044", amount, START.date())
    instalments.pay_instalment(ports, BUSINESS, plans.PLAN, came, actor=people.STAFF)


def _bounce(ports: Ports) -> None:
    customer = ports.store.customer(BUSINESS, people.CUSTOMER)
    if external_payments.find_payment(ports, customer, _CHEQUE) is not None:
        external_payments.reverse_payment(
            ports,
            BUSINESS,
            people.CUSTOMER,
            _CHEQUE,
            reversed_on=START.date() + timedelta(days=5),
            reason="No funds.",
            actor=people.STAFF,
        )


def _at_the_autopay(world: World) -> None:
    plans.begin(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * world.pick(3))
    deed = partial(_record, amount=_PARTS[world.pick(4)])
    around = _CHARGED + world.pick(12) * 600 - HOUR
    for _ in range(1 + world.pick(2)):
        people.ask(world, around + world.pick(3), "cheque", deed)
    if world.pick(2):
        people.ask(world, 5 * DAY + world.pick(4) * DAY, "bounce", _bounce)


def _all_is_there(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid")
    heads = world.store.heads
    plan = heads.get((BUSINESS, Subject.PLAN, plans.PLAN))
    if plan is not None and plan.status.value == "active":
        yield "the plan still runs"
    came = sum(world.witness.captured.values()) + sum(_past_stripe(world))
    credit = heads[BUSINESS, Subject.CUSTOMER, people.CUSTOMER].credit
    if came != people.AMOUNT + credit:
        yield f"{came} came in of {people.AMOUNT}, and {credit} is credit"


def _past_stripe(world: World) -> Iterator[int]:
    """What came in by cheque, and what of it went back."""
    signs = {"external_payment": 1, "external_payment_reversed": -1}
    for row in world.store.fact_rows():
        if row.fact.subject is Subject.CUSTOMER and row.fact.kind in signs:
            yield signs[row.fact.kind] * row.fact.data.amount


SCENARIO = Scenario("plan_cheque", _at_the_autopay, _all_is_there, last=62 * DAY)
