"""A Duecourse inside the loop: fakes of everything, queues, timers, webhooks and the rules' ticks.

What AWS and Stripe do with a message is here: visibility and redelivery, the stream's few retries,
Stripe's webhooks with their own idea of order, the sweep each quarter of an hour.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from math import ceil
from typing import Any

from chalicelib.adapters.stripe.gateway import StripeGateway
from chalicelib.domain.facts import Fact
from chalicelib.ports import Links, Ports
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import FactRef
from chalicelib.services import billing, charging, jobs, reconciling, reminding, sweeping, webhooks
from chalicelib.services.delivery import deliver, ref_of
from infra.local.fake_stripe import FakeStripe, Options
from infra.local.fake_stripe.state import Account
from infra.local.fake_stripe.webhooks import sign
from tests.fakes.outside import (
    FakeBus,
    FakeDirectory,
    FakeDocuments,
    FakeFiles,
    FakeIds,
    FakeSms,
    FakeTokens,
)
from tests.simulation.faults import AGAIN_AFTER_SECONDS, Fault, Plan
from tests.simulation.points import (
    DatedMail,
    Names,
    RingingTimers,
    Seam,
    SendingQueue,
    StreamingStore,
    StripeSeam,
)
from tests.simulation.traits import Traits
from tests.simulation.witness import Witness
from tests.simulation.world import START, Loop, Message

SECRET = "whsec_simulated"
BUSINESS = "biz_1"
QUARTER = 900
HOUR = 3600
_GRACE = 121
# What an endpoint is registered for: everything the product acts upon.
_HEARD = (
    "payment_intent.succeeded", "payment_intent.payment_failed", "payment_intent.processing",
    "payment_intent.requires_action", "payment_intent.canceled", "charge.refunded",
    "charge.dispute.", "checkout.session.completed", "payment_method.", "payout.", "refund.",
    "account.", "application_fee.", "radar.early_fraud_warning.",
)  # fmt: skip


class _Clock:
    def __init__(self, loop: Loop) -> None:
        self._loop = loop

    def now(self) -> datetime:
        return self._loop.local_time


class World(Loop):
    """`script` happens at its times; `settle` then lets everything end with no further faults."""

    def __init__(
        self,
        seed: int,
        plan: Plan | None = None,
        *,
        without: frozenset[str] = frozenset(),
        traits: Traits | None = None,
        keep_lines: bool = False,
        options: Options | None = None,
    ) -> None:
        super().__init__(seed, plan, without=without, traits=traits, keep_lines=keep_lines)
        self.sweeps_on = True
        self.stripe = FakeStripe(
            self._stripe_now,
            options=options or Options(automatic_payouts=False),
            endpoints=[],
        )
        self.stripe.on_slow = lambda _seconds: self.sleep(self.traits.stall)
        self.store = self.make_store()
        self.timers = RingingTimers(self._ring)
        self.queue = SendingQueue(self._send)
        self.mail, self.sms, self.bus = DatedMail(self.store), FakeSms(), FakeBus()
        self.files, self.documents, self.ids = FakeFiles(), FakeDocuments(), FakeIds()
        self.witness = Witness(self)
        self.heard = True
        self._last = dict.fromkeys(("sweep", "remind", "bill"), -1)
        self._sending: Fault | None = None
        self.ports = self.make_ports()
        self._reconcile_at(self._reconciled_at())

    def _reconciled_at(self) -> list[int]:
        """Hourly in truth; here seldom enough that faults have time to spread."""
        first = self.traits.reconcile_at
        soon = [first, first + 24 * HOUR] if first else []
        return [*soon, *range(240 * HOUR, 1440 * HOUR, 240 * HOUR)]

    def _reconcile_at(self, times: Sequence[int]) -> None:
        def run() -> None:
            self.tick("reconcile")
            self._reconcile_at(times[1:])

        if times:
            self.later(times[0] - self.seconds, run)

    def make_store(self) -> StreamingStore:
        """The table. A mutant of the design has another."""
        return StreamingStore(self, self._stream)

    def make_ports(self) -> Ports:
        """What the services get. A mutant of the design replaces one of them."""
        return Ports(
            store=self.seam("store", self.store),
            gateway=StripeGateway(self.stripe_calls()),
            queue=self.seam("queue", self.queue),
            timers=self.seam("timers", self.timers),
            mail=self.seam("mail", self.mail),
            sms=self.seam("sms", self.sms),
            documents=self.seam("documents", self.documents),
            files=self.seam("files", self.files),
            bus=self.seam("bus", self.bus),
            clock=_Clock(self),
            ids=Names(self, self.ids),
            tokens=FakeTokens(),
            deliverer=self.seam("effects", self),
            directory=FakeDirectory(),
            links=Links(),
        )

    def seam(self, name: str, target: Any) -> Any:
        return Seam(self, name, target)

    def stripe_calls(self) -> Any:
        return StripeSeam(self, self.stripe)

    def _stripe_now(self) -> int:
        return _EPOCH + self.seconds

    # ------------------------------------------------------------------------- queues and timers

    def _send(self, queue: QueueName, body: Mapping[str, str], delay: int) -> None:
        work = WORKERS[queue]
        fault, self._sending = self._sending, None
        if fault is Fault.VANISHED:
            self.lose(self._queued(queue, work, body))
            return
        self.later(delay, self._queued(queue, work, body))
        again = AGAIN_AFTER_SECONDS.get(fault) if fault else None
        if again is None and self.chance(self.traits.duplicates):
            again = self.traits.duplicate_after
        if again is not None:
            self.later(delay + again, self._queued(queue, work, body))

    def _queued(
        self, queue: QueueName, work: Callable[[Ports, Mapping[str, str]], object], body: Any
    ) -> Message:
        name = body.get("job") or body.get("type") or "step"
        return Message(
            f"{queue.value}:{name}",
            lambda: work(self.ports, body),
            self.traits.redelivery,
            redriven=name == "advance_clock",
        )

    def _ring(self, at: datetime, body: Mapping[str, str]) -> None:
        seconds = ceil((at - START).total_seconds())
        fault, self._sending = self._sending, None
        if fault is Fault.VANISHED:
            return
        self.later(max(seconds - self.seconds, 0), lambda: self._send(QueueName.DUNNING, body, 0))
        again = AGAIN_AFTER_SECONDS.get(fault) if fault else None
        if again is not None:
            ring_again = max(seconds - self.seconds, 0) + again
            self.later(ring_again, lambda: self._send(QueueName.DUNNING, body, 0))

    def strike_sending(self, fault: Fault, call: Callable[[], Any]) -> Any:
        self._sending = fault
        try:
            return call()
        finally:
            self._sending = None

    def strike_stripe(self, kind: str, call: Callable[[], Any]) -> Any:
        self.stripe.faults.plan(kind)
        return call()

    # ------------------------------------------------------------------------------------ effects

    def _stream(self, fact: Fact) -> None:
        if self._current is not None or self.heard:
            self._deliver_later([ref_of(fact)], again_after=30)

    def deliver(self, refs: Sequence[FactRef]) -> None:
        """The effects worker, invoked and waited for: nobody repeats it but the next sweep."""
        if not refs:
            return
        message = self._delivery(list(refs), again_after=None)
        if self._current is None:
            self.later(0, message)  # nobody waits for it any more
            return
        self.invoke(message)
        if not message.done:
            raise Unanswered("the effects worker failed")

    def _deliver_later(self, refs: list[FactRef], *, again_after: int | None) -> None:
        self.later(0, self._delivery(refs, again_after=again_after))

    def _delivery(self, refs: list[FactRef], *, again_after: int | None) -> Message:
        def run() -> None:
            for ref in refs:
                deliver(self.ports, ref, holder=self.ports.ids.new("holder"))

        return Message(f"effects:{refs[0].key}", run, again_after, most=3)

    # ----------------------------------------------------------------------------------- webhooks

    def hear(self, _account: Account, event: dict[str, Any]) -> None:
        """Stripe has something to tell; when and how often it arrives is the seed's."""
        if not self.heard or not event["type"].startswith(_HEARD):
            return
        manner = self.traits.webhooks
        if manner == "silent":
            return
        if manner == "lost" and self.chance(60):
            return
        wait = 0
        if manner == "late":
            wait = self.pick(600)
        elif manner == "reversed":
            wait = max(240 - 20 * len(self.witness.told), 0)
        self.witness.told.append(event["id"])
        self._post(event, wait)
        if manner == "twice":
            self._post(event, wait + (0, 60, 30 * HOUR)[self.pick(3)])

    def _post(self, event: dict[str, Any], wait: int) -> None:
        body = json.dumps(event).encode()
        tries = [0]

        def run() -> None:
            header = sign(body, [SECRET], self._stripe_now())
            webhooks.receive_event(self.ports, body, header, [SECRET], livemode=False)

        def failed() -> None:
            tries[0] += 1
            if tries[0] <= 5 and not message.deleted:
                self.later(min(60 * 4 ** tries[0], 6 * HOUR), message)

        message = Message(f"webhook:{event['type']}", run, failed=failed)
        self.later(wait, message)

    # ---------------------------------------------------------------------------- rules and time

    def time_passed(self) -> None:
        if self.stripe.state.jobs and self.stripe.state.jobs[0].at <= self._stripe_now():
            self.stripe.run_due()
        if not self.sweeps_on:
            return
        for name, at in self._ticks():
            if at <= self.seconds:
                self._last[name] = self.seconds
                self.tick(name)

    def tick(self, name: str) -> None:
        """One of the rules of EventBridge: nobody repeats it but the next."""
        self.later(0, Message(name, lambda: _RULES[name](self.ports)))

    def due_outside(self) -> int | None:
        """Stripe's next own doing, and the next tick that would find something."""
        found = [at for _, at in self._ticks()] if self.sweeps_on else []
        if self.stripe.state.jobs:
            found.append(self.stripe.state.jobs[0].at - _EPOCH)
        return min(found, default=None)

    def _ticks(self) -> list[tuple[str, int]]:
        """Ticks that would find nothing are left out: they would do nothing."""
        found = []
        for kind, due_at in self.store.soonest().items():
            name, every, grace = _TICKS.get(kind, ("sweep", 1, 0))
            due = ceil((due_at - START).total_seconds()) + grace
            after = max(due, self._last[name] + 1)
            phase = self.traits.sweep_phase if every > 1 else 0
            found.append((name, after + (phase - after) % every))
        return found


_EPOCH = int(START.timestamp())
WORKERS: dict[QueueName, Callable[[Ports, Mapping[str, str]], object]] = {
    QueueName.DUNNING: lambda ports, body: charging.run_step(
        ports, body["business_id"], body["invoice_id"]
    ),
    QueueName.BILLING: jobs.run_job,
    QueueName.STRIPE_EVENTS: webhooks.apply_event,
}
_RULES: dict[str, Callable[[Ports], object]] = {
    "sweep": sweeping.sweep_due,
    "remind": reminding.send_reminders,
    "bill": billing.bill_due_subscriptions,
    "reconcile": reconciling.reconcile_all,
}
_TICKS = {
    "step": ("sweep", QUARTER, _GRACE),
    "effects": ("sweep", QUARTER, _GRACE),
    "dispute": ("sweep", QUARTER, _GRACE),
    "remind": ("remind", HOUR, 0),
    "bill": ("bill", HOUR, 0),
}
