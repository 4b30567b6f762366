"""Follow-up of an invoice by people: promises to pay, holds, snoozes, notes."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.making import done_once
from chalicelib.api.representation.fields import day
from chalicelib.api.representation.follow_up import (
    LiftHold,
    NewNote,
    NewPromise,
    NotesView,
    NoteView,
    PlaceHold,
    Snooze,
    new_promise,
    note_view,
)
from chalicelib.api.representation.invoices import InvoiceView, invoice_view
from chalicelib.api.routing import Routes
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.services import following_up

routes = Routes(__name__, "/v1/invoices", "Follow-up")


@routes.post(
    "/{invoice_id}/promises",
    status=201,
    refuses=("settled", "hold_promise", "promise_date_invalid", "promise_amount_invalid"),
)
def promise_to_pay(call: StaffCall, invoice_id: str, body: NewPromise) -> InvoiceView:
    """Write down a promise to pay.

    Nothing is charged or sent by itself until the morning after its day. Then it was kept, or it
    was broken: dunning goes on and staff are told. The payer can pay at any time.
    """
    day(body.promised_on, "promised_on")
    promised = following_up.promise_to_pay(
        call.ports,
        call.business_id,
        invoice_id,
        new_promise(body, call.id("pro")),
        actor=call.actor,
    )
    return _view(call, promised)


@routes.post("/{invoice_id}/hold", refuses=("settled", "hold_staff", "hold_date_invalid"))
def place_hold(call: StaffCall, invoice_id: str, body: PlaceHold) -> InvoiceView:
    """Hold an invoice: no automatic step from now on, until it is lifted or up to a day."""
    day(body.until_on, "until_on")
    held = following_up.place_hold(
        call.ports,
        call.business_id,
        invoice_id,
        reason=body.reason,
        until_on=body.until_on,
        actor=call.actor,
    )
    return _view(call, held)


@routes.post("/{invoice_id}/hold/lift", refuses=("no_hold",))
def lift_hold(call: StaffCall, invoice_id: str, body: LiftHold) -> InvoiceView:
    """Lift a hold of staff, or take a promise back: automatic steps go on.

    An open dispute is not lifted: the bank ends it.
    """
    lifted = done_once(
        call,
        lambda: following_up.lift_hold(
            call.ports, call.business_id, invoice_id, reason=body.reason, actor=call.actor
        ),
        lambda: call.ports.store.invoice(call.business_id, invoice_id),
        lambda found: found.hold is None,
    )
    return _view(call, lifted)


@routes.post("/{invoice_id}/snooze", refuses=("snooze_date_invalid",))
def snooze_invoice(call: StaffCall, invoice_id: str, body: Snooze) -> InvoiceView:
    """Take an invoice off the call list up to a day. Automatic steps go on."""
    day(body.until_on, "until_on")
    snoozed = following_up.snooze(
        call.ports, call.business_id, invoice_id, until_on=body.until_on, actor=call.actor
    )
    return _view(call, snoozed)


@routes.post("/{invoice_id}/notes", status=201)
def note_invoice(call: StaffCall, invoice_id: str, body: NewNote) -> NoteView:
    """Keep a note with an invoice. The customer never reads it."""
    noted = following_up.note_invoice(
        call.ports,
        call.business_id,
        invoice_id,
        note_id=call.id("note"),
        text=body.text,
        actor=call.actor,
    )
    return note_view(noted)


@routes.get("/{invoice_id}/notes")
def list_invoice_notes(call: StaffCall, invoice_id: str) -> NotesView:
    """List an invoice's notes, newest first."""
    call.ports.store.invoice(call.business_id, invoice_id)
    kept = following_up.notes_of(call.ports, call.business_id, Subject.INVOICE, invoice_id)
    return NotesView(data=tuple(map(note_view, kept)))


def _view(call: StaffCall, invoice: Invoice) -> InvoiceView:
    return invoice_view(invoice, codes=call.reads_codes)
