"""Secrets from Secrets Manager, kept for at most five minutes, so that a rotation reaches us."""

from __future__ import annotations

import json
import time
from collections.abc import Callable

from chalicelib.adapters.aws import Clients, answered

KEPT_SECONDS = 300


class Secrets:
    """The environment holds names only; values stay in this process's memory."""

    def __init__(self, clients: Clients, *, clock: Callable[[], float] = time.monotonic) -> None:
        self._clients = clients
        self._clock = clock
        self._kept: dict[str, tuple[float, str]] = {}

    def text(self, name: str) -> str:
        """The secret called `name`."""
        kept = self._kept.get(name)
        if kept is not None and self._clock() < kept[0]:
            return kept[1]
        with answered(f"read the secret {name}"):
            reply = self._clients("secretsmanager").get_secret_value(SecretId=name)
        value = str(reply["SecretString"])
        self._kept[name] = (self._clock() + KEPT_SECONDS, value)
        return value

    def all_of(self, name: str) -> tuple[str, ...]:
        """Those that are valid now, of a secret that is a JSON list: two while one is rotated."""
        values = json.loads(self.text(name))
        assert isinstance(values, list), f"{name} is no JSON list"
        return tuple(str(value) for value in values)
