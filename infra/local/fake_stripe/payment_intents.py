"""PaymentIntents: at most one successful charge each, however often they are confirmed."""

from typing import Any, Final

from infra.local.fake_stripe.confirmation import (
    CONFIRMABLE,
    choose_method,
    confirm,
    confirmable,
    return_url_given,
)
from infra.local.fake_stripe.currencies import valid_amount
from infra.local.fake_stripe.customers import find as find_customer
from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import (
    ApiError,
    Body,
    bad_parameter,
    missing,
    required,
    wrong_state,
)
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import (
    MANDATE_DATA,
    PAGE,
    SHIPPING,
    boolean,
    flag_or_text,
    integer,
    mapping,
    merged,
    required_text,
    text,
)
from infra.local.fake_stripe.payment_methods import resolve
from infra.local.fake_stripe.state import Account

TYPES: Final = ("card", "us_bank_account")
_PLAIN: Final = (
    "description",
    "receipt_email",
    "setup_future_usage",
    "shipping",
    "statement_descriptor",
    "statement_descriptor_suffix",
    "transfer_group",
)
_REASONS: Final = ("duplicate", "fraudulent", "requested_by_customer", "abandoned")
_OPTIONS: Final[Body] = {
    "card": {
        "installments": None,
        "mandate_options": None,
        "network": None,
        "request_three_d_secure": "automatic",
    },
    "us_bank_account": {"verification_method": "automatic"},
}


def no_removed_types(params: Body) -> None:
    """Endive removed the parameter every tutorial still shows."""
    if "payment_method_types" in params:
        raise bad_parameter(
            "The `payment_method_types` parameter is no longer supported. Use "
            "`allowed_payment_method_types` or dynamic payment methods instead.",
            param="payment_method_types",
            code="payment_method_types_no_longer_supported",
        )


def usable_types(params: Body, currency: str | None) -> list[str]:
    allowed = params.get("allowed_payment_method_types") or TYPES
    return [kind for kind in allowed if kind != "us_bank_account" or currency in (None, "usd")]


def automatic_methods(params: Body) -> Body | None:
    """On by default; an explicit list of types switches it off."""
    given = params.get("automatic_payment_methods")
    if given is not None:
        redirects = given.get("allow_redirects", "always")
        return {"allow_redirects": redirects, "enabled": given["enabled"]}
    if params.get("allowed_payment_method_types"):
        return None
    return {"allow_redirects": "always", "enabled": True}


def _application_fee(request: Request, amount: int) -> int | None:
    share: int | None = request.params.get("application_fee_amount")
    if share is None:
        return None
    if request.account is request.state.platform:
        raise bad_parameter(
            "Can only apply an application_fee_amount when the PaymentIntent is attempting a "
            "direct payment (using an OAuth key or Stripe-Account header) or destination payment.",
            param="application_fee_amount",
        )
    if share > amount:
        raise bad_parameter(
            "Application fee amount must not exceed the amount.", param="application_fee_amount"
        )
    return share


def _new_body(request: Request) -> Body:
    state, params = request.state, request.params
    if "amount" not in params:
        raise required("amount")
    currency = required_text(params, "currency").lower()
    amount: int = params["amount"]
    valid_amount(amount, currency)
    intent_id = state.new_id("pi")
    types = usable_types(params, currency)
    direct = request.account is not state.platform
    return {
        "id": intent_id,
        "object": "payment_intent",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "amount": amount,
        "amount_capturable": 0,
        "amount_details": {"tip": {}},
        "amount_received": 0,
        "application": "ca_fakeplatform" if direct else None,
        "application_fee_amount": _application_fee(request, amount),
        "automatic_payment_methods": automatic_methods(params),
        "canceled_at": None,
        "cancellation_reason": None,
        "capture_method": params.get("capture_method", "automatic_async"),
        "client_secret": f"{intent_id}_secret_{state.token()}",
        "confirmation_method": "automatic",
        "created": state.now,
        "currency": currency,
        "customer": params.get("customer"),
        "customer_account": None,
        "description": None,
        "excluded_payment_method_types": None,
        "last_payment_error": None,
        "latest_charge": None,
        "livemode": False,
        "metadata": merged({}, params.get("metadata", {})),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {kind: _OPTIONS[kind] for kind in types if kind in _OPTIONS},
        "payment_method_types": types,
        "processing": None,
        "receipt_email": None,
        "review": None,
        "setup_future_usage": None,
        "shipping": None,
        "statement_descriptor": None,
        "statement_descriptor_suffix": None,
        "status": "requires_payment_method",
        "transfer_data": None,
        "transfer_group": None,
        **{name: params[name] or None for name in _PLAIN if name in params},
    }


def charging_allowed(account: Account) -> None:
    if account.body.get("charges_enabled") is False:
        raise wrong_state(
            "Your account cannot currently make charges. Finish its onboarding first.",
            code="account_invalid",
        )


def _create(request: Request) -> Body:
    state, account, params = request.state, request.account, request.params
    no_removed_types(params)
    charging_allowed(account)
    if params.get("customer"):
        find_customer(request, params["customer"], param="customer", status=400)
    body = _new_body(request)
    method_id = params.get("payment_method")
    if method_id:
        method = choose_method(state, account, body, params)
        body["payment_method"] = method.body["id"]
        body["status"] = "requires_confirmation"
    if params.get("confirm"):
        return_url_given(body, params)
    elif any(name in params for name in ("off_session", "return_url", "mandate_data")):
        raise bad_parameter(
            "`off_session`, `return_url` and `mandate_data` may only be passed with `confirm=true`."
        )
    account.payment_intents[body["id"]] = body
    state.emit(account, "payment_intent.created", body)
    if params.get("confirm"):
        given = {**params, "payment_method": body["payment_method"]}
        return dict(confirm(state, account, body, given))
    return dict(body)


