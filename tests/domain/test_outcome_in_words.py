"""What a re-read PaymentIntent says where there is little to read: no try, no charge, no page."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.declines import Decline, DeclineClass
from chalicelib.domain.outcome import outcome_of
from chalicelib.domain.payment import Payment
from chalicelib.domain.policy import STANDARD
from chalicelib.domain.stripe_objects import (
    ChargeSeen,
    ChargeStatus,
    ConfirmAnswer,
    Confirmed,
    IntentSeen,
    IntentStatus,
)
from tests.domain.samples import NOON, attempt, payment, pending

SEEN = IntentSeen("pi_1", IntentStatus.SUCCEEDED, 8900, "USD", NOON)
PAID = ChargeSeen("ch_1", ChargeStatus.SUCCEEDED, 8900, NOON, fee=288)


def of(seen: IntentSeen, paid_for: Payment, answer: Confirmed | None = None) -> Any:
    return outcome_of(pending(payments=(paid_for,)), paid_for, seen, STANDARD, NOON, answer)


def test_money_without_a_try_of_ours_is_posted_too() -> None:
    """Somebody confirmed the PaymentIntent in Stripe's dashboard."""
    found = of(replace(SEEN, latest_charge=PAID), payment())
    assert found == facts.ChargeSucceeded("pay_1_1", None, "pi_1", "ch_1", 8900, 288)


def test_money_without_a_charge_to_show_is_posted_under_the_intent() -> None:
    found = of(SEEN, payment(attempt()))
    assert found == facts.ChargeSucceeded("pay_1_1", 1, "pi_1", "", 8900, None)


def test_a_payment_cancelled_at_stripe_says_by_whom() -> None:
    found = of(replace(SEEN, status=IntentStatus.CANCELED), payment(attempt()))
    assert found == facts.PaymentCancelled("pay_1_1", "Stripe shows the payment as cancelled.")


def test_a_payer_who_must_act_without_a_page_has_none() -> None:
    found = of(replace(SEEN, status=IntentStatus.REQUIRES_ACTION), payment(attempt()))
    assert found == facts.ActionRequired("pay_1_1", 1, "")


@pytest.mark.parametrize(
    ("answer", "decline"),
    [
        (
            Confirmed(ConfirmAnswer.DECLINED, "card_declined"),
            Decline(DeclineClass.OPAQUE, code="card_declined"),
        ),
        (
            Confirmed(ConfirmAnswer.REFUSED, "parameter_invalid"),
            Decline(DeclineClass.CHECK, code="parameter_invalid"),
        ),
        (
            Confirmed(ConfirmAnswer.REFUSED, "resource_missing"),
            Decline(DeclineClass.FIX, code="resource_missing"),
        ),
    ],
)
def test_a_refusal_without_a_charge_keeps_stripes_code(answer: Confirmed, decline: Decline) -> None:
    seen = replace(SEEN, status=IntentStatus.REQUIRES_PAYMENT_METHOD)
    found = of(seen, payment(attempt()), answer)
    assert found == facts.ChargeFailed("pay_1_1", 1, None, decline, STANDARD)
