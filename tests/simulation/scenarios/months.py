"""More than one invoice: three months of two subscriptions, and two debts that one new card pays.

`three_months`: each period is billed and paid exactly once, and one subscription is cancelled on
the day on which both are billed. `two_debts`: both are in dunning when the new card comes.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial

from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.subscription import Subscription, first_anchor
from chalicelib.ports import Ports
from chalicelib.services import subscriptions
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

_SECOND_MONTH = 31 * DAY - 4 * HOUR  # six in the morning in New York, when time is summer time


def _three_months(world: World) -> None:
    people.stage(world)
    for subscription_id in ("sub_a", "sub_b"):
        start = START.date()
        subscriptions.subscribe(
            world.ports,
            Subscription(
                id=subscription_id,
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
    when = _SECOND_MONTH + (-HOUR, -1, 0, 1, 60, HOUR)[world.pick(6)]
    people.ask(world, when, "cancel", _cancel)


def _cancel(ports: Ports) -> None:
    subscriptions.cancel(
        ports,
        BUSINESS,
        "sub_b",
        actor=people.STAFF,
        reason="The customer leaves.",
        collect_open_debt=True,
    )


def _each_period_once(world: World) -> Iterator[str]:
    billed = {
        name[2]: head for name, head in world.store.heads.items() if name[1].value == "invoice"
    }
    always = {"inv_a_0", "inv_a_1", "inv_a_2", "inv_b_0"}
    if not always <= set(billed) <= always | {"inv_b_1"}:
        yield f"billed: {sorted(billed)}"
    for invoice_id, invoice in billed.items():
        if invoice.status.value != "paid":
            yield f"{invoice_id} is {invoice.status.value}"
    if len(world.witness.hits) != len(billed):
        yield f"{len(world.witness.hits)} charges for {len(billed)} invoices"


def _two_debts(world: World) -> None:
    people.stage(world)
    world.stripe.script_card(people.VISA, ["lost_card"] * 9)
    for invoice_id in ("inv_1", "inv_2"):
        people.ask(world, 0, "bill", partial(people.bill, invoice_id=invoice_id))
    people.new_card(world, HOUR, people.DEBIT_CARD)


def _both_are_paid(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid")
    yield from people.must_be(world, "paid", invoice_id="inv_2")


MONTHS = Scenario("three_months", _three_months, _each_period_once, last=65 * DAY)
TWO_DEBTS = Scenario("two_debts", _two_debts, _both_are_paid, last=9 * DAY)
