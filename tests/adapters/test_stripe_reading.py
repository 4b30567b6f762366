"""Stripe's objects read where the fake cannot lead: other currencies, other kinds, new words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from chalicelib.adapters.stripe import reading
from chalicelib.adapters.stripe.calls import Body
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.errors import Conflict
from chalicelib.ports.stripe_objects import ChargeStatus, IntentStatus

CREATED = 1772452800
CREATED_AT = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)


def charge(**change: Any) -> dict[str, Any]:
    return {
        "id": "ch_1",
        "status": "succeeded",
        "amount": 10000,
        "amount_refunded": 0,
        "balance_transaction": None,
        "created": CREATED,
        "currency": "usd",
        "disputed": False,
        "outcome": None,
        "payment_method": "pm_1",
        "payment_method_details": {"type": "card", "card": {"brand": "visa", "network": "visa"}},
        **change,
    }


def intent(**change: Any) -> dict[str, Any]:
    return {
        "id": "pi_1",
        "status": "succeeded",
        "amount": 10000,
        "currency": "usd",
        "created": CREATED,
        "metadata": {},
        "latest_charge": None,
        "last_payment_error": None,
        "next_action": None,
        **change,
    }


def row(**change: Any) -> dict[str, Any]:
    return {"id": "txn_1", "amount": 10000, "fee": 320, "currency": "usd", **change}


class TestCharge:
    def test_a_charge_is_read(self) -> None:
        seen = reading.charge(charge(balance_transaction=row()))
        assert (seen.id, seen.status, seen.amount) == ("ch_1", ChargeStatus.SUCCEEDED, 10000)
        assert (seen.fee, seen.method_id, seen.created_at) == (320, "pm_1", CREATED_AT)

    def test_no_balance_transaction_yet_is_no_fee_yet(self) -> None:
        assert reading.charge(charge()).fee is None

    def test_a_fee_in_another_currency_comes_back_by_stripes_own_rate(self) -> None:
        """100.00 USD settled as 92.00 EUR with a fee of 3.00 EUR: 3.26 USD."""
        settled = row(amount=9200, fee=300, currency="eur", exchange_rate=0.92)
        assert reading.charge(charge(balance_transaction=settled)).fee == 326

    def test_a_yen_charge_settled_in_dollars_has_a_fee_in_whole_yen(self) -> None:
        settled = row(amount=6700, fee=194, currency="usd", exchange_rate=0.0067)
        body = charge(amount=10000, currency="jpy", balance_transaction=settled)
        assert reading.charge(body).fee == 290

    def test_another_currency_without_a_rate_is_refused_not_guessed(self) -> None:
        with pytest.raises(Conflict) as refused:
            reading.charge(charge(balance_transaction=row(currency="eur")))
        assert refused.value.code == "exchange_rate_missing"

    def test_a_status_of_tomorrow_counts_as_undecided(self) -> None:
        assert reading.charge(charge(status="reversed")).status is ChargeStatus.PENDING

    def test_an_object_that_was_not_expanded_is_our_mistake(self) -> None:
        with pytest.raises(AssertionError):
            reading.charge(charge(balance_transaction="txn_1"))


class TestDecline:
    def test_codes_count_on_the_network_that_carried_the_try(self) -> None:
        """A co-branded card, refused by Cartes Bancaires with a code that is final at Visa."""
        body = charge(
            status="failed",
            failure_code="card_declined",
            outcome={
                "network_status": "declined_by_network",
                "network_decline_code": "41",
                "reason": "do_not_honor",
                "type": "issuer_declined",
            },
            payment_method_details={
                "type": "card",
                "card": {"brand": "visa", "network": "cartes_bancaires"},
            },
        )
        decline = reading.charge(body).decline
        assert decline is not None
        assert (decline.brand, decline.decline_class) == (
            "cartes_bancaires",
            DeclineClass.OPAQUE,
        )

    def test_an_unknown_network_leaves_the_brand(self) -> None:
        details = {"type": "card", "card": {"brand": "visa", "network": "unknown"}}
        assert reading.decline(charge(payment_method_details=details), {}).brand == "visa"

    def test_a_radar_rule_is_ours_to_look_at(self) -> None:
        outcome = {"network_status": "not_sent_to_network", "reason": "rule", "type": "blocked"}
        decline = reading.decline(charge(failure_code="card_declined", outcome=outcome), {})
        assert (decline.decline_class, decline.decline_code) == (DeclineClass.CHECK, "")

    def test_an_older_error_does_not_colour_a_newer_charge(self) -> None:
        outcome = {"reason": "do_not_honor", "type": "issuer_declined"}
        latest = charge(status="failed", failure_code="card_declined", outcome=outcome)
        error = {"code": "card_declined", "decline_code": "lost_card", "charge": "ch_0"}
        seen = reading.intent(intent(latest_charge=latest, last_payment_error=error))
        assert seen.latest_charge is not None
        assert seen.latest_charge.decline is not None
        assert seen.latest_charge.decline.decline_code == "do_not_honor"
        assert seen.last_error is not None
        assert seen.last_error.decline_class is DeclineClass.DEAD


class TestIntent:
    def test_a_status_of_tomorrow_locks_the_debt(self) -> None:
        seen = reading.intent(intent(status="requires_review"))
        assert seen.status is IntentStatus.PROCESSING

    def test_an_action_for_stripe_js_has_no_address(self) -> None:
        action = {"type": "use_stripe_sdk", "use_stripe_sdk": {"type": "three_d_secure_redirect"}}
        assert reading.intent(intent(next_action=action)).action_url is None

    def test_somebody_elses_intent_names_no_business(self) -> None:
        seen = reading.intent(intent())
        assert (seen.business_id, seen.invoice_id, seen.payment_id) == ("", "", "")

    def test_crowns_of_iceland_have_no_minor_unit_here(self) -> None:
        assert reading.intent(intent(amount=890000, currency="isk")).amount == 8900


class TestMethod:
    def test_a_wallet_card_without_fingerprint_is_counted_by_itself(self) -> None:
        card = {"brand": "visa", "last4": "4242", "exp_month": 1, "exp_year": 2030}
        body = {"id": "pm_1", "type": "card", "card": card, "created": CREATED}
        method = reading.method(body)
        assert (method.fingerprint, method.country, method.saved_at) == ("pm_1", "", CREATED_AT)

    def test_a_kind_we_do_not_collect_through_is_refused(self) -> None:
        with pytest.raises(Conflict) as refused:
            reading.method({"id": "pm_1", "type": "klarna"})
        assert refused.value.code == "payment_method_unsupported"

    def test_a_list_passes_over_kinds_we_do_not_collect_through(self) -> None:
        bank = {"bank_name": "First", "last4": "6789", "fingerprint": "f"}
        rows: list[Body] = [
            {"id": "pm_1", "type": "link"},
            {"id": "pm_2", "type": "us_bank_account", "us_bank_account": bank, "created": CREATED},
        ]
        (method,) = reading.methods(rows)
        assert (method.id, method.kind, method.brand) == (
            "pm_2",
            MethodKind.US_BANK_ACCOUNT,
            "First",
        )


class TestTheRest:
    def test_a_page_that_waits_for_micro_deposits_is_not_complete(self) -> None:
        setup_intent = {
            "status": "requires_action",
            "payment_method": {"id": "pm_1"},
            "mandate": "mandate_1",
        }
        seen = reading.setup(
            {"id": "cs_1", "status": "complete", "metadata": {}, "setup_intent": setup_intent}
        )
        assert (seen.complete, seen.method_id, seen.mandate_id) == (False, "pm_1", "mandate_1")

    def test_a_dispute_without_appeal_has_no_deadline(self) -> None:
        seen = reading.dispute(
            {
                "id": "du_1",
                "status": "lost",
                "amount": 10000,
                "currency": "usd",
                "charge": "py_1",
                "payment_intent": "pi_1",
                "reason": "debit_not_authorized",
                "evidence_details": {"due_by": 0},
                "balance_transactions": [
                    row(amount=-9200, fee=1380, currency="eur", exchange_rate=0.92)
                ],
            }
        )
        assert (seen.due_by, seen.moved) == (None, (("txn_1", -10000, 1500),))

    def test_a_refund_that_has_not_left_has_moved_nothing(self) -> None:
        seen = reading.refund(
            {
                "id": "re_1",
                "status": None,
                "amount": 100,
                "currency": "usd",
                "charge": "ch_1",
                "payment_intent": None,
            }
        )
        assert (seen.status, seen.moved, seen.returned, seen.intent_id) == ("pending", None, 0, "")
