"""Queues, timers, mail, text messages, documents, files, the bus, the clock and ids."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Protocol

from chalicelib.documents import InvoiceView, ReceiptView, StatementView
from chalicelib.evidence import EvidenceView
from chalicelib.ports.rows import FactRef


class QueueName(StrEnum):
    DUNNING = "dunning"
    BILLING = "billing"
    STRIPE_EVENTS = "stripe_events"


class Queue(Protocol):
    """SQS standard queues: at least once, in any order. `body` is JSON of strings."""

    def send(
        self, queue: QueueName, body: Mapping[str, str], *, delay_seconds: int = 0
    ) -> None: ...


class Timers(Protocol):
    """EventBridge Scheduler: an alarm clock, never the truth. The same name twice is one timer."""

    def wake(self, name: str, at: datetime, body: Mapping[str, str]) -> None: ...


class Mail(Protocol):
    def send(self, *, sender: str, recipient: str, mime: bytes) -> str:
        """Give the finished message to SES; its message id."""
        ...


class Sms(Protocol):
    def send(self, phone: str, text: str) -> str: ...


class Documents(Protocol):
    """PDF/A-3a and PDF/UA-1; the same view gives the same bytes."""

    def invoice(self, view: InvoiceView) -> bytes: ...
    def receipt(self, view: ReceiptView) -> bytes: ...
    def statement(self, view: StatementView) -> bytes: ...
    def evidence(self, view: EvidenceView) -> bytes: ...


class Files(Protocol):
    """S3. A key is the hash of its content, so writing it twice is writing it once."""

    def put(self, key: str, content: bytes, content_type: str) -> None: ...
    def get(self, key: str) -> bytes: ...
    def link(self, key: str, *, file_name: str, seconds: int = 60) -> str:
        """A presigned address, at most 60 seconds good, that downloads under `file_name`."""
        ...


class Bus(Protocol):
    def publish(self, name: str, detail: Mapping[str, object]) -> None:
        """A domain event; EventBridge passes it on to whom the business likes."""
        ...


class Deliverer(Protocol):
    """The effects worker: only it may claim effects, so others ask it."""

    def deliver(self, refs: Sequence[FactRef]) -> None:
        """Have the open effects of these facts delivered now; repeating is harmless."""
        ...


class Tokens(Protocol):
    """Secrets that cannot be guessed: 256 bits, the same for the same subject.

    They are made of the install's own secret; what one method gives is of no use to another.
    """

    def portal(self, subject: str) -> str: ...
    def client(self, subject: str) -> str:
        """The secret of an API client."""
        ...

    def signing(self, subject: str) -> str:
        """The key that access tokens of API clients are signed with."""
        ...


class Directory(Protocol):
    """The identity provider that staff sign in at."""

    def invite(self, email: str) -> str:
        """The id of who has this address; who is new is written to. Repeating is harmless.

        Raises Conflict where people are kept by a provider that is not the install's own.
        """
        ...


class Clock(Protocol):
    def now(self) -> datetime:
        """The wall's UTC time."""
        ...


class Ids(Protocol):
    def new(self, prefix: str) -> str:
        """A fresh id such as `inv_…`, 96 bits or more of chance."""
        ...
