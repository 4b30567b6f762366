"""SetupIntents: saving a method for later, with the payer present."""

from typing import Final

from infra.local.fake_stripe import mandates
from infra.local.fake_stripe.cards import card_of
from infra.local.fake_stripe.customers import find as find_customer
from infra.local.fake_stripe.declines import card_error, outcome
from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import ApiError, Body, missing, wrong_state
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import (
    MANDATE_DATA,
    PAGE,
    boolean,
    mapping,
    merged,
    text,
)
from infra.local.fake_stripe.payment_intents import (
    automatic_methods,
    no_removed_types,
    usable_types,
)
from infra.local.fake_stripe.payment_methods import link, resolve, usable
from infra.local.fake_stripe.state import Account, Action, Method, State

_OPEN: Final = ("requires_payment_method", "requires_confirmation", "requires_action")


def new(state: State, account: Account, params: Body) -> Body:
    """An unconfirmed SetupIntent; Checkout makes one for each session."""
    intent_id = state.new_id("seti")
    types = usable_types(params, params.get("currency"))
    body: Body = {
        "id": intent_id,
        "object": "setup_intent",
        "allowed_payment_method_types": params.get("allowed_payment_method_types"),
        "application": "ca_fakeplatform" if account is not state.platform else None,
        "automatic_payment_methods": automatic_methods(params),
        "cancellation_reason": None,
        "client_secret": f"{intent_id}_secret_{state.token()}",
        "created": state.now,
        "customer": params.get("customer"),
        "customer_account": None,
        "description": params.get("description"),
        "excluded_payment_method_types": None,
        "flow_directions": None,
        "last_setup_error": None,
        "latest_attempt": None,
        "livemode": False,
        "mandate": None,
        "metadata": merged({}, params.get("metadata", {})),
        "next_action": None,
        "on_behalf_of": None,
        "payment_method": None,
        "payment_method_configuration_details": None,
        "payment_method_options": {"card": {"mandate_options": None, "network": None,
                                            "request_three_d_secure": "automatic"}},
        "payment_method_types": types,
        "single_use_mandate": None,
        "status": "requires_payment_method",
        "usage": params.get("usage", "off_session"),
    }  # fmt: skip
    account.setup_intents[intent_id] = body
    state.emit(account, "setup_intent.created", body)
    return body


def confirm(state: State, account: Account, intent: Body, method: Method, given: Body) -> Body:
    """Ask the issuer; a declined SetupIntent is a 402 and stays open."""
    usable(method)
    owner, customer = method.body["customer"], intent["customer"]
    if owner is not None and owner != customer:
        raise wrong_state(
            f"The PaymentMethod you provided ({method.body['id']}) belongs to another customer.",
            param="payment_method",
        )
    intent["payment_method"] = method.body["id"]
    intent["latest_attempt"] = state.new_id("setatt")
    account.actions.pop(intent["id"], None)
    if method.body["type"] == "us_bank_account":
        return _permit_debits(state, account, intent, method, given)
    if card_of(state, method.number).authenticate in ("unless_set_up", "always"):
        return _challenge(state, account, intent, given.get("return_url"))
    return finish(state, account, intent, method)


def _permit_debits(
    state: State, account: Account, intent: Body, method: Method, given: Body
) -> Body:
    if not given.get("mandate_data"):
        intent["status"] = "requires_confirmation"
        raise wrong_state(
            "You must provide `mandate_data` to confirm with a us_bank_account PaymentMethod.",
            code="parameter_missing",
            param="mandate_data",
            setup_intent=dict(intent),
        )
    mandate = mandates.grant(state, account, method, given["mandate_data"])
    intent["mandate"] = mandate["id"]
    return finish(state, account, intent, method)


def _challenge(state: State, account: Account, intent: Body, return_url: str | None) -> Body:
    action = Action(state.token(), return_url)
    account.actions[intent["id"]] = action
    url = f"{state.options.base_url}/3ds/{account.id}/{intent['id']}/{action.token}"
    intent["next_action"] = (
        {"type": "redirect_to_url", "redirect_to_url": {"return_url": return_url, "url": url}}
        if return_url
        else {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url},
        }
    )
    intent["status"] = "requires_action"
    state.emit(account, "setup_intent.requires_action", intent)
    return intent


def finish(state: State, account: Account, intent: Body, method: Method) -> Body:
    """The issuer's answer to saving; success attaches the method."""
    answer = outcome("ok")
    if method.body["type"] == "card":
        answer = outcome(card_of(state, method.number).attach)
    if answer.code != "ok":
        error = card_error(answer, state.request[0], payment_method=dict(method.body))
        return _refuse(state, account, intent, error)
    intent["status"] = "succeeded"
    intent["next_action"] = None
    intent["last_setup_error"] = None
    method.authenticated = True
    if intent["customer"]:
        link(state, account, method, intent["customer"])
    state.emit(account, "setup_intent.succeeded", intent)
    return intent


