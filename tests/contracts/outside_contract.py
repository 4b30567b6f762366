"""What every queue, timer, mailer, texter, file store, bus, clock, id and token source does.

Each class takes one fixture, `stage`: the port under test and a way to see what came of it that
does not go through the port.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.ports.outside import (
    Bus,
    Clock,
    Directory,
    Files,
    Ids,
    Mail,
    Queue,
    QueueName,
    Sms,
    Timers,
    Tokens,
)

BODY = {"business_id": "biz_1", "invoice_id": "inv_1", "note": "Zoë & Ünal"}


@dataclass(frozen=True)
class QueueStage:
    queue: Queue
    received: Callable[[QueueName], list[Mapping[str, str]]]


class QueueContract:
    def test_a_message_arrives_on_its_own_queue(self, stage: QueueStage) -> None:
        stage.queue.send(QueueName.BILLING, BODY)
        assert stage.received(QueueName.DUNNING) == []
        assert stage.received(QueueName.BILLING) == [BODY]

    def test_the_longest_delay_is_accepted_and_no_longer_one(self, stage: QueueStage) -> None:
        stage.queue.send(QueueName.DUNNING, BODY, delay_seconds=900)
        with pytest.raises(AssertionError):
            stage.queue.send(QueueName.DUNNING, BODY, delay_seconds=901)


@dataclass(frozen=True)
class TimersStage:
    timers: Timers
    now: datetime
    waiting: Callable[[], dict[str, tuple[datetime, Mapping[str, str]]]]


class TimersContract:
    def test_a_timer_waits_under_its_name(self, stage: TimersStage) -> None:
        at = stage.now + timedelta(days=3)
        stage.timers.wake("inv_1-7", at, BODY)
        assert stage.waiting() == {"inv_1-7": (at, BODY)}

    def test_the_same_timer_twice_is_one(self, stage: TimersStage) -> None:
        at = stage.now + timedelta(hours=24)
        for _ in range(2):
            stage.timers.wake("inv_1-8", at, BODY)
        assert stage.waiting() == {"inv_1-8": (at, BODY)}

    def test_a_name_is_never_used_for_another_time(self, stage: TimersStage) -> None:
        at = stage.now + timedelta(hours=24)
        stage.timers.wake("inv_1-9", at, BODY)
        with pytest.raises(Conflict) as refused:
            stage.timers.wake("inv_1-9", at + timedelta(hours=1), BODY)
        assert refused.value.code == "timer_name_reused"
        assert stage.waiting() == {"inv_1-9": (at, BODY)}

    def test_a_name_scheduler_does_not_take_is_our_mistake(self, stage: TimersStage) -> None:
        with pytest.raises(AssertionError):
            stage.timers.wake("inv/1", stage.now + timedelta(days=1), BODY)


MIME = (
    b"From: billing@example.com\r\nTo: ada@example.com\r\nSubject: Invoice 7\r\n"
    b"MIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nPlease pay.\r\n"
)


@dataclass(frozen=True)
class MailStage:
    mail: Mail
    sent: Callable[[], list[tuple[str, str]]]  # (recipient, subject)


class MailContract:
    def test_each_mail_has_an_id_of_its_own(self, stage: MailStage) -> None:
        ids = {
            stage.mail.send(sender="billing@example.com", recipient="ada@example.com", mime=MIME)
            for _ in range(2)
        }
        assert len(ids) == 2
        assert stage.sent() == [("ada@example.com", "Invoice 7")] * 2


@dataclass(frozen=True)
class SmsStage:
    sms: Sms
    sent: Callable[[], list[tuple[str, str]]]  # (phone, text)


class SmsContract:
    def test_a_text_goes_to_its_number(self, stage: SmsStage) -> None:
        message_id = stage.sms.send("+15555550100", "Invoice 7 is due. Zoë")
        assert message_id != ""
        assert stage.sent() == [("+15555550100", "Invoice 7 is due. Zoë")]


@dataclass(frozen=True)
class DirectoryStage:
    directory: Directory
    people: Callable[[], list[str]]  # addresses


class DirectoryContract:
    def test_an_address_is_one_person(self, stage: DirectoryStage) -> None:
        first = stage.directory.invite("ada@example.com")
        assert first != ""
        assert stage.directory.invite("Ada@Example.com") == first
        assert stage.directory.invite("grace@example.com") != first
        assert sorted(stage.people()) == ["ada@example.com", "grace@example.com"]


@dataclass(frozen=True)
class FilesStage:
    files: Files


class FilesContract:
    def test_what_is_put_can_be_got(self, stage: FilesStage) -> None:
        stage.files.put("biz_1/9f86d0", b"%PDF-1.7", "application/pdf")
        assert stage.files.get("biz_1/9f86d0") == b"%PDF-1.7"

    def test_the_first_write_stays(self, stage: FilesStage) -> None:
        stage.files.put("biz_1/2c26b4", b"first", "text/plain")
        stage.files.put("biz_1/2c26b4", b"second", "text/plain")
        assert stage.files.get("biz_1/2c26b4") == b"first"

    def test_an_unknown_file_is_not_found(self, stage: FilesStage) -> None:
        with pytest.raises(NotFound):
            stage.files.get("biz_1/none")

    def test_a_link_is_good_for_a_minute_at_most(self, stage: FilesStage) -> None:
        stage.files.put("biz_1/a", b"a", "text/plain")
        assert stage.files.link("biz_1/a", file_name="Invoice 7.pdf").startswith("http")
        with pytest.raises(AssertionError):
            stage.files.link("biz_1/a", file_name="Invoice 7.pdf", seconds=61)


@dataclass(frozen=True)
class BusStage:
    bus: Bus
    published: Callable[[], list[tuple[str, Mapping[str, object]]]]


class BusContract:
    def test_an_event_keeps_its_name_and_detail(self, stage: BusStage) -> None:
        detail = {"business_id": "biz_1", "amount": 8900, "lines": ["a"], "name": "Zoë"}
        stage.bus.publish("invoice.paid", detail)
        assert stage.published() == [("invoice.paid", detail)]


class ClockContract:
    def test_its_time_is_utc(self, stage: Clock) -> None:
        assert stage.now().tzinfo is UTC


class IdsContract:
    def test_ids_differ_and_say_what_they_are(self, stage: Ids) -> None:
        ids = [stage.new("inv") for _ in range(100)]
        assert len(set(ids)) == 100
        assert all(re.fullmatch(r"inv_[a-z0-9]{6,24}", one) for one in ids)


def _uses(tokens: Tokens) -> tuple[Callable[[str], str], ...]:
    return tokens.portal, tokens.client, tokens.signing


class TokensContract:
    def test_a_subject_has_one_token(self, stage: Tokens) -> None:
        assert stage.portal("cus_1/3") == stage.portal("cus_1/3")

    def test_tokens_are_long_and_say_nothing(self, stage: Tokens) -> None:
        tokens = {stage.portal(f"cus_{number}") for number in range(100)}
        assert len(tokens) == 100
        assert all(re.fullmatch(r"[A-Za-z0-9_-]{43}", token) for token in tokens)

    def test_what_is_made_for_one_use_is_of_no_other(self, stage: Tokens) -> None:
        made = [make(f"cus_{n}") for n in (1, 1, 2) for make in _uses(stage)]
        assert made[:3] == made[3:6]
        assert len(set(made)) == 6
