"""Which keys the fake accepts: our own idempotency keys, and test secrets only."""

import re
from typing import Final

from infra.local.fake_stripe.errors import FakeStripeRefusal
from infra.local.fake_stripe.idempotency import KEY_LENGTH_MAX, Reply, error_reply

_OURS: Final = re.compile(
    r"^(pi|confirm|cancel|refund|setup|customer|update|detach|attach|mandate|account|file|evidence|accept)"
    r"/[A-Za-z0-9_./:-]{3,240}$"
)


def require_key(operation: str, key: str | None) -> None:
    """Money moves only under a key made from business identity. The SDK invents a random one when
    none is given; accepting that would hide the double charge it leads to."""
    if key is None or len(key) > KEY_LENGTH_MAX or not _OURS.match(key):
        raise FakeStripeRefusal(f"{operation} needs an idempotency key of ours, not {key!r}")


def require_secret(authorization: str, revoked: set[str]) -> Reply | None:
    """The 401 of a missing or rolled key; a live key never belongs here."""
    secret = authorization.removeprefix("Bearer ").strip()
    if secret.startswith(("sk_live", "rk_live")):
        raise FakeStripeRefusal("a live key was sent to the fake")
    if not secret.startswith(("sk_test", "rk_test")):
        return error_reply("invalid_request_error", "You did not provide an API key.", 401)
    if secret in revoked:
        return error_reply(
            "invalid_request_error",
            "Expired API Key provided: sk_test_********.",
            401,
            "api_key_expired",
        )
    return None
