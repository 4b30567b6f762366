"""Money: refunds, disputes and payouts, and that the books follow from balance transactions."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from infra.local.fake_stripe import FakeStripe, Options
from infra.local.fake_stripe.balance import card_fee, debit_fee
from tests.infra.fake_stripe.bench import DAY, START, FakeBench


def book(fake: FakeBench, account: str | None = None) -> dict[str, Any]:
    return fake.core.books(account)["usd"]


@pytest.mark.parametrize(("amount", "fee"), [(50, 31), (100, 33), (8900, 288), (10_000, 320)])
def test_card_fees(amount: int, fee: int) -> None:
    assert card_fee(amount) == fee


@pytest.mark.parametrize(("amount", "fee"), [(100, 1), (8900, 71), (62_500, 500), (99_999, 500)])
def test_debit_fees(amount: int, fee: int) -> None:
    assert debit_fee(amount) == fee


def test_a_charge_moves_its_amount_less_the_fee(fake: FakeBench) -> None:
    fake.paid()
    assert tuple(book(fake)[name] for name in ("charges", "fees", "available", "pending")) == (
        8900,
        288,
        0,
        8612,
    )


def test_the_balance_transaction_may_come_later() -> None:
    fake = FakeBench(options=Options(balance_transaction_lag=60))
    charge_id = str(fake.paid().latest_charge)
    assert fake.v1.charges.retrieve(charge_id).balance_transaction is None
    fake.clock.now += 60
    assert fake.v1.charges.retrieve(charge_id).balance_transaction is not None
    assert fake.event_types()[-1] == "charge.updated"


# Refunds


def test_a_part_and_then_the_rest_are_refunded(fake: FakeBench) -> None:
    intent = fake.paid()
    assert fake.refund(intent.id, amount=900).status == "succeeded"
    assert fake.refund(intent.id).amount == 8000
    charge = fake.v1.charges.retrieve(str(intent.latest_charge))
    assert (charge.amount_refunded, charge.refunded) == (8900, True)
    assert book(fake)["refunds"] == -8900
    assert book(fake)["fees"] == 288


def test_a_refund_may_fail_after_it_succeeded(fake: FakeBench) -> None:
    intent = fake.paid("pm_card_refundFail")
    refund = fake.refund(intent.id)
    assert refund.status == "succeeded"
    fake.pass_days(3)
    failed = fake.v1.refunds.retrieve(refund.id, {"expand": ["failure_balance_transaction"]})
    assert (failed.status, failed.failure_reason) == ("failed", "expired_or_canceled_card")
    back: Any = failed.failure_balance_transaction
    assert (back.type, back.amount) == ("refund_failure", 8900)
    assert "refund.failed" in fake.event_types()
    assert book(fake)["refunds"] == 0
    assert fake.refund(intent.id).status == "succeeded"


def test_a_slow_refund_is_pending_first(fake: FakeBench) -> None:
    intent = fake.paid("pm_card_pendingRefund")
    refund = fake.refund(intent.id)
    assert (refund.status, refund.pending_reason) == ("pending", "processing")
    fake.pass_days(7)
    assert fake.v1.refunds.retrieve(refund.id).status == "succeeded"


def test_only_a_refund_that_waits_for_the_payer_can_be_cancelled(fake: FakeBench) -> None:
    intent = fake.paid()
    fake.core.script_refunds(str(intent.latest_charge), ["requires_action"])
    waiting, done = fake.refund(intent.id, amount=100), fake.refund(intent.id, amount=100)
    cancelled = fake.v1.refunds.cancel(waiting.id, {}, fake.key("refund"))  # type: ignore[arg-type]
    assert cancelled.status == "canceled"
    key: Any = fake.key("refund")
    assert fake.refused(lambda: fake.v1.refunds.cancel(done.id, {}, key)).http_status == 400
    assert book(fake)["refunds"] == -100


def test_a_failed_charge_has_nothing_to_refund(fake: FakeBench) -> None:
    intent = fake.intent()
    fake.declined(intent, "pm_card_visa_chargeDeclined")
    assert fake.refused(lambda: fake.refund(intent)).http_status == 400


def test_a_disputed_charge_is_not_refunded(fake: FakeBench) -> None:
    intent = fake.paid()
    fake.core.dispute(str(intent.latest_charge))
    error: Any = fake.refused(lambda: fake.refund(intent.id))
    assert error.code == "charge_disputed"


# Disputes


def test_a_dispute_takes_amount_and_fee_in_the_observed_order(fake: FakeBench) -> None:
    fake.paid("pm_card_createDispute")
    assert fake.event_types()[-4:] == [
        "charge.succeeded",
        "charge.dispute.created",
        "charge.dispute.funds_withdrawn",
        "payment_intent.succeeded",
    ]
    assert book(fake)["disputes"] == -8900
    assert book(fake)["fees"] == 288 + 1500


@pytest.mark.parametrize(
    ("words", "status", "disputes", "fees"),
    [("winning_evidence", "won", 0, 288), ("losing_evidence", "lost", -8900, 1788)],
)
def test_evidence_decides(
    fake: FakeBench, words: str, status: str, disputes: int, fees: int
) -> None:
    dispute = fake.core.dispute(str(fake.paid().latest_charge))["id"]
    answered = fake.answer(dispute, {"uncategorized_text": words})
    assert answered.status == "under_review"
    fake.clock.now += 1
    assert fake.v1.disputes.retrieve(dispute).status == status
    assert (disputes, fees) == (book(fake)["disputes"], book(fake)["fees"])
    assert fake.event_types()[-1] == "charge.dispute.closed"


def test_other_evidence_waits_for_the_bank(fake: FakeBench) -> None:
    dispute = fake.core.dispute(str(fake.paid().latest_charge))["id"]
    fake.answer(dispute, {"customer_name": "Ada"}, submit=False)
    assert fake.v1.disputes.retrieve(dispute).status == "needs_response"
    fake.answer(dispute, {"uncategorized_text": "please"})
    fake.pass_days(60)
    assert fake.v1.disputes.retrieve(dispute).status == "under_review"
    fake.core.decide_dispute(dispute, won=True)
    assert fake.v1.disputes.retrieve(dispute).status == "won"


def test_closing_a_dispute_is_conceding_it(fake: FakeBench) -> None:
    dispute = fake.core.dispute(str(fake.paid().latest_charge))["id"]
    assert fake.concede(dispute).status == "lost"
    again = fake.refused(lambda: fake.concede(dispute))
    assert again.http_status == 400


def test_a_dispute_nobody_answers_is_lost_at_its_deadline(fake: FakeBench) -> None:
    dispute = fake.core.dispute(str(fake.paid().latest_charge))["id"]
    fake.pass_days(13)
    assert fake.v1.disputes.retrieve(dispute).status == "needs_response"
    fake.pass_days(1)
    lapsed = fake.v1.disputes.retrieve(dispute)
    assert (lapsed.status, lapsed.evidence_details.past_due) == ("lost", True)


def test_evidence_is_uploaded_first_and_has_its_size(fake: FakeBench) -> None:
    dispute = fake.core.dispute(str(fake.paid().latest_charge))["id"]
    unknown: Any = fake.refused(lambda: fake.answer(dispute, {"receipt": "file_unknown"}))
    assert unknown.http_status == 400
    texts = dict.fromkeys(
        ("access_activity_log", "cancellation_rebuttal", "product_description"), "x" * 60_000
    )
    assert fake.refused(lambda: fake.answer(dispute, texts)).http_status == 400
    made = fake.upload(b"%PDF-1.7 a page")
    assert (made.type, made.size, made.purpose) == ("pdf", 15, "dispute_evidence")
    assert fake.answer(dispute, {"receipt": made.id}).evidence.receipt == made.id
    for content in (b"plain text", b"%PDF" + bytes(5 * 1024 * 1024)):
        assert fake.refused(lambda content=content: fake.upload(content)).http_status == 400


def test_an_inquiry_moves_money_only_when_it_escalates(fake: FakeBench) -> None:
    intent = fake.paid("pm_card_createDisputeInquiry")
    dispute = fake.v1.disputes.list({"payment_intent": intent.id}).data[0]
    assert (dispute.status, dispute.is_charge_refundable) == ("warning_needs_response", True)
    assert book(fake)["disputes"] == 0
    fake.core.escalate_dispute(dispute.id)
    assert book(fake)["disputes"] == -8900
    assert fake.v1.charges.retrieve(str(intent.latest_charge)).disputed


def test_an_inquiry_that_is_answered_closes_without_money(fake: FakeBench) -> None:
    fake.paid("pm_card_createDisputeInquiry")
    dispute = fake.v1.disputes.list({}).data[0]
    fake.answer(dispute.id, {"uncategorized_text": "winning_evidence"})
    fake.clock.now += 1
    assert fake.v1.disputes.retrieve(dispute.id).status == "warning_closed"
    assert book(fake)["disputes"] == 0


# Payouts


def test_an_automatic_payout_lists_exactly_its_members(fake: FakeBench) -> None:
    intent = fake.paid()
    fake.refund(intent.id, amount=900)
    fake.pass_days(3)
    payout = fake.v1.payouts.list({}).data[0]
    assert (
        payout.amount,
        payout.reconciliation_status,
        payout.status,
    ) == (7712, "completed", "in_transit")
    rows = fake.v1.balance_transactions.list({"payout": payout.id, "limit": 100}).data
    assert sorted(row.type for row in rows) == ["charge", "payout", "refund"]
    assert sum(row.net for row in rows) == 0
    fake.pass_days(3)
    assert fake.v1.payouts.retrieve(payout.id).status == "paid"
    assert [kind for kind in fake.event_types() if kind.startswith("payout")] == [
        "payout.created",
        "payout.updated",
        "payout.reconciliation_completed",
        "payout.paid",
    ]


def test_a_paid_payout_can_fail_and_the_next_one_takes_its_money(fake: FakeBench) -> None:
    fake.paid()
    fake.core.fail_next_payout("account_closed")
    fake.pass_days(12)
    second, first = fake.v1.payouts.list({}).data
    assert (first.status, first.failure_code) == ("failed", "account_closed")
    assert first.failure_balance_transaction is not None
    assert (first.amount, "paid") == (second.amount, second.status)
    assert book(fake)["payouts"] == -first.amount
    assert book(fake)["net"] == 0


def test_a_negative_balance_is_not_paid_out(fake: FakeBench) -> None:
    intent = fake.paid()
    fake.pass_days(5)
    fake.refund(intent.id)
    fake.pass_days(30)
    assert len(fake.v1.payouts.list({}).data) == 1
    assert book(fake)["available"] == -8900


def test_money_becomes_available_two_business_days_later(fake: FakeBench) -> None:
    fake.paid()
    row = fake.v1.balance_transactions.list({}).data[0]
    assert row.available_on == (START // DAY + 2) * DAY
    assert row.status == "pending"
    fake.pass_days(2)
    assert fake.v1.balance_transactions.retrieve(row.id).status == "available"


def test_without_automatic_payouts_the_balance_grows() -> None:
    fake = FakeBench(options=Options(automatic_payouts=False))
    fake.paid()
    fake.pass_days(30)
    balance = fake.v1.balance.retrieve()
    assert [part.amount for part in balance.available] == [8612]
    assert fake.v1.payouts.list({}).data == []


def test_balance_transactions_can_be_found_by_source_and_type(fake: FakeBench) -> None:
    intent = fake.paid()
    fake.refund(intent.id)
    for params, kinds in (
        ({"source": str(intent.latest_charge)}, ["charge"]),
        ({"type": "refund"}, ["refund"]),
    ):
        rows = fake.v1.balance_transactions.list(params)  # type: ignore[arg-type]
        assert [row.type for row in rows.data] == kinds


def test_a_core_is_cheap_to_make() -> None:
    cores = [FakeStripe(lambda: START, seed) for seed in range(50)]
    assert len({core.account().id for core in cores}) == 50


def test_the_sdk_reads_what_the_fake_writes(fake: FakeBench) -> None:
    assert isinstance(fake.paid(), stripe.PaymentIntent)
