"""How each writing method of the AWS ports is asked on the wire, and what came of it.

A case prepares past the wire and gives two things: the call, through whichever clients it is
handed, and a count of what it did, seen past the wire.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta
from io import BytesIO
from pathlib import Path
from uuid import uuid4
from zipfile import ZipFile

from chalicelib.adapters.aws import Clients
from chalicelib.adapters.bus import EventBridgeBus
from chalicelib.adapters.deliverer import LambdaDeliverer
from chalicelib.adapters.directory import CognitoDirectory
from chalicelib.adapters.files import S3Files
from chalicelib.adapters.mail import SesMail
from chalicelib.adapters.queue import SqsQueue
from chalicelib.adapters.sms import SnsSms
from chalicelib.adapters.timers import SchedulerTimers, TimerPlace
from chalicelib.domain.facts import Subject
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import FactRef
from infra.local.emulator import REGION, Emulator
from tests.adapters.test_aws import (
    NOW,
    bodies,
    fresh,
    mails,
    make_files,
    make_queue,
    schedules,
    texts,
)
from tests.contracts.outside_contract import BODY, MIME
from tests.fakes.outside import FakeClock, FakeQueue

ARN = f"arn:aws:sqs:{REGION}:000000000000"
# What stands in for the effects worker: it writes down what it was asked.
WORKER = """
import json
def worker(event, _context):
    with open({diary!r}, "a") as out:
        print(json.dumps(event, sort_keys=True), file=out)
    return {{"batchItemFailures": []}}
