"""What a dispute and a warning of fraud change in an invoice's head, and nothing else."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.desk.warned import FraudReleased, FraudWarned
from chalicelib.domain.dispute import DisputeMark, DisputeState
from chalicelib.domain.fraud_warning import FraudMark
from chalicelib.domain.invoice import HoldKind, Invoice, InvoiceStatus
from tests.domain.test_what_each_fact_changes import HOLD, LATER, OLD, PAID, PAY, changed, told

S = InvoiceStatus
MARK = DisputeMark("du_1", PAY, 8900, "fraudulent", None)
WARNED = FraudMark("issfr_1", PAY, "misc")
DISPUTED = replace(
    PAID,
    payments=(OLD, replace(PAID.payments[1], disputed=True)),
    disputes=(MARK,),
    hold=HOLD,
)
LOST = replace(
    DISPUTED,
    amount_paid=100,
    paid_at=None,
    closed_at=None,
    disputes=(replace(MARK, state=DisputeState.LOST, taken=8800, verdicts=1),),
    status=S.PENDING,
)


CHANGES: list[tuple[Invoice, Any, dict[str, Any]]] = [
    (
        PAID,
        facts.DisputeOpened(PAY, "du_1", 8900, "fraudulent", None),
        {"payments.1.disputed": True, "disputes": (MARK,)},
    ),
    (DISPUTED, facts.DisputeFundsMoved(PAY, "du_1", "txn_1", -8900, 1500), {}),
    (
        DISPUTED,
        facts.DisputeClosed(PAY, "du_1", won=True),
        {
            "payments.1.disputed": False,
            "disputes.0.state": DisputeState.WON,
            "disputes.0.verdicts": 1,
        },
    ),
    (
        DISPUTED,
        facts.DisputeClosed(PAY, "du_1", won=False),
        {
            "amount_paid": 100,
            "paid_at": None,
            "closed_at": None,
            "disputes.0.state": DisputeState.LOST,
            "disputes.0.taken": 8800,
            "disputes.0.verdicts": 1,
            "status": S.PENDING,
        },
    ),
    (
        LOST,
        facts.DisputeRegained(PAY, "du_1", 8800, 1),
        {
            "amount_paid": 8900,
            "paid_at": LATER,
            "closed_at": LATER,
            "hold": None,
            "payments.1.disputed": False,
            "disputes.0.state": DisputeState.WON,
            "disputes.0.taken": 0,
            "disputes.0.verdicts": 2,
            "status": S.PAID,
        },
    ),
    (
        LOST,
        facts.DisputeRegained(PAY, "du_1", 800, 1),
        {
            "amount_paid": 900,
            "disputes.0.taken": 8000,
            "disputes.0.verdicts": 2,
        },
    ),
    (
        PAID,
        FraudWarned(PAY, "issfr_1", "misc"),
        {"fraud_warnings": (WARNED,)},
    ),
    (
        replace(PAID, fraud_warnings=(WARNED, replace(WARNED, id="issfr_2"))),
        FraudReleased("issfr_1", "Known."),
        {"fraud_warnings.0.released": True},
    ),
]


@pytest.mark.parametrize(
    ("invoice", "payload", "expected"),
    CHANGES,
    ids=lambda value: value.kind if hasattr(value, "kind") else "",
)
def test_a_fact_changes_this_and_nothing_else(
    invoice: Invoice, payload: Any, expected: dict[str, Any]
) -> None:
    assert changed(invoice, told(invoice, payload)) == expected


def test_a_dispute_lost_after_everything_was_refunded_takes_nothing_back() -> None:
    """It stays paid, and keeps the day it was paid on."""
    refunded = replace(DISPUTED.payments[1], amount_refunded=8900)
    invoice = replace(DISPUTED, payments=(OLD, refunded))
    lost = told(invoice, facts.DisputeClosed(PAY, "du_1", won=False))
    assert changed(invoice, lost) == {
        "disputes.0.state": DisputeState.LOST,
        "disputes.0.verdicts": 1,
    }


@pytest.mark.parametrize(
    ("status", "gone"),
    [
        (S.CANCELLED, {}),
        (S.UNCOLLECTIBLE, {"amount_paid": 100, "amount_written_off": 8800}),
    ],
)
def test_a_dispute_lost_on_a_closed_invoice_is_still_recorded(
    status: InvoiceStatus, gone: dict[str, int]
) -> None:
    """Withdrawn, it costs the customer's credit; given up, what is lost is given up with it."""
    invoice = replace(DISPUTED, status=status, paid_at=None)
    lost = told(invoice, facts.DisputeClosed(PAY, "du_1", won=False))
    decided = {"disputes.0.taken": 8800, "disputes.0.verdicts": 1}
    assert changed(invoice, lost) == {"disputes.0.state": DisputeState.LOST, **decided, **gone}


def test_a_warning_holds_until_it_is_released_and_a_dispute_comes_first() -> None:
    warned = replace(PAID, fraud_warnings=(WARNED,))
    assert warned.holding is not None
    assert warned.holding.kind is HoldKind.FRAUD_WARNING
    assert replace(warned, fraud_warnings=(replace(WARNED, released=True),)).holding is None
    disputed = replace(warned, disputes=(MARK,))
    assert disputed.holding is not None
    assert disputed.holding.kind is HoldKind.DISPUTE
