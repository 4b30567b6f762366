"""Who may do what: every right of every function, written down a second time.

The policies themselves are in .chalice/policy-*.json; AWS enforces them, and so does the emulator.
A right added there without a line here fails.
"""

from __future__ import annotations

import re
from collections import defaultdict
from typing import Any

import pytest

Statement = dict[str, Any]

EVERYBODY = frozenset({
    "ApiHandlerRole", "BillDueSubscriptionsRole", "BillingWorkerRole", "DunningWorkerRole",
    "EffectsWorkerRole", "ReconcileRole", "SendRemindersRole", "StripeEventWorkerRole",
    "SweepDueRole",
})  # fmt: skip
WORKERS = frozenset({"BillingWorkerRole", "DunningWorkerRole", "StripeEventWorkerRole"})
EFFECTS = frozenset({"EffectsWorkerRole"})
API = frozenset({"ApiHandlerRole"})
BILLING = frozenset({"BillingWorkerRole"})
PAYS = WORKERS | API | {"ReconcileRole"}
WRITES = EVERYBODY - {"BillDueSubscriptionsRole", "SweepDueRole"}

WHO_MAY = {
    "logs:CreateLogStream": EVERYBODY,
    "logs:PutLogEvents": EVERYBODY,
    "kms:Decrypt": EVERYBODY,
    "kms:GenerateDataKey": EVERYBODY,
    "dynamodb:GetItem": EVERYBODY,
    "dynamodb:BatchGetItem": EVERYBODY,
    "dynamodb:Query": EVERYBODY,
    "dynamodb:ConditionCheckItem": EVERYBODY,
    # Facts are put if absent, heads under their version; nothing else may write, nobody may delete.
    "dynamodb:PutItem": WRITES,
    # How far a fact's effects are delivered, beside its text; the worker notes its job as done.
    "dynamodb:UpdateItem": EFFECTS | BILLING,
    "dynamodb:DescribeStream": EFFECTS,
    "dynamodb:GetRecords": EFFECTS,
    "dynamodb:GetShardIterator": EFFECTS,
    "dynamodb:ListStreams": EFFECTS,
    "sqs:ReceiveMessage": WORKERS,
    "sqs:DeleteMessage": WORKERS,
    "sqs:GetQueueAttributes": WORKERS,
    "sqs:SendMessage": EVERYBODY - {"StripeEventWorkerRole"},
    "s3:GetObject": EFFECTS | API | BILLING,
    "s3:PutObject": EFFECTS | API | BILLING,  # the two others: files of imports
    "ses:SendRawEmail": EFFECTS,
    "sns:Publish": EFFECTS,
    "scheduler:CreateSchedule": EFFECTS,
    "scheduler:GetSchedule": EFFECTS,
    "scheduler:DeleteSchedule": EFFECTS,
    "iam:PassRole": EFFECTS,
    "events:PutEvents": EFFECTS,
    "lambda:InvokeFunction": frozenset({"SweepDueRole", "BillingWorkerRole"}),
    "secretsmanager:GetSecretValue": PAYS | EFFECTS,
    "cognito-idp:AdminCreateUser": API,
    "cognito-idp:AdminGetUser": API,
}
WHO_READS_SECRET = {
    "StripeKeySecret": PAYS,
    "StripeWebhookSecretsSecret": API,
    "LinkSecretSecret": EFFECTS,
    "ApiSecretSecret": API,
}
WHO_TAKES_FROM = {
    "DunningQueue": "DunningWorkerRole",
    "StripeEventsQueue": "StripeEventWorkerRole",
    "BillingQueue": "BillingWorkerRole",
}
# The only stars: what comes below something of ours, and the random end of a name AWS completes.
STARS = re.compile(
    r"\$\{DocumentsBucket\.Arn\}/\*"
    r"|\$\{Table\.Arn\}/stream/\*"
    r"|.*:schedule/\$\{TimerGroup\}/\*"
    r"|.*:log-group:/aws/lambda/\$\{AWS::StackName\}-[A-Za-z]+-\*:\*"
)


