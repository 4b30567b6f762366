"""A day without Stripe, and a table set back: short enough that every fault is tried in the middle.

`outage`: Stripe goes in the second of a retry, which it may have taken. A day later its parts come
back one by one, in an order of the seed's own; what it has to tell comes all at once. `restore`:
the table is set back to a moment in the middle of a charge, when Stripe has long forgotten its
keys; until the reconciliation has caught up nothing may be charged.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

from chalicelib.domain.payment import Trigger
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.rows import Change, SideRow
from chalicelib.services import restoring
from infra.local.fake_stripe.state import Account
from tests.simulation.backups import Backup, back_up, set_back
from tests.simulation.install import BUSINESS, World
from tests.simulation.points import StreamingStore
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR, Scenario

_RETRY = DAY  # the slot of 24 hours, counted from a failure in the first second
_AWAY = _RETRY - 30
_BACK = _AWAY + DAY
_READS, _CONFIRMS, _CHANGES, _TELLS = range(4)  # the parts of Stripe that come back by themselves
_WAITS = (0, 10, 20, 40)  # the look a day after the try falls before the last
_SET_BACK = DAY + HOUR  # of what was tried in the first second Stripe has forgotten the key
_CAUGHT_UP = _SET_BACK + HOUR // 2


class StripeAway(World):
    """Nobody hears of Stripe for a day; `back` is when each part of it answers again."""

    def __init__(self, *given: Any, **more: Any) -> None:
        self.back = [0] * len(_WAITS)
        self.untold: list[tuple[Account, dict[str, Any]]] = []
        super().__init__(*given, **more)
        self.takes = bool(self.pick(2))  # what it was asked in the moment in which it went
        waits = list(_WAITS)
        self.random.shuffle(waits)
        self.back = [_BACK + wait for wait in waits]
        self.later(self.back[_TELLS], self._tell)

    def io(self, point: str, call: Callable[..., Any], args: Any, kwargs: Any) -> Any:
        if self._current is None or not point.startswith("stripe."):
            return super().io(point, call, args, kwargs)
        part = _part_of(point)
        if not _AWAY <= self.seconds < self.back[part]:
            return super().io(point, call, args, kwargs)
        if self.takes and part == _CONFIRMS and self.seconds < _BACK:
            with suppress(Exception):
                call(*args, **kwargs)
        raise Unanswered(f"{point}: Stripe is away")

    def hear(self, account: Account, event: dict[str, Any]) -> None:
        if _AWAY <= self.seconds < self.back[_TELLS]:
            self.untold.append((account, event))
        else:
            super().hear(account, event)

    def _tell(self) -> None:
        self.random.shuffle(self.untold)
        for account, event in self.untold:
            super().hear(account, event)
        self.untold.clear()


def _part_of(point: str) -> int:
    if point.endswith(".confirm"):
        return _CONFIRMS
    return _READS if point.endswith((".retrieve", ".list")) else _CHANGES


def _through_the_outage(world: World) -> None:
    """The payer may press the button meanwhile, and is tried when everything is back."""
    people.stage(world)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * 2)
    people.ask(world, 0, "bill", people.bill)
    if not world.pick(3):
        button = partial(people.charge_now, request_id="payer-1", trigger=Trigger.CUSTOMER)
        people.ask(world, _BACK - HOUR, "payer", button)


class _Filmed(StreamingStore):
    """Tells its world of each transaction."""

    def append(
        self,
        changes: Sequence[Change],
        *,
        side: Sequence[SideRow] = (),
        clock_id: str | None = None,
    ) -> None:
        super().append(changes, side=side, clock_id=clock_id)
        if isinstance(self._loop, SetBack):
            self._loop.wrote()


class SetBack(World):
    """The table goes back to just after the `moment`-th transaction since the invoice was sent;
    everything else goes on. What was said after that moment was said in a life that is forgotten.
    """

    def __init__(self, *given: Any, **more: Any) -> None:
        self.moment = self.writes = 0
        self.backup: Backup = {}
        self.said: tuple[int, ...] = ()
        super().__init__(*given, **more)
        self.moment = 1 + self.pick(10)
        self.later(_SET_BACK, self._set_back)

    def make_store(self) -> StreamingStore:
        return _Filmed(self, self._stream)

    def wrote(self) -> None:
        invoice = people.invoice(self)
        if invoice is None or invoice.finalized_at is None:
            return
        self.writes += 1
        if self.writes <= self.moment:  # the last one, where there were fewer
            self.backup = back_up(self.store)
            self.said = tuple(len(one) for one in self._said())

    def _said(self) -> tuple[list[Any], ...]:
        return self.mail.sent, self.mail.told, self.sms.sent

    def _set_back(self) -> None:
        """The workers are stopped, the table is restored, and held before they go on."""
        self.abandon()
        set_back(self.store, self.backup)
        for spoken, many in zip(self._said(), self.said, strict=True):
            del spoken[many:]
        self.backup, self.moment = {}, 0
        self.hold()

    def _reconciled_at(self) -> list[int]:
        return [_CAUGHT_UP]

    def hold(self) -> None:
        restoring.hold_after_restore(self.ports)

    def hear(self, account: Account, event: dict[str, Any]) -> None:
        charged = event["type"] in {"charge.succeeded", "charge.failed", "charge.pending"}
        if charged and self.store.business(BUSINESS).is_held:
            self.violate("I6", "charged before the reconciliation had caught up")
        super().hear(account, event)


def _set_back_later(world: World) -> None:
    """Paid at one of the tries, or at none yet: then what follows the release is a try."""
    people.stage(world)
    declines = {0: 1, 1: 3}.get(world.pick(10), 0)
    world.stripe.script_card(people.VISA, ["insufficient_funds"] * declines)
    people.ask(world, 0, "bill", people.bill)
    button = partial(people.charge_now, request_id="payer-1", trigger=Trigger.CUSTOMER)
    people.ask(world, _SET_BACK + 60, "payer", button)
    people.happens(world, _CAUGHT_UP + HOUR, partial(_reconcile_what_is_held, world))


def _reconcile_what_is_held(world: World) -> None:
    if world.store.business(BUSINESS).is_held:
        world.tick("reconcile")


def _in_step(world: World) -> Iterator[str]:
    """Paid once, or not yet: it is declined, or its next look or try lies ahead."""
    taken = list(world.witness.captured.values())
    yield from people.must_be(world, *(("paid",) if taken else ("pending", "overdue")))
    if taken not in ([], [people.AMOUNT]):
        yield f"taken: {taken}"


OUTAGE = Scenario(
    "outage", _through_the_outage, _in_step, last=2 * DAY + 2 * HOUR, begins=_BACK, make=StripeAway
)
RESTORE = Scenario(
    "restore",
    _set_back_later,
    _in_step,
    last=_CAUGHT_UP + 2 * HOUR,
    begins=_CAUGHT_UP,
    make=SetBack,
)
