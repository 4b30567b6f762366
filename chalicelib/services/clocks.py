"""Test clocks: time that stands still until advanced. Advancing runs what falls due, in order.

A business in test mode may own one. Everything due by it lies in a partition of its own, so
advancing is: take the soonest, set the clock to it, do it, and look again. Only its own run works
on what falls due meanwhile; the stream's worker leaves it alone (`delivery.deliver_from_stream`).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from chalicelib.domain.due import DueKind
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import Subject
from chalicelib.ports import Ports
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import DueRef, TestClock
from chalicelib.services import (
    answering_disputes,
    billing,
    charging,
    group_days,
    payment_plans,
    reminding,
)
from chalicelib.services.sweeping import fact_ref

LONGEST_ADVANCE = timedelta(days=366)
_KINDS = (DueKind.EFFECTS, DueKind.STEP, DueKind.BILL, DueKind.REMIND, DueKind.DISPUTE)
# Steps of one message: the worker hands the rest on before its time is over.
STEPS_A_MESSAGE = 200
# As many as one transaction may bill.
TOGETHER = billing.BATCH
# The index may lag behind what was just done; what stays due longer than this is a fault.
MOST_REPEATS = 20


def create_clock(ports: Ports, business_id: str, clock_id: str, at: datetime) -> TestClock:
    """A clock standing at `at`, a UTC instant."""
    clock = TestClock(clock_id, business_id, now_at=at, target_at=at, version=1)
    ports.store.save_test_clock(clock)
    return clock


def start_advance(ports: Ports, business_id: str, clock_id: str, to: datetime) -> TestClock:
    """Set the target and let a worker run there. Asked again for the same target, it calls a
    worker again: the first time may have ended before any worker heard of it.

    Raises InvalidInput for a target in the past or over a year ahead, Conflict while it advances
    to another.
    """
    clock = ports.store.test_clock(clock_id)
    if clock.business_id != business_id:
        raise InvalidInput("clock_of_another_business", "This clock is not yours.")
    if clock.advancing and clock.target_at != to:
        raise Conflict("clock_advancing", "The clock is still advancing.")
    if not clock.advancing:
        clock = _aimed(ports, clock, to)
    body = {"job": "advance_clock", "business_id": business_id, "subject_id": clock_id}
    ports.queue.send(QueueName.BILLING, body)
    return clock


def _aimed(ports: Ports, clock: TestClock, to: datetime) -> TestClock:
    if not clock.now_at < to <= clock.now_at + LONGEST_ADVANCE:
        raise InvalidInput("clock_target_invalid", "Advance to a later time, at most a year ahead.")
    advancing = replace(clock, target_at=to, version=clock.version + 1, advancing=True)
    ports.store.save_test_clock(advancing)
    return advancing


def advance_clock(
    ports: Ports,
    clock_id: str,
    *,
    most_steps: int = STEPS_A_MESSAGE,
    run: Callable[[Ports, Sequence[DueRef]], None] | None = None,
) -> TestClock:
    """Do what falls due up to the target, soonest first; hand the rest to the next message.

    `run` does what is due of one kind at one instant: `run_due`, or something around it.
    """
    last: Sequence[DueRef] = ()
    repeats = done = 0
    while done < most_steps:
        clock = ports.store.test_clock(clock_id)
        due = soonest(ports, clock)
        if not due:
            return _arrive(ports, clock)
        repeats = repeats + 1 if due == last else 0
        if repeats > MOST_REPEATS:
            raise Conflict("clock_stuck", f"{due[0].subject.value} {due[0].subject_id} stays due.")
        last, done = due, done + len(due)
        if due[0].due_at > clock.now_at:
            clock = replace(clock, now_at=due[0].due_at, version=clock.version + 1)
            ports.store.save_test_clock(clock)
        (run or run_due)(ports, due)
    clock = ports.store.test_clock(clock_id)
    body = {"job": "advance_clock", "business_id": clock.business_id, "subject_id": clock_id}
    ports.queue.send(QueueName.BILLING, body)
    return clock


def soonest(ports: Ports, clock: TestClock) -> Sequence[DueRef]:
    """The first of everything due by the target: all of one kind that are due together.

    Effects come before steps of the same instant.
    """
    first: Sequence[DueRef] = ()
    for kind in _KINDS:
        until = first[0].due_at if first else clock.target_at
        found = ports.store.due(kind, until=until, clock_id=clock.id, limit=TOGETHER).items
        if found and (not first or found[0].due_at < first[0].due_at):
            first = _together(found, clock.now_at)
        if first and first[0].due_at <= clock.now_at and kind is DueKind.EFFECTS:
            break
    return first


def _together(found: Sequence[DueRef], now: datetime) -> Sequence[DueRef]:
    """Those of the first one's instant; what is past already is all due now."""
    until = max(found[0].due_at, now)
    return [ref for ref in found if ref.due_at <= until]


def run_due(ports: Ports, due: Sequence[DueRef]) -> None:
    """Do what is due of one kind at the clock's present time."""
    match due[0].kind:
        case DueKind.EFFECTS:
            ports.deliverer.deliver([fact_ref(ref) for ref in due])
        case DueKind.STEP:
            for ref in due:
                charging.run_step(ports, ref.business_id, ref.subject_id)
        case DueKind.BILL:
            for ref in due:
                if ref.subject is Subject.PLAN:
                    payment_plans.run_plan(ports, ref.business_id, ref.subject_id)
                elif ref.subject is Subject.GROUP:
                    group_days.bill_day(ports, ref.business_id, ref.subject_id)
            ids = [ref.subject_id for ref in due if ref.subject is Subject.SUBSCRIPTION]
            if ids:
                billing.bill_subscriptions(ports, due[0].business_id, ids)
        case DueKind.DISPUTE:
            for ref in due:
                answering_disputes.run_dispute(ports, ref.business_id, ref.subject_id)
        case DueKind.REMIND:
            for ref in due:
                if not reminding.remind(ports, ref) and ref.subject is Subject.INVOICE:
                    charging.run_step(ports, ref.business_id, ref.subject_id)


def _arrive(ports: Ports, clock: TestClock) -> TestClock:
    if not clock.advancing:
        return clock
    arrived = replace(clock, now_at=clock.target_at, version=clock.version + 1, advancing=False)
    ports.store.save_test_clock(arrived)
    return arrived
