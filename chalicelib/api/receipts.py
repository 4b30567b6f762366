"""Receipts at any time: of a charge, of external money, and for the payer by the link."""

from __future__ import annotations

from chalicelib.api.calls import PortalCall, StaffCall
from chalicelib.api.errors import no_such, no_such_link
from chalicelib.api.invoices import LINK_SECONDS
from chalicelib.api.portal import opened_case
from chalicelib.api.representation.fields import Body, Id
from chalicelib.api.representation.invoices import DocumentLink
from chalicelib.api.routing import Routes
from chalicelib.domain.invoice import Invoice
from chalicelib.ports import Ports
from chalicelib.services import external_payments, portal_links

routes = Routes(__name__, "/v1", "Payments")
_REFUSES = ("no_receipt", "document_not_ready")


class ReceiptQuery(Body):
    """`invoice_id`: needed where the link opens several invoices."""

    payment_id: Id
    invoice_id: Id | None = None


@routes.get(
    "/invoices/{invoice_id}/payments/{payment_id}/receipt",
    status=303,
    location="url",
    refuses=_REFUSES,
)
def get_payment_receipt(call: StaffCall, invoice_id: str, payment_id: str) -> DocumentLink:
    """Go to the receipt of a payment, or of external money that this invoice got.

    The address works for a minute, for anybody. Do not send your token along with it.
    """
    invoice = call.ports.store.invoice(call.business_id, invoice_id)
    if not _has(invoice, payment_id):
        raise no_such("payment")
    return _of_invoice(call.ports, invoice, payment_id)


@routes.get(
    "/customers/{customer_id}/external-payments/{external_payment_id}/receipt",
    status=303,
    location="url",
    refuses=_REFUSES,
)
def get_external_payment_receipt(
    call: StaffCall, customer_id: str, external_payment_id: str
) -> DocumentLink:
    """Go to the receipt of an external payment, for whatever it was.

    The address works for a minute, for anybody. Do not send your token along with it.
    """
    from chalicelib.services.papers import stored_external_receipt

    ports, business_id = call.ports, call.business_id
    external_payments.read_payment(ports, business_id, customer_id, external_payment_id)
    key = stored_external_receipt(ports, business_id, customer_id, external_payment_id)
    return _link(ports, key, external_payment_id)


@routes.get("/portal/{token}/receipt", status=303, location="url", refuses=_REFUSES)
def get_portal_receipt(call: PortalCall, query: ReceiptQuery) -> DocumentLink:
    """Go to the receipt of a payment of an invoice that the link opens."""
    invoice = opened_case(call, query.invoice_id).invoice
    if not _has(invoice, query.payment_id):
        raise no_such_link()
    portal_links.note_opening(call.ports, call.link, "receipt", call.request.address, invoice.id)
    return _of_invoice(call.ports, invoice, query.payment_id)


def _has(invoice: Invoice, payment_id: str) -> bool:
    known = invoice.payment(payment_id) or invoice.external_payment(payment_id)
    return known is not None


def _of_invoice(ports: Ports, invoice: Invoice, payment_id: str) -> DocumentLink:
    from chalicelib.services.papers import stored_receipt

    key = stored_receipt(ports, invoice.business_id, invoice, payment_id)
    return _link(ports, key, payment_id)


def _link(ports: Ports, key: str, payment_id: str) -> DocumentLink:
    url = ports.files.link(key, file_name=f"receipt-{payment_id}.pdf", seconds=LINK_SECONDS)
    return DocumentLink(url=url, expires_in_seconds=LINK_SECONDS)
