"""Refunds: asked for and, above the business's limit, agreed to by a second person; then sent.

What left Stripe's balance is posted by `Refunded`, found on the charge, wherever it was made. A
refund lowers what was sold and reopens no debt; one `from_credit` pays out the customer's unapplied
credit, which is set aside when it is asked for.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from chalicelib.domain.desk.external_payments import with_external
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice_changes import known_payment, with_payment
from chalicelib.domain.ledger import Leg, legs
from chalicelib.domain.owed import Audience, event, mail, staff, work
from chalicelib.domain.refund import Refund, RefundStatus

DASHBOARD = "Made in Stripe's dashboard."
SENT_BACK = "The payer's bank sent the money back."


@dataclass(frozen=True, slots=True)
class RefundRequested:
    """Written before Stripe is asked: amount, payment and id are frozen."""

    kind: ClassVar[str] = "refund_requested"
    refund: Refund

    def key(self, seq: int) -> str:
        return f"refund_requested/{self.refund.id}"


@dataclass(frozen=True, slots=True)
class RefundApproved:
    """`by` is somebody else than who asked."""

    kind: ClassVar[str] = "refund_approved"
    request_id: str
    by: str

    def key(self, seq: int) -> str:
        return f"refund_approved/{self.request_id}"


@dataclass(frozen=True, slots=True)
class RefundRejected:
    kind: ClassVar[str] = "refund_rejected"
    request_id: str
    by: str
    reason: str

    def key(self, seq: int) -> str:
        return f"refund_rejected/{self.request_id}"


@dataclass(frozen=True, slots=True)
class RefundSent:
    """Stripe has taken it, but no money has moved yet; `waits_for` says why, in words."""

    kind: ClassVar[str] = "refund_sent"
    request_id: str
    refund_id: str
    waits_for: str = ""

    def key(self, seq: int) -> str:
        return f"refund_sent/{self.request_id}"


@dataclass(frozen=True, slots=True)
class RefundDropped:
    """No money moved and none will: Stripe refused it, or it failed before it left."""

    kind: ClassVar[str] = "refund_dropped"
    request_id: str
    code: str
    reason: str

    def key(self, seq: int) -> str:
        return f"refund_dropped/{self.request_id}"


@dataclass(frozen=True, slots=True)
class Refunded:
    """What left our Stripe balance for a refund of ours or one made in Stripe's dashboard.

    `credit_part`: what one of the dashboard gave back of the customer's credit.
    `in_transit`: a bank debit's refund takes days, and may still fail.
    """

    kind: ClassVar[str] = "refunded"
    payment_id: str
    refund_id: str
    amount: int
    request_id: str = ""
    credit_part: int = 0
    in_transit: bool = False

    def key(self, seq: int) -> str:
        return f"refunded/{self.refund_id}"


@dataclass(frozen=True, slots=True)
class RefundSettled:
    """One that was in transit has arrived, as Stripe says."""

    kind: ClassVar[str] = "refund_settled"
    refund_id: str
    request_id: str = ""

    def key(self, seq: int) -> str:
        return f"refund_settled/{self.refund_id}"


@dataclass(frozen=True, slots=True)
class RefundFailed:
    """The refund came back to our balance."""

    kind: ClassVar[str] = "refund_failed"
    payment_id: str
    refund_id: str
    amount: int
    request_id: str = ""

    def key(self, seq: int) -> str:
        return f"refund_failed/{self.refund_id}"


@dataclass(frozen=True, slots=True)
class ExternalRefundPaid:
    """Given back by us, past Stripe, to whoever had paid us past Stripe."""

    kind: ClassVar[str] = "external_refund_paid"
    request_id: str
    amount: int
    paid_on: date

    def key(self, seq: int) -> str:
        return f"external_refund/{self.request_id}"


PAYLOADS: tuple[type, ...] = (
    RefundRequested, RefundApproved, RefundRejected, RefundSent, RefundDropped, Refunded,
    RefundSettled, RefundFailed, ExternalRefundPaid,
)  # fmt: skip
_S = RefundStatus


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    match payload:
        case RefundRequested(refund=refund):
            return replace(invoice, refunds=(*invoice.refunds, refund))
        case RefundApproved(request_id=request_id, by=by):
            return _with(
                invoice, request_id, status=_S.REQUESTED, decided_by=by, decided_at=fact.at
            )
        case RefundRejected(request_id=request_id, by=by, reason=reason):
            decided = {"decided_by": by, "decided_at": fact.at, "failure": reason}
            return _with(invoice, request_id, status=_S.REJECTED, **decided)
        case RefundSent(request_id=request_id, refund_id=refund_id, waits_for=waits_for):
            sent = {"stripe_refund_id": refund_id, "waits_for": waits_for}
            return _with(invoice, request_id, status=_S.PENDING, **sent)
        case RefundDropped(request_id=request_id, reason=reason):
            return _with(invoice, request_id, status=_S.FAILED, failure=reason, waits_for="")
        case RefundSettled():
            return _with(invoice, name_of(payload), status=_S.SUCCEEDED)
        case Refunded():
            return _moved(_noted(invoice, payload, fact), payload.payment_id, payload.amount)
        case RefundFailed():
            failed = _with(invoice, name_of(payload), status=_S.FAILED, failure=SENT_BACK)
            return _moved(failed, payload.payment_id, -payload.amount)
        case ExternalRefundPaid(request_id=request_id, amount=amount):
            return _paid_past_stripe(invoice, request_id, amount)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def _paid_past_stripe(invoice: Invoice, request_id: str, amount: int) -> Invoice:
    paid = _with(invoice, request_id, status=_S.SUCCEEDED)
    refund = paid.refund(request_id)
    external = paid.external_payment(refund.payment_id) if refund else None
    if external is None:
        raise BrokenRecord(f"{invoice.id}: refund {request_id} of no external payment")
    return with_external(paid, external.id, amount_refunded=external.amount_refunded + amount)


def name_of(payload: Any) -> str:
    """Our own id of the refund; one made in the dashboard has only Stripe's."""
    name: str = getattr(payload, "request_id", "") or getattr(payload, "refund_id", "")
    return name


