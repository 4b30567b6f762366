"""Stripe's events: signature checked on the raw bytes, hint queued, answered at once.

What fails the check writes nothing. Every answer but 200 makes Stripe send the event again, for
days; so only what sending again may mend is answered otherwise.
"""

from __future__ import annotations

from http import HTTPStatus

from chalicelib.api.calls import OpenCall
from chalicelib.api.errors import Refused
from chalicelib.api.representation.fields import View
from chalicelib.api.routing import Routes
from chalicelib.domain.errors import InvalidInput
from chalicelib.services import webhooks

routes = Routes(__name__, "/webhooks/stripe", "Webhooks")
SIGNATURE = "Stripe-Signature"


class Received(View):
    received: bool


@routes.post(refuses=("signature_invalid", "signature_stale", "livemode_mismatch"))
def receive_stripe_event(call: OpenCall) -> Received:
    """Receive an event of the install's own Stripe account."""
    return _receive(call)


@routes.post("/connect", refuses=("signature_invalid", "signature_stale", "livemode_mismatch"))
def receive_connect_event(call: OpenCall) -> Received:
    """Receive an event of a connected Stripe account."""
    return _receive(call)


def _receive(call: OpenCall) -> Received:
    request, context = call.request, call.context
    try:
        webhooks.receive_event(
            call.ports,
            request.body,
            request.headers.get(SIGNATURE, ""),
            context.webhook_secrets(),
            livemode=context.livemode(),
        )
    except InvalidInput as error:
        raise Refused(HTTPStatus.BAD_REQUEST, error.code, error.detail) from error
    return Received(received=True)
