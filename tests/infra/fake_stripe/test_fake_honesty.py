"""The fake against itself: it refuses what it does not know, and Stripe's own documents judge the
rest. Each check is shown to be able to fail."""

from __future__ import annotations

import importlib
from typing import Any

import pytest
import stripe

from infra.local.fake_stripe import FakeStripeRefusal
from infra.local.fake_stripe.checks import (
    Checks,
    DishonestFakeError,
    document,
)
from infra.local.fake_stripe.idempotency import Reply
from infra.local.fake_stripe.overlay import DOCUMENTED_VALUES, NEW_FIELDS, NEW_VALUES
from infra.local.fake_stripe.request_schema import schema_of
from infra.local.fake_stripe.routes import ROUTES
from infra.local.fake_stripe.state import API_VERSION
from tests.infra.fake_stripe.bench import FakeBench

SDK_OBJECTS: dict[str, Any] = {
    "account": stripe.Account,
    "account_link": stripe.AccountLink,
    "application_fee": stripe.ApplicationFee,
    "balance": stripe.Balance,
    "balance_transaction": stripe.BalanceTransaction,
    "charge": stripe.Charge,
    "checkout.session": stripe.checkout.Session,
    "customer": stripe.Customer,
    "dispute": stripe.Dispute,
    "event": stripe.Event,
    "mandate": stripe.Mandate,
    "payment_intent": stripe.PaymentIntent,
    "payment_method": stripe.PaymentMethod,
    "payout": stripe.Payout,
    "radar.early_fraud_warning": stripe.radar.EarlyFraudWarning,
    "refund": stripe.Refund,
    "setup_intent": stripe.SetupIntent,
    "webhook_endpoint": stripe.WebhookEndpoint,
}
# Removed parameters are declared so that they get Stripe's own 400.
REMOVED = {"payment_method_types"}


def test_the_fake_speaks_the_version_the_sdk_is_pinned_to() -> None:
    pinned = importlib.import_module("stripe._api_version")._ApiVersion.CURRENT
    assert pinned == API_VERSION


@pytest.mark.parametrize("name", SDK_OBJECTS)
def test_the_overlay_is_exactly_what_the_sdk_has_and_the_document_lacks(name: str) -> None:
    told = {
        field
        for field in SDK_OBJECTS[name].__annotations__
        if not field.startswith("_") and field not in {"OBJECT_NAME", "deleted"}
    }
    overlaid = set(NEW_FIELDS.get(name, {}))
    written = set(document()["$defs"][name]["properties"]) - overlaid
    assert told - written == overlaid
    assert written - told == set()


def test_the_carried_document_covers_every_endpoint_and_no_other() -> None:
    assert document()["routes"].keys() == ROUTES.keys()
    assert document()["version"] == "2026-05-27.dahlia"


def test_enumerations_the_overlay_extends_or_closes_are_there() -> None:
    definitions = document()["$defs"]
    for (name, field), values in (NEW_VALUES | DOCUMENTED_VALUES).items():
        assert set(values) <= set(definitions[name]["properties"][field]["enum"])


@pytest.mark.parametrize("route", ROUTES.values(), ids=lambda route: route.name)
def test_no_endpoint_accepts_a_parameter_the_sdk_does_not_have(route: Any) -> None:
    known = set(schema_of(route.name)["properties"])
    assert set(route.accepts) - known - REMOVED == set()


@pytest.mark.parametrize(
    "params",
    [
        {"currency": "usd"},
        {"amount": "500", "currency": "usd"},
        {"amount": 500, "currency": "usd", "payment_method_types": ["card"]},
        {"amount": 500, "currency": "usd", "setup_future_usage": "off_sesion"},
        {"amount": 500, "currency": "usd", "allowed_payment_method_types": ["cart"]},
        {
            "amount": 500,
            "currency": "usd",
            "payment_method_options": {"card": {"stored_credential_usage": "recuring"}},
        },
    ],
)
def test_a_request_the_sdk_would_not_send_fails_the_test(
    fake: FakeBench, params: dict[str, Any]
) -> None:
    with pytest.raises(DishonestFakeError, match=r"payment_intents\.create"):
        Checks(fake.core.state).request("payment_intents.create", params)


@pytest.mark.parametrize("change", [{"invented": 1}, {"created": "now"}, {"object": "client"}])
def test_an_answer_stripe_would_not_give_fails_the_test(
    fake: FakeBench, change: dict[str, Any]
) -> None:
    checks = Checks(fake.core.state)
    template = "POST /v1/customers"
    honest = fake.core.call("POST", "/v1/customers", {"name": "Ada"})
    checks.reply(template, ROUTES[template], honest)
    dishonest = Reply(200, {**honest.body, **change}, {})
    with pytest.raises(DishonestFakeError, match=r"customers\.create"):
        checks.reply(template, ROUTES[template], dishonest)


def test_an_error_stripe_would_not_give_fails_the_test(fake: FakeBench) -> None:
    template = "POST /v1/customers"
    wrong = Reply(400, {"error": {"type": "bad_luck"}}, {})
    with pytest.raises(DishonestFakeError):
        Checks(fake.core.state).reply(template, ROUTES[template], wrong)


def test_an_event_about_a_wrong_object_fails_the_test(fake: FakeBench) -> None:
    with pytest.raises(DishonestFakeError, match="object of"):
        fake.core.state.emit(
            fake.core.account(), "charge.succeeded", {"object": "charge", "id": "ch_1"}
        )


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/v1/charges"),
        ("GET", "/v1/payment_intents/search"),
        ("POST", "/v1/invoices"),
        ("POST", "/v1/payment_intents/pi_1/capture"),
        ("GET", "/v2/core/events"),
    ],
)
def test_an_endpoint_without_code_is_refused(fake: FakeBench, method: str, path: str) -> None:
    with pytest.raises(FakeStripeRefusal):
        fake.core.call(method, path, {}, idempotency_key="pi/b/one")


@pytest.mark.parametrize(
    ("path", "params"),
    [
        ("/v1/customers", {"tax_exempt": "none"}),
        ("/v1/customers", {"address": {"planet": "Mars"}}),
        ("/v1/checkout/sessions", {"mode": "payment", "success_url": "https://x.test"}),
        ("/v1/payment_methods", {"type": "sepa_debit"}),
    ],
)
def test_a_parameter_without_code_is_refused(path: str, params: dict[str, Any]) -> None:
    bench = FakeBench(checked=False)
    with pytest.raises(FakeStripeRefusal):
        bench.core.call("POST", path, params)


def test_a_live_key_and_another_version_are_refused(fake: FakeBench) -> None:
    for headers in (
        {"Authorization": "Bearer sk_live_x"},
        {"Authorization": "Bearer sk_test_x", "Stripe-Version": "2020-08-27"},
    ):
        with pytest.raises(FakeStripeRefusal):
            fake.core.handle("GET", "https://api.stripe.com/v1/balance", headers)


def test_without_a_key_nobody_is_let_in(fake: FakeBench) -> None:
    _, status, _ = fake.core.handle("GET", "/v1/balance", {})
    assert status == 401


def test_a_misspelt_decline_code_in_a_script_is_refused(fake: FakeBench) -> None:
    customer, method = fake.saved()
    fake.core.script_card(method, ["insuficient_funds"])
    with pytest.raises(FakeStripeRefusal, match="insuficient"):
        fake.confirm(fake.intent(customer), method, off_session=True)
