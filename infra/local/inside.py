"""The deployed local stack from within this process: the adapters its Lambdas have, made here.

A function's own environment says where everything is, so nothing is configured twice. Sample data
and the demo call services through it; what a fact owes is still delivered by the stack's Lambdas.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from dataclasses import replace

from chalicelib import wiring
from chalicelib.adapters.aws import Clients
from chalicelib.adapters.secrets import Secrets
from chalicelib.config import Settings, settings_from
from chalicelib.ports import Ports
from infra.local.emulator import CREDENTIALS, REGION, make_client


def settings_inside(outputs: Mapping[str, str]) -> Settings:
    """As the API's function has them; only the address of AWS is this machine's."""
    functions = make_client("lambda", outputs["EmulatorUrl"])
    found = functions.get_function_configuration(FunctionName=outputs["APIHandlerName"])
    known = settings_from(found["Environment"]["Variables"])
    return replace(known, aws_endpoint_url=outputs["EmulatorUrl"], aws_region=REGION)


def ports_inside(outputs: Mapping[str, str]) -> Ports:
    """Every seam of the running stack, for services called in this process."""
    # PynamoDB signs with what the environment holds, whoever's keys those were.
    os.environ["AWS_ACCESS_KEY_ID"] = CREDENTIALS["aws_access_key_id"]
    os.environ["AWS_SECRET_ACCESS_KEY"] = CREDENTIALS["aws_secret_access_key"]
    os.environ["AWS_DEFAULT_REGION"] = REGION
    known = settings_inside(outputs)
    aws = Clients(region=REGION, endpoint_url=outputs["EmulatorUrl"], keys=CREDENTIALS)
    return wiring.ports_for(known, aws, Secrets(aws))
