"""L6: a finished history delivered once more, in any order and number, changes nothing.

Every message that ever was on a queue, every event Stripe ever told, every fact the stream ever
showed, every timer: reversed, shuffled and doubled, onto the table as it ended.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from random import Random

import pytest

from chalicelib.domain.facts import Fact
from chalicelib.ports import Ports
from chalicelib.ports.outside import QueueName
from chalicelib.services import charging, jobs, webhooks
from chalicelib.services.delivery import deliver, ref_of
from infra.local.fake_stripe.webhooks import sign
from tests.simulation.install import SECRET
from tests.simulation.soak import Size, Soak, soak

Deed = Callable[[], None]
SIZE = Size(invoices=60, days=60, businesses=3, faults=2)

ORDERS: dict[str, Callable[[list[Deed], Random], list[Deed]]] = {
    "again": lambda deeds, _: deeds,
    "reversed": lambda deeds, _: deeds[::-1],
    "shuffled": lambda deeds, random: random.sample(deeds, len(deeds)),
    "doubled": lambda deeds, _: [deed for deed in deeds for _ in (1, 2)],
    "doubled and shuffled": lambda deeds, random: random.sample(deeds * 2, len(deeds) * 2),
}


def _work(ports: Ports, queue: QueueName, body: dict[str, str]) -> None:
    match queue:
        case QueueName.DUNNING:
            charging.run_step(ports, body["business_id"], body["invoice_id"])
        case QueueName.BILLING:
            jobs.run_job(ports, body)
        case QueueName.STRIPE_EVENTS:
            webhooks.apply_event(ports, body)


def _deeds(world: Soak) -> list[Deed]:
    """All that was ever delivered. A webhook is signed anew, as Stripe does when it repeats it."""

    def message(queue: QueueName, body: dict[str, str]) -> Deed:
        return lambda: _work(world.ports, queue, body)

    def webhook(event: object) -> Deed:
        body = json.dumps(event).encode()
        header = sign(body, [SECRET], int(world.now.timestamp()))
        return lambda: webhooks.receive_event(world.ports, body, header, [SECRET], livemode=False)

    def streamed(fact: Fact) -> Deed:
        ref = ref_of(fact)

        def deed() -> None:
            deliver(world.ports, ref, holder=world.ids.new("holder"))

        return deed

    sent = [message(queue, dict(body)) for queue, body in world.sent]
    told = [webhook(event) for event in world.told]
    shown = [streamed(fact) for fact in world.store.all_facts()]
    timers = [*world.timers.waiting.values(), *world.timers.fired]
    rung = [message(QueueName.DUNNING, dict(timer.body)) for timer in timers]
    return [*sent, *told, *shown, *rung]


@pytest.fixture(scope="module")
def finished() -> Soak:
    """A soak that has ended, two months later: nothing is under way any more."""
    world, found = soak(7, SIZE)
    assert found == []
    world.run_until(world.seconds + 60 * 86_400)
    world.tick("reconcile")
    world.run_until(world.seconds + 3600)
    assert world.findings() == []
    return world


def _state(world: Soak) -> tuple[str, str, int, int]:
    """The table, Stripe's books, and everything that was ever sent to a person."""
    rows = sorted(json.dumps(row, sort_keys=True) for row in world.store.export())
    books = [world.stripe.books(account) for account in world.accounts.values()]
    return "\n".join(rows), json.dumps(books), len(world.mail.sent), len(world.sms.sent)


@pytest.mark.parametrize("order", ORDERS)
def test_a_finished_history_delivered_again_changes_nothing(finished: Soak, order: str) -> None:
    deeds = ORDERS[order](_deeds(finished), Random(11))
    assert len(deeds) > 1500
    before = _state(finished)
    for deed in deeds:
        deed()
    finished.run_until(finished.seconds)  # what the replay itself has put on queues
    assert _state(finished) == before
    assert finished.violations == []
