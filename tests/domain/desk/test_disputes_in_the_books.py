"""Disputes on their invoices: what each fact changes, posts and owes, and what a verdict takes."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import dispute as rules
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.desk import disputed
from chalicelib.domain.desk.disputed import disputed_amount, verdict
from chalicelib.domain.dispute import (
    DisputeMark,
)
from chalicelib.domain.dispute import DisputeState as D
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.invoice import InvoiceStatus as S
from chalicelib.domain.invoice_facts import (
    DisputeClosed,
    DisputeFundsMoved,
    DisputeOpened,
    DisputeRegained,
)
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment import PaymentStatus as P
from tests.domain.desk.books import Entry, at, entry, ids
from tests.domain.histories import PAY
from tests.domain.samples import NOON, after, payment, pending
from tests.domain.test_what_each_fact_changes import HOLD, LATER, OLD, changed, told

DUE = after(days=14)
PAID = pending(
    payments=(OLD, payment(status=P.PAID, paid_at=NOON)),
    status=S.PAID,
    amount_paid=8900,
    paid_at=NOON,
    closed_at=NOON,
)
MARK = DisputeMark("du_1", PAY, 8900, "fraudulent", DUE)
OF_ANOTHER = DisputeMark("du_0", OLD.id, 8900, "general", DUE)
LOST = replace(MARK, state=D.LOST, taken=8900, verdicts=1)
REOPENED: dict[str, Any] = {"status": S.PENDING, "paid_at": None, "closed_at": None}
PAID_AGAIN: dict[str, Any] = {"status": S.PAID, "paid_at": LATER, "closed_at": LATER}
CLOSED = ["staff_mail:staff_dispute_closed", "event:dispute.closed"]
REGAINED = ["staff_mail:staff_dispute_closed", "event:dispute.funds_reinstated"]


def having(*marks: DisputeMark, **changes: Any) -> Invoice:
    """Its second payment is disputed; another payment's dispute stands first."""
    holding = replace(PAID.payments[1], disputed=True)
    return replace(PAID, payments=(OLD, holding), disputes=(OF_ANOTHER, *marks), **changes)


def lost_before(*marks: DisputeMark, **changes: Any) -> Invoice:
    owing = {"status": S.PENDING, "amount_paid": 0, "paid_at": None, "closed_at": None}
    return having(*(marks or (LOST,)), **(owing | changes))


