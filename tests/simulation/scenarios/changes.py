"""The customer changes something in the middle of the retries.

`changed_card`: a new card comes while the old one is tried. `removed_card`: the only card is taken
away, and another comes later. `detached_card`: the same, but in Stripe's dashboard. `dropped`: the
subscription is cancelled, its debt dropped.
`by_hand`: nobody charges; the payer pays at the hour at which the invoice goes overdue.
"""

from __future__ import annotations

from collections.abc import Iterator

from chalicelib.domain.payment import Trigger
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.ports import Ports
from chalicelib.services import customers, subscriptions
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import dunning, people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario

_RETRY = DAY
_OVERDUE = 23 * HOUR  # from ten in the morning to nine the next


def _around(world: World, second: int) -> int:
    return second + (-60, -1, 0, 1, 2, 40)[world.pick(6)]


def _new_card_meanwhile(world: World) -> None:
    people.stage(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * 9)
    people.ask(world, 0, "bill", people.bill)
    people.new_card(world, _around(world, _RETRY - 45), people.DEBIT_CARD)


def _is_paid(world: World) -> Iterator[str]:
    return people.must_be(world, "paid")


def _card_taken_away(world: World) -> None:
    people.stage(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * 9)
    people.ask(world, 0, "bill", people.bill)

    def remove(ports: Ports) -> None:
        customer = ports.store.customer(BUSINESS, people.CUSTOMER)
        if customer.default_method_id is not None:
            customers.remove_method(
                ports, BUSINESS, people.CUSTOMER, customer.default_method_id, actor=people.PAYER
            )

    people.ask(world, _around(world, _RETRY), "remove", remove)
    people.new_card(world, 2 * DAY, people.DEBIT_CARD)


def _detached_at_stripe(world: World) -> None:
    """In Stripe's dashboard, so that we may try a card that is gone."""
    people.stage(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * 9)
    people.ask(world, 0, "bill", people.bill)

    def detach() -> None:
        method_id = next(iter(world.stripe.account().payment_methods))
        path = f"/v1/payment_methods/{method_id}/detach"
        world.stripe.call("POST", path, {}, idempotency_key="detach/dashboard/1")

    people.happens(world, _around(world, _RETRY), detach)
    people.new_card(world, 2 * DAY, people.DEBIT_CARD)


def _debt_dropped(world: World) -> None:
    people.stage(world)
    dunning.subscribed(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * 2)

    def cancel(ports: Ports) -> None:
        subscriptions.cancel(
            ports,
            BUSINESS,
            dunning.SUBSCRIPTION,
            actor=people.STAFF,
            reason="The customer leaves.",
            collect_open_debt=False,
        )

    people.ask(world, _around(world, _RETRY), "cancel", cancel)


def _nothing_is_owed(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid", "cancelled", invoice_id=dunning.INVOICE)
    status = dunning.status_of(world)
    if status is not SubscriptionStatus.CANCELLED:
        yield f"the subscription is {status.value}"


def _pays_by_hand(world: World) -> None:
    people.stage(world, auto_charge=False)
    people.ask(world, 0, "bill", people.bill)
    when = _around(world, _OVERDUE)
    people.ask(
        world,
        when,
        "payer",
        lambda p: people.charge_now(p, "payer-1", Trigger.CUSTOMER, return_url=people.RETURN),
    )


CHANGED = Scenario("changed_card", _new_card_meanwhile, _is_paid, last=9 * DAY)
REMOVED = Scenario("removed_card", _card_taken_away, _is_paid, last=9 * DAY)
DETACHED = Scenario("detached_card", _detached_at_stripe, _is_paid, last=9 * DAY)
DROPPED = Scenario("dropped", _debt_dropped, _nothing_is_owed, last=9 * DAY)
BY_HAND = Scenario("by_hand", _pays_by_hand, _is_paid, last=4 * DAY)
