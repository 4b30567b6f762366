"""What every Gateway does with customers, methods and tries to pay."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.customer import MethodKind
from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.stripe_objects import (
    ChargeStatus,
    ConfirmAnswer,
    Confirmed,
    IntentStatus,
)
from infra.local.fake_stripe import Outcome
from tests.contracts.gateway_stage import BANK, BUSINESS, MASTERCARD, Stage


class CustomersContract:
    """Customers, the hosted page and the methods saved there."""

    def test_the_same_customer_twice_is_one(self, stage: Stage) -> None:
        ids = {
            stage.gateway.create_customer(
                stage.account,
                business_id=BUSINESS,
                customer_id="cus_twice",
                name="Ada",
                email="",
                key=f"customer/{BUSINESS}/cus_twice",
            )
            for _ in range(2)
        }
        assert len(ids) == 1

    def test_an_open_page_has_saved_nothing(self, stage: Stage) -> None:
        setup = stage.seen_setup(stage.open_page(stage.customer()))
        assert (setup.complete, setup.method_id, setup.mandate_id) == (False, None, None)

    def test_a_completed_page_shows_whose_card_it_saved(self, stage: Stage) -> None:
        payer = stage.payer()
        setup = stage.seen_setup(payer.session_id)
        assert (setup.complete, setup.business_id, setup.customer_id) == (
            True,
            BUSINESS,
            "cus_ours",
        )
        assert setup.method_id == payer.method_id

    def test_a_page_offers_what_it_is_told(self, stage: Stage) -> None:
        session = stage.open_page(stage.customer(), method_kinds=(MethodKind.CARD,))
        found = stage.core.account(stage.account).sessions[session]
        assert found["allowed_payment_method_types"] == ["card"]

    def test_a_page_names_the_payment_that_waits_for_it(self, stage: Stage) -> None:
        customer = stage.customer()
        plain, waited = stage.open_page(customer), stage.open_page(customer, "poa_1")
        named = [stage.seen_setup(one).demand_id for one in (plain, waited)]
        assert named == ["", "poa_1"]

    def test_pages_that_were_filled_in_are_listed(self, stage: Stage) -> None:
        before = stage.now - timedelta(days=1)
        first, second = stage.payer(), stage.payer()
        stage.open_page(second.stripe_id)
        page = stage.gateway.setups_since(stage.account, before)
        seen = [stage.seen_setup(one.session_id) for one in (second, first)]
        assert (list(page.items), page.cursor) == (seen, None)

    def test_a_saved_card_is_shown_without_its_number(self, stage: Stage) -> None:
        payer = stage.payer()
        method = stage.gateway.read_method(stage.account, payer.method_id)
        assert (method.id, method.kind) == (payer.method_id, MethodKind.CARD)
        assert (method.brand, method.last4, method.country) == ("visa", "4242", "US")
        assert (method.exp_year, method.exp_month) == (2034, 12)
        assert method.fingerprint not in {"", method.id}
        assert stage.gateway.methods_of(stage.account, payer.stripe_id) == [method]

    def test_a_saved_bank_account_comes_with_its_mandate(self, stage: Stage) -> None:
        payer = stage.payer(BANK, kind="us_bank_account")
        method = stage.gateway.read_method(stage.account, payer.method_id)
        assert (method.kind, method.last4) == (MethodKind.US_BANK_ACCOUNT, "6789")
        assert method.brand != ""
        assert payer.mandate_id is not None

    def test_detaching_twice_is_detaching_once(self, stage: Stage) -> None:
        payer = stage.payer()
        for _ in range(2):
            stage.gateway.detach_method(
                stage.account, payer.method_id, key=f"detach/{BUSINESS}/{payer.method_id}"
            )
        assert stage.gateway.methods_of(stage.account, payer.stripe_id) == []

    def test_detaching_again_after_stripe_forgot_the_key_is_harmless(self, stage: Stage) -> None:
        payer = stage.payer()
        key = f"detach/{BUSINESS}/{payer.method_id}"
        stage.gateway.detach_method(stage.account, payer.method_id, key=key)
        stage.advance(hours=25)
        stage.gateway.detach_method(stage.account, payer.method_id, key=key)
        assert stage.gateway.methods_of(stage.account, payer.stripe_id) == []

    def test_unknown_things_are_not_found(self, stage: Stage) -> None:
        with pytest.raises(NotFound):
            stage.gateway.read_method(stage.account, "pm_1unknown")
        with pytest.raises(NotFound):
            stage.seen_setup("cs_test_unknown")
        with pytest.raises(NotFound):
            stage.gateway.read_intent(stage.account, "pi_3unknown")

    def test_a_lost_answer_says_so_and_repeating_finds_the_same_customer(
        self, stage: Stage
    ) -> None:
        def create() -> str:
            return stage.gateway.create_customer(
                stage.account,
                business_id=BUSINESS,
                customer_id="cus_lost",
                name="Ada",
                email="ada@example.com",
                key=f"customer/{BUSINESS}/cus_lost",
            )

        stage.lose_answer("customers.create")
        with pytest.raises(Unanswered):
            create()
        create()
        assert len(stage.core.account(stage.account).customers) == 1


class ConfirmContract:
    """Tries to pay, and each way they can end."""

    def test_a_new_intent_is_ours_and_untried(self, stage: Stage) -> None:
        intent_id = stage.intent(stage.payer(), 8900)
        seen = stage.gateway.read_intent(stage.account, intent_id)
        assert (seen.id, seen.status) == (intent_id, IntentStatus.REQUIRES_PAYMENT_METHOD)
        assert (seen.amount, seen.currency, seen.business_id) == (8900, "USD", BUSINESS)
        assert seen.invoice_id.startswith("inv_")
        assert seen.payment_id.startswith("pay_")
        assert (seen.latest_charge, seen.last_error, seen.action_url) == (None, None, None)
        assert seen.created_at == stage.now

    def test_a_currency_without_minor_units_keeps_its_amount(self, stage: Stage) -> None:
        intent_id = stage.intent(stage.payer(), 8900, "JPY")
        seen = stage.gateway.read_intent(stage.account, intent_id)
        assert (seen.amount, seen.currency) == (8900, "JPY")

    def test_a_paid_intent_shows_its_charge_and_fee(self, stage: Stage) -> None:
        payer = stage.payer()
        intent_id = stage.intent(payer, 10000)
        assert stage.confirm(intent_id, payer) == Confirmed(ConfirmAnswer.ACCEPTED)
        seen = stage.gateway.read_intent(stage.account, intent_id)
        assert seen.status is IntentStatus.SUCCEEDED
        assert seen.latest_charge is not None
        assert seen.latest_charge.status is ChargeStatus.SUCCEEDED
        assert (seen.latest_charge.amount, seen.latest_charge.method_id) == (
            10000,
            payer.method_id,
        )
        assert seen.latest_charge.fee == 320  # 2.9 % + 30 cents
        assert seen.latest_charge.decline is None

    def test_the_same_attempt_twice_charges_once(self, stage: Stage) -> None:
        payer = stage.payer()
        intent_id = stage.intent(payer)
        answers = [stage.confirm(intent_id, payer).answer for _ in range(2)]
        assert answers == [ConfirmAnswer.ACCEPTED, ConfirmAnswer.ACCEPTED]
        assert stage.charges(intent_id) == ["succeeded"]

    def test_another_attempt_on_a_paid_intent_is_refused(self, stage: Stage) -> None:
        payer = stage.payer()
        intent_id = stage.intent(payer)
        stage.confirm(intent_id, payer, 1)
        again = stage.confirm(intent_id, payer, 2)
        assert again == Confirmed(ConfirmAnswer.UNEXPECTED_STATE, "payment_intent_unexpected_state")
        assert stage.charges(intent_id) == ["succeeded"]

    def test_a_decline_says_why_and_the_intent_stays_open(self, stage: Stage) -> None:
        payer = stage.payer()
        stage.core.script_card(payer.method_id, ["insufficient_funds"])
        intent_id = stage.intent(payer)
        answer = stage.confirm(intent_id, payer, 1)
        assert (answer.answer, answer.code) == (ConfirmAnswer.DECLINED, "card_declined")
        assert answer.decline is not None
        assert answer.decline.decline_class is DeclineClass.FUNDS
        assert answer.decline.decline_code == "insufficient_funds"
        seen = stage.gateway.read_intent(stage.account, intent_id)
        assert seen.status is IntentStatus.REQUIRES_PAYMENT_METHOD
        assert seen.last_error_method_id == payer.method_id
        assert seen.latest_charge is not None
        assert seen.last_error == seen.latest_charge.decline
        assert seen.last_error is not None
        assert seen.last_error.network_status == "declined_by_network"
        assert stage.confirm(intent_id, payer, 2).answer is ConfirmAnswer.ACCEPTED

    def test_a_replayed_decline_is_no_second_try(self, stage: Stage) -> None:
        payer = stage.payer()
        stage.core.script_card(payer.method_id, ["do_not_honor"])
        intent_id = stage.intent(payer)
        answers = [stage.confirm(intent_id, payer, 1) for _ in range(2)]
        assert answers[0] == answers[1]
        assert answers[0].answer is ConfirmAnswer.DECLINED
        assert stage.charges(intent_id) == ["failed"]

    def test_charges_are_listed_newest_first(self, stage: Stage) -> None:
        payer = stage.payer()
        stage.core.script_card(payer.method_id, ["expired_card"])
        intent_id = stage.intent(payer)
        stage.confirm(intent_id, payer, 1)
        stage.advance(hours=24)
        stage.confirm(intent_id, payer, 2)
        newest, oldest = stage.gateway.charges_of(stage.account, intent_id)
        assert (newest.status, oldest.status) == (ChargeStatus.SUCCEEDED, ChargeStatus.FAILED)
        assert oldest.decline is not None
        assert oldest.decline.decline_class is DeclineClass.FIX
        assert newest.created_at > oldest.created_at

    def test_what_stripe_blocked_itself_is_told_from_the_charge(self, stage: Stage) -> None:
        payer = stage.payer("4242424242424242")
        stage.core.script_card(
            payer.method_id,
            [
                Outcome(
                    "generic_decline",
                    network_status="not_sent_to_network",
                    type="blocked",
                    reason="highest_risk_level",
                )
            ],
        )
        intent_id = stage.intent(payer)
        stage.confirm(intent_id, payer)
        charge = stage.gateway.read_intent(stage.account, intent_id).latest_charge
        assert charge is not None
        assert charge.decline is not None
        assert charge.decline.decline_class is DeclineClass.DEAD
        assert not charge.decline.reached_network

    def test_a_networks_advice_counts_on_its_own_cards(self, stage: Stage) -> None:
        payer = stage.payer(MASTERCARD)
        stage.core.script_card(
            payer.method_id, [Outcome("generic_decline", network_advice_code="03")]
        )
        answer = stage.confirm(stage.intent(payer), payer)
        assert answer.decline is not None
        assert (answer.decline.brand, answer.decline.network_advice_code) == ("mastercard", "03")
        assert answer.decline.decline_class is DeclineClass.DEAD

    def test_an_unknown_decline_code_is_opaque(self, stage: Stage) -> None:
        payer = stage.payer()
        stage.core.script_card(payer.method_id, ["unknown_reason_of_next_year"])
        answer = stage.confirm(stage.intent(payer), payer)
        assert answer.decline is not None
        assert answer.decline.decline_class is DeclineClass.OPAQUE
        assert answer.decline.decline_code == "unknown_reason_of_next_year"

    def test_a_missing_method_was_never_tried(self, stage: Stage) -> None:
        payer = stage.payer()
        intent_id = stage.intent(payer)
        stage.gateway.detach_method(
            stage.account, payer.method_id, key=f"detach/{BUSINESS}/{payer.method_id}"
        )
        answer = stage.confirm(intent_id, payer)
        assert answer.answer is ConfirmAnswer.REFUSED
        assert answer.code != ""
        assert stage.charges(intent_id) == []

    def test_other_parameters_under_the_same_key_leave_the_outcome_unknown(
        self, stage: Stage
    ) -> None:
        first, second = stage.payer(), stage.payer()
        intent_id = stage.intent(first)
        stage.confirm(intent_id, first, 1)
        answer = stage.confirm(intent_id, second, 1)
        assert answer == Confirmed(ConfirmAnswer.UNKNOWN, "idempotency_error")

    @pytest.mark.parametrize(
        ("fault", "answer", "code"),
        [
            ("rate_limit", ConfirmAnswer.NOT_NOW, "rate_limit"),
            ("lock_timeout", ConfirmAnswer.NOT_NOW, "lock_timeout"),
            ("conflict", ConfirmAnswer.NOT_NOW, "idempotency_key_in_use"),
            ("unauthorized", ConfirmAnswer.NOT_NOW, "api_key_expired"),
            ("error_500_unstored", ConfirmAnswer.UNKNOWN, "api_error"),
            ("html_502", ConfirmAnswer.UNKNOWN, "http_502"),
            ("drop_before", ConfirmAnswer.UNKNOWN, "no_answer"),
            ("timeout_before", ConfirmAnswer.UNKNOWN, "no_answer"),
        ],
    )
    def test_after_a_fault_the_same_attempt_can_be_made_again(
        self, stage: Stage, fault: str, answer: ConfirmAnswer, code: str
    ) -> None:
        payer = stage.payer()
        intent_id = stage.intent(payer)
        stage.fail(fault, "payment_intents.confirm")
        assert stage.confirm(intent_id, payer) == Confirmed(answer, code)
        assert stage.charges(intent_id) == []
        stage.core.faults.clear()
        assert stage.confirm(intent_id, payer).answer is ConfirmAnswer.ACCEPTED
        assert stage.charges(intent_id) == ["succeeded"]

    def test_a_lost_answer_is_found_by_reading_and_repeated_without_harm(
        self, stage: Stage
    ) -> None:
        payer = stage.payer()
        intent_id = stage.intent(payer)
        stage.lose_answer("payment_intents.confirm")
        assert stage.confirm(intent_id, payer).answer is ConfirmAnswer.UNKNOWN
        seen = stage.gateway.read_intent(stage.account, intent_id)
        assert seen.status is IntentStatus.SUCCEEDED
        assert stage.confirm(intent_id, payer).answer is ConfirmAnswer.ACCEPTED
        assert stage.charges(intent_id) == ["succeeded"]

    def test_a_stored_server_error_is_told_by_the_intent(self, stage: Stage) -> None:
        payer = stage.payer()
        intent_id = stage.intent(payer)
        stage.core.faults.plan("error_500_after", "payment_intents.confirm")
        answers = {stage.confirm(intent_id, payer).answer for _ in range(2)}
        assert answers == {ConfirmAnswer.UNKNOWN}
        seen = stage.gateway.read_intent(stage.account, intent_id)
        assert seen.status is IntentStatus.SUCCEEDED

    def test_a_card_that_wants_its_payer_declines_off_session(self, stage: Stage) -> None:
        payer = stage.payer("4000003800000446")
        stage.core.script_card(payer.method_id, ["authentication_required"])
        intent_id = stage.intent(payer)
        answer = stage.confirm(intent_id, payer, 1)
        assert answer.answer is ConfirmAnswer.DECLINED
        assert answer.decline is not None
        assert answer.decline.decline_class is DeclineClass.AUTH
        assert stage.confirm(intent_id, payer, 2, off_session=False).answer is (
            ConfirmAnswer.ACCEPTED
        )
        seen = stage.gateway.read_intent(stage.account, intent_id)
        assert seen.status is IntentStatus.REQUIRES_ACTION
        assert seen.action_url is not None
        stage.core.authenticate(intent_id, passed=True, account=stage.account)
        seen = stage.gateway.read_intent(stage.account, intent_id)
        assert (seen.status, seen.action_url) == (IntentStatus.SUCCEEDED, None)

    def test_a_failed_authentication_leaves_no_charge_but_a_reason(self, stage: Stage) -> None:
        payer = stage.payer("4000003800000446")
        intent_id = stage.intent(payer)
        stage.confirm(intent_id, payer, off_session=False)
        stage.core.authenticate(intent_id, passed=False, account=stage.account)
        seen = stage.gateway.read_intent(stage.account, intent_id)
        assert seen.status is IntentStatus.REQUIRES_PAYMENT_METHOD
        assert seen.latest_charge is None
        assert seen.last_error is not None
        assert seen.last_error.decline_class is DeclineClass.AUTH
        assert seen.last_error_method_id == payer.method_id

    def test_a_bank_debit_is_on_its_way_for_days(self, stage: Stage) -> None:
        payer = stage.payer(BANK, kind="us_bank_account")
        intent_id = stage.intent(payer, 8900)
        assert stage.confirm(intent_id, payer).answer is ConfirmAnswer.ACCEPTED
        seen = stage.gateway.read_intent(stage.account, intent_id)
        assert seen.status is IntentStatus.PROCESSING
        assert seen.latest_charge is not None
        assert (seen.latest_charge.status, seen.latest_charge.fee) == (ChargeStatus.PENDING, None)
        stage.advance(days=7)
        seen = stage.gateway.read_intent(stage.account, intent_id)
        assert seen.status is IntentStatus.SUCCEEDED
        assert seen.latest_charge is not None
        assert seen.latest_charge.fee == 71  # 0.8 %

    def test_a_returned_debit_is_judged_as_a_debit(self, stage: Stage) -> None:
        payer = stage.payer(BANK, kind="us_bank_account")
        stage.core.script_card(payer.method_id, ["insufficient_funds", "account_closed"])
        intent_id = stage.intent(payer)
        stage.confirm(intent_id, payer, 1)
        stage.advance(days=7)
        first = stage.gateway.read_intent(stage.account, intent_id).last_error
        stage.confirm(intent_id, payer, 2)
        stage.advance(days=7)
        second = stage.gateway.read_intent(stage.account, intent_id).last_error
        assert first is not None
        assert second is not None
        assert (first.decline_class, second.decline_class) == (
            DeclineClass.DEBIT,
            DeclineClass.DEBIT_DEAD,
        )

    def test_an_unanswered_create_can_be_repeated(self, stage: Stage) -> None:
        payer = stage.payer()
        stage.fail("error_500_unstored", "payment_intents.create")
        with pytest.raises(Unanswered):
            stage.intent(payer)
        stage.core.faults.clear()
        assert stage.intent(payer).startswith("pi_")

    def test_an_amount_stripe_cannot_take_is_a_conflict(self, stage: Stage) -> None:
        payer = stage.payer()
        with pytest.raises(Conflict) as refused:
            stage.intent(payer, 1)
        assert refused.value.code == "amount_too_small"
