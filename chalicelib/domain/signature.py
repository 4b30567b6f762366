"""Stripe's webhook signature: HMAC-SHA256 over `t.body`, scheme v1, checked on the raw bytes.

Stripe, "Verify webhook signatures". Stricter than its SDK in one point: a timestamp in the future
is refused too, since it would stay good for ever.
"""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from hashlib import sha256

from chalicelib.domain.errors import InvalidInput

TOLERANCE_SECONDS = 300


def verify(body: bytes, header: str, secrets: Sequence[str], now_epoch: int) -> None:
    """Returns when one of the live secrets signed `body` recently; two are live while rotating.

    Raises InvalidInput (`signature_invalid`, `signature_stale`) and says no more than that.
    """
    timestamp, signatures = _parsed(header)
    if abs(now_epoch - timestamp) > TOLERANCE_SECONDS:
        raise InvalidInput("signature_stale", "The event was not signed just now.")
    signed = str(timestamp).encode() + b"." + body
    for secret in secrets:
        if not secret:
            continue
        expected = hmac.new(secret.encode(), signed, sha256).hexdigest()
        if any(hmac.compare_digest(expected, given) for given in signatures):
            return
    raise InvalidInput("signature_invalid", "The event was not signed with our secret.")


def _parsed(header: str) -> tuple[int, list[str]]:
    """The timestamp and every v1 signature of `t=…,v1=…,v1=…`."""
    timestamp, signatures = "", []
    for part in header.split(","):
        name, _, value = part.strip().partition("=")
        if name == "t" and not timestamp:
            timestamp = value
        elif name == "v1" and value.isascii():
            signatures.append(value)
    if not (timestamp.isascii() and timestamp.isdecimal() and len(timestamp) <= 12 and signatures):
        raise InvalidInput("signature_invalid", "The signature header cannot be read.")
    return int(timestamp), signatures
