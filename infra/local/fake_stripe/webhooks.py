"""Webhooks: events signed as Stripe signs them, delivered until somebody answers 2xx.

Nothing here opens a socket. A test takes deliveries and may deliver them twice, late, in any order
or never; the local server's pump posts them.
"""

import hmac
import json
from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Self

from infra.local.fake_stripe.errors import Body
from infra.local.fake_stripe.state import DAY, Account, State

GIVES_UP_AFTER: Final = 3 * DAY
_BACKOFF_MAX: Final = 6 * 3600


@dataclass(frozen=True, slots=True)
class Endpoint:
    """Where events go. `connect` endpoints get the events of connected accounts only."""

    secrets: tuple[str, ...]
    url: str = ""
    connect: bool = False
    api_version: str | None = None
    enabled_events: tuple[str, ...] = ("*",)
    id: str = ""

    @classmethod
    def pair(cls, secret: str, connect_secret: str | None = None, url: str = "") -> list[Self]:
        """One endpoint for our own account, one for connected accounts."""
        return [cls((secret,), url), cls((connect_secret or secret,), url, connect=True)]


@dataclass(slots=True, eq=False)
class Delivery:
    """One event on its way to one endpoint."""

    number: int
    endpoint: Endpoint
    event: Body
    due_at: int
    attempts: int = 0
    acknowledged: bool = False

    @property
    def body(self) -> bytes:
        version = self.endpoint.api_version or self.event["api_version"]
        return encode({**self.event, "api_version": version})


def encode(event: Body) -> bytes:
    """The exact bytes that are signed and sent."""
    return json.dumps(event, indent=2).encode()


def sign(body: bytes, secrets: Sequence[str], at: int) -> str:
    """A `Stripe-Signature` header; several secrets sign during a rotation."""
    parts = [f"t={at}"]
    for secret in secrets:
        signed = b"%d.%b" % (at, body)
        parts.append("v1=" + hmac.new(secret.encode(), signed, sha256).hexdigest())
    return ",".join(parts)


def thin(event: Body, event_type: str | None = None) -> Body:
    """The event as a v2 notification: no data, only what it is about."""
    return {
        "id": event["id"],
        "object": "v2.core.event",
        "type": event_type or f"v1.{event['type']}",
        "livemode": event["livemode"],
        "created": event["created"],
        "context": event.get("account"),
        "related_object": {
            "id": event["data"]["object"]["id"],
            "type": event["data"]["object"]["object"],
            "url": "/v1/unused",
        },
    }


class Webhooks:
    """The delivery queue."""

    def __init__(self, state: State, endpoints: Sequence[Endpoint]) -> None:
        self.endpoints = list(endpoints)
        state.webhook_endpoints = self.endpoints
        self._state = state
        self._queue: dict[int, Delivery] = {}
        self._count = 0
        state.watchers.append(self._enqueue)

    def _enqueue(self, account: Account, event: Body) -> None:
        connected = account is not self._state.platform
        for endpoint in self.endpoints:
            wanted = "*" in endpoint.enabled_events or event["type"] in endpoint.enabled_events
            if wanted and endpoint.connect == connected:
                self._count += 1
                delivery = Delivery(self._count, endpoint, event, event["created"])
                self._queue[delivery.number] = delivery

    def due(self) -> list[Delivery]:
        """What should be delivered now, oldest first."""
        now = self._state.now
        return [delivery for delivery in self._queue.values() if delivery.due_at <= now]

    def header(self, delivery: Delivery) -> str:
        """Signed now, on the caller's clock: an advanced test clock makes no signature stale."""
        return sign(delivery.body, delivery.endpoint.secrets, self._state.clock())

    def acknowledge(self, delivery: Delivery) -> None:
        """The endpoint answered 2xx."""
        delivery.acknowledged = True
        self._queue.pop(delivery.number, None)
        delivery.event["pending_webhooks"] = 0

    def fail(self, delivery: Delivery) -> None:
        """Anything but 2xx: again later, for three days."""
        delivery.attempts += 1
        wait = min(60 * 4 ** (delivery.attempts - 1), _BACKOFF_MAX)
        delivery.due_at = self._state.now + wait
        if delivery.due_at > delivery.event["created"] + GIVES_UP_AFTER:
            self.lose(delivery)

    def waiting(self) -> int:
        return len(self._queue)

    def lose(self, delivery: Delivery) -> None:
        """It will never arrive; only `/v1/events` still knows it."""
        self._queue.pop(delivery.number, None)
