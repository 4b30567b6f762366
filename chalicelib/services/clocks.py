"""Test clocks: time that stands still until advanced. Advancing runs what falls due, in order.

A business in test mode may own one. Everything due by it lies in a partition of its own, so
advancing is: take the soonest, set the clock to it, do it, and look again.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.domain.due import DueKind
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import Subject
from chalicelib.ports import Ports
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import DueRef, TestClock
from chalicelib.services import billing, charging, reminding
from chalicelib.services.sweeping import fact_ref

LONGEST_ADVANCE = timedelta(days=366)
_KINDS = (DueKind.EFFECTS, DueKind.STEP, DueKind.BILL, DueKind.REMIND)
# Steps of one message: the worker hands the rest on before its time is over.
STEPS_A_MESSAGE = 200
# The index may lag behind what was just done; what stays due longer than this is a fault.
MOST_REPEATS = 20


def create_clock(ports: Ports, business_id: str, clock_id: str, at: datetime) -> TestClock:
    """A clock standing at `at`, a UTC instant."""
    clock = TestClock(clock_id, business_id, now_at=at, target_at=at, version=1)
    ports.store.save_test_clock(clock)
    return clock


def start_advance(ports: Ports, business_id: str, clock_id: str, to: datetime) -> TestClock:
    """Set the target and let a worker run there.

    Raises InvalidInput for a target in the past or over a year ahead, Conflict while it advances.
    """
    clock = ports.store.test_clock(clock_id)
    if clock.business_id != business_id:
        raise InvalidInput("clock_of_another_business", "This clock is not yours.")
    if clock.target_at > clock.now_at:
        raise Conflict("clock_advancing", "The clock is still advancing.")
    if not clock.now_at < to <= clock.now_at + LONGEST_ADVANCE:
        raise InvalidInput("clock_target_invalid", "Advance to a later time, at most a year ahead.")
    advancing = replace(clock, target_at=to, version=clock.version + 1)
    ports.store.save_test_clock(advancing)
    body = {"job": "advance_clock", "business_id": business_id, "subject_id": clock_id}
    ports.queue.send(QueueName.BILLING, body)
    return advancing


def advance_clock(ports: Ports, clock_id: str, *, most_steps: int = STEPS_A_MESSAGE) -> TestClock:
    """Do what falls due up to the target, soonest first; hand the rest to the next message."""
    last, repeats = None, 0
    for _ in range(most_steps):
        clock = ports.store.test_clock(clock_id)
        due = soonest(ports, clock)
        if due is None:
            return _arrive(ports, clock)
        repeats = repeats + 1 if due == last else 0
        if repeats > MOST_REPEATS:
            raise Conflict("clock_stuck", f"{due.subject.value} {due.subject_id} stays due.")
        last = due
        if due.due_at > clock.now_at:
            clock = replace(clock, now_at=due.due_at, version=clock.version + 1)
            ports.store.save_test_clock(clock)
        run_due(ports, due)
    clock = ports.store.test_clock(clock_id)
    body = {"job": "advance_clock", "business_id": clock.business_id, "subject_id": clock_id}
    ports.queue.send(QueueName.BILLING, body)
    return clock


def soonest(ports: Ports, clock: TestClock) -> DueRef | None:
    """The first of everything due by the target; effects before steps of the same instant."""
    found = []
    for order, kind in enumerate(_KINDS):
        page = ports.store.due(kind, until=clock.target_at, clock_id=clock.id, limit=1)
        found += [(ref.due_at, order, ref) for ref in page.items]
    return min(found, key=lambda one: one[:2])[2] if found else None


def run_due(ports: Ports, due: DueRef) -> None:
    """Do one due thing at the clock's present time."""
    match due.kind:
        case DueKind.EFFECTS:
            ports.deliverer.deliver([fact_ref(due)])
        case DueKind.STEP:
            charging.run_step(ports, due.business_id, due.subject_id)
        case DueKind.BILL:
            billing.bill_subscriptions(ports, due.business_id, [due.subject_id])
        case DueKind.REMIND:
            if not reminding.remind(ports, due) and due.subject is Subject.INVOICE:
                charging.run_step(ports, due.business_id, due.subject_id)


def _arrive(ports: Ports, clock: TestClock) -> TestClock:
    if clock.now_at == clock.target_at:
        return clock
    arrived = replace(clock, now_at=clock.target_at, version=clock.version + 1)
    ports.store.save_test_clock(arrived)
    return arrived
