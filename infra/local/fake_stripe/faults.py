"""Faults: the ways a call can go wrong before its work, instead of it, and after it.

Plans are exact ("the second confirm loses its answer"); random mode draws from a seed of its own.
The vocabulary is F1 to F5 and F13 of the project's fault model.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from random import Random
from typing import Final

from infra.local.fake_stripe.errors import Body
from infra.local.fake_stripe.idempotency import Reply

# kind → what it does. "before": nothing happens; "after": the work is done.
KINDS: Final = {
    "drop_before": "the connection breaks before the request arrives",
    "timeout_before": "the request never arrives and the caller waits in vain",
    "drop_after": "the work is done, the answer is lost",
    "timeout_after": "the work is done, the answer comes too late",
    "error_500_unstored": "a 500 before execution; nothing is stored under the key",
    "error_500_stored": "a 500 instead of execution, stored and replayed under the key",
    "error_500_after": "the work is done, but the stored and replayed answer is a 500",
    "html_502": "a gateway's HTML before the request arrives",
    "html_502_after": "the work is done, the gateway answers with HTML",
    "rate_limit": "429 rate_limit, not executed",
    "lock_timeout": "429 lock_timeout, not executed",
    "conflict": "409 idempotency_key_in_use, not executed",
    "unauthorized": "401, the key was rolled",
    "slow_after": "the work is done at once, the answer takes a while; events overtake it",
    "slow": "the answer takes a while; meanwhile the key is in use",
}
AFTER: Final = frozenset(
    {"drop_after", "timeout_after", "error_500_after", "html_502_after", "slow_after"}
)
LOST: Final = frozenset({"drop_before", "timeout_before", "drop_after", "timeout_after"})

_HTML: Final = "<html><head><title>502 Bad Gateway</title></head><body>502</body></html>"
_ERRORS: Final[dict[str, tuple[int, str, str | None, str]]] = {
    "rate_limit": (429, "invalid_request_error", "rate_limit", "Request rate limit exceeded."),
    "lock_timeout": (
        429,
        "invalid_request_error",
        "lock_timeout",
        "This object cannot be accessed right now because another API request is accessing it.",
    ),
    "conflict": (
        409,
        "idempotency_error",
        "idempotency_key_in_use",
        "There is currently another in-progress request using this Idempotent Key.",
    ),
    "unauthorized": (
        401,
        "invalid_request_error",
        "api_key_expired",
        "Expired API Key provided: sk_test_********.",
    ),
}
_SERVER_ERROR: Final = (500, "api_error", None, "An unknown error occurred")


@dataclass(slots=True)
class Plan:
    """One planned fault: which calls, how many of them, after how many were let through."""

    kind: str
    operation: str | None = None
    times: int = 1
    skip: int = 0
    should_retry: bool | None = None
    seconds: int = 0


@dataclass(slots=True)
class Weather:
    """Random mode."""

    random: Random
    per_mille: int
    kinds: Sequence[str]


class Faults:
    """What will go wrong next."""

    def __init__(self) -> None:
        self._plans: list[Plan] = []
        self._weather: Weather | None = None
        self.injected: list[tuple[str, str]] = []

    def plan(
        self,
        kind: str,
        operation: str | None = None,
        times: int = 1,
        *,
        skip: int = 0,
        should_retry: bool | None = None,
        seconds: int = 0,
    ) -> None:
        """Let the next `times` calls of `operation` (any, if None) fail in this way."""
        if kind not in KINDS:
            raise ValueError(f"{kind!r} is no fault; known: {', '.join(KINDS)}")
        self._plans.append(Plan(kind, operation, times, skip, should_retry, seconds))

    def random(self, seed: int, per_mille: int, kinds: Sequence[str] = tuple(KINDS)) -> None:
        """From now on each call fails with this probability, drawn from its own seed."""
        self._weather = Weather(Random(seed), per_mille, kinds)  # noqa: S311 -- no secret, a seed

    def clear(self) -> None:
        self._plans.clear()
        self._weather = None

    def take(self, operation: str) -> Plan | None:
        """The fault of this call, if it has one."""
        if not self._plans and self._weather is None:
            return None
        chosen = self._planned(operation) or self._drawn()
        if chosen is not None:
            self.injected.append((operation, chosen.kind))
        return chosen

    def _planned(self, operation: str) -> Plan | None:
        for plan in self._plans:
            if plan.operation not in (None, operation):
                continue
            if plan.skip:
                plan.skip -= 1
                continue
            plan.times -= 1
            if plan.times == 0:
                self._plans.remove(plan)
            return plan
        return None

    def _drawn(self) -> Plan | None:
        weather = self._weather
        if weather is None or weather.random.randrange(1000) >= weather.per_mille:
            return None
        return Plan(weather.random.choice(weather.kinds))


def faulty_reply(plan: Plan) -> Reply:
    """The answer a fault gives in place of the real one."""
    headers: dict[str, str] = {}
    if plan.should_retry is not None:
        headers["Stripe-Should-Retry"] = "true" if plan.should_retry else "false"
    if plan.kind.startswith("html_502"):
        return Reply(502, {}, {**headers, "Content-Type": "text/html"}, _HTML)
    status, kind, code, message = _ERRORS.get(plan.kind, _SERVER_ERROR)
    error: Body = {"type": kind, "message": message}
    if code is not None:
        error["code"] = code
    return Reply(status, {"error": error}, headers)
