"""Invoices given up, and invoices corrected by a credit note and a new one, never by editing."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.corrections import (
    ReissueInvoice,
    WriteOffInvoice,
    bill_to_of,
)
from chalicelib.api.representation.invoices import InvoiceView, invoice_view
from chalicelib.api.representation.lines import lines_from
from chalicelib.api.routing import Routes
from chalicelib.services import credit_notes, write_offs
from chalicelib.services.credit_notes import Right

routes = Routes(__name__, "/v1/invoices/{invoice_id}", "Invoices")


@routes.post("/write-off", refuses=("settled", "payment_under_way", "covered"))
def write_off_invoice(call: StaffCall, invoice_id: str, body: WriteOffInvoice) -> InvoiceView:
    """Give up what an invoice still owes. Money that comes later recovers it."""
    written = write_offs.write_off(
        call.ports, call.business_id, invoice_id, reason=body.reason, actor=call.actor
    )
    return invoice_view(written, codes=call.reads_codes)


@routes.post(
    "/reissue",
    status=201,
    refuses=("already_replaced", "not_correctable", "nothing_changed", "payment_under_way"),
)
def reissue_invoice(call: StaffCall, invoice_id: str, body: ReissueInvoice) -> InvoiceView:
    """Correct an invoice: a credit note takes all of it back, a new one says what is right.

    Both in one step, and each names the other. Due date and dunning calendar are kept; what was
    paid pays the new one. The answer is the new invoice.
    """
    old = call.ports.store.invoice(call.business_id, invoice_id)
    right = Right(
        id=call.id("inv"),
        note_id=call.id("cn"),
        reason=body.reason,
        lines=None if body.lines is None else lines_from(body.lines),
        bill_to=None if body.bill_to is None else bill_to_of(body.bill_to, old.bill_to),
        po_number=body.po_number,
        memo=body.memo,
    )
    new = credit_notes.reissue(call.ports, call.business_id, invoice_id, right, actor=call.actor)
    return invoice_view(new, codes=call.reads_codes)
