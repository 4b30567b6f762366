"""The staff issuer's public keys: fetched when first needed, kept for five minutes.

A key id that is not among them may be new, so it causes one more fetch; not more often than every
30 seconds, since anybody can send a token with a made-up key id.
"""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Mapping
from typing import Any

from chalicelib.ports.answers import Unanswered

KEPT_SECONDS = 300
REFETCH_SECONDS = 30
TIMEOUT_SECONDS = 3
LARGEST_BYTES = 64 * 1024


class SigningKeys:
    """RS256 keys by id. `fetch` returns a JWK Set and raises Unanswered when it cannot."""

    def __init__(
        self,
        fetch: Callable[[], Mapping[str, Any]],
        *,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._fetch = fetch
        self._clock = clock
        self._fetched_at: float | None = None
        self._by_id: dict[str, Any] = {}

    def find(self, key_id: str) -> Any | None:
        """The public key, or None when the issuer has no such key."""
        age = None if self._fetched_at is None else self._clock() - self._fetched_at
        unknown = key_id not in self._by_id
        if age is None or age > KEPT_SECONDS or (unknown and age > REFETCH_SECONDS):
            self._by_id = _usable(self._fetch())
            self._fetched_at = self._clock()
        return self._by_id.get(key_id)


def _usable(key_set: Mapping[str, Any]) -> dict[str, Any]:
    from jwt import PyJWK

    return {
        jwk["kid"]: PyJWK(jwk, algorithm="RS256").key
        for jwk in key_set.get("keys", ())
        if jwk.get("kid")
        and jwk.get("kty") == "RSA"
        and jwk.get("use", "sig") == "sig"
        and jwk.get("alg", "RS256") == "RS256"
    }


def fetched_from(url: str) -> Callable[[], Mapping[str, Any]]:
    """Reads the JWK Set at the address the stack was given."""

    def fetch() -> Mapping[str, Any]:
        from urllib.request import urlopen

        try:
            with urlopen(url, timeout=TIMEOUT_SECONDS) as reply:  # noqa: S310 - from the stack's settings
                found = json.loads(reply.read(LARGEST_BYTES))
        except (OSError, ValueError) as error:  # URLError is an OSError
            raise Unanswered("the issuer's signing keys cannot be read") from error
        if not isinstance(found, dict):
            raise Unanswered("the issuer's signing keys are no JWK Set")
        return found

    return fetch
