"""Says that code, routing and configuration are in place; reads no data and needs no key."""

from __future__ import annotations

from chalicelib.api.calls import OpenCall
from chalicelib.api.representation.fields import View
from chalicelib.api.routing import Routes

routes = Routes(__name__, "/v1/health", "Health")


class Health(View):
    status: str


@routes.get()
def get_health(call: OpenCall) -> Health:  # noqa: ARG001 - every view is given its call
    """Say that the API answers."""
    return Health(status="ok")
