"""Each fault's effect, its answer, and what it leaves stored."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import pytest
import stripe

from infra.local.fake_stripe import LostReply
from infra.local.fake_stripe.faults import KINDS
from tests.infra.fake_stripe.bench import FakeBench

CONFIRM = "payment_intents.confirm"


def confirm_once(fake: FakeBench) -> tuple[Any, str]:
    """What one confirm raises or returns, and the intent's status afterwards."""
    customer, method = fake.saved()
    intent = fake.intent(customer)
    seen: Any
    try:
        seen = fake.confirm(intent, method, off_session=True)
    except stripe.StripeError as error:
        seen = error
    fake.core.faults.clear()
    return seen, fake.v1.payment_intents.retrieve(intent).status


@pytest.mark.parametrize(
    ("kind", "error", "status", "after"),
    [
        ("drop_before", stripe.APIConnectionError, None, "requires_payment_method"),
        ("timeout_before", stripe.APIConnectionError, None, "requires_payment_method"),
        ("drop_after", stripe.APIConnectionError, None, "succeeded"),
        ("timeout_after", stripe.APIConnectionError, None, "succeeded"),
        ("error_500_unstored", stripe.APIError, 500, "requires_payment_method"),
        ("error_500_stored", stripe.APIError, 500, "requires_payment_method"),
        ("error_500_after", stripe.APIError, 500, "succeeded"),
        ("html_502", stripe.APIError, 502, "requires_payment_method"),
        ("html_502_after", stripe.APIError, 502, "succeeded"),
        ("rate_limit", stripe.RateLimitError, 429, "requires_payment_method"),
        ("lock_timeout", stripe.RateLimitError, 429, "requires_payment_method"),
        ("conflict", stripe.APIError, 409, "requires_payment_method"),
        ("unauthorized", stripe.AuthenticationError, 401, "requires_payment_method"),
    ],
)
def test_a_planned_fault(
    fake: FakeBench,
    kind: str,
    error: type[stripe.StripeError],
    status: int | None,
    after: str,
) -> None:
    fake.core.faults.plan(kind, CONFIRM)
    seen, left = confirm_once(fake)
    assert isinstance(seen, error)
    assert (status, after) == (seen.http_status, left)
    assert fake.core.faults.injected == [(CONFIRM, kind)]


def test_codes_are_in_the_error_object_where_the_sdk_hides_them(fake: FakeBench) -> None:
    for kind in ("rate_limit", "lock_timeout", "conflict"):
        fake.core.faults.plan(kind, CONFIRM)
        seen, _ = confirm_once(fake)
        assert seen.code is None
        assert seen.error.code == {"conflict": "idempotency_key_in_use"}.get(kind, kind)


def test_a_gateways_html_has_no_error_object(fake: FakeBench) -> None:
    fake.core.faults.plan("html_502", CONFIRM)
    seen, _ = confirm_once(fake)
    assert seen.error is None


def test_should_retry_is_heeded_by_the_sdk(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    for wish, calls in ((True, 2), (False, 1), (None, 2)):
        bench = FakeBench(retries=1)
        bench.core.faults.plan("error_500_unstored", "customers.create", 9, should_retry=wish)
        bench.refused(bench.customer)
        assert bench.core.calls == calls


def test_a_plan_can_let_calls_through_first_and_then_hit_several(fake: FakeBench) -> None:
    fake.core.faults.plan("rate_limit", "customers.create", 2, skip=1)
    answers = [fake.core.call("POST", "/v1/customers").status for _ in range(4)]
    assert answers == [200, 429, 429, 200]


def test_a_fault_hits_its_operation_only(fake: FakeBench) -> None:
    fake.core.faults.plan("drop_before", "refunds.create")
    assert fake.customer().startswith("cus_")


def test_random_weather_repeats_with_its_seed() -> None:
    def storm(seed: int) -> list[tuple[str, str]]:
        bench = FakeBench(checked=False)
        bench.core.faults.random(seed, 400)
        for _ in range(60):
            with suppress(LostReply):
                bench.core.call("POST", "/v1/customers")
        return bench.core.faults.injected

    assert storm(3) == storm(3)
    assert storm(3) != storm(4)
    assert len(storm(3)) > 10


def test_an_unknown_fault_is_a_mistake_of_the_test(fake: FakeBench) -> None:
    with pytest.raises(ValueError, match="no fault"):
        fake.core.faults.plan("sunshine")
    assert "drop_after" in KINDS


def test_a_rolled_key_stays_refused(fake: FakeBench) -> None:
    fake.core.revoked_keys.add("sk_test_bench")
    error: Any = fake.refused(fake.customer)
    assert (error.http_status, error.error.code) == (401, "api_key_expired")
