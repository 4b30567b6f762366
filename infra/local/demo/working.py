"""The stack's workers in this process: queues and effects without Lambda, several at a time."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, TypeVar

from chalicelib.documents import InvoiceView, ReceiptView, StatementView
from chalicelib.domain.due import DueKind
from chalicelib.evidence import EvidenceView
from chalicelib.ports import Ports
from chalicelib.ports.outside import Documents, Mail, QueueName
from chalicelib.ports.rows import DueRef, FactRef
from chalicelib.services import charging, clocks, jobs, webhooks
from chalicelib.services.delivery import deliver

T = TypeVar("T")
R = TypeVar("R")
Message = tuple[QueueName, dict[str, str]]


@dataclass
class HereQueue:
    """Messages stay in this process until they are taken."""

    waiting: list[Message] = field(default_factory=list)
    lock: Lock = field(default_factory=Lock)

    def send(self, queue: QueueName, body: Mapping[str, str], *, delay_seconds: int = 0) -> None:
        del delay_seconds  # time stands still here
        with self.lock:
            self.waiting.append((queue, dict(body)))

    def take(self) -> list[Message]:
        with self.lock:
            taken, self.waiting = self.waiting, []
            return taken


@dataclass
class CountedMail:
    """The stack's mail, counted for the progress line."""

    inner: Mail
    sent: int = 0

    def send(self, *, sender: str, recipient: str, mime: bytes) -> str:
        message_id = self.inner.send(sender=sender, recipient=recipient, mime=mime)
        self.sent += 1
        return message_id


@dataclass
class OneAtATime:
    """The stack's documents: the compiler is one object, and a Lambda draws one at a time."""

    inner: Documents
    lock: Lock = field(default_factory=Lock)

    def invoice(self, view: InvoiceView) -> bytes:
        with self.lock:
            return self.inner.invoice(view)

    def receipt(self, view: ReceiptView) -> bytes:
        with self.lock:
            return self.inner.receipt(view)

    def evidence(self, view: EvidenceView) -> bytes:
        with self.lock:
            return self.inner.evidence(view)

    def statement(self, view: StatementView) -> bytes:
        with self.lock:
            return self.inner.statement(view)


@dataclass
class HereDeliverer:
    """The effects worker; `ports` is given once they exist."""

    ports: Ports | None = None

    def deliver(self, refs: Sequence[FactRef]) -> None:
        assert self.ports is not None
        for ref in refs:
            deliver(self.ports, ref, holder=self.ports.ids.new("holder"))


class Workers:
    """Runs what is due and what waits, `at_once` together; 1 is strictly one after the other."""

    def __init__(self, ports: Ports, *, at_once: int) -> None:
        self.queue, self.deliverer = HereQueue(), HereDeliverer()
        self.mail = CountedMail(ports.mail)
        self.ports = replace(
            ports,
            queue=self.queue,
            deliverer=self.deliverer,
            mail=self.mail,
            documents=OneAtATime(ports.documents),
        )
        self.deliverer.ports = self.ports
        self.pool = ThreadPoolExecutor(at_once) if at_once > 1 else None
        self.steps = self.hints = 0

    def each(self, action: Callable[[T], R], items: Iterable[T]) -> list[R]:
        """The action on each; the first exception is raised."""
        if self.pool is None:
            return [action(item) for item in items]
        return list(self.pool.map(action, items))

    def run_due(self, ports: Ports, due: Sequence[DueRef]) -> None:
        """As `clocks.run_due`, several at a time; then what that put on the queues."""
        if due[0].kind is DueKind.BILL:
            clocks.run_due(ports, due)
        else:
            self.each(lambda ref: clocks.run_due(ports, [ref]), due)
        if due[0].kind is DueKind.STEP:
            self.steps += len(due)
        self.drain()

    def drain(self) -> None:
        """Work off the queues until they are empty."""
        while taken := self.queue.take():
            self.each(self._work, _each_once(taken))

    def _work(self, message: Message) -> None:
        queue, body = message
        match queue:
            case QueueName.DUNNING:
                charging.run_step(self.ports, body["business_id"], body["invoice_id"])
            case QueueName.STRIPE_EVENTS:
                webhooks.apply_event(self.ports, body)
                self.hints += 1
            case QueueName.BILLING if body["job"] != "advance_clock":
                jobs.run_job(self.ports, body)


def _each_once(taken: list[Message]) -> list[Message]:
    """Several events about one payment are one reason to look at it; order says nothing."""
    once: dict[Any, Message] = {}
    for queue, body in taken:
        about: Any = tuple(sorted(body.items()))
        if queue is QueueName.STRIPE_EVENTS:
            about = body["intent_id"] or (body["type"], body["object_id"])
        once.setdefault((queue, about), (queue, body))
    return list(once.values())
