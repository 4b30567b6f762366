"""What views share: making a thing once although the call may be run again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from typing import TypeVar

from chalicelib.api.calls import KeyedCall
from chalicelib.ports.answers import FactExists, StaleHead
from chalicelib.services.case import now_of

T = TypeVar("T")


def made_once(make: Callable[[], T], read: Callable[[], T]) -> T:
    """Make it; when it exists, a run of this same call that broke off has made it.

    Its id follows from the Idempotency-Key, so nobody else can have.
    """
    try:
        return make()
    except (FactExists, StaleHead):
        return read()


def done_once(
    call: KeyedCall, act: Callable[[], T], read: Callable[[], T], is_done: Callable[[T], bool]
) -> T:
    """Act; but a call that is run again first looks whether the run before it got that far."""
    if call.again and is_done(found := read()):
        return found
    return act()


def time_of(call: KeyedCall) -> datetime:
    """The business's time: the wall's, or its test clock's."""
    return now_of(call.ports, call.ports.store.business(call.business_id))
