"""Credit applied, taken back and overpaid, and an invoice that another demand collects.

Each fact with what it changes on the invoice, what it posts and what it owes to the outside.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.desk import applying, covering
from chalicelib.domain.desk.applying import CreditApplied, CreditUnapplied, OverpaymentMoved
from chalicelib.domain.desk.covering import InvoiceCovered, InvoiceUncovered
from chalicelib.domain.desk.money_legs import incoming_legs, outgoing_legs
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.invoice import Cover, Invoice
from chalicelib.domain.invoice import InvoiceStatus as S
from chalicelib.domain.invoice_changes import Parts, parts_of, received, taken_back
from chalicelib.domain.ledger import Account, Leg
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment import AttemptResult as R
from tests.domain.desk.books import Entry, at, by_account, entry, ids
from tests.domain.histories import Story
from tests.domain.samples import NOON, after, draft, in_flight, pending
from tests.domain.test_what_each_fact_changes import (
    LATER,
    PAID,
    REQUEST,
    SETTLED,
    WANTED,
    changed,
    told,
)

COVER = Cover("inv_9", "A payment of 89.00 for this customer is under way.")
LATE: dict[str, Any] = {"status": S.OVERDUE, "overdue_at": NOON}
GIVEN_UP: dict[str, Any] = {"status": S.UNCOLLECTIBLE, "amount_written_off": 900}
OPEN_AGAIN: dict[str, Any] = {"status": S.PENDING, "paid_at": None, "closed_at": None}
SPENT = CreditApplied("inv_9", 900)
BACK = CreditUnapplied("inv_9", 900, "The cheque bounced.")
GRACE = after(days=9)
BROKEN_PLAN = InvoiceUncovered("inv_9", "The plan was broken.", overdue=True)
OVERDUE_EVENT = "event:invoice.overdue"  # customer and staff are told once, by the plan

CREDIT = [
    (
        pending(amount_paid=1000),
        SPENT,
        Entry({"amount_paid": 1900}, {"customer_credit": 900, "receivable": -900}),
    ),
    (
        pending(amount_paid=8000, **WANTED),
        SPENT,
        Entry(
            {"amount_paid": 8900, **SETTLED},
            {"customer_credit": 900, "receivable": -900},
            ["event:invoice.paid"],
        ),
    ),
    (
        pending(amount_paid=8000, **LATE),
        SPENT,
        Entry(
            {"amount_paid": 8900, "status": S.PAID, "paid_at": LATER, "closed_at": LATER},
            {"customer_credit": 900, "receivable": -900},
            ["event:invoice.paid", "work:resume_subscriptions"],
        ),
    ),
    (
        pending(covered_by=COVER),
        SPENT,
        Entry(
            {"amount_paid": 900, "covered_by": None}, {"customer_credit": 900, "receivable": -900}
        ),
    ),
    (
        pending(covered_by=COVER),
        CreditApplied("inv_8", 900),
        Entry({"amount_paid": 900}, {"customer_credit": 900, "receivable": -900}),
    ),
    (
        pending(amount_paid=8000, **GIVEN_UP),
        CreditApplied("inv_9", 500),
        Entry(
            {"amount_paid": 8500, "amount_written_off": 400, "amount_recovered": 500},
            {"customer_credit": 500, "write_offs": -500},
        ),
    ),
    (
        PAID,
        BACK,
        Entry({"amount_paid": 8000, **OPEN_AGAIN}, {"receivable": 900, "customer_credit": -900}),
    ),
    (
        pending(amount_paid=8000, amount_recovered=300, **GIVEN_UP),
        BACK,
        Entry(
            {"amount_paid": 7100, "amount_written_off": 1800, "amount_recovered": 0},
            {"write_offs": 900, "customer_credit": -900},
        ),
    ),
    (pending(status=S.CANCELLED, amount_paid=900), BACK, Entry()),
    (pending(status=S.PAID, amount_paid=8900, replaced_by="inv_2"), BACK, Entry()),
    (pending(amount_overpaid=100), OverpaymentMoved(80), Entry({"amount_overpaid": 20})),
]

COVERED = [
    (
        pending(charge_request=REQUEST),
        InvoiceCovered(COVER),
        Entry({"covered_by": COVER, "charge_request": None}),
    ),
    (
        pending(covered_by=COVER),
        InvoiceUncovered("inv_9", "It was declined."),
        Entry({"covered_by": None}),
    ),
    (pending(covered_by=COVER), InvoiceUncovered("inv_8", "It was declined."), Entry()),
    (pending(), InvoiceUncovered("inv_9", "It was declined."), Entry()),
    (
        pending(covered_by=COVER),
        BROKEN_PLAN,
        Entry({"covered_by": None, "overdue_at": LATER, "status": S.OVERDUE}, {}, [OVERDUE_EVENT]),
    ),
    (
        pending(covered_by=COVER),
        replace(BROKEN_PLAN, stops_at=GRACE),
        Entry(
            {"covered_by": None, "overdue_at": LATER, "status": S.OVERDUE, "stops_at": GRACE},
            {},
            ["mail:went_overdue", OVERDUE_EVENT],
        ),
    ),
    (
        pending(covered_by=COVER),
        replace(BROKEN_PLAN, stops_now=True),
        Entry(
            {"covered_by": None, "overdue_at": LATER, "status": S.OVERDUE, "stops_at": LATER},
            {},
            [OVERDUE_EVENT],
        ),
    ),
    (
        pending(covered_by=COVER, **LATE),
        replace(BROKEN_PLAN, stops_now=True),
        Entry({"covered_by": None, "stops_at": LATER}),
    ),
    (pending(covered_by=COVER, **LATE), BROKEN_PLAN, Entry({"covered_by": None})),
    (
        pending(covered_by=COVER, stops_at=after(days=2), **LATE),  # its days were running
        BROKEN_PLAN,
        Entry({"covered_by": None}),
    ),
    (
        pending(covered_by=COVER, stops_at=after(days=2), **LATE),
        replace(BROKEN_PLAN, stops_at=GRACE),
        Entry({"covered_by": None, "stops_at": GRACE}, {}, ["mail:went_overdue"]),
    ),
    (in_flight(R.PROCESSING, covered_by=COVER), BROKEN_PLAN, Entry({"covered_by": None})),
]


@pytest.mark.parametrize(("invoice", "payload", "expected"), CREDIT)
def test_credit_in_the_books(invoice: Invoice, payload: Any, expected: Entry) -> None:
    assert entry(invoice, payload, applying) == expected


@pytest.mark.parametrize(("invoice", "payload", "expected"), COVERED)
def test_a_cover_moves_no_money(invoice: Invoice, payload: Any, expected: Entry) -> None:
    assert entry(invoice, payload, covering) == expected


@pytest.mark.parametrize(
    ("invoice", "payload", "words"),
    [
        (pending(), CreditApplied("a", 8901), "inv_1: more credit applied than is owed"),
        (pending(covered_by=COVER), InvoiceCovered(COVER), "inv_1 is collected already"),
        (in_flight(R.STARTED), InvoiceCovered(COVER), "inv_1 is collected already"),
    ],
)
def test_what_cannot_be_is_named(invoice: Invoice, payload: Any, words: str) -> None:
    with pytest.raises(BrokenRecord) as broken:
        told(invoice, payload)
    assert str(broken.value) == words


@pytest.mark.parametrize("topic", [applying, covering])
def test_a_topic_takes_only_its_own_facts(topic: Any) -> None:
    with pytest.raises(BrokenRecord) as broken:
        topic.step(pending(), facts.Replanned("A new card."), Story().last)
    assert str(broken.value) == "no step for Replanned"


def test_of_what_was_before_the_first_fact_nothing_is_told() -> None:
    assert ids(applying.owed(None, PAID, SPENT, Audience())) == ["event:invoice.paid"]
    assert ids(covering.owed(None, pending(**LATE), BROKEN_PLAN, Audience())) == []


# ---------------------------------------------------------------- money, wherever it comes from


@pytest.mark.parametrize(
    ("invoice", "parts"),
    [
        (pending(), Parts(8900, 0, 1100)),
        (pending(amount_paid=8000), Parts(900, 0, 9100)),
        (pending(amount_paid=9000), Parts(0, 0, 10000)),
        (pending(amount_written_off=900), Parts(8000, 0, 2000)),
        (pending(amount_paid=7000, **GIVEN_UP), Parts(1000, 900, 8100)),
    ],
)
def test_money_pays_then_recovers_and_the_rest_is_left(invoice: Invoice, parts: Parts) -> None:
    assert parts_of(invoice, 10000) == parts


def test_what_is_left_after_the_debt_recovers_no_more_than_itself() -> None:
    assert parts_of(pending(amount_paid=7000, **GIVEN_UP), 1200) == Parts(1000, 200, 0)


@pytest.mark.parametrize(
    ("invoice", "source", "posted"),
    [
        (
            pending(),
            Account.BANK,
            {"bank": 10000, "receivable": -8900, "customer_credit": -1100},
        ),
        (
            pending(amount_paid=7000, **GIVEN_UP),
            Account.CASH_IN_TRANSIT,
            {
                "cash_in_transit": 10000,
                "receivable": -1000,
                "write_offs": -900,
                "customer_credit": -8100,
            },
        ),
        (pending(), Account.CUSTOMER_CREDIT, {"customer_credit": 8900, "receivable": -8900}),
    ],
)
def test_what_is_too_much_is_the_customers_credit(
    invoice: Invoice, source: Account, posted: dict[str, int]
) -> None:
    assert by_account(incoming_legs(invoice, 10000, source)) == posted


@pytest.mark.parametrize(
    ("changes", "source", "posted"),
    [
        ({}, Account.BANK, {"receivable": 900, "bank": -900}),
        (GIVEN_UP, Account.BANK, {"write_offs": 900, "bank": -900}),
        ({"status": S.CANCELLED}, Account.BANK, {"customer_credit": 900, "bank": -900}),
        ({"replaced_by": "inv_2"}, Account.BANK, {"customer_credit": 900, "bank": -900}),
        ({"status": S.CANCELLED}, Account.CUSTOMER_CREDIT, {}),
        ({}, Account.CUSTOMER_CREDIT, {"receivable": 900, "customer_credit": -900}),
    ],
)
def test_money_that_is_gone_again_is_missing_where_it_had_been(
    changes: dict[str, Any], source: Account, posted: dict[str, int]
) -> None:
    assert by_account(outgoing_legs(pending(**changes), 900, source)) == posted


def test_money_is_posted_in_the_invoices_currency() -> None:
    euros = draft(currency="EUR")
    assert incoming_legs(euros, 5, Account.BANK) == (
        Leg(Account.BANK, 5, "EUR"),
        Leg(Account.RECEIVABLE, -5, "EUR"),
    )
    assert outgoing_legs(euros, 5, Account.BANK) == (
        Leg(Account.RECEIVABLE, 5, "EUR"),
        Leg(Account.BANK, -5, "EUR"),
    )


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (pending(amount_paid=900), {"amount_paid": 1300}),
        (
            pending(amount_paid=8500, covered_by=COVER, **WANTED),
            {"amount_paid": 8900, "covered_by": None, **SETTLED},
        ),
        (
            pending(amount_paid=8800, amount_overpaid=20),
            {
                "amount_paid": 8900,
                "amount_overpaid": 320,
                "status": S.PAID,
                "paid_at": LATER,
                "closed_at": LATER,
            },
        ),
        (
            pending(status=S.CANCELLED, amount_credited=8900, amount_overpaid=20),
            {"amount_overpaid": 420},
        ),
        (
            pending(amount_paid=8000, amount_recovered=100, **GIVEN_UP),
            {"amount_paid": 8400, "amount_written_off": 500, "amount_recovered": 500},
        ),
        (in_flight(R.PROCESSING), {"amount_paid": 400, "status": S.PENDING}),
        (in_flight(R.PROCESSING, overdue_at=NOON), {"amount_paid": 400, "status": S.OVERDUE}),
        (draft(), {"amount_paid": 400}),
        (PAID, {"amount_overpaid": 400}),  # it was paid on the day on which it was paid
    ],
)
def test_money_received(before: Invoice, expected: dict[str, Any]) -> None:
    after = received(before, 400, at(LATER))
    assert changed(before, after) == expected


@pytest.mark.parametrize(
    ("before", "expected"),
    [
        (PAID, {"amount_paid": 8500, **OPEN_AGAIN}),
        (
            pending(status=S.PAID, amount_paid=8900, overdue_at=NOON),
            {"amount_paid": 8500, "status": S.OVERDUE},
        ),
        (pending(amount_paid=500, **LATE), {"amount_paid": 100}),
        (
            pending(amount_paid=8000, amount_recovered=600, **GIVEN_UP),
            {"amount_paid": 7600, "amount_written_off": 1300, "amount_recovered": 200},
        ),
        (
            pending(amount_paid=8000, amount_recovered=100, **GIVEN_UP),
            {"amount_paid": 7600, "amount_written_off": 1300, "amount_recovered": 0},
        ),
        (pending(amount_paid=500, status=S.CANCELLED), {}),
        (draft(amount_paid=500), {"amount_paid": 100}),
    ],
)
def test_money_taken_back(before: Invoice, expected: dict[str, Any]) -> None:
    assert changed(before, taken_back(before, 400)) == expected
