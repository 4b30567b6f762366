"""What a PaymentIntent re-read from Stripe says about our payment: at most one new fact.

The one poster asks here. A webhook's body, a reply and a sweep never say what happened; they only
say that it is worth looking. A charge not yet known from an earlier try is this try's result, for
only one try is live at a time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.declines import Decline, DeclineClass
from chalicelib.domain.dunning import PAYER_SESSION
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.payment import Attempt, AttemptResult, Payment, PaymentStatus
from chalicelib.domain.policy import DunningPolicy
from chalicelib.domain.stripe_objects import (
    ChargeSeen,
    ChargeStatus,
    ConfirmAnswer,
    Confirmed,
    IntentSeen,
    IntentStatus,
)

# Stripe's codes for a method that is gone or was never usable: the customer has to enter one.
_METHOD_GONE = {
    "resource_missing",
    "payment_method_unactivated",
    "payment_method_unexpected_state",
    "payment_method_invalid_parameter",
    "payment_method_customer_decline",
    "bank_account_unverified",
}


def outcome_of(
    invoice: Invoice,
    payment: Payment,
    seen: IntentSeen,
    policy: DunningPolicy,
    now: datetime,
    answer: Confirmed | None = None,
) -> Any | None:
    """The fact that brings us level with Stripe, or None when we are.

    `answer` is what the confirm of the live try came back with, where this process made it.
    """
    match seen.status:
        case IntentStatus.SUCCEEDED:
            return _succeeded(payment, seen)
        case IntentStatus.CANCELED:
            if not payment.is_open:
                return None
            return facts.PaymentCancelled(payment.id, "Stripe shows the payment as cancelled.")
        case IntentStatus.PROCESSING:
            return _processing(payment, seen)
        case IntentStatus.REQUIRES_ACTION:
            return _requires_action(payment, seen, now)
        case _:
            return _not_paid(invoice, payment, seen, policy, answer)


def _succeeded(payment: Payment, seen: IntentSeen) -> Any | None:
    charge = seen.latest_charge
    if payment.status is PaymentStatus.PAID:
        if payment.fee is None and charge is not None and charge.fee is not None:
            return facts.FeePosted(payment.id, charge.id, charge.fee)
        return None
    last = payment.last_attempt
    return facts.ChargeSucceeded(
        payment_id=payment.id,
        number=last.number if last else None,
        intent_id=seen.id,
        charge_id=charge.id if charge else "",
        amount=seen.amount,
        fee=charge.fee if charge else None,
    )


def _processing(payment: Payment, seen: IntentSeen) -> Any | None:
    last = payment.last_attempt
    if last is None or not last.is_live or last.result is AttemptResult.PROCESSING:
        return None
    charge_id = seen.latest_charge.id if seen.latest_charge else None
    return facts.ChargeProcessing(payment.id, last.number, charge_id)


def _requires_action(payment: Payment, seen: IntentSeen, now: datetime) -> Any | None:
    last = payment.last_attempt
    if last is None or not last.is_live:
        return None
    if last.result is AttemptResult.ACTION_REQUIRED:
        left = now >= last.started_at + PAYER_SESSION
        return facts.AttemptNotExecuted(payment.id, last.number, facts.PAYER_LEFT) if left else None
    return facts.ActionRequired(payment.id, last.number, seen.action_url or "")


def _not_paid(
    invoice: Invoice,
    payment: Payment,
    seen: IntentSeen,
    policy: DunningPolicy,
    answer: Confirmed | None,
) -> Any | None:
    last = payment.last_attempt
    if last is None or not last.is_live:
        return None
    charge = _charge_of(payment, last, seen)
    decline = charge.decline if charge else None
    if decline is None:
        decline = _decline_without_charge(last, seen, answer)
    if decline is None:
        return None
    return facts.ChargeFailed(
        payment_id=payment.id,
        number=last.number,
        charge_id=charge.id if charge else None,
        decline=decline,
        policy=policy_begun(invoice, last, policy),
    )


def policy_begun(invoice: Invoice, failed: Attempt, policy: DunningPolicy) -> DunningPolicy | None:
    """A first failure begins the dunning, but not of a payment on account, and not before its day:
    who tries by hand ahead of the due date has not missed it."""
    early = invoice.charge_at is not None and failed.started_at < invoice.charge_at
    if invoice.dunning is not None or invoice.purpose is Purpose.ON_ACCOUNT or early:
        return None
    return policy


def _charge_of(payment: Payment, last: Attempt, seen: IntentSeen) -> ChargeSeen | None:
    """The failed charge of the live try: one that no earlier try has."""
    charge = seen.latest_charge
    if charge is None or charge.status is not ChargeStatus.FAILED:
        return None
    earlier = {one.charge_id for one in payment.attempts if one.number != last.number}
    return None if charge.id in earlier else charge


def _decline_without_charge(
    last: Attempt, seen: IntentSeen, answer: Confirmed | None
) -> Decline | None:
    """Some refusals leave no charge: then the reply says it, or the intent's last error."""
    if answer is not None and answer.answer is ConfirmAnswer.DECLINED:
        return answer.decline or Decline(DeclineClass.OPAQUE, code=answer.code)
    if answer is not None and answer.answer is ConfirmAnswer.REFUSED:
        gone = answer.code in _METHOD_GONE
        dead = DeclineClass.DEBIT_DEAD if _is_debit(last) else DeclineClass.FIX
        return Decline(dead if gone else DeclineClass.CHECK, code=answer.code)
    if last.result in {AttemptResult.PROCESSING, AttemptResult.ACTION_REQUIRED}:
        return seen.last_error
    return None


def _is_debit(attempt: Attempt) -> bool:
    return attempt.method_kind is MethodKind.US_BANK_ACCOUNT
