"""One try at a PaymentIntent: authentication, the issuer's answer, and what both leave behind.

Event order is the one observed on Stripe: the charge's event, then a dispute's if the card makes
one, then the intent's.
"""

from typing import Final

from infra.local.fake_stripe import charges, disputes
from infra.local.fake_stripe.cards import (
    authorize,
    card_of,
    count_decline,
    needs_authentication,
)
from infra.local.fake_stripe.debits import debit
from infra.local.fake_stripe.declines import (
    Outcome,
    card_error,
    charge_outcome,
    decline,
    outcome,
)
from infra.local.fake_stripe.errors import ApiError, Body, bad_parameter, wrong_state
from infra.local.fake_stripe.payment_methods import link, resolve, usable
from infra.local.fake_stripe.state import Account, Action, Method, State

CONFIRMABLE: Final = ("requires_payment_method", "requires_confirmation", "requires_action")
_NOT_HANDLED: Final = Outcome(
    "authentication_not_handled", network_status="not_sent_to_network", type="blocked"
)


def confirmable(intent: Body) -> None:
    """A succeeded intent can never be confirmed again: this is what makes it a lock."""
    status = intent["status"]
    if status in CONFIRMABLE:
        return
    if status == "succeeded":
        words = "it has already succeeded after being previously confirmed."
    else:
        words = (
            f"it has a status of {status}. Only a PaymentIntent with one of the following "
            "statuses may be confirmed: requires_confirmation, requires_action."
        )
    raise wrong_state(
        f"You cannot confirm this PaymentIntent because {words}",
        code="payment_intent_unexpected_state",
        payment_intent=dict(intent),
    )


def return_url_given(intent: Body, given: Body) -> None:
    automatic = intent["automatic_payment_methods"]
    redirects = automatic is not None and automatic["allow_redirects"] == "always"
    if redirects and not given.get("return_url"):
        raise bad_parameter(
            "This PaymentIntent is configured to accept payment methods enabled in your Dashboard. "
            "Because some of these payment methods might redirect your customer off of your page, "
            "you must provide a `return_url`. If you don't want to accept redirect-based payment "
            "methods, set `automatic_payment_methods[enabled]` to `true` and "
            "`automatic_payment_methods[allow_redirects]` to `never` when creating Setup Intents "
            "and Payment Intents.",
            param="return_url",
        )


def choose_method(state: State, account: Account, intent: Body, given: Body) -> Method:
    """The method of this try, if it may be used for this intent at all."""
    method_id = given.get("payment_method") or intent["payment_method"]
    if not method_id:
        raise wrong_state(
            "You cannot confirm this PaymentIntent because it's missing a payment method. You can "
            "either update the PaymentIntent with a payment method and then confirm it again, or "
            "confirm it again directly with a payment method or ConfirmationToken.",
            code="payment_intent_unexpected_state",
            payment_intent=dict(intent),
        )
    method = resolve(state, account, method_id)
    usable(method)
    _same_customer(intent, method, off_session=bool(given.get("off_session")))
    if method.body["type"] not in intent["payment_method_types"]:
        raise wrong_state(
            f"The PaymentMethod provided ({method.body['type']}) is not allowed for this "
            "PaymentIntent. Please attach a PaymentMethod of one of the following types: "
            f"{', '.join(intent['payment_method_types'])}.",
            param="payment_method",
        )
    return method


def _same_customer(intent: Body, method: Method, *, off_session: bool) -> None:
    owner, customer, name = method.body["customer"], intent["customer"], method.body["id"]
    if owner == customer:
        if owner is None and off_session:
            raise wrong_state(
                "You cannot confirm with `off_session=true` when `customer` is not set on the "
                "PaymentIntent.",
                param="off_session",
            )
        return
    if customer is None:
        raise wrong_state(
            f"The PaymentMethod you provided ({name}) is attached to a customer ({owner}) so for "
            "security purposes you must provide the customer in the request.",
            param="payment_method",
        )
    if owner is not None or off_session:
        raise wrong_state(
            f"The customer does not have a payment method with the ID {name}. The payment method "
            "must be attached to the customer.",
            code="resource_missing",
            param="payment_method",
        )


def confirm(state: State, account: Account, intent: Body, given: Body) -> Body:
    """Try to collect the intent's amount; a 402 carries the intent it leaves behind."""
    method = choose_method(state, account, intent, given)
    if given.get("amount_to_confirm", intent["amount"]) != intent["amount"]:
        raise bad_parameter("`amount_to_confirm` must equal `amount`.", param="amount_to_confirm")
    account.actions.pop(intent["id"], None)
    intent["payment_method"] = method.body["id"]
    intent["next_action"] = None
    if given.get("setup_future_usage"):
        intent["setup_future_usage"] = given["setup_future_usage"]
    if method.body["type"] == "us_bank_account":
        return debit(state, account, intent, method, given)
    off_session = bool(given.get("off_session"))
    if needs_authentication(state, method, off_session=off_session):
        return _challenge(state, account, intent, method, given)
    result = authorize(state, account, method, intent["amount"], intent["currency"])
    if result.code == "authentication_required" and not off_session:
        return _challenge(state, account, intent, method, given)
    return finish(state, account, intent, method, result)


