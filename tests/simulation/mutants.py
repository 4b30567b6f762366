"""The design with one of its safeguards taken out: each must be caught, or the judges are blind.

A mutant is a switch at a port or a rule replaced, never an edit of the product. Where one safeguard
backs up another, the mutant runs with the back-up off, and only what the missing back-up alone does
not do counts as caught.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import Any

from chalicelib.adapters.stripe.calls import Body, Operation, StripeRefusal
from chalicelib.domain import dunning
from chalicelib.domain.due import DueKind
from chalicelib.ports.answers import FactExists, Page, Unanswered
from chalicelib.ports.rows import Aggregate, Change, Claimed, DueRef, FactRef, SideRow
from chalicelib.services import charging, notices, posting
from tests.fakes.memory_lists import Name
from tests.simulation.faults import Fault, faults_at
from tests.simulation.install import World
from tests.simulation.points import StreamingStore
from tests.simulation.running import Run, run
from tests.simulation.scenarios.base import Scenario
from tests.simulation.world import Plan

_CRASHES = (Fault.CRASH_BEFORE, Fault.CRASH_AFTER)


@dataclass(frozen=True, slots=True)
class Mutant:
    """`faults` are what it is sought with, none for a run without; `codes` the invariants that may
    catch it; `backup` is the world it is compared with.
    """

    name: str
    make: type[World]
    scenarios: tuple[str, ...]
    faults: tuple[Fault, ...]
    codes: tuple[str, ...]
    backup: type[World] = World
    rules: tuple[tuple[Any, str, Any], ...] = ()


def caught(
    mutant: Mutant, scenarios: Mapping[str, Scenario], *, seeds: int, stride: int
) -> Run | None:
    """The first run that gives it away and is clean without it."""
    for seed in range(seeds):
        for name in mutant.scenarios:
            scenario = scenarios[name]
            points = run(scenario, seed, make=mutant.backup).points
            for plan in ({}, *_sought(mutant, points, seed, stride)):
                with in_force(mutant):
                    done = run(scenario, seed, plan, make=mutant.make)
                found = {one.code for one in done.violations} & set(mutant.codes)
                if found and _clean_without(mutant, scenario, done):
                    return done
    return None


def _sought(mutant: Mutant, points: list[str], seed: int, stride: int) -> Iterator[Plan]:
    for index, point in enumerate(points):
        for fault in mutant.faults:
            if fault in faults_at(point) and (index + seed) % stride == 0:
                yield {index: fault}


def _clean_without(mutant: Mutant, scenario: Scenario, done: Run) -> bool:
    """With only the back-up off, the same run does not fail in this way."""
    plain = run(scenario, done.seed, done.plan, make=mutant.backup)
    return not {one.code for one in plain.violations} & set(mutant.codes)


@contextmanager
def in_force(mutant: Mutant) -> Iterator[None]:
    """Its rules replace the product's, until the block ends."""
    before = [(module, name, vars(module)[name]) for module, name, _ in mutant.rules]
    for module, name, value in mutant.rules:
        vars(module)[name] = value
    try:
        yield
    finally:
        for module, name, value in before:
            vars(module)[name] = value


# --- Worlds with a back-up switched off ---------------------------------------------------------


class WithoutSweep(World):
    """No rule of EventBridge ever fires."""

    def tick(self, name: str) -> None:
        if name != "sweep":
            super().tick(name)


class Deaf(WithoutSweep):
    """Nor does Stripe tell us anything; what crashed comes back after more than a day."""

    def __init__(self, *given: Any, **more: Any) -> None:
        super().__init__(*given, **more)
        self.traits = replace(self.traits, redelivery=30 * 3600, webhooks="silent")


# --- Stripe ---------------------------------------------------------------------------------------


class _AtStripe(World):
    """`tamper` sees every call to Stripe."""

    def stripe_calls(self) -> Any:
        inner = super().stripe_calls()

        def call(operation: Operation, *ids: str, **given: Any) -> Body:
            return self.tamper(inner, operation, ids, given)

        return call

    def tamper(self, inner: Any, operation: Operation, ids: tuple[str, ...], given: Any) -> Body:
        raise NotImplementedError

    def fresh(self, given: Mapping[str, Any]) -> dict[str, Any]:
        return {**given, "key": f"{given['key']}/{self.ids.new('key')}"}