"""


@dataclass(frozen=True)
class Bench:
    """Past the wire, and a folder for what a worker writes down."""

    emulator: Emulator
    straight: Clients
    folder: Path


Ask = Callable[[Clients], None]
Count = Callable[[], int]


@dataclass(frozen=True)
class WireCase:
    """What a fault may come to.

    `keeps_one`: however often it is asked, there is one. Otherwise each ask may add one.
    `repeats`: it gets over a fault that passes by itself. Otherwise one ask is one try.
    """

    service: str
    operation: str
    stage: Callable[[Bench], tuple[Ask, Count]]
    keeps_one: bool = False
    repeats: bool = True
    throttle: tuple[str, int] = ("ThrottlingException", 400)
    conflict: tuple[str, int] = ("InternalFailure", 500)
    conflict_is_got_over: bool = True


def _queue(bench: Bench) -> tuple[Ask, Count]:
    url = make_queue(bench.straight)
    urls = dict.fromkeys(QueueName, url)

    def ask(clients: Clients) -> None:
        SqsQueue(clients, urls, sleep=lambda _: None).send(QueueName.DUNNING, BODY)

    return ask, lambda: _same(bodies(bench.straight, url))


def _timer(bench: Bench) -> tuple[Ask, Count]:
    group = fresh("timers")
    bench.straight("scheduler").create_schedule_group(Name=group)
    place = TimerPlace(group, f"{ARN}:role/timers", f"{ARN}:dunning", f"{ARN}:dead-letters")

    def ask(clients: Clients) -> None:
        timers = SchedulerTimers(clients, place, FakeQueue(), FakeClock(NOW))
        timers.wake("inv_1-1", NOW + timedelta(days=1), BODY)

    return ask, lambda: len(schedules(bench.straight, group))


def _mail(bench: Bench) -> tuple[Ask, Count]:
    bench.straight("ses").verify_email_identity(EmailAddress="billing@example.com")
    before = len(mails(bench.emulator))

    def ask(clients: Clients) -> None:
        SesMail(clients).send(sender="billing@example.com", recipient="ada@example.com", mime=MIME)

    return ask, lambda: len(mails(bench.emulator)) - before


def _directory(bench: Bench) -> tuple[Ask, Count]:
    cognito = bench.straight("cognito-idp")
    pool = cognito.create_user_pool(PoolName=fresh("staff"), UsernameAttributes=["email"])
    pool_id, answers = pool["UserPool"]["Id"], []

    def ask(clients: Clients) -> None:
        answers.append(CognitoDirectory(clients, pool_id).invite("ada@example.com"))

    def count() -> int:
        users = cognito.list_users(UserPoolId=pool_id)["Users"]
        assert len(set(answers)) <= 1, answers
        return len(users)

    return ask, count


def _sms(bench: Bench) -> tuple[Ask, Count]:
    words = f"Due. {uuid4().hex}"

    def ask(clients: Clients) -> None:
        SnsSms(clients).send("+15555550102", words)

    return ask, lambda: sum(words in json.dumps(text) for text in texts(bench.emulator))


def _file(bench: Bench) -> tuple[Ask, Count]:
    _, bucket = make_files(bench.straight)

    def ask(clients: Clients) -> None:
        S3Files(clients, bucket).put("biz_1/a", b"ours", "text/plain")

    def count() -> int:
        there = bench.straight("s3").list_objects_v2(Bucket=bucket).get("Contents", [])
        assert all(S3Files(bench.straight, bucket).get(one["Key"]) == b"ours" for one in there)
        return len(there)

    return ask, count


def _bus(bench: Bench) -> tuple[Ask, Count]:
    url, bus, rule = make_queue(bench.straight), fresh("bus"), fresh("rule")
    arn = bench.straight("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
    events = bench.straight("events")
    events.create_event_bus(Name=bus)
    pattern = json.dumps({"source": ["duecourse"]})
    events.put_rule(Name=rule, EventBusName=bus, EventPattern=pattern)
    target = {"Id": "queue", "Arn": arn["Attributes"]["QueueArn"]}
    events.put_targets(Rule=rule, EventBusName=bus, Targets=[target])

    def ask(clients: Clients) -> None:
        EventBridgeBus(clients, bus).publish("invoice.paid", {"id": "inv_1"})

    def count() -> int:
        found = [json.loads(body) for body in bodies(bench.straight, url, wait=3)]
        return _same([json.dumps([one["detail-type"], one["detail"]]) for one in found])

    return ask, count


def _deliverer(bench: Bench) -> tuple[Ask, Count]:
    name, diary = fresh("worker"), bench.folder / f"{uuid4().hex}.txt"
    code = BytesIO()
    with ZipFile(code, "w") as archive:
        archive.writestr("code.py", WORKER.format(diary=str(diary)))
    role = bench.straight("iam").create_role(RoleName=name, AssumeRolePolicyDocument="{}")
    bench.straight("lambda").create_function(
        FunctionName=name,
        Runtime="python3.12",
        Handler="code.worker",
        Role=role["Role"]["Arn"],
        Code={"ZipFile": code.getvalue()},
    )
    ref = FactRef("biz_1", Subject.INVOICE, "inv_1", "succeeded/pi_1")

    def ask(clients: Clients) -> None:
        LambdaDeliverer(clients, name).deliver([ref])

    return ask, lambda: _same(diary.read_text().splitlines() if diary.exists() else [])


def _same(found: list[str]) -> int:
    """How many there are; a repeat that differs from the first is not a repeat."""
    assert len(set(found)) <= 1, found
    return len(found)


def _one_try(
    service: str,
    operation: str,
    stage: Callable[[Bench], tuple[Ask, Count]],
    code: str,
    status: int,
) -> WireCase:
    return WireCase(
        service,
        operation,
        stage,
        repeats=False,
        throttle=(code, status),
        conflict_is_got_over=False,
    )


OUTSIDE = {
    "Queue.send": WireCase("sqs", "SendMessage", _queue),
    "Timers.wake": WireCase(
        "scheduler", "CreateSchedule", _timer, keeps_one=True, conflict=("ConflictException", 409)
    ),
    "Mail.send": _one_try("ses", "SendRawEmail", _mail, "Throttling", 400),
    "Directory.invite": WireCase(
        "cognito-idp", "AdminCreateUser", _directory, keeps_one=True,
        throttle=("TooManyRequestsException", 400),
    ),
    "Sms.send": _one_try("sns", "Publish", _sms, "Throttled", 429),
    "Files.put": WireCase(
        "s3", "PutObject", _file, keeps_one=True, throttle=("SlowDown", 503),
        conflict=("ConditionalRequestConflict", 409), conflict_is_got_over=False,
    ),
    "Bus.publish": WireCase("events", "PutEvents", _bus),
    "Deliverer.deliver": _one_try("lambda", "Invoke", _deliverer, "TooManyRequestsException", 429),
}  # fmt: skip
