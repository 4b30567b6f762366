"""Timers on EventBridge Scheduler: one-time schedules that put a message on the dunning queue.

The name is the timer: made twice it is one, and a lost answer is settled by looking at what is
there. What is due within fifteen minutes waits on the queue itself, which is exact to the second.
"""

from __future__ import annotations

import json
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from chalicelib.adapters.aws import Clients, answered
from chalicelib.adapters.queue import LONGEST_DELAY_SECONDS
from chalicelib.domain.errors import Conflict
from chalicelib.ports.outside import Clock, Queue, QueueName

# An hour of trying; after that the message waits among the dead letters, and the sweep has found
# the debt in the table long since.
RETRY_POLICY = {"MaximumEventAgeInSeconds": 3600, "MaximumRetryAttempts": 10}
_NAME = re.compile(r"[0-9a-zA-Z\-_.]{1,64}")


@dataclass(frozen=True, slots=True)
class TimerPlace:
    """The group timers live in, and where they ring."""

    group: str
    role_arn: str
    queue_arn: str
    dead_letters_arn: str


class SchedulerTimers:
    def __init__(self, clients: Clients, place: TimerPlace, queue: Queue, clock: Clock) -> None:
        self._clients = clients
        self._place = place
        self._queue = queue
        self._clock = clock

    def wake(self, name: str, at: datetime, body: Mapping[str, str]) -> None:
        """Raises Conflict if the name is a timer for another time or with another message."""
        assert _NAME.fullmatch(name), name
        seconds = math.ceil((at - self._clock.now()) / timedelta(seconds=1))
        if seconds <= LONGEST_DELAY_SECONDS:
            self._queue.send(QueueName.DUNNING, body, delay_seconds=max(0, seconds))
            return
        schedule = self._schedule(name, at, body)
        with answered(f"set the timer {name}"):
            self._create(schedule)

    def _schedule(self, name: str, at: datetime, body: Mapping[str, str]) -> dict[str, Any]:
        place = self._place
        return {
            "Name": name,
            "GroupName": place.group,
            "ScheduleExpression": _expression(at),
            "ScheduleExpressionTimezone": "UTC",
            "FlexibleTimeWindow": {"Mode": "OFF"},
            "ActionAfterCompletion": "DELETE",
            "Target": {
                "Arn": place.queue_arn,
                "RoleArn": place.role_arn,
                "Input": json.dumps(dict(body), ensure_ascii=False, sort_keys=True),
                "DeadLetterConfig": {"Arn": place.dead_letters_arn},
                "RetryPolicy": RETRY_POLICY,
            },
        }

    def _create(self, schedule: dict[str, Any]) -> None:
        scheduler = self._clients("scheduler")
        try:
            scheduler.create_schedule(**schedule)
        except scheduler.exceptions.ConflictException:
            self._is_ours(schedule)

    def _is_ours(self, schedule: dict[str, Any]) -> None:
        """It exists: most often because our own first try was not answered."""
        scheduler = self._clients("scheduler")
        name = schedule["Name"]
        try:
            there = scheduler.get_schedule(Name=name, GroupName=schedule["GroupName"])
        except scheduler.exceptions.ResourceNotFoundException:
            return  # It has rung since, and deleted itself.
        same = (
            there["ScheduleExpression"] == schedule["ScheduleExpression"]
            and there["Target"]["Input"] == schedule["Target"]["Input"]
        )
        if not same:
            raise Conflict("timer_name_reused", f"The timer {name} is set for something else.")


def _expression(at: datetime) -> str:
    """Whole seconds, never early."""
    whole = at.astimezone(UTC).replace(tzinfo=None)
    if whole.microsecond:
        whole = whole.replace(microsecond=0) + timedelta(seconds=1)
    return f"at({whole.isoformat()})"
