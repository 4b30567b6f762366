"""Billing details that the customer completes: an unpaid invoice is issued again with them."""

from __future__ import annotations

from chalicelib.api.calls import PortalCall
from chalicelib.api.portal import opened_case
from chalicelib.api.representation.corrections import CompleteDetails, bill_to_of
from chalicelib.api.representation.fields import View
from chalicelib.api.routing import Routes
from chalicelib.domain.errors import Conflict
from chalicelib.services import credit_notes, portal_links
from chalicelib.services.credit_notes import Right

routes = Routes(__name__, "/v1/portal/{token}/billing-details", "Portal")


class ReissuedView(View):
    """The new invoice's number and its own link; `what_happened` says it in words."""

    invoice_id: str
    number: str
    replaces_number: str
    url: str
    what_happened: str


@routes.post(status=201, refuses=("invoice_paid", "nothing_changed", "too_many_corrections"))
def complete_billing_details(call: PortalCall, body: CompleteDetails) -> ReissuedView:
    """Put a PO number, a tax id, a name or an address on an unpaid invoice.

    An issued invoice is never edited: it is credited and issued again, due on the same day.
    """
    old = opened_case(call, body.invoice_id).invoice
    new_id = call.id("inv")
    if old.replaced_by != new_id and (old.amount_paid or not old.is_open):
        words = "The invoice is paid or closed: ask the business to correct it."
        raise Conflict("invoice_paid", words)
    credit_notes.check_corrections(call.ports, old)
    right = Right(
        id=new_id,
        note_id=call.id("cn"),
        reason="Billing details completed by the customer.",
        bill_to=bill_to_of(body, old.bill_to),
        po_number=body.po_number,
    )
    new = credit_notes.reissue(call.ports, call.business_id, old.id, right, actor=call.actor)
    words = (
        f"Invoice {old.number} is credited in full and replaced by {new.number}. "
        "The amount and the due date are the same."
    )
    return ReissuedView(
        invoice_id=new.id,
        number=new.number or "",
        replaces_number=old.number or "",
        url=portal_links.link_for(call.ports, new),
        what_happened=words,
    )
