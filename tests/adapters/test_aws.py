"""The contracts of the outside ports, kept by the AWS adapters on the emulator."""

from __future__ import annotations

import json
import time
import urllib.request
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

import pytest

from chalicelib.adapters.aws import Clients
from chalicelib.adapters.bus import EventBridgeBus
from chalicelib.adapters.directory import CognitoDirectory
from chalicelib.adapters.files import S3Files
from chalicelib.adapters.mail import SesMail
from chalicelib.adapters.queue import SqsQueue
from chalicelib.adapters.secrets import Secrets
from chalicelib.adapters.sms import SnsSms
from chalicelib.adapters.timers import SchedulerTimers, TimerPlace
from chalicelib.domain.errors import Conflict
from chalicelib.ports.outside import QueueName
from infra.local.emulator import CREDENTIALS, REGION, Emulator
from tests.contracts.outside_contract import (
    BODY,
    MIME,
    BusContract,
    BusStage,
    DirectoryContract,
    DirectoryStage,
    FilesContract,
    FilesStage,
    MailContract,
    MailStage,
    QueueContract,
    QueueStage,
    SmsContract,
    SmsStage,
    TimersContract,
    TimersStage,
)
from tests.fakes.outside import FakeClock, FakeQueue

pytestmark = pytest.mark.emulator

NOW = datetime(2099, 3, 2, 12, 0, tzinfo=UTC)  # so late that nothing rings while we look
_names = count(1)


def fresh(noun: str) -> str:
    """A name nobody else uses in this run: the emulator is shared."""
    return f"adapters-{noun}-{next(_names)}-{time.monotonic_ns()}"


@pytest.fixture
def clients(emulator: Emulator) -> Clients:
    return Clients(region=REGION, endpoint_url=emulator.endpoint_url, keys=CREDENTIALS)


def make_queue(clients: Clients) -> str:
    url: str = clients("sqs").create_queue(QueueName=fresh("queue"))["QueueUrl"]
    return url


def bodies(clients: Clients, url: str, *, wait: int = 0) -> list[str]:
    reply = clients("sqs").receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, WaitTimeSeconds=wait
    )
    return [message["Body"] for message in reply.get("Messages", [])]


def read_json(emulator: Emulator, path: str) -> Any:
    return json.loads(emulator.get(path))


def mails(emulator: Emulator) -> list[Any]:
    found = read_json(emulator, "/_ministack/ses/messages")["messages"]
    return [mail for sent in found.values() for mail in sent]


def texts(emulator: Emulator) -> list[Any]:
    found = read_json(emulator, "/_ministack/sns/sms-messages")["sms_messages"]
    return [text for sent in found.values() for text in sent]


class TestSqsQueue(QueueContract):
    @pytest.fixture
    def stage(self, clients: Clients) -> QueueStage:
        urls = {name: make_queue(clients) for name in QueueName}

        def received(queue: QueueName) -> list[Mapping[str, str]]:
            return [json.loads(body) for body in bodies(clients, urls[queue])]

        return QueueStage(SqsQueue(clients, urls), received)


def make_timers(
    clients: Clients, queue: FakeQueue, clock: FakeClock
) -> tuple[SchedulerTimers, str]:
    group = fresh("timers")
    clients("scheduler").create_schedule_group(Name=group)
    place = TimerPlace(
        group=group,
        role_arn="arn:aws:iam::000000000000:role/timers",
        queue_arn=f"arn:aws:sqs:{REGION}:000000000000:dunning",
        dead_letters_arn=f"arn:aws:sqs:{REGION}:000000000000:timer-dead-letters",
    )
    return SchedulerTimers(clients, place, queue, clock), group


def schedules(clients: Clients, group: str) -> list[Any]:
    scheduler = clients("scheduler")
    names = [one["Name"] for one in scheduler.list_schedules(GroupName=group)["Schedules"]]
    return [scheduler.get_schedule(Name=name, GroupName=group) for name in names]


def when(schedule: Any) -> datetime:
    text = schedule["ScheduleExpression"].removeprefix("at(").removesuffix(")")
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


