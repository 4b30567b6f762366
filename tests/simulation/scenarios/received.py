"""Money that comes past Stripe while Stripe is asked for the same.

`external_retry`: staff record a cheque at the hour of the retry, perhaps twice; it may bounce.
`external_portal`: as the payer presses the button. Both count what came, to the cent.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Subject
from chalicelib.domain.payment import Trigger
from chalicelib.ports import Ports
from chalicelib.services import external_payments, refunding
from chalicelib.services.external_payments import Received
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

CHEQUE = Received("ext_1", ExternalMethod.CHECK, "1044", people.AMOUNT, START.date())
PART = 2500
_CAME = {"external_payment": 1, "external_payment_reversed": -1}


def record(ports: Ports) -> None:
    """Staff's entry: their browser sends it again when it is not answered."""
    external_payments.pay_invoice(ports, BUSINESS, people.INVOICE, CHEQUE, actor=people.STAFF)


def bounce(ports: Ports) -> None:
    customer = ports.store.customer(BUSINESS, people.CUSTOMER)
    if external_payments.find_payment(ports, customer, CHEQUE.id) is not None:
        external_payments.reverse_payment(
            ports,
            BUSINESS,
            people.CUSTOMER,
            CHEQUE.id,
            reversed_on=START.date() + timedelta(days=2),
            reason="No funds.",
            actor=people.STAFF,
        )


def refund(ports: Ports) -> None:
    refunding.request_refund(
        ports,
        BUSINESS,
        people.INVOICE,
        refund_id="ref_1",
        payment_id="pay_1_1",
        amount=PART,
        reason="Not delivered.",
        actor=people.STAFF,
    )


def pay(ports: Ports) -> None:
    people.charge_now(ports, "payer-1", Trigger.CUSTOMER)


def _at_the_retry(world: World) -> None:
    people.stage(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * (2 + world.pick(2)))
    people.ask(world, 0, "bill", people.bill)
    around = DAY - 1 + world.pick(3)
    people.ask(world, around, "cheque", record)
    if world.pick(2):
        people.ask(world, around + world.pick(3), "cheque", record)
    if not world.pick(4):
        people.ask(world, 2 * DAY, "bounce", bounce)


def _at_the_button(world: World) -> None:
    people.stage(world, auto_charge=False)
    people.ask(world, 0, "bill", people.bill)
    people.ask(world, HOUR, "payer", pay)
    people.ask(world, HOUR - 1 + world.pick(3), "cheque", record)


def counted_once(world: World) -> Iterator[str]:
    """Whatever came in twice is the customer's credit; what bounced is owed again."""
    yield from people.must_be(world, "paid")
    captured = sum(world.witness.captured.values())
    cheques = [
        _CAME[row.fact.kind]
        for row in world.store.fact_rows()
        if row.fact.subject is Subject.CUSTOMER and row.fact.kind in _CAME
    ]
    came = captured + people.AMOUNT * sum(cheques)
    credit = world.store.heads[BUSINESS, Subject.CUSTOMER, people.CUSTOMER].credit
    if came - credit != people.AMOUNT:
        yield f"{came} came in, and {credit} is credit"


def refunded_once(world: World) -> Iterator[str]:
    """At Stripe at most once, and known."""
    made = world.stripe.account().refunds.values()
    if len(made) > 1:
        yield f"{len(made)} refunds were made"
    invoice = people.invoice(world)
    assert invoice is not None
    refund = invoice.refund("ref_1")
    if made and (refund is None or refund.status.value == "requested"):
        yield f"Stripe has refunded; our record says {refund and refund.status}"
    if refund is not None and refund.status.value == "requested":
        yield "the refund was never sent"


EXTERNAL = Scenario("external_retry", _at_the_retry, counted_once, last=9 * DAY)
PORTAL = Scenario("external_portal", _at_the_button, counted_once, last=4 * DAY)
