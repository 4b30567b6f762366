"""The call itself: version, keys, secrets, telemetry, repeats and the pace."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

import pytest
import stripe
from stripe._api_version import _ApiVersion

from chalicelib.adapters.stripe.calls import Operation, StripeRefusal
from chalicelib.adapters.stripe.pacing import BURST, PER_SECOND, Pacing
from chalicelib.adapters.stripe.sdk import API_VERSION, SdkCalls
from chalicelib.ports.answers import Unanswered

INTENT = '{"id": "pi_1", "object": "payment_intent"}'


class Scripted(stripe.HTTPClient):
    """Answers what it was told to, and keeps the headers it was sent."""

    name = "scripted"

    def __init__(self, *answers: tuple[str, int]) -> None:
        super().__init__()
        self.answers = list(answers)
        self.headers: list[Mapping[str, str]] = []

    def request(
        self,
        method: str,
        url: str,
        headers: Mapping[str, str] | None,
        post_data: Any = None,
        *,
        _usage: list[str] | None = None,
    ) -> tuple[str, int, Mapping[str, str]]:
        self.headers.append(headers or {})
        body, status = self.answers.pop(0)
        return body, status, {}

    def _sleep_time_seconds(self, num_retries: int) -> float:
        return 0.0


def confirm(calls: SdkCalls, key: str | None = "confirm/biz_1/pay_1/1") -> Mapping[str, Any]:
    return calls(Operation.CONFIRM_INTENT, "pi_1", account="acct_1", params={}, key=key)


def test_a_call_names_version_account_and_key() -> None:
    client = Scripted((INTENT, 200))
    assert confirm(SdkCalls(lambda: "sk_test_a", http_client=client)) == {
        "id": "pi_1",
        "object": "payment_intent",
    }
    (sent,) = client.headers
    assert sent["Stripe-Version"] == API_VERSION
    assert sent["Stripe-Account"] == "acct_1"
    assert sent["Idempotency-Key"] == "confirm/biz_1/pay_1/1"
    assert sent["Authorization"] == "Bearer sk_test_a"


def test_our_version_is_the_one_the_sdk_was_made_for() -> None:
    """A newer SDK is a reviewed change: its types and our reading belong together."""
    assert API_VERSION == _ApiVersion.CURRENT


def test_nothing_is_reported_back() -> None:
    client = Scripted((INTENT, 200), (INTENT, 200))
    calls = SdkCalls(lambda: "sk_test_a", http_client=client)
    confirm(calls)
    confirm(calls)
    assert stripe.enable_telemetry is False
    assert all("X-Stripe-Client-Telemetry" not in sent for sent in client.headers)


def test_repeats_carry_the_same_key() -> None:
    client = Scripted(("{}", 500), ("{}", 500), (INTENT, 200))
    confirm(SdkCalls(lambda: "sk_test_a", http_client=client))
    assert {sent["Idempotency-Key"] for sent in client.headers} == {"confirm/biz_1/pay_1/1"}
    assert len(client.headers) == 3


@pytest.mark.parametrize("key", [None, "", "k" * 256])
def test_a_write_without_a_key_of_ours_is_never_sent(key: str | None) -> None:
    client = Scripted()
    with pytest.raises(AssertionError):
        confirm(SdkCalls(lambda: "sk_test_a", http_client=client), key)
    assert client.headers == []


def test_a_rotated_secret_is_used_at_once() -> None:
    client = Scripted((INTENT, 200), (INTENT, 200))
    secrets = iter(["sk_test_client", "sk_test_old", "sk_test_new"])
    calls = SdkCalls(lambda: next(secrets), http_client=client)
    confirm(calls)
    confirm(calls)
    sent = [one["Authorization"] for one in client.headers]
    assert len(set(sent)) == 2
    assert sent[1] == "Bearer sk_test_new"


@pytest.mark.parametrize("body", ["<html>proxy</html>", ""])
def test_a_success_nobody_can_read_is_no_answer(body: str) -> None:
    client = Scripted((body, 200))
    with pytest.raises(Unanswered):
        confirm(SdkCalls(lambda: "sk_test_a", http_client=client))


@pytest.mark.parametrize(
    ("body", "status", "code"),
    [
        ('{"error": {"code": "resource_missing", "type": "x"}}', 404, "resource_missing"),
        ('{"error": {"type": "api_error"}}', 500, "api_error"),
        ("<html>502</html>", 502, "http_502"),
    ],
)
def test_a_refusal_keeps_status_and_code(body: str, status: int, code: str) -> None:
    client = Scripted(*[(body, status)] * 3)
    with pytest.raises(StripeRefusal) as refused:
        confirm(SdkCalls(lambda: "sk_test_a", http_client=client))
    assert (refused.value.status, refused.value.code) == (status, code)


@dataclass
class Time:
    now: float = 100.0
    pauses: list[float] = field(default_factory=list)

    def sleep(self, seconds: float) -> None:
        self.now += seconds
        self.pauses.append(seconds)


class TestPacing:
    def pacing(self, time: Time) -> Pacing:
        return Pacing(clock=lambda: time.now, sleep=time.sleep)

    def test_no_second_has_25_calls(self) -> None:
        time, starts = Time(), []
        pacing = self.pacing(time)
        for _ in range(200):
            pacing.wait("payment_intents.confirm", None)
            starts.append(time.now)
        busiest = max(sum(1 for later in starts if start <= later < start + 1) for start in starts)
        assert busiest < 25
        assert time.now - 100.0 == pytest.approx((200 - BURST) / PER_SECOND)

    def test_a_first_burst_does_not_wait(self) -> None:
        time = Time()
        pacing = self.pacing(time)
        for _ in range(BURST):
            pacing.wait("payment_intents.confirm", None)
        assert time.pauses == []

    def test_operations_and_accounts_do_not_wait_for_each_other(self) -> None:
        time = Time()
        pacing = self.pacing(time)
        for _ in range(BURST):
            pacing.wait("payment_intents.confirm", None)
            pacing.wait("payment_intents.confirm", "acct_1")
            pacing.wait("payment_intents.retrieve", None)
        assert time.pauses == []
