"""Stripe's events at the door: the signed ones are queued, all others write nothing."""

from __future__ import annotations

import hmac
import json
from dataclasses import replace
from hashlib import sha256
from typing import Any

import pytest

from chalicelib.api.context import provide
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.outside import QueueName
from tests.api.client import Answer, Api
from tests.fakes.install import WEBHOOK_SECRET

PATHS = ["/webhooks/stripe", "/webhooks/stripe/connect"]


def event(**changed: object) -> bytes:
    intent = {"id": "pi_1", "object": "payment_intent", "metadata": {"business_id": "biz_1"}}
    whole = {
        "id": "evt_1",
        "type": "payment_intent.succeeded",
        "livemode": False,
        "data": {"object": intent},
    }
    return json.dumps(whole | changed).encode()


def signature(api: Api, body: bytes, *, secret: str = WEBHOOK_SECRET, late: int = 0) -> str:
    at = int(api.install.clock.now().timestamp()) - late
    signed = hmac.new(secret.encode(), f"{at}.".encode() + body, sha256).hexdigest()
    return f"t={at},v1={signed}"


def deliver(api: Api, body: bytes, header: str | None, path: str = PATHS[0]) -> Answer:
    api.user = None
    headers = {"Stripe-Signature": header} if header is not None else {}
    return api.call("POST", path, raw=body, headers=headers)


def written(api: Api) -> str:
    store = api.install.store
    return repr([list(store.all_facts()), store.exported_side(), api.install.queue.sent])


@pytest.mark.parametrize("path", PATHS)
def test_a_signed_event_is_queued_and_answered_at_once(api: Api, path: str) -> None:
    body, calls = event(), api.install.stripe.calls
    answer = deliver(api, body, signature(api, body), path)
    assert (answer.status, answer.json) == (200, {"received": True})
    (hint,) = api.install.queue.on(QueueName.STRIPE_EVENTS)
    assert (hint["event_id"], hint["intent_id"]) == ("evt_1", "pi_1")
    assert api.install.stripe.calls == calls, "it is re-read by a worker"


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize(
    "wrong",
    [
        "no header",
        "empty header",
        "another secret",
        "one bit changed",
        "written anew",
        "old",
        "from the future",
        "v0 only",
        "no time",
        "time that is no number",
        "live mode",
        "no JSON",
        "no object",
    ],
)
def test_a_wrong_event_writes_nothing(api: Api, path: str, wrong: str) -> None:
    body = {"live mode": event(livemode=True), "no JSON": b"{", "no object": b"[]"}.get(
        wrong, event()
    )
    good = signature(api, body)
    header = {
        "no header": None,
        "empty header": "",
        "another secret": signature(api, body, secret="whsec_other"),
        "old": signature(api, body, late=301),
        "from the future": signature(api, body, late=-301),
        "v0 only": good.replace("v1=", "v0="),
        "no time": good.split(",")[1],
        "time that is no number": "t=soon," + good.split(",")[1],
    }.get(wrong, good)
    if wrong == "one bit changed":
        body = bytes([*body[:-1], body[-1] ^ 1])
    if wrong == "written anew":
        body = json.dumps(json.loads(body), indent=1).encode()
    before = written(api)
    refused = deliver(api, body, header, path)
    assert refused.status == 400
    assert written(api) == before


def test_both_secrets_count_while_one_is_rotated(api: Api) -> None:
    api.secrets = ("whsec_new", WEBHOOK_SECRET)
    body = event()
    for secret in api.secrets:
        assert deliver(api, body, signature(api, body, secret=secret)).status == 200


def test_no_secret_opens_the_door_to_nobody(api: Api) -> None:
    api.secrets = ("",)
    body = event()
    assert deliver(api, body, signature(api, body, secret="")).code == "signature_invalid"


def test_an_event_is_needed_no_key_and_may_be_large(api: Api) -> None:
    body = event(padding="x" * 100_000)
    assert deliver(api, body, signature(api, body)).status == 200
    body = event(padding="x" * 300_000)
    assert deliver(api, body, signature(api, body)).code == "body_too_large"


def test_a_queue_that_does_not_answer_makes_stripe_send_again(api: Api) -> None:
    class Down:
        def send(self, *_: Any, **__: Any) -> None:
            raise Unanswered("queue")

    context = api.context()
    provide(lambda: replace(context, ports=replace(context.ports, queue=Down())))
    body = event()
    assert deliver(api, body, signature(api, body)).status == 503


@pytest.mark.parametrize("order", ["as sent", "reversed", "each twice", "reversed and twice"])
def test_order_and_repetition_change_nothing(api: Api, order: str) -> None:
    """Every event of a charge, in any order and number, posts it once."""
    install = api.install
    invoice = install.invoice(install.customer())
    install._effects()
    install._messages()
    events = install.stripe.next_events()
    assert len(events) > 3
    if "reversed" in order:
        events = events[::-1]
    if "twice" in order:
        events = [one for one in events for _ in range(2)]
    for body, header in events:
        assert deliver(api, body, header).status == 200
        install._messages()
    install.settle()
    assert install.read(invoice).amount_paid == 8900
    assert install.kinds(invoice).count("charge_succeeded") == 1