def _noted(invoice: Invoice, payload: Refunded, fact: Fact) -> Invoice:
    """Ours is marked as done; one that we did not ask for is put on record."""
    status = _S.IN_TRANSIT if payload.in_transit else _S.SUCCEEDED
    if invoice.refund(name_of(payload)) is None:
        made = Refund(
            id=name_of(payload),
            payment_id=payload.payment_id,
            amount=payload.amount,
            reason=DASHBOARD,
            requested_at=fact.at,
            status=status,
            credit_part=payload.credit_part,
            stripe_refund_id=payload.refund_id,
        )
        return replace(invoice, refunds=(*invoice.refunds, made))
    changes = {"status": status, "stripe_refund_id": payload.refund_id, "waits_for": ""}
    return _with(invoice, name_of(payload), **changes)


def _moved(invoice: Invoice, payment_id: str, amount: int) -> Invoice:
    refunded = known_payment(invoice, payment_id).amount_refunded + amount
    return with_payment(invoice, payment_id, amount_refunded=refunded)


def _with(invoice: Invoice, refund_id: str, **changes: Any) -> Invoice:
    refunds = tuple(
        replace(one, **changes) if one.id == refund_id else one for one in invoice.refunds
    )
    return replace(invoice, refunds=refunds)


def is_of_credit(invoice: Invoice, payload: Any) -> bool:
    """Whether the refund that the payload is about pays out the customer's credit."""
    asked = isinstance(payload, RefundRequested)
    refund = payload.refund if asked else invoice.refund(name_of(payload))
    return refund is not None and refund.from_credit


def credit_part(invoice: Invoice, payload: Refunded | RefundFailed) -> int:
    """What of the money that left or came back is the customer's credit."""
    if isinstance(payload, Refunded):
        return payload.credit_part
    refund = invoice.refund(name_of(payload))
    return min(refund.of_credit, payload.amount) if refund else 0


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    """`refunds` below zero is what is owed to the payer until the money has left."""
    currency, of_credit = invoice.currency, is_of_credit(invoice, payload)
    match payload:
        case RefundRequested(refund=refund) if of_credit:
            return legs(currency, customer_credit=refund.amount, refunds=-refund.amount)
        case RefundRejected() | RefundDropped() if of_credit:
            refund = _known(invoice, payload.request_id)
            return legs(currency, refunds=refund.amount, customer_credit=-refund.amount)
        case Refunded(amount=amount) | RefundFailed(amount=amount):
            part, sign = credit_part(invoice, payload), 1 if isinstance(payload, Refunded) else -1
            posted = {"refunds": amount - part, "customer_credit": part, "cash_in_transit": -amount}
            return legs(currency, **{account: sign * sum_ for account, sum_ in posted.items()})
        case ExternalRefundPaid(amount=amount):
            return legs(currency, refunds=amount, bank=-amount)
        case _:
            return ()


def _known(invoice: Invoice, request_id: str) -> Refund:
    refund = invoice.refund(request_id)
    if refund is None:
        raise BrokenRecord(f"{invoice.id} has no refund {request_id}")
    return refund


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    match payload:
        case RefundRequested(refund=refund) if refund.status is _S.AWAITING_APPROVAL:
            return (*staff("staff_refund_approval"), *event("refund.requested"))
        case RefundRequested():
            return (*work("send_refunds"), *event("refund.requested"))
        case RefundApproved():
            return work("send_refunds")
        case RefundRejected():
            return event("refund.rejected")
        case RefundSent():
            return event("refund.pending")
        case Refunded() | ExternalRefundPaid():
            return (*mail("refund_sent", audience), *event("refund.created"))
        case RefundSettled():
            return event("refund.updated")
        case RefundFailed():
            told = (*mail("refund_failed", audience), *staff("staff_refund_failed"))
            return (*told, *event("refund.failed"))
        case RefundDropped():
            return (*staff("staff_refund_failed"), *event("refund.failed"))
        case _:
            return ()


def amount_refundable(invoice: Invoice, payment_id: str) -> int:
    """What may still be asked for of a payment; 0 for one that brought no money."""
    waiting = sum(
        one.amount for one in invoice.refunds if one.payment_id == payment_id and one.is_undecided
    )
    payment, external = invoice.payment(payment_id), invoice.external_payment(payment_id)
    if payment is not None and payment.paid_at is not None:
        return max(payment.amount - payment.amount_refunded - waiting, 0)
    if external is not None and external.is_good:
        return max(external.amount - external.amount_refunded - waiting, 0)
    return 0


def amount_sold(invoice: Invoice) -> int:
    """What the invoice still charges for: less what was credited, and what was refunded or is to be
    without being credit. No more may be credited or refunded as its price, or it is given twice."""
    if invoice.is_withdrawn:
        return 0
    undone = {_S.FAILED, _S.REJECTED}
    refunded = sum(
        one.amount - one.of_credit for one in invoice.refunds if one.status not in undone
    )
    credited = sum(note.total for note in invoice.credit_notes)
    return max(invoice.totals.total - credited - refunded, 0)


def amount_given_back(invoice: Invoice, payment_id: str) -> int:
    """Refunded of a payment and asked for: the limit for one person is held against this."""
    undone = {_S.FAILED, _S.REJECTED}
    return sum(
        one.amount
        for one in invoice.refunds
        if one.payment_id == payment_id and one.status not in undone
    )
