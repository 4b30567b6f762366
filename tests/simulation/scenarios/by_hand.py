"""What the AR desk does while the machine runs: cheques, refunds, credit notes, corrections.

`external_race`: a wire is recorded at the hour of a retry, and may bounce. `cheque_for_three`: one
cheque over three invoices, recorded twice, while a card is charged for one of them.
`refund_race`: a refund is asked for twice, and a dispute or another refund comes in between.
`credit_race`: a credit note, a correction or a write-off at the hour of a charge.
`refund_forgotten`: a refund is asked for and agreed to; whatever is lost, it is sent once.
`payout_by_two`: credit above the limit is asked for, agreed to, refused, spent and bounced at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from functools import partial

from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Actor, ActorKind, Subject
from chalicelib.ports import Ports
from chalicelib.services import (
    credit,
    credit_notes,
    credit_payouts,
    external_payments,
    refunding,
    write_offs,
)
from chalicelib.services.credit_notes import Correction, Right
from chalicelib.services.external_payments import Received
from tests.simulation.install import BUSINESS, World
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario
from tests.simulation.world import START

_RETRY = DAY  # the slot of 24 hours, counted from a failure in the first second
_TODAY = START.date()
_SOON = _TODAY + timedelta(days=1)


def wire(ports: Ports, name: str = "ext_1", amount: int = people.AMOUNT) -> None:
    came = Received(name, ExternalMethod.WIRE, f"W-{name}", amount, _TODAY)
    external_payments.pay_invoice(ports, BUSINESS, people.INVOICE, came, actor=people.STAFF)


def _bounce(ports: Ports, name: str = "ext_1") -> None:
    external_payments.reverse_payment(
        ports,
        BUSINESS,
        people.CUSTOMER,
        name,
        reversed_on=_TODAY + timedelta(days=2),
        reason="No funds.",
        actor=people.STAFF,
    )


def _wired(world: World) -> None:
    people.stage(world)
    declines = world.pick(3)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * (2 * declines))
    people.ask(world, 0, "bill", people.bill)
    when = world.pick(3) if not declines else _RETRY - 2 + world.pick(5)
    amount = (people.AMOUNT, 900, 10_000)[world.pick(3)]
    people.ask(world, when, "wire", partial(wire, amount=amount))
    if world.pick(2):
        people.ask(world, 3 * DAY, "bounce", _bounce)


def _all_in(world: World) -> Iterator[str]:
    """Whatever was first: Stripe has taken it at most once, and it is paid, or asked for again."""
    yield from people.must_be(world, "paid", "overdue", "pending")
    good = [
        one
        for one in world.stripe.account().payment_intents.values()
        if one["status"] == "succeeded"
    ]
    if sum(one["amount"] for one in good) > people.AMOUNT:
        yield f"{len(good)} payments were taken"


def _cheque(ports: Ports) -> None:
    came = Received("ext_1", ExternalMethod.CHECK, "1001", 3 * people.AMOUNT, _TODAY)
    external_payments.record_payment(ports, BUSINESS, people.CUSTOMER, came, actor=people.STAFF)


def _three(world: World) -> None:
    people.stage(world)
    for invoice_id in ("inv_1", "inv_2", "inv_3"):
        due_on = None if invoice_id == "inv_1" else _SOON
        people.ask(world, 0, "bill", partial(people.bill, invoice_id=invoice_id, due_on=due_on))
    when = (2, 60, 20 * HOUR)[world.pick(3)]
    for _ in range(2):
        people.ask(world, when, "cheque", _cheque)


def _three_are_paid(world: World) -> Iterator[str]:
    for invoice_id in ("inv_1", "inv_2", "inv_3"):
        yield from people.must_be(world, "paid", invoice_id=invoice_id)


def refund(ports: Ports, name: str = "ref_1", amount: int = 5000) -> None:
    """Staff press the button; before the money has come they are told to wait, and try again."""
    refunding.request_refund(
        ports,
        BUSINESS,
        people.INVOICE,
        refund_id=name,
        payment_id="pay_1_1",
        amount=amount,
        reason="Returned.",
        actor=people.STAFF,
    )


def _refunded(world: World) -> None:
    number = ("4242424242424242", "4000000000005126", "4000000000007726")[world.pick(3)]
    people.stage(world, number=number)
    people.ask(world, 0, "bill", people.bill)
    for _ in range(2):  # a double click
        people.ask(world, HOUR, "refund", refund)
    people.ask(world, HOUR, "second", partial(refund, name="ref_2"))
    if world.pick(2):
        people.happens(world, HOUR + world.pick(4), lambda: _dispute(world))


def _dispute(world: World) -> None:
    charges = [
        one["id"] for one in world.stripe.account().charges.values() if one["status"] == "succeeded"
    ]
    if charges:
        dispute = world.stripe.dispute(charges[0])
        people.happens(world, DAY, lambda: world.stripe.decide_dispute(dispute["id"], won=True))


def _ended(world: World) -> Iterator[str]:
    """The judges compare the cents; here, that no refund is left undecided, nor the debt open."""
    invoice = people.invoice(world)
    if invoice is None or invoice.status.value != "paid":
        yield f"the invoice is {invoice.status.value if invoice else 'not there'}"
        return
    for one in invoice.refunds:
        if one.is_undecided:
            yield f"{one.id} is {one.status.value}"


def _credit(ports: Ports, amount: int) -> None:
    wanted = Correction("cn_1", "Too much.", amount)
    credit_notes.issue_credit_note(ports, BUSINESS, people.INVOICE, wanted, actor=people.STAFF)


def _correct(ports: Ports) -> None:
    right = Right("inv_9", "cn_9", "The order number was missing.", po_number="PO-7")
    credit_notes.reissue(ports, BUSINESS, people.INVOICE, right, actor=people.STAFF)


def _give_up(ports: Ports) -> None:
    write_offs.write_off(ports, BUSINESS, people.INVOICE, reason="Insolvent.", actor=people.STAFF)


_DEEDS: tuple[Callable[[Ports], None], ...] = (
    partial(_credit, amount=1000),
    partial(_credit, amount=people.AMOUNT),
    _correct,
    _give_up,
)


def _credited(world: World) -> None:
    people.stage(world)
    declines = world.pick(2)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * (2 * declines))
    people.ask(world, 0, "bill", people.bill)
    when = 1 + world.pick(3) if not declines else _RETRY - 2 + world.pick(5)
    deed = _DEEDS[world.pick(len(_DEEDS))]
    people.ask(world, when, "deed", deed)
    if world.pick(2):
        people.ask(world, when + world.pick(3), "again", deed)


def _settled_somehow(world: World) -> Iterator[str]:
    yield from people.must_be(world, "paid", "cancelled", "uncollectible", "pending")
    new = people.invoice(world, "inv_9")
    if new is not None and new.status.value != "paid":
        yield f"the corrected invoice is {new.status.value}"


# --------------------------------------------------------------------- found by the sweep alone


def _forgotten(world: World) -> None:
    people.stage(world, business={"refund_approval_above": (None, 4000)[world.pick(2)]})
    people.ask(world, 0, "bill", people.bill)
    people.ask(world, HOUR, "refund", refund)
    for seconds in (HOUR, 2 * HOUR, 30 * HOUR):  # before it is asked for, there is nothing to do
        people.ask(world, seconds, "agree", _agree)


def _agree(ports: Ports) -> None:
    refunding.approve_refund(ports, BUSINESS, people.INVOICE, "ref_1", actor=_BOSS)


def _sent_once(world: World) -> Iterator[str]:
    yield from _ended(world)
    invoice = people.invoice(world)
    asked = [] if invoice is None else [one for one in invoice.refunds if one.id == "ref_1"]
    if len(world.stripe.account().refunds) != len(asked):
        yield f"asked for {len(asked)}, and Stripe has {len(world.stripe.account().refunds)}"


# -------------------------------------------------------------------- credit, paid out by two


def _on_account(ports: Ports) -> None:
    came = Received("ext_1", ExternalMethod.WIRE, "W-1", people.AMOUNT, _TODAY, chosen=())
    external_payments.record_payment(ports, BUSINESS, people.CUSTOMER, came, actor=people.STAFF)


def _pay_out(ports: Ports) -> None:
    credit_payouts.pay_out(
        ports,
        BUSINESS,
        people.CUSTOMER,
        payout_id="out_1",
        method=ExternalMethod.CHECK,
        reference="2001",
        amount=5000,
        paid_on=_TODAY,
        reason="Moved away.",
        actor=people.STAFF,
    )


def _agree_to_pay(ports: Ports, actor: Actor) -> None:
    credit_payouts.approve_payout(ports, BUSINESS, people.CUSTOMER, "out_1", actor=actor)


def _refuse_to_pay(ports: Ports) -> None:
    credit_payouts.reject_payout(
        ports, BUSINESS, people.CUSTOMER, "out_1", actor=_OTHER, reason="Not agreed."
    )


def _spend(ports: Ports) -> None:
    credit.apply_credit(
        ports, BUSINESS, people.CUSTOMER, application_id="app_1", chosen=None, actor=people.STAFF
    )


def _paid_out_by_two(world: World) -> None:
    people.stage(world, auto_charge=False, business={"refund_approval_above": 100})
    people.ask(world, 0, "wire", _on_account)
    people.ask(world, 1, "bill", partial(people.bill, due_on=_SOON))
    for _ in range(2):  # a double click
        people.ask(world, HOUR, "payout", _pay_out)
    people.ask(world, HOUR + world.pick(2), "spend", _spend)
    decided = HOUR + 1 + world.pick(3)
    people.ask(world, decided, "own", partial(_agree_to_pay, actor=people.STAFF))
    people.ask(world, decided + world.pick(2), "agree", partial(_agree_to_pay, actor=_BOSS))
    if world.pick(2):
        people.ask(world, decided + world.pick(2), "refuse", _refuse_to_pay)
    if not world.pick(3):
        people.ask(world, decided + world.pick(2), "bounce", _bounce)


def _decided_once(world: World) -> Iterator[str]:
    """What came is spent, paid out, set aside or still there; one person alone decides nothing."""
    told = [row.fact for row in world.store.fact_rows()]
    of_customer = [one for one in told if one.subject is Subject.CUSTOMER]
    kinds = [one.kind for one in of_customer]
    asked, paid, refused = (
        kinds.count(f"credit_{kind}")
        for kind in ("payout_requested", "paid_out", "payout_rejected")
    )
    if asked > 1 or paid + refused > asked:
        yield f"asked for {asked} times, paid {paid} times, refused {refused} times"
    if any(one.kind == "credit_paid_out" and one.actor != _BOSS for one in of_customer):
        yield "who asked for it has agreed to it"
    came = people.AMOUNT * (kinds.count("external_payment") - kinds.count(_BOUNCED))
    applied = sum(one.data.amount for one in told if one.kind == "credit_applied")
    left = world.store.heads[BUSINESS, Subject.CUSTOMER, people.CUSTOMER].credit
    gone = applied + 5000 * (asked - refused)
    if came != gone + left:
        yield f"{came} came, {gone} is spent or set aside, {left} is left"


_BOUNCED = "external_payment_reversed"
_BOSS, _OTHER = Actor(ActorKind.STAFF, "usr_2"), Actor(ActorKind.STAFF, "usr_3")
FORGOTTEN = Scenario("refund_forgotten", _forgotten, _sent_once, last=4 * DAY)
BY_TWO = Scenario("payout_by_two", _paid_out_by_two, _decided_once, last=2 * DAY)
WIRED = Scenario("external_race", _wired, _all_in)
THREE = Scenario("cheque_for_three", _three, _three_are_paid, last=4 * DAY)
REFUNDED = Scenario("refund_race", _refunded, _ended, last=9 * DAY)
CREDITED = Scenario("credit_race", _credited, _settled_somehow, last=9 * DAY)
