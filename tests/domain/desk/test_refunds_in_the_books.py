"""Refunds, step by step: what each fact changes, posts and owes, and what is left to give back."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.credit_note import CreditLine, CreditNote
from chalicelib.domain.desk import refunds
from chalicelib.domain.desk.refunds import (
    ExternalRefundPaid,
    RefundApproved,
    RefundDropped,
    Refunded,
    RefundFailed,
    RefundRejected,
    RefundRequested,
    RefundSent,
    RefundSettled,
    amount_given_back,
    amount_refundable,
    amount_sold,
)
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.external_payment import ExternalMethod, ExternalPayment
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice import InvoiceStatus as S
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment import PaymentStatus as P
from chalicelib.domain.refund import Refund, RefundStatus
from tests.domain.desk.books import Entry, entry, ids
from tests.domain.histories import PAY, Story
from tests.domain.samples import NOON, day, payment, pending
from tests.domain.test_what_each_fact_changes import LATER, OLD, told

PAID = pending(
    payments=(OLD, payment(status=P.PAID, paid_at=NOON, amount_refunded=100)),
    external_payments=(
        ExternalPayment("ext_0", ExternalMethod.CASH, "", 700, day("2026-03-01"), NOON),
        ExternalPayment("ext_1", ExternalMethod.CHECK, "7", 600, day("2026-03-01"), NOON, 50),
    ),
    status=S.PAID,
    amount_paid=8900,
)
OTHERS = Refund("ref_0", "pay_1_0", 70, "Late.", NOON, "usr_1")
ASKED = Refund("ref_1", PAY, 900, "Returned goods.", NOON, "usr_1")
CREDIT = replace(ASKED, from_credit=True)
WAITING = replace(ASKED, status=RefundStatus.AWAITING_APPROVAL)
BY_HAND = replace(ASKED, payment_id="ext_1")
DROPPED = ["staff_mail:staff_refund_failed", "event:refund.failed"]
FAILED = ["mail:refund_failed", *DROPPED]
GONE = ["mail:refund_sent", "event:refund.created"]


def having(refund: Refund) -> Invoice:
    """Another refund stands before it, and nothing may touch that one."""
    return replace(PAID, refunds=(OTHERS, refund))


def one(**changes: Any) -> dict[str, Any]:
    return {f"refunds.1.{name}": value for name, value in changes.items()}


ENTRIES = [
    (
        PAID,
        RefundRequested(ASKED),
        Entry({"refunds": (ASKED,)}, {}, ["work:send_refunds", "event:refund.requested"]),
    ),
    (
        PAID,
        RefundRequested(WAITING),
        Entry(
            {"refunds": (WAITING,)},
            {},
            ["staff_mail:staff_refund_approval", "event:refund.requested"],
        ),
    ),
    (
        PAID,
        RefundRequested(CREDIT),  # set aside: nobody else may spend it
        Entry(
            {"refunds": (CREDIT,)},
            {"customer_credit": 900, "refunds": -900},
            ["work:send_refunds", "event:refund.requested"],
        ),
    ),
    (
        having(WAITING),
        RefundApproved("ref_1", "usr_2"),
        Entry(
            one(status=RefundStatus.REQUESTED, decided_by="usr_2", decided_at=LATER),
            {},
            ["work:send_refunds"],
        ),
    ),
    (
        having(WAITING),
        RefundRejected("ref_1", "usr_2", "Not agreed."),
        Entry(
            one(
                status=RefundStatus.REJECTED,
                decided_by="usr_2",
                decided_at=LATER,
                failure="Not agreed.",
            ),
            {},
            ["event:refund.rejected"],
        ),
    ),
    (
        having(replace(CREDIT, status=RefundStatus.AWAITING_APPROVAL)),
        RefundRejected("ref_1", "usr_2", "Not agreed."),
        Entry(
            one(
                status=RefundStatus.REJECTED,
                decided_by="usr_2",
                decided_at=LATER,
                failure="Not agreed.",
            ),
            {"refunds": 900, "customer_credit": -900},
            ["event:refund.rejected"],
        ),
    ),
    (
        having(ASKED),
        RefundSent("ref_1", "re_1", "Too little."),
        Entry(
            one(status=RefundStatus.PENDING, stripe_refund_id="re_1", waits_for="Too little."),
            {},
            ["event:refund.pending"],
        ),
    ),
    (
        having(ASKED),
        RefundDropped("ref_1", "charge_disputed", "It is disputed."),
        Entry(one(status=RefundStatus.FAILED, failure="It is disputed."), {}, DROPPED),
    ),
    (
        having(replace(ASKED, status=RefundStatus.PENDING, waits_for="The balance is low.")),
        RefundDropped("ref_1", "charge_disputed", "It is disputed."),
        Entry(
            one(status=RefundStatus.FAILED, failure="It is disputed.", waits_for=""), {}, DROPPED
        ),
    ),
    (
        having(CREDIT),
        RefundDropped("ref_1", "charge_disputed", "It is disputed."),
        Entry(
            one(status=RefundStatus.FAILED, failure="It is disputed."),
            {"refunds": 900, "customer_credit": -900},
            DROPPED,
        ),
    ),
    (
        having(ASKED),
        Refunded(PAY, "re_1", 900, "ref_1"),
        Entry(
            {
                "payments.1.amount_refunded": 1000,
                **one(status=RefundStatus.SUCCEEDED, stripe_refund_id="re_1"),
            },
            {"refunds": 900, "cash_in_transit": -900},
            GONE,
        ),
    ),
    (
        PAID,
        Refunded(PAY, "re_9", 300),
        Entry(
            {
                "payments.1.amount_refunded": 400,
                "refunds": (
                    Refund(
                        "re_9",
                        PAY,
                        300,
                        "Made in Stripe's dashboard.",
                        LATER,
                        status=RefundStatus.SUCCEEDED,
                        stripe_refund_id="re_9",
                    ),
                ),
            },
            {"refunds": 300, "cash_in_transit": -300},
            GONE,
        ),
    ),
    (
        having(replace(ASKED, waits_for="Too little.")),
        Refunded(PAY, "re_1", 900, "ref_1", in_transit=True),
        Entry(
            {
                "payments.1.amount_refunded": 1000,
                **one(status=RefundStatus.IN_TRANSIT, stripe_refund_id="re_1", waits_for=""),
            },
            {"refunds": 900, "cash_in_transit": -900},
            GONE,
        ),
    ),
    (
        having(replace(ASKED, status=RefundStatus.IN_TRANSIT)),
        RefundSettled("re_1", "ref_1"),
        Entry(one(status=RefundStatus.SUCCEEDED), {}, ["event:refund.updated"]),
    ),
    (
        PAID,
        Refunded(PAY, "re_9", 300, credit_part=200),
        Entry(
            {
                "payments.1.amount_refunded": 400,
                "refunds": (
                    Refund(
                        "re_9",
                        PAY,
                        300,
                        "Made in Stripe's dashboard.",
                        LATER,
                        status=RefundStatus.SUCCEEDED,
                        stripe_refund_id="re_9",
                        credit_part=200,
                    ),
                ),
            },
            {"refunds": 100, "customer_credit": 200, "cash_in_transit": -300},
            GONE,
        ),
    ),
    (
        having(replace(ASKED, id="re_9", status=RefundStatus.SUCCEEDED, credit_part=40)),
        RefundFailed(PAY, "re_9", 100),
        Entry(
            {
                "payments.1.amount_refunded": 0,
                **one(status=RefundStatus.FAILED, failure=refunds.SENT_BACK),
            },
            {"cash_in_transit": 100, "refunds": -60, "customer_credit": -40},
            FAILED,
        ),
    ),
    (
        having(replace(ASKED, status=RefundStatus.SUCCEEDED)),
        RefundFailed(PAY, "re_1", 100, "ref_1"),
        Entry(
            {
                "payments.1.amount_refunded": 0,
                **one(status=RefundStatus.FAILED, failure=refunds.SENT_BACK),
            },
            {"cash_in_transit": 100, "refunds": -100},
            FAILED,
        ),
    ),
    (
        having(replace(CREDIT, status=RefundStatus.SUCCEEDED)),
        RefundFailed(PAY, "re_1", 100, "ref_1"),
        Entry(
            {
                "payments.1.amount_refunded": 0,
                **one(status=RefundStatus.FAILED, failure=refunds.SENT_BACK),
            },
            {"cash_in_transit": 100, "customer_credit": -100},
            FAILED,
        ),
    ),
    (
        having(BY_HAND),
        ExternalRefundPaid("ref_1", 500, day("2026-03-04")),
        Entry(
            {"external_payments.1.amount_refunded": 550, **one(status=RefundStatus.SUCCEEDED)},
            {"refunds": 500, "bank": -500},
            GONE,
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("invoice", "payload", "expected"), ENTRIES)
def test_a_refund_in_the_books(invoice: Invoice, payload: Any, expected: Entry) -> None:
    assert entry(invoice, payload, refunds) == expected


@pytest.mark.parametrize(
    ("invoice", "payload", "words"),
    [
        (
            having(ASKED),
            ExternalRefundPaid("ref_1", 5, NOON.date()),
            "inv_1: refund ref_1 of no external payment",
        ),
        (
            PAID,
            ExternalRefundPaid("ref_9", 5, NOON.date()),
            "inv_1: refund ref_9 of no external payment",
        ),
    ],
)
def test_what_cannot_be_is_named(invoice: Invoice, payload: Any, words: str) -> None:
    with pytest.raises(BrokenRecord) as broken:
        told(invoice, payload)
    assert str(broken.value) == words


def test_a_topic_takes_only_its_own_facts() -> None:
    other = facts.Replanned("A new card.")
    with pytest.raises(BrokenRecord) as broken:
        refunds.step(PAID, other, Story().last)
    assert str(broken.value) == "no step for Replanned"
    assert refunds.legs_for(PAID, other) == ()
    assert ids(refunds.owed(PAID, PAID, other, Audience())) == []


# ---------------------------------------------------------------------- what may be given back

DONE = RefundStatus.SUCCEEDED
STATES = [
    (RefundStatus.AWAITING_APPROVAL, 900, 900),
    (RefundStatus.REQUESTED, 900, 900),
    (RefundStatus.PENDING, 900, 900),
    (RefundStatus.IN_TRANSIT, 0, 900),  # it is in `amount_refunded` already
    (RefundStatus.SUCCEEDED, 0, 900),
    (RefundStatus.FAILED, 0, 0),
    (RefundStatus.REJECTED, 0, 0),
]


@pytest.mark.parametrize(("status", "waiting", "given"), STATES)
def test_what_is_asked_for_cannot_be_asked_for_twice(
    status: RefundStatus, waiting: int, given: int
) -> None:
    invoice = having(replace(ASKED, status=status))
    assert amount_refundable(invoice, PAY) == 8900 - 100 - waiting
    assert amount_given_back(invoice, PAY) == given
    assert amount_given_back(invoice, "pay_1_0") == 70
    by_hand = having(replace(BY_HAND, status=status, amount=200))
    assert amount_refundable(by_hand, "ext_1") == 600 - 50 - (200 if waiting else 0)
    assert amount_refundable(by_hand, PAY) == 8800


def test_no_more_than_nothing_is_left_of_a_payment() -> None:
    """Stripe's dashboard knows nothing of what is asked for here."""
    invoice = having(replace(ASKED, amount=9000))
    assert amount_refundable(invoice, PAY) == 0
    assert amount_refundable(having(replace(BY_HAND, amount=600)), "ext_1") == 0


