"""Each writing adapter when AWS did the work and the answer was lost: once more is harmless.

microburst stands between us and the emulator and cuts the answer before its first byte.
"""

from __future__ import annotations

import json
from datetime import timedelta

import pytest

from chalicelib.adapters.aws import ATTEMPTS, Clients
from chalicelib.adapters.bus import EventBridgeBus
from chalicelib.adapters.files import S3Files
from chalicelib.adapters.mail import SesMail
from chalicelib.adapters.queue import PAUSES_SECONDS, SqsQueue
from chalicelib.adapters.secrets import Secrets
from chalicelib.adapters.sms import SnsSms
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.outside import QueueName
from infra.local.emulator import CREDENTIALS, REGION, Emulator, free_port
from tests.adapters.test_aws import (
    NOW,
    bodies,
    clients,
    fresh,
    mails,
    make_files,
    make_queue,
    make_timers,
    schedules,
    texts,
)
from tests.contracts.outside_contract import BODY, MIME
from tests.fakes.outside import FakeClock, FakeQueue
from tests.microburst import Wire

__all__ = ["clients"]  # the fixture: straight to the emulator, to see what came of it

pytestmark = pytest.mark.emulator
ALWAYS = 100


@pytest.fixture
def through(wire: Wire) -> Clients:
    """Clients whose answers can be lost."""
    return Clients(region=REGION, endpoint_url=wire.endpoint_url, keys=CREDENTIALS)


def error(service: str, operation: str, code: str, status: int, times: int) -> dict[str, object]:
    return {
        "service": service,
        "operation": operation,
        "times": times,
        "error": {"code": code, "message": "planned", "status": status},
    }


class TestQueue:
    def queue(self, through: Clients, url: str, pauses: list[float]) -> SqsQueue:
        return SqsQueue(through, dict.fromkeys(QueueName, url), sleep=pauses.append)

    def test_a_lost_answer_is_repeated(
        self, clients: Clients, through: Clients, wire: Wire
    ) -> None:
        url, pauses = make_queue(clients), list[float]()
        wire.cut("sqs", "SendMessage")
        self.queue(through, url, pauses).send(QueueName.DUNNING, BODY)
        assert set(bodies(clients, url)) == {json.dumps(BODY, ensure_ascii=False)}
        assert (wire.fired(), pauses) == (1, [])

    def test_throttling_is_waited_out(self, clients: Clients, through: Clients, wire: Wire) -> None:
        url, pauses = make_queue(clients), list[float]()
        wire.rules(error("sqs", "SendMessage", "ThrottlingException", 400, 2))
        self.queue(through, url, pauses).send(QueueName.DUNNING, BODY)
        assert len(bodies(clients, url)) == 1
        assert (wire.fired(), pauses) == (2, list(PAUSES_SECONDS[:2]))

    def test_throttling_without_end_is_no_answer(
        self, clients: Clients, through: Clients, wire: Wire
    ) -> None:
        url, pauses = make_queue(clients), list[float]()
        wire.rules(error("sqs", "SendMessage", "ThrottlingException", 400, ALWAYS))
        with pytest.raises(Unanswered):
            self.queue(through, url, pauses).send(QueueName.DUNNING, BODY)
        assert pauses == list(PAUSES_SECONDS)

    def test_an_answer_that_never_comes_is_said_so(
        self, clients: Clients, through: Clients, wire: Wire
    ) -> None:
        url, pauses = make_queue(clients), list[float]()
        wire.cut("sqs", "SendMessage", times=ALWAYS)
        with pytest.raises(Unanswered):
            self.queue(through, url, pauses).send(QueueName.DUNNING, BODY)
        assert (wire.fired(), pauses) == (ATTEMPTS, [])


class TestTimers:
    def test_a_lost_answer_leaves_one_timer(
        self, clients: Clients, through: Clients, wire: Wire
    ) -> None:
        timers, group = make_timers(through, FakeQueue(), FakeClock(NOW))
        wire.cut("scheduler", "CreateSchedule")
        timers.wake("inv_1-1", NOW + timedelta(days=1), BODY)
        assert wire.fired() == 1
        assert [one["Name"] for one in schedules(clients, group)] == ["inv_1-1"]

    def test_after_no_answer_at_all_asking_again_is_enough(
        self, clients: Clients, through: Clients, wire: Wire
    ) -> None:
        timers, group = make_timers(through, FakeQueue(), FakeClock(NOW))
        wire.cut("scheduler", "CreateSchedule", times=ATTEMPTS)
        with pytest.raises(Unanswered):
            timers.wake("inv_1-1", NOW + timedelta(days=1), BODY)
        timers.wake("inv_1-1", NOW + timedelta(days=1), BODY)
        assert [one["Name"] for one in schedules(clients, group)] == ["inv_1-1"]

    def test_a_timer_that_has_rung_meanwhile_is_done(self, through: Clients, wire: Wire) -> None:
        timers, _ = make_timers(through, FakeQueue(), FakeClock(NOW))
        wire.rules(error("scheduler", "CreateSchedule", "ConflictException", 409, 1))
        timers.wake("inv_1-1", NOW + timedelta(days=1), BODY)
        assert wire.fired() == 1


