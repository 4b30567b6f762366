"""What may still happen to a payment that succeeded: refunds, refunds that fail, disputes.

Made through us or in Stripe's dashboard, they are all found on the charge and posted by the id of
Stripe's object, so a second look posts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.facts import STRIPE, Subject
from chalicelib.domain.payment import Payment
from chalicelib.domain.stripe_objects import DisputeSeen, IntentSeen
from chalicelib.ports import Ports
from chalicelib.services import disputing, refunding
from chalicelib.services.case import Case, again_when_stale, open_case, record

_CLOSED = {"won": True, "lost": False, "warning_closed": True, "prevented": True}


def post_refunds_and_disputes(
    ports: Ports, case: Case, payment_id: str, seen: IntentSeen, *, disputed: bool = False
) -> bool:
    """Append what the charge shows and we do not know. True when something was learnt.

    `disputed`: an event says so. An inquiry moves no money, and the charge does not show it.
    """
    business_id, invoice_id = case.business.id, case.invoice.id
    payment, charge = case.invoice.payment(payment_id), seen.latest_charge
    if payment is None or charge is None or payment.paid_at is None:
        return False
    shown = charge.amount_refunded or charge.disputed or disputed
    waiting = refunding.is_waiting(case.invoice, payment_id)
    if not (shown or payment.amount_refunded or payment.disputed or waiting):
        return False
    refunds = ports.gateway.refunds_of(case.account, charge.id)
    disputes = ports.gateway.disputes_of(case.account, charge.id)
    wanted = [
        *refunding.facts_of(case.invoice, payment, refunds),
        *_dispute_facts(payment, disputes),
    ]
    if not wanted:
        return False
    known = {fact.key for fact in ports.store.facts(business_id, Subject.INVOICE, invoice_id)}
    news = [payload for payload in wanted if payload.key(0) not in known]
    for payload in news:
        _append(ports, business_id, invoice_id, payload, disputes)
    followed = [disputing.follow(ports, business_id, dispute) for dispute in disputes]
    return bool(news) or any(followed)


def _append(
    ports: Ports, business_id: str, invoice_id: str, payload: Any, disputes: list[DisputeSeen]
) -> None:
    """Again when overtaken, unless it was overtaken by this very fact."""

    def once() -> None:
        known = ports.store.facts(business_id, Subject.INVOICE, invoice_id)
        if payload.key(0) in {fact.key for fact in known}:
            return
        case = open_case(ports, business_id, invoice_id)
        if refunding.is_old(case.invoice, payload):
            return
        case, also = refunding.credit_returned(case, payload)
        if isinstance(payload, facts.DisputeOpened):
            (seen,) = (one for one in disputes if one.id == payload.dispute_id)
            also = [*also, disputing.first_record(case, payload.payment_id, seen)]
        record(ports, case, payload, actor=STRIPE, why="Read from Stripe.", also=also)

    again_when_stale(once)


def _dispute_facts(payment: Payment, disputes: list[DisputeSeen]) -> Iterator[Any]:
    for dispute in disputes:
        yield facts.DisputeOpened(
            payment.id, dispute.id, dispute.amount, dispute.reason, dispute.due_by
        )
        for transaction_id, amount, fee in dispute.moved:
            yield facts.DisputeFundsMoved(payment.id, dispute.id, transaction_id, amount, fee)
        if dispute.status in _CLOSED:
            yield facts.DisputeClosed(payment.id, dispute.id, _CLOSED[dispute.status])
