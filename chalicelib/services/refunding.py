"""Refunds: asked for here, sent by a worker, and made level with what Stripe shows.

The request is written first. Before Stripe is asked, and asked again, the charge's refunds are
read: ours carries our id in its metadata, longer than Stripe keeps an Idempotency-Key.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from chalicelib.domain import keys, money
from chalicelib.domain.dates import local_date
from chalicelib.domain.desk import refunds
from chalicelib.domain.dispute import DisputeState
from chalicelib.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from chalicelib.domain.facts import STRIPE, SYSTEM, Actor, ActorKind
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.party_facts import CreditMoved
from chalicelib.domain.payment import Payment
from chalicelib.domain.record import on_party
from chalicelib.domain.refund import Refund, RefundStatus
from chalicelib.domain.stripe_objects import RefundSeen
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, again_when_stale, open_case, record

_GONE = {"failed", "canceled"}
_ON_ITS_WAY = {"pending", "requires_action"}
_WAITS = {
    False: "Stripe waits until the balance there is high enough.",
    True: "Stripe asks the payer where the money should go.",
}


def request_refund(
    ports: Ports,
    business_id: str,
    invoice_id: str,
    *,
    refund_id: str,
    payment_id: str,
    amount: int,
    reason: str,
    actor: Actor,
    from_credit: bool = False,
) -> Refund:
    """Ask for a refund of a payment, Stripe's or external; a worker sends it.

    Above the business's limit a second person has to agree first. The same id again is the same
    refund. Raises Conflict where none may be made now, InvalidInput for more than is left.
    """

    def once() -> Refund:
        case = open_case(ports, business_id, invoice_id)
        known = case.invoice.refund(refund_id)
        if known is not None:
            return known
        _check(case, payment_id, amount, from_credit=from_credit)
        asked = Refund(
            id=refund_id,
            payment_id=payment_id,
            amount=amount,
            reason=reason,
            requested_at=case.now,
            requested_by=_name_of(actor),
            status=_first_status(case, payment_id, amount),
            from_credit=from_credit,
        )
        also: list[Change] = []
        if from_credit:
            why = "Set aside to be paid out."
            case, also = _credit_moved(case, refund_id, -amount, why, actor)
        try:
            record(ports, case, refunds.RefundRequested(asked), actor=actor, why=reason, also=also)
        except FactExists:
            return read_refund(ports, business_id, invoice_id, refund_id)
        return asked

    return again_when_stale(once)


def read_refund(ports: Ports, business_id: str, invoice_id: str, refund_id: str) -> Refund:
    """Raises NotFound when the invoice has no such refund."""
    return _known(ports.store.invoice(business_id, invoice_id), refund_id)


def approve_refund(
    ports: Ports, business_id: str, invoice_id: str, refund_id: str, *, actor: Actor
) -> Refund:
    """A second person agrees: the worker sends it. Raises NotAllowed for who asked for it."""

    def once() -> Refund:
        case = open_case(ports, business_id, invoice_id)
        refund = _known(case.invoice, refund_id)
        if refund.decided_by == _name_of(actor) and refund.status is not RefundStatus.REJECTED:
            return refund
        _check_decision(refund, actor)
        _check_undisputed(case.invoice, refund.payment_id)
        if refund.from_credit and case.customer.credit < 0:
            words = "Money behind this credit has bounced since, so it is not there: reject it."
            raise Conflict("credit_too_small", words)
        approved = refunds.RefundApproved(refund_id, _name_of(actor))
        return _known(record(ports, case, approved, actor=actor).invoice, refund_id)

    return again_when_stale(once)


def reject_refund(
    ports: Ports, business_id: str, invoice_id: str, refund_id: str, *, actor: Actor, reason: str
) -> Refund:
    """It is not made; credit that was set aside for it is free again."""

    def once() -> Refund:
        case = open_case(ports, business_id, invoice_id)
        refund = _known(case.invoice, refund_id)
        if refund.decided_by == _name_of(actor) and refund.status is RefundStatus.REJECTED:
            return refund
        _check_awaits(refund)
        rejected = refunds.RefundRejected(refund_id, _name_of(actor), reason)
        case, also = credit_returned(case, rejected)
        after = record(ports, case, rejected, actor=actor, why=reason, also=also)
        return _known(after.invoice, refund_id)

    return again_when_stale(once)


# --------------------------------------------------------------------------------- the worker


def send_refunds(ports: Ports, business_id: str, invoice_id: str) -> bool:
    """Send what has been asked for and agreed to. Safe to run again, and beside itself.

    Raises Unanswered when Stripe does not answer: what became of it is looked up next time. After a
    restore nothing is sent until the business is level, and False is the answer: what it asks for
    may have been made.
    """
    if ports.store.business(business_id).is_held:
        return False
    wanted = ports.store.invoice(business_id, invoice_id).refunds
    ready = [one for one in wanted if one.status is RefundStatus.REQUESTED]
    for refund in ready:
        _send(ports, business_id, invoice_id, refund)
    return True


def _send(ports: Ports, business_id: str, invoice_id: str, refund: Refund) -> None:
    case = open_case(ports, business_id, invoice_id)
    payment = case.invoice.payment(refund.payment_id)
    if payment is None:
        paid_on = local_date(case.now, case.business.zone)
        paid = refunds.ExternalRefundPaid(refund.id, refund.amount, paid_on)
        _note(ports, business_id, invoice_id, refund.id, paid)
        return
    assert payment.charge_id is not None, "only a payment that brought money is refunded"
    seen = _found(ports, case, payment, refund)
    if seen is None:
        try:
            seen = _ask(ports, case, payment, refund)
        except Conflict as refusal:
            dropped = refunds.RefundDropped(refund.id, refusal.code, refusal.detail)
            _note(ports, business_id, invoice_id, refund.id, dropped)
            return
    for payload in _facts_of_one(case.invoice, payment, seen):
        _note(ports, business_id, invoice_id, refund.id, payload)


def _found(ports: Ports, case: Case, payment: Payment, refund: Refund) -> RefundSeen | None:
    assert payment.charge_id is not None
    made = ports.gateway.refunds_of(case.account, payment.charge_id)
    return next((one for one in made if one.request_id == refund.id), None)


def _ask(ports: Ports, case: Case, payment: Payment, refund: Refund) -> RefundSeen:
    """Raises Conflict where Stripe refuses, or a dispute has been opened meanwhile."""
    _check_undisputed(case.invoice, payment.id)
    assert payment.charge_id is not None
    return ports.gateway.refund(
        case.account,
        charge_id=payment.charge_id,
        amount=refund.amount,
        currency=case.invoice.currency,
        reason=refund.reason,
        refund_id=refund.id,
        key=keys.refund(case.business.id, refund.id),
    )


def _note(ports: Ports, business_id: str, invoice_id: str, refund_id: str, payload: Any) -> None:
    """What became of the refund, unless somebody else has noted it."""

    def once() -> None:
        case = open_case(ports, business_id, invoice_id)
        refund = case.invoice.refund(refund_id)
        if refund is None or not refund.is_undecided or is_old(case.invoice, payload):
            return
        case, also = credit_returned(case, payload)
        record(ports, case, payload, why="Read from Stripe.", also=also)

    again_when_stale(once)


# ------------------------------------------------------------------------- level with Stripe


def is_waiting(invoice: Invoice, payment_id: str) -> bool:
    """Whether a refund of ours may have ended at Stripe without the charge showing it."""
    asked = {RefundStatus.PENDING, RefundStatus.REQUESTED, RefundStatus.IN_TRANSIT}
    return any(one.payment_id == payment_id and one.status in asked for one in invoice.refunds)


def is_old(invoice: Invoice, payload: Any) -> bool:
    """Whether the refund has come further than the payload says."""
    if isinstance(payload, refunds.RefundSettled):
        return not _is_in_transit(invoice, refunds.name_of(payload))
    if not isinstance(payload, refunds.RefundSent | refunds.RefundDropped):
        return False
    refund = invoice.refund(payload.request_id)
    sent = isinstance(payload, refunds.RefundSent)
    again = sent and refund is not None and refund.status is RefundStatus.PENDING
    return refund is None or not refund.is_undecided or again


def facts_of(invoice: Invoice, payment: Payment, seen: Iterable[RefundSeen]) -> Iterator[Any]:
    """What the charge's refunds say, ours and those of Stripe's dashboard."""
    for one in seen:
        yield from _facts_of_one(invoice, payment, one)


def _facts_of_one(invoice: Invoice, payment: Payment, seen: RefundSeen) -> Iterator[Any]:
    known = invoice.refund(seen.request_id) if seen.request_id else None
    name = known.id if known else ""
    if seen.moved:
        in_transit = seen.status in _ON_ITS_WAY
        yield refunds.Refunded(payment.id, seen.id, seen.moved, name, in_transit=in_transit)
        if seen.returned:
            yield refunds.RefundFailed(payment.id, seen.id, seen.returned, name)
        elif not in_transit and _is_in_transit(invoice, name or seen.id):
            yield refunds.RefundSettled(seen.id, name)
    elif known is not None and known.is_undecided:
        if seen.status in _GONE:
            yield refunds.RefundDropped(name, f"refund_{seen.status}", "It failed at Stripe.")
        else:
            yield refunds.RefundSent(name, seen.id, _WAITS[seen.status == "requires_action"])


def _is_in_transit(invoice: Invoice, name: str) -> bool:
    known = invoice.refund(name)
    return known is not None and known.status is RefundStatus.IN_TRANSIT


def judged(invoice: Invoice, payload: Any) -> Any:
    """A refund of Stripe's dashboard lowers what was sold, as far as something is sold; what was
    credited before, or never was a price, it pays out of the customer's credit."""
    if not isinstance(payload, refunds.Refunded) or payload.request_id:
        return payload
    sold = refunds.amount_sold(invoice) if invoice.purpose is Purpose.INVOICE else 0
    return replace(payload, credit_part=max(payload.amount - sold, 0))