class RandomConfirmKey(_AtStripe):
    def tamper(self, inner: Any, operation: Operation, ids: tuple[str, ...], given: Any) -> Body:
        if operation is Operation.CONFIRM_INTENT:
            given = self.fresh(given)
        answer: Body = inner(operation, *ids, **given)
        return answer


class IntentPerDelivery(_AtStripe):
    def tamper(self, inner: Any, operation: Operation, ids: tuple[str, ...], given: Any) -> Body:
        if operation is Operation.CREATE_INTENT:
            given = self.fresh(given)
        answer: Body = inner(operation, *ids, **given)
        return answer


class OneKeyPerPayment(_AtStripe):
    def tamper(self, inner: Any, operation: Operation, ids: tuple[str, ...], given: Any) -> Body:
        if operation is Operation.CONFIRM_INTENT:
            given = {**given, "key": given["key"].rpartition("/")[0]}
        answer: Body = inner(operation, *ids, **given)
        return answer


class CancelOnPaper(_AtStripe):
    """The PaymentIntent is taken as cancelled without asking Stripe."""

    def tamper(self, inner: Any, operation: Operation, ids: tuple[str, ...], given: Any) -> Body:
        if operation is not Operation.CANCEL_INTENT:
            answer: Body = inner(operation, *ids, **given)
            return answer
        seen = dict(inner(Operation.READ_INTENT, *ids, account=given["account"]))
        return {**seen, "status": "canceled"}


class UnknownIsFailure(_AtStripe):
    """A try without an answer is taken as declined."""

    def tamper(self, inner: Any, operation: Operation, ids: tuple[str, ...], given: Any) -> Body:
        try:
            answer: Body = inner(operation, *ids, **given)
        except Unanswered:
            if operation is not Operation.CONFIRM_INTENT:
                raise
            error = {
                "type": "card_error",
                "code": "card_declined",
                "decline_code": "generic_decline",
            }
            raise StripeRefusal(402, error) from None
        return answer


class KeyInsteadOfAsking(_AtStripe, Deaf):
    """A try found without a result is sent again; Stripe is not asked what became of it."""

    def tamper(self, inner: Any, operation: Operation, ids: tuple[str, ...], given: Any) -> Body:
        handler = self._current
        body: Body = inner(operation, *ids, **given)
        if operation is Operation.CONFIRM_INTENT:
            self.notes[f"confirmed by {id(handler)}"] = "yes"
        asking = handler is not None and handler.message.name == "dunning:step"
        if operation is not Operation.READ_INTENT or not asking:
            return body
        if f"confirmed by {id(handler)}" in self.notes:
            return body
        nothing = {"status": "requires_payment_method", "latest_charge": None}
        return {**body, **nothing, "last_payment_error": None}


# --- The table ------------------------------------------------------------------------------------


class _OtherStore(World):
    """`STORE` is what the world's table is made of."""

    STORE: type[StreamingStore] = StreamingStore

    def make_store(self) -> StreamingStore:
        return self.STORE(self, self._stream)


class _LastWriteWins(StreamingStore):
    def _check(
        self, changes: Sequence[Change], last: Mapping[Name, Aggregate], side: Sequence[SideRow]
    ) -> None:
        pass


class LastWriteWins(_OtherStore):
    STORE = _LastWriteWins


class _NumbersForAll(StreamingStore):
    def _check_side(self, side: Sequence[SideRow]) -> None:
        pass


class NumbersForAll(_OtherStore):
    STORE = _NumbersForAll


class _NoLease(StreamingStore):
    def claim(
        self, ref: FactRef, *, holder: str, now: datetime, lease_until: datetime
    ) -> Claimed | None:
        self._row(ref).lease_until = None
        return super().claim(ref, holder=holder, now=now, lease_until=lease_until)


