"""Customers of an account."""

from typing import Final

from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, missing
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import (
    ADDRESS,
    CURSOR,
    PAGE,
    SHIPPING,
    mapping,
    merged,
    text,
)
from infra.local.fake_stripe.payment_methods import attach, detach, owned, shown

_PLAIN: Final = ("name", "email", "phone", "description", "address", "shipping")
_ACCEPTS: Final = {
    "name": text,
    "email": text,
    "phone": text,
    "description": text,
    "address": ADDRESS,
    "shipping": SHIPPING,
    "metadata": mapping,
    "preferred_locales": [text],
    "invoice_settings": {"default_payment_method": text},
}


def find(request: Request, customer_id: str, *, param: str = "id", status: int = 404) -> Body:
    """A customer that exists and was not deleted."""
    customer = request.account.customers.get(customer_id)
    if customer is None or customer.get("deleted"):
        raise missing("customer", customer_id, param=param, status=status)
    return customer


def _create(request: Request) -> Body:
    state, params = request.state, request.params
    body: Body = {
        "id": state.new_id("cus"),
        "object": "customer",
        "address": None,
        "balance": 0,
        "created": state.now,
        "currency": None,
        "customer_account": None,
        "default_source": None,
        "delinquent": False,
        "description": None,
        "discount": None,
        "email": None,
        "invoice_prefix": state.token(8).upper(),
        "invoice_settings": {
            "custom_fields": None,
            "default_payment_method": None,
            "footer": None,
            "rendering_options": None,
        },
        "livemode": False,
        "metadata": merged({}, params.get("metadata", {})),
        "name": None,
        "next_invoice_sequence": 1,
        "phone": None,
        "preferred_locales": params.get("preferred_locales", []),
        "shipping": None,
        "tax_exempt": "none",
        "test_clock": None,
    }
    body |= {name: params[name] or None for name in _PLAIN if name in params}
    if "payment_method" in params:
        method = owned(request, params["payment_method"])
        request.account.customers[body["id"]] = body
        attach(request, method, body["id"])
    if "invoice_settings" in params:
        request.account.customers[body["id"]] = body
        body["invoice_settings"] = _settings(request, body)
    request.account.customers[body["id"]] = body
    state.emit(request.account, "customer.created", body)
    return dict(body)


def _settings(request: Request, body: Body) -> Body:
    """The default must be one of the customer's own methods."""
    settings: Body = body["invoice_settings"]
    change = request.params["invoice_settings"]
    if "default_payment_method" not in change:
        return settings
    default = change["default_payment_method"] or None
    if default is not None:
        method = request.account.payment_methods.get(default)
        if method is None or method.body["customer"] != body["id"]:
            raise missing(
                "PaymentMethod",
                default,
                param="invoice_settings[default_payment_method]",
                status=400,
            )
    return {**settings, "default_payment_method": default}


def _update(request: Request) -> Body:
    body, params = find(request, request.id), request.params
    before = dict(body)
    if "invoice_settings" in params:
        body["invoice_settings"] = _settings(request, body)
    body.update({name: params[name] or None for name in _PLAIN if name in params})
    if "preferred_locales" in params:
        body["preferred_locales"] = params["preferred_locales"]
    if "metadata" in params:
        body["metadata"] = merged(body["metadata"], params["metadata"])
    previous = {key: before[key] for key in body if before[key] != body[key]}
    if previous:
        request.state.emit(request.account, "customer.updated", body, previous)
    return dict(body)


def _retrieve(request: Request) -> Body:
    customer = request.account.customers.get(request.id)
    if customer is None:
        raise missing("customer", request.id)
    return dict(customer)


def _delete(request: Request) -> Body:
    body = find(request, request.id)
    for method in list(request.account.payment_methods.values()):
        if method.body["customer"] == request.id:
            detach(request, method)
    request.state.emit(request.account, "customer.deleted", body)
    gone = {"id": request.id, "object": "customer", "deleted": True}
    request.account.customers[request.id] = gone
    return dict(gone)


def _list(request: Request) -> Body:
    email = request.params.get("email")
    return page(
        request,
        "customer",
        "/v1/customers",
        (c for c in request.account.customers.values() if not c.get("deleted")),
        lambda c: email is None or c["email"] == email,
    )


def _list_methods(request: Request) -> Body:
    find(request, request.id, param="customer")
    kind = request.params.get("type")
    return page(
        request,
        "PaymentMethod",
        f"/v1/customers/{request.id}/payment_methods",
        (shown(m) for m in request.account.payment_methods.values()),
        lambda m: m["customer"] == request.id and kind in (None, m["type"]),
    )


def _retrieve_method(request: Request) -> Body:
    find(request, request.id, param="customer")
    method = request.account.payment_methods.get(request.ids[1])
    if method is None or method.body["customer"] != request.id:
        raise missing("PaymentMethod", request.ids[1], param="payment_method")
    return shown(method)


ROUTES: Final[Routes] = {
    "POST /v1/customers": Route("customers.create", _create, {**_ACCEPTS, "payment_method": text}),
    "GET /v1/customers": Route("customers.list", _list, {**PAGE, "email": text}),
    "GET /v1/customers/{}": Route("customers.retrieve", _retrieve),
    "POST /v1/customers/{}": Route("customers.update", _update, _ACCEPTS),
    "DELETE /v1/customers/{}": Route("customers.delete", _delete),
    "GET /v1/customers/{}/payment_methods": Route(
        "customers.payment_methods.list", _list_methods, {**CURSOR, "type": text}
    ),
    "GET /v1/customers/{}/payment_methods/{}": Route(
        "customers.payment_methods.retrieve", _retrieve_method
    ),
}
