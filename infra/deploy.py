"""Uploads a package and creates or updates the CloudFormation stack that runs it.

The same calls deploy to AWS and to the emulator; only the endpoint differs. Code and template are
stored under their own hash, so an unchanged one is neither uploaded nor deployed again.

    python -m infra.deploy --stack duecourse --parameter MailSender=billing@example.com
"""

from __future__ import annotations

import argparse
import copy
import hashlib
import json
import os
import sys
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from botocore.exceptions import ClientError, WaiterError

from infra.build import AWS, Package, build

Clients = Callable[[str], Any]
CAPABILITIES = ["CAPABILITY_IAM", "CAPABILITY_AUTO_EXPAND"]
ALARMING = ("CREATE_FAILED", "UPDATE_FAILED", "DELETE_FAILED")


class DeployError(RuntimeError):
    """CloudFormation refused the stack; the message holds its reasons."""


@dataclass(frozen=True)
class Target:
    """Where to deploy: a factory of clients, and the region they speak to."""

    clients: Clients
    region: str
    endpoint_url: str | None = None

    def object_url(self, bucket: str, key: str) -> str:
        if self.endpoint_url:
            return f"{self.endpoint_url}/{bucket}/{key}"
        return f"https://{bucket}.s3.{self.region}.amazonaws.com/{key}"


def aws_target() -> Target:
    """AWS, or whatever AWS_ENDPOINT_URL names, with the caller's own credentials."""
    import botocore.session

    session = botocore.session.get_session()
    region = session.get_config_variable("region")
    if not region:
        raise DeployError("no region: set AWS_DEFAULT_REGION")
    endpoint_url = os.environ.get("AWS_ENDPOINT_URL") or None

    def clients(name: str) -> Any:
        return session.create_client(name, region_name=region, endpoint_url=endpoint_url)

    return Target(clients=clients, region=region, endpoint_url=endpoint_url)


def artifact_bucket(target: Target, stack: str) -> str:
    """The private bucket code and templates wait in, made at the first deployment."""
    account = target.clients("sts").get_caller_identity()["Account"]
    name = f"{stack}-artifacts-{account}-{target.region}"
    s3 = target.clients("s3")
    try:
        s3.head_bucket(Bucket=name)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchBucket"}:
            raise
        where = {} if target.region == "us-east-1" else {"LocationConstraint": target.region}
        s3.create_bucket(Bucket=name, **({"CreateBucketConfiguration": where} if where else {}))
        s3.put_public_access_block(
            Bucket=name,
            PublicAccessBlockConfiguration={
                "BlockPublicAcls": True,
                "BlockPublicPolicy": True,
                "IgnorePublicAcls": True,
                "RestrictPublicBuckets": True,
            },
        )
    return name


def upload_once(target: Target, bucket: str, body: bytes, suffix: str) -> str:
    """Put the bytes under their hash, unless they are there."""
    key = f"{hashlib.sha256(body).hexdigest()}{suffix}"
    s3 = target.clients("s3")
    try:
        s3.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["Error"]["Code"] not in {"404", "NoSuchKey"}:
            raise
        s3.put_object(Bucket=bucket, Key=key, Body=body)
    return key


def with_code(template: dict[str, Any], bucket: str, key: str) -> dict[str, Any]:
    """The template, its functions running the uploaded zip."""
    located = copy.deepcopy(template)
    for resource in located["Resources"].values():
        if resource["Type"] == "AWS::Serverless::Function":
            resource["Properties"]["CodeUri"] = {"Bucket": bucket, "Key": key}
    return located


def deploy(
    target: Target, stack: str, package: Package, parameters: Mapping[str, str]
) -> dict[str, str]:
    """Create or update the stack, wait for it, and return its outputs."""
    bucket = artifact_bucket(target, stack)
    code_key = upload_once(target, bucket, package.archive.read_bytes(), ".zip")
    template = json.dumps(with_code(package.template, bucket, code_key)).encode()
    template_key = upload_once(target, bucket, template, ".json")
    url = target.object_url(bucket, template_key)
    return apply_stack(target, stack, url, _all_parameters(target, stack, package, parameters))


