"""Payments of an invoice: money asked for or received, with every try."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.errors import no_such
from chalicelib.api.representation.payments import PaymentList, PaymentView, payment_view
from chalicelib.api.routing import Routes

routes = Routes(__name__, "/v1/invoices/{invoice_id}/payments", "Payments")


@routes.get()
def list_invoice_payments(call: StaffCall, invoice_id: str) -> PaymentList:
    """List an invoice's payments with their attempts."""
    invoice = call.ports.store.invoice(call.business_id, invoice_id)
    views = (payment_view(invoice, payment, codes=call.reads_codes) for payment in invoice.payments)
    return PaymentList(data=tuple(views))


@routes.get("/{payment_id}")
def get_invoice_payment(call: StaffCall, invoice_id: str, payment_id: str) -> PaymentView:
    """Read a payment with its attempts."""
    invoice = call.ports.store.invoice(call.business_id, invoice_id)
    payment = invoice.payment(payment_id)
    if payment is None:
        raise no_such("payment")
    return payment_view(invoice, payment, codes=call.reads_codes)
