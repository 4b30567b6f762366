"""What can go wrong at one I/O, and at which I/Os it can.

The letters are those of the fault model: F1 crash before, F2 crash after, F3 failed without effect,
F4 done but the reply lost, F5 done twice, F6 delivered again, F8 lost for good, F10 stalled.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import cache


class Fault(StrEnum):
    """One fault; its value is what a plan is written with."""

    CRASH_BEFORE = "F1"
    CRASH_AFTER = "F2"
    NO_EFFECT = "F3"
    REPLY_LOST = "F4"
    DONE_LATE = "F4.late"  # given up on, and done half a minute after
    DONE_TWICE = "F5"
    AGAIN_NOW = "F6.now"  # what is sent here is delivered again: at once, …
    AGAIN_SOON = "F6.60s"
    AGAIN_LATE = "F6.30h"
    AGAIN_VERY_LATE = "F6.10d"
    GONE_BEFORE = "F8"  # crash before, and the message never comes back
    GONE_AFTER = "F8.after"
    VANISHED = "F8.sent"  # accepted, never delivered
    STALL_BEFORE = "F10"  # suspended past lease and perhaps visibility, then goes on
    STALL_AFTER = "F10.after"
    CONFLICT = "F3.stale"  # the table's own conflict: nobody else has changed anything
    ERROR_STORED = "F13.500"  # a 500 instead of execution, replayed under the key
    ERROR_AFTER = "F13.500.after"  # done, but the answer and its replays are a 500
    PAGE_AFTER = "F13.502.after"  # done, but a gateway answers with a page of its own
    KEY_ROLLED = "F13.401"  # our secret is not valid any more, for one call
    KEY_IN_USE = "F13.409"
    RATE_LIMIT = "F13.429"
    SLOW = "F13.slow"  # Stripe works on it for minutes; meanwhile the key is in use


Place = int | tuple[str, int]  # the n-th I/O of all, or the n-th of its kind, from 0
Plan = Mapping[Place, Fault]


@dataclass
class Strikes:
    """Which faults have struck, where, and what it means for counting."""

    planned: Plan = field(default_factory=dict)
    by_kind: bool = False  # some places count the I/Os of one kind
    struck: list[tuple[int, Fault, str]] = field(default_factory=list)


AGAIN_AFTER_SECONDS = {
    Fault.AGAIN_NOW: 0,
    Fault.AGAIN_SOON: 60,
    Fault.AGAIN_LATE: 30 * 3600,
    Fault.AGAIN_VERY_LATE: 10 * 86_400,
}
LATE_SECONDS = 30
# How the fake Stripe calls them.
STRIPE_KINDS = {
    Fault.NO_EFFECT: "drop_before",
    Fault.REPLY_LOST: "drop_after",
    Fault.ERROR_STORED: "error_500_stored",
    Fault.ERROR_AFTER: "error_500_after",
    Fault.PAGE_AFTER: "html_502_after",
    Fault.KEY_ROLLED: "unauthorized",
    Fault.KEY_IN_USE: "conflict",
    Fault.RATE_LIMIT: "rate_limit",
    Fault.SLOW: "slow",
}

_ANYWHERE = (
    Fault.CRASH_BEFORE,
    Fault.CRASH_AFTER,
    Fault.NO_EFFECT,
    Fault.GONE_BEFORE,
    Fault.STALL_BEFORE,
)
_WRITING = (
    Fault.REPLY_LOST,
    Fault.DONE_LATE,
    Fault.DONE_TWICE,
    Fault.GONE_AFTER,
    Fault.STALL_AFTER,
)
_SENDING = (
    Fault.VANISHED,
    Fault.AGAIN_NOW,
    Fault.AGAIN_SOON,
    Fault.AGAIN_LATE,
    Fault.AGAIN_VERY_LATE,
)
_STRIPE = (
    Fault.ERROR_STORED,
    Fault.ERROR_AFTER,
    Fault.PAGE_AFTER,
    Fault.KEY_ROLLED,
    Fault.KEY_IN_USE,
    Fault.RATE_LIMIT,
    Fault.SLOW,
)
_STORE_WRITES = frozenset(
    """append claim finish save_portal_link save_watermark save_test_clock
    begin_request finish_request""".split()
)
_STRIPE_WRITES = frozenset({"create", "confirm", "cancel", "detach"})
_DRAWING = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.STALL_AFTER)


@cache
def writes(point: str) -> bool:
    """Whether the I/O (`port.method`) changes something outside."""
    port, _, method = point.partition(".")
    if port == "store":
        return method in _STORE_WRITES
    if port == "stripe":
        return point.rpartition(".")[2] in _STRIPE_WRITES
    return port != "documents" and method not in {"get", "link"}


@cache
def faults_at(point: str) -> tuple[Fault, ...]:
    """Everything that can go wrong at this I/O and makes a difference there."""
    port = point.partition(".")[0]
    if port == "documents":
        return _DRAWING  # no I/O, but long work in which a process may die
    if not writes(point):
        return _ANYWHERE
    found: tuple[Fault, ...] = _ANYWHERE + _WRITING
    if port == "stripe":
        found += _STRIPE
    if port in {"queue", "timers"}:
        found += _SENDING
    if point == "store.append":
        found += (Fault.CONFLICT,)
    return found


_LETTERS = frozenset(
    {
        *(Fault.CRASH_BEFORE, Fault.CRASH_AFTER, Fault.NO_EFFECT, Fault.REPLY_LOST),
        *(Fault.DONE_TWICE, Fault.GONE_BEFORE, Fault.STALL_BEFORE),
    }
)


@cache
def core_faults_at(point: str) -> tuple[Fault, ...]:
    """The seven modes F1 to F5, F8 and F10, each where it makes a difference: to have crashed
    after a question is to crash before whatever comes next."""
    asks = not writes(point)
    found = [fault for fault in faults_at(point) if fault in _LETTERS]
    return tuple(fault for fault in found if not (asks and fault is Fault.CRASH_AFTER))
