"""Refunds: what is set aside, sent, refused and returned, and that the books balance throughout."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain.desk import refunds
from chalicelib.domain.desk.external_payments import ExternalPaymentRecorded
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.ledger import trial_balance
from chalicelib.domain.refund import Refund, RefundStatus
from tests.domain.histories import PAY, Story
from tests.domain.samples import NOON

ASKED = Refund("ref_1", PAY, 900, "Returned goods.", NOON, "usr_1")
CREDIT = replace(ASKED, from_credit=True)
WAITING = replace(ASKED, status=RefundStatus.AWAITING_APPROVAL)


def books(story: Story) -> dict[str, int]:
    balance = trial_balance(leg for fact in story.facts for leg in fact.legs)
    return {account.value: amount for (_, account), amount in balance.items() if amount}


def before(story: Story) -> dict[str, int]:
    assert story.invoice.amount_remaining == 0
    return {"cash_in_transit": 8612, "fees": 288, "revenue": -8900}


@pytest.mark.parametrize("asked", [ASKED, CREDIT], ids=["price", "credit"])
def test_a_refund_that_was_dropped_leaves_no_trace_in_the_books(asked: Refund) -> None:
    story = Story().paid().tell(refunds.RefundRequested(asked))
    assert story.owed == ["work:send_refunds", "event:refund.requested"]
    assert refunds.amount_refundable(story.invoice, PAY) == 8000
    story.tell(refunds.RefundDropped("ref_1", "charge_disputed", "The charge is disputed."))
    assert books(story) == before(story)
    assert refunds.amount_refundable(story.invoice, PAY) == 8900
    assert story.owed == ["staff_mail:staff_refund_failed", "event:refund.failed"]


@pytest.mark.parametrize(
    ("asked", "account"), [(ASKED, "refunds"), (CREDIT, "customer_credit")], ids=["price", "credit"]
)
def test_money_that_left_is_a_refund_or_credit_paid_out(asked: Refund, account: str) -> None:
    story = Story().paid().tell(refunds.RefundRequested(asked))
    story.tell(refunds.Refunded(PAY, "re_1", 900, "ref_1"))
    found = books(story)
    assert (found[account], found["cash_in_transit"]) == (900, 7712)
    assert story.invoice.payments[0].amount_refunded == 900
    assert story.invoice.amount_remaining == 0
    assert [one.status for one in story.invoice.refunds] == [RefundStatus.SUCCEEDED]
    story.tell(refunds.RefundFailed(PAY, "re_1", 900, "ref_1"))
    assert books(story) == before(story)
    assert story.invoice.refunds[0].status is RefundStatus.FAILED
    assert refunds.amount_refundable(story.invoice, PAY) == 8900


def test_a_second_person_decides() -> None:
    story = Story().paid().tell(refunds.RefundRequested(WAITING))
    assert story.owed == ["staff_mail:staff_refund_approval", "event:refund.requested"]
    story.tell(refunds.RefundApproved("ref_1", "usr_2"))
    approved = story.invoice.refunds[0]
    assert (approved.status, approved.decided_by) == (RefundStatus.REQUESTED, "usr_2")
    assert story.owed == ["work:send_refunds"]


def test_a_rejected_refund_of_credit_gives_the_credit_back() -> None:
    waiting = replace(WAITING, from_credit=True)
    story = Story().paid().tell(refunds.RefundRequested(waiting))
    assert books(story)["customer_credit"] == 900
    story.tell(refunds.RefundRejected("ref_1", "usr_2", "Not agreed."))
    assert books(story) == before(story)
    assert story.invoice.refunds[0].failure == "Not agreed."


def test_a_refund_with_too_low_a_balance_is_pending_at_stripe() -> None:
    story = Story().paid().tell(refunds.RefundRequested(ASKED))
    story.tell(refunds.RefundSent("ref_1", "re_1"))
    assert story.invoice.refunds[0].status is RefundStatus.PENDING
    assert refunds.amount_refundable(story.invoice, PAY) == 8000
    assert story.last.legs == ()


def test_a_refund_made_in_the_dashboard_is_put_on_record() -> None:
    story = Story().paid().tell(refunds.Refunded(PAY, "re_9", 100))
    made = story.invoice.refunds[0]
    assert (made.id, made.reason, made.status) == ("re_9", refunds.DASHBOARD, "succeeded")
    assert refunds.amount_given_back(story.invoice, PAY) == 100


def test_an_external_payment_is_given_back_past_stripe() -> None:
    story = Story().finalized()
    story.tell(ExternalPaymentRecorded("ext_1", ExternalMethod.CHECK, "7", 8900, NOON.date()))
    story.tell(refunds.RefundRequested(replace(ASKED, payment_id="ext_1")))
    story.tell(refunds.ExternalRefundPaid("ref_1", 900, NOON.date()))
    assert books(story) == {"bank": 8000, "refunds": 900, "revenue": -8900}
    assert story.invoice.external_payments[0].amount_refunded == 900
    assert refunds.amount_refundable(story.invoice, "ext_1") == 8000


def test_nothing_can_be_refunded_of_what_brought_nothing() -> None:
    story = Story().charging()
    assert refunds.amount_refundable(story.invoice, PAY) == 0
    assert refunds.amount_refundable(story.invoice, "pay_9") == 0
