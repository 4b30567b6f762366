"""Cards beyond Stripe's table: scripts, expiry, the updater, authentication, Stripe's own block."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from infra.local.fake_stripe import Options, Outcome
from infra.local.fake_stripe.cards import CARDS, TOKENS, fingerprint
from infra.local.fake_stripe.declines import CARD_CODES, decline, outcome
from tests.infra.fake_stripe.bench import DAY, FakeBench

BACK = "https://shop.test/back"


def tries(fake: FakeBench, customer: str, method: str, count: int) -> list[str]:
    """Confirm one intent again and again; what each try said."""
    intent, said = fake.intent(customer), []
    for _ in range(count):
        try:
            said.append(fake.confirm(intent, method, off_session=True).status)
        except stripe.CardError as error:
            detail: Any = error.error
            said.append(detail.decline_code or detail.code)
    return said


def test_a_script_declines_three_times_and_then_pays(fake: FakeBench) -> None:
    customer, method = fake.saved()
    fake.core.script_card(method, ["insufficient_funds"] * 3 + ["ok"])
    assert tries(fake, customer, method, 4) == [*["insufficient_funds"] * 3, "succeeded"]


def test_after_its_script_a_card_is_itself_again(fake: FakeBench) -> None:
    customer, method = fake.saved("pm_card_chargeCustomerFail")
    fake.core.script_card(method, ["processing_error"])
    assert tries(fake, customer, method, 2) == ["processing_error", "generic_decline"]


@pytest.mark.parametrize("by", ["number", "fingerprint"])
def test_a_script_for_a_number_meets_every_customer_with_that_card(
    fake: FakeBench, by: str
) -> None:
    number = TOKENS["pm_card_visa"]
    fake.core.script_card(number if by == "number" else fingerprint(number), ["lost_card"] * 2)
    for _ in range(2):
        customer, method = fake.saved()
        assert tries(fake, customer, method, 1) == ["lost_card"]


def test_a_scripted_number_need_not_be_a_test_card(fake: FakeBench) -> None:
    fake.core.script_card("4000001111111118", ["do_not_honor", "ok"])
    customer = fake.customer()
    method = fake.v1.payment_methods.create(
        {"type": "card", "card": {"number": "4000001111111118", "exp_month": 1, "exp_year": 2040}}
    )
    fake.v1.payment_methods.attach(method.id, {"customer": customer})
    assert tries(fake, customer, method.id, 2) == ["do_not_honor", "succeeded"]


def test_a_real_card_number_is_declined_in_test_mode(fake: FakeBench) -> None:
    method = fake.v1.payment_methods.create(
        {"type": "card", "card": {"number": "4111111111111111", "exp_month": 1, "exp_year": 2040}}
    )
    assert fake.declined(fake.intent(), method.id).decline_code == "test_mode_live_card"


def test_a_number_that_fails_luhn_is_no_card(fake: FakeBench) -> None:
    error: Any = fake.refused(
        lambda: fake.v1.payment_methods.create(
            {
                "type": "card",
                "card": {"number": "4242424242424241", "exp_month": 1, "exp_year": 2040},
            }
        )
    )
    assert (error.http_status, error.code) == (402, "incorrect_number")


def test_all_seven_signals_of_a_decline_can_be_scripted(fake: FakeBench) -> None:
    customer, method = fake.saved("pm_card_mastercard")
    fake.core.script_card(
        method,
        [
            Outcome(
                "do_not_honor",
                advice_code="do_not_try_again",
                network_advice_code="03",
                network_decline_code="05",
            )
        ],
    )
    error = fake.declined(fake.intent(customer), method, off_session=True)
    seen = (
        error.code,
        error.decline_code,
        error.advice_code,
        error.network_advice_code,
        error.network_decline_code,
    )
    assert seen == ("card_declined", "do_not_honor", "do_not_try_again", "03", "05")
    noted = fake.v1.charges.retrieve(error.charge).outcome
    assert noted is not None
    assert (noted.network_status, noted.reason, noted.network_advice_code) == (
        "declined_by_network",
        "do_not_honor",
        "03",
    )


def test_a_block_of_stripes_own_looks_ordinary_except_on_the_charge(fake: FakeBench) -> None:
    customer, method = fake.saved()
    fake.core.script_card(
        method,
        [
            Outcome(
                "generic_decline",
                network_status="not_sent_to_network",
                type="blocked",
                reason="previously_declined_do_not_retry",
            )
        ],
    )
    error = fake.declined(fake.intent(customer), method, off_session=True)
    assert (error.code, error.decline_code) == ("card_declined", "generic_decline")
    noted = fake.v1.charges.retrieve(error.charge).outcome
    assert noted is not None
    assert (noted.network_status, noted.reason) == (
        "not_sent_to_network",
        "previously_declined_do_not_retry",
    )


def test_after_too_many_declines_stripe_sends_no_more_for_thirty_days() -> None:
    fake = FakeBench(options=Options(network_block_after=3))
    customer, method = fake.saved("pm_card_chargeCustomerFail")
    for _ in range(4):
        tries(fake, customer, method, 1)
    sent = [charge["outcome"]["network_status"] for charge in fake.core.account().charges.values()]
    assert sent == [*["declined_by_network"] * 3, "not_sent_to_network"]
    fake.clock.now += 31 * DAY
    tries(fake, customer, method, 1)
    last = list(fake.core.account().charges.values())[-1]
    assert last["outcome"]["network_status"] == "declined_by_network"


def test_a_card_expires_with_its_month(fake: FakeBench) -> None:
    customer, method = fake.saved()
    fake.v1.payment_methods.update(method, {"card": {"exp_month": 9, "exp_year": 2026}})
    assert tries(fake, customer, method, 1) == ["succeeded"]
    fake.clock.now += 10 * DAY
    assert tries(fake, customer, method, 1) == ["expired_card"]


def test_the_card_updater_revives_it_and_says_so(fake: FakeBench) -> None:
    customer, method = fake.saved()
    fake.v1.payment_methods.update(method, {"card": {"exp_month": 8, "exp_year": 2026}})
    assert tries(fake, customer, method, 1) == ["expired_card"]
    fake.core.update_card(method, exp_month=8, exp_year=2031)
    assert fake.event_types()[-1] == "payment_method.automatically_updated"
    assert tries(fake, customer, method, 1) == ["succeeded"]


@pytest.mark.parametrize("code", sorted(CARD_CODES))
def test_every_documented_code_can_be_scripted(code: str) -> None:
    words = decline(outcome(code))
    assert code in (words.code, words.decline_code)


def test_a_code_stripe_has_not_invented_yet_can_be_scripted_too(fake: FakeBench) -> None:
    customer, method = fake.saved()
    fake.core.script_card(method, ["unknown_moon_phase"])
    assert tries(fake, customer, method, 1) == ["unknown_moon_phase"]


def test_every_token_names_a_card_of_the_table() -> None:
    assert set(TOKENS.values()) - CARDS.keys() == set()


# Authentication


def save_by_setup(fake: FakeBench, token: str) -> tuple[str, str, str]:
    """Customer, method and first status of a SetupIntent confirmed with a token."""
    customer = fake.customer()
    setup = fake.v1.setup_intents.create(
        {
            "customer": customer,
            "payment_method": token,
            "confirm": True,
            "return_url": BACK,
            "allowed_payment_method_types": ["card"],
        }
    )
    status = str(setup.status)
    if status == "requires_action":
        fake.core.authenticate(setup.id, passed=True)
    return customer, str(setup.payment_method), status


@pytest.mark.parametrize(
    ("token", "at_setup", "off_session"),
    [
        ("pm_card_visa", "succeeded", "succeeded"),
        ("pm_card_authenticationRequiredOnSetup", "requires_action", "succeeded"),
        ("pm_card_authenticationRequired", "requires_action", "authentication_required"),
        ("pm_card_authenticationRequiredSetupForOffSession", "succeeded", "succeeded"),
        (
            "pm_card_authenticationRequiredChargeDeclinedInsufficientFunds",
            "requires_action",
            "insufficient_funds",
        ),
    ],
)
def test_what_a_set_up_card_does_off_session(
    fake: FakeBench, token: str, at_setup: str, off_session: str
) -> None:
    customer, method, status = save_by_setup(fake, token)
    assert status == at_setup
    assert tries(fake, customer, method, 1) == [off_session]


def test_a_set_up_card_is_still_asked_when_the_payer_is_there(fake: FakeBench) -> None:
    customer, method, _ = save_by_setup(fake, "pm_card_authenticationRequiredOnSetup")
    intent = fake.confirm(fake.intent(customer), method, return_url=BACK)
    assert intent.status == "requires_action"


def test_a_card_only_attached_still_needs_authentication(fake: FakeBench) -> None:
    customer, method = fake.saved("pm_card_authenticationRequiredOnSetup")
    assert tries(fake, customer, method, 1) == ["authentication_required"]


@pytest.mark.parametrize(
    ("passed", "status", "redirect"),
    [
        (True, "succeeded", "redirect_status=succeeded"),
        (False, "requires_payment_method", "redirect_status=failed"),
    ],
)
def test_the_payer_answers_the_bank(
    fake: FakeBench, passed: bool, status: str, redirect: str
) -> None:
    customer, method = fake.saved("pm_card_authenticationRequired")
    intent = fake.intent(customer)
    assert fake.confirm(intent, method, return_url=BACK).status == "requires_action"
    back = fake.core.authenticate(intent, passed=passed)
    assert back.startswith(BACK)
    assert redirect in back
    after = fake.v1.payment_intents.retrieve(intent)
    assert after.status == status
    if not passed:
        assert after.last_payment_error is not None
        assert after.last_payment_error.code == "payment_intent_authentication_failure"


def test_a_decline_may_follow_a_passed_authentication(fake: FakeBench) -> None:
    customer, method = fake.saved("pm_card_authenticationRequiredChargeDeclinedInsufficientFunds")
    intent = fake.intent(customer)
    fake.confirm(intent, method, return_url=BACK)
    fake.core.authenticate(intent, passed=True)
    after = fake.v1.payment_intents.retrieve(intent)
    assert after.last_payment_error is not None
    assert after.last_payment_error.decline_code == "insufficient_funds"


def test_a_scripted_demand_to_authenticate_depends_on_who_is_there(fake: FakeBench) -> None:
    customer, method = fake.saved()
    fake.core.script_card(method, ["authentication_required", "authentication_required", "ok"])
    intent = fake.intent(customer)
    declined = fake.declined(intent, method, off_session=True)
    assert declined.code == "authentication_required"
    assert fake.confirm(intent, method, return_url=BACK).status == "requires_action"
    fake.core.authenticate(intent, passed=True)
    assert fake.v1.payment_intents.retrieve(intent).status == "succeeded"


def test_error_on_requires_action_declines_instead(fake: FakeBench) -> None:
    customer, method = fake.saved("pm_card_authenticationRequired")
    error = fake.declined(fake.intent(customer), method, error_on_requires_action=True)
    assert (error.code, error.decline_code) == (
        "authentication_required",
        "authentication_not_handled",
    )


def test_without_a_return_url_only_stripe_js_could_go_on(fake: FakeBench) -> None:
    customer, method = fake.saved("pm_card_authenticationRequired")
    intent = fake.confirm(fake.intent(customer), method)
    assert intent.next_action is not None
    assert intent.next_action.type == "use_stripe_sdk"


def test_dynamic_methods_want_a_return_url(fake: FakeBench) -> None:
    customer, method = fake.saved()
    intent: Any = fake.v1.payment_intents.create(
        {"amount": 500, "currency": "usd", "customer": customer},
        fake.key("pi"),  # type: ignore[arg-type]
    )
    error: Any = fake.refused(lambda: fake.confirm(intent.id, method))
    assert (error.http_status, error.param) == (400, "return_url")


def test_an_unsaved_card_pays_once_and_is_spent(fake: FakeBench) -> None:
    method = fake.v1.payment_methods.create(
        {"type": "card", "card": {"number": "4242424242424242", "exp_month": 1, "exp_year": 2040}}
    )
    assert fake.confirm(fake.intent(), method.id).status == "succeeded"
    error = fake.refused(lambda: fake.confirm(fake.intent(), method.id))
    assert error.http_status == 400


def test_setup_future_usage_saves_the_card_that_paid(fake: FakeBench) -> None:
    customer = fake.customer()
    intent = fake.confirm(fake.intent(customer), "pm_card_visa", setup_future_usage="off_session")
    kept = fake.v1.payment_methods.retrieve(str(intent.payment_method))
    assert kept.customer == customer
