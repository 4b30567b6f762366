"""What the stack tells the code: names, addresses and limits, read once from the environment.

Reading is lazy, so that importing `app.py` needs no environment (packaging imports it). Secrets are
not here: the environment holds only the names under which Secrets Manager keeps them.
"""

from __future__ import annotations

import os
from dataclasses import MISSING, dataclass, fields
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class MissingSettingError(RuntimeError):
    """The environment lacks a variable the stack should have set; a deployment fault."""

    code = "setting_missing"


@dataclass(frozen=True, kw_only=True, slots=True)
class Settings:
    """One field per variable, named like it in lower case; see Globals in infra/resources.yaml."""

    table_name: str
    documents_bucket: str
    dunning_queue_url: str
    dunning_queue_arn: str
    stripe_events_queue_url: str
    billing_queue_url: str
    timer_group: str
    timer_role_arn: str
    timer_dead_letters_arn: str
    event_bus_name: str
    stripe_key_secret: str
    stripe_webhook_secrets_secret: str
    link_secret_secret: str
    api_secret_secret: str
    mail_sender: str
    staff_issuer: str
    staff_client_id: str
    public_url: str
    # Empty means: the real thing.
    stripe_api_base: str = ""
    staff_pool_id: str = ""  # empty: staff sign in at an issuer that is not this stack's
    staff_jwks_url: str = ""
    aws_endpoint_url: str = ""
    aws_region: str = ""
    # Only the sweep and the billing worker have it: the worker they hand effects to.
    effects_function_name: str = ""


def settings_from(environment: Mapping[str, str]) -> Settings:
    """Settings from the variables given; a required one that is absent or empty is named."""
    values = {field.name: environment.get(field.name.upper(), "") for field in fields(Settings)}
    missing = [
        field.name.upper()
        for field in fields(Settings)
        if field.default is MISSING and not values[field.name]
    ]
    if missing:
        raise MissingSettingError(f"the environment lacks {', '.join(missing)}")
    return Settings(**values)


@cache
def settings() -> Settings:
    return settings_from(os.environ)