class TestSchedulerTimers(TimersContract):
    @pytest.fixture
    def stage(self, clients: Clients) -> TimersStage:
        timers, group = make_timers(clients, FakeQueue(), FakeClock(NOW))

        def waiting() -> dict[str, tuple[datetime, Mapping[str, str]]]:
            return {
                one["Name"]: (when(one), json.loads(one["Target"]["Input"]))
                for one in schedules(clients, group)
            }

        return TimersStage(timers, NOW, waiting)

    def test_a_schedule_is_complete(self, clients: Clients) -> None:
        timers, group = make_timers(clients, FakeQueue(), FakeClock(NOW))
        timers.wake("inv_1-1", NOW + timedelta(days=1, microseconds=1), BODY)
        (schedule,) = schedules(clients, group)
        assert schedule["ScheduleExpression"] == "at(2099-03-03T12:00:01)"
        assert schedule["ScheduleExpressionTimezone"] == "UTC"
        assert schedule["ActionAfterCompletion"] == "DELETE"
        assert schedule["FlexibleTimeWindow"] == {"Mode": "OFF"}
        target = schedule["Target"]
        assert target["Arn"].endswith(":dunning")
        assert target["RoleArn"].endswith(":role/timers")
        assert target["DeadLetterConfig"] == {
            "Arn": f"arn:aws:sqs:{REGION}:000000000000:timer-dead-letters"
        }
        assert target["RetryPolicy"] == {
            "MaximumEventAgeInSeconds": 3600,
            "MaximumRetryAttempts": 10,
        }

    @pytest.mark.parametrize(
        ("later", "delay"),
        [
            (timedelta(days=-3), 0),
            (timedelta(0), 0),
            (timedelta(seconds=1, microseconds=1), 2),
            (timedelta(minutes=15), 900),
        ],
    )
    def test_what_is_due_soon_waits_on_the_queue(
        self, clients: Clients, later: timedelta, delay: int
    ) -> None:
        queue = FakeQueue()
        timers, group = make_timers(clients, queue, FakeClock(NOW))
        timers.wake("inv_1-2", NOW + later, BODY)
        assert [(one.queue, one.body, one.delay_seconds) for one in queue.sent] == [
            (QueueName.DUNNING, BODY, delay)
        ]
        assert schedules(clients, group) == []


class TestSesMail(MailContract):
    @pytest.fixture
    def stage(self, emulator: Emulator, clients: Clients) -> MailStage:
        clients("ses").verify_email_identity(EmailAddress="billing@example.com")
        before = len(mails(emulator))

        def sent() -> list[tuple[str, str]]:
            return [(one["To"][0], one["Subject"]) for one in mails(emulator)[before:]]

        return MailStage(SesMail(clients), sent)

    def test_a_sender_ses_does_not_know_is_refused_for_good(self, clients: Clients) -> None:
        with pytest.raises(Conflict) as refused:
            SesMail(clients).send(
                sender="nobody@unverified.example", recipient="ada@example.com", mime=MIME
            )
        assert refused.value.code == "mail_rejected"


class TestSnsSms(SmsContract):
    @pytest.fixture
    def stage(self, emulator: Emulator, clients: Clients) -> SmsStage:
        before = len(texts(emulator))

        def sent() -> list[tuple[str, str]]:
            new = texts(emulator)[before:]
            return [(one["PhoneNumber"], one["Message"]) for one in new]

        return SmsStage(SnsSms(clients, sender_id="Duecourse"), sent)

    def test_texts_are_transactional_and_signed_by_the_sender(
        self, emulator: Emulator, clients: Clients
    ) -> None:
        SnsSms(clients, sender_id="Duecourse").send("+15555550101", "Paid.")
        attributes = texts(emulator)[-1]["MessageAttributes"]
        assert {name: one["StringValue"] for name, one in attributes.items()} == {
            "AWS.SNS.SMS.SMSType": "Transactional",
            "AWS.SNS.SMS.SenderID": "Duecourse",
        }


