"""Reads the sample events in `events/`, and the context Lambda passes beside one."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

from infra.local.emulator import ROOT


@dataclass(frozen=True)
class LambdaContext:
    """What Powertools and Chalice read of a Lambda context."""

    function_name: str = "duecourse-test"
    memory_limit_in_mb: int = 512
    invoked_function_arn: str = "arn:aws:lambda:eu-west-1:123456789012:function:duecourse-test"
    aws_request_id: str = "3f1a7c1e-0000-4000-8000-000000000000"
    log_stream_name: str = "test"

    def get_remaining_time_in_millis(self) -> int:
        return 30_000


def sample_event(name: str) -> dict[str, Any]:
    event: dict[str, Any] = json.loads((ROOT / "events" / f"{name}.json").read_text())
    return event
