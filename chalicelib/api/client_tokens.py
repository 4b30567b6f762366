"""Access tokens of API clients: ours, short, signed with a key that only the API can make.

HS256, because who signs and who checks are one; staff's tokens are RS256 and another path, so no
key of the one can ever be tried on the other. A token says who its client is. What the client may
do is read from the table on every call, so a revoked client's token opens nothing.
"""

from __future__ import annotations

from typing import Any

from chalicelib.ports import Ports
from chalicelib.ports.rows import Membership

LIFETIME_SECONDS = 15 * 60
ALGORITHM = "HS256"
_ISSUER = "duecourse"
_KEY_ID = "duecourse-clients"
_PURPOSE = "access-tokens"
_REQUIRED = ["exp", "iat", "iss", "sub"]


def issued(ports: Ports, granted: Membership) -> str:
    """A token for the client; business and role are told, and decide nothing."""
    import jwt

    now = int(ports.clock.now().timestamp())
    claims = {
        "iss": _ISSUER,
        "sub": granted.user_id,
        "client_id": granted.user_id,
        "token_use": "access",
        "business_id": granted.business_id,
        "role": granted.role.value,
        "iat": now,
        "exp": now + LIFETIME_SECONDS,
    }
    key = ports.tokens.signing(_PURPOSE)
    return jwt.encode(claims, key, ALGORITHM, headers={"kid": _KEY_ID})


def is_ours(header: dict[str, Any]) -> bool:
    """Whether a token claims to be one of these; the signature decides whether it is."""
    return header.get("kid") == _KEY_ID


def client_of(ports: Ports, token: str) -> str:
    """The client's id. Raises PyJWTError for a token that is not ours, ExpiredSignatureError too.

    The clock is the install's, not the process's: a token is as old as our own time says.
    """
    import jwt

    claims = jwt.decode(
        token,
        ports.tokens.signing(_PURPOSE),
        algorithms=[ALGORITHM],
        issuer=_ISSUER,
        options={"require": _REQUIRED, "verify_exp": False, "verify_iat": False},
    )
    if int(claims["exp"]) <= ports.clock.now().timestamp():
        raise jwt.ExpiredSignatureError
    return str(claims["sub"])
