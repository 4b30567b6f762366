"""Every writing call to AWS beside the table, with each fault: never silently lost or doubled.

The answer is cut after the work, throttled, refused by a conflict, reset before it arrives, or
later than our patience. Only Unanswered may be said, and the same call again is harmless.
"""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from chalicelib.adapters.aws import Clients
from chalicelib.ports.answers import Unanswered
from infra.local.emulator import CREDENTIALS, REGION, Emulator
from tests.adapters.wire_cases import OUTSIDE, Ask, Bench, WireCase
from tests.microburst import Wire

pytestmark = pytest.mark.emulator
METHODS = pytest.mark.parametrize("case", OUTSIDE.values(), ids=OUTSIDE)
PATIENCE_SECONDS = 2


@pytest.fixture(scope="module")
def straight(emulator: Emulator) -> Clients:
    return Clients(region=REGION, endpoint_url=emulator.endpoint_url, keys=CREDENTIALS)


@pytest.fixture
def bench(emulator: Emulator, straight: Clients, tmp_path: Path) -> Bench:
    return Bench(emulator, straight, tmp_path)


@pytest.fixture(scope="module")
def patient(microburst: Wire) -> Clients:
    return Clients(region=REGION, endpoint_url=microburst.endpoint_url, keys=CREDENTIALS)


@pytest.fixture(scope="module")
def hasty(microburst: Wire) -> Clients:
    return Clients(
        region=REGION,
        endpoint_url=microburst.endpoint_url,
        read_seconds=PATIENCE_SECONDS,
        keys=CREDENTIALS,
    )


def rule(case: WireCase, **fault: Any) -> dict[str, Any]:
    return {"service": case.service, "operation": case.operation, "times": 1, **fault}


def refusal(code: str, status: int) -> dict[str, Any]:
    return {"code": code, "status": status, "message": "planned"}


def answered(ask: Ask, clients: Clients) -> bool:
    """Unanswered is the only thing it may say but yes."""
    try:
        ask(clients)
    except Unanswered:
        return False
    return True


def check(
    case: WireCase, bench: Bench, wire: Wire, fault: dict[str, Any], *, asked_by: Clients
) -> tuple[bool, int]:
    """Asked once with the fault and once without: whether the first was answered, what there is."""
    ask, count = case.stage(bench)
    wire.rules(rule(case, **fault))
    first = answered(ask, asked_by)
    assert wire.fired() == 1
    wire.rules()
    assert answered(ask, bench.straight)
    done = count()
    assert done == 1 if case.keeps_one else done >= 1
    return first, done


@METHODS
def test_an_answer_lost_after_the_work(
    case: WireCase, bench: Bench, wire: Wire, patient: Clients, hasty: Clients
) -> None:
    """S3's answer has no body whose loss could be seen, so there one is announced and never comes.
    At most one effect for each ask, or for each try of a port whose receivers expect repeats."""
    fault: dict[str, Any] = {"abort_bytes": 0}
    clients = patient
    if case.service == "s3":
        fault, clients = {"set_headers": {"Content-Length": "10"}}, hasty
    first, done = check(case, bench, wire, {"response": fault}, asked_by=clients)
    assert first is case.repeats
    assert done <= (3 if case.repeats else 2)


@METHODS
def test_throttled(case: WireCase, bench: Bench, wire: Wire, patient: Clients) -> None:
    fault = {"error": refusal(*case.throttle)}
    first, done = check(case, bench, wire, fault, asked_by=patient)
    assert first is case.repeats
    assert done == (2 if case.repeats and not case.keeps_one else 1)


@METHODS
def test_a_conflict(case: WireCase, bench: Bench, wire: Wire, patient: Clients) -> None:
    """Where AWS has none for the call, a server error."""
    fault = {"error": refusal(*case.conflict)}
    first, done = check(case, bench, wire, fault, asked_by=patient)
    assert first is case.conflict_is_got_over
    assert done == (2 if case.conflict_is_got_over and not case.keeps_one else 1)


@METHODS
def test_a_connection_reset_before_anything_was_done(
    case: WireCase, bench: Bench, wire: Wire, patient: Clients
) -> None:
    first, done = check(case, bench, wire, {"reset": True}, asked_by=patient)
    assert first is case.repeats
    assert done == (2 if case.repeats and not case.keeps_one else 1)


@METHODS
def test_an_answer_later_than_our_patience(
    case: WireCase, bench: Bench, wire: Wire, hasty: Clients
) -> None:
    """On a busy machine the repeats may be too late as well; then it says so."""
    late = {"latency": 1500 * PATIENCE_SECONDS}
    first, done = check(case, bench, wire, late, asked_by=hasty)
    assert case.repeats or not first
    assert done <= 4
