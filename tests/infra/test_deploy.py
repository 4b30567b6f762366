"""Deploying the same calls to AWS or the emulator: create, update, nothing to do, refused."""

from __future__ import annotations

import zipfile
from pathlib import Path
from typing import Any

import pytest

from infra.build import Package
from infra.deploy import DeployError, deploy, deploy_reachable, describe, with_code
from infra.local.emulator import Emulator
from infra.local.local_stack import local_target

pytestmark = pytest.mark.emulator


def tiny(folder: Path, **resources: Any) -> Package:
    """A package with one queue, quick to deploy."""
    archive = folder / "deployment.zip"
    with zipfile.ZipFile(archive, "w") as out:
        out.writestr("app.py", "")
    template = {
        "Parameters": {"PublicUrl": {"Type": "String", "Default": ""}, "Name": {"Type": "String"}},
        "Resources": {
            "Queue": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": {"Ref": "Name"}}},
            **resources,
        },
        "Outputs": {
            "EndpointURL": {"Value": "https://example.com/api/"},
            "QueueName": {"Value": {"Fn::GetAtt": ["Queue", "QueueName"]}},
        },
    }
    return Package(template, archive, folder)


def test_code_is_placed_in_every_function() -> None:
    function = {"Type": "AWS::Serverless::Function", "Properties": {"CodeUri": "./x.zip"}}
    template = {"Resources": {"A": function, "Q": {"Type": "AWS::SQS::Queue"}}}
    placed = with_code(template, "bucket", "key")
    assert placed["Resources"]["A"]["Properties"]["CodeUri"] == {"Bucket": "bucket", "Key": "key"}
    assert function["Properties"] == {"CodeUri": "./x.zip"}


def test_a_stack_is_created_then_updated_then_left_alone(
    emulator: Emulator, tmp_path: Path
) -> None:
    target, package = local_target(emulator), tiny(tmp_path)
    assert deploy(target, "created", package, {"Name": "one"})["QueueName"] == "one"
    assert deploy(target, "created", package, {"Name": "two"})["QueueName"] == "two"
    assert deploy(target, "created", package, {})["QueueName"] == "two"


def test_a_stack_is_told_its_address_unless_it_has_one(emulator: Emulator, tmp_path: Path) -> None:
    target, package = local_target(emulator), tiny(tmp_path)
    deploy_reachable(target, "reachable", package, {"Name": "three"})
    assert public_url(emulator, "reachable") == "https://example.com/api"
    deploy_reachable(target, "reachable", package, {"PublicUrl": "https://pay.example.com"})
    deploy_reachable(target, "reachable", package, {})
    assert public_url(emulator, "reachable") == "https://pay.example.com"


def public_url(emulator: Emulator, stack: str) -> str:
    found = describe(local_target(emulator), stack) or {}
    values = {one["ParameterKey"]: one["ParameterValue"] for one in found["Parameters"]}
    url: str = values["PublicUrl"]
    return url


def test_a_parameter_nobody_knows_is_refused(emulator: Emulator, tmp_path: Path) -> None:
    with pytest.raises(DeployError, match="no parameter Nmae"):
        deploy(local_target(emulator), "refused", tiny(tmp_path), {"Nmae": "x"})


def test_a_refusal_says_why(emulator: Emulator, tmp_path: Path) -> None:
    unknown = {"Type": "AWS::Nothing::Known", "Properties": {}}
    with pytest.raises(DeployError, match="AWS::Nothing::Known"):
        deploy(local_target(emulator), "unknown", tiny(tmp_path, It=unknown), {"Name": "four"})


def test_a_failure_names_the_resource_and_the_reason(emulator: Emulator, tmp_path: Path) -> None:
    emulator.clients("ssm").put_parameter(Name="/taken", Value="x", Type="String")
    properties = {"Name": "/taken", "Type": "String", "Value": "y"}
    taken = {"Type": "AWS::SSM::Parameter", "Properties": properties}
    with pytest.raises(DeployError, match=r"It: .*AlreadyExists"):
        deploy(local_target(emulator), "failed", tiny(tmp_path, It=taken), {"Name": "five"})