def statements(resources: dict[str, Any]) -> list[tuple[str, Statement]]:
    return [
        (name, statement)
        for name, role in resources.items()
        if role["Type"] == "AWS::IAM::Role" and name != "TimerRole"
        for policy in role["Properties"]["Policies"]
        for statement in policy["PolicyDocument"]["Statement"]
    ]


def address(resource: Any) -> str:
    if isinstance(resource, str):
        return resource
    ((function, argument),) = resource.items()
    return argument if function == "Fn::Sub" else "${" + ".".join(argument) + "}"


def addresses(statement: Statement) -> list[str]:
    named = statement.get("Resource", [])
    return [address(one) for one in (named if isinstance(named, list) else [named])]


def test_each_function_has_a_role_of_its_own(resources: dict[str, Any]) -> None:
    functions = [one for one in resources.values() if one["Type"] == "AWS::Serverless::Function"]
    roles = [one["Properties"]["Role"]["Fn::GetAtt"][0] for one in functions]
    assert sorted(roles) == sorted(EVERYBODY)


def test_every_right_of_every_function_is_written_down(resources: dict[str, Any]) -> None:
    found: dict[str, set[str]] = defaultdict(set)
    for role, statement in statements(resources):
        assert statement["Effect"] == "Allow"
        for action in statement["Action"]:
            found[action].add(role)
    assert found == WHO_MAY


def test_no_action_has_a_star(resources: dict[str, Any]) -> None:
    actions = [action for _, one in statements(resources) for action in one["Action"]]
    assert [action for action in actions if "*" in action] == []


def test_every_resource_is_named(resources: dict[str, Any]) -> None:
    named = [one for _, statement in statements(resources) for one in addresses(statement)]
    assert len(named) > 60
    assert [one for one in named if "*" in one and not STARS.fullmatch(one)] == []


def test_the_one_statement_without_resource_is_sms_to_phones(resources: dict[str, Any]) -> None:
    """A phone number has no ARN; everything that has one is excepted."""
    loose = [(role, one) for role, one in statements(resources) if "Resource" not in one]
    assert [(role, one["Action"]) for role, one in loose] == [
        ("EffectsWorkerRole", ["sns:Publish"])
    ]
    assert loose[0][1]["NotResource"] == [{"Fn::Sub": "arn:${AWS::Partition}:sns:*:*:*"}]


@pytest.mark.parametrize("secret", WHO_READS_SECRET)
def test_who_reads_which_secret(resources: dict[str, Any], secret: str) -> None:
    readers = {
        role
        for role, statement in statements(resources)
        if any(one.endswith(f":secret:${{{secret}}}-??????") for one in addresses(statement))
    }
    assert readers == WHO_READS_SECRET[secret]


@pytest.mark.parametrize("queue", WHO_TAKES_FROM)
def test_one_worker_takes_from_each_queue(resources: dict[str, Any], queue: str) -> None:
    takers = {
        role
        for role, statement in statements(resources)
        if "sqs:ReceiveMessage" in statement["Action"]
        and f"${{{queue}.Arn}}" in addresses(statement)
    }
    assert takers == {WHO_TAKES_FROM[queue]}


def test_timers_may_only_send_to_their_queue(resources: dict[str, Any]) -> None:
    role = resources["TimerRole"]["Properties"]
    send, encrypt = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert send["Action"] == "sqs:SendMessage"
    assert addresses(send) == ["${DunningQueue.Arn}", "${TimerDeadLetters.Arn}"]
    assert addresses(encrypt) == ["${DataKey.Arn}"]
    condition = role["AssumeRolePolicyDocument"]["Statement"][0]["Condition"]["StringEquals"]
    assert set(condition) == {"aws:SourceAccount", "aws:SourceArn"}


def test_the_role_is_passed_to_scheduler_only(resources: dict[str, Any]) -> None:
    passes = [one for _, one in statements(resources) if "iam:PassRole" in one["Action"]]
    assert [one["Condition"] for one in passes] == [
        {"StringEquals": {"iam:PassedToService": "scheduler.amazonaws.com"}}
    ]
