"""The event log as `/v1/events` shows it: thirty days, newest first, never changing."""

from typing import Final

from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, missing
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import PAGE, boolean, text
from infra.local.fake_stripe.state import DAY

_KEPT: Final = 30 * DAY


def _retrieve(request: Request) -> Body:
    event = request.account.events.get(request.id)
    if event is None or event["created"] < request.state.now - _KEPT:
        raise missing("event", request.id)
    return dict(event)


def _wanted_type(pattern: str, kind: str) -> bool:
    """`charge.*` matches every event of charges."""
    return kind.startswith(pattern[:-1]) if pattern.endswith("*") else kind == pattern


def _list(request: Request) -> Body:
    params, oldest = request.params, request.state.now - _KEPT
    patterns = params.get("types") or ([params["type"]] if "type" in params else ["*"])
    delivered = params.get("delivery_success")
    return page(
        request,
        "event",
        "/v1/events",
        request.account.events.values(),
        lambda event: (
            event["created"] >= oldest
            and any(_wanted_type(pattern, event["type"]) for pattern in patterns)
            and (delivered is None or (event["pending_webhooks"] == 0) == delivered)
        ),
    )


ROUTES: Final[Routes] = {
    "GET /v1/events": Route(
        "events.list",
        _list,
        {**PAGE, "type": text, "types": [text], "delivery_success": boolean},
    ),
    "GET /v1/events/{}": Route("events.retrieve", _retrieve),
}