class NoLease(_OtherStore):
    STORE = _NoLease


class _RepeatIsForeign(StreamingStore):
    def append(
        self,
        changes: Sequence[Change],
        *,
        side: Sequence[SideRow] = (),
        clock_id: str | None = None,
    ) -> None:
        for change in changes:
            if self._is_stored(change.fact):
                raise FactExists(change.fact.key)
        super().append(changes, side=side, clock_id=clock_id)


class RepeatIsForeign(_OtherStore, Deaf):
    STORE = _RepeatIsForeign


class _BlindDue(StreamingStore):
    """The sweep's question is answered as if nothing of this kind were due."""

    BLIND = DueKind.STEP

    def due(self, kind: DueKind, **given: Any) -> Page[DueRef]:
        return Page(()) if kind is self.BLIND else super().due(kind, **given)


class TimerIsTruth(_OtherStore):
    STORE = _BlindDue


class _NoEffectsDue(_BlindDue):
    BLIND = DueKind.EFFECTS


class StreamIsTruth(_OtherStore):
    STORE = _NoEffectsDue


# --- Rules ----------------------------------------------------------------------------------------


def _soon(_invoice: Any, dunning_: Any, *_: Any) -> datetime:
    first: datetime = dunning_.first_failed_at
    return first


def _no(*_: Any) -> bool:
    return False


def _yes(*_: Any) -> bool:
    return True


_MONEY = ("recovered", "retry_race")
MUTANTS: tuple[Mutant, ...] = (
    Mutant("random_key", RandomConfirmKey, _MONEY, (Fault.STALL_AFTER,), ("I2",)),
    Mutant("intent_per_delivery", IntentPerDelivery, ("first_charge",), _CRASHES, ("I3",)),
    Mutant("one_key_per_payment", OneKeyPerPayment, ("recovered",), (), ("end",)),
    Mutant("cancel_on_paper", CancelOnPaper, ("cancel_race",), _CRASHES, ("I3", "I4", "I6")),
    Mutant("unknown_is_failure", UnknownIsFailure, _MONEY, (Fault.DONE_LATE,), ("I2", "end")),
    Mutant(
        "key_instead_of_asking",
        KeyInsteadOfAsking,
        ("recovered",),
        (Fault.CRASH_AFTER,),
        ("I2",),
        backup=Deaf,
        rules=((charging, "RESEND", timedelta(days=365)),),
    ),
    Mutant("last_write_wins", LastWriteWins, _MONEY, (Fault.STALL_BEFORE,), ("I14",)),
    Mutant("numbers_for_all", NumbersForAll, ("two_bills",), (Fault.STALL_BEFORE,), ("I16",)),
    Mutant("no_lease", NoLease, ("first_charge",), (Fault.STALL_AFTER,), ("I11",)),
    Mutant(
        "repeat_is_foreign",
        RepeatIsForeign,
        ("first_charge", "recovered"),
        (Fault.DONE_TWICE,),
        ("I10", "end"),
        backup=Deaf,
    ),
    Mutant("no_sweep", WithoutSweep, ("first_charge",), (Fault.GONE_BEFORE,), ("I10", "end")),
    Mutant("timer_is_truth", TimerIsTruth, ("recovered",), (Fault.VANISHED,), ("I10", "end")),
    Mutant("stream_is_truth", StreamIsTruth, ("first_charge",), (Fault.GONE_BEFORE,), ("I10",)),
    Mutant(
        "gap_ignored", World, ("recovered",), (), ("I13",), rules=((dunning, "_earliest", _soon),)
    ),
    Mutant(
        "hard_no_ignored",
        World,
        ("new_card",),
        (),
        ("I13",),
        rules=((dunning, "is_soft", _yes), (posting, "blocks_method", _no)),
    ),
    Mutant(
        "stale_notices",
        World,
        ("recovered",),
        (Fault.GONE_BEFORE, Fault.CRASH_BEFORE),
        ("I11",),
        rules=((notices, "still_true", _yes),),
    ),
)
