"""Staff take one payment for the customer, towards two invoices.

`on_account_race`: at the hour of a retry of one of them. `on_account_declined`: the bank says no,
and the invoices collect for themselves again. `on_account_page`: a card typed in for this payment
alone, at Stripe's page, or never. `part_race`: the payer pays a part at the hour of the retry.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import timedelta
from functools import partial

from chalicelib.domain.errors import DomainError
from chalicelib.domain.facts import Subject
from chalicelib.domain.payment import Trigger
from chalicelib.ports import Ports
from chalicelib.services import customers, on_account
from chalicelib.services.on_account import Wish
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

DEMAND = "poa_1"
_LATER = START.date() + timedelta(days=3)


def take(ports: Ports, amount: int, **more: object) -> None:
    wish = Wish(DEMAND, people.CUSTOMER, amount, **more)  # type: ignore[arg-type]
    on_account.take_payment(ports, BUSINESS, wish, actor=people.STAFF)


def _at_the_retry(world: World) -> None:
    people.stage(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds", "insufficient_funds"])
    people.ask(world, 0, "bill", people.bill)
    later = partial(people.bill, invoice_id="inv_2", due_on=_LATER)
    people.ask(world, HOUR, "bill", later)
    people.ask(world, DAY - 2 + world.pick(5), "take", lambda ports: take(ports, 20_000))


def _is_declined(world: World) -> None:
    people.stage(world)
    people.ask(world, 0, "bill", partial(people.bill, due_on=_LATER))
    people.ask(world, 0, "bill", partial(people.bill, invoice_id="inv_2", due_on=_LATER))
    happened = ("generic_decline", "lost_card", "insufficient_funds")[world.pick(3)]
    world.stripe.script_card(people.VISA, [happened])
    people.ask(world, HOUR, "take", lambda ports: take(ports, 10_000))
    people.new_card(world, DAY, people.DEBIT_CARD)


def _on_the_page(world: World) -> None:
    people.stage(world, number=None)
    people.ask(world, 0, "bill", partial(people.bill, due_on=_LATER))
    sessions: list[str] = []

    def click(ports: Ports) -> None:
        take(ports, people.AMOUNT, new_method=True, save_method=bool(world.seed % 2))
        page = customers.start_setup(
            ports,
            BUSINESS,
            people.CUSTOMER,
            request_id=DEMAND,
            success_url="https://pay.example/saved",
            cancel_url="https://pay.example/back",
            demand_id=DEMAND,
        )
        sessions.append(page.id)

    def fill_in() -> None:
        with suppress(DomainError):
            if sessions:
                world.stripe.complete_checkout(sessions[0], people.VISA)

    people.ask(world, HOUR, "take", click)
    if world.pick(4):
        people.happens(world, HOUR + 40, fill_in)


def _a_part(world: World) -> None:
    people.stage(world, business={"part_payment_minimum": 1000})
    declines = 2 + world.pick(2)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * declines)
    people.ask(world, 0, "bill", people.bill)
    around = DAY - 2 + world.pick(5)
    people.ask(
        world, around, "part", lambda p: people.charge_now(p, "p", Trigger.CUSTOMER, amount=3000)
    )


def _paid_to_the_cent(world: World) -> Iterator[str]:
    """In one payment or two; never more than was owed."""
    yield from people.must_be(world, "paid")
    taken = sum(
        charge["amount"]
        for charge in world.stripe.account().charges.values()
        if charge["status"] == "succeeded"
    )
    if taken != people.AMOUNT:
        yield f"{taken} was taken of {people.AMOUNT}"


def _both_paid_once(world: World) -> Iterator[str]:
    """And whatever was taken beyond the debts is the customer's credit, to the cent."""
    yield from people.must_be(world, "paid")
    yield from people.must_be(world, "paid", invoice_id="inv_2")
    customer = world.store.heads[BUSINESS, Subject.CUSTOMER, people.CUSTOMER]
    taken = sum(
        charge["amount"]
        for charge in world.stripe.account().charges.values()
        if charge["status"] == "succeeded"
    )
    if customer.credit != taken - 2 * people.AMOUNT:
        yield f"{taken} was taken, and the credit is {customer.credit}"


def _own_charges(world: World) -> Iterator[str]:
    """The invoices, by the new card at the latest; the declined payment brought nothing."""
    yield from _both_paid_once(world)
    demand = people.invoice(world, DEMAND)
    if demand is not None and demand.status.value not in {"cancelled", "paid"}:
        yield f"the payment is {demand.status.value}"


def _paid_or_free(world: World) -> Iterator[str]:
    invoice = people.invoice(world)
    demand = people.invoice(world, DEMAND)
    if demand is None or demand.status.value == "cancelled":
        if invoice is not None and invoice.covered_by is not None:
            yield "the payment is over and the invoice still covered"
    elif invoice is None or invoice.status.value != "paid":
        yield f"the payment is {demand.status.value}, the invoice is not paid"


PART = Scenario("part_race", _a_part, _paid_to_the_cent, last=9 * DAY)
RACE = Scenario("on_account_race", _at_the_retry, _both_paid_once, last=9 * DAY)
DECLINED = Scenario("on_account_declined", _is_declined, _own_charges, last=9 * DAY)
NEW_METHOD = Scenario("on_account_page", _on_the_page, _paid_or_free, last=3 * DAY)
