"""Every movement of money by hand, lost or doubled, is found by a question about money.

The record's own questions (chain, hashes, head) would find any fact that is missing, so they do not
count here.
"""

from __future__ import annotations

import copy
from datetime import timedelta
from functools import partial
from typing import Any

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment import Allocation, Trigger
from chalicelib.domain.payment_plan import Rhythm
from chalicelib.services import (
    credit,
    credit_notes,
    credit_payouts,
    external_payments,
    invoices,
    on_account,
    planning,
    refunding,
    write_offs,
)
from chalicelib.services.credit_notes import Correction, Right
from chalicelib.services.external_payments import Received
from chalicelib.services.on_account import Wish
from chalicelib.services.planning import PlanWish
from tests.fakes.install import VISA, Install
from tests.simulation.ledger_sql import books_of, check

Rows = list[dict[str, Any]]
BIZ = "biz_1"
ANN, BOB = (Actor(ActorKind.STAFF, f"usr_{number}") for number in (1, 2))
LIMIT = 3000
_OF_THE_RECORD = {
    "the chain is whole", "a fact is as it was written", "the head is its last fact's",
}  # fmt: skip


class Desk:
    """One customer whose invoices are paid, corrected and given up by hand."""

    def __init__(self) -> None:
        self.install = Install.at()
        self.install.business(BIZ, refund_approval_above=LIMIT)
        self.customer: Customer = self.install.customer(auto_charge=False)
        self.ports, self.today = self.install.ports, self.install.clock.now().date()

    def invoice(self, amount: int) -> Invoice:
        return self.install.invoice(
            self.customer, amount, due_on=self.today + timedelta(days=30), auto_charge=False
        )

    def came(self, name: str, amount: int, invoice: Invoice | None = None) -> None:
        chosen = (Allocation(invoice.id, min(amount, 9000)),) if invoice else ()
        wire = Received(name, ExternalMethod.WIRE, f"W-{name}", amount, self.today, chosen)
        external_payments.record_payment(self.ports, BIZ, self.customer.id, wire, actor=ANN)
        self.install.settle()

    def bounced(self, name: str) -> None:
        external_payments.reverse_payment(
            self.ports,
            BIZ,
            self.customer.id,
            name,
            reversed_on=self.today,
            reason="No funds.",
            actor=ANN,
        )
        self.install.settle()

    def charged(self, amount: int) -> Invoice:
        invoice = self.invoice(amount)
        invoices.request_charge(
            self.ports, BIZ, invoice.id, request_id="r1", trigger=Trigger.STAFF, actor=ANN
        )
        self.install.settle()
        return self.install.read(invoice)

    def refund(
        self, name: str, invoice: Invoice, payment_id: str, amount: int, **more: bool
    ) -> None:
        refunding.request_refund(
            self.ports,
            BIZ,
            invoice.id,
            refund_id=name,
            payment_id=payment_id,
            amount=amount,
            reason="Returned.",
            actor=ANN,
            **more,
        )
        self.install.settle()

    def pay_out(self, name: str, amount: int) -> None:
        credit_payouts.pay_out(
            self.ports,
            BIZ,
            self.customer.id,
            payout_id=name,
            method=ExternalMethod.WIRE,
            reference=name,
            amount=amount,
            paid_on=self.today,
            reason="Asked for.",
            actor=ANN,
        )


def _external(desk: Desk) -> None:
    """Paid, paid too much, bounced, refunded, on account; what was given up is recovered."""
    desk.came("ext_1", 10_000, paid := desk.invoice(9000))
    desk.refund("ref_ext", paid, "ext_1", 500)
    desk.came("ext_2", 4000, desk.invoice(4000))
    desk.bounced("ext_2")
    desk.came("ext_3", 3000)
    desk.bounced("ext_3")
    desk.came("ext_4", 20_000)
    lost = desk.invoice(2500)
    write_offs.write_off(desk.ports, BIZ, lost.id, reason="Insolvent.", actor=ANN)
    desk.came("ext_5", 1500, lost)


def _credit(desk: Desk) -> None:
    invoice, name = desk.invoice(1800), f"{credit.BY_HAND}1"
    apply = partial(credit.apply_credit, desk.ports, BIZ, desk.customer.id, actor=ANN)
    apply(application_id=name, chosen=(Allocation(invoice.id, 1800),))
    credit.take_back(desk.ports, BIZ, desk.customer.id, name, reason="Wrong.", actor=ANN)
    apply(application_id=f"{credit.BY_HAND}2", chosen=(Allocation(invoice.id, 700),))
    desk.pay_out("out_1", 400)
    desk.pay_out("out_2", LIMIT + 1)
    credit_payouts.reject_payout(
        desk.ports, BIZ, desk.customer.id, "out_2", actor=BOB, reason="Too much."
    )
    desk.pay_out("out_3", LIMIT + 2)
    credit_payouts.approve_payout(desk.ports, BIZ, desk.customer.id, "out_3", actor=BOB)


