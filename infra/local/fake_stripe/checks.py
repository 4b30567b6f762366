"""Honesty checks, switched on by `checked=True`: the fake may neither accept what the pinned SDK
would not send nor answer what Stripe would not."""

from collections.abc import Mapping
from typing import Any

from infra.local.fake_stripe.idempotency import Reply
from infra.local.fake_stripe.state import State


class Checks:
    """Both checks; their schemas load when first needed."""

    def __init__(self, state: State) -> None:
        self._state = state

    def request(self, operation: str, params: Mapping[str, Any]) -> None:
        """A request the SDK's own types do not allow fails the test that sent it."""

    def reply(self, method: str, path: str, reply: Reply) -> None:
        """An answer that Stripe's OpenAPI document does not allow is a bug of the fake."""
