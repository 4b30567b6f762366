"""The one poster: re-read a PaymentIntent from Stripe and append what it says, exactly once.

Reply, webhook, sweep, portal and reconciliation all end here. The body of an event is never used.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.domain.customer import MethodState
from chalicelib.domain.declines import Decline, DeclineClass, blocks_method
from chalicelib.domain.facts import STRIPE, Actor
from chalicelib.domain.invoice_facts import ChargeFailed
from chalicelib.domain.outcome import outcome_of
from chalicelib.domain.party_facts import MethodJudged
from chalicelib.domain.payment import Payment
from chalicelib.domain.record import on_party
from chalicelib.domain.stripe_objects import Confirmed
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services import after_payment
from chalicelib.services.case import Case, again_when_stale, open_case, record


def post_outcome(
    ports: Ports,
    business_id: str,
    invoice_id: str,
    payment_id: str,
    *,
    actor: Actor = STRIPE,
    disputed: bool = False,
) -> bool:
    """Bring one payment level with Stripe. True when something was learnt.

    Raises Unanswered when Stripe cannot be read; nothing is changed then.
    """

    def once() -> bool:
        case = open_case(ports, business_id, invoice_id)
        return post_in(ports, case, payment_id, actor=actor, disputed=disputed)

    return again_when_stale(once)


def post_in(
    ports: Ports,
    case: Case,
    payment_id: str,
    *,
    answer: Confirmed | None = None,
    actor: Actor = STRIPE,
    disputed: bool = False,
) -> bool:
    """The same for a case in hand. `answer` is what the confirm of its live try came back with.

    Raises StaleHead or FactExists when the case is no longer the present one.
    """
    payment = case.invoice.payment(payment_id)
    if payment is None or payment.intent_id is None:
        return False
    seen = ports.gateway.read_intent(case.account, payment.intent_id)
    payload = outcome_of(case.invoice, payment, seen, case.policy, case.now, answer)
    if payload is not None:
        case = record_outcome(ports, case, payment, payload, actor=actor)
    moved = after_payment.post_refunds_and_disputes(
        ports, case, payment_id, seen, disputed=disputed
    )
    if payload is not None and case.invoice.live_attempt is None and case.invoice.disputes:
        after_payment.post_waiting_verdicts(ports, case.business.id, case.invoice.id)
    return payload is not None or moved


def record_outcome(
    ports: Ports,
    case: Case,
    payment: Payment,
    payload: Any,
    *,
    actor: Actor = STRIPE,
    why: str = "Read from Stripe.",
) -> Case:
    """What became of the payment's last try, and what it says of the card."""
    case, judged = _judge_method(case, payment, payload)
    return record(ports, case, payload, actor=actor, why=why, also=judged)


def _judge_method(case: Case, payment: Payment, payload: Any) -> tuple[Case, list[Change]]:
    """A dead or wrong card is dead or wrong for every invoice: the customer's record says so."""
    if not isinstance(payload, ChargeFailed) or not blocks_method(payload.decline):
        return case, []
    attempt = payment.last_attempt
    method = case.customer.method(attempt.method_id) if attempt else None
    if attempt is None or method is None or method.state is not MethodState.USABLE:
        return case, []
    judged = MethodJudged(
        method_id=method.id,
        state=_state_of(payload.decline),
        invoice_id=case.invoice.id,
        payment_id=payment.id,
        number=attempt.number,
    )
    customer, fact = on_party(case.customer, judged, at=case.now, actor=STRIPE)
    return replace(case, customer=customer), [Change(customer, fact)]


def _state_of(decline: Decline) -> MethodState:
    return MethodState.FIX if decline.decline_class is DeclineClass.FIX else MethodState.DEAD