def credit_returned(case: Case, payload: Any) -> tuple[Case, list[Change]]:
    """Credit set aside for a refund that will not be made is the customer's again; what the
    dashboard gave back of it is gone."""
    name = refunds.name_of(payload)
    match payload:
        case refunds.Refunded(credit_part=part) if part:
            return _credit_moved(case, name, -part, refunds.DASHBOARD, STRIPE)
        case refunds.RefundFailed():
            part = refunds.credit_part(case.invoice, payload)
        case refunds.RefundRejected() | refunds.RefundDropped():
            refund = _known(case.invoice, name)
            part = refund.amount if refund.from_credit else 0
        case _:
            return case, []
    if not part:
        return case, []
    return _credit_moved(case, f"{name}/{payload.kind}", part, "It was not paid out.", SYSTEM)


def _credit_moved(
    case: Case, source: str, added: int, reason: str, actor: Actor
) -> tuple[Case, list[Change]]:
    moved = CreditMoved(source, added, (), reason)
    customer, fact = on_party(case.customer, moved, at=case.now, actor=actor, why=reason)
    return replace(case, customer=customer), [Change(customer, fact)]


# ------------------------------------------------------------------------------------- checks


def _name_of(actor: Actor) -> str:
    return actor.id or actor.kind.value


def _known(invoice: Invoice, refund_id: str) -> Refund:
    refund = invoice.refund(refund_id)
    if refund is None:
        raise NotFound("refund_not_found", "The invoice has no such refund.")
    return refund


