"""Cheques, cash and wires: recorded, bounced, credited, paid out; and debts that are given up.

Each fact with what it changes, what it posts and what it owes to the outside.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.customer import Customer
from chalicelib.domain.desk import account, external_payments, write_offs
from chalicelib.domain.desk.account import (
    CreditPaidOut,
    ExternalPaymentReceived,
    ExternalPaymentReversed,
)
from chalicelib.domain.desk.credit_payouts import CreditPayoutRejected, CreditPayoutRequested
from chalicelib.domain.desk.external_payments import (
    ExternalPaymentBounced,
    ExternalPaymentRecorded,
)
from chalicelib.domain.desk.write_offs import WrittenOff
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.external_payment import ExternalMethod, ExternalPayment
from chalicelib.domain.invoice import Cover, Invoice
from chalicelib.domain.invoice import InvoiceStatus as S
from chalicelib.domain.ledger import Account, Leg
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment import Allocation
from tests.domain.desk.books import Entry, entry, ids
from tests.domain.histories import Story
from tests.domain.samples import NOON, attempt, customer, day, payment, pending
from tests.domain.test_what_each_fact_changes import FREED, LATER, REQUEST, SETTLED, WANTED, told

ON = day("2026-03-03")
WIRED = ExternalPaymentRecorded("ext_1", ExternalMethod.WIRE, "W-1", 400, ON)
NOTED = ExternalPayment("ext_1", ExternalMethod.WIRE, "W-1", 400, ON, LATER)
CASH = ExternalPayment("ext_0", ExternalMethod.CASH, "", 500, ON, NOON)
BOUNCED = ExternalPaymentBounced("ext_1", 400, day("2026-03-09"), "No funds.")
BOTH = (CASH, replace(NOTED, recorded_at=NOON))
LATE: dict[str, Any] = {"status": S.OVERDUE, "overdue_at": NOON}
MARKED = {
    "external_payments.1.reversed_at": LATER,
    "external_payments.1.reversal_reason": "No funds.",
}
CAME = ["staff_mail:staff_payment_received", "event:payment.succeeded"]
WENT = ["mail:payment_bounced", "event:invoice.payment_reversed"]

ENTRIES = [
    (
        pending(amount_paid=500, external_payments=(CASH,)),
        WIRED,
        Entry(
            {"amount_paid": 900, "external_payments": (CASH, NOTED)},
            {"bank": 400, "receivable": -400},
            CAME,
        ),
    ),
    (
        pending(amount_paid=8500, **WANTED),
        WIRED,
        Entry(
            {"amount_paid": 8900, "external_payments": (NOTED,), **SETTLED},
            {"bank": 400, "receivable": -400},
            [*CAME, "event:invoice.paid"],
        ),
    ),
    (
        pending(amount_paid=8500, **LATE, **WANTED),
        WIRED,
        Entry(
            {"amount_paid": 8900, "external_payments": (NOTED,), **SETTLED},
            {"bank": 400, "receivable": -400},
            [*CAME, "event:invoice.paid", "work:resume_subscriptions"],
        ),
    ),
    (
        pending(amount_paid=900, external_payments=BOTH),
        BOUNCED,
        Entry({"amount_paid": 500, **MARKED}, {"receivable": 400, "bank": -400}, WENT),
    ),
    (
        pending(amount_paid=8900, external_payments=BOTH, status=S.PAID, overdue_at=NOON),
        BOUNCED,
        Entry(
            {"amount_paid": 8500, "status": S.OVERDUE, **MARKED},
            {"receivable": 400, "bank": -400},
            [*WENT, "work:pause_again"],
        ),
    ),
    (
        pending(
            amount_paid=900,
            amount_written_off=8000,
            external_payments=BOTH,
            status=S.UNCOLLECTIBLE,
            overdue_at=NOON,
        ),
        BOUNCED,
        Entry(
            {"amount_paid": 500, "amount_written_off": 8400, **MARKED},
            {"write_offs": 400, "bank": -400},
            WENT,
        ),
    ),
    (
        pending(amount_paid=900, external_payments=BOTH, status=S.CANCELLED),
        BOUNCED,
        Entry(MARKED, {"customer_credit": 400, "bank": -400}, WENT),
    ),
]

PLAN = Cover("plan_1", "The plan collects it.")
ENTRIES += [
    (
        pending(amount_paid=900, external_payments=BOTH, covered_by=PLAN, charge_request=REQUEST),
        BOUNCED,  # of no plan: who collects it, and what is asked for, stays
        Entry({"amount_paid": 500, **MARKED}, {"receivable": 400, "bank": -400}, WENT),
    ),
    (
        pending(amount_paid=900, external_payments=BOTH, charge_request=REQUEST),
        replace(BOUNCED, cover=PLAN),
        Entry(
            {"amount_paid": 500, "covered_by": PLAN, "charge_request": None, **MARKED},
            {"receivable": 400, "bank": -400},
            ["event:invoice.payment_reversed"],  # the plan's own mail tells of it
        ),
    ),
    (
        pending(amount_paid=900, external_payments=BOTH, covered_by=PLAN),
        replace(BOUNCED, cover=PLAN),
        Entry(
            {"amount_paid": 500, **MARKED},
            {"receivable": 400, "bank": -400},
            ["event:invoice.payment_reversed"],
        ),
    ),
]

GIVEN_UP = [
    (
        pending(amount_paid=1900, covered_by=Cover("inv_9", "A payment."), **LATE, **WANTED),
        WrittenOff("Bankrupt.", 7000),
        Entry(
            {
                "amount_written_off": 7000,
                "covered_by": None,
                "closed_at": LATER,
                "status": S.UNCOLLECTIBLE,
                **FREED,
            },
            {"write_offs": 7000, "receivable": -7000},
            ["event:invoice.marked_uncollectible"],
        ),
    ),
    (
        pending(amount_written_off=900),
        WrittenOff("Bankrupt.", 8000),
        Entry(
            {"amount_written_off": 8900, "closed_at": LATER, "status": S.UNCOLLECTIBLE},
            {"write_offs": 8000, "receivable": -8000},
            ["event:invoice.marked_uncollectible"],
        ),
    ),
]


@pytest.mark.parametrize(("invoice", "payload", "expected"), ENTRIES)
def test_external_money_in_the_books(invoice: Invoice, payload: Any, expected: Entry) -> None:
    assert entry(invoice, payload, external_payments) == expected


@pytest.mark.parametrize(("invoice", "payload", "expected"), GIVEN_UP)
def test_a_debt_given_up(invoice: Invoice, payload: Any, expected: Entry) -> None:
    assert entry(invoice, payload, write_offs) == expected


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (replace(WIRED, amount=8901), "inv_1: more money than it can take"),
        (BOUNCED, "inv_1 has no external payment ext_1"),
    ],
)
def test_what_cannot_be_is_named(payload: Any, words: str) -> None:
    with pytest.raises(BrokenRecord) as broken:
        told(pending(external_payments=(CASH,)), payload)
    assert str(broken.value) == words


@pytest.mark.parametrize(
    "busy",
    [
        {"covered_by": Cover("poa_1", "A payment is under way.")},
        {"payments": (payment(attempt()),)},
    ],
)
def test_what_bounced_is_collected_by_one_only(busy: dict[str, Any]) -> None:
    invoice = pending(amount_paid=900, external_payments=BOTH, **busy)
    with pytest.raises(BrokenRecord) as broken:
        told(invoice, replace(BOUNCED, cover=PLAN))
    assert str(broken.value) == "inv_1 is collected already"


@pytest.mark.parametrize("topic", [external_payments, write_offs])
def test_a_topic_takes_only_its_own_facts(topic: Any) -> None:
    with pytest.raises(BrokenRecord) as broken:
        topic.step(pending(), facts.Replanned("A new card."), Story().last)
    assert str(broken.value) == "no step for Replanned"


def test_a_fact_of_another_topic_posts_nothing_here() -> None:
    assert external_payments.legs_for(pending(), facts.Replanned("A new card.")) == ()


def test_the_first_fact_of_a_paid_invoice_resumes_nothing() -> None:
    paid = pending(status=S.PAID)
    owes = external_payments.settled_by_money(None, paid)
    assert ids(owes) == [*CAME, "event:invoice.paid"]


# -------------------------------------------------------------------------- the customer's side

SHARES = (Allocation("inv_1", 600), Allocation("inv_2", 100))
RECEIVED = ExternalPaymentReceived("ext_1", ExternalMethod.CHECK, "7", 1000, "EUR", ON, SHARES)
SPENT_UP = replace(RECEIVED, amount=700)
REVERSED = ExternalPaymentReversed("ext_1", 1000, 300, 200, "EUR", ON, "No funds.")
PAID_OUT = CreditPaidOut("out_1", ExternalMethod.CASH, "", 250, "EUR", ON, "They left.")
ASKED = CreditPayoutRequested("out_1", ExternalMethod.CASH, "", 250, "EUR", "They left.")
REFUSED = CreditPayoutRejected("out_1", 250, "EUR", "Not agreed.")


@pytest.mark.parametrize(
    ("payload", "credit", "posts", "owes"),
    [
        (
            RECEIVED,
            1300,
            (Leg(Account.BANK, 300, "EUR"), Leg(Account.CUSTOMER_CREDIT, -300, "EUR")),
            ["document:receipt", "mail:receipt", "event:external_payment.recorded"],
        ),
        (
            SPENT_UP,
            1000,
            (),
            ["document:receipt", "mail:receipt", "event:external_payment.recorded"],
        ),
        (
            REVERSED,
            700,
            (Leg(Account.CUSTOMER_CREDIT, 200, "EUR"), Leg(Account.BANK, -200, "EUR")),
            ["event:external_payment.reversed"],
        ),
        (
            PAID_OUT,
            750,
            (Leg(Account.CUSTOMER_CREDIT, 250, "EUR"), Leg(Account.BANK, -250, "EUR")),
            ["mail:refund_sent", "event:customer.credit_paid_out"],
        ),
        (
            replace(PAID_OUT, set_aside=True),  # it was set aside when it was asked for
            1000,
            (Leg(Account.REFUNDS, 250, "EUR"), Leg(Account.BANK, -250, "EUR")),
            ["mail:refund_sent", "event:customer.credit_paid_out"],
        ),
        (
            ASKED,
            750,
            (Leg(Account.CUSTOMER_CREDIT, 250, "EUR"), Leg(Account.REFUNDS, -250, "EUR")),
            ["staff_mail:staff_refund_approval", "event:customer.credit_payout_requested"],
        ),
        (
            REFUSED,
            1250,
            (Leg(Account.CUSTOMER_CREDIT, -250, "EUR"), Leg(Account.REFUNDS, 250, "EUR")),
            ["event:customer.credit_payout_rejected"],
        ),
        (
            replace(REVERSED, plan_id="plan_1"),  # the plan asks for it again, one mail says so
            700,
            (Leg(Account.CUSTOMER_CREDIT, 200, "EUR"), Leg(Account.BANK, -200, "EUR")),
            ["mail:payment_bounced", "event:external_payment.reversed"],
        ),
        (facts.Replanned("A new card."), 1000, (), []),
    ],
)
def test_what_no_invoice_needed_is_credit(
    payload: Any, credit: int, posts: tuple[Leg, ...], owes: list[str]
) -> None:
    ada: Customer = customer(credit=1000)
    assert account.step(ada, payload) == replace(ada, credit=credit)
    assert account.legs_for(payload) == posts
    assert ids(account.owed(payload, Audience())) == owes