def _challenge(state: State, account: Account, intent: Body, method: Method, given: Body) -> Body:
    """Off-session nobody is there to authenticate: a decline. On-session: a redirect."""
    if given.get("off_session"):
        return finish(state, account, intent, method, outcome("authentication_required"))
    if given.get("error_on_requires_action"):
        return finish(state, account, intent, method, _NOT_HANDLED)
    return_url = given.get("return_url")
    action = Action(state.token(), return_url)
    account.actions[intent["id"]] = action
    intent["next_action"] = next_action(state, account, intent["id"], action)
    intent["status"] = "requires_action"
    intent["last_payment_error"] = None
    state.emit(account, "payment_intent.requires_action", intent)
    return intent


def next_action(state: State, account: Account, intent_id: str, action: Action) -> Body:
    url = f"{state.options.base_url}/3ds/{account.id}/{intent_id}/{action.token}"
    if action.return_url is None:
        return {
            "type": "use_stripe_sdk",
            "use_stripe_sdk": {"type": "three_d_secure_redirect", "stripe_js": url},
        }
    return {
        "type": "redirect_to_url",
        "redirect_to_url": {"return_url": action.return_url, "url": url},
    }


def finish(state: State, account: Account, intent: Body, method: Method, result: Outcome) -> Body:
    """Write the issuer's answer."""
    if result.code == "ok":
        return _succeed(state, account, intent, method, result)
    return _refuse(state, account, intent, method, result)


def _succeed(state: State, account: Account, intent: Body, method: Method, result: Outcome) -> Body:
    charge = charges.create(
        state, account, intent, method, status="succeeded", outcome=charge_outcome(result)
    )
    charges.settle(state, account, charge)
    keep_or_spend(state, account, intent, method)
    intent["status"] = "succeeded"
    intent["amount_received"] = intent["amount"]
    intent["latest_charge"] = charge["id"]
    intent["next_action"] = None
    intent["last_payment_error"] = None
    state.emit(account, "charge.succeeded", charge)
    reason = card_of(state, method.number).dispute
    if reason is not None:
        inquiry = reason == "inquiry"
        disputes.open_dispute(
            state, account, charge, "general" if inquiry else reason, inquiry=inquiry
        )
    state.emit(account, "payment_intent.succeeded", intent)
    return intent


def keep_or_spend(state: State, account: Account, intent: Body, method: Method) -> None:
    """A method used without being saved is spent; `setup_future_usage` saves it."""
    if method.body["customer"] is not None:
        return
    if intent["setup_future_usage"] and intent["customer"]:
        method.authenticated = True
        link(state, account, method, intent["customer"])
    else:
        method.consumed = True


def _refuse(state: State, account: Account, intent: Body, method: Method, no: Outcome) -> Body:
    words = decline(no)
    charge = charges.create(
        state,
        account,
        intent,
        method,
        status="failed",
        outcome=charge_outcome(no),
        failure=(words.code, words.message),
    )
    count_decline(state, account, charge, method.body["card"]["fingerprint"])
    error = card_error(no, state.request[0], charge=charge["id"], payment_method=dict(method.body))
    back_to_start(intent, error, charge["id"])
    state.emit(account, "charge.failed", charge)
    state.emit(account, "payment_intent.payment_failed", intent)
    raise ApiError(402, {**error, "payment_intent": dict(intent)}, executed=True)


def back_to_start(intent: Body, error: Body, charge_id: str | None) -> None:
    """A failed try: the intent waits for a method again and remembers why."""
    kept = {key: value for key, value in error.items() if key != "request_log_url"}
    intent["status"] = "requires_payment_method"
    intent["payment_method"] = None
    intent["next_action"] = None
    intent["last_payment_error"] = kept
    if charge_id is not None:
        intent["latest_charge"] = charge_id


def authenticate(state: State, account: Account, intent: Body, *, passed: bool) -> None:
    """The payer's answer on the 3-D Secure page. A decline after it is an outcome, not an error."""
    account.actions.pop(intent["id"])
    method = account.payment_methods[intent["payment_method"]]
    if passed:
        result = authorize(state, account, method, intent["amount"], intent["currency"])
        if result.code == "ok" and intent["setup_future_usage"]:
            method.authenticated = True
        try:
            finish(state, account, intent, method, result)
        except ApiError as declined:
            if declined.status != 402:
                raise
        return
    error: Body = {
        "type": "card_error",
        "code": "payment_intent_authentication_failure",
        "doc_url": "https://stripe.com/docs/error-codes/payment-intent-authentication-failure",
        "message": "The provided PaymentMethod has failed authentication. You can provide "
        "payment_method_data or a new PaymentMethod to attempt to fulfill this PaymentIntent "
        "again.",
        "payment_method": dict(method.body),
    }
    back_to_start(intent, error, None)
    state.emit(account, "payment_intent.payment_failed", intent)