def _notes(desk: Desk) -> None:
    note = partial(credit_notes.issue_credit_note, desk.ports, BIZ, actor=ANN)
    note(desk.invoice(2000).id, Correction("cn_1", "Too much.", 600))
    desk.came("ext_6", 1000, wrong := desk.invoice(3000))
    right = Right("inv_right", "cn_2", "The order number was missing.", po_number="PO-7")
    credit_notes.reissue(desk.ports, BIZ, wrong.id, right, actor=ANN)
    withdrawn = desk.invoice(1100)
    invoices.cancel_invoice(desk.ports, BIZ, withdrawn.id, actor=ANN, reason="Ordered twice.")


def _refunds(desk: Desk) -> None:
    """Of a card: by us, one that fails later, one of credit that is refused by a second person."""
    invoice = desk.charged(8000)
    (payment,) = invoice.payments
    (charge,) = desk.install.stripe.account().charges
    desk.install.stripe.script_refunds(charge, ["succeeded", "fails_later", "succeeded"])
    desk.refund("ref_1", invoice, payment.id, 300)
    desk.refund("ref_2", invoice, payment.id, 200)
    desk.refund("ref_3", invoice, payment.id, 250, from_credit=True)
    desk.refund("ref_4", invoice, payment.id, LIMIT + 1, from_credit=True)
    refunding.reject_refund(desk.ports, BIZ, invoice.id, "ref_4", actor=BOB, reason="Too much.")


def _demands(desk: Desk) -> None:
    wish = Wish("poa_1", desk.customer.id, 1500, chosen=(Allocation(desk.invoice(900).id, 900),))
    on_account.take_payment(desk.ports, BIZ, wish, actor=ANN)
    desk.install.settle()
    parts = PlanWish(
        "plan_1",
        desk.customer.id,
        invoice_ids=(desk.invoice(2400).id,),
        count=2,
        first_on=desk.today + timedelta(days=1),
        rhythm=Rhythm.WEEKLY,
    )
    planning.make_plan(desk.ports, BIZ, parts, actor=ANN)


def _disputes(desk: Desk) -> None:
    desk.charged(1700)
    charge = [*desk.install.stripe.account().charges.values()][-1]
    dispute = desk.install.stripe.dispute(charge["id"])
    desk.install.settle()
    desk.install.stripe.decide_dispute(dispute["id"], won=False)
    desk.install.settle()


@pytest.fixture(scope="module")
def good() -> tuple[Rows, dict[str, Any]]:
    desk = Desk()
    for story in (_external, _credit, _notes, _refunds, _disputes, _demands):
        story(desk)
        desk.install.settle()
    desk.install.advance(days=12)
    desk.install.reconcile()
    return desk.install.store.export(), books_of(desk.install.stripe, {BIZ: None})


def test_a_good_table_is_level(good: tuple[Rows, dict[str, Any]]) -> None:
    assert VISA
    assert check(*good) == []


MOVES = (
    "finalized", "cancelled", "external_payment", "external_payment_bounced",
    "external_payment_reversed", "external_refund_paid", "written_off", "credit_applied",
    "credit_unapplied", "credit_moved", "credit_paid_out", "credit_payout_requested",
    "credit_payout_rejected", "credit_note_issued", "replaced", "reissued", "charge_succeeded",
    "refund_requested", "refunded", "refund_failed", "refund_rejected", "payment_applied",
    "dispute_funds_moved", "dispute_closed", "payout_paid",
)  # fmt: skip


def _with_money(rows: Rows) -> set[str]:
    return {row["body"]["kind"] for row in rows if row["row"] == "fact" and row["body"].get("legs")}


def test_it_has_seen_every_kind_of_movement(good: tuple[Rows, dict[str, Any]]) -> None:
    """Credit that moves, and money that is applied, post their legs on the invoices."""
    assert set(MOVES) - {"credit_moved", "payment_applied"} == _with_money(good[0])


def _moves(rows: Rows, kind: str) -> list[dict[str, Any]]:
    """Each fact of the kind that moves something."""
    bodies = [row["body"] for row in rows if row["row"] == "fact" and row["body"]["kind"] == kind]
    legs = [body for body in bodies if body.get("legs")]
    return legs or bodies


def _about_money(rows: Rows, books: dict[str, Any]) -> set[str]:
    return {found.partition(":")[0] for found in check(rows, books)} - _OF_THE_RECORD


@pytest.mark.parametrize("kind", MOVES)
def test_a_movement_lost_is_found(good: tuple[Rows, dict[str, Any]], kind: str) -> None:
    rows, books = good
    for gone in _moves(rows, kind):
        if gone["data"].get("set_aside"):
            continue  # it has no head: without it, the payout just waits to be agreed to
        left = [row for row in rows if row.get("body") is not gone]
        assert _about_money(left, books), f"{gone['subject_id']}/{gone['key']}"


@pytest.mark.parametrize("kind", MOVES)
def test_a_movement_doubled_is_found(good: tuple[Rows, dict[str, Any]], kind: str) -> None:
    rows, books = good
    for one in _moves(rows, kind):
        again = copy.deepcopy(one)
        again["key"] += "/again"
        doubled = [*rows, {"row": "fact", "body": again}]
        assert _about_money(doubled, books), f"{one['subject_id']}/{one['key']}"
