"""The stack as deployed: it answers, and AWS's own rights decide who may do what."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from email.message import EmailMessage
from typing import Any, TypeVar

import botocore.session
import pytest
from botocore.exceptions import ClientError

from infra.local.emulator import REGION
from infra.local.world import KEY_SECRET, WEBHOOK_PATH, WEBHOOK_SECRETS, World
from tests.events import sample_event
from tests.template.test_policies import API, BILLING, EFFECTS, EVERYBODY, PAYS

T = TypeVar("T")
REFUSALS = {"AccessDenied", "AccessDeniedException", "AuthorizationError"}
SESSION = botocore.session.get_session()

pytestmark = pytest.mark.emulator


def get(url: str) -> tuple[int, str]:
    try:
        with urllib.request.urlopen(url, timeout=60) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode()


def test_it_answers(stack: World) -> None:
    status, body = get(f"{stack.url}/v1/health")
    assert (status, json.loads(body)) == (200, {"status": "ok"})


def test_the_stack_knows_its_own_address(stack: World) -> None:
    function = stack.emulator.clients("lambda").get_function_configuration(
        FunctionName=stack.outputs["APIHandlerName"]
    )
    assert function["Environment"]["Variables"]["PUBLIC_URL"] == stack.url


def test_a_second_deployment_keeps_the_address(stack: World) -> None:
    found = stack.emulator.clients("apigateway").get_rest_apis()["items"]
    assert [one["id"] for one in found] == [stack.outputs["RestAPIId"]]


def test_every_source_is_connected_and_hears_of_failures(stack: World) -> None:
    mappings = stack.emulator.clients("lambda").list_event_source_mappings()["EventSourceMappings"]
    assert len(mappings) == 4
    assert {tuple(one["FunctionResponseTypes"]) for one in mappings} == {
        ("ReportBatchItemFailures",)
    }


def test_all_rules_are_on(stack: World) -> None:
    rules = stack.emulator.clients("events").list_rules()["Rules"]
    assert sorted(one["ScheduleExpression"] for one in rules if one["State"] == "ENABLED") == [
        "rate(1 hour)",
        "rate(1 hour)",
        "rate(1 hour)",
        "rate(15 minutes)",
    ]


def function_named(stack: World, name: str) -> str:
    """CloudFormation puts the stack before and something random behind the name in the template."""
    listed = stack.emulator.clients("lambda").list_functions()["Functions"]
    (found,) = [one["FunctionName"] for one in listed if f"-{name}-" in one["FunctionName"]]
    return str(found)


@pytest.mark.parametrize("name", ["BillDueSubscriptions", "SweepDue", "Reconcile", "SendReminders"])
def test_a_rule_finds_nothing_to_do_with_the_rights_it_has(stack: World, name: str) -> None:
    answer = stack.emulator.clients("lambda").invoke(
        FunctionName=function_named(stack, name),
        Payload=json.dumps(sample_event("rule_hourly")).encode(),
    )
    assert (answer.get("FunctionError"), answer["Payload"].read()) == (None, b"null")


def acting_as(stack: World, role: str, service: str) -> Any:
    """A client with the rights of one function's role and no others."""
    roles = stack.emulator.clients("iam").list_roles()["Roles"]
    (arn,) = [one["Arn"] for one in roles if f"-{role}-" in one["RoleName"]]
    lent = stack.emulator.clients("sts").assume_role(RoleArn=arn, RoleSessionName="test")
    keys = lent["Credentials"]
    return SESSION.create_client(
        service,
        region_name=REGION,
        endpoint_url=stack.emulator.endpoint_url,
        aws_access_key_id=keys["AccessKeyId"],
        aws_secret_access_key=keys["SecretAccessKey"],
        aws_session_token=keys["SessionToken"],
    )


def refused(stack: World, role: str, service: str, call: str, **arguments: Any) -> bool:
    """Whether AWS says no; any other error is one."""
    try:
        getattr(acting_as(stack, role, service), call)(**arguments)
    except ClientError as error:
        if error.response["Error"]["Code"] not in REFUSALS:
            raise
        return True
    return False


def readers(stack: World, secret: str) -> set[str]:
    roles = EVERYBODY
    return {
        role
        for role in roles
        if not refused(stack, role, "secretsmanager", "get_secret_value", SecretId=secret)
    }


def test_the_stripe_key_is_refused_to_whoever_does_not_pay(stack: World) -> None:
    assert readers(stack, KEY_SECRET) == PAYS


def test_only_the_api_reads_the_webhook_secrets(stack: World) -> None:
    assert readers(stack, WEBHOOK_SECRETS) == API


KEY = {"pk": {"S": "T#rights"}, "sk": {"S": "F#1"}}


