"""Idempotency keys: what is stored, for how long, for whom, and what never is."""

from __future__ import annotations

from typing import Any

import pytest
import stripe

from infra.local.fake_stripe import FakeStripe, FakeStripeRefusal
from tests.infra.fake_stripe.bench import DAY, START, Bench, FakeBench, Ticking

PAY = {"amount": 500, "currency": "usd", "allowed_payment_method_types": ["card"]}


def create(core: FakeStripe, key: str = "pi/b/one", account: str | None = None, **more: Any) -> Any:
    return core.call(
        "POST", "/v1/payment_intents", {**PAY, **more}, idempotency_key=key, account=account
    )


def test_the_same_key_answers_the_same_and_makes_one_object(fake: FakeBench) -> None:
    first, second = create(fake.core), create(fake.core)
    assert first.body == second.body
    assert "Idempotent-Replayed" not in first.headers
    assert second.headers["Idempotent-Replayed"] == "true"
    assert len(fake.core.account().payment_intents) == 1


def test_a_key_is_pruned_after_a_day_and_then_charges_anew(fake: FakeBench) -> None:
    first = create(fake.core)
    fake.clock.now += DAY - 1
    assert create(fake.core).body["id"] == first.body["id"]
    fake.clock.now += 1
    assert create(fake.core).body["id"] != first.body["id"]


def test_other_parameters_and_other_endpoints_are_a_mismatch(fake: FakeBench) -> None:
    intent = create(fake.core).body["id"]
    assert create(fake.core, amount=600).status == 400
    elsewhere = fake.core.call(
        "POST", f"/v1/payment_intents/{intent}/cancel", {}, idempotency_key="pi/b/one"
    )
    assert elsewhere.body["error"]["type"] == "idempotency_error"


def test_keys_are_kept_per_account(fake: FakeBench) -> None:
    connected = fake.core.connect_account()
    own, other = create(fake.core), create(fake.core, account=connected)
    assert own.body["id"] != other.body["id"]


def test_a_refusal_before_execution_is_not_stored(fake: FakeBench) -> None:
    assert create(fake.core, amount=1).body["error"]["code"] == "amount_too_small"
    assert create(fake.core).status == 200


def test_a_state_error_is_stored(fake: FakeBench) -> None:
    intent = fake.intent()
    path, key = f"/v1/payment_intents/{intent}/confirm", "confirm/b/1"
    first = fake.core.call("POST", path, {}, idempotency_key=key)
    second = fake.core.call("POST", path, {}, idempotency_key=key)
    assert (first.status, second.status) == (400, 400)
    assert second.headers["Idempotent-Replayed"] == "true"


def test_a_stored_500_is_replayed_and_did_nothing(fake: FakeBench) -> None:
    fake.core.faults.plan("error_500_stored", "payment_intents.create")
    assert [create(fake.core).status, create(fake.core).status] == [500, 500]
    assert fake.core.account().payment_intents == {}


def test_a_500_after_the_effect_is_replayed_too(fake: FakeBench) -> None:
    fake.core.faults.plan("error_500_after", "payment_intents.create")
    assert [create(fake.core).status, create(fake.core).status] == [500, 500]
    assert len(fake.core.account().payment_intents) == 1


def test_a_500_before_execution_is_not_stored(fake: FakeBench) -> None:
    fake.core.faults.plan("error_500_unstored", "payment_intents.create")
    assert [create(fake.core).status, create(fake.core).status] == [500, 200]


def test_a_key_in_flight_is_a_conflict() -> None:
    core = FakeStripe(Ticking())
    core.faults.plan("slow", "payment_intents.create", seconds=3)
    seen: list[int] = []

    def meanwhile(seconds: int) -> None:
        assert seconds == 3
        seen.append(create(core).status)

    core.on_slow = meanwhile
    assert create(core).status == 200
    assert seen == [409]


def test_replays_survive_the_end_of_the_object(fake: FakeBench) -> None:
    first = create(fake.core)
    fake.core.call(
        "POST",
        f"/v1/payment_intents/{first.body['id']}/cancel",
        {},
        idempotency_key="cancel/b/1",
    )
    assert create(fake.core).body["status"] == "requires_payment_method"


@pytest.mark.parametrize("key", [None, "b2c1f0de-0000-4000-8000-000000000000", "pi/", "x/b/12345"])
@pytest.mark.parametrize("path", ["", "/{}/confirm", "/{}/cancel"])
def test_money_moves_only_under_a_key_of_ours(fake: FakeBench, path: str, key: str | None) -> None:
    where = "/v1/payment_intents" + path.format(fake.intent())
    params = PAY if path == "" else {}
    with pytest.raises(FakeStripeRefusal, match="idempotency key"):
        fake.core.call("POST", where, params, idempotency_key=key)


def test_the_sdks_own_random_key_is_refused_for_a_refund(fake: FakeBench) -> None:
    intent = fake.paid()
    with pytest.raises(FakeStripeRefusal):
        fake.v1.refunds.create({"payment_intent": intent.id})


def test_the_sdk_retries_a_lost_answer_under_the_same_key(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("time.sleep", lambda _: None)
    bench = FakeBench(retries=2)
    customer, method = bench.saved()
    intent = bench.intent(customer)
    bench.core.faults.plan("drop_after", "payment_intents.confirm")
    assert bench.confirm(intent, method, off_session=True).status == "succeeded"
    assert len(bench.core.account().charges) == 1


def test_an_application_that_asks_again_with_a_new_key_meets_the_intents_own_lock(
    fake: FakeBench,
) -> None:
    customer, method = fake.saved()
    intent = fake.intent(customer)
    fake.core.faults.plan("drop_after", "payment_intents.confirm")
    lost = fake.refused(lambda: fake.confirm(intent, method, off_session=True))
    assert isinstance(lost, stripe.APIConnectionError)
    again: Any = fake.refused(lambda: fake.confirm(intent, method, off_session=True))
    assert again.code == "payment_intent_unexpected_state"
    assert again.error.payment_intent.status == "succeeded"


def test_two_fakes_with_one_seed_and_one_history_are_equal() -> None:
    def history(seed: int) -> list[str]:
        bench = FakeBench(seed=seed, checked=False)
        bench.paid()
        bench.pass_days(9)
        account = bench.core.account()
        return [*account.events, *account.charges, *account.balance_transactions]

    assert history(7) == history(7)
    assert history(7) != history(8)


def test_a_bench_starts_where_it_says(fake: FakeBench) -> None:
    assert isinstance(fake, Bench)
    assert fake.core.state.now == START
