"""Webhooks as they are on a bad day, judged by the SDK's own verifier."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest
import stripe

from infra.local.fake_stripe import Endpoint, FakeStripe
from infra.local.fake_stripe.webhooks import GIVES_UP_AFTER, sign
from tests.infra.fake_stripe.bench import DAY, START, FakeBench, Ticking

SECRET = "whsec_fake"


@pytest.fixture(autouse=True)
def verifier_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """The SDK's verifier reads the wall clock; let it read the bench's first second."""
    monkeypatch.setattr("stripe._webhook.time.time", lambda: START)


def verified(body: bytes, header: str, secret: str = SECRET) -> stripe.Event:
    event: stripe.Event = stripe.Webhook.construct_event(body, header, secret)
    return event


def test_every_event_verifies_and_is_delivered_once(fake: FakeBench) -> None:
    fake.paid()
    types = [verified(body, header).type for body, header in fake.core.next_events()]
    assert types == fake.event_types()
    assert fake.core.next_events() == []


def test_the_order_of_a_payment_and_of_a_decline(fake: FakeBench) -> None:
    fake.paid()
    assert fake.event_types()[-2:] == ["charge.succeeded", "payment_intent.succeeded"]
    fake.declined(fake.intent(), "pm_card_visa_chargeDeclined")
    assert fake.event_types()[-2:] == ["charge.failed", "payment_intent.payment_failed"]


def test_an_events_object_never_changes_afterwards(fake: FakeBench) -> None:
    intent = fake.intent(fake.customer())
    created = fake.v1.events.list({"type": "payment_intent.created"}).data[0]
    fake.v1.payment_intents.update(intent, {"metadata": {"a": "b"}, "amount": 999})
    again = fake.v1.events.retrieve(created.id)
    assert again.data.object["amount"] == 8900
    assert again.data.object["metadata"].to_dict() == {}


def test_an_event_names_the_call_behind_it_or_nobody(fake: FakeBench) -> None:
    intent = fake.paid()
    refund = fake.refund(intent.id)
    fake.core.fail_refund(refund.id)
    events = {event.type: event for event in fake.v1.events.list({"limit": 100}).data}
    caused, later = events["refund.created"].request, events["refund.failed"].request
    assert caused is not None
    assert (caused.idempotency_key or "").startswith("refund/")
    assert later is not None
    assert (later.id, later.idempotency_key) == (None, None)


def test_a_deaf_endpoint_is_tried_again_for_three_days(fake: FakeBench) -> None:
    fake.customer()
    [delivery] = fake.core.deliveries()
    tries = 0
    while waiting := fake.core.deliveries():
        assert waiting == [delivery]
        fake.core.webhooks.fail(delivery)
        tries += 1
        assert fake.core.deliveries() == []
        fake.clock.now = max(fake.clock.now, delivery.due_at)
    assert tries > 10
    assert delivery.due_at > START + GIVES_UP_AFTER
    assert fake.core.webhooks.waiting() == 0
    assert len(fake.v1.events.list({"delivery_success": False}).data) == 1


def test_delivered_late_in_any_order_and_twice(fake: FakeBench) -> None:
    fake.paid()
    waiting = fake.core.deliveries()
    random.Random(4).shuffle(waiting)
    seen = []
    for delivery in [*waiting, *waiting]:
        seen.append(verified(delivery.body, fake.core.webhooks.header(delivery)).id)
        fake.core.webhooks.acknowledge(delivery)
    assert sorted(seen) == sorted([*fake.core.account().events] * 2)
    assert fake.core.deliveries() == []


def test_a_lost_event_is_still_in_the_list(fake: FakeBench) -> None:
    fake.customer()
    for delivery in fake.core.deliveries():
        fake.core.webhooks.lose(delivery)
    assert fake.core.next_events() == []
    assert [event.type for event in fake.v1.events.list({}).data] == ["customer.created"]


def test_events_are_kept_for_thirty_days(fake: FakeBench) -> None:
    fake.customer()
    event = next(iter(fake.core.account().events))
    fake.clock.now += 31 * DAY
    assert fake.v1.events.list({}).data == []
    assert fake.refused(lambda: fake.v1.events.retrieve(event)).http_status == 404


def test_an_event_may_overtake_the_reply_that_caused_it() -> None:
    core, seen = FakeStripe(Ticking()), []
    core.faults.plan("slow_after", "customers.create", seconds=2)
    core.on_slow = lambda _: seen.extend(core.next_events())
    customer = core.call("POST", "/v1/customers").body["id"]
    assert json.loads(seen[0][0])["data"]["object"]["id"] == customer


@pytest.mark.parametrize(
    ("forgery", "error"),
    [
        ({"secrets": ("whsec_other",)}, stripe.SignatureVerificationError),
        ({"at": START - 301}, stripe.SignatureVerificationError),
        ({"as_thin": True}, ValueError),
    ],
)
def test_what_the_verifier_refuses(
    fake: FakeBench, forgery: dict[str, Any], error: type[Exception]
) -> None:
    fake.customer()
    event = next(iter(fake.core.account().events))
    body, header = fake.core.forge(event, **forgery)
    with pytest.raises(error):
        verified(body, header)


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"type": "moon.landed"}, "type"),
        ({"api_version": "2019-01-01"}, "api_version"),
        ({"livemode": True}, "livemode"),
        ({"at": START + 4000}, "id"),
    ],
)
def test_what_the_verifier_lets_through_and_we_must_judge(
    fake: FakeBench, changes: dict[str, Any], field: str
) -> None:
    fake.customer()
    event_id = next(iter(fake.core.account().events))
    body, header = fake.core.forge(event_id, **changes)
    event = verified(body, header)
    assert event[field] == changes.get(field, event_id)


def test_during_a_rotation_both_secrets_verify() -> None:
    core = FakeStripe(Ticking(), endpoints=[Endpoint(("whsec_new", "whsec_old"))])
    core.call("POST", "/v1/customers")
    [(body, header)] = core.next_events()
    for secret in ("whsec_new", "whsec_old"):
        assert verified(body, header, secret).type == "customer.created"


def test_an_endpoint_may_lag_behind_in_its_version_and_pick_its_events() -> None:
    core = FakeStripe(
        Ticking(),
        endpoints=[
            Endpoint(("whsec_a",), api_version="2025-03-31.basil"),
            Endpoint(("whsec_b",), enabled_events=("charge.succeeded",)),
        ],
    )
    core.call("POST", "/v1/customers")
    [(body, _)] = core.next_events()
    assert json.loads(body)["api_version"] == "2025-03-31.basil"


def test_tampering_is_noticed(fake: FakeBench) -> None:
    fake.customer()
    [(body, header)] = fake.core.next_events()
    with pytest.raises(stripe.SignatureVerificationError):
        verified(body.replace(b"Ada", b"Eve"), header)
    assert header == sign(body, (SECRET,), START)


def test_the_sdk_signs_as_the_fake_does(fake: FakeBench) -> None:
    fake.customer()
    [(body, header)] = fake.core.next_events()
    theirs = stripe.WebhookSignature.generate_signature_header(body.decode(), SECRET, START)
    assert header == theirs


def test_an_advanced_clock_makes_no_signature_stale(fake: FakeBench) -> None:
    fake.core.advance(400 * DAY)
    fake.customer()
    [(body, header)] = fake.core.next_events()
    assert verified(body, header).created == START + 400 * DAY
    assert header.startswith(f"t={START},")
