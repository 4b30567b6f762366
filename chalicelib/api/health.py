"""Says that code, routing and configuration are in place; reads no data and needs no key."""

from __future__ import annotations

from chalice.app import Blueprint

routes = Blueprint(__name__)


@routes.route("/", methods=["GET"])
def get_health() -> dict[str, str]:
    return {"status": "ok"}
