"""Worlds with one safeguard taken out, at a port: Stripe asked otherwise, or another table."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import Any

from chalicelib.adapters.stripe.calls import Body, Operation, StripeRefusal
from chalicelib.domain.due import DueKind
from chalicelib.domain.facts import Subject
from chalicelib.ports.answers import FactExists, Page, Unanswered
from chalicelib.ports.rows import Aggregate, Change, Claimed, DueRef, FactRef, SideRow, UniqueClaim
from infra.local.fake_stripe.state import Account
from tests.fakes.memory_lists import Name
from tests.simulation.install import World
from tests.simulation.points import StreamingStore
from tests.simulation.scenarios.disasters import SetBack

# --- Worlds with a back-up switched off ---------------------------------------------------------


class WithoutSweep(World):
    """No rule of EventBridge ever fires."""

    def tick(self, name: str) -> None:
        if name != "sweep":
            super().tick(name)


class WithoutReconciliation(World):
    """What Stripe lists is never compared with what we know."""

    def tick(self, name: str) -> None:
        if name != "reconcile":
            super().tick(name)


class WithoutNewsOfDisputes(World):
    """Stripe tells us of a dispute when it is opened, and of nothing that follows."""

    def hear(self, account: Account, event: dict[str, Any]) -> None:
        if event["type"] != "charge.dispute.updated":
            super().hear(account, event)


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


class _PostedAgain(StreamingStore):
    """What is recorded already is recorded once more, under another name."""

    def _check(
        self, changes: Sequence[Change], last: Mapping[Name, Aggregate], side: Sequence[SideRow]
    ) -> None:
        for change in changes:
            rows = self.histories.get(
                (change.fact.business_id, change.fact.subject, change.fact.subject_id), {}
            )
            known = rows.pop(change.fact.key, None)
            if known is not None:
                rows[f"{change.fact.key}/{len(rows)}"] = known
        super()._check(changes, last, side)


class PostedAgain(_OtherStore):
    STORE = _PostedAgain


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


class _Unclaimed(StreamingStore):
    """Whatever has to be unique may be somebody else's already."""

    def owner_of(self, business_id: str, kind: str, value: str) -> str | None:
        return None

    def _check_side(self, side: Sequence[SideRow]) -> None:
        super()._check_side([one for one in side if not isinstance(one, UniqueClaim)])


class ReferenceUnclaimed(_OtherStore):
    STORE = _Unclaimed


class _LooseHeads(StreamingStore):
    """Heads of one kind are written by whoever comes, whatever they had read."""

    LOOSE = frozenset({Subject.CUSTOMER})

    def _check(
        self, changes: Sequence[Change], last: Mapping[Name, Aggregate], side: Sequence[SideRow]
    ) -> None:
        checked = [change for change in changes if change.fact.subject not in self.LOOSE]
        super()._check(checked, last, side)


class CreditUnversioned(_OtherStore):
    STORE = _LooseHeads


class _LoosePeriods(_LooseHeads):
    LOOSE = frozenset({Subject.SUBSCRIPTION, Subject.GROUP})


class PeriodsUnversioned(_OtherStore):
    STORE = _LoosePeriods


# --- Operations -----------------------------------------------------------------------------------


class Unheld(SetBack):
    """After a restore the workers just go on."""

    def hold(self) -> None:
        pass
