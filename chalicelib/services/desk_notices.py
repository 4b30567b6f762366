"""What notices of the AR desk say beside what every notice says: refunds, credit notes, cheques."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib import documents as paper
from chalicelib.domain.dates import local_date
from chalicelib.domain.desk.account import (
    CreditPaidOut,
    ExternalPaymentReceived,
    ExternalPaymentReversed,
)
from chalicelib.domain.desk.credit_payouts import CreditPayoutRequested
from chalicelib.domain.desk.reissue import InvoiceReissued
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.refund import Refund, RefundStatus
from chalicelib.messages import NoticeKind, NoticeView, StaffView
from chalicelib.ports import Ports
from chalicelib.services import portal_links, receipts
from chalicelib.services.matter import Matter
from chalicelib.services.views import business_view, method_view

_OF_CREDIT = (
    ExternalPaymentReceived | ExternalPaymentReversed | CreditPaidOut | CreditPayoutRequested
)


def completed(ports: Ports, matter: Matter, invoice: Invoice, view: NoticeView) -> NoticeView:
    """The notice of an invoice's fact with what only the desk's facts know."""
    payload = matter.fact.data
    note = getattr(payload, "note", None)
    if note is not None:
        return replace(view, credit_note=note.number, amount=note.total)
    if isinstance(payload, InvoiceReissued) and payload.invoice.replaces:
        replaced = ports.store.invoice(matter.business.id, payload.invoice.replaces)
        return replace(view, replaces=replaced.number)
    refund = _refund_of(invoice, payload)
    if refund is not None:
        return _of_refund(view, invoice, refund)
    external = invoice.external_payment(getattr(payload, "payment_id", ""))
    if external is not None:
        return replace(view, method=external_view(external.method, external.reference))
    return view


def still_so(invoice: Invoice, payload: Any) -> bool:
    """Nobody is told that money is on its way which has come back to us since."""
    refund = _refund_of(invoice, payload)
    return refund is None or refund.status is not RefundStatus.FAILED


def _refund_of(invoice: Invoice, payload: Any) -> Refund | None:
    asked: Refund | None = getattr(payload, "refund", None)
    if asked is not None:
        return asked
    name = getattr(payload, "request_id", "") or getattr(payload, "refund_id", "")
    return invoice.refund(name) if name else None


def _of_refund(view: NoticeView, invoice: Invoice, refund: Refund) -> NoticeView:
    external = invoice.external_payment(refund.payment_id)
    payment = invoice.payment(refund.payment_id)
    method = (
        external_view(external.method, external.reference)
        if external is not None
        else method_view(payment.last_attempt if payment else None)
    )
    staff = view.staff and replace(view.staff, reason=refund.failure or refund.reason)
    return replace(
        view,
        amount=refund.amount,
        method=method,
        transaction_id=view.transaction_id or refund.stripe_refund_id,
        kept_as_credit=refund.from_credit,
        staff=staff,
    )


def external_view(method: ExternalMethod, reference: str) -> paper.MethodView:
    return paper.MethodView(paper.MethodKind(method.value), reference=reference or None)


def account_notice(ports: Ports, matter: Matter, kind: NoticeKind) -> NoticeView:
    """Of a customer's own money: an external payment, or credit that was paid out."""
    business, customer, payload = matter.business, matter.customer, matter.fact.data
    assert customer is not None
    assert isinstance(payload, _OF_CREDIT)
    numbers, left, method = "", None, None
    if isinstance(payload, ExternalPaymentReceived):
        numbers, left = receipts.in_words(ports, matter, payload)
    if isinstance(payload, ExternalPaymentReversed):
        numbers = ports.store.payment_plan(business.id, payload.plan_id).reference
        left = payload.amount - payload.posted_here
    else:
        method = external_view(payload.method, payload.reference)
    today = local_date(matter.fact.at, business.zone)
    told = NoticeView(
        kind=kind,
        key=f"{matter.fact.subject_id}/{matter.fact.seq}/{kind.value}",
        locale=customer.locale or business.locale,
        business=business_view(business, customer.locale),
        link=portal_links.customer_link(ports, customer),
        to_name=customer.name,
        currency=payload.currency,
        amount=payload.amount,
        balance=left if numbers else None,
        invoice_number=numbers or None,
        paid_on=today,
        refunded_on=today,
        method=method,
        transaction_id=method.reference if method else None,
    )
    return _for_staff(ports, matter, told) if kind.for_staff else told


def _for_staff(ports: Ports, matter: Matter, told: NoticeView) -> NoticeView:
    assert matter.customer is not None
    return replace(
        told,
        locale=matter.business.locale,
        business=business_view(matter.business, matter.business.locale),
        link=f"{ports.links.back_office}/customers/{matter.customer.id}",
        to_name=None,
        staff=StaffView(customer=matter.customer.name, reason=matter.fact.why or None),
    )
