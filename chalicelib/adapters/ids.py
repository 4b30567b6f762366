"""Fresh ids: 120 bits of chance in letters that survive URLs, file names and telephones."""

from __future__ import annotations

import base64
import secrets

CHANCE_BYTES = 15


class RandomIds:
    def new(self, prefix: str) -> str:
        """`inv_` and 24 of `a-z2-7`: short enough for a timer's name of 64."""
        chance = base64.b32encode(secrets.token_bytes(CHANCE_BYTES)).decode().lower()
        return f"{prefix}_{chance}"
