"""Payment methods: made from test numbers or tokens, attached, updated, detached for good."""

from typing import Final

from infra.local.fake_stripe.banks import BANK_TOKENS, BANKS, bank_fields
from infra.local.fake_stripe.cards import (
    TOKENS,
    brand_of,
    card_of,
    fingerprint,
    passes_luhn,
)
from infra.local.fake_stripe.declines import card_error, outcome
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
from infra.local.fake_stripe.parameters import (
    ADDRESS,
    CURSOR,
    integer,
    mapping,
    merged,
    required_text,
    text,
)
from infra.local.fake_stripe.state import Account, Method, State

BILLING: Final = {"address": ADDRESS, "email": text, "name": text, "phone": text}
_NO_BILLING: Final[Body] = {
    "address": {
        "city": None,
        "country": None,
        "line1": None,
        "line2": None,
        "postal_code": None,
        "state": None,
    },
    "email": None,
    "name": None,
    "phone": None,
    "tax_id": None,
}


def shown(method: Method) -> Body:
    return dict(method.body)


def _billing(given: Body | None, before: Body = _NO_BILLING) -> Body:
    change = given or {}
    address = {**before["address"], **(change.get("address") or {})}
    return {**before, **change, "address": address}


def _card_fields(state: State, number: str, given: Body) -> Body:
    card = card_of(state, number)
    brand = card.brand if card.brand != "visa" else brand_of(number)
    return {
        "brand": brand,
        "checks": {
            "address_line1_check": None,
            "address_postal_code_check": None,
            "cvc_check": "unchecked" if given.get("cvc") else None,
        },
        "country": card.country,
        "display_brand": brand,
        "exp_month": given.get("exp_month", 12),
        "exp_year": given.get("exp_year", 2034),
        "fingerprint": fingerprint(number),
        "funding": card.funding,
        "generated_from": None,
        "last4": number[-4:],
        "networks": {"available": [brand], "preferred": None},
        "regulated_status": "unregulated",
        "three_d_secure_usage": {"supported": True},
        "wallet": None,
    }


def make(
    state: State,
    account: Account,
    kind: str,
    number: str,
    given: Body,
    billing: Body | None = None,
) -> Method:
    """A new, unattached method for a number."""
    fields = _card_fields(state, number, given) if kind == "card" else bank_fields(number, given)
    body: Body = {
        "id": state.new_id("pm"),
        "object": "payment_method",
        "allow_redisplay": "unspecified",
        "billing_details": _billing(billing),
        "created": state.now,
        "customer": None,
        "customer_account": None,
        kind: fields,
        "livemode": False,
        "metadata": {},
        "type": kind,
    }
    method = Method(body, number)
    account.payment_methods[body["id"]] = method
    return method


def resolve(
    state: State, account: Account, method_id: str, *, param: str = "payment_method"
) -> Method:
    """A stored method, or a fresh one for a test token (every use of a token is a new method)."""
    method = account.payment_methods.get(method_id)
    if method is not None:
        return method
    if method_id in TOKENS:
        return make(state, account, "card", TOKENS[method_id], {"cvc": "123"})
    if method_id in BANK_TOKENS:
        return make(state, account, "us_bank_account", BANK_TOKENS[method_id], {})
    raise missing("PaymentMethod", method_id, param=param, status=400)


def owned(request: Request, method_id: str) -> Method:
    return resolve(request.state, request.account, method_id)


def usable(method: Method) -> None:
    """A method that was detached, or used once without a customer, is spent."""
    if method.consumed or method.detached:
        raise wrong_state(
            "The provided PaymentMethod was previously used with a PaymentIntent without Customer "
            "attachment, shared with a connected account without Customer attachment, or was "
            "detached from a Customer. It may not be used again. To use a PaymentMethod multiple "
            "times, you must attach it to a Customer first.",
            param="payment_method",
        )


def link(state: State, account: Account, method: Method, customer_id: str) -> None:
    """Attach without asking the issuer; the caller has done that."""
    if method.body["customer"] != customer_id:
        body = method.body
        body["customer"] = customer_id
        if method.body["type"] == "card":
            card = body["card"]
            if card["checks"]["cvc_check"] == "unchecked":
                body["card"] = {**card, "checks": {**card["checks"], "cvc_check": "pass"}}
        state.emit(account, "payment_method.attached", body)


def issuer_accepts_saving(request: Request, method: Method) -> None:
    """Saving asks the issuer; most declining test cards already decline here."""
    if method.body["type"] != "card":
        return
    answer = outcome(card_of(request.state, method.number).attach)
    if answer.code != "ok":
        error = card_error(answer, request.state.request[0])
        raise ApiError(402, error, executed=True)


def attach(request: Request, method: Method, customer_id: str) -> None:
    usable(method)
    if method.body["customer"] not in (None, customer_id):
        raise wrong_state(
            "The payment method you provided has already been attached to a customer.",
            param="payment_method",
        )
    issuer_accepts_saving(request, method)
    link(request.state, request.account, method, customer_id)


