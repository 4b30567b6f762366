"""What a PaymentIntent as Stripe shows it means for our payment: at most one new fact."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.declines import Decline, DeclineClass
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.outcome import outcome_of
from chalicelib.domain.payment import AttemptResult, Payment, PaymentStatus
from chalicelib.domain.policy import STANDARD
from chalicelib.domain.stripe_objects import (
    ChargeSeen,
    ChargeStatus,
    ConfirmAnswer,
    Confirmed,
    IntentSeen,
    IntentStatus,
)
from tests.domain.samples import (
    NOON,
    after,
    attempt,
    bank,
    bounded,
    declined,
    dunned,
    failed,
    payment,
    pending,
)

PI, R, Q = IntentStatus, AttemptResult, ConfirmAnswer
FUNDS = declined("insufficient_funds")


def seen(status: IntentStatus, charge: ChargeSeen | None = None, **changes: Any) -> IntentSeen:
    made = IntentSeen("pi_1", status, 8900, "USD", NOON, latest_charge=charge)
    return replace(made, **changes)


def charged(status: ChargeStatus, charge_id: str = "ch_1", **changes: Any) -> ChargeSeen:
    return replace(ChargeSeen(charge_id, status, 8900, NOON), **changes)


def of(
    status: IntentSeen,
    paid_for: Payment,
    *,
    answer: Confirmed | None = None,
    now: datetime = NOON,
    invoice: Invoice | None = None,
) -> Any:
    around = invoice or pending(payments=(paid_for,))
    return outcome_of(around, paid_for, status, STANDARD, now, answer)


def live(result: AttemptResult = R.STARTED, **changes: Any) -> Payment:
    return payment(attempt(result=result, **changes))


GOOD = charged(ChargeStatus.SUCCEEDED, fee=288)
BAD = charged(ChargeStatus.FAILED, decline=FUNDS)


@pytest.mark.parametrize("result", [R.STARTED, R.UNKNOWN, R.PROCESSING, R.ACTION_REQUIRED])
def test_a_success_is_posted_whatever_we_believed(result: AttemptResult) -> None:
    found = of(seen(PI.SUCCEEDED, GOOD), live(result))
    assert found == facts.ChargeSucceeded("pay_1_1", 1, "pi_1", "ch_1", 8900, 288)


@pytest.mark.parametrize("status", [PaymentStatus.CANCELLED, PaymentStatus.FAILED])
def test_a_success_is_posted_on_a_payment_we_had_closed(status: PaymentStatus) -> None:
    assert isinstance(
        of(seen(PI.SUCCEEDED, GOOD), payment(attempt(result=R.FAILED), status=status)),
        facts.ChargeSucceeded,
    )


def test_a_success_without_a_fee_and_the_fee_later() -> None:
    bare = replace(GOOD, fee=None)
    found = of(seen(PI.SUCCEEDED, bare), live())
    assert (found.kind, found.fee) == ("charge_succeeded", None)
    paid = payment(status=PaymentStatus.PAID)
    assert of(seen(PI.SUCCEEDED, bare), paid) is None
    assert of(seen(PI.SUCCEEDED, GOOD), paid) == facts.FeePosted("pay_1_1", "ch_1", 288)
    assert of(seen(PI.SUCCEEDED, GOOD), replace(paid, fee=288)) is None


def test_a_failure_of_the_live_try() -> None:
    found = of(seen(PI.REQUIRES_PAYMENT_METHOD, BAD), live())
    assert found == facts.ChargeFailed("pay_1_1", 1, "ch_1", FUNDS, STANDARD)
    again = of(seen(PI.REQUIRES_PAYMENT_METHOD, BAD), live(), invoice=dunned())
    assert again.policy is None  # the sequence runs already


@pytest.mark.parametrize(
    ("changes", "begins"),
    [
        ({"charge_at": NOON}, True),
        ({"charge_at": after(seconds=1)}, False),  # tried by hand, ahead of its day
        ({"charge_at": None}, True),
        ({"purpose": Purpose.INSTALMENT}, True),
        ({"purpose": Purpose.ON_ACCOUNT}, False),
    ],
)
def test_a_first_failure_begins_the_dunning_of_what_was_due(
    changes: dict[str, Any], *, begins: bool
) -> None:
    invoice = pending(payments=(live(),), **changes)
    found = of(seen(PI.REQUIRES_PAYMENT_METHOD, BAD), live(), invoice=invoice)
    assert found.policy == (STANDARD if begins else None)


def test_the_failed_charge_of_an_earlier_try_says_nothing_of_this_one() -> None:
    both = payment(failed(charge_id="ch_1"), attempt(2))
    assert of(seen(PI.REQUIRES_PAYMENT_METHOD, BAD), both) is None
    newer = charged(ChargeStatus.FAILED, "ch_2", decline=FUNDS)
    assert of(seen(PI.REQUIRES_PAYMENT_METHOD, newer), both).number == 2


@pytest.mark.parametrize("result", [R.FAILED, R.SUCCEEDED, R.NOT_EXECUTED])
def test_a_late_failure_after_a_result_is_ignored(result: AttemptResult) -> None:
    assert of(seen(PI.REQUIRES_PAYMENT_METHOD, BAD), payment(attempt(result=result))) is None
    assert of(seen(PI.REQUIRES_PAYMENT_METHOD), payment()) is None


def test_no_trace_of_a_try_is_no_news() -> None:
    assert of(seen(PI.REQUIRES_PAYMENT_METHOD), live()) is None
    assert of(seen(PI.REQUIRES_CONFIRMATION), live(R.UNKNOWN)) is None


@pytest.mark.parametrize(
    ("answer", "kind"),
    [
        (Confirmed(Q.DECLINED, "card_declined", FUNDS), DeclineClass.FUNDS),
        (Confirmed(Q.DECLINED, "odd"), DeclineClass.OPAQUE),
        (Confirmed(Q.REFUSED, "resource_missing"), DeclineClass.FIX),
        (Confirmed(Q.REFUSED, "payment_method_unactivated"), DeclineClass.FIX),
        (Confirmed(Q.REFUSED, "parameter_invalid"), DeclineClass.CHECK),
    ],
)
def test_a_refusal_that_leaves_no_charge(answer: Confirmed, kind: DeclineClass) -> None:
    found = of(seen(PI.REQUIRES_PAYMENT_METHOD), live(), answer=answer)
    assert (found.charge_id, found.decline.decline_class) == (None, kind)


def test_a_bank_account_that_is_gone() -> None:
    gone = Confirmed(Q.REFUSED, "resource_missing")
    debit = payment(attempt(method=bank()))
    found = of(seen(PI.REQUIRES_PAYMENT_METHOD), debit, answer=gone)
    assert found.decline.decline_class is DeclineClass.DEBIT_DEAD


@pytest.mark.parametrize("answer", [Q.ACCEPTED, Q.UNKNOWN, Q.UNEXPECTED_STATE, Q.NOT_NOW])
def test_an_answer_that_proves_nothing(answer: ConfirmAnswer) -> None:
    assert of(seen(PI.REQUIRES_PAYMENT_METHOD), live(), answer=Confirmed(answer)) is None


@pytest.mark.parametrize("result", [R.PROCESSING, R.ACTION_REQUIRED])
def test_a_failed_authentication_or_debit_without_a_charge(result: AttemptResult) -> None:
    error = Decline(DeclineClass.AUTH, code="payment_intent_authentication_failure")
    found = of(seen(PI.REQUIRES_PAYMENT_METHOD, last_error=error), live(result))
    assert found.decline == error
    assert of(seen(PI.REQUIRES_PAYMENT_METHOD, last_error=error), live(R.UNKNOWN)) is None


def test_a_debit_on_its_way_is_told_once() -> None:
    moving = charged(ChargeStatus.PENDING, "py_1")
    assert of(seen(PI.PROCESSING, moving), live()) == facts.ChargeProcessing("pay_1_1", 1, "py_1")
    assert of(seen(PI.PROCESSING, moving), live(R.PROCESSING)) is None
    assert of(seen(PI.PROCESSING, moving), payment(failed())) is None


def test_three_d_secure() -> None:
    away = seen(PI.REQUIRES_ACTION, action_url="https://bank.example")
    assert of(away, live()) == facts.ActionRequired("pay_1_1", 1, "https://bank.example")
    waiting = live(R.ACTION_REQUIRED)
    assert of(away, waiting, now=after(minutes=29)) is None
    assert of(away, waiting, now=after(minutes=30)) == facts.AttemptNotExecuted(
        "pay_1_1", 1, "payer_left"
    )
    assert of(away, payment(failed())) is None


def test_cancelled_at_stripe() -> None:
    found = of(seen(PI.CANCELED), live())
    assert found.kind == "payment_cancelled"
    for status in (PaymentStatus.PAID, PaymentStatus.CANCELLED):
        assert of(seen(PI.CANCELED), payment(status=status)) is None


charges = st.sampled_from([None, GOOD, BAD, charged(ChargeStatus.PENDING)])
payments = st.builds(
    payment,
    st.builds(attempt, result=st.sampled_from(AttemptResult)),
    status=st.sampled_from(PaymentStatus),
)


@bounded
@given(
    status=st.sampled_from(IntentStatus),
    charge=charges,
    paid_for=payments,
    answer=st.none() | st.builds(Confirmed, st.sampled_from(ConfirmAnswer)),
)
def test_money_is_posted_only_where_stripe_shows_it(
    status: IntentStatus, charge: ChargeSeen | None, paid_for: Payment, answer: Confirmed | None
) -> None:
    found = of(seen(status, charge), paid_for, answer=answer)
    if isinstance(found, facts.ChargeSucceeded):
        assert status is PI.SUCCEEDED
        assert paid_for.status is not PaymentStatus.PAID
    elif found is not None and not isinstance(found, facts.FeePosted | facts.PaymentCancelled):
        assert paid_for.attempts[0].is_live
    if status is PI.SUCCEEDED:
        assert not isinstance(found, facts.ChargeFailed)
