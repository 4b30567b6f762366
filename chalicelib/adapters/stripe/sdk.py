"""Calls to Stripe through its SDK: one client per process, made when the first call needs it.

A POST always carries the caller's key: without one the SDK invents a random key per call, and the
same step asked for twice would charge twice. Worst case of one call, with its two repeats, is about
71 seconds, so calls that move money run in queue workers whose timeout exceeds that.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cached_property
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.stripe.calls import Body, Operation, StripeRefusal
from chalicelib.adapters.stripe.pacing import Pacing
from chalicelib.ports.answers import Unanswered

if TYPE_CHECKING:
    import stripe

API_VERSION = "2026-10-28.endive"
CONNECT_AND_READ_SECONDS = (3, 20)
REPEATS = 2
LONGEST_KEY = 255

_WRITES = frozenset({"create", "confirm", "cancel", "detach", "update", "close"})


class SdkCalls:
    """`api_key` is asked before each call, so a rotated key is used as soon as it is known."""

    def __init__(
        self,
        api_key: Callable[[], str],
        *,
        api_base: str = "",
        pacing: Pacing | None = None,
        http_client: stripe.HTTPClient | None = None,
    ) -> None:
        self._api_key = api_key
        self._api_base = api_base
        self._pacing = pacing or Pacing()
        self._http_client = http_client

    @cached_property
    def _client(self) -> stripe.StripeClient:
        import stripe

        stripe.enable_telemetry = False
        base = self._api_base
        return stripe.StripeClient(
            self._api_key(),
            stripe_version=API_VERSION,
            max_network_retries=REPEATS,
            base_addresses={"api": base, "connect": base, "files": base} if base else {},
            http_client=self._http_client
            or stripe.RequestsClient(timeout=CONNECT_AND_READ_SECONDS),
        )

    def __call__(
        self,
        operation: Operation,
        *ids: str,
        account: str | None,
        params: Body | None = None,
        key: str | None = None,
    ) -> Body:
        if operation.rpartition(".")[2] in _WRITES:
            assert key, f"{operation} needs an idempotency key"
            assert len(key) <= LONGEST_KEY, key
        self._pacing.wait(operation, account)
        options = {
            "api_key": self._api_key(),
            "stripe_account": account,
            "idempotency_key": key,
        }
        return self._send(operation, ids, params, options)

    def _send(
        self, operation: Operation, ids: tuple[str, ...], params: Body | None, options: Body
    ) -> Body:
        """Dictionaries out: an SDK object raises for every field that Stripe left out."""
        import stripe

        ask = attrgetter(operation)(self._client.v1)
        try:
            found: dict[str, Any] = ask(*ids, params, options).to_dict()
        except stripe.APIConnectionError as error:
            raise Unanswered(f"Stripe did not answer {operation}") from error
        except stripe.StripeError as error:
            if error.http_status is None or error.http_status < 400:
                raise Unanswered(f"Stripe's answer to {operation} is unreadable") from error
            raise StripeRefusal(error.http_status, _error_of(error)) from error
        return found


def _error_of(error: stripe.StripeError) -> Body:
    """The `error` of the body; a gateway's HTML page has none."""
    body = error.json_body
    detail = body.get("error") if isinstance(body, dict) else None
    return detail if isinstance(detail, dict) else {}
