"""Ports whose every call is an I/O of the world: what may be stopped, cut off and repeated."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.stripe.calls import Body, Operation
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import Aggregate, Claimed, FactRef
from tests.fakes.memory_lists import Name
from tests.fakes.memory_store import MemoryStore
from tests.fakes.outside import FakeIds, FakeMail, FakeTimers
from tests.fakes.stripe_gateway import CoreCalls
from tests.simulation.speed import mail_key

if TYPE_CHECKING:
    from infra.local.fake_stripe import FakeStripe
    from tests.simulation.world import Loop


class Seam:
    """Any port over its fake. Written without types, because every port looks like this."""

    def __init__(self, loop: Loop, name: str, target: Any) -> None:
        self._loop, self._name, self._target = loop, name, target

    def __getattr__(self, method: str) -> Any:
        inner = getattr(self._target, method)
        if not callable(inner):
            return inner
        point, ask = f"{self._name}.{method}", self._loop.answer

        def call(*args: Any, **kwargs: Any) -> Any:
            return ask(point, inner, args, kwargs)

        setattr(self, method, call)
        return call


class StripeSeam:
    """`Calls` over the fake's core: one request is one I/O, so lists have one for each page."""

    def __init__(self, loop: Loop, core: FakeStripe) -> None:
        self._ask = loop.answer
        self._calls = CoreCalls(core)

    def __call__(
        self,
        operation: Operation,
        *ids: str,
        account: str | None,
        params: Body | None = None,
        key: str | None = None,
    ) -> Body:
        given = {"account": account, "params": params, "key": key}
        answer: Body = self._ask(_POINTS[operation], self._calls, (operation, *ids), given)
        return answer


class Names:
    """New ids: no I/O, but each is given once."""

    def __init__(self, loop: Loop, ids: FakeIds) -> None:
        self._ask, self._ids = loop.answer_within, ids

    def new(self, prefix: str) -> str:
        given: str = self._ask(self._ids.new, (prefix,))
        return given


_POINTS = {operation: f"stripe.{operation.value}" for operation in Operation}


class StreamingStore(MemoryStore):
    """The table with its stream: each new fact that owes something is shown to the worker."""

    def __init__(self, loop: Loop, stream: Callable[[Fact], None]) -> None:
        super().__init__(shards=1, clock=lambda: loop.now)
        self._loop, self._stream = loop, stream
        self.moves: set[tuple[str, str, str]] = set()  # invoice, status before and after
        self.claimed_as: dict[tuple[str, int, int], str] = {}  # an invoice's status at the claim

    def _write_fact(self, fact: Fact, clock_id: str | None) -> None:
        super()._write_fact(fact, clock_id)
        if fact.effects:
            self._stream(fact)

    def _write_head(self, name: Name, head: Aggregate, clock_id: str | None) -> None:
        before = self.heads.get(name)
        if isinstance(head, Invoice) and before is not None and before.status is not head.status:
            self.moves.add((head.id, before.status.value, head.status.value))
        super()._write_head(name, head, clock_id)

    def claim(
        self, ref: FactRef, *, holder: str, now: datetime, lease_until: datetime
    ) -> Claimed | None:
        claimed = super().claim(ref, holder=holder, now=now, lease_until=lease_until)
        if claimed is not None and ref.subject is Subject.INVOICE:
            status = self.invoice(ref.business_id, ref.subject_id).status.value
            self.claimed_as[ref.subject_id, claimed.fact.seq, self._loop.handler] = status
        return claimed

    def soonest(self) -> dict[str, datetime]:
        """By kind of due work, when the first of it is seen to be due."""
        found: dict[str, datetime] = {}
        index = self._due
        index.settle()
        partitions: Any = index._partitions
        for (kind, _), entries in partitions.items():
            if entries:
                found[kind.value] = entries[0][0][0]
        if index._pending:
            found["pending"] = index._pending[0][0] + index.lag
        return found


class DatedMail(FakeMail):
    """What was sent, and what had become of the invoice when the notice was taken up."""

    def __init__(self, store: StreamingStore) -> None:
        super().__init__()
        self._store = store
        self._loop = store._loop
        self.told: list[tuple[str, str]] = []

    def send(self, *, sender: str, recipient: str, mime: bytes) -> str:
        notice = mail_key(mime)[0]
        subject_id, seq, _ = notice.split("/")
        by_whom = (subject_id, int(seq), self._loop.handler)
        self.told.append((notice, self._store.claimed_as.get(by_whom, "")))
        return super().send(sender=sender, recipient=recipient, mime=mime)


class SendingQueue:
    """SQS: what is sent is on its way to a worker."""

    def __init__(self, deliver: Callable[[QueueName, Mapping[str, str], int], None]) -> None:
        self._deliver = deliver

    def send(self, queue: QueueName, body: Mapping[str, str], *, delay_seconds: int = 0) -> None:
        assert 0 <= delay_seconds <= 900, delay_seconds
        assert all(isinstance(text, str) for pair in body.items() for text in pair), body
        self._deliver(queue, dict(body), delay_seconds)


class RingingTimers(FakeTimers):
    """EventBridge Scheduler: at its time a timer puts its message on the queue."""

    def __init__(self, ring: Callable[[datetime, Mapping[str, str]], None]) -> None:
        super().__init__()
        self._ring = ring

    def wake(self, name: str, at: datetime, body: Mapping[str, str]) -> None:
        known = name in self.waiting
        super().wake(name, at, body)
        if not known:
            self._ring(at, dict(body))
