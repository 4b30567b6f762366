"""Every writing call to Stripe over HTTP, with each fault: at most one effect, and honest about it.

The SDK repeats by itself, so each fault comes once, which it survives or admits, and for good,
which is no answer. Whatever came, the same call made again does not do the same thing twice.
"""

from __future__ import annotations

import pytest

from chalicelib.adapters.stripe.calls import Operation
from chalicelib.adapters.stripe.gateway import StripeGateway
from chalicelib.adapters.stripe.pacing import Pacing
from chalicelib.adapters.stripe.sdk import REPEATS, SdkCalls
from chalicelib.ports.answers import Unanswered
from tests.adapters.test_stripe_gateway_http import ImpatientRequests, stage
from tests.adapters.wire_gateway_cases import GATEWAY, Ask, GatewayCase
from tests.contracts.gateway_stage import Stage

__all__ = ["stage"]

METHODS = pytest.mark.parametrize("case", GATEWAY.values(), ids=GATEWAY)
PASSING = ["drop_before", "timeout_before", "error_500_unstored", "html_502", "conflict"]
LOST = [
    "drop_after",
    "timeout_after",
    "html_502_after",
]  # the work is done, the answer is not heard
REFUSED = ["rate_limit", "lock_timeout", "unauthorized"]  # nothing is done, and it is said so
STORED = ["error_500_stored", "error_500_after"]  # replayed under the key for a day


def answers(ask: Ask) -> bool:
    """Unanswered is the only thing it may say but yes."""
    try:
        ask()
    except Unanswered:
        return False
    return True


@METHODS
@pytest.mark.parametrize("fault", [*PASSING, *LOST])
def test_a_fault_that_passes_is_got_over(stage: Stage, case: GatewayCase, fault: str) -> None:
    ask, effects = case.stage(stage)
    stage.core.faults.plan(fault, case.operation)
    before = len(effects())
    assert answers(ask)
    assert answers(ask)
    assert len(effects()) == before + 1
    assert stage.core.faults.injected == [(case.operation, fault)]


@METHODS
@pytest.mark.parametrize("fault", [*PASSING, *LOST, *REFUSED, *STORED])
def test_a_fault_that_stays_is_no_answer(stage: Stage, case: GatewayCase, fault: str) -> None:
    ask, effects = case.stage(stage)
    before = len(effects())
    if fault in LOST:  # it does its work once; then nothing gets through any more
        stage.core.faults.plan(fault, case.operation)
        stage.core.faults.plan("drop_before", case.operation, REPEATS)
    else:
        stage.core.faults.plan(fault, case.operation, 1 + REPEATS)
    assert not answers(ask)
    done = len(effects()) - before
    assert done == (1 if fault in {*LOST, "error_500_after"} else 0)
    stage.core.faults.clear()
    again = answers(ask)
    assert again is (fault not in STORED)
    assert len(effects()) - before == (done if fault in STORED else 1)


def impatient(stage: Stage) -> StripeGateway:
    """The same Stripe, asked by somebody who waits half a second for the answer."""
    calls = SdkCalls(
        lambda: "sk_test_contract",
        api_base=stage.core.state.options.base_url,
        pacing=Pacing(sleep=lambda _: None),
        http_client=ImpatientRequests(timeout=(3, 0.5)),
    )
    return StripeGateway(calls)


@METHODS
def test_an_answer_later_than_our_patience(stage: Stage, case: GatewayCase) -> None:
    """Meanwhile the key is in use; the repeats are told so, or hear what the first one did."""
    patient = stage.gateway
    ask, effects = case.stage(stage)
    before = len(effects())
    stage.core.faults.plan("slow_after", case.operation, seconds=1)
    stage.gateway = impatient(stage)
    answers(ask)
    assert stage.core.faults.injected == [(case.operation, "slow_after")]
    stage.gateway = patient
    assert answers(ask)
    assert len(effects()) == before + 1


def test_each_operation_is_one_that_we_make() -> None:
    assert {case.operation for case in GATEWAY.values()} <= {one.value for one in Operation}