class TestMail:
    def send(self, through: Clients) -> str:
        return SesMail(through).send(
            sender="billing@example.com", recipient="ada@example.com", mime=MIME
        )

    def test_a_lost_answer_is_no_second_mail_by_itself(
        self, emulator: Emulator, clients: Clients, through: Clients, wire: Wire
    ) -> None:
        clients("ses").verify_email_identity(EmailAddress="billing@example.com")
        before = len(mails(emulator))
        wire.cut("ses", "SendRawEmail")
        with pytest.raises(Unanswered):
            self.send(through)
        assert len(mails(emulator)) == before + 1

    def test_too_many_mails_a_second_is_no_answer(self, through: Clients, wire: Wire) -> None:
        wire.rules(error("ses", "SendRawEmail", "Throttling", 400, ALWAYS))
        with pytest.raises(Unanswered):
            self.send(through)


class TestSms:
    def test_a_lost_answer_is_no_second_text_by_itself(
        self, emulator: Emulator, through: Clients, wire: Wire
    ) -> None:
        before = len(texts(emulator))
        wire.cut("sns", "Publish")
        with pytest.raises(Unanswered):
            SnsSms(through).send("+15555550102", "Due.")
        assert len(texts(emulator)) == before + 1


class TestFiles:
    def test_a_lost_answer_finds_its_own_file(self, clients: Clients, wire: Wire) -> None:
        """S3 answers a write with no body, so it is the announced body that never comes."""
        _, bucket = make_files(clients)
        hasty = Clients(
            region=REGION, endpoint_url=wire.endpoint_url, read_seconds=2, keys=CREDENTIALS
        )
        headers = {"set_headers": {"Content-Length": "10"}}
        wire.rules({"service": "s3", "operation": "PutObject", "times": 1, "response": headers})
        S3Files(hasty, bucket).put("biz_1/a", b"ours", "text/plain")
        assert wire.fired() == 1
        assert S3Files(clients, bucket).get("biz_1/a") == b"ours"

    @pytest.mark.parametrize(
        ("code", "status"),
        [("ConditionalRequestConflict", 409), ("SlowDown", 503), ("InternalError", 500)],
    )
    def test_a_busy_store_is_no_answer(
        self, clients: Clients, through: Clients, wire: Wire, code: str, status: int
    ) -> None:
        _, bucket = make_files(clients)
        wire.rules(error("s3", "PutObject", code, status, ALWAYS))
        with pytest.raises(Unanswered):
            S3Files(through, bucket).put("biz_1/a", b"ours", "text/plain")

    def test_half_a_file_is_no_file(self, clients: Clients, through: Clients, wire: Wire) -> None:
        files, bucket = make_files(clients)
        files.put("biz_1/a", b"x" * 1000, "text/plain")
        wire.rules(
            {
                "service": "s3",
                "operation": "GetObject",
                "times": ALWAYS,
                "response": {"abort_bytes": 500},
            }
        )
        with pytest.raises(Unanswered):
            S3Files(through, bucket).get("biz_1/a")


class TestBus:
    def test_a_lost_answer_is_repeated(
        self, clients: Clients, through: Clients, wire: Wire
    ) -> None:
        bus = fresh("bus")
        clients("events").create_event_bus(Name=bus)
        wire.cut("events", "PutEvents")
        EventBridgeBus(through, bus).publish("invoice.paid", {"id": "inv_1"})
        assert wire.fired() == 1


def test_nobody_listening_is_no_answer() -> None:
    nowhere = Clients(
        region=REGION, endpoint_url=f"http://127.0.0.1:{free_port()}", keys=CREDENTIALS
    )
    with pytest.raises(Unanswered):
        Secrets(nowhere).text("duecourse/stripe-key")


def test_an_entry_the_bus_did_not_take_is_no_answer(clients: Clients) -> None:
    """The call as a whole succeeds, so the count is all that tells."""
    from botocore.stub import Stubber

    with Stubber(clients("events")) as bus:
        bus.add_response(
            "put_events",
            {"FailedEntryCount": 1, "Entries": [{"ErrorCode": "ThrottlingException"}]},
        )
        with pytest.raises(Unanswered):
            EventBridgeBus(clients, "domain").publish("invoice.paid", {})


def test_a_refusal_of_ours_is_not_hidden(clients: Clients) -> None:
    from botocore.exceptions import ClientError

    with pytest.raises(ClientError) as refused:
        S3Files(clients, fresh("nobucket")).put("biz_1/a", b"", "text/plain")
    assert refused.value.response["Error"]["Code"] == "NoSuchBucket"
