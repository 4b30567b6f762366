"""Stripe's events: only signed ones count, and then only as hints, in any order and number."""

from __future__ import annotations

import json
import random
from typing import Any

import pytest

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.ports.outside import QueueName
from chalicelib.services import customers, webhooks
from chalicelib.services.webhooks import Applied
from infra.local.fake_stripe.webhooks import sign
from tests.fakes.install import VISA, WEBHOOK_SECRET, Install
from tests.services.checks import check_install, check_stripe


def installed() -> Install:
    install = Install.at()
    install.business()
    return install


def receive(install: Install, body: bytes, header: str, *, livemode: bool = False) -> None:
    webhooks.receive_event(install.ports, body, header, [WEBHOOK_SECRET], livemode=livemode)


def signed(
    install: Install, event: dict[str, Any], secret: str = WEBHOOK_SECRET
) -> tuple[bytes, str]:
    body = json.dumps(event).encode()
    return body, sign(body, [secret], int(install.clock.now().timestamp()))


def paid(install: Install) -> tuple[Invoice, list[tuple[bytes, str]]]:
    """A paid invoice, and every event of the way there, not yet heard."""
    customer = install.customer()
    install.settle()
    invoice = install.invoice(customer)
    install._effects()
    install._messages()
    return invoice, install.stripe.next_events()


def test_a_forged_event_is_refused_and_nothing_is_queued() -> None:
    install = installed()
    _, events = paid(install)
    before = len(install.queue.on(QueueName.STRIPE_EVENTS))
    body, header = events[0]
    forged = [
        (body + b" ", header),
        (body, header.replace("v1=", "v1=0")),
        signed(install, json.loads(body), "whsec_guess"),
        (body, ""),
    ]
    for one in forged:
        with pytest.raises(InvalidInput):
            receive(install, *one)
    assert len(install.queue.on(QueueName.STRIPE_EVENTS)) == before


def test_an_old_event_is_refused() -> None:
    install = installed()
    _, events = paid(install)
    install.clock.advance(minutes=6)
    with pytest.raises(InvalidInput) as refused:
        receive(install, *events[0])
    assert refused.value.code == "signature_stale"


def test_the_wrong_mode_is_refused() -> None:
    install = installed()
    _, events = paid(install)
    with pytest.raises(InvalidInput) as refused:
        receive(install, *events[0], livemode=True)
    assert refused.value.code == "livemode_mismatch"
    live = signed(install, {"id": "evt_1", "type": "payout.paid", "livemode": True})
    with pytest.raises(InvalidInput):
        receive(install, *live)


@pytest.mark.parametrize("body", [b"", b"[]", b"not json", b'"text"', b"\xff\xfe"])
def test_a_signed_body_that_is_no_event(body: bytes) -> None:
    install = installed()
    header = sign(body, [WEBHOOK_SECRET], int(install.clock.now().timestamp()))
    with pytest.raises(InvalidInput) as refused:
        receive(install, body, header)
    assert refused.value.code == "event_invalid"


@pytest.mark.parametrize(
    "event",
    [
        {"type": "payment_intent.succeeded"},
        {"type": "payment_intent.succeeded", "data": None},
        {"type": "payment_intent.succeeded", "data": {"object": "pi_1"}},
        {"type": "charge.refunded", "data": {"object": {"payment_intent": {"id": "pi_1"}}}},
        {"type": "payment_intent.succeeded", "data": {"object": {"id": "pi_unknown"}}},
        {"type": "payment_method.detached", "data": {"object": {"id": "pm_x", "customer": None}}},
        {"type": "payout.paid", "data": {"object": {"id": "po_unknown"}}},
        {"type": "checkout.session.completed", "data": {"object": {"id": "cs_unknown"}}},
        {"type": "invented.by.stripe", "data": {"object": {"id": "x"}}},
        {"type": "payout.paid", "account": "acct_stranger", "data": {"object": {"id": "po_1"}}},
        {},
    ],
)
def test_events_that_are_not_ours_or_lack_something_are_ignored(event: dict[str, Any]) -> None:
    install = installed()
    receive(install, *signed(install, event))
    (hint,) = install.queue.on(QueueName.STRIPE_EVENTS)
    assert webhooks.apply_event(install.ports, hint) is Applied.IGNORED


@pytest.mark.parametrize("seed", range(6))
def test_events_in_any_order_and_number_come_to_the_same(seed: int) -> None:
    install = installed()
    install.stripe.script_card(VISA, ["insufficient_funds", "insufficient_funds"])
    invoice, events = paid(install)
    install.advance(hours=1)
    shuffled = [*events, *events, *events]
    random.Random(seed).shuffle(shuffled)
    install.clock.set(install.clock.now())
    for body, _ in shuffled:
        receive(install, *signed(install, json.loads(body)))
    install.settle()
    kinds = install.kinds(invoice)
    assert kinds.count("charge_failed") == 2
    install.advance(hours=25)
    assert install.read(invoice).status is InvoiceStatus.PAID
    check_install(install)
    check_stripe(install)


def test_a_body_that_lies_changes_nothing() -> None:
    """Signed, but Stripe itself shows otherwise: a body is a hint."""
    install = installed()
    install.stripe.script_card(VISA, ["stolen_card"])
    invoice, events = paid(install)
    payment = install.read(invoice).payments[0]
    lie = {
        "id": "evt_lie",
        "type": "payment_intent.succeeded",
        "livemode": False,
        "data": {
            "object": {
                "id": payment.intent_id,
                "status": "succeeded",
                "amount_received": 8900,
                "metadata": {"business_id": "biz_1"},
            }
        },
    }
    receive(install, *signed(install, lie))
    install.settle()
    assert events
    assert install.read(invoice).status is InvoiceStatus.PENDING


def test_an_event_before_our_own_reply_is_heard_once() -> None:
    install = installed()
    customer = install.customer()
    install.settle()
    invoice = install.invoice(customer)
    install._effects()
    install.stripe.faults.plan("drop_after", "payment_intents.confirm")
    install.stripe.faults.plan("drop_before", "payment_intents.retrieve")
    install._messages()
    assert install.read(invoice).status is InvoiceStatus.PENDING  # we heard nothing
    install.settle()  # the webhook did
    assert install.kinds(invoice).count("charge_succeeded") == 1
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_a_card_detached_at_stripe_is_forgotten_here() -> None:
    install = installed()
    customer = install.customer()
    install.settle()
    method_id = customer.methods[0].id
    install.stripe.call(
        "POST", f"/v1/payment_methods/{method_id}/detach", idempotency_key="dashboard"
    )
    install.settle()
    assert install.store.customer("biz_1", customer.id).methods == ()


def test_a_card_saved_while_our_page_was_closed_is_taken_over() -> None:
    """The payer never comes back from Stripe's page: the event alone saves the card."""
    install = installed()
    customer = install.customer(card=None)
    page = customers.start_setup(
        install.ports,
        "biz_1",
        customer.id,
        request_id="r",
        success_url="https://a.example",
        cancel_url="https://a.example",
    )
    install.stripe.complete_checkout(page.id, VISA)
    install.settle()
    assert len(install.store.customer("biz_1", customer.id).methods) == 1


def test_hints_carry_ids_and_nothing_else() -> None:
    install = installed()
    _, events = paid(install)
    for body, header in events:
        receive(install, body, header)
    for hint in install.queue.on(QueueName.STRIPE_EVENTS):
        assert set(hint) == {
            "event_id", "type", "account", "object_id", "intent_id", "business_id", "customer_ref",
        }  # fmt: skip
        assert "4242" not in json.dumps(dict(hint))
