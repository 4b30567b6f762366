"""Documented behaviours of Stripe, each with its source, run against the fake and, with a
developer's test key, against Stripe's own test mode (`pytest -m live`).

Marks: docs = Stripe's documentation; third-party = others' published assertions against the test
API; memory = believed, not proved. A live run proves or removes the last two.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import stripe

from tests.infra.fake_stripe.bench import Bench

Check = Callable[[Bench], None]


@dataclass(frozen=True)
class Behaviour:
    """One row: what is claimed, who says so, and how it is seen."""

    name: str
    source: str
    check: Check


TABLE: list[Behaviour] = []


def behaviour(source: str) -> Callable[[Check], Check]:
    def add(check: Check) -> Check:
        TABLE.append(Behaviour(check.__name__, source, check))
        return check

    return add


DECLINES: list[tuple[str, str, str | None, str | None, str | None]] = [
    # token, code, decline_code, advice_code, param
    ("visa_chargeDeclined", "card_declined", "generic_decline", "try_again_later", None),
    (
        "visa_chargeDeclinedInsufficientFunds",
        "card_declined",
        "insufficient_funds",
        "try_again_later",
        None,
    ),
    ("visa_chargeDeclinedLostCard", "card_declined", "lost_card", "do_not_try_again", None),
    ("visa_chargeDeclinedStolenCard", "card_declined", "stolen_card", "do_not_try_again", None),
    ("chargeDeclinedExpiredCard", "expired_card", None, "confirm_card_data", "exp_month"),
    ("chargeDeclinedIncorrectCvc", "incorrect_cvc", None, "confirm_card_data", "cvc"),
    ("chargeDeclinedProcessingError", "processing_error", None, "try_again_later", None),
    ("radarBlock", "card_declined", "fraudulent", None, None),
]


def _decline_check(
    token: str, code: str, decline_code: str | None, advice: str | None, param: str | None
) -> Check:
    def check(bench: Bench) -> None:
        error = bench.declined(bench.intent(), f"pm_card_{token}")
        seen = (error.code, error.decline_code, error.advice_code, error.param)
        assert (code, decline_code, advice, param) == seen
        charge = bench.v1.charges.retrieve(error.charge)
        assert (charge.paid, charge.status) == (False, "failed")

    check.__name__ = f"declines_{token}"
    return check


for _row in DECLINES:
    behaviour("docs: testing; advice codes third-party")(_decline_check(*_row))


@behaviour("docs: testing, decline after attaching")
def a_card_can_be_saved_and_then_decline(bench: Bench) -> None:
    customer, method = bench.saved("pm_card_chargeCustomerFail")
    error = bench.declined(bench.intent(customer), method, off_session=True)
    assert error.code == "card_declined"


@behaviour("third-party: a decline sends the intent back to the start")
def a_decline_leaves_the_intent_open_and_without_a_method(bench: Bench) -> None:
    intent_id = bench.intent()
    bench.declined(intent_id, "pm_card_visa_chargeDeclined")
    intent = bench.v1.payment_intents.retrieve(intent_id)
    assert intent.status == "requires_payment_method"
    assert intent.payment_method is None
    assert intent.last_payment_error is not None
    assert intent.last_payment_error.code == "card_declined"


@behaviour("third-party: a refused create still leaves an object, named only by the error")
def a_refused_create_leaves_an_intent(bench: Bench) -> None:
    customer, method = bench.saved("pm_card_chargeCustomerFail")
    error: Any = bench.refused(
        lambda: bench.intent(customer, payment_method=method, confirm=True, off_session=True)
    )
    left = bench.v1.payment_intents.retrieve(error.error.payment_intent.id)
    assert left.status == "requires_payment_method"


@behaviour("third-party: payment_intent_unexpected_state")
def a_succeeded_intent_is_never_confirmed_again(bench: Bench) -> None:
    customer, method = bench.saved()
    intent = bench.intent(customer)
    bench.confirm(intent, method, off_session=True)
    error: Any = bench.refused(lambda: bench.confirm(intent, method, off_session=True))
    assert (error.http_status, error.code) == (400, "payment_intent_unexpected_state")


@behaviour("docs: idempotent requests, status and body of the first, 402 included")
def a_declined_answer_is_replayed_under_its_key(bench: Bench) -> None:
    customer, method = bench.saved("pm_card_chargeCustomerFail")
    intent, key = bench.intent(customer), bench.key("confirm")
    tries: list[Any] = [
        bench.refused(
            lambda: bench.v1.payment_intents.confirm(
                intent,
                {"payment_method": method, "off_session": True},
                key,  # type: ignore[arg-type]
            )
        )
        for _ in range(2)
    ]
    first, second = tries
    assert first.error.charge == second.error.charge
    assert second.headers["Idempotent-Replayed"] == "true"


@behaviour("docs: idempotency_error for other parameters")
def a_key_cannot_be_used_for_other_parameters(bench: Bench) -> None:
    key: Any = bench.key("pi")
    bench.v1.payment_intents.create({"amount": 500, "currency": "usd"}, key)
    error = bench.refused(
        lambda: bench.v1.payment_intents.create({"amount": 600, "currency": "usd"}, key)
    )
    assert isinstance(error, stripe.IdempotencyError)
    assert error.http_status == 400


@behaviour("third-party: over-refund names the amount and has no code")
def refunding_too_much_is_refused(bench: Bench) -> None:
    intent = bench.paid()
    error: Any = bench.refused(lambda: bench.refund(intent.id, amount=8901))
    assert (error.http_status, error.param, error.code) == (400, "amount", None)


@behaviour("third-party: charge_already_refunded")
def a_second_full_refund_is_refused(bench: Bench) -> None:
    intent = bench.paid()
    bench.refund(intent.id)
    error: Any = bench.refused(lambda: bench.refund(intent.id))
    assert (error.http_status, error.code) == (400, "charge_already_refunded")


@behaviour("third-party: code and decline_code are both authentication_required")
def off_session_nobody_can_authenticate(bench: Bench) -> None:
    customer, method = bench.saved("pm_card_authenticationRequired")
    error = bench.declined(bench.intent(customer), method, off_session=True)
    assert (
        error.code,
        error.decline_code,
    ) == ("authentication_required", "authentication_required")


@behaviour("memory: the same intent is then authenticated on-session")
def the_payer_authenticates_the_same_intent(bench: Bench) -> None:
    customer, method = bench.saved("pm_card_authenticationRequired")
    intent_id = bench.intent(customer)
    bench.declined(intent_id, method, off_session=True)
    intent = bench.confirm(intent_id, method, return_url="https://shop.test/back")
    assert intent.status == "requires_action"
    assert intent.next_action is not None
    assert intent.next_action.redirect_to_url is not None
    assert intent.next_action.redirect_to_url.return_url == "https://shop.test/back"


@behaviour("memory: a declined intent is confirmed again off-session with another card")
def a_declined_intent_takes_the_next_card(bench: Bench) -> None:
    customer, bad = bench.saved("pm_card_chargeCustomerFail")
    good = bench.v1.payment_methods.attach("pm_card_visa", {"customer": customer}).id
    intent = bench.intent(customer)
    bench.declined(intent, bad, off_session=True)
    assert bench.confirm(intent, good, off_session=True).status == "succeeded"


@behaviour("memory: a charge copies the intent's metadata when it is made")
def a_charge_snapshots_the_metadata(bench: Bench) -> None:
    customer, method = bench.saved()
    intent = bench.intent(customer, metadata={"step": "1"})
    done = bench.confirm(intent, method, off_session=True, expand=["latest_charge"])
    bench.v1.payment_intents.update(intent, {"metadata": {"step": "2"}})
    charge = bench.v1.charges.retrieve(str(done.latest_charge["id"]))  # type: ignore[index]
    assert charge.metadata.to_dict() == {"step": "1"}


@behaviour("docs: a cancelled intent makes no more charges")
def a_cancelled_intent_cannot_be_confirmed(bench: Bench) -> None:
    customer, method = bench.saved()
    intent = bench.intent(customer)
    bench.v1.payment_intents.cancel(intent, {}, bench.key("cancel"))  # type: ignore[arg-type]
    error: Any = bench.refused(lambda: bench.confirm(intent, method))
    assert error.code == "payment_intent_unexpected_state"


@behaviour("docs: a succeeded intent cannot be cancelled")
def a_succeeded_intent_cannot_be_cancelled(bench: Bench) -> None:
    intent = bench.paid()
    key: Any = bench.key("cancel")
    error: Any = bench.refused(lambda: bench.v1.payment_intents.cancel(intent.id, {}, key))
    assert (error.http_status, error.code) == (400, "payment_intent_unexpected_state")


@behaviour("docs: 30 days of a customer's methods; attaching a token makes a new method")
def every_use_of_a_token_is_a_new_method(bench: Bench) -> None:
    _, first = bench.saved()
    _, second = bench.saved()
    assert first != second
    cards = [bench.v1.payment_methods.retrieve(method).card for method in (first, second)]
    assert cards[0] is not None
    assert cards[1] is not None
    assert cards[0].fingerprint == cards[1].fingerprint


@behaviour("third-party: detaching is final")
def a_detached_method_cannot_be_attached_again(bench: Bench) -> None:
    customer, method = bench.saved()
    bench.v1.payment_methods.detach(method)
    error = bench.refused(lambda: bench.v1.payment_methods.attach(method, {"customer": customer}))
    assert error.http_status == 400


@behaviour("docs: a method of another customer is refused")
def another_customers_card_is_refused(bench: Bench) -> None:
    _, method = bench.saved()
    stranger = bench.customer()
    error = bench.refused(lambda: bench.confirm(bench.intent(stranger), method, off_session=True))
    assert error.http_status == 400


@behaviour("docs: minimum charge amounts")
def an_amount_under_the_minimum_is_refused(bench: Bench) -> None:
    error: Any = bench.refused(lambda: bench.intent(amount=49))
    assert (error.http_status, error.code) == (400, "amount_too_small")


@behaviour("docs: removed in endive")
def payment_method_types_is_gone(bench: Bench) -> None:
    key = bench.key("pi")["idempotency_key"]
    params = {"amount": 500, "currency": "usd", "payment_method_types": ["card"]}
    error: Any = bench.refused(
        lambda: bench.stripe.raw_request(
            "post", "/v1/payment_intents", idempotency_key=key, **params
        )
    )
    assert error.code == "payment_method_types_no_longer_supported"


@behaviour("measured: Checkout in setup mode wants a currency or a list of types")
def checkout_in_setup_mode_wants_a_currency(bench: Bench) -> None:
    error: Any = bench.refused(
        lambda: bench.v1.checkout.sessions.create(
            {"mode": "setup", "success_url": "https://shop.test/done"}
        )
    )
    assert (error.http_status, error.param) == (400, "currency")


@behaviour("docs: save a bank account with its mandate, debit it off-session")
def a_bank_debit_is_processing_first(bench: Bench) -> None:
    customer = bench.customer()
    setup = bench.v1.setup_intents.create(
        {
            "customer": customer,
            "payment_method": "pm_usBankAccount_success",
            "confirm": True,
            "allowed_payment_method_types": ["us_bank_account"],
            "mandate_data": {
                "customer_acceptance": {
                    "type": "online",
                    "online": {"ip_address": "203.0.113.7", "user_agent": "test"},
                }
            },
        }
    )
    assert setup.status == "succeeded"
    assert setup.mandate is not None
    intent = bench.confirm(bench.intent(customer), str(setup.payment_method), off_session=True)
    assert intent.status == "processing"


@behaviour("third-party: a debit without a mandate leaves requires_confirmation")
def a_bank_debit_wants_a_mandate(bench: Bench) -> None:
    intent = bench.intent()
    error = bench.refused(lambda: bench.confirm(intent, "pm_usBankAccount_success"))
    assert error.http_status == 400
    left = bench.v1.payment_intents.retrieve(intent)
    assert left.status == "requires_confirmation"


@behaviour("docs: fees are 2.9 % and 30 cents; net is amount minus fee")
def a_card_charge_has_its_balance_transaction(bench: Bench) -> None:
    customer, method = bench.saved("pm_card_bypassPending")
    done = bench.confirm(
        bench.intent(customer),
        method,
        off_session=True,
        expand=["latest_charge.balance_transaction"],
    )
    row: Any = done.latest_charge.balance_transaction  # type: ignore[union-attr]
    assert (8900, 8900 - row.fee, "charge") == (row.amount, row.net, row.type)
