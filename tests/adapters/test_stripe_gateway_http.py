"""The gateway contract once more, over real HTTP: the SDK's own client and a loopback server."""

from __future__ import annotations

import threading
from collections.abc import Iterator

import pytest
import stripe

from chalicelib.adapters.stripe.gateway import StripeGateway
from chalicelib.adapters.stripe.pacing import Pacing
from chalicelib.adapters.stripe.sdk import REPEATS, SdkCalls
from infra.local.fake_stripe import FakeStripe
from infra.local.fake_stripe.server import FakeStripeServer
from tests.contracts.gateway_stage import START, Stage
from tests.contracts.gateway_suite import GatewaySuite


class ImpatientRequests(stripe.RequestsClient):
    """Repeats as the SDK does, without its half second in between."""

    def _sleep_time_seconds(self, num_retries: int) -> float:
        return 0.0


@pytest.fixture
def stage() -> Iterator[Stage]:
    core = FakeStripe(lambda: int(START.timestamp()))
    server = FakeStripeServer(core)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    calls = SdkCalls(
        lambda: "sk_test_contract",
        api_base=server.url,
        pacing=Pacing(sleep=lambda _: None),
        http_client=ImpatientRequests(timeout=(3, 5)),
    )
    yield Stage(StripeGateway(calls), core, repeats=REPEATS)
    server.shutdown()
    server.server_close()
    thread.join()


class TestGateway(GatewaySuite):
    pass
