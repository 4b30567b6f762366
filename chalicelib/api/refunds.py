"""Refunds of an invoice's payments: asked for, approved by a second person, sent by a worker."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.corrections import (
    NewRefund,
    RefundList,
    RefundView,
    RejectRefund,
    refund_view,
)
from chalicelib.api.routing import Routes
from chalicelib.services import refunding

routes = Routes(__name__, "/v1/invoices/{invoice_id}/refunds", "Refunds")


@routes.get()
def list_refunds(call: StaffCall, invoice_id: str) -> RefundList:
    """List an invoice's refunds, those made in Stripe's dashboard too."""
    invoice = call.ports.store.invoice(call.business_id, invoice_id)
    return RefundList(data=tuple(refund_view(invoice, one) for one in invoice.refunds))


@routes.get("/{refund_id}")
def get_refund(call: StaffCall, invoice_id: str, refund_id: str) -> RefundView:
    """Read a refund: whether it waits, was sent, failed or was rejected."""
    return _view(call, invoice_id, refund_id)


@routes.post(
    status=202,
    refuses=(
        "refund_too_large",
        "nothing_to_refund",
        "refund_from_credit",
        "charge_disputed",
        "credit_too_small",
    ),
)
def request_refund(call: StaffCall, invoice_id: str, body: NewRefund) -> RefundView:
    """Ask for a refund, whole or in part; a worker sends it in seconds.

    Above the business's limit it waits for a second person. It reopens no debt: to bill less, issue
    a credit note, and pay its credit out with `from_credit`. What was credited already can only be
    refunded so.
    """
    refund_id = call.id("ref")
    refunding.request_refund(
        call.ports,
        call.business_id,
        invoice_id,
        refund_id=refund_id,
        payment_id=body.payment_id,
        amount=body.amount,
        reason=body.reason,
        actor=call.actor,
        from_credit=body.from_credit,
    )
    return _view(call, invoice_id, refund_id)


@routes.post(
    "/{refund_id}/approve",
    status=202,
    refuses=("refund_decided", "charge_disputed", "credit_too_small"),
)
def approve_refund(call: StaffCall, invoice_id: str, refund_id: str) -> RefundView:
    """Agree to a refund that somebody else has asked for; a worker sends it in seconds."""
    refunding.approve_refund(call.ports, call.business_id, invoice_id, refund_id, actor=call.actor)
    return _view(call, invoice_id, refund_id)


@routes.post("/{refund_id}/reject", refuses=("refund_decided",))
def reject_refund(
    call: StaffCall, invoice_id: str, refund_id: str, body: RejectRefund
) -> RefundView:
    """Refuse a refund that waits for a second person; who asked for it may withdraw it so."""
    refunding.reject_refund(
        call.ports, call.business_id, invoice_id, refund_id, actor=call.actor, reason=body.reason
    )
    return _view(call, invoice_id, refund_id)


def _view(call: StaffCall, invoice_id: str, refund_id: str) -> RefundView:
    invoice = call.ports.store.invoice(call.business_id, invoice_id)
    found = refunding.read_refund(call.ports, call.business_id, invoice_id, refund_id)
    return refund_view(invoice, found)
