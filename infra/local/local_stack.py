"""Deploys to the emulator, and the few ways in which the emulator must be met half-way.

Each change to the template is here with its reason; everything else is deployed as it is on AWS,
policies included, and the emulator enforces them.
"""

from __future__ import annotations

import copy
from dataclasses import replace
from typing import Any

from infra.build import HERE, Package, build
from infra.deploy import Target, deploy_reachable
from infra.local.emulator import REGION, Emulator

STACK = "duecourse"
MAIL_IDENTITY = "duecourse.test"
MAIL_SENDER = "billing@duecourse.test"
PUBLIC_URL = "{endpoint}/_aws/execute-api/{{RestAPIId}}/api"


def met_half_way(package: Package) -> Package:
    template = copy.deepcopy(package.template)
    # Dependencies beside the zip: the emulator would unzip 180 MB for each worker it starts.
    variables = template["Globals"]["Function"]["Environment"]["Variables"]
    variables["PYTHONPATH"] = str(package.dependencies)
    # The emulator checks Scheduler rights against the group `default`, whatever the group,
    group = "arn:aws:scheduler:${AWS::Region}:${AWS::AccountId}:schedule/default/*"
    _widen(template, "scheduler:CreateSchedule", {"Fn::Sub": group})
    # and a raw mail against no identity at all.
    _widen(template, "ses:SendRawEmail", "*")
    _allow_plain_http(template)
    return replace(package, template=template)


def _widen(template: dict[str, Any], action: str, resource: Any) -> None:
    role = template["Resources"]["EffectsWorkerRole"]["Properties"]
    for statement in role["Policies"][0]["PolicyDocument"]["Statement"]:
        if action in statement["Action"]:
            statement["Resource"].append(resource)


def _allow_plain_http(template: dict[str, Any]) -> None:
    """There is no TLS on 127.0.0.1."""
    policy = template["Resources"]["DocumentsPolicy"]["Properties"]["PolicyDocument"]
    policy["Statement"] = [one for one in policy["Statement"] if one["Sid"] != "OnlyOverTls"]


def local_target(emulator: Emulator) -> Target:
    return Target(clients=emulator.clients, region=REGION, endpoint_url=emulator.endpoint_url)


def deploy_here(emulator: Emulator, parameters: dict[str, str]) -> dict[str, str]:
    """The whole stack on the emulator; its outputs, and the address it answers at."""
    emulator.clients("ses").verify_domain_identity(Domain=MAIL_IDENTITY)
    emulator.clients("ses").verify_email_identity(EmailAddress=MAIL_SENDER)
    outputs = deploy_reachable(
        local_target(emulator),
        STACK,
        met_half_way(build(HERE)),
        {"MailIdentity": MAIL_IDENTITY, "MailSender": MAIL_SENDER, **parameters},
        PUBLIC_URL.format(endpoint=emulator.endpoint_url),
    )
    return outputs | {"PublicUrl": public_url(emulator, outputs)}


def public_url(emulator: Emulator, outputs: dict[str, str]) -> str:
    return PUBLIC_URL.format(endpoint=emulator.endpoint_url).format(**outputs)