def find(request: Request) -> Body:
    intent = request.account.payment_intents.get(request.id)
    if intent is None:
        raise missing("payment_intent", request.id, param="intent")
    return intent


def _confirm(request: Request) -> Body:
    charging_allowed(request.account)
    no_removed_types(request.params)
    intent = find(request)
    confirmable(intent)
    return_url_given(intent, request.params)
    return dict(confirm(request.state, request.account, intent, request.params))


def _not_now(intent: Body, verb: str, past: str, statuses: tuple[str, ...]) -> ApiError:
    return wrong_state(
        f"You cannot {verb} this PaymentIntent because it has a status of {intent['status']}. Only "
        f"a PaymentIntent with one of the following statuses may be {past}: "
        f"{', '.join(statuses)}.",
        code="payment_intent_unexpected_state",
        payment_intent=dict(intent),
    )


def _cancel(request: Request) -> Body:
    intent, state = find(request), request.state
    reason = request.params.get("cancellation_reason")
    if reason is not None and reason not in _REASONS:
        raise bad_parameter(
            f"Invalid cancellation_reason: must be one of {', '.join(_REASONS)}",
            param="cancellation_reason",
        )
    statuses = ("requires_payment_method", "requires_capture", "requires_confirmation",
                "requires_action")  # fmt: skip
    if intent["status"] not in statuses:
        raise _not_now(intent, "cancel", "canceled", statuses)
    request.account.actions.pop(intent["id"], None)
    intent["status"] = "canceled"
    intent["canceled_at"] = state.now
    intent["cancellation_reason"] = reason
    intent["next_action"] = None
    state.emit(request.account, "payment_intent.canceled", intent)
    return dict(intent)


_ALWAYS: Final = frozenset({"metadata", "description"})


def _update(request: Request) -> Body:
    intent, params = find(request), request.params
    if not params.keys() <= _ALWAYS and intent["status"] not in CONFIRMABLE:
        raise _not_now(intent, "update", "updated", CONFIRMABLE)
    change: dict[str, Any] = {name: params[name] or None for name in _PLAIN if name in params}
    if "amount" in params:
        valid_amount(params["amount"], intent["currency"])
        change["amount"] = params["amount"]
    if "application_fee_amount" in params:
        change["application_fee_amount"] = _application_fee(
            request, int(change.get("amount") or intent["amount"])
        )
    if "customer" in params:
        find_customer(request, params["customer"], param="customer", status=400)
        change["customer"] = params["customer"]
    if "metadata" in params:
        change["metadata"] = merged(intent["metadata"], params["metadata"])
    if params.get("payment_method"):
        method = resolve(request.state, request.account, params["payment_method"])
        change["payment_method"] = method.body["id"]
        change["status"] = "requires_confirmation"
    intent.update(change)
    return dict(intent)


def _retrieve(request: Request) -> Body:
    return dict(find(request))


def _list(request: Request) -> Body:
    customer = request.params.get("customer")
    return page(
        request,
        "payment_intent",
        "/v1/payment_intents",
        request.account.payment_intents.values(),
        lambda intent: customer in (None, intent["customer"]),
    )


_CARD_OPTIONS: Final = {
    "card": {
        "request_three_d_secure": text,
        "stored_credential_usage": text,
        "setup_credential_usage": text,
        "setup_future_usage": text,
    },
    "us_bank_account": {"verification_method": text, "preferred_settlement_speed": text},
}
_TRY: Final = {
    "payment_method": text,
    "off_session": flag_or_text,
    "return_url": text,
    "payment_method_options": _CARD_OPTIONS,
    "mandate": text,
    "mandate_data": MANDATE_DATA,
    "error_on_requires_action": boolean,
    "setup_future_usage": text,
    "receipt_email": text,
    "shipping": SHIPPING,
}
_SAVED: Final = {
    "amount": integer,
    "customer": text,
    "description": text,
    "metadata": mapping,
    "application_fee_amount": integer,
    "statement_descriptor": text,
    "statement_descriptor_suffix": text,
    "transfer_group": text,
}
_REMOVED: Final = {"payment_method_types": [text]}

ROUTES: Final[Routes] = {
    "POST /v1/payment_intents": Route(
        "payment_intents.create",
        _create,
        {
            **_TRY,
            **_SAVED,
            **_REMOVED,
            "currency": text,
            "confirm": boolean,
            "capture_method": text,
            "confirmation_method": text,
            "automatic_payment_methods": {"enabled": boolean, "allow_redirects": text},
            "allowed_payment_method_types": [text],
        },
        money=True,
    ),
    "GET /v1/payment_intents": Route("payment_intents.list", _list, {**PAGE, "customer": text}),
    "GET /v1/payment_intents/{}": Route("payment_intents.retrieve", _retrieve),
    "POST /v1/payment_intents/{}": Route(
        "payment_intents.update",
        _update,
        {
            **_SAVED,
            "payment_method": text,
            "receipt_email": text,
            "setup_future_usage": text,
            "shipping": SHIPPING,
        },
    ),
    "POST /v1/payment_intents/{}/confirm": Route(
        "payment_intents.confirm",
        _confirm,
        {**_TRY, **_REMOVED, "amount_to_confirm": integer},
        money=True,
    ),
    "POST /v1/payment_intents/{}/cancel": Route(
        "payment_intents.cancel", _cancel, {"cancellation_reason": text}, money=True
    ),
}
