"""The token endpoint: a client's id and secret for a short access token (RFC 6749, section 4.4)."""

from __future__ import annotations

import base64
from binascii import Error as NotBase64
from http import HTTPStatus
from urllib.parse import unquote_plus

from chalicelib.api import client_tokens
from chalicelib.api.calls import OpenCall
from chalicelib.api.errors import Refused
from chalicelib.api.representation.team import TokenForm, TokenView
from chalicelib.api.routing import Routes
from chalicelib.services import team

routes = Routes(__name__, "/v1/oauth", "API clients")
_LONGEST = 200


@routes.post("/token", refuses=("client_invalid", "grant_type_unsupported", "form_invalid"))
def issue_token(call: OpenCall, form: TokenForm) -> TokenView:
    """Exchange a client's id and secret for an access token, good for 15 minutes."""
    if form.grant_type != "client_credentials":
        words = "Only client_credentials are taken here."
        raise Refused(HTTPStatus.BAD_REQUEST, "grant_type_unsupported", words)
    client_id, secret = _named(call.request.headers.get("Authorization"), form)
    fitting = 0 < len(client_id) <= _LONGEST and 0 < len(secret) <= _LONGEST
    granted = team.proven_client(call.ports, client_id, secret) if fitting else None
    if granted is None:
        words = "There is no such client, or this is not its secret."
        raise Refused(HTTPStatus.UNAUTHORIZED, "client_invalid", words)
    return TokenView(
        access_token=client_tokens.issued(call.ports, granted),
        token_type="Bearer",  # noqa: S106 - a word of the protocol
        expires_in=client_tokens.LIFETIME_SECONDS,
        business_id=granted.business_id,
        role=granted.role,
    )


def _named(authorization: str | None, form: TokenForm) -> tuple[str, str]:
    """Id and secret, from the header if there is one. Raises Refused when it cannot be read."""
    if authorization is None:
        return form.client_id, form.client_secret
    scheme, _, text = authorization.partition(" ")
    try:
        name, colon, secret = base64.b64decode(text.strip(), validate=True).decode().partition(":")
    except (NotBase64, UnicodeDecodeError):
        name = colon = secret = ""
    if scheme.lower() != "basic" or not colon:
        words = "The Authorization header is not `Basic` with an id and a secret."
        raise Refused(HTTPStatus.UNAUTHORIZED, "client_invalid", words)
    return unquote_plus(name), unquote_plus(secret)