def _refuse(state: State, account: Account, intent: Body, error: Body) -> Body:
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = None
    intent["next_action"] = None
    intent["last_setup_error"] = {k: v for k, v in error.items() if k != "request_log_url"}
    state.emit(account, "setup_intent.setup_failed", intent)
    raise ApiError(402, {**error, "setup_intent": dict(intent)}, executed=True)


def authenticate(state: State, account: Account, intent: Body, *, passed: bool) -> None:
    """The payer's answer on the 3-D Secure page."""
    account.actions.pop(intent["id"])
    method = account.payment_methods[intent["payment_method"]]
    try:
        if passed:
            finish(state, account, intent, method)
            return
        error: Body = {
            "type": "invalid_request_error",
            "code": "setup_intent_authentication_failure",
            "doc_url": "https://stripe.com/docs/error-codes/setup-intent-authentication-failure",
            "message": "The provided PaymentMethod has failed authentication. You can provide "
            "payment_method_data or a new PaymentMethod to attempt to fulfill this SetupIntent "
            "again.",
            "payment_method": dict(method.body),
        }
        _refuse(state, account, intent, error)
    except ApiError as declined:
        if declined.status != 402:
            raise


def find(request: Request) -> Body:
    intent = request.account.setup_intents.get(request.id)
    if intent is None:
        raise missing("setupintent", request.id, param="intent")
    return intent


def _create(request: Request) -> Body:
    state, account, params = request.state, request.account, request.params
    no_removed_types(params)
    if params.get("customer"):
        find_customer(request, params["customer"], param="customer", status=400)
    body = new(state, account, params)
    if params.get("payment_method"):
        method = resolve(state, account, params["payment_method"])
        body["payment_method"] = method.body["id"]
        body["status"] = "requires_confirmation"
        if params.get("confirm"):
            return dict(confirm(state, account, body, method, params))
    return dict(body)


def _confirm(request: Request) -> Body:
    intent, params = find(request), request.params
    _open(intent, "confirm")
    method_id = params.get("payment_method") or intent["payment_method"]
    if not method_id:
        raise wrong_state(
            "You cannot confirm this SetupIntent because it's missing a payment method.",
            code="setup_intent_unexpected_state",
            setup_intent=dict(intent),
        )
    method = resolve(request.state, request.account, method_id)
    return dict(confirm(request.state, request.account, intent, method, params))


def _open(intent: Body, verb: str) -> None:
    if intent["status"] not in _OPEN:
        raise wrong_state(
            f"You cannot {verb} this SetupIntent because it has a status of {intent['status']}.",
            code="setup_intent_unexpected_state",
            setup_intent=dict(intent),
        )


def _cancel(request: Request) -> Body:
    intent = find(request)
    if intent["id"] in request.account.session_of:
        raise wrong_state(
            "You cannot cancel this SetupIntent because it was created by a Checkout Session. "
            "Expire the Checkout Session instead.",
            code="setup_intent_unexpected_state",
            setup_intent=dict(intent),
        )
    _open(intent, "cancel")
    intent["status"] = "canceled"
    intent["cancellation_reason"] = request.params.get("cancellation_reason")
    intent["next_action"] = None
    request.state.emit(request.account, "setup_intent.canceled", intent)
    return dict(intent)


def _retrieve(request: Request) -> Body:
    return dict(find(request))


def _list(request: Request) -> Body:
    wanted = {k: request.params[k] for k in ("customer", "payment_method") if k in request.params}
    return page(
        request,
        "setupintent",
        "/v1/setup_intents",
        request.account.setup_intents.values(),
        lambda intent: all(intent[name] == value for name, value in wanted.items()),
    )


_TRY: Final = {"payment_method": text, "return_url": text, "mandate_data": MANDATE_DATA}

ROUTES: Final[Routes] = {
    "POST /v1/setup_intents": Route(
        "setup_intents.create",
        _create,
        {
            **_TRY,
            "customer": text,
            "usage": text,
            "confirm": boolean,
            "description": text,
            "metadata": mapping,
            "automatic_payment_methods": {"enabled": boolean, "allow_redirects": text},
            "allowed_payment_method_types": [text],
            "payment_method_types": [text],
        },
    ),
    "GET /v1/setup_intents": Route(
        "setup_intents.list", _list, {**PAGE, "customer": text, "payment_method": text}
    ),
    "GET /v1/setup_intents/{}": Route("setup_intents.retrieve", _retrieve),
    "POST /v1/setup_intents/{}/confirm": Route("setup_intents.confirm", _confirm, _TRY),
    "POST /v1/setup_intents/{}/cancel": Route(
        "setup_intents.cancel", _cancel, {"cancellation_reason": text}
    ),
}
