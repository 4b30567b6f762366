"""The packaged template: lint clean, and every promise the design makes about the stack kept."""

from __future__ import annotations

import json
import subprocess
import sys
from dataclasses import MISSING, fields
from pathlib import Path
from typing import Any

import pytest

import app
from chalicelib.config import Settings
from chalicelib.entry import FACT_ROW
from infra.build import ROOT, Package

# Every Lambda of the design; the handler is what `app.py` calls it.
TIMEOUTS_SECONDS = {
    "app.app": 29,
    "app.bill_due_subscriptions": 300,
    "app.sweep_due": 300,
    "app.reconcile": 300,
    "app.send_reminders": 300,
    "app.dunning_worker": 120,
    "app.stripe_event_worker": 120,
    "app.billing_worker": 120,
    "app.effects_worker": 120,
}
QUEUES = ["BillingQueue", "DunningQueue", "StripeEventsQueue"]
DEAD_LETTERS = [
    "BillingDeadLetters",
    "DunningDeadLetters",
    "EffectsDeadLetters",
    "RulesDeadLetters",
    "StripeEventsDeadLetters",
    "TimerDeadLetters",
]
OUR_KEY = {"Fn::GetAtt": ["DataKey", "Arn"]}
SOURCES = ["BillingWorker", "DunningWorker", "EffectsWorker", "StripeEventWorker"]
# Set by the runtime or for one function only, not in Globals.
SET_ELSEWHERE = {"aws_region", "aws_endpoint_url", "effects_function_name"}


def of_type(resources: dict[str, Any], kind: str) -> dict[str, Any]:
    return {name: one["Properties"] for name, one in resources.items() if one["Type"] == kind}


def sources(resources: dict[str, Any]) -> dict[str, Any]:
    """What each function is fed by, rules left out."""
    return {
        name: event["Properties"]
        for name, function in of_type(resources, "AWS::Serverless::Function").items()
        for event in function.get("Events", {}).values()
        if event["Type"] != "Schedule"
    }


def test_lint_finds_nothing(package: Package, tmp_path: Path) -> None:
    (file := tmp_path / "template.json").write_text(json.dumps(package.template))
    linter = Path(sys.executable).with_name("cfn-lint")
    done = subprocess.run([linter, file], capture_output=True, text=True, check=False)
    assert (done.stdout, done.returncode) == ("", 0)


def test_every_resource_has_a_type(resources: dict[str, Any]) -> None:
    """A mistyped name in resources.yaml would merge into nothing and be a resource without one."""
    assert [name for name, one in resources.items() if "Type" not in one] == []


def test_every_function_is_in_app_and_has_its_time(resources: dict[str, Any]) -> None:
    functions = of_type(resources, "AWS::Serverless::Function")
    assert {one["Handler"]: one["Timeout"] for one in functions.values()} == TIMEOUTS_SECONDS
    for handler in TIMEOUTS_SECONDS:
        assert callable(getattr(app, handler.removeprefix("app.")))


def test_pdfs_and_imports_are_made_with_a_gigabyte(resources: dict[str, Any]) -> None:
    functions = of_type(resources, "AWS::Serverless::Function")
    memory = {name: one["MemorySize"] for name, one in functions.items()}
    assert {name for name, size in memory.items() if size == 1024} == {
        "APIHandler",
        "BillingWorker",  # whole files of imports
        "EffectsWorker",
    }
    assert set(memory.values()) == {512, 1024}


def test_every_queue_sets_aside_what_fails_five_times(resources: dict[str, Any]) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    assert sorted(queues) == sorted(QUEUES + DEAD_LETTERS)
    set_aside = {name: queues[name]["RedrivePolicy"] for name in QUEUES}
    assert set_aside == {
        name: {
            "deadLetterTargetArn": {"Fn::GetAtt": [name.replace("Queue", "DeadLetters"), "Arn"]},
            "maxReceiveCount": 5,
        }
        for name in QUEUES
    }


@pytest.mark.parametrize("queue", DEAD_LETTERS)
def test_a_message_set_aside_rings_an_alarm(resources: dict[str, Any], queue: str) -> None:
    watching = [
        alarm
        for alarm in of_type(resources, "AWS::CloudWatch::Alarm").values()
        if alarm["Dimensions"]
        == [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]
    ]
    assert [(one["Threshold"], one["AlarmActions"]) for one in watching] == [
        (1, [{"Ref": "AlarmTopic"}])
    ]


@pytest.mark.parametrize("worker", ["BillingWorker", "DunningWorker", "StripeEventWorker"])
def test_a_message_stays_hidden_for_six_timeouts(resources: dict[str, Any], worker: str) -> None:
    queue = sources(resources)[worker]["Queue"]["Fn::GetAtt"][0]
    visibility_seconds = resources[queue]["Properties"]["VisibilityTimeout"]
    assert visibility_seconds >= 6 * resources[worker]["Properties"]["Timeout"]


def test_a_rule_that_keeps_failing_is_set_aside(resources: dict[str, Any]) -> None:
    functions = of_type(resources, "AWS::Serverless::Function")
    aside = {name for name, one in functions.items() if "DeadLetterQueue" in one}
    assert aside == {"BillDueSubscriptions", "Reconcile", "SendReminders", "SweepDue"}


