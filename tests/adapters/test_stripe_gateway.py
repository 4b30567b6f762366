"""The gateway contract: the SDK without a socket, and the core behind the simulation.

Over HTTP the same contract runs in test_stripe_gateway_http.py.
"""

from __future__ import annotations

import pytest

from chalicelib.adapters.stripe.gateway import StripeGateway
from chalicelib.adapters.stripe.pacing import Pacing
from chalicelib.adapters.stripe.sdk import REPEATS, SdkCalls
from infra.local.fake_stripe import FakeStripe
from infra.local.fake_stripe.client import FakeClient
from tests.contracts.gateway_stage import START, Stage
from tests.contracts.gateway_suite import GatewaySuite
from tests.fakes.stripe_gateway import DirectGateway


class ImpatientClient(FakeClient):
    """Repeats as the SDK does, without its half second in between."""

    def _sleep_time_seconds(self, num_retries: int) -> float:
        return 0.0


def over_the_sdk() -> Stage:
    core = FakeStripe(lambda: int(START.timestamp()), checked=True)
    calls = SdkCalls(
        lambda: "sk_test_contract",
        pacing=Pacing(sleep=lambda _: None),
        http_client=ImpatientClient(core),
    )
    return Stage(StripeGateway(calls), core, repeats=REPEATS)


def over_the_core() -> Stage:
    core = FakeStripe(lambda: int(START.timestamp()))
    return Stage(DirectGateway(core), core)


@pytest.fixture(params=[over_the_sdk, over_the_core], ids=["sdk", "core"])
def stage(request: pytest.FixtureRequest) -> Stage:
    made: Stage = request.param()
    return made


class TestGateway(GatewaySuite):
    pass
