"""Sandboxes: a business to try things in, living by a test clock of its own.

A business keeps the clock it was made with, so a clock comes with a new business: the settings of
the one it is made from, no customers, and Stripe's test mode.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime

from chalicelib.domain.connect import AccountNeeds
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import Actor
from chalicelib.domain.team import Role
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists, StaleHead
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import TestClock
from chalicelib.services import businesses, clocks, team


def open_sandbox(
    ports: Ports, business_id: str, *, clock_id: str, sandbox_id: str, at: datetime, actor: Actor
) -> TestClock:
    """A copy of the business with a clock standing at `at`; the actor becomes its admin.

    Each step may have been done by a run before this one.
    """
    model = ports.store.business(business_id)
    try:
        clock = clocks.create_clock(ports, sandbox_id, clock_id, at)
    except StaleHead:
        clock = ports.store.test_clock(clock_id)
    copy = replace(
        model,
        id=sandbox_id,
        name=f"{model.name} (test)",
        connects=False,
        account_requested_at=None,
        application_fee=None,
        stripe_account=None,
        charges_enabled=True,
        payouts_enabled=True,
        account_needs=AccountNeeds(),
        deauthorized_at=None,
        charging_held_at=None,
        test_clock_id=clock_id,
        version=0,
        chain="",
    )
    try:
        businesses.create_business(ports, copy, actor=actor)
    except (FactExists, StaleHead):
        ports.store.business(sandbox_id)
    team.add_member(ports, sandbox_id, actor.id, Role.ADMIN, actor=actor)
    return clock


def advance(
    ports: Ports, business_id: str, clock_id: str, to: datetime, *, again: bool
) -> TestClock:
    """Start advancing. A run that broke off after setting the target is carried on.

    Raises Conflict while the clock advances elsewhere.
    """
    clock = ports.store.test_clock(clock_id)
    if again and clock.target_at == to:
        body = {"job": "advance_clock", "business_id": business_id, "subject_id": clock_id}
        ports.queue.send(QueueName.BILLING, body)
        return clock
    try:
        return clocks.start_advance(ports, business_id, clock_id, to)
    except StaleHead as error:
        raise Conflict("clock_advancing", "The clock is still advancing.") from error