def _first_status(case: Case, payment_id: str, amount: int) -> RefundStatus:
    """Several small refunds of one payment count together, so a limit is not got round."""
    limit = case.business.refund_approval_above
    so_far = refunds.amount_given_back(case.invoice, payment_id)
    if limit is not None and so_far + amount > limit:
        return RefundStatus.AWAITING_APPROVAL
    return RefundStatus.REQUESTED


def _check(case: Case, payment_id: str, amount: int, *, from_credit: bool) -> None:
    invoice = case.invoice
    if invoice.payment(payment_id) is None and invoice.external_payment(payment_id) is None:
        raise NotFound("payment_not_found", "The invoice has no such payment.")
    if invoice.purpose is not Purpose.INVOICE and not from_credit:
        words = (
            "This payment became the customer's credit: take it back from the invoices it paid, "
            "then refund it with from_credit."
        )
        raise Conflict("refund_from_credit", words)
    _check_undisputed(invoice, payment_id)
    if invoice.payment(payment_id) is not None:
        money.to_stripe(amount, invoice.currency)
    left = refunds.amount_refundable(invoice, payment_id)
    if left == 0:
        words = "Nothing of this payment can be refunded: it brought nothing, or all went back."
        raise Conflict("nothing_to_refund", words)
    if not 0 < amount <= left:
        most = money.decimal_text(left, invoice.currency)
        words = f"Between 0 and {most} {invoice.currency} of this payment can be refunded."
        raise InvalidInput("refund_too_large", words)
    if not from_credit:
        _check_sold(invoice, amount)
    if from_credit and amount > case.customer.credit:
        most = money.decimal_text(max(case.customer.credit, 0), invoice.currency)
        words = f"The customer has {most} {invoice.currency} of unapplied credit."
        raise Conflict("credit_too_small", words)


def _check_sold(invoice: Invoice, amount: int) -> None:
    """What was credited or withdrawn is the customer's credit: given back as the price of something
    too, it would be given twice."""
    sold = refunds.amount_sold(invoice)
    if amount > sold:
        most = money.decimal_text(sold, invoice.currency)
        words = (
            f"Only {most} {invoice.currency} of this invoice is not yet credited or refunded. What "
            "was credited is the customer's credit: refund that with from_credit."
        )
        raise Conflict("refund_from_credit", words)


def _check_undisputed(invoice: Invoice, payment_id: str) -> None:
    payment = invoice.payment(payment_id)
    if payment is None or not payment.disputed:
        return
    marks = [one.state for one in invoice.disputes if one.payment_id == payment_id]
    words = "The payer disputes this payment: its bank decides, so nothing may be refunded."
    if DisputeState.OPEN not in marks:
        words = (
            "A dispute of this payment was lost, so Stripe refunds nothing more of it. Issue a "
            "credit note instead, and pay that credit out past Stripe."
        )
    raise Conflict("charge_disputed", words)


def _check_awaits(refund: Refund) -> None:
    if refund.status is not RefundStatus.AWAITING_APPROVAL:
        raise Conflict("refund_decided", f"The refund is {refund.status.value} already.")


def _check_decision(refund: Refund, actor: Actor) -> None:
    _check_awaits(refund)
    if actor.kind is not ActorKind.STAFF or refund.requested_by == _name_of(actor):
        words = "Who asked for a refund of this size cannot agree to it: a second person has to."
        raise NotAllowed("approver_is_requester", words)
