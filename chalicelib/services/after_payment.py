"""What may still happen to a payment that succeeded: refunds, refunds that fail, disputes.

Made through us or in Stripe's dashboard, they are all found on the charge and posted by the id of
Stripe's object, so a second look posts nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain import keys
from chalicelib.domain.desk import disputed as rules
from chalicelib.domain.dispute import DisputeState
from chalicelib.domain.facts import STRIPE, Subject
from chalicelib.domain.party_facts import CreditMoved
from chalicelib.domain.payment import Payment
from chalicelib.domain.record import on_party
from chalicelib.domain.stripe_objects import DisputeSeen, IntentSeen, IntentStatus
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services import disputing, refunding
from chalicelib.services.case import Case, again_when_stale, open_case, record


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
    decided = [_decide(ports, business_id, invoice_id, dispute) for dispute in disputes]
    followed = [disputing.follow(ports, business_id, dispute) for dispute in disputes]
    return bool(news) or any(decided) or any(followed)


def post_waiting_verdicts(ports: Ports, business_id: str, invoice_id: str) -> bool:
    """A try has ended: what was won back of an earlier payment beside it can be posted now."""
    invoice = ports.store.invoice(business_id, invoice_id)
    lost = {one.payment_id for one in invoice.disputes if one.state is DisputeState.LOST}
    learnt = False
    for payment in invoice.payments:
        if payment.id not in lost or payment.intent_id is None:
            continue
        case = open_case(ports, business_id, invoice_id)
        seen = ports.gateway.read_intent(case.account, payment.intent_id)
        learnt |= post_refunds_and_disputes(ports, case, payment.id, seen, disputed=True)
    return learnt


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
        news = refunding.judged(case.invoice, payload)
        case, also = refunding.credit_returned(case, news)
        if isinstance(news, facts.DisputeOpened):
            (seen,) = (one for one in disputes if one.id == news.dispute_id)
            also = [*also, *disputing.first_record(ports, case, news.payment_id, seen)]
        record(ports, case, news, actor=STRIPE, why="Read from Stripe.", also=also)

    again_when_stale(once)


def _dispute_facts(payment: Payment, disputes: list[DisputeSeen]) -> Iterator[Any]:
    for dispute in disputes:
        yield facts.DisputeOpened(
            payment.id, dispute.id, dispute.amount, dispute.reason, dispute.due_by
        )
        for transaction_id, amount, fee in dispute.moved:
            yield facts.DisputeFundsMoved(payment.id, dispute.id, transaction_id, amount, fee)


def _decide(ports: Ports, business_id: str, invoice_id: str, seen: DisputeSeen) -> bool:
    """The bank's verdict, and an appeal's that turns it round. True when there was one.

    What turns round a verdict on record is read after that record: `seen` may be older than it.
    """
    decided = False

    def once() -> bool:
        nonlocal decided
        case = open_case(ports, business_id, invoice_id)
        mark, latest = case.invoice.dispute(seen.id), seen
        if mark is None or _verdict(case, latest) is None:
            return False
        if mark.state is not DisputeState.OPEN:
            latest = ports.gateway.read_dispute(case.account, seen.id)
        payload = _verdict(case, latest)
        if payload is None:
            return False
        if isinstance(payload, facts.DisputeRegained):
            closed = _close_open_payment(ports, case)
            if closed is None:
                return False
            case = closed
        also = _credit_taken(case, payload)
        record(ports, case, payload, actor=STRIPE, why="Read from Stripe.", also=also)
        decided = True
        return True

    while again_when_stale(once):
        pass
    return decided


def _credit_taken(case: Case, payload: Any) -> list[Change]:
    """A withdrawn invoice owes nothing again: what its payment had become, the customer's credit,
    is less. What comes back of it is paid too much there, and so credit by itself."""
    if not isinstance(payload, facts.DisputeClosed) or not case.invoice.is_withdrawn:
        return []
    lost = rules.disputed_amount(case.invoice, payload)
    if not lost:
        return []
    why = f"A payment of invoice {case.invoice.shown_number} was taken back by the payer's bank."
    moved = CreditMoved(f"{payload.dispute_id}/{payload.verdict}", -lost, (), why)
    return [Change(*on_party(case.customer, moved, at=case.now, actor=STRIPE, why=why))]


def _verdict(case: Case, seen: DisputeSeen) -> Any:
    moved = [amount for _, amount, _ in seen.moved]
    return rules.verdict(case.invoice, seen.id, seen.status, moved)


def _close_open_payment(ports: Ports, case: Case) -> Case | None:
    """Close before switch: what was won back pays the invoice, so no charge may go on beside it.

    None where a charge has succeeded or is under way: when that has ended it is looked at again.
    """
    payment = case.invoice.open_payment
    if payment is None:
        return case
    if payment.intent_id is not None:
        key = keys.cancel(case.business.id, payment.id)
        seen = ports.gateway.cancel_intent(case.account, payment.intent_id, key=key)
        if seen.status is not IntentStatus.CANCELED:
            return None
    why = "A dispute was won after all: the invoice is paid by it."
    return record(ports, case, facts.PaymentCancelled(payment.id, why), why=why)
