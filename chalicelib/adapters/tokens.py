"""Link tokens made from a secret: they cannot be guessed, and need not be stored to be the same."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable


class HmacTokens:
    """HMAC-SHA256 over purpose and subject, so that a token of one purpose opens no other."""

    def __init__(self, secret: Callable[[], str]) -> None:
        self._secret = secret

    def portal(self, subject: str) -> str:
        digest = hmac.new(self._secret().encode(), f"portal/{subject}".encode(), hashlib.sha256)
        return base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
