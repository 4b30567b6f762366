"""Invoices: made by hand here, read here, charged by a worker.

No payment is ever made inside a request: a charge is written down as asked for, and a worker makes
it seconds later.
"""

from __future__ import annotations

from datetime import date

from chalicelib.api.advice import advice
from chalicelib.api.calls import KeyedCall, StaffCall
from chalicelib.api.making import done_once, made_once
from chalicelib.api.representation.facts import AuditTrail, audit_trail
from chalicelib.api.representation.fields import Listing, day, listing
from chalicelib.api.representation.invoices import (
    CancelInvoice,
    ChargeabilityView,
    ChargeInvoice,
    DocumentLink,
    FinalizeInvoice,
    InvoiceView,
    NewInvoice,
    ReasonView,
    SendInvoice,
    invoice_view,
    lines_of,
)
from chalicelib.api.representation.lists import (
    InvoicesQuery,
    filters_of,
    invoice_statuses,
    sort_of,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.payment import Trigger
from chalicelib.services import invoices
from chalicelib.services.listing import list_invoices as listed_invoices

routes = Routes(__name__, "/v1/invoices", "Invoices")
LINK_SECONDS = 60


@routes.get()
def list_invoices(call: StaffCall, query: InvoicesQuery) -> Listing[InvoiceView]:
    """List invoices: newest first, a customer's by due date, or as `sort` says.

    Sorts: due_on oldest first, amount high to low, customer_name A to Z, status in the order of
    their lives; `reverse` turns each but status and created_at round. Statuses and the range of the
    sort's own field are exact. Every other filter is applied to what a page reads, so a page may be
    short or even empty: go on while next_cursor is not null.
    """
    store, business_id = call.ports.store, call.business_id
    if query.customer_id is not None:
        store.customer(business_id, query.customer_id)
    page = listed_invoices(
        call.ports,
        store.business(business_id),
        filters_of(query),
        statuses=invoice_statuses(query),
        sort=sort_of(query.sort),
        reverse=query.reverse,
        limit=query.limit,
        cursor=query.cursor,
    )
    return listing(page, (invoice_view(one, codes=call.reads_codes) for one in page.items))


@routes.get("/{invoice_id}")
def get_invoice(call: StaffCall, invoice_id: str) -> InvoiceView:
    """Read an invoice with its payments, its attempts and what happens next."""
    return _view(call, _read(call, invoice_id))


@routes.post(status=201, refuses=("line_invalid", "amount_too_large", "date_invalid"))
def create_invoice(call: StaffCall, body: NewInvoice) -> InvoiceView:
    """Create an invoice: a draft, or with `finalize` numbered and sent at once."""
    own_id, due_on, lines = call.id("inv"), _due_on(body), lines_of(body)
    draft = made_once(
        lambda: invoices.create_invoice(
            call.ports,
            call.business_id,
            body.customer_id,
            lines,
            invoice_id=own_id,
            actor=call.actor,
            memo=body.memo,
            po_number=body.po_number,
            external_ref=body.external_ref,
            auto_charge=body.auto_charge,
        ),
        lambda: _read(call, own_id),
    )
    if body.finalize and draft.status is InvoiceStatus.DRAFT:
        draft = invoices.finalize_invoice(
            call.ports, call.business_id, own_id, actor=call.actor, due_on=due_on
        )
    return _view(call, draft)


@routes.post("/{invoice_id}/finalize", refuses=("invoice_not_draft", "date_invalid"))
def finalize_invoice(call: StaffCall, invoice_id: str, body: FinalizeInvoice) -> InvoiceView:
    """Give a draft its number and send it; from here on it never changes."""
    due_on = day(body.due_on, "due_on")
    final = done_once(
        call,
        lambda: invoices.finalize_invoice(
            call.ports, call.business_id, invoice_id, actor=call.actor, due_on=due_on
        ),
        lambda: _read(call, invoice_id),
        lambda found: found.finalized_at is not None,
    )
    return _view(call, final)


@routes.get("/{invoice_id}/pdf", status=303, location="url", refuses=("document_not_ready",))
def get_invoice_pdf(call: StaffCall, invoice_id: str) -> DocumentLink:
    """Go to the invoice's PDF.

    The address works for a minute, for anybody. Do not send your token along with it.
    """
    from chalicelib.services.papers import stored_invoice

    invoice = _read(call, invoice_id)
    key = stored_invoice(call.ports, call.business_id, invoice_id)
    name = f"invoice-{invoice.number or invoice.id}.pdf"
    url = call.ports.files.link(key, file_name=name, seconds=LINK_SECONDS)
    return DocumentLink(url=url, expires_in_seconds=LINK_SECONDS)


@routes.get("/{invoice_id}/chargeability")
def get_invoice_chargeability(call: StaffCall, invoice_id: str) -> ChargeabilityView:
    """Say whether the saved method could be charged now, and if not, every reason."""
    reasons = invoices.why_not_chargeable(call.ports, call.business_id, invoice_id)
    views = tuple(
        ReasonView(code=one.code, reason=one.staff, what_to_do=advice(one.code)) for one in reasons
    )
    return ChargeabilityView(chargeable=not views, reasons=views)


@routes.post(
    "/{invoice_id}/charge", status=202, refuses=("no_payment_method", "settled", "part_too_large")
)
def charge_invoice(call: StaffCall, invoice_id: str, body: ChargeInvoice) -> InvoiceView:
    """Ask for a charge now; a worker makes it in seconds.

    Refused with the first reason's code when it cannot be made; see chargeability.
    """
    request_id = call.id("ask")
    asked = done_once(
        call,
        lambda: invoices.request_charge(
            call.ports,
            call.business_id,
            invoice_id,
            request_id=request_id,
            trigger=Trigger.STAFF,
            actor=call.actor,
            method_id=body.payment_method_id,
            amount=body.amount,
        ),
        lambda: _read(call, invoice_id),
        lambda _: was_asked(call, invoice_id, request_id),
    )
    return _view(call, asked)


@routes.post("/{invoice_id}/cancel", refuses=("invoice_partly_paid", "payment_under_way"))
def cancel_invoice(call: StaffCall, invoice_id: str, body: CancelInvoice) -> InvoiceView:
    """Withdraw an invoice of which nothing was paid.

    Its payment is closed at Stripe first. Once money came, a refund or a credit is the way.
    """
    return _view(
        call,
        invoices.cancel_invoice(
            call.ports, call.business_id, invoice_id, actor=call.actor, reason=body.reason
        ),
    )


@routes.post(
    "/{invoice_id}/send",
    refuses=(
        "invoice_draft",
        "invoice_cancelled",
        "invoice_written_off",
        "already_replaced",
        "not_an_invoice",
    ),
)
def send_invoice(call: StaffCall, invoice_id: str, body: SendInvoice) -> InvoiceView:
    """Send an invoice again: the same PDF, to the address that the customer has now.

    A billing group's goes to the group's contact. Who sent it, and the reason, are in its facts.
    """
    sent = invoices.send_again(
        call.ports,
        call.business_id,
        invoice_id,
        send_id=call.id("snd"),
        actor=call.actor,
        why=body.reason,
    )
    return _view(call, sent)


@routes.get("/{invoice_id}/facts")
def list_invoice_facts(call: StaffCall, invoice_id: str) -> AuditTrail:
    """Read the audit trail: every change, by whom and why, with its chain checked."""
    invoice = _read(call, invoice_id)
    history = call.ports.store.facts(call.business_id, Subject.INVOICE, invoice_id)
    return audit_trail(invoice, history[: invoice.version])


def was_asked(call: KeyedCall, invoice_id: str, request_id: str) -> bool:
    history = call.ports.store.facts(call.business_id, Subject.INVOICE, invoice_id)
    return any(fact.key == f"request/{request_id}" for fact in history)


def _due_on(body: NewInvoice) -> date | None:
    if body.due_on is not None and not body.finalize:
        words = "A draft has no due date: send due_on with finalize, here or later."
        raise InvalidInput("due_on_without_finalize", words)
    return day(body.due_on, "due_on")


def _read(call: StaffCall, invoice_id: str) -> Invoice:
    return call.ports.store.invoice(call.business_id, invoice_id)


def _view(call: StaffCall, invoice: Invoice) -> InvoiceView:
    return invoice_view(invoice, codes=call.reads_codes)
