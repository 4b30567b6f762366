"""What every Gateway does with cancelling, refunds, disputes, payouts, lists and accounts."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta

import pytest

from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.stripe_objects import (
    AccountSeen,
    ConfirmAnswer,
    DisputeSeen,
    IntentSeen,
    IntentStatus,
    RefundSeen,
)
from tests.contracts.gateway_stage import BANK, BUSINESS, Stage


class CancelContract:
    """Cancelling, or learning why not."""

    def cancel(self, stage: Stage, intent_id: str) -> IntentSeen:
        return stage.gateway.cancel_intent(
            stage.account, intent_id, key=f"cancel/{BUSINESS}/{intent_id}"
        )

    def test_an_untried_intent_is_cancelled_once_and_for_all(self, stage: Stage) -> None:
        payer = stage.payer()
        intent_id = stage.intent(payer)
        seen = [self.cancel(stage, intent_id).status for _ in range(2)]
        assert seen == [IntentStatus.CANCELED, IntentStatus.CANCELED]
        assert stage.confirm(intent_id, payer).answer is ConfirmAnswer.UNEXPECTED_STATE
        assert stage.charges(intent_id) == []

    def test_cancelling_after_stripe_forgot_the_key_shows_it_cancelled(self, stage: Stage) -> None:
        intent_id = stage.intent(stage.payer())
        self.cancel(stage, intent_id)
        stage.advance(hours=25)
        assert self.cancel(stage, intent_id).status is IntentStatus.CANCELED

    def test_a_paid_intent_shows_its_payment_instead(self, stage: Stage) -> None:
        intent_id, charge_id = stage.paid()
        seen = self.cancel(stage, intent_id)
        assert seen.status is IntentStatus.SUCCEEDED
        assert seen.latest_charge is not None
        assert seen.latest_charge.id == charge_id

    def test_a_refusal_stored_while_a_debit_ran_does_not_outlive_it(self, stage: Stage) -> None:
        payer = stage.payer(BANK, kind="us_bank_account")
        stage.core.script_card(payer.method_id, ["insufficient_funds"])
        intent_id = stage.intent(payer)
        stage.confirm(intent_id, payer)
        stage.advance(days=3, hours=23)
        assert self.cancel(stage, intent_id).status is IntentStatus.PROCESSING
        stage.advance(hours=20)
        failed = stage.gateway.read_intent(stage.account, intent_id)
        assert failed.status is IntentStatus.REQUIRES_PAYMENT_METHOD
        assert self.cancel(stage, intent_id).status is IntentStatus.CANCELED

    def test_an_unanswered_cancel_says_so(self, stage: Stage) -> None:
        intent_id = stage.intent(stage.payer())
        stage.fail("timeout_before", "payment_intents.cancel")
        with pytest.raises(Unanswered):
            self.cancel(stage, intent_id)


class MoneyContract:
    """Refunds, disputes and payouts."""

    def refund(self, stage: Stage, charge_id: str, amount: int, number: int) -> RefundSeen:
        return stage.gateway.refund(
            stage.account,
            charge_id=charge_id,
            amount=amount,
            currency="USD",
            reason="requested_by_customer",
            refund_id=f"ref_{number}",
            key=f"refund/{BUSINESS}/ref_{number}",
        )

    def test_a_partial_refund_says_what_left_our_balance(self, stage: Stage) -> None:
        intent_id, charge_id = stage.paid(10000)
        refund = self.refund(stage, charge_id, 2500, 1)
        assert (refund.status, refund.amount, refund.currency) == ("succeeded", 2500, "USD")
        assert (refund.charge_id, refund.intent_id) == (charge_id, intent_id)
        assert (refund.moved, refund.returned, refund.request_id) == (2500, 0, "ref_1")
        assert stage.gateway.refunds_of(stage.account, charge_id) == [refund]
        charge = stage.gateway.read_intent(stage.account, intent_id).latest_charge
        assert charge is not None
        assert charge.amount_refunded == 2500

    def test_the_same_refund_twice_is_one(self, stage: Stage) -> None:
        _, charge_id = stage.paid(10000)
        first, second = (self.refund(stage, charge_id, 2500, 1) for _ in range(2))
        assert first == second
        assert len(stage.gateway.refunds_of(stage.account, charge_id)) == 1

    def test_a_reason_of_our_own_is_no_obstacle(self, stage: Stage) -> None:
        _, charge_id = stage.paid(10000)
        refund = stage.gateway.refund(
            stage.account,
            charge_id=charge_id,
            amount=100,
            currency="USD",
            reason="The parcel came late",
            refund_id="ref_1",
            key=f"refund/{BUSINESS}/ref_1",
        )
        assert refund.status == "succeeded"

    def test_more_than_was_paid_is_refused(self, stage: Stage) -> None:
        _, charge_id = stage.paid(10000)
        with pytest.raises(Conflict):
            self.refund(stage, charge_id, 10001, 1)
        assert stage.gateway.refunds_of(stage.account, charge_id) == []

    def test_a_refund_that_bounces_brings_its_money_back(self, stage: Stage) -> None:
        _, charge_id = stage.paid(10000)
        refund = self.refund(stage, charge_id, 10000, 1)
        stage.core.fail_refund(refund.id, account=stage.account)
        (seen,) = stage.gateway.refunds_of(stage.account, charge_id)
        assert (seen.status, seen.moved, seen.returned) == ("failed", 10000, 10000)

    def test_a_dispute_shows_each_movement_of_money(self, stage: Stage) -> None:
        intent_id, charge_id = stage.paid(10000)
        opened = stage.core.dispute(charge_id, account=stage.account)
        (lost,) = stage.gateway.disputes_of(stage.account, charge_id)
        assert (lost.id, lost.status, lost.reason) == (opened["id"], "needs_response", "fraudulent")
        assert (lost.charge_id, lost.intent_id) == (charge_id, intent_id)
        assert lost.due_by == stage.now + timedelta(days=14)
        assert [(amount, fee) for _, amount, fee in lost.moved] == [(-10000, 1500)]
        stage.core.decide_dispute(opened["id"], won=True, account=stage.account)
        (won,) = stage.gateway.disputes_of(stage.account, charge_id)
        assert won.status == "won"
        assert [(amount, fee) for _, amount, fee in won.moved] == [(-10000, 1500), (10000, -1500)]
        charge = stage.gateway.read_intent(stage.account, intent_id).latest_charge
        assert charge is not None
        assert charge.disputed

    def test_a_dispute_is_answered_once_with_files_and_words(self, stage: Stage) -> None:
        dispute_id = self.disputed(stage)
        waiting = stage.gateway.read_dispute(stage.account, dispute_id)
        assert (waiting.status, waiting.submissions, waiting.request_id) == (
            "needs_response",
            0,
            "",
        )
        packet = self.upload(stage, b"%PDF-1.7 packet")
        assert packet == self.upload(stage, b"%PDF-1.7 packet")
        fields = {"uncategorized_file": packet, "uncategorized_text": "They used it. " * 2000}
        seen = [self.answer(stage, dispute_id, fields) for _ in range(2)]
        assert seen[0] == seen[1] == stage.gateway.read_dispute(stage.account, dispute_id)
        assert (seen[0].status, seen[0].submissions, seen[0].request_id) == (
            "under_review",
            1,
            "ask_1",
        )
        kept = stage.core.account(stage.account).disputes[dispute_id]["evidence"]
        assert kept["uncategorized_file"] == packet
        assert len(kept["uncategorized_text"]) == 20_000
        with pytest.raises(Conflict):
            self.answer(stage, dispute_id, fields, "ask_2")

    def test_evidence_needs_a_file_that_is_there(self, stage: Stage) -> None:
        dispute_id = self.disputed(stage)
        with pytest.raises(Conflict):
            self.answer(stage, dispute_id, {"uncategorized_file": "file_unknown"})
        with pytest.raises(Conflict):
            self.upload(stage, b"no document")

    def test_an_accepted_dispute_is_lost(self, stage: Stage) -> None:
        dispute_id = self.disputed(stage)
        closed = [self.accept(stage, dispute_id).status for _ in range(2)]
        assert closed == ["lost", "lost"]
        stage.advance(hours=25)
        with pytest.raises(Conflict):
            self.accept(stage, dispute_id)

    def test_an_unanswered_dispute_is_lost_at_its_deadline(self, stage: Stage) -> None:
        dispute_id = self.disputed(stage)
        stage.advance(days=14)
        assert stage.gateway.read_dispute(stage.account, dispute_id).status == "lost"
        with pytest.raises(Conflict):
            self.answer(stage, dispute_id, {"uncategorized_text": "Too late."})

    @pytest.mark.parametrize("operation", ["files.create", "disputes.update", "disputes.close"])
    def test_an_answer_that_is_lost_can_be_asked_for_again(
        self, stage: Stage, operation: str
    ) -> None:
        dispute_id = self.disputed(stage)
        ask: Callable[[], object] = {
            "files.create": lambda: self.upload(stage, b"%PDF-1.7 packet"),
            "disputes.update": lambda: self.answer(stage, dispute_id, {"customer_name": "Ada"}),
            "disputes.close": lambda: self.accept(stage, dispute_id),
        }[operation]
        stage.lose_answer(operation)
        with pytest.raises(Unanswered):
            ask()
        first, second = ask(), ask()
        assert first == second
        assert len(stage.core.account(stage.account).files) == int(operation == "files.create")

    def disputed(self, stage: Stage) -> str:
        _, charge_id = stage.paid(10000)
        return str(stage.core.dispute(charge_id, account=stage.account)["id"])

    def upload(self, stage: Stage, content: bytes) -> str:
        key = f"file/{BUSINESS}/du_1/{len(content)}"
        return stage.gateway.upload_evidence(
            stage.account, name="evidence.pdf", content=content, key=key
        )

    def answer(
        self, stage: Stage, dispute_id: str, fields: dict[str, str], request_id: str = "ask_1"
    ) -> DisputeSeen:
        return stage.gateway.submit_evidence(
            stage.account,
            dispute_id,
            fields=fields,
            request_id=request_id,
            key=f"evidence/{BUSINESS}/{dispute_id}/{request_id}",
        )

    def accept(self, stage: Stage, dispute_id: str) -> DisputeSeen:
        key = f"accept/{BUSINESS}/{dispute_id}"
        return stage.gateway.close_dispute(stage.account, dispute_id, key=key)

    def test_a_banks_warning_of_fraud_says_whose_payment_it_is(self, stage: Stage) -> None:
        since = stage.now
        _, charge_id = stage.paid(10000)
        made = stage.core.warn_of_fraud(charge_id, "misc", account=stage.account)
        seen = stage.gateway.read_fraud_warning(stage.account, made["id"])
        assert (seen.id, seen.fraud_type, seen.actionable) == (made["id"], "misc", True)
        assert (seen.charge_id, seen.business_id) == (charge_id, BUSINESS)
        assert "" not in (seen.invoice_id, seen.payment_id)
        assert stage.gateway.fraud_warnings_since(stage.account, since).items == (seen,)
        self.refund(stage, charge_id, 10000, 1)
        after = stage.gateway.read_fraud_warning(stage.account, made["id"])
        assert after == replace(seen, actionable=False)
        with pytest.raises(NotFound):
            stage.gateway.read_fraud_warning(stage.account, "issfr_unknown")

    def test_warnings_of_fraud_are_paged_newest_first_within_the_window(self, stage: Stage) -> None:
        _, charge_id = stage.paid(10000)
        stage.core.warn_of_fraud(charge_id, account=stage.account)
        stage.advance(hours=1)
        since = stage.now
        made = [
            stage.core.warn_of_fraud(charge_id, account=stage.account)["id"] for _ in range(101)
        ]
        first = stage.gateway.fraud_warnings_since(stage.account, since)
        rest = stage.gateway.fraud_warnings_since(stage.account, since, cursor=first.cursor)
        assert [seen.id for seen in (*first.items, *rest.items)] == made[::-1]
        assert rest.cursor is None

    def test_payouts_arrive_and_may_come_back(self, stage: Stage) -> None:
        since = stage.now
        stage.paid(10000)
        stage.core.fail_next_payout(account=stage.account)
        stage.advance(days=20)
        page = stage.gateway.payouts_since(stage.account, since)
        oldest = page.items[-1]
        assert (oldest.amount, oldest.currency) == (10000 - 320, "USD")
        assert (oldest.status, oldest.failed) == ("failed", True)
        assert oldest.arrival_at > since
        assert stage.gateway.read_payout(stage.account, oldest.id) == oldest
        assert page.cursor is None


class ListsContract:
    """Reconciling lists, accounts and who may see what."""

    def test_intents_are_paged_newest_first_within_the_window(self, stage: Stage) -> None:
        payer = stage.payer()
        stage.intent(payer)
        stage.advance(hours=1)
        since = stage.now
        made = [stage.intent(payer) for _ in range(101)]
        first = stage.gateway.intents_since(stage.account, since)
        assert first.cursor == first.items[-1].id
        rest = stage.gateway.intents_since(stage.account, since, cursor=first.cursor)
        assert rest.cursor is None
        assert [seen.id for seen in (*first.items, *rest.items)] == list(reversed(made))

    def test_listed_intents_carry_their_charge(self, stage: Stage) -> None:
        intent_id, _ = stage.paid()
        page = stage.gateway.intents_since(stage.account, stage.now - timedelta(days=1))
        assert page.items == (stage.gateway.read_intent(stage.account, intent_id),)

    def test_an_account_may_charge_or_not(self, stage: Stage) -> None:
        ready = stage.core.connect_account()
        waiting = stage.core.connect_account(ready=False)
        assert stage.gateway.read_account(ready) == AccountSeen(
            ready, charges_enabled=True, payouts_enabled=True
        )
        assert not stage.gateway.read_account(waiting).charges_enabled

    def test_an_accounts_intents_are_invisible_elsewhere(self, stage: Stage) -> None:
        stage.account = stage.core.connect_account()
        intent_id = stage.intent(stage.payer())
        assert stage.gateway.read_intent(stage.account, intent_id).id == intent_id
        other = stage.core.connect_account()
        with pytest.raises(NotFound):
            stage.gateway.read_intent(other, intent_id)

    def test_an_account_that_left_is_refused_everything(self, stage: Stage) -> None:
        stage.account = stage.core.connect_account()
        payer = stage.payer()
        intent_id = stage.intent(payer)
        stage.core.deauthorize(stage.account)
        answer = stage.confirm(intent_id, payer)
        assert (answer.answer, answer.code) == (ConfirmAnswer.REFUSED, "account_invalid")
        with pytest.raises(Conflict) as refused:
            stage.gateway.read_intent(stage.account, intent_id)
        assert refused.value.code == "account_invalid"
