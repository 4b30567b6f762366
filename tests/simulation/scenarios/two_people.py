"""Two people at the desk do the same thing, or one does what takes two.

`same_cheque`: both enter the cheque that lies between them, for two invoices. `credit_twice`: three
of them spend the same credit. `second_person`: who asked for a large refund agrees to it as well.
`billed_twice`: both bill a group, as a member joins that stands before the others.
`insisted`: a policy is to be laxer than the network, and the payer presses the button all day.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from datetime import timedelta
from functools import partial

from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import SYSTEM, Actor, ActorKind, Subject
from chalicelib.domain.group import Group
from chalicelib.domain.parties import Terms
from chalicelib.domain.payment import Allocation, Trigger
from chalicelib.domain.subscription import Subscription, first_anchor
from chalicelib.ports import Ports
from chalicelib.services import (
    credit,
    credit_payouts,
    customers,
    external_payments,
    group_billing,
    groups,
    policies,
    refunding,
    subscriptions,
)
from chalicelib.services.external_payments import Received
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

_TODAY = START.date()
_SOON, _LATER = _TODAY + timedelta(days=5), _TODAY + timedelta(days=9)
_BOSS = Actor(ActorKind.STAFF, "usr_2")
_LIMIT = 4000
_CAP = 10  # tries of one Mastercard for one amount in 24 hours


def _came(world: World, kind: str) -> list[int]:
    """What the customer's own record says of money past Stripe."""
    facts = (row.fact for row in world.store.fact_rows())
    return [one.data.amount for one in facts if one.kind == kind and one.subject_id == _CUSTOMER]


# ------------------------------------------------------------------------------- the same cheque


def _enter(ports: Ports, name: str, invoice_id: str) -> None:
    cheque = Received(name, ExternalMethod.CHECK, "1044", people.AMOUNT, _TODAY)
    external_payments.pay_invoice(ports, BUSINESS, invoice_id, cheque, actor=people.STAFF)


def _two_enter_it(world: World) -> None:
    people.stage(world, auto_charge=False)
    for invoice_id in ("inv_1", "inv_2"):
        people.ask(world, 0, "bill", partial(people.bill, invoice_id=invoice_id, due_on=_LATER))
    when = HOUR
    for number in (1, 2):
        deed = partial(_enter, name=f"ext_{number}", invoice_id=f"inv_{number}")
        people.ask(world, when + world.pick(2), "cheque", deed)


def _entered_once(world: World) -> Iterator[str]:
    if len(_came(world, "external_payment")) != 1:
        yield f"the cheque was entered as {_came(world, 'external_payment')}"
    paid = [people.invoice(world, one) for one in ("inv_1", "inv_2")]
    if sum(one.amount_paid for one in paid if one is not None) != people.AMOUNT:
        yield "one cheque has paid two invoices"


# ------------------------------------------------------------------------------- the same credit


def _on_account(ports: Ports) -> None:
    wire = Received("ext_1", ExternalMethod.WIRE, "W-1", people.AMOUNT, _TODAY, chosen=())
    external_payments.record_payment(ports, BUSINESS, _CUSTOMER, wire, actor=people.STAFF)


def _apply(ports: Ports, invoice_id: str) -> None:
    chosen = (Allocation(invoice_id, people.AMOUNT),)
    credit.apply_credit(
        ports,
        BUSINESS,
        _CUSTOMER,
        application_id=f"{credit.BY_HAND}{invoice_id}",
        chosen=chosen,
        actor=people.STAFF,
    )


def _pay_out(ports: Ports) -> None:
    credit_payouts.pay_out(
        ports,
        BUSINESS,
        _CUSTOMER,
        payout_id="out_1",
        method=ExternalMethod.WIRE,
        reference="W-9",
        amount=people.AMOUNT,
        paid_on=_TODAY,
        reason="Asked for.",
        actor=people.STAFF,
    )


def _three_spend_it(world: World) -> None:
    people.stage(world, auto_charge=False)
    people.ask(world, 0, "wire", _on_account)
    for invoice_id in ("inv_1", "inv_2"):
        people.ask(world, 0, "bill", partial(people.bill, invoice_id=invoice_id, due_on=_LATER))
        people.ask(world, HOUR, "apply", partial(_apply, invoice_id=invoice_id))
    people.ask(world, HOUR, "payout", _pay_out)


def _spent_once(world: World) -> Iterator[str]:
    customer = world.store.heads[BUSINESS, Subject.CUSTOMER, _CUSTOMER]
    invoices = [people.invoice(world, one) for one in ("inv_1", "inv_2")]
    paid = sum(one.amount_paid for one in invoices if one is not None)
    spent = paid + sum(_came(world, "credit_paid_out"))
    came = sum(_came(world, "external_payment"))
    if spent + customer.credit != came or customer.credit < 0:
        yield f"{came} came, {spent} was spent, {customer.credit} is left"


# ------------------------------------------------------------------------------ the second person


def _agree(ports: Ports, actor: Actor) -> None:
    refunding.approve_refund(ports, BUSINESS, people.INVOICE, "ref_1", actor=actor)


def _ask_for_it(ports: Ports) -> None:
    refunding.request_refund(
        ports,
        BUSINESS,
        people.INVOICE,
        refund_id="ref_1",
        payment_id="pay_1_1",
        amount=_LIMIT + 1,
        reason="Returned.",
        actor=people.STAFF,
    )


