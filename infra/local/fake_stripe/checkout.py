"""Checkout Sessions in `setup` mode: Stripe's own page, where a card is typed and saved."""

from typing import Final

from infra.local.fake_stripe import setup_intents
from infra.local.fake_stripe.banks import BANKS
from infra.local.fake_stripe.customers import find as find_customer
from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import (
    ApiError,
    Body,
    FakeStripeRefusal,
    bad_parameter,
    missing,
    wrong_state,
)
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import PAGE, integer, mapping, merged, required_text, text
from infra.local.fake_stripe.payment_intents import no_removed_types, usable_types
from infra.local.fake_stripe.payment_methods import make, valid_number
from infra.local.fake_stripe.state import DAY, Account, State

_NULLS: Final = (
    "adaptive_pricing", "after_expiration", "allow_promotion_codes", "amount_subtotal",
    "amount_total", "billing_address_collection", "client_secret", "collected_information",
    "consent", "consent_collection", "currency_conversion", "customer_account",
    "customer_details", "discounts", "invoice", "invoice_creation", "origin_context",
    "payment_intent", "payment_link", "payment_method_configuration_details", "permissions",
    "recovered_from", "saved_payment_method_options", "shipping_address_collection",
    "shipping_cost", "submit_type", "subscription", "total_details", "wallet_options",
)  # fmt: skip


def _checked(request: Request) -> str:
    params = request.params
    no_removed_types(params)
    mode = required_text(params, "mode")
    if mode != "setup":
        raise FakeStripeRefusal(f"the fake does not implement Checkout in {mode!r} mode")
    if not params.get("allowed_payment_method_types") and not params.get("currency"):
        raise bad_parameter(
            "You must provide `currency` when `mode` is `setup` and "
            "`allowed_payment_method_types` is not set.",
            param="currency",
            code="parameter_missing",
        )
    if params.get("ui_mode", "hosted_page") != "hosted_page":
        raise FakeStripeRefusal("the fake implements Checkout's hosted page only")
    return required_text(params, "success_url")


def _create(request: Request) -> Body:
    state, account, params = request.state, request.account, request.params
    success_url = _checked(request)
    if params.get("customer"):
        find_customer(request, params["customer"], param="customer", status=400)
    setup = setup_intents.new(
        state,
        account,
        {
            "customer": params.get("customer"),
            "currency": params.get("currency"),
            "allowed_payment_method_types": params.get("allowed_payment_method_types"),
            **params.get("setup_intent_data", {}),
        },
    )
    session_id = state.new_id("cs_test")
    body: Body = {
        **dict.fromkeys(_NULLS),
        "id": session_id,
        "object": "checkout.session",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "automatic_tax": {"enabled": False, "liability": None, "provider": None, "status": None},
        "cancel_url": params.get("cancel_url"),
        "client_reference_id": params.get("client_reference_id"),
        "created": state.now,
        "currency": params.get("currency"),
        "custom_fields": [],
        "custom_text": dict.fromkeys(
            ("after_submit", "shipping_address", "submit", "terms_of_service_acceptance")
        ),
        "customer": params.get("customer"),
        "customer_creation": None if params.get("customer") else "always",
        "customer_email": params.get("customer_email"),
        "excluded_payment_method_types": [],
        "expires_at": params.get("expires_at", state.now + DAY),
        "integration_identifier": None,
        "livemode": False,
        "locale": params.get("locale"),
        "metadata": merged({}, params.get("metadata", {})),
        "mode": "setup",
        "payment_method_collection": "always",
        "payment_method_options": {"card": {"request_three_d_secure": "automatic"}},
        "payment_method_types": usable_types(params, params.get("currency")),
        "payment_status": "no_payment_required",
        "phone_number_collection": {"enabled": False},
        "setup_intent": setup["id"],
        "shipping_options": [],
        "status": "open",
        "success_url": success_url,
        "ui_mode": "hosted_page",
        "url": f"{state.options.base_url}/c/pay/{account.id}/{session_id}",
    }
    account.sessions[session_id] = body
    account.session_of[setup["id"]] = session_id
    state.schedule(body["expires_at"], "checkout.expire", account, session_id)
    return dict(body)


