"""Credit notes of an invoice: issued with their share of the tax, as a PDF, never edited."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.invoices import LINK_SECONDS
from chalicelib.api.representation.by_hand import chosen_of
from chalicelib.api.representation.corrections import (
    CreditNoteList,
    CreditNoteView,
    NewCreditNote,
    credit_lines_of,
    credit_note_view,
)
from chalicelib.api.representation.invoices import DocumentLink
from chalicelib.api.routing import Routes
from chalicelib.services import credit_notes
from chalicelib.services.credit_notes import Correction

routes = Routes(__name__, "/v1/invoices/{invoice_id}/credit-notes", "Credit notes")


@routes.get()
def list_credit_notes(call: StaffCall, invoice_id: str) -> CreditNoteList:
    """List an invoice's credit notes."""
    invoice = call.ports.store.invoice(call.business_id, invoice_id)
    return CreditNoteList(
        data=tuple(credit_note_view(invoice, one) for one in invoice.credit_notes)
    )


@routes.get("/{credit_note_id}")
def get_credit_note(call: StaffCall, invoice_id: str, credit_note_id: str) -> CreditNoteView:
    """Read a credit note."""
    return _view(call, invoice_id, credit_note_id)


@routes.post(
    status=201,
    refuses=("credit_too_large", "nothing_to_credit", "payment_under_way", "allocation_invalid"),
)
def issue_credit_note(call: StaffCall, invoice_id: str, body: NewCreditNote) -> CreditNoteView:
    """Credit part or all of an invoice, by an amount or by lines; it is numbered and mailed.

    It lowers what the invoice owes. What is left of it becomes the customer's credit, or pays other
    invoices at once.
    """
    note_id = call.id("cn")
    wanted = Correction(
        id=note_id,
        reason=body.reason,
        amount=body.amount,
        lines=credit_lines_of(body),
        apply_to=chosen_of(body.apply_to) or (),
    )
    credit_notes.issue_credit_note(
        call.ports, call.business_id, invoice_id, wanted, actor=call.actor
    )
    return _view(call, invoice_id, note_id)


@routes.get("/{credit_note_id}/pdf", status=303, location="url", refuses=("document_not_ready",))
def get_credit_note_pdf(call: StaffCall, invoice_id: str, credit_note_id: str) -> DocumentLink:
    """Go to the credit note's PDF.

    The address works for a minute, for anybody. Do not send your token along with it.
    """
    from chalicelib.services.papers import stored_credit_note

    note = credit_notes.read_credit_note(call.ports, call.business_id, invoice_id, credit_note_id)
    key = stored_credit_note(call.ports, call.business_id, invoice_id, note.id)
    name = f"credit-note-{note.number}.pdf"
    url = call.ports.files.link(key, file_name=name, seconds=LINK_SECONDS)
    return DocumentLink(url=url, expires_in_seconds=LINK_SECONDS)


def _view(call: StaffCall, invoice_id: str, note_id: str) -> CreditNoteView:
    invoice = call.ports.store.invoice(call.business_id, invoice_id)
    note = credit_notes.read_credit_note(call.ports, call.business_id, invoice_id, note_id)
    return credit_note_view(invoice, note)