def _agreed_to(world: World) -> None:
    people.stage(world, business={"refund_approval_above": _LIMIT})
    people.ask(world, 0, "bill", people.bill)
    people.ask(world, HOUR, "refund", _ask_for_it)
    people.ask(world, 2 * HOUR, "agree", partial(_agree, actor=people.STAFF))
    for _ in range(world.pick(3)):
        people.ask(world, 2 * HOUR + world.pick(3), "agree", partial(_agree, actor=_BOSS))


def _agreed_by_another(world: World) -> Iterator[str]:
    made = len(world.stripe.account().refunds)
    invoice = people.invoice(world)
    refund = invoice.refund("ref_1") if invoice else None
    decided = refund.decided_by if refund else ""
    if made > 1 or made != int(decided == _BOSS.id):
        yield f"{made} refunds were made, agreed to by {decided or 'nobody'}"


# -------------------------------------------------------------------------------- the same group


def _members(world: World) -> None:
    """Nobody is charged: the invoices are what matters."""
    people.stage(world, auto_charge=False)
    group = Group(_GROUP, BUSINESS, "Acme", "Ann Lee", "ap@acme.example", Terms.NET_30, "cus_0")
    groups.create_group(world.ports, group, actor=people.STAFF)
    for name in _MEMBERS:
        member = Customer(
            id=f"cus_{name}",
            business_id=BUSINESS,
            kind=CustomerKind.INDIVIDUAL,
            name=name,
            email="member@acme.example",
        )
        customers.create_customer(world.ports, member, actor=SYSTEM)
        wanted = Subscription(
            id=f"sub_{name}",
            business_id=BUSINESS,
            customer_id=member.id,
            product="Laptop",
            currency="USD",
            unit_amount=people.AMOUNT,
            start_on=_SOON,
            segments=(first_anchor(_SOON, 0),),
        )
        subscriptions.subscribe(world.ports, wanted, actor=SYSTEM)
    for name in _MEMBERS[1:]:
        groups.add_member(world.ports, BUSINESS, _GROUP, f"cus_{name}", actor=people.STAFF)


def _bill_it(ports: Ports, request_id: str) -> None:
    group_billing.bill_group(
        ports, BUSINESS, _GROUP, actor=people.STAFF, request_id=request_id, last_on=_SOON
    )


def _join(ports: Ports) -> None:
    groups.add_member(ports, BUSINESS, _GROUP, f"cus_{_MEMBERS[0]}", actor=people.STAFF)


def _two_bill_it(world: World) -> None:
    _members(world)
    people.ask(world, HOUR, "join", _join)
    for number in (1, 2):
        people.ask(world, HOUR, "generate", partial(_bill_it, request_id=f"bill-{number}"))


def _billed_once(world: World) -> Iterator[str]:
    heads = [head for name, head in world.store.heads.items() if name[1] is Subject.INVOICE]
    lines = Counter((line.subscription_id, line.period) for head in heads for line in head.lines)
    yield from (
        f"{name} is billed {times} times" for (name, _), times in lines.items() if times > 1
    )
    for name in _MEMBERS:
        billed = sum(one == f"sub_{name}" for one, _ in lines)
        if billed != world.ports.store.subscription(BUSINESS, f"sub_{name}").next_index:
            yield f"sub_{name} stands on {billed} invoices"


# -------------------------------------------------------------------------------- the network's cap


def _loosen(ports: Ports) -> None:
    business = ports.store.business(BUSINESS)
    laxer = {"mastercard_cap_24_hours": 99, "mastercard_cap_30_days": 99}
    policies.change_policy(ports, BUSINESS, business.policy.id, laxer, actor=people.STAFF)


def _press(ports: Ports, number: int) -> None:
    people.charge_now(ports, f"payer-{number}", Trigger.CUSTOMER)


def _all_day(world: World) -> None:
    people.stage(world, number=people.MASTERCARD)
    world.stripe.script_card(people.MASTERCARD, ["insufficient_funds"] * 40)
    people.ask(world, 0, "policy", _loosen)
    people.ask(world, 1, "bill", people.bill)
    for number in range(_CAP - 1):  # two tries are made without being asked for
        people.ask(world, HOUR + number * HOUR, "payer", partial(_press, number=number))


def _within_the_cap(world: World) -> Iterator[str]:
    """Counted by when a try was begun, so one that Stripe takes its time over may seem later."""
    tried = [one["created"] for one in world.stripe.account().charges.values()]
    for first in tried:
        in_a_day = sum(first <= at < first + DAY - HOUR / 2 for at in tried)
        if in_a_day > _CAP:
            yield f"the card was tried {in_a_day} times in 24 hours"
            return


_CUSTOMER = people.CUSTOMER
_GROUP, _MEMBERS = "grp_1", ("a", "b", "c")
CHEQUE = Scenario("same_cheque", _two_enter_it, _entered_once, last=2 * DAY)
CREDIT = Scenario("credit_twice", _three_spend_it, _spent_once, last=2 * DAY)
APPROVED = Scenario("second_person", _agreed_to, _agreed_by_another, last=3 * DAY)
INSISTED = Scenario("insisted", _all_day, _within_the_cap, last=2 * DAY)
BILLED = Scenario("billed_twice", _two_bill_it, _billed_once, last=2 * DAY)
