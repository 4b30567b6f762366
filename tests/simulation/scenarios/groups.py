"""A billing group: staff bill it while the run does, as members come and go, for three months.

Each period stands on one invoice, alone or with the group, and each invoice is paid once. A group
with a billing day gets one invoice that day, whoever joins or leaves beside the run.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import date, timedelta

from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.facts import SYSTEM, Subject
from chalicelib.domain.group import Group
from chalicelib.domain.group_facts import GroupBilled
from chalicelib.domain.parties import Terms
from chalicelib.domain.subscription import Subscription, first_anchor
from chalicelib.ports import Ports
from chalicelib.services import customers, group_billing, groups, subscriptions
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

_GROUP, _PAYER = "grp_1", "cus_payer"
_MEMBERS = ("cus_a", "cus_b")  # from the first day on
_ALL = (*_MEMBERS, "cus_c")
_SECOND_MONTH = 31 * DAY - 4 * HOUR  # six in the morning in New York, when time is summer time
_AROUND = (-HOUR, -1, 0, 1, 60, HOUR)
_BILLING_DAY = (START + timedelta(days=5)).day
_ON_THE_DAY = 5 * DAY - 4 * HOUR
_A_MONTH_LATER = 36 * DAY - 4 * HOUR


def _stage(world: World, billing_day: int | None = None) -> None:
    people.stage(world)
    ports = world.ports
    group = Group(
        _GROUP, BUSINESS, "Acme Corp", "Ann Lee", "ap@acme.example", Terms.NET_7, _PAYER,
        billing_day=billing_day,
    )  # fmt: skip
    groups.create_group(ports, group, actor=people.STAFF)
    _card(world, _PAYER)
    for customer_id in _ALL:
        customer = Customer(
            id=customer_id,
            business_id=BUSINESS,
            kind=CustomerKind.INDIVIDUAL,
            name=f"Member {customer_id}",
            email="member@acme.example",
        )
        customers.create_customer(ports, customer, actor=SYSTEM)
        _card(world, customer_id)
        _subscribe(ports, customer_id)
    for customer_id in _MEMBERS:
        groups.add_member(ports, BUSINESS, _GROUP, customer_id, actor=people.STAFF)


def _card(world: World, customer_id: str) -> None:
    page = customers.start_setup(
        world.ports,
        BUSINESS,
        customer_id,
        request_id=f"stage-{customer_id}",
        success_url="https://pay.example/saved",
        cancel_url="https://pay.example/back",
    )
    world.stripe.complete_checkout(page.id, people.VISA)
    customers.receive_setup(world.ports, BUSINESS, page.id)


def _subscribe(ports: Ports, customer_id: str) -> None:
    start = START.date()
    wanted = Subscription(
        id=customer_id.replace("cus", "sub"),
        business_id=BUSINESS,
        customer_id=customer_id,
        product="Laptop",
        currency="USD",
        unit_amount=people.AMOUNT,
        start_on=start,
        segments=(first_anchor(start, 0),),
    )
    subscriptions.subscribe(ports, wanted, actor=SYSTEM)


def _months(world: World) -> None:
    _stage(world)
    people.ask(world, world.pick(3), "generate", lambda ports: _bill(ports, "first"))
    people.ask(world, world.pick(3), "add", _add)
    for name, deed in (("remove", _remove), ("generate", lambda ports: _bill(ports, "second"))):
        people.ask(world, _SECOND_MONTH + _AROUND[world.pick(6)], name, deed)


def _by_its_day(world: World) -> None:
    """Somebody joins before its first period is billed alone, or after it; leaves around the day;
    and staff may bill the group around the next one."""
    _stage(world, _BILLING_DAY)
    people.ask(world, world.pick(3), "add", _add)
    people.ask(world, _ON_THE_DAY + _AROUND[world.pick(6)], "remove", _remove)
    at = _A_MONTH_LATER + _AROUND[world.pick(6)]
    people.ask(world, at, "generate", lambda ports: _bill(ports, "second"))


def _bill(ports: Ports, request_id: str) -> None:
    group_billing.bill_group(ports, BUSINESS, _GROUP, actor=people.STAFF, request_id=request_id)


def _add(ports: Ports) -> None:
    groups.add_member(ports, BUSINESS, _GROUP, "cus_c", actor=people.STAFF)


def _remove(ports: Ports) -> None:
    groups.remove_member(ports, BUSINESS, _GROUP, "cus_b", actor=people.STAFF)


def _each_period_once(world: World) -> Iterator[str]:
    invoices = {
        name[2]: head for name, head in world.store.heads.items() if name[1].value == "invoice"
    }
    found: Counter[tuple[str, date]] = Counter(
        (line.subscription_id, line.period.start_on)
        for invoice in invoices.values()
        for line in invoice.lines
    )
    yield from (f"{period} is billed {times} times" for period, times in found.items() if times > 1)
    for customer_id in _ALL:
        one = world.ports.store.subscription(BUSINESS, customer_id.replace("cus", "sub"))
        if one.next_index != 3:
            yield f"{one.id} has {one.next_index} periods billed"
        for index in range(one.next_index):
            if (one.id, one.starts_on(index)) not in found:
                yield f"{one.id}'s period {index} is lost"
            if one.invoice_id(index) not in invoices:
                yield f"{one.id}'s period {index} names an invoice that is not there"
    for invoice_id, invoice in invoices.items():
        if invoice.status.value != "paid":
            yield f"{invoice_id} is {invoice.status.value}"
    if len(world.witness.hits) != len(invoices):
        yield f"{len(world.witness.hits)} charges for {len(invoices)} invoices"


def _one_each_day(world: World) -> Iterator[str]:
    yield from _each_period_once(world)
    days: Counter[date] = Counter()
    for fact in world.ports.store.facts(BUSINESS, Subject.GROUP, _GROUP):
        if isinstance(fact.data, GroupBilled) and not fact.data.request_id:
            issued_on = world.ports.store.invoice(BUSINESS, fact.data.invoice_id).issued_on
            assert issued_on is not None
            days[issued_on] += 1
    yield from (f"{times} invoices on {day}" for day, times in days.items() if times > 1)
    if not days:
        yield "the group's day made no invoice"


GROUP = Scenario("billing_group", _months, _each_period_once, last=72 * DAY)
DAY_OF_GROUP = Scenario("group_billing_day", _by_its_day, _one_each_day, last=80 * DAY)