def _all_parameters(
    target: Target, stack: str, package: Package, given: Mapping[str, str]
) -> list[dict[str, Any]]:
    """Those given, and for a stack that exists the values the others have now."""
    unknown = set(given) - set(package.template["Parameters"])
    if unknown:
        raise DeployError(f"the template has no parameter {', '.join(sorted(unknown))}")
    current = describe(target, stack)
    known = {one["ParameterKey"] for one in (current or {}).get("Parameters", [])}
    kept = sorted((known & set(package.template["Parameters"])) - set(given))
    return [{"ParameterKey": key, "ParameterValue": value} for key, value in given.items()] + [
        {"ParameterKey": key, "UsePreviousValue": True} for key in kept
    ]


def describe(target: Target, stack: str) -> dict[str, Any] | None:
    try:
        answer = target.clients("cloudformation").describe_stacks(StackName=stack)
    except ClientError as error:
        if "does not exist" in error.response["Error"]["Message"]:
            return None
        raise
    found: dict[str, Any] = answer["Stacks"][0]
    return found


def apply_stack(
    target: Target, stack: str, template_url: str, parameters: list[dict[str, Any]]
) -> dict[str, str]:
    cloudformation = target.clients("cloudformation")
    exists = describe(target, stack) is not None
    act = cloudformation.update_stack if exists else cloudformation.create_stack
    try:
        act(
            StackName=stack,
            TemplateURL=template_url,
            Parameters=parameters,
            Capabilities=CAPABILITIES,
        )
        waiter = "stack_update_complete" if exists else "stack_create_complete"
        delay = 1 if target.endpoint_url else 10
        cloudformation.get_waiter(waiter).wait(
            StackName=stack, WaiterConfig={"Delay": delay, "MaxAttempts": 180}
        )
    except WaiterError:
        raise DeployError(_reasons(cloudformation, stack)) from None
    except ClientError as error:
        reason = error.response["Error"]["Message"]
        if "No updates are to be performed" not in reason:
            raise DeployError(reason) from error
    found = describe(target, stack) or {}
    return {one["OutputKey"]: one["OutputValue"] for one in found.get("Outputs", [])}


def _reasons(cloudformation: Any, stack: str) -> str:
    events = cloudformation.describe_stack_events(StackName=stack)["StackEvents"]
    return "\n".join(
        f"{event['LogicalResourceId']}: {event.get('ResourceStatusReason', '')}"
        for event in events
        if event["ResourceStatus"] in ALARMING
    )


def deploy_reachable(
    target: Target, stack: str, package: Package, parameters: Mapping[str, str], url: str = ""
) -> dict[str, str]:
    """Deploy; if nobody said where customers reach it, tell the stack its own address and again."""
    outputs = deploy(target, stack, package, parameters)
    stored = {
        one["ParameterKey"]: one.get("ParameterValue", "")
        for one in (describe(target, stack) or {}).get("Parameters", [])
    }
    if not stored.get("PublicUrl"):
        public = url.format(**outputs) or outputs["EndpointURL"].rstrip("/")
        outputs = deploy(target, stack, package, {"PublicUrl": public})
    return outputs


def main() -> None:
    reader = argparse.ArgumentParser(description=__doc__)
    reader.add_argument("--stack", default="duecourse")
    reader.add_argument("--parameter", action="append", default=[], metavar="NAME=VALUE")
    given = reader.parse_args()
    parameters = dict(one.split("=", 1) for one in given.parameter)
    outputs = deploy_reachable(aws_target(), given.stack, build(AWS), parameters)
    Path("out/outputs.json").write_text(json.dumps(outputs, indent=1))
    for key, value in sorted(outputs.items()):
        print(f"{key:28} {value}")


if __name__ == "__main__":
    try:
        main()
    except DeployError as refused:
        sys.exit(f"deploy: {refused}")
