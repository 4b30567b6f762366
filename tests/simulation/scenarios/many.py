"""`many_invoices`: one payment for three more invoices than a transaction holds.

A card, a cheque that may bounce, or credit applied by hand: the oldest are paid at once, the others
by the job that follows, while staff charge one of those by itself. Each is paid exactly once.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from decimal import Decimal
from functools import partial

from chalicelib.domain.demand import MOST_INVOICES
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Line
from chalicelib.domain.payment import Allocation, Trigger
from chalicelib.ports import Ports
from chalicelib.services import credit, external_payments, invoices, on_account
from chalicelib.services.external_payments import Received
from chalicelib.services.on_account import Wish
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

_MANY = MOST_INVOICES + 3
_EACH = 1000
_ALL = _MANY * _EACH
_NAMES = [f"inv_{number:03}" for number in range(1, _MANY + 1)]
_DUE = START.date() + timedelta(days=60)


def _bill(world: World) -> None:
    for day, name in enumerate(_NAMES):
        line = Line(description="Consulting", quantity=Decimal(1), unit_amount=_EACH)
        invoices.create_invoice(
            world.ports, BUSINESS, people.CUSTOMER, (line,), invoice_id=name, actor=people.STAFF
        )
        due_on = _DUE + timedelta(days=day)
        invoices.finalize_invoice(world.ports, BUSINESS, name, actor=people.STAFF, due_on=due_on)


def _card(ports: Ports) -> None:
    wish = Wish("poa_1", people.CUSTOMER, _ALL)
    on_account.take_payment(ports, BUSINESS, wish, actor=people.STAFF)


def _cheque(ports: Ports, chosen: tuple[Allocation, ...] | None = None) -> None:
    came = Received("ext_1", ExternalMethod.CHECK, "1044", _ALL, START.date(), chosen)
    external_payments.record_payment(ports, BUSINESS, people.CUSTOMER, came, actor=people.STAFF)


def _apply(ports: Ports) -> None:
    credit.apply_credit(
        ports,
        BUSINESS,
        people.CUSTOMER,
        application_id="app_1",
        chosen=None,
        actor=people.STAFF,
    )


def _bounce(ports: Ports) -> None:
    external_payments.reverse_payment(
        ports,
        BUSINESS,
        people.CUSTOMER,
        "ext_1",
        reversed_on=START.date() + timedelta(days=1),
        reason="No funds.",
        actor=people.STAFF,
    )


def _charge_one(ports: Ports) -> None:
    invoices.request_charge(
        ports,
        BUSINESS,
        _NAMES[-1],
        request_id="one",
        trigger=Trigger.STAFF,
        actor=people.STAFF,
    )


def _paid_at_once(world: World) -> None:
    people.stage(world)
    _bill(world)
    which = world.pick(4)
    world.notes["bounces"] = "yes" if which == 3 else ""
    if which == 0:
        people.ask(world, HOUR, "card", _card)
    elif which == 1:
        people.ask(world, HOUR, "cheque", partial(_cheque, chosen=()))
        people.ask(world, 2 * HOUR, "apply", _apply)
    else:
        people.ask(world, HOUR, "cheque", _cheque)
    if world.pick(2):
        people.ask(world, HOUR + world.pick(3), "one", _charge_one)
    if which == 3:
        people.ask(world, HOUR + (5, DAY)[world.pick(2)], "bounce", _bounce)


def _each_once(world: World) -> Iterator[str]:
    heads = world.store.heads
    paid = sum(heads[BUSINESS, Subject.INVOICE, name].amount_paid for name in _NAMES)
    kept = heads[BUSINESS, Subject.CUSTOMER, people.CUSTOMER].credit
    came = sum(world.witness.captured.values()) + sum(_past_stripe(world))
    if came != paid + kept:
        yield f"{came} came in, {paid} is paid and {kept} is credit"
    open_ones = [n for n in _NAMES if heads[BUSINESS, Subject.INVOICE, n].status.value != "paid"]
    if came >= _ALL and open_ones:
        yield f"all was paid for, and {open_ones} are open with {kept} of credit"


def _past_stripe(world: World) -> Iterator[int]:
    signs = {"external_payment": 1, "external_payment_reversed": -1}
    for row in world.store.fact_rows():
        if row.fact.subject is Subject.CUSTOMER and row.fact.kind in signs:
            yield signs[row.fact.kind] * row.fact.data.amount


SCENARIO = Scenario("many_invoices", _paid_at_once, _each_once, last=2 * DAY)