def test_only_who_notes_what_was_done_updates_a_row_and_nobody_deletes_one(stack: World) -> None:
    row: dict[str, Any] = {"TableName": stack.outputs["TableName"], "Key": KEY}
    stack.emulator.clients("dynamodb").put_item(TableName=row["TableName"], Item=KEY)
    claim = {**row, "UpdateExpression": "SET #l = :l", "ExpressionAttributeNames": {"#l": "lease"}}
    claim["ExpressionAttributeValues"] = {":l": {"S": "mine"}}
    may = {
        call: {
            role for role in EVERYBODY if not refused(stack, role, "dynamodb", call, **arguments)
        }
        for call, arguments in {"update_item": claim, "delete_item": row, "get_item": row}.items()
    }
    assert may == {"update_item": EFFECTS | BILLING, "delete_item": set(), "get_item": EVERYBODY}


def test_only_the_effects_worker_sets_timers(stack: World) -> None:
    timer = {
        "Name": "pay_1-1",
        "GroupName": stack.outputs["TimerGroupName"],
        "ScheduleExpression": "at(2099-01-01T00:00:00)",
        "FlexibleTimeWindow": {"Mode": "OFF"},
        "Target": {
            "Arn": stack.outputs["DunningQueueArn"],
            "RoleArn": stack.outputs["TimerRoleArn"],
            "Input": "{}",
        },
    }
    may = {
        role
        for role in EVERYBODY
        if not refused(stack, role, "scheduler", "create_schedule", **timer)
    }
    assert may == EFFECTS


def test_the_effects_worker_sends_sms_to_phones_but_not_to_topics(stack: World) -> None:
    topics = stack.emulator.clients("sns").list_topics()["Topics"]
    assert len(topics) == 1
    tell = {"PhoneNumber": "+4915112345678", "Message": "your invoice is due"}
    assert not refused(stack, "EffectsWorkerRole", "sns", "publish", **tell)
    topic = {"TopicArn": topics[0]["TopicArn"], "Message": "x"}
    assert refused(stack, "EffectsWorkerRole", "sns", "publish", **topic)
    assert tell["PhoneNumber"] in {one["to"] for one in stack.mailbox.sms()}


def test_files_are_written_and_read_by_who_makes_or_hands_them_out(stack: World) -> None:
    """Documents by the effects worker, statements and audits by the API, results of imports."""
    document = {"Bucket": stack.outputs["DocumentsBucketName"], "Key": "bus_1/inv_1.pdf"}
    writes = {**document, "Body": b"%PDF-"}
    assert {
        role for role in EVERYBODY if not refused(stack, role, "s3", "put_object", **writes)
    } == EFFECTS | API | BILLING
    assert {
        role for role in EVERYBODY if not refused(stack, role, "s3", "get_object", **document)
    } == EFFECTS | API | BILLING


def test_a_mail_arrives_with_its_attachment_in_the_mailbox(stack: World) -> None:
    mail = EmailMessage()
    mail["From"] = "billing@duecourse.test"
    mail["To"] = "payer@example.com"
    mail["Subject"] = "Rechnung Nº 7 – fällig"
    mail["List-Unsubscribe"] = "<https://example.com/u>"
    mail.set_content("Guten Tag")
    mail.add_alternative("<p>Guten <b>Tag</b></p>", subtype="html")
    mail.add_attachment(b"%PDF-1.7", maintype="application", subtype="pdf", filename="R-7.pdf")
    sender = acting_as(stack, "EffectsWorkerRole", "ses")
    sender.send_raw_email(RawMessage={"Data": mail.as_bytes()})
    received = eventually(
        lambda: [one for one in stack.mailbox.mails() if one.subject == mail["Subject"]]
    )
    assert [(one.to, one.text.strip(), one.attachments) for one in received] == [
        ("payer@example.com", "Guten Tag", ["R-7.pdf"])
    ]


def eventually(look: Callable[[], list[T]], seconds: float = 20) -> list[T]:
    deadline = time.monotonic() + seconds
    while not (found := look()) and time.monotonic() < deadline:
        time.sleep(0.1)
    return found


def test_stripe_knows_where_its_events_go(stack: World) -> None:
    request = urllib.request.Request(
        f"{stack.outputs['StripeUrl']}/v1/webhook_endpoints",
        headers={"Authorization": f"Bearer {stack.outputs['StripeKey']}"},
    )
    with urllib.request.urlopen(request, timeout=10) as answer:
        endpoints = json.load(answer)["data"]
    assert {one["url"] for one in endpoints} == {
        stack.url + WEBHOOK_PATH,
        f"{stack.url}{WEBHOOK_PATH}/connect",
    }
