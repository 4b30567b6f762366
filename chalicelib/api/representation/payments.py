"""Payments and their attempts on the wire."""

from __future__ import annotations

from datetime import datetime

from chalicelib.api.representation.fields import View
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.declines import Decline, DeclineClass
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment import (
    Allocation,
    Attempt,
    AttemptResult,
    Payment,
    PaymentStatus,
    Trigger,
)


class DeclineView(View):
    """The class decides what follows. Raw codes are null for roles that do not act on them."""

    decline_class: DeclineClass
    code: str | None
    decline_code: str | None
    advice_code: str | None
    network_advice_code: str | None
    network_decline_code: str | None
    outcome_reason: str | None


class AttemptView(View):
    """One try. `reason` says why then; `slot` is the retry of the dunning policy it used up."""

    payment_id: str
    number: int
    trigger: Trigger
    slot: int | None
    reason: str
    started_at: datetime
    resolved_at: datetime | None
    result: AttemptResult
    payment_method_id: str
    payment_method_kind: MethodKind
    brand: str
    last4: str
    charge_id: str | None
    decline: DeclineView | None


class PaymentView(View):
    """`fee` is null until Stripe has told it. `fraud_warning_id`: the card's bank has warned."""

    id: str
    invoice_id: str
    amount: int
    currency: str
    status: PaymentStatus
    allocations: tuple[Allocation, ...]
    opened_at: datetime
    paid_at: datetime | None
    stripe_payment_intent_id: str | None
    charge_id: str | None
    fee: int | None
    amount_refunded: int
    disputed: bool
    fraud_warning_id: str | None
    attempts: tuple[AttemptView, ...]


class PaymentList(View):
    """All of an invoice's, in the order they were opened."""

    data: tuple[PaymentView, ...]


def payment_view(invoice: Invoice, payment: Payment, *, codes: bool) -> PaymentView:
    warnings = [one.id for one in invoice.fraud_warnings if one.payment_id == payment.id]
    return PaymentView(
        id=payment.id,
        invoice_id=invoice.id,
        amount=payment.amount,
        currency=invoice.currency,
        status=payment.status,
        allocations=payment.allocations,
        opened_at=payment.opened_at,
        paid_at=payment.paid_at,
        stripe_payment_intent_id=payment.intent_id,
        charge_id=payment.charge_id,
        fee=payment.fee,
        amount_refunded=payment.amount_refunded,
        disputed=payment.disputed,
        fraud_warning_id=warnings[0] if warnings else None,
        attempts=tuple(attempt_view(payment.id, one, codes=codes) for one in payment.attempts),
    )


def attempt_view(payment_id: str, attempt: Attempt, *, codes: bool) -> AttemptView:
    return AttemptView(
        payment_id=payment_id,
        number=attempt.number,
        trigger=attempt.trigger,
        slot=attempt.slot,
        reason=attempt.reason,
        started_at=attempt.started_at,
        resolved_at=attempt.resolved_at,
        result=attempt.result,
        payment_method_id=attempt.method_id,
        payment_method_kind=attempt.method_kind,
        brand=attempt.brand,
        last4=attempt.last4,
        charge_id=attempt.charge_id,
        decline=decline_view(attempt.decline, codes=codes) if attempt.decline else None,
    )


def decline_view(decline: Decline, *, codes: bool) -> DeclineView:
    def shown(value: str) -> str | None:
        return value if codes and value else None

    return DeclineView(
        decline_class=decline.decline_class,
        code=shown(decline.code),
        decline_code=shown(decline.decline_code),
        advice_code=shown(decline.advice_code),
        network_advice_code=shown(decline.network_advice_code),
        network_decline_code=shown(decline.network_decline_code),
        outcome_reason=shown(decline.outcome_reason),
    )
