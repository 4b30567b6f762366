"""Fakes of everything outside but Stripe and the table: they record what was asked of them.

They refuse what the real thing refuses (a delay over 900 seconds, a timer's name reused for
something else), so that a test cannot pass on an impossible call. Lists are in calling order.
"""

from __future__ import annotations

import email
import email.policy
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from urllib.parse import quote

from chalicelib.documents import InvoiceView, ReceiptView, StatementView
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.evidence import EvidenceView
from chalicelib.ports.outside import QueueName

LONGEST_DELAY_SECONDS = 900
LONGEST_LINK_SECONDS = 60
_TIMER_NAME = re.compile(r"[0-9a-zA-Z\-_.]{1,64}")


@dataclass(frozen=True, slots=True)
class Sent:
    """One message on a queue."""

    queue: QueueName
    body: Mapping[str, str]
    delay_seconds: int = 0


@dataclass
class FakeQueue:
    """`sent` keeps everything; `take()` hands over what nobody has taken yet."""

    sent: list[Sent] = field(default_factory=list)
    _taken: int = 0

    def send(self, queue: QueueName, body: Mapping[str, str], *, delay_seconds: int = 0) -> None:
        assert 0 <= delay_seconds <= LONGEST_DELAY_SECONDS, delay_seconds
        assert all(isinstance(text, str) for pair in body.items() for text in pair), body
        self.sent.append(Sent(queue, dict(body), delay_seconds))

    def take(self) -> list[Sent]:
        new = self.sent[self._taken :]
        self._taken = len(self.sent)
        return new

    def on(self, queue: QueueName) -> list[Mapping[str, str]]:
        return [message.body for message in self.sent if message.queue is queue]


@dataclass(frozen=True, slots=True)
class Timer:
    name: str
    at: datetime
    body: Mapping[str, str]


@dataclass
class FakeTimers:
    """`waiting` by name; `fire(now)` removes and hands over what is due, soonest first."""

    waiting: dict[str, Timer] = field(default_factory=dict)
    fired: list[Timer] = field(default_factory=list)

    def wake(self, name: str, at: datetime, body: Mapping[str, str]) -> None:
        assert _TIMER_NAME.fullmatch(name), name
        assert at.utcoffset() == timedelta(0), at
        wanted = Timer(name, at, dict(body))
        known = self.waiting.setdefault(name, wanted)
        if known != wanted:
            raise Conflict("timer_name_reused", f"The timer {name} is set for something else.")

    def fire(self, now: datetime) -> list[Timer]:
        due = sorted(
            (t for t in self.waiting.values() if t.at <= now), key=lambda t: (t.at, t.name)
        )
        for timer in due:
            del self.waiting[timer.name]
        self.fired.extend(due)
        return due


@dataclass(frozen=True, slots=True)
class SentMail:
    id: str
    sender: str
    recipient: str
    mime: bytes

    @property
    def message(self) -> EmailMessage:
        return email.message_from_bytes(self.mime, policy=email.policy.default)


@dataclass
class FakeMail:
    sent: list[SentMail] = field(default_factory=list)

    def send(self, *, sender: str, recipient: str, mime: bytes) -> str:
        message_id = f"mail-{len(self.sent) + 1:06d}"
        self.sent.append(SentMail(message_id, sender, recipient, mime))
        return message_id


@dataclass(frozen=True, slots=True)
class SentSms:
    id: str
    phone: str
    text: str


@dataclass
class FakeSms:
    sent: list[SentSms] = field(default_factory=list)

    def send(self, phone: str, text: str) -> str:
        message_id = f"sms-{len(self.sent) + 1:06d}"
        self.sent.append(SentSms(message_id, phone, text))
        return message_id


@dataclass
class FakeDocuments:
    """Not a PDF, but as a PDF would: the same view gives the same bytes, another view others."""

    drawn: list[InvoiceView | ReceiptView | StatementView | EvidenceView] = field(
        default_factory=list
    )

    def invoice(self, view: InvoiceView) -> bytes:
        return self._draw(view)

    def receipt(self, view: ReceiptView) -> bytes:
        return self._draw(view)

    def statement(self, view: StatementView) -> bytes:
        return self._draw(view)

    def evidence(self, view: EvidenceView) -> bytes:
        return self._draw(view)

    def _draw(self, view: InvoiceView | ReceiptView | StatementView | EvidenceView) -> bytes:
        self.drawn.append(view)
        digest = hashlib.sha256(repr(view).encode()).hexdigest()
        return f"%PDF-fake {view.number} {digest}\n".encode()


@dataclass(frozen=True, slots=True)
class StoredFile:
    content: bytes
    content_type: str


@dataclass
class FakeFiles:
    """The first write of a key stays, as with a content-addressed bucket."""

    stored: dict[str, StoredFile] = field(default_factory=dict)

    def put(self, key: str, content: bytes, content_type: str) -> None:
        self.stored.setdefault(key, StoredFile(content, content_type))

    def get(self, key: str) -> bytes:
        if key not in self.stored:
            raise NotFound("file_not_found", "There is no such file.")
        return self.stored[key].content

    def link(self, key: str, *, file_name: str, seconds: int = LONGEST_LINK_SECONDS) -> str:
        assert 0 < seconds <= LONGEST_LINK_SECONDS, seconds
        return f"https://files.example/{quote(key)}?name={quote(file_name)}&seconds={seconds}"


@dataclass(frozen=True, slots=True)
class Published:
    name: str
    detail: Mapping[str, object]


@dataclass
class FakeBus:
    published: list[Published] = field(default_factory=list)

    def publish(self, name: str, detail: Mapping[str, object]) -> None:
        self.published.append(Published(name, dict(detail)))


@dataclass
class FakeClock:
    """Stands still until told."""

    at: datetime = datetime(2026, 1, 5, 9, 0, tzinfo=UTC)

    def now(self) -> datetime:
        return self.at

    def advance(self, **by: int) -> datetime:
        """`advance(days=3, hours=1)`."""
        self.at += timedelta(**by)
        return self.at

    def set(self, at: datetime) -> None:
        assert at.utcoffset() == timedelta(0), at
        self.at = at


@dataclass
class FakeIds:
    """`inv_000001`, `inv_000002`, `cus_000001`: the same run has the same ids."""

    given: dict[str, int] = field(default_factory=dict)

    def new(self, prefix: str) -> str:
        self.given[prefix] = self.given.get(prefix, 0) + 1
        return f"{prefix}_{self.given[prefix]:06d}"


class FakeTokens:
    """As long as the real ones, and the same for the same subject."""

    def portal(self, subject: str) -> str:
        return hashlib.sha256(f"portal/{subject}".encode()).hexdigest()[:43]

    def client(self, subject: str) -> str:
        return hashlib.sha256(f"client/{subject}".encode()).hexdigest()[:43]

    def signing(self, subject: str) -> str:
        return hashlib.sha256(f"signing/{subject}".encode()).hexdigest()[:43]


@dataclass
class FakeDirectory:
    """People by address; `invited` in the order they were written to."""

    invited: list[str] = field(default_factory=list)

    def invite(self, email: str) -> str:
        address = email.casefold()
        if address not in self.invited:
            self.invited.append(address)
        return f"user_{hashlib.sha256(address.encode()).hexdigest()[:12]}"
