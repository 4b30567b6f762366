"""Asking the effects worker: one call, given its whole time, with records the worker can read."""

from __future__ import annotations

import json
from collections.abc import Iterator
from io import BytesIO
from typing import Any

import pytest
from botocore.response import StreamingBody
from botocore.stub import Stubber

from chalicelib.adapters.aws import Clients
from chalicelib.adapters.deliverer import LambdaDeliverer, stream_record
from chalicelib.domain.facts import Subject
from chalicelib.entry import clock_of, fact_ref_of
from chalicelib.ports.answers import Unanswered
from chalicelib.ports.rows import FactRef
from infra.local.emulator import CREDENTIALS, REGION, ROOT

REFS = (
    FactRef("biz_1", Subject.INVOICE, "inv_1", "succeeded/pi_1"),
    FactRef("biz_1", Subject.CUSTOMER, "cus_1", "created"),
)


@pytest.fixture
def clients() -> Clients:
    return Clients(region=REGION, endpoint_url="http://127.0.0.1:9", keys=CREDENTIALS)


@pytest.fixture
def worker(clients: Clients) -> Iterator[Stubber]:
    with Stubber(clients("lambda")) as stubbed:
        yield stubbed
        stubbed.assert_no_pending_responses()


def asked(refs: tuple[FactRef, ...]) -> dict[str, Any]:
    return {
        "FunctionName": "effects",
        "InvocationType": "RequestResponse",
        "Payload": json.dumps({"Records": [stream_record(ref) for ref in refs]}).encode(),
    }


def answer(**fields: Any) -> dict[str, Any]:
    return {"StatusCode": 200, "Payload": StreamingBody(BytesIO(b"{}"), 2), **fields}


def test_the_worker_is_asked_for_all_at_once_and_waited_for(
    clients: Clients, worker: Stubber
) -> None:
    worker.add_response("invoke", answer(), asked(REFS))
    LambdaDeliverer(clients, "effects").deliver(REFS)


def test_nothing_to_deliver_is_no_call(clients: Clients, worker: Stubber) -> None:
    LambdaDeliverer(clients, "effects").deliver([])


def test_a_worker_that_broke_off_is_no_answer(clients: Clients, worker: Stubber) -> None:
    """Lambda answers 200 all the same, and says so beside it."""
    worker.add_response("invoke", answer(FunctionError="Unhandled"), asked(REFS))
    with pytest.raises(Unanswered):
        LambdaDeliverer(clients, "effects").deliver(REFS)


@pytest.mark.parametrize(
    ("code", "status"),
    [("TooManyRequestsException", 429), ("ServiceException", 500), ("EC2ThrottledException", 502)],
)
def test_a_busy_lambda_is_no_answer(
    clients: Clients, worker: Stubber, code: str, status: int
) -> None:
    worker.add_client_error("invoke", code, http_status_code=status)
    with pytest.raises(Unanswered):
        LambdaDeliverer(clients, "effects").deliver(REFS)


def test_the_worker_reads_from_our_record_what_we_meant() -> None:
    records = [stream_record(ref) for ref in REFS]
    assert tuple(fact_ref_of(record) for record in records) == REFS
    assert [clock_of(record) for record in records] == [None, None]  # asked for: due at once


def test_one_worker_is_waited_for_as_long_as_it_may_run() -> None:
    """A second one would find the leases of the first, do nothing, and look like success."""
    stage = json.loads((ROOT / ".chalice" / "config.json").read_text())["stages"]["prod"]
    longest = stage["lambda_functions"]["effects_worker"]["lambda_timeout"]
    config = Clients(region=REGION, keys=CREDENTIALS)("lambda").meta.config
    assert config.read_timeout > longest
    assert config.retries["total_max_attempts"] == 1
