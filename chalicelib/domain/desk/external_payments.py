"""External payments on an invoice: what one paid of it, and that it bounced.

The whole payment, and what of it no invoice needed, stands on the customer (`account.py`), in the
same transaction. The bank reference is claimed with it, so it is recorded once.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from chalicelib.domain.desk.money_legs import incoming_legs, outgoing_legs
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.external_payment import ExternalMethod, ExternalPayment
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Cover, Invoice, InvoiceStatus
from chalicelib.domain.invoice_changes import received, taken_back
from chalicelib.domain.ledger import Account, Leg
from chalicelib.domain.owed import Audience, event, mail, staff, work


@dataclass(frozen=True, slots=True)
class ExternalPaymentRecorded:
    """`amount` is what the payment pays of this invoice: never more than it can take."""

    kind: ClassVar[str] = "external_payment"
    payment_id: str
    method: ExternalMethod
    reference: str
    amount: int
    received_on: date

    def key(self, seq: int) -> str:
        return f"external/{self.payment_id}"


@dataclass(frozen=True, slots=True)
class ExternalPaymentBounced:
    """The bank took it back: `amount`, what it had paid of this invoice, is owed again.

    `cover`: it had paid an instalment, so the plan collects it again and tells the customer.
    """

    kind: ClassVar[str] = "external_payment_bounced"
    payment_id: str
    amount: int
    reversed_on: date
    reason: str
    cover: Cover | None = None

    def key(self, seq: int) -> str:
        return f"bounced/{self.payment_id}"


PAYLOADS: tuple[type, ...] = (ExternalPaymentRecorded, ExternalPaymentBounced)


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    match payload:
        case ExternalPaymentRecorded(amount=amount):
            if amount > invoice.amount_payable:
                raise BrokenRecord(f"{invoice.id}: more money than it can take")
            noted = ExternalPayment(
                id=payload.payment_id,
                method=payload.method,
                reference=payload.reference,
                amount=amount,
                received_on=payload.received_on,
                recorded_at=fact.at,
            )
            known = (*invoice.external_payments, noted)
            return received(replace(invoice, external_payments=known), amount, fact)
        case ExternalPaymentBounced(payment_id=payment_id, amount=amount, reason=reason):
            bounced = with_external(
                invoice, payment_id, reversed_at=fact.at, reversal_reason=reason
            )
            owing = taken_back(bounced, amount)
            return owing if payload.cover is None else _covered(owing, payload.cover)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def _covered(invoice: Invoice, cover: Cover) -> Invoice:
    known = invoice.covered_by
    if invoice.open_payment is not None or (known is not None and known.id != cover.id):
        raise BrokenRecord(f"{invoice.id} is collected already")
    return replace(invoice, covered_by=cover, charge_request=None)


def with_external(invoice: Invoice, payment_id: str, **changes: Any) -> Invoice:
    """The invoice with one of its external payments changed."""
    if invoice.external_payment(payment_id) is None:
        raise BrokenRecord(f"{invoice.id} has no external payment {payment_id}")
    changed = tuple(
        replace(one, **changes) if one.id == payment_id else one
        for one in invoice.external_payments
    )
    return replace(invoice, external_payments=changed)


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    match payload:
        case ExternalPaymentRecorded(amount=amount):
            return incoming_legs(invoice, amount, Account.BANK)
        case ExternalPaymentBounced(amount=amount):
            return outgoing_legs(invoice, amount, Account.BANK)
        case _:
            return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    """The receipt is the whole payment's, so the customer's fact owes it."""
    if isinstance(payload, ExternalPaymentBounced):
        mailed = mail("payment_bounced", audience) if payload.cover is None else ()
        told = (*mailed, *event("invoice.payment_reversed"))
        again = after.overdue_at is not None and after.status is InvoiceStatus.OVERDUE
        return (*told, *work("pause_again")) if again else told
    return settled_by_money(before, after)


def settled_by_money(before: Invoice | None, after: Invoice) -> tuple[Effect, ...]:
    """Staff are told of money that came, the bus of what is paid, and what was paused resumes."""
    told = (*staff("staff_payment_received"), *event("payment.succeeded"))
    if after.status is not InvoiceStatus.PAID:
        return told
    was_overdue = before is not None and before.overdue_at is not None
    resumed = work("resume_subscriptions") if was_overdue else ()
    return (*told, *event("invoice.paid"), *resumed)
