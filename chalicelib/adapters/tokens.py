"""Secrets made from a secret: they cannot be guessed, and need not be stored to be the same."""

from __future__ import annotations

import base64
import hashlib
import hmac
from collections.abc import Callable


class HmacTokens:
    """HMAC-SHA256 over purpose and subject, so that a token of one purpose opens no other."""

    def __init__(self, links: Callable[[], str], api: Callable[[], str]) -> None:
        """Two secrets: who may make links in mails may not make keys to the API, nor the reverse.

        A new one for `api` ends every token made before; clients get theirs anew, secrets stay.
        """
        self._links = links
        self._api = api

    def portal(self, subject: str) -> str:
        return _made(self._links(), "portal", subject)

    def client(self, subject: str) -> str:
        return _made(self._api(), "client", subject)

    def signing(self, subject: str) -> str:
        return _made(self._api(), "signing", subject)


def _made(secret: str, purpose: str, subject: str) -> str:
    digest = hmac.new(secret.encode(), f"{purpose}/{subject}".encode(), hashlib.sha256)
    return base64.urlsafe_b64encode(digest.digest()).decode().rstrip("=")
