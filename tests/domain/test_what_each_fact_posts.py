"""Every kind of fact that moves money: its legs, account by account, on the balance it met."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.desk.disputed import disputed_amount
from chalicelib.domain.desk.external_payments import ExternalPaymentBounced, ExternalPaymentRecorded
from chalicelib.domain.desk.refunds import Refunded, RefundFailed
from chalicelib.domain.desk.write_offs import WrittenOff
from chalicelib.domain.dispute import DisputeMark, DisputeState
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Purpose
from chalicelib.domain.invoice_ledger import legs_for
from chalicelib.domain.ledger import Account, Leg, assert_balanced
from chalicelib.domain.payment import PaymentStatus
from tests.domain.samples import NOON, day, draft, line, payment, pending

PAY = "pay_1_1"
TAXED = line(1000, tax_percent=Decimal(10))
DUE = (day("2026-03-02"), day("2026-04-01"), NOON)
WIRED = date(2026, 3, 3)
BOUNCED = ExternalPaymentBounced("W-1", 400, WIRED, "No funds.")
OWED = {"receivable": 1100, "revenue": -1000, "tax": -100}


def paid(refunded: int = 0, amount_paid: int = 8900) -> Invoice:
    done = payment(status=PaymentStatus.PAID, amount_refunded=refunded)
    return pending(
        payments=(done,),
        amount_paid=amount_paid,
        status=InvoiceStatus.PAID,
        disputes=(DisputeMark("du_1", PAY, 8900, "fraudulent", None),),
    )


def charged(amount: int, fee: int | None = None) -> facts.ChargeSucceeded:
    return facts.ChargeSucceeded(PAY, 1, "pi_1", "ch_1", amount, fee)


def wired(amount: int) -> ExternalPaymentRecorded:
    return ExternalPaymentRecorded("W-1", ExternalMethod.WIRE, "W-1", amount, WIRED)


def closed(*, won: bool, payment_id: str = PAY) -> facts.DisputeClosed:
    return facts.DisputeClosed(payment_id, "du_1", won)


def lost(*, amount_paid: int = 0, **changes: Any) -> Invoice:
    mark = DisputeMark("du_1", PAY, 8900, "fraudulent", None, DisputeState.LOST, 8900, 1)
    owing = replace(paid(amount_paid=amount_paid), status=InvoiceStatus.PENDING)
    return replace(owing, disputes=(mark,), **changes)


def regained(amount: int) -> facts.DisputeRegained:
    return facts.DisputeRegained(PAY, "du_1", amount, 1)


@pytest.mark.parametrize(
    ("invoice", "payload", "posted"),
    [
        (None, facts.InvoiceCreated(draft(TAXED)), {}),
        (None, facts.InvoiceIssued(draft(TAXED), "INV-1", *DUE), OWED),
        (draft(TAXED), facts.InvoiceFinalized("INV-1", *DUE), OWED),
        (draft(TAXED), facts.InvoiceCancelled("A draft."), {}),
        (
            pending(TAXED),
            facts.InvoiceCancelled("Wrong."),
            {"receivable": -1100, "revenue": 1000, "tax": 100},
        ),
        (pending(), charged(8900), {"cash_in_transit": 8900, "receivable": -8900}),
        (
            pending(),
            charged(8900, 288),
            {"cash_in_transit": 8612, "fees": 288, "receivable": -8900},
        ),
        (
            pending(amount_paid=8000),
            charged(8900),
            {"cash_in_transit": 8900, "receivable": -900, "customer_credit": -8000},
        ),
        (paid(), charged(5), {"cash_in_transit": 5, "customer_credit": -5}),
        (paid(amount_paid=9000), charged(5), {"cash_in_transit": 5, "customer_credit": -5}),
        (pending(), facts.FeePosted(PAY, "ch_1", 288), {"fees": 288, "cash_in_transit": -288}),
        (pending(), wired(8900), {"bank": 8900, "receivable": -8900}),
        (
            pending(amount_paid=8000, amount_written_off=900, status=InvoiceStatus.UNCOLLECTIBLE),
            wired(400),
            {"bank": 400, "write_offs": -400},
        ),
        (paid(), BOUNCED, {"receivable": 400, "bank": -400}),
        (
            pending(amount_written_off=900, status=InvoiceStatus.UNCOLLECTIBLE),
            BOUNCED,
            {"write_offs": 400, "bank": -400},
        ),
        (
            pending(status=InvoiceStatus.CANCELLED),
            BOUNCED,
            {"customer_credit": 400, "bank": -400},
        ),
        (
            pending(),
            WrittenOff("Bankrupt.", 8900),
            {"write_offs": 8900, "receivable": -8900},
        ),
        (paid(), Refunded(PAY, "re_1", 7), {"refunds": 7, "cash_in_transit": -7}),
        (paid(), RefundFailed(PAY, "re_1", 7), {"refunds": -7, "cash_in_transit": 7}),
        (
            paid(),
            facts.DisputeFundsMoved(PAY, "du_1", "txn_1", -8900, 1500),
            {"disputes": 8900, "fees": 1500, "cash_in_transit": -10400},
        ),
        (paid(), closed(won=True), {}),
        (paid(), closed(won=False), {"receivable": 8900, "disputes": -8900}),
        (paid(refunded=900), closed(won=False), {"receivable": 8000, "disputes": -8000}),
        (paid(amount_paid=500), closed(won=False), {"receivable": 500, "disputes": -500}),
        (paid(), closed(won=False, payment_id="pay_9"), {}),
        (lost(), regained(8900), {"disputes": 8900, "receivable": -8900}),
        (lost(), regained(900), {"disputes": 900, "receivable": -900}),
        (
            lost(amount_paid=6000),
            regained(8900),
            {"disputes": 8900, "receivable": -2900, "customer_credit": -6000},
        ),
        (
            lost(purpose=Purpose.ON_ACCOUNT),
            regained(8900),
            {"disputes": 8900, "customer_credit": -8900},
        ),
        (
            replace(paid(), purpose=Purpose.ON_ACCOUNT),
            closed(won=False),
            {"customer_credit": 8900, "disputes": -8900},
        ),
    ],
    ids=lambda value: value.kind if hasattr(value, "kind") else "",
)
def test_a_fact_posts_these_legs(
    invoice: Invoice | None, payload: Any, posted: dict[str, int]
) -> None:
    found = legs_for(invoice, payload)
    assert {leg.account.value: leg.amount for leg in found} == posted
    assert len(found) == len(posted)
    assert {leg.currency for leg in found} <= {"USD"}


def test_a_dispute_can_take_back_no_more_than_its_payment_brought() -> None:
    assert disputed_amount(paid(), closed(won=False)) == 8900
    assert disputed_amount(paid(refunded=8900), closed(won=False)) == 0
    assert disputed_amount(paid(), closed(won=False, payment_id="pay_9")) == 0
    assert disputed_amount(paid(), closed(won=True)) == 0


def test_a_dispute_over_a_part_takes_back_that_part() -> None:
    part = replace(paid(), disputes=(DisputeMark("du_1", PAY, 2000, "duplicate", None),))
    assert disputed_amount(part, closed(won=False)) == 2000
    found = legs_for(part, closed(won=False))
    assert {leg.account.value: leg.amount for leg in found} == {
        "receivable": 2000,
        "disputes": -2000,
    }


def test_legs_carry_the_invoices_currency() -> None:
    invoice = replace(pending(), currency="EUR")
    assert {leg.currency for leg in legs_for(invoice, charged(8900, 288))} == {"EUR"}


def test_unbalanced_legs_are_told_with_what_is_missing() -> None:
    with pytest.raises(BrokenRecord) as broken:
        assert_balanced([Leg(Account.BANK, 5, "USD"), Leg(Account.FEES, -3, "USD")])
    assert str(broken.value) == "legs do not balance: {'USD': 2}"
