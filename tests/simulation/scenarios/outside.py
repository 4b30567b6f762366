"""What happens at Stripe without us: stray intents, refunds and disputes in its dashboard."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from typing import Any

from infra.local.fake_stripe import Options
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario


def _strays(world: World) -> None:
    people.stage(world)
    people.ask(world, 0, "bill", people.bill)
    customer = next(iter(world.stripe.account().customers))
    body: dict[str, Any] = {
        "amount": people.AMOUNT,
        "currency": "usd",
        "customer": customer,
        "allowed_payment_method_types": ["card"],
        "metadata": {"business_id": BUSINESS, "invoice_id": "inv_0", "payment_id": "pay_0_1"},
    }
    world.stripe.call("POST", "/v1/payment_intents", body, idempotency_key="pi/stray/1")
    # A day for the reconciliation to find it, and one more in which Stripe may repeat a stored 500.
    people.happens(world, 3 * DAY, lambda: None)


def _none_is_left(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid")
    for intent in world.stripe.account().payment_intents.values():
        if intent["status"] not in {"succeeded", "canceled"}:
            yield f"{intent['id']} is still {intent['status']}"


def _given_back(world: World) -> None:
    """Two partial refunds of the same amount, and a dispute of the rest, all in the dashboard."""
    people.stage(world)
    people.ask(world, 0, "bill", people.bill)
    for number in (1, 2):
        people.happens(world, number * HOUR, partial(refund, world, number))
    if world.pick(2):
        people.happens(world, 2 * DAY, lambda: dispute(world))


def _paid_charge(world: World) -> str | None:
    charges = world.stripe.account().charges.values()
    return next((one["id"] for one in charges if one["status"] == "succeeded"), None)


def refund(world: World, number: int) -> None:
    charge = _paid_charge(world)
    if charge is not None:
        body = {"charge": charge, "amount": 1000}
        world.stripe.call("POST", "/v1/refunds", body, idempotency_key=f"refund/dash/{number}")


def dispute(world: World) -> None:
    charge = _paid_charge(world)
    if charge is None:
        return
    made = world.stripe.dispute(charge)
    won = bool(world.pick(2))
    people.happens(world, DAY, lambda: world.stripe.decide_dispute(made["id"], won=won))


def refunds_are_known(world: World) -> Iterator[str]:
    """The ledger's judge compares the cents; here, that each refund is a fact of its own."""
    known = [
        row.fact.data.refund_id for row in world.store.fact_rows() if row.fact.kind == "refunded"
    ]
    made = list(world.stripe.account().refunds)
    if sorted(known) != sorted(made):
        yield f"refunds {made}, known {known}"


def _paid_out(world: World) -> None:
    people.stage(world)
    people.ask(world, 0, "bill", people.bill)
    if world.pick(2):
        world.stripe.fail_next_payout()


def _payouts_are_known(world: World) -> Iterator[str]:
    """Each once, and each failure; what they leave in transit is the ledger's judge's."""
    yield from people.must_be(world, "paid")
    known = sorted(
        (row.fact.kind, row.fact.data.payout_id)
        for row in world.store.fact_rows()
        if row.fact.kind.startswith("payout_")
    )
    made = [("payout_paid", one) for one in world.stripe.account().payouts]
    made += [
        ("payout_failed", one["id"])
        for one in world.stripe.account().payouts.values()
        if one["status"] == "failed"
    ]
    if known != sorted(made):
        yield f"payouts {sorted(made)}, known {known}"


PAID_OUT = Scenario(
    "paid_out", _paid_out, _payouts_are_known, last=9 * DAY, options=Options(automatic_payouts=True)
)
STRAYS = Scenario("strays", _strays, _none_is_left, last=3 * DAY)
GIVEN_BACK = Scenario("given_back", _given_back, refunds_are_known, last=5 * DAY)