def test_every_source_hears_which_records_failed(resources: dict[str, Any]) -> None:
    heard = {name: one.get("FunctionResponseTypes", []) for name, one in sources(resources).items()}
    assert heard == {name: ["ReportBatchItemFailures"] for name in SOURCES}


def test_the_stream_gives_up_in_the_end(resources: dict[str, Any]) -> None:
    stream = sources(resources)["EffectsWorker"]
    assert stream["Stream"] == {"Fn::GetAtt": ["Table", "StreamArn"]}
    assert stream["BisectBatchOnFunctionError"] is True
    assert (stream["MaximumRetryAttempts"], stream["MaximumRecordAgeInSeconds"]) == (10, 3600)
    destination = stream["DestinationConfig"]["OnFailure"]["Destination"]
    assert destination == {"Fn::GetAtt": ["EffectsDeadLetters", "Arn"]}
    assert json.loads(stream["FilterCriteria"]["Filters"][0]["Pattern"]) == {
        "eventName": ["INSERT"],
        "dynamodb": {"Keys": {"sk": {"S": [{"prefix": FACT_ROW}]}}},
    }


def test_the_table_is_kept_encrypted_and_recoverable(resources: dict[str, Any]) -> None:
    table = resources["Table"]
    assert (table["DeletionPolicy"], table["UpdateReplacePolicy"]) == ("Retain", "Retain")
    properties = table["Properties"]
    assert properties["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"] is True
    assert properties["SSESpecification"]["SSEType"] == "KMS"
    assert properties["StreamSpecification"] == {"StreamViewType": "NEW_IMAGE"}
    assert properties["TimeToLiveSpecification"] == {"AttributeName": "expires_at", "Enabled": True}


def test_indexes_hold_keys_only(resources: dict[str, Any]) -> None:
    found = {
        one["IndexName"]: (
            [key["AttributeName"] for key in one["KeySchema"]],
            one["Projection"]["ProjectionType"],
        )
        for one in resources["Table"]["Properties"]["GlobalSecondaryIndexes"]
    }
    assert found == {
        "due": (["due_shard", "due_at"], "KEYS_ONLY"),
        "owner": (["owner_key", "owner_sort"], "KEYS_ONLY"),
        "kind": (["kind_key", "kind_sort"], "KEYS_ONLY"),
        "by_due": (["shelf", "due_sort"], "KEYS_ONLY"),
        "by_amount": (["shelf", "amount_sort"], "KEYS_ONLY"),
        "by_name": (["shelf", "name_sort"], "KEYS_ONLY"),
        "by_time": (["shelf", "time_sort"], "KEYS_ONLY"),
    }


def test_documents_are_private_and_links_die_young(resources: dict[str, Any]) -> None:
    bucket = resources["DocumentsBucket"]["Properties"]
    assert set(bucket["PublicAccessBlockConfiguration"].values()) == {True}
    rules = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert rules[0]["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "aws:kms"
    denied = {
        one["Sid"]: (one["Effect"], one["Condition"])
        for one in resources["DocumentsPolicy"]["Properties"]["PolicyDocument"]["Statement"]
    }
    assert denied == {
        "OnlyOverTls": ("Deny", {"Bool": {"aws:SecureTransport": "false"}}),
        "LinksDieYoung": ("Deny", {"NumericGreaterThan": {"s3:signatureAge": 60_000}}),
    }


def test_whatever_holds_data_is_encrypted_with_our_key(
    template: dict[str, Any], resources: dict[str, Any]
) -> None:
    queues = of_type(resources, "AWS::SQS::Queue")
    assert {
        name for name, one in queues.items() if one["KmsMasterKeyId"] == {"Ref": "DataKey"}
    } == {
        *QUEUES,
        *DEAD_LETTERS,
    }
    groups = of_type(resources, "AWS::Logs::LogGroup")
    assert [one["KmsKeyId"] for one in groups.values()] == [OUR_KEY] * len(TIMEOUTS_SECONDS)
    assert resources["Table"]["Properties"]["SSESpecification"]["KMSMasterKeyId"] == OUR_KEY
    assert template["Globals"]["Function"]["KmsKeyArn"] == OUR_KEY
    assert resources["DataKey"]["Properties"]["EnableKeyRotation"] is True


def test_every_setting_is_given_to_every_function(template: dict[str, Any]) -> None:
    given = template["Globals"]["Function"]["Environment"]["Variables"]
    wanted = {field.name for field in fields(Settings)} - SET_ELSEWHERE
    assert {name for name in wanted if name.upper() not in given} == set()
    without_default = {one.name for one in fields(Settings) if one.default is MISSING}
    assert without_default <= {name.lower() for name in given}


def test_no_secret_is_written_down(template: dict[str, Any]) -> None:
    text = json.dumps(template)
    assert [
        mark for mark in ("sk_live", "sk_test", "rk_", "whsec_", "BEGIN ") if mark in text
    ] == []


def test_importing_app_needs_no_environment_and_no_sdk() -> None:
    """Packaging imports it, and every cold start pays for what it imports."""
    heavy = ["stripe", "pynamodb", "botocore.session", "typst", "babel", "cryptography"]
    script = f"import app, sys; print([name for name in {heavy} if name in sys.modules])"
    done = subprocess.run(
        [sys.executable, "-c", script], cwd=ROOT, env={}, capture_output=True, text=True, check=True
    )
    assert done.stdout.strip() == "[]"
