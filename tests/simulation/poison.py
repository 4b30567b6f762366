"""What does not belong here (F12): forged and foreign events, messages that no worker understands.

A forged one is refused, a foreign one acknowledged, and what nobody can understand ends in the dead
letters, for a person to look at. None of it may write anything; all else goes on as ever.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.facts import Subject
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import FactRef
from chalicelib.services import webhooks
from infra.local.fake_stripe.webhooks import sign
from tests.simulation.faults import writes
from tests.simulation.install import BUSINESS, HOUR, SECRET, WORKERS, World
from tests.simulation.world import Message

_TIMES = 12
_WITHIN = 4 * 24 * HOUR
_STALE = 900  # seconds: beyond Stripe's tolerance by any of our clocks
_OURS = {"business_id": BUSINESS, "invoice_id": "inv_1", "payment_id": "pay_nowhere"}


def _event(kind: str, target: Any, **more: Any) -> dict[str, Any]:
    return {
        "id": "evt_strange",
        "object": "event",
        "type": kind,
        "livemode": False,
        "data": {"object": target},
        **more,
    }


_PAID = {"id": "pi_strange", "object": "payment_intent", "status": "succeeded", "amount": 8900}
_GENUINE = json.dumps(_event("payment_intent.succeeded", _PAID)).encode()
# Bodies, and how they are signed: the secret, and how many seconds ago.
FORGED: tuple[tuple[bytes, str, int], ...] = (
    (_GENUINE, "whsec_guessed", 0),
    (_GENUINE, SECRET, _STALE),
    (_GENUINE, SECRET, -_STALE),
    (b"", SECRET, 0),
    (b"{", SECRET, 0),
    (b"[]", SECRET, 0),
    (b'"text"', SECRET, 0),
    (json.dumps(_event("payout.paid", {"id": "po_1"}, livemode=True)).encode(), SECRET, 0),
)
FOREIGN: tuple[dict[str, Any], ...] = (
    _event("payment_intent.succeeded", _PAID),
    _event("payment_intent.succeeded", {**_PAID, "metadata": _OURS}),
    _event("payment_intent.succeeded", {**_PAID, "metadata": {"business_id": "biz_nowhere"}}),
    _event("payment_intent.succeeded", _PAID, account="acct_stranger"),
    _event("payment_intent.succeeded", None),
    _event("payment_intent.succeeded", {"id": None}),
    _event("charge.refunded", {"id": "ch_strange", "payment_intent": None}),
    _event("charge.dispute.created", {"id": "dp_1", "payment_intent": {"id": "pi_expanded"}}),
    _event("invoice.paid", {"id": "in_1", "customer": "cus_of_billing"}, api_version="2031-01-01"),
    _event("v2.core.event", {}),
    _event("", {}),
    _event("payment_method.detached", {"id": "pm_strange", "customer": "cus_stranger"}),
    _event("payment_method.updated", {"id": "pm_strange", "customer": None}),
    _event("checkout.session.completed", {"id": "cs_strange"}),
    _event("payout.paid", {"id": "po_strange"}),
    _event("application_fee.created", {"id": "fee_strange"}),
    _event("radar.early_fraud_warning.created", {"id": "issfr_strange"}),
    _event("account.application.deauthorized", {"id": "ca_1"}, account="acct_stranger"),
    {"id": "evt_bare"},
)
GARBLED: tuple[tuple[QueueName, dict[str, Any]], ...] = (
    (QueueName.DUNNING, {}),
    (QueueName.DUNNING, {"business_id": BUSINESS}),
    (QueueName.DUNNING, {"business_id": BUSINESS, "invoice_id": "inv_nowhere"}),
    (QueueName.DUNNING, {"business_id": "biz_nowhere", "invoice_id": "inv_1"}),
    (QueueName.DUNNING, {"business_id": 7, "invoice_id": None}),
    (QueueName.BILLING, {}),
    (QueueName.BILLING, {"business_id": BUSINESS, "job": "no_such_job"}),
    (QueueName.BILLING, {"business_id": BUSINESS, "job": "bill"}),
    (QueueName.BILLING, {"business_id": BUSINESS, "job": "bill", "subscription_ids": "sub_0,"}),
    (QueueName.BILLING, {"business_id": BUSINESS, "job": "run_plan", "subject_id": "plan_nowhere"}),
    (QueueName.BILLING, {"business_id": BUSINESS, "job": "send_refunds", "subject_id": "inv_0"}),
    (QueueName.BILLING, {"business_id": BUSINESS, "job": "import", "subject_id": "imp_nowhere"}),
    (QueueName.BILLING, {"business_id": BUSINESS, "job": "advance_clock", "subject_id": "clk_0"}),
    (QueueName.STRIPE_EVENTS, {}),
    (QueueName.STRIPE_EVENTS, {"type": "payment_intent.succeeded"}),
)
_HARMLESS = {"store.claim", "queue.send"}  # of what is not there; of the hint
_NO_FACT = FactRef(BUSINESS, Subject.INVOICE, "inv_1", "no_such_fact")


class Poisoned(World):
    """A world that strangers write to, again and again. `turned_away` counts what they did in
    vain: what was refused, acknowledged, or given up.
    """

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.turned_away = 0
        for _ in range(_TIMES):
            send = (self._forge, self._tell_of_others, self._garble, self._no_fact)[self.pick(4)]
            self.later(self.pick(_WITHIN), send)

    def io(self, point: str, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        handler = self._current
        harmless = point in _HARMLESS or not writes(point)
        if handler is not None and handler.message.poison and not harmless:
            self.violate("F12", f"{handler.message.name} came to {point}")
        return super().io(point, call, args, kwargs)

    def _failed(self, message: Message) -> None:
        super()._failed(message)
        self.turned_away += message.poison and message.deleted

    def _queued(self, queue: QueueName, work: Any, body: Any) -> Message:
        """What a stranger's event leads to is a stranger's too."""
        message = super()._queued(queue, work, body)
        message.poison = self._current is not None and self._current.message.poison
        return message

    def _forge(self) -> None:
        body, secret, age = FORGED[self.pick(len(FORGED))]
        header = sign(body, [secret], self._stripe_now() - age)

        def run() -> None:
            try:
                webhooks.receive_event(self.ports, body, header, [SECRET], livemode=False)
            except InvalidInput:
                self.turned_away += 1
            else:
                self.violate("F12", f"taken for genuine: {body!r}")

        self.later(0, Message("webhook:forged", run, failed=_never_again, poison=True))

    def _tell_of_others(self) -> None:
        """Stripe's word about what is none of ours, or in words that we do not know."""
        body = json.dumps(FOREIGN[self.pick(len(FOREIGN))]).encode()
        header = sign(body, [SECRET], self._stripe_now())

        def run() -> None:
            webhooks.receive_event(self.ports, body, header, [SECRET], livemode=False)
            self.turned_away += 1

        self.later(0, Message("webhook:foreign", run, failed=_never_again, poison=True))

    def _garble(self) -> None:
        queue, body = GARBLED[self.pick(len(GARBLED))]
        message = self._queued(queue, WORKERS[queue], body)
        message.poison = True
        self.later(0, message)

    def _no_fact(self) -> None:
        message = self._delivery([_NO_FACT], again_after=30)
        message.poison = True
        self.later(0, message)


def _never_again() -> None:
    """Nobody sends it again."""
