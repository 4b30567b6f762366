"""What staff want each other to know of a customer."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.follow_up import NewNote, NotesView, NoteView, note_view
from chalicelib.api.routing import Routes
from chalicelib.domain.facts import Subject
from chalicelib.services import following_up

routes = Routes(__name__, "/v1/customers", "Follow-up")


@routes.post("/{customer_id}/notes", status=201)
def note_customer(call: StaffCall, customer_id: str, body: NewNote) -> NoteView:
    """Keep a note with a customer, who never reads it."""
    noted = following_up.note_customer(
        call.ports,
        call.business_id,
        customer_id,
        note_id=call.id("note"),
        text=body.text,
        actor=call.actor,
    )
    return note_view(noted)


@routes.get("/{customer_id}/notes")
def list_customer_notes(call: StaffCall, customer_id: str) -> NotesView:
    """List a customer's notes, newest first."""
    call.ports.store.customer(call.business_id, customer_id)
    kept = following_up.notes_of(call.ports, call.business_id, Subject.CUSTOMER, customer_id)
    return NotesView(data=tuple(map(note_view, kept)))