def test_a_cheque_that_bounced_is_not_given_back() -> None:
    bounced = replace(PAID.external_payments[1], reversed_at=NOON)
    gone = replace(PAID, external_payments=(PAID.external_payments[0], bounced))
    assert amount_refundable(gone, "ext_1") == 0
    assert amount_refundable(gone, "ext_0") == 700


def test_a_payment_that_has_not_succeeded_is_not_given_back() -> None:
    assert amount_refundable(PAID, OLD.id) == 0
    assert amount_refundable(PAID, "pay_9") == 0


def test_only_a_refund_of_credit_gives_credit_back() -> None:
    assert refunds.is_of_credit(having(CREDIT), RefundDropped("ref_1", "x", "No."))
    assert not refunds.is_of_credit(having(ASKED), RefundDropped("ref_1", "x", "No."))
    assert refunds.is_of_credit(having(replace(CREDIT, id="re_1")), Refunded(PAY, "re_1", 9))
    assert not refunds.is_of_credit(having(CREDIT), RefundDropped("ref_9", "x", "No."))
    assert not refunds.is_of_credit(having(CREDIT), facts.Replanned("A new card."))


@pytest.mark.parametrize(("status", "_waiting", "given"), STATES)
def test_what_was_refunded_or_credited_is_not_sold_any_more(
    status: RefundStatus, _waiting: int, given: int
) -> None:
    sold = PAID.totals.total
    assert amount_sold(having(replace(ASKED, status=status))) == sold - 70 - given
    assert amount_sold(having(replace(CREDIT, status=status))) == sold - 70
    assert amount_sold(replace(PAID, replaced_by="inv_2")) == 0
    assert amount_sold(replace(PAID, status=S.CANCELLED)) == 0
    assert amount_sold(having(replace(ASKED, amount=sold))) == 0
    note = CreditNote("cn_1", "CN-1", NOON.date(), "Late.", (CreditLine("Late.", 500),), (), 0)
    assert amount_sold(replace(PAID, credit_notes=(note,))) == sold - 500
