"""Who is calling: staff by an access token of the pinned issuer, customers by the link they hold.

A token is taken only if it is RS256 by a key of the issuer, for our client, an access token (an ID
token says who somebody is, not what our API may be asked), and not expired. The business and the
role come from our own table, never from a claim.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any

from chalicelib.api import client_tokens
from chalicelib.api.access import WHO_MAY, is_sandbox
from chalicelib.api.calls import Incoming, PortalCall, StaffCall, UserCall
from chalicelib.api.context import Context
from chalicelib.api.errors import Refused, no_such, no_such_link
from chalicelib.domain.canonical import digest
from chalicelib.ports.rows import Membership
from chalicelib.services import portal_links

BUSINESS_HEADER = "Duecourse-Business"
LEEWAY_SECONDS = 10
_LARGEST_TOKEN = 8192
_TOKEN = re.compile(r"[A-Za-z0-9_-]{20,128}")
_REQUIRED = ["exp", "iat", "iss", "sub", "client_id", "token_use"]


@dataclass(frozen=True, slots=True)
class Caller:
    """Who sent the token; `machine`: a system of a business's own."""

    id: str
    machine: bool


def staff_call(context: Context, request: Incoming, operation: str) -> StaffCall:
    """Raises Refused 401 for the token, 403 for the role, NotFound for another's business."""
    caller = caller_of(context, request.headers.get("Authorization"))
    membership = _membership(context, request, caller)
    allowed = WHO_MAY[operation]
    if membership.role not in allowed:
        roles = ", ".join(sorted(role.value for role in allowed))
        raise Refused(
            HTTPStatus.FORBIDDEN,
            "role_not_allowed",
            f"A role of {membership.role.value} may not do this; it takes one of: {roles}.",
        )
    return StaffCall(
        context=context,
        request=request,
        business_id=membership.business_id,
        user_id=caller.id,
        role=membership.role,
        machine=caller.machine,
    )


def portal_call(context: Context, request: Incoming) -> PortalCall:
    """Raises the one NotFound for a link that is unknown, malformed, expired or revoked."""
    token = request.parameters["token"]
    if not _TOKEN.fullmatch(token):
        raise no_such_link()
    link = portal_links.open_link(context.ports, token, context.ports.clock.now())
    return PortalCall(
        context=context, request=request, business_id=link.business_id, link=link, token=token
    )


def user_call(context: Context, request: Incoming) -> UserCall:
    """Raises Refused 401 for the token, 403 for a client: businesses are for people."""
    caller = caller_of(context, request.headers.get("Authorization"))
    if caller.machine:
        words = "An API client acts for its own business only."
        raise Refused(HTTPStatus.FORBIDDEN, "role_not_allowed", words)
    scope = f"user-{digest(caller.id)[:32]}"  # of the Idempotency-Keys; a business's have no `-`
    return UserCall(context=context, request=request, business_id=scope, user_id=caller.id)


def caller_of(context: Context, authorization: str | None) -> Caller:
    """Who a valid access token names: a person, or one of a business's own systems."""
    import jwt

    token = _bearer(authorization)
    try:
        ours = client_tokens.is_ours(jwt.get_unverified_header(token))
        if ours:
            return Caller(client_tokens.client_of(context.ports, token), machine=True)
    except jwt.ExpiredSignatureError as error:
        raise _unauthenticated("token_expired", "The access token has expired.") from error
    except jwt.PyJWTError as error:
        raise _unauthenticated("token_invalid", "The access token cannot be accepted.") from error
    return Caller(_user_of(context, token), machine=False)


def _bearer(authorization: str | None) -> str:
    scheme, _, token = (authorization or "").partition(" ")
    if scheme.lower() != "bearer" or not token or len(token) > _LARGEST_TOKEN:
        raise _unauthenticated("token_missing", "This call needs an access token.")
    return token.strip()


def _user_of(context: Context, token: str) -> str:
    """The user a token of the staff issuer names."""
    claims = _claims(context, token)
    if claims["token_use"] != "access":  # noqa: S105 - the claim's value
        raise _unauthenticated("token_invalid", "This is not an access token.")
    if claims["client_id"] != context.client_id:
        raise _unauthenticated("token_invalid", "The token was issued for another application.")
    return str(claims["sub"])


def _claims(context: Context, token: str) -> dict[str, Any]:
    import jwt

    try:
        key_id = jwt.get_unverified_header(token).get("kid")
        key = context.keys.find(key_id) if isinstance(key_id, str) else None
        if key is None:
            raise _unauthenticated("token_invalid", "The token is not signed by a known key.")
        claims: dict[str, Any] = jwt.decode(
            token,
            key,
            algorithms=["RS256"],
            issuer=context.issuer,
            leeway=LEEWAY_SECONDS,
            # An access token has no audience; its `client_id` is checked by the caller.
            options={"require": _REQUIRED, "verify_aud": False},
        )
    except jwt.ExpiredSignatureError as error:
        raise _unauthenticated("token_expired", "The access token has expired.") from error
    except jwt.PyJWTError as error:
        raise _unauthenticated("token_invalid", "The access token cannot be accepted.") from error
    return claims


def _membership(context: Context, request: Incoming, caller: Caller) -> Membership:
    """The one named by the header, or the only one there is beside sandboxes."""
    found = context.ports.store.memberships(caller.id)
    if not found and caller.machine:
        raise _unauthenticated("client_revoked", "The API client was revoked.")
    if not found:
        raise Refused(
            HTTPStatus.FORBIDDEN, "no_business", "This user belongs to no business of this install."
        )
    wanted = request.headers.get(BUSINESS_HEADER)
    real = [one for one in found if not is_sandbox(one.business_id)] or found
    if wanted is None and len(real) == 1:
        return real[0]
    if wanted is None:
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "business_missing",
            f"This user belongs to several businesses: name one in the {BUSINESS_HEADER} header.",
            businesses=tuple(one.business_id for one in found),
        )
    for membership in found:
        if membership.business_id == wanted:
            return membership
    raise no_such("business")


def _unauthenticated(code: str, detail: str) -> Refused:
    return Refused(HTTPStatus.UNAUTHORIZED, code, detail)
