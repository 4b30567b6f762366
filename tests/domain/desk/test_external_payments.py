"""External payments on an invoice: what one changes, recovers, and takes back when it bounces."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain.desk import account
from chalicelib.domain.desk.account import ExternalPaymentReceived, ExternalPaymentReversed
from chalicelib.domain.desk.external_payments import (
    ExternalPaymentBounced,
    ExternalPaymentRecorded,
)
from chalicelib.domain.external_payment import ExternalMethod, ExternalPayment
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice import InvoiceStatus as S
from chalicelib.domain.payment import Allocation
from chalicelib.domain.payment import AttemptResult as R
from tests.domain.samples import NOON, customer, day, in_flight, pending
from tests.domain.test_what_each_fact_changes import LATER, PAID, SETTLED, WANTED, changed, told

RECEIVED = ExternalPaymentRecorded("ext_1", ExternalMethod.WIRE, "W-1", 400, day("2026-03-03"))
NOTED = (ExternalPayment("ext_1", ExternalMethod.WIRE, "W-1", 400, day("2026-03-03"), LATER),)
WIRED: dict[str, Any] = {"external_payments": NOTED}
BOUNCED = ExternalPaymentBounced("ext_1", 400, day("2026-03-09"), "No funds.")


@pytest.mark.parametrize(
    ("invoice", "payload", "expected"),
    [
    (pending(amount_paid=100), RECEIVED, {"amount_paid": 500, **WIRED}),
    (in_flight(R.PROCESSING), RECEIVED, {"amount_paid": 400, "status": S.PENDING, **WIRED}),
    (pending(amount_paid=8500, **WANTED), RECEIVED, {"amount_paid": 8900, **WIRED, **SETTLED}),
    (
        pending(amount_written_off=4000, amount_paid=4900, status=S.UNCOLLECTIBLE, closed_at=NOON),
        RECEIVED,
        {"amount_paid": 5300, "amount_written_off": 3600, "amount_recovered": 400, **WIRED},
    ),
    (
        pending(amount_written_off=400, amount_paid=8500, status=S.UNCOLLECTIBLE, **WANTED),
        RECEIVED,
        {
            "amount_paid": 8900,
            "amount_written_off": 0,
            "amount_recovered": 400,
            **WIRED,
            **SETTLED,
        },
    ),
    (
        replace(PAID, external_payments=NOTED),
        BOUNCED,
        {
            "amount_paid": 8500,
            "status": S.PENDING,
            "paid_at": None,
            "closed_at": None,
            "external_payments.0.reversed_at": LATER,
            "external_payments.0.reversal_reason": "No funds.",
        },
    ),
    (
        pending(
            amount_written_off=100,
            amount_paid=8800,
            status=S.UNCOLLECTIBLE,
            external_payments=NOTED,
        ),
        BOUNCED,
        {
            "amount_paid": 8400,
            "amount_written_off": 500,
            "external_payments.0.reversed_at": LATER,
            "external_payments.0.reversal_reason": "No funds.",
        },
    ),
    ],
    ids=lambda value: value.kind if hasattr(value, "kind") else "",
)  # fmt: skip
def test_a_fact_changes_this_and_nothing_else(
    invoice: Invoice, payload: Any, expected: dict[str, Any]
) -> None:
    assert changed(invoice, told(invoice, payload)) == expected


def test_what_no_invoice_needed_is_the_customers_credit_until_it_bounces() -> None:
    came = ExternalPaymentReceived(
        "ext_1", ExternalMethod.CHECK, "7", 1000, "USD", NOON.date(), (Allocation("inv_1", 600),)
    )
    ada = account.step(customer(), came)
    assert (came.to_credit, ada.credit) == (400, 400)
    assert {leg.account.value: leg.amount for leg in account.legs_for(came)} == {
        "bank": 400,
        "customer_credit": -400,
    }
    gone = ExternalPaymentReversed("ext_1", 1000, 500, 400, "USD", NOON.date(), "No funds.")
    assert account.step(ada, gone).credit == -100
    assert {leg.account.value: leg.amount for leg in account.legs_for(gone)} == {
        "customer_credit": 400,
        "bank": -400,
    }