ENTRIES = [
    (
        PAID,
        DisputeOpened(PAY, "du_1", 8900, "fraudulent", DUE),
        Entry(
            {"payments.1.disputed": True, "disputes": (MARK,)},
            {},
            ["staff_mail:staff_dispute", "event:dispute.created"],
        ),
    ),
    (
        having(MARK),
        DisputeFundsMoved(PAY, "du_1", "txn_1", -8900, 1500),
        Entry({}, {"disputes": 8900, "fees": 1500, "cash_in_transit": -10400}),
    ),
    (
        having(MARK),
        DisputeClosed(PAY, "du_1", won=True),
        Entry(
            {
                "payments.1.disputed": False,
                "disputes.1.state": D.WON,
                "disputes.1.verdicts": 1,
            },
            {},
            CLOSED,
        ),
    ),
    (
        having(MARK, hold=HOLD),
        DisputeClosed(PAY, "du_1", won=False),
        Entry(
            {
                "amount_paid": 0,
                "disputes.1.state": D.LOST,
                "disputes.1.taken": 8900,
                "disputes.1.verdicts": 1,
                **REOPENED,
            },
            {"receivable": 8900, "disputes": -8900},
            CLOSED,
        ),
    ),
    (
        having(MARK, purpose=Purpose.ON_ACCOUNT),
        DisputeClosed(PAY, "du_1", won=False),
        Entry(
            {
                "amount_paid": 0,
                "disputes.1.state": D.LOST,
                "disputes.1.taken": 8900,
                "disputes.1.verdicts": 1,
                **REOPENED,
            },
            {"customer_credit": 8900, "disputes": -8900},
            CLOSED,
        ),
    ),
    (
        having(MARK, amount_paid=0),  # all of it was taken back otherwise
        DisputeClosed(PAY, "du_1", won=False),
        Entry({"disputes.1.state": D.LOST, "disputes.1.verdicts": 1}, {}, CLOSED),
    ),
    (
        lost_before(),
        DisputeRegained(PAY, "du_1", 8900, 1),
        Entry(
            {
                "payments.1.disputed": False,
                "amount_paid": 8900,
                "disputes.1.state": D.WON,
                "disputes.1.taken": 0,
                "disputes.1.verdicts": 2,
                **PAID_AGAIN,
            },
            {"disputes": 8900, "receivable": -8900},
            [*REGAINED, "event:invoice.paid"],
        ),
    ),
    (
        lost_before(status=S.OVERDUE, overdue_at=NOON),
        DisputeRegained(PAY, "du_1", 8900, 1),
        Entry(
            {
                "payments.1.disputed": False,
                "amount_paid": 8900,
                "disputes.1.state": D.WON,
                "disputes.1.taken": 0,
                "disputes.1.verdicts": 2,
                **PAID_AGAIN,
            },
            {"disputes": 8900, "receivable": -8900},
            [*REGAINED, "event:invoice.paid", "work:resume_subscriptions"],
        ),
    ),
    (
        lost_before(),
        DisputeRegained(PAY, "du_1", 900, 1),  # a part of it: lost it still is
        Entry(
            {"amount_paid": 900, "disputes.1.taken": 8000, "disputes.1.verdicts": 2},
            {"disputes": 900, "receivable": -900},
            REGAINED,
        ),
    ),
    (
        lost_before(replace(LOST, taken=0), amount_paid=0),
        DisputeRegained(PAY, "du_1", 0, 1),
        Entry(
            {
                "payments.1.disputed": False,
                "disputes.1.state": D.WON,
                "disputes.1.verdicts": 2,
            },
            {},
            REGAINED,
        ),
    ),
    (
        lost_before(replace(LOST, taken=0), status=S.PROCESSING),  # it goes on being charged
        DisputeRegained(PAY, "du_1", 0, 1),
        Entry(
            {
                "payments.1.disputed": False,
                "disputes.1.state": D.WON,
                "disputes.1.verdicts": 2,
            },
            {},
            REGAINED,
        ),
    ),
    (
        having(LOST),  # paid otherwise meanwhile: it is the customer's credit
        DisputeRegained(PAY, "du_1", 8900, 1),
        Entry(
            {
                "payments.1.disputed": False,
                "amount_overpaid": 8900,
                "disputes.1.state": D.WON,
                "disputes.1.taken": 0,
                "disputes.1.verdicts": 2,
            },
            {"disputes": 8900, "customer_credit": -8900},
            [*REGAINED, "work:move_overpayment"],
        ),
    ),
    (
        lost_before(amount_paid=4000),  # a part was paid otherwise
        DisputeRegained(PAY, "du_1", 8900, 1),
        Entry(
            {
                "payments.1.disputed": False,
                "amount_paid": 8900,
                "amount_overpaid": 4000,
                "disputes.1.state": D.WON,
                "disputes.1.taken": 0,
                "disputes.1.verdicts": 2,
                **PAID_AGAIN,
            },
            {"disputes": 8900, "receivable": -4900, "customer_credit": -4000},
            [*REGAINED, "work:move_overpayment", "event:invoice.paid"],
        ),
    ),
    (
        lost_before(purpose=Purpose.ON_ACCOUNT, overdue_at=NOON, amount_overpaid=5),
        DisputeRegained(PAY, "du_1", 8900, 1),
        Entry(
            {
                "payments.1.disputed": False,
                "amount_paid": 8900,
                "disputes.1.state": D.WON,
                "disputes.1.taken": 0,
                "disputes.1.verdicts": 2,
                **PAID_AGAIN,
            },
            {"disputes": 8900, "customer_credit": -8900},
            REGAINED,
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("invoice", "payload", "expected"), ENTRIES)
def test_a_dispute_in_the_books(invoice: Invoice, payload: Any, expected: Entry) -> None:
    assert entry(invoice, payload, disputed) == expected


def test_another_dispute_of_the_payment_goes_on_holding_it() -> None:
    second = replace(MARK, id="du_2")
    won = told(having(MARK, second), DisputeClosed(PAY, "du_1", won=True))
    assert changed(having(MARK, second), won) == {
        "disputes.1.state": D.WON,
        "disputes.1.verdicts": 1,
    }


@pytest.mark.parametrize(
    ("payload", "words"),
    [
        (DisputeClosed(PAY, "du_9", won=True), "inv_1: du_9 was decided before it was opened"),
        (DisputeRegained(PAY, "du_9", 5, 1), "inv_1: du_9 was decided before it was opened"),
    ],
)
def test_what_cannot_be_is_named(payload: Any, words: str) -> None:
    with pytest.raises(BrokenRecord) as broken:
        told(having(MARK), payload)
    assert str(broken.value) == words


def test_a_topic_takes_only_its_own_facts() -> None:
    other = facts.Replanned("A new card.")
    with pytest.raises(BrokenRecord) as broken:
        disputed.step(PAID, other, at(NOON))
    assert str(broken.value) == "no step for Replanned"
    assert disputed.legs_for(PAID, other) == ()
    assert disputed.owed(PAID, PAID, other, Audience()) == ()
    regained = DisputeRegained(PAY, "du_1", 5, 1)
    assert ids(disputed.owed(None, PAID, regained, Audience())) == REGAINED


# --------------------------------------------------------------------- how much, and whose it is


def refunded(amount: int) -> Invoice:
    given = replace(PAID.payments[1], amount_refunded=amount)
    return having(MARK, payments=(OLD, given)) if amount else having(MARK)


LOSING = DisputeClosed(PAY, "du_1", won=False)


@pytest.mark.parametrize(
    ("invoice", "taken"),
    [
        (having(MARK), 8900),
        (having(replace(MARK, amount=2000)), 2000),
        (having(MARK, amount_paid=500), 500),
        (having(replace(MARK, amount=5000), replace(LOST, id="du_2", taken=8000)), 900),
        (having(MARK, replace(LOST, id="du_2", taken=9000)), 0),
        (having(), 0),
    ],
)
def test_a_lost_dispute_takes_what_its_payment_still_counts_for(
    invoice: Invoice, taken: int
) -> None:
    assert disputed_amount(invoice, LOSING) == taken
    assert disputed_amount(invoice, replace(LOSING, won=True)) == 0
    assert disputed_amount(invoice, replace(LOSING, payment_id="pay_9")) == 0


def test_what_was_refunded_is_not_taken_twice() -> None:
    given = replace(PAID.payments[1], amount_refunded=900)
    assert disputed_amount(replace(having(MARK), payments=(OLD, given)), LOSING) == 8000


def test_what_another_payments_dispute_took_is_that_payments() -> None:
    theirs = replace(LOST, id="du_2", payment_id=OLD.id, taken=8900)
    assert disputed_amount(having(MARK, theirs), LOSING) == 8900


@pytest.mark.parametrize(
    ("status", "moved", "ours"),
    [
        ("won", (), True),
        ("won", (-8900,), True),
        ("warning_closed", (), True),
        ("lost", (), False),
        ("lost", (-8900,), False),
        ("lost", (-8900, 8899), False),
        ("lost", (-8900, 8900), True),
        ("prevented", (), True),
        ("prevented", (-8900,), False),
        ("prevented", (-8900, 8900), True),
        ("needs_response", (), None),
        ("under_review", (-8900,), None),
        ("a word of tomorrow", (), None),
    ],
)
def test_whose_the_money_is(status: str, moved: Sequence[int], *, ours: bool | None) -> None:
    assert rules.is_ours(status, moved) == ours


WON = replace(MARK, state=D.WON, verdicts=1)


@pytest.mark.parametrize(
    ("mark", "status", "moved", "decided"),
    [
        (MARK, "under_review", (), None),
        (MARK, "won", (), DisputeClosed(PAY, "du_1", won=True, verdict=0)),
        (MARK, "lost", (-8900,), DisputeClosed(PAY, "du_1", won=False, verdict=0)),
        (WON, "won", (), None),
        (WON, "lost", (-8900,), DisputeClosed(PAY, "du_1", won=False, verdict=1)),
        (LOST, "lost", (-8900,), None),
        (LOST, "lost", (), None),
        (LOST, "lost", (-8900, 900), DisputeRegained(PAY, "du_1", 900, 1)),
        (LOST, "lost", (-8900, 8900), DisputeRegained(PAY, "du_1", 8900, 1)),
        (LOST, "won", (-8900, 8900), DisputeRegained(PAY, "du_1", 8900, 1)),
        (LOST, "won", (), DisputeRegained(PAY, "du_1", 8900, 1)),
        (replace(LOST, taken=0), "won", (), DisputeRegained(PAY, "du_1", 0, 1)),
        (replace(LOST, taken=500), "lost", (-8900,), None),
    ],
)
def test_what_stripe_has_decided_and_the_invoice_does_not_say_yet(
    mark: DisputeMark, status: str, moved: Sequence[int], decided: Any
) -> None:
    assert verdict(having(mark), "du_1", status, moved) == decided
    assert verdict(having(mark), "du_9", status, moved) is None
