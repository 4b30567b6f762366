"""Webhook endpoints made through the API; the secret is told once, at creation."""

from typing import Final

from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, missing, required
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import (
    CURSOR,
    boolean,
    mapping,
    merged,
    required_text,
    text,
)
from infra.local.fake_stripe.webhooks import Endpoint


def _create(request: Request) -> Body:
    state, params = request.state, request.params
    url = required_text(params, "url")
    if not params.get("enabled_events"):
        raise required("enabled_events")
    secret = f"whsec_{state.token(32)}"
    body: Body = {
        "id": state.new_id("we"),
        "object": "webhook_endpoint",
        "api_version": params.get("api_version"),
        "application": None,
        "created": state.now,
        "description": params.get("description"),
        "enabled_events": params["enabled_events"],
        "livemode": False,
        "metadata": merged({}, params.get("metadata", {})),
        "status": "enabled",
        "url": url,
    }
    request.account.webhook_endpoints[body["id"]] = body
    state.webhook_endpoints.append(
        Endpoint(
            (secret,),
            url,
            connect=params.get("connect", False),
            api_version=params.get("api_version"),
            enabled_events=tuple(params["enabled_events"]),
            id=body["id"],
        )
    )
    return {**body, "secret": secret}


def _find(request: Request) -> Body:
    endpoint = request.account.webhook_endpoints.get(request.id)
    if endpoint is None:
        raise missing("webhook endpoint", request.id, param="webhook_endpoint")
    return endpoint


def _retrieve(request: Request) -> Body:
    return dict(_find(request))


def _list(request: Request) -> Body:
    made = request.account.webhook_endpoints.values()
    return page(request, "webhook endpoint", "/v1/webhook_endpoints", made)


def _delete(request: Request) -> Body:
    _find(request)
    del request.account.webhook_endpoints[request.id]
    kept = [e for e in request.state.webhook_endpoints if e.id != request.id]
    request.state.webhook_endpoints[:] = kept
    return {"id": request.id, "object": "webhook_endpoint", "deleted": True}


ROUTES: Final[Routes] = {
    "POST /v1/webhook_endpoints": Route(
        "webhook_endpoints.create",
        _create,
        {
            "url": text,
            "enabled_events": [text],
            "connect": boolean,
            "api_version": text,
            "description": text,
            "metadata": mapping,
        },
    ),
    "GET /v1/webhook_endpoints": Route("webhook_endpoints.list", _list, CURSOR),
    "GET /v1/webhook_endpoints/{}": Route("webhook_endpoints.retrieve", _retrieve),
    "DELETE /v1/webhook_endpoints/{}": Route("webhook_endpoints.delete", _delete),
}