def find(account: Account, session_id: str) -> Body:
    session = account.sessions.get(session_id)
    if session is None:
        raise missing("checkout.session", session_id)
    return session


def submit(
    state: State, account: Account, session: Body, kind: str, number: str, given: Body
) -> Body:
    """The payer submits the hosted page. Returns the SetupIntent; a decline raises the 402."""
    if session["status"] != "open":
        raise wrong_state("This Checkout Session is no longer open.")
    if kind == "card":
        valid_number(state, number)
    elif number not in BANKS:
        raise bad_parameter("This is not one of Stripe's test bank accounts.", param="number")
    intent = account.setup_intents[session["setup_intent"]]
    method = make(state, account, kind, number, given, given.get("billing_details"))
    accepted = {"customer_acceptance": {"type": "online", "online": {
        "ip_address": "203.0.113.7", "user_agent": "Mozilla/5.0"}}}  # fmt: skip
    back = f"{state.options.base_url}/c/pay/{account.id}/{session['id']}"
    setup_intents.confirm(
        state, account, intent, method, {"return_url": back, "mandate_data": accepted}
    )
    if intent["status"] == "succeeded":
        complete(state, account, session)
    return intent


def complete(state: State, account: Account, session: Body) -> None:
    """Everything the page promised is done."""
    method = account.payment_methods[
        account.setup_intents[session["setup_intent"]]["payment_method"]
    ].body
    session["status"] = "complete"
    session["url"] = None
    billing = method["billing_details"]
    session["customer_details"] = {
        "address": billing["address"],
        "business_name": None,
        "email": billing["email"],
        "individual_name": None,
        "name": billing["name"],
        "phone": billing["phone"],
        "tax_exempt": "none",
        "tax_ids": None,
    }
    state.emit(account, "checkout.session.completed", session)


def success_url(session: Body) -> str:
    url: str = session["success_url"]
    return url.replace("{CHECKOUT_SESSION_ID}", session["id"])


def expire(state: State, account: Account, session_id: str) -> None:
    session = account.sessions[session_id]
    if session["status"] != "open":
        return
    session["status"] = "expired"
    session["url"] = None
    intent = account.setup_intents[session["setup_intent"]]
    intent["status"] = "canceled"
    intent["cancellation_reason"] = "abandoned"
    intent["next_action"] = None
    account.actions.pop(intent["id"], None)
    state.emit(account, "setup_intent.canceled", intent)
    state.emit(account, "checkout.session.expired", session)


def _expire(request: Request) -> Body:
    session = find(request.account, request.id)
    if session["status"] != "open":
        raise _not_open(session)
    expire(request.state, request.account, request.id)
    return dict(session)


def _not_open(session: Body) -> ApiError:
    return wrong_state(
        'Only Checkout Sessions with a status in ["open"] can be expired. This Checkout Session '
        f"has a status of {session['status']}."
    )


def _retrieve(request: Request) -> Body:
    return dict(find(request.account, request.id))


def _list(request: Request) -> Body:
    wanted = {k: request.params[k] for k in ("customer", "status") if k in request.params}
    return page(
        request,
        "checkout.session",
        "/v1/checkout/sessions",
        request.account.sessions.values(),
        lambda session: all(session[name] == value for name, value in wanted.items()),
    )


ROUTES: Final[Routes] = {
    "POST /v1/checkout/sessions": Route(
        "checkout.sessions.create",
        _create,
        {
            "mode": text,
            "customer": text,
            "customer_email": text,
            "success_url": text,
            "cancel_url": text,
            "currency": text,
            "client_reference_id": text,
            "expires_at": integer,
            "locale": text,
            "metadata": mapping,
            "setup_intent_data": {"metadata": mapping, "description": text},
            "allowed_payment_method_types": [text],
            "payment_method_types": [text],
            "ui_mode": text,
        },
    ),
    "GET /v1/checkout/sessions": Route(
        "checkout.sessions.list", _list, {**PAGE, "customer": text, "status": text}
    ),
    "GET /v1/checkout/sessions/{}": Route("checkout.sessions.retrieve", _retrieve),
    "POST /v1/checkout/sessions/{}/expire": Route("checkout.sessions.expire", _expire),
}