class TestCognitoDirectory(DirectoryContract):
    @pytest.fixture
    def stage(self, clients: Clients) -> DirectoryStage:
        cognito = clients("cognito-idp")
        pool = cognito.create_user_pool(PoolName=fresh("staff"), UsernameAttributes=["email"])
        pool_id = pool["UserPool"]["Id"]

        def people() -> list[str]:
            users = cognito.list_users(UserPoolId=pool_id)["Users"]
            pairs = [pair for user in users for pair in user["Attributes"]]
            return [pair["Value"] for pair in pairs if pair["Name"] == "email"]

        return DirectoryStage(CognitoDirectory(clients, pool_id), people)

    def test_nobody_is_invited_to_somebody_elses_pool(self, clients: Clients) -> None:
        with pytest.raises(Conflict) as refused:
            CognitoDirectory(clients, "").invite("ada@example.com")
        assert refused.value.code == "directory_elsewhere"


def make_files(clients: Clients) -> tuple[S3Files, str]:
    bucket = fresh("documents")
    clients("s3").create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    return S3Files(clients, bucket), bucket


class TestS3Files(FilesContract):
    @pytest.fixture
    def stage(self, clients: Clients) -> FilesStage:
        return FilesStage(make_files(clients)[0])

    def test_a_link_downloads_under_its_name(self, clients: Clients) -> None:
        files, _ = make_files(clients)
        files.put("biz_1/a", b"%PDF-1.7", "application/pdf")
        address = files.link("biz_1/a", file_name='Rechnung "7" für Zoë.pdf')
        with urllib.request.urlopen(address, timeout=10) as answer:
            assert answer.read() == b"%PDF-1.7"
            assert answer.headers["Content-Type"] == "application/pdf"
            assert answer.headers["Content-Disposition"] == (
                'attachment; filename="Rechnung _7_ f_r Zo_.pdf"; '
                "filename*=UTF-8''Rechnung%20%227%22%20f%C3%BCr%20Zo%C3%AB.pdf"
            )

    def test_a_link_cannot_be_turned_to_another_file(self, clients: Clients) -> None:
        files, _ = make_files(clients)
        files.put("biz_1/a", b"ours", "text/plain")
        files.put("biz_2/b", b"theirs", "text/plain")
        address = files.link("biz_1/a", file_name="a.txt")
        with pytest.raises(urllib.error.HTTPError) as refused:
            urllib.request.urlopen(address.replace("biz_1/a", "biz_2/b"), timeout=10)
        assert refused.value.code == 403

    def test_links_are_signed_for_the_time_asked(self, clients: Clients) -> None:
        files, _ = make_files(clients)
        address = files.link("biz_1/a", file_name="a.txt", seconds=30)
        assert "X-Amz-Algorithm=AWS4-HMAC-SHA256" in address
        assert "X-Amz-Expires=30" in address


class TestEventBridgeBus(BusContract):
    @pytest.fixture
    def stage(self, clients: Clients) -> BusStage:
        url = make_queue(clients)
        bus, rule = fresh("bus"), fresh("rule")
        events = clients("events")
        events.create_event_bus(Name=bus)
        events.put_rule(
            Name=rule, EventBusName=bus, EventPattern=json.dumps({"source": ["duecourse"]})
        )
        arn = clients("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
        events.put_targets(
            Rule=rule,
            EventBusName=bus,
            Targets=[{"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}],
        )

        def published() -> list[tuple[str, Mapping[str, object]]]:
            found = [json.loads(body) for body in bodies(clients, url, wait=5)]
            return [(one["detail-type"], one["detail"]) for one in found]

        return BusStage(EventBridgeBus(clients, bus), published)


class TestSecrets:
    @pytest.fixture
    def name(self, clients: Clients) -> str:
        name = fresh("secret")
        clients("secretsmanager").create_secret(Name=name, SecretString='["whsec_a"]')
        return name

    def test_a_rotation_reaches_us_within_five_minutes(self, clients: Clients, name: str) -> None:
        seconds = [0.0]
        secrets = Secrets(clients, clock=lambda: seconds[0])
        assert secrets.all_of(name) == ("whsec_a",)
        clients("secretsmanager").put_secret_value(
            SecretId=name, SecretString='["whsec_a", "whsec_b"]'
        )
        seconds[0] = 299.0
        assert secrets.all_of(name) == ("whsec_a",)
        seconds[0] = 300.0
        assert secrets.all_of(name) == ("whsec_a", "whsec_b")
        assert secrets.text(name) == '["whsec_a", "whsec_b"]'


def test_one_client_per_service(clients: Clients) -> None:
    assert clients("sqs") is clients("sqs")