def detach(request: Request, method: Method) -> None:
    """Detaching is final. The customer's default forgets the method."""
    previous = {"customer": method.body["customer"]}
    customer = request.account.customers[method.body["customer"]]
    settings = customer["invoice_settings"]
    if settings["default_payment_method"] == method.body["id"]:
        customer["invoice_settings"] = {**settings, "default_payment_method": None}
    method.body["customer"] = None
    method.detached = True
    if method.mandate is not None:
        mandate = request.account.mandates[method.mandate]
        mandate["status"] = "inactive"
        request.state.emit(request.account, "mandate.updated", mandate)
    request.state.emit(request.account, "payment_method.detached", method.body, previous)


def valid_number(state: State, number: str) -> None:
    """Luhn is checked before an object exists; a number that is no test card declines later."""
    if fingerprint(number) in state.scripts:
        return
    if number == "4242424242424241" or not (number.isdigit() and passes_luhn(number)):
        error = card_error(outcome("incorrect_number"), state.request[0])
        raise ApiError(402, error, executed=True)


def _create(request: Request) -> Body:
    params, state = request.params, request.state
    kind = required_text(params, "type")
    if kind == "card":
        card = params.get("card") or {}
        number = required_text(card, "number").replace(" ", "")
        valid_number(state, number)
        for name in ("exp_month", "exp_year"):
            if name not in card:
                raise bad_parameter(
                    f"Missing required param: card[{name}].",
                    param=f"card[{name}]",
                    code="parameter_missing",
                )
        given = card
    elif kind == "us_bank_account":
        given = params.get("us_bank_account") or {}
        number = required_text(given, "account_number")
        if number not in BANKS:
            raise FakeStripeRefusal(f"{number!r} is no test bank account of Stripe's")
    else:
        raise FakeStripeRefusal(f"the fake does not implement {kind!r} payment methods")
    billing = params.get("billing_details")
    method = make(state, request.account, kind, number, given, billing)
    method.body["metadata"] = merged({}, params.get("metadata", {}))
    return shown(method)


def _find(request: Request) -> Method:
    method = request.account.payment_methods.get(request.id)
    if method is None:
        raise missing("PaymentMethod", request.id, param="payment_method")
    return method


def _retrieve(request: Request) -> Body:
    return shown(_find(request))


def _attach(request: Request) -> Body:
    customer_id = required_text(request.params, "customer")
    customer = request.account.customers.get(customer_id)
    if customer is None or customer.get("deleted"):
        raise missing("customer", customer_id, param="customer", status=400)
    method = owned(request, request.id)
    attach(request, method, customer_id)
    return shown(method)


def _detach(request: Request) -> Body:
    method = _find(request)
    if method.body["customer"] is None:
        raise wrong_state(
            "The payment method you provided is not attached to a customer so detachment is "
            "impossible.",
            param="payment_method",
        )
    detach(request, method)
    return shown(method)


def _update(request: Request) -> Body:
    method, params = _find(request), request.params
    if method.body["customer"] is None:
        raise wrong_state(
            "You must save this PaymentMethod to a customer before you can update it."
        )
    body = method.body
    before = dict(body)
    if "billing_details" in params:
        body["billing_details"] = _billing(params["billing_details"], body["billing_details"])
    if "card" in params:
        body["card"] = {**body["card"], **params["card"]}
    if "metadata" in params:
        body["metadata"] = merged(body["metadata"], params["metadata"])
    if "allow_redisplay" in params:
        body["allow_redisplay"] = params["allow_redisplay"]
    previous = {key: before[key] for key in body if before[key] != body[key]}
    request.state.emit(request.account, "payment_method.updated", body, previous)
    return shown(method)


def _list(request: Request) -> Body:
    customer, kind = request.params.get("customer"), request.params.get("type")
    return page(
        request,
        "PaymentMethod",
        "/v1/payment_methods",
        (shown(m) for m in request.account.payment_methods.values()),
        lambda m: m["customer"] == customer and kind in (None, m["type"]),
    )


_CARD: Final = {"exp_month": integer, "exp_year": integer}

ROUTES: Final[Routes] = {
    "POST /v1/payment_methods": Route(
        "payment_methods.create",
        _create,
        {
            "type": text,
            "card": {**_CARD, "number": text, "cvc": text},
            "us_bank_account": {
                "account_number": text,
                "routing_number": text,
                "account_holder_type": text,
                "account_type": text,
            },
            "billing_details": BILLING,
            "metadata": mapping,
        },
    ),
    "GET /v1/payment_methods": Route(
        "payment_methods.list", _list, {**CURSOR, "customer": text, "type": text}
    ),
    "GET /v1/payment_methods/{}": Route("payment_methods.retrieve", _retrieve),
    "POST /v1/payment_methods/{}": Route(
        "payment_methods.update",
        _update,
        {
            "billing_details": BILLING,
            "card": _CARD,
            "metadata": mapping,
            "allow_redisplay": text,
        },
    ),
    "POST /v1/payment_methods/{}/attach": Route(
        "payment_methods.attach", _attach, {"customer": text}
    ),
    "POST /v1/payment_methods/{}/detach": Route("payment_methods.detach", _detach),
}
