"""The portal's API: what the holder of a link may see and do, in the payer's words.

A link opens one invoice, or one customer's open invoices. Whatever it does not open is answered
like a link that does not exist.
"""

from __future__ import annotations

from http import HTTPStatus
from urllib.parse import urlsplit

from chalicelib.api import limits
from chalicelib.api.calls import PortalCall
from chalicelib.api.errors import BUSY, Refused, no_such_link
from chalicelib.api.invoices import LINK_SECONDS, was_asked
from chalicelib.api.making import done_once
from chalicelib.api.representation.invoices import DocumentLink
from chalicelib.api.representation.portal import (
    PortalInvoice,
    PortalPay,
    PortalQuery,
    PortalSetup,
    PortalSetupView,
    PortalStatus,
    PortalView,
    portal_invoice,
    portal_plan,
    portal_status,
    portal_view,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Purpose
from chalicelib.domain.payment import Trigger
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.services import customers, invoices, portal_links
from chalicelib.services.case import Case, open_case

routes = Routes(__name__, "/v1/portal/{token}", "Portal")


@routes.get()
def get_portal(call: PortalCall) -> PortalView:
    """Read what the link opens: the business, invoices, and what happens next.

    Reading is noted, and changes nothing else: a mail scanner that follows the link neither uses
    it up nor pays.
    """
    store, link = call.ports.store, call.link
    cases = opened_cases(call)
    portal_links.note_opening(call.ports, link, "page", call.request.address)
    customer = store.customer(call.business_id, link.customer_id)
    return portal_view(
        store.business(call.business_id),
        customer,
        tuple(_invoice(call, one) for one in cases),
        tuple(map(portal_plan, opened_plans(call))),
    )


@routes.get("/status")
def get_portal_status(call: PortalCall, query: PortalQuery) -> PortalStatus:
    """Read how a payment stands; poll it after paying.

    Send the payer to `confirm_url` when it is given.
    """
    return _status(call, opened_case(call, query.invoice_id))


@routes.post(
    "/pay", status=202, refuses=("payment_not_possible", "return_url_invalid", "part_not_allowed")
)
def pay_in_portal(call: PortalCall, body: PortalPay) -> PortalStatus:
    """Pay an invoice with a saved method; a worker does it in seconds.

    At most five tries an hour. Then read `status_url`.
    """
    case, request_id = opened_case(call, body.invoice_id), call.id("ask")
    return_url = _own_address(call, body.return_url)

    def ask() -> Invoice:
        limits.check_tries(call, case.invoice.id, case.now)
        return invoices.request_charge(
            call.ports,
            call.business_id,
            case.invoice.id,
            request_id=request_id,
            trigger=Trigger.CUSTOMER,
            actor=call.actor,
            method_id=body.payment_method_id,
            return_url=return_url,
            amount=body.amount,
        )

    try:
        done_once(
            call,
            ask,
            lambda: case.invoice,
            lambda _: was_asked(call, case.invoice.id, request_id),
        )
    except Conflict as error:
        raise _in_their_words(call, case, error) from error
    return _status(call, opened_case(call, case.invoice.id))


@routes.post("/setup-session", status=201, refuses=("return_url_invalid",))
def start_portal_setup(call: PortalCall, body: PortalSetup) -> PortalSetupView:
    """Start Stripe's page on which the payer enters a card or bank account.

    What is saved becomes the default, and failed invoices are charged to it at once.
    """
    addresses = [_own_address(call, one) for one in (body.success_url, body.cancel_url)]
    if not call.again:
        limits.count_setup(call)
    page = customers.start_setup(
        call.ports,
        call.business_id,
        call.link.customer_id,
        request_id=call.id("set"),
        success_url=addresses[0],
        cancel_url=addresses[1],
    )
    return PortalSetupView(url=page.url)


@routes.get("/pdf", status=303, location="url", refuses=("document_not_ready",))
def get_portal_pdf(call: PortalCall, query: PortalQuery) -> DocumentLink:
    """Go to the invoice's PDF, at an address that works for a minute."""
    from chalicelib.services.papers import stored_invoice

    invoice = opened_case(call, query.invoice_id).invoice
    portal_links.note_opening(call.ports, call.link, "pdf", call.request.address, invoice.id)
    key = stored_invoice(call.ports, call.business_id, invoice.id)
    name = f"invoice-{invoice.number}.pdf"
    url = call.ports.files.link(key, file_name=name, seconds=LINK_SECONDS)
    return DocumentLink(url=url, expires_in_seconds=LINK_SECONDS)


def opened_cases(call: PortalCall) -> list[Case]:
    """Every invoice that the link shows by itself."""
    return [opened_case(call, one) for one in _opened(call)]


def _opened(call: PortalCall) -> list[str]:
    link = call.link
    if link.invoice_id is not None:
        return _lineage(call, link.invoice_id)[-1:]
    page = call.ports.store.invoices_of(call.business_id, link.customer_id, open_only=True)
    return [one.id for one in page.items if one.purpose is not Purpose.ON_ACCOUNT]


def opened_plans(call: PortalCall) -> list[PaymentPlan]:
    """The customer's plans that run; of an invoice's link only the one that it belongs to."""
    store, link = call.ports.store, call.link
    if link.invoice_id is None:
        page = store.payment_plans_of(call.business_id, link.customer_id)
        return [one for one in page.items if one.is_active]
    invoice = store.invoice(call.business_id, link.invoice_id)
    plan_id = invoice.demand.plan_id if invoice.demand else ""
    if invoice.covered_by is not None and invoice.covered_by.id.startswith("plan_"):
        plan_id = invoice.covered_by.id
    return [store.payment_plan(call.business_id, plan_id)] if plan_id else []


def _lineage(call: PortalCall, invoice_id: str) -> list[str]:
    """The invoice and whatever corrects it: who has the link of one owes the same debt."""
    found = [invoice_id]
    try:
        while successor := call.ports.store.invoice(call.business_id, found[-1]).replaced_by:
            found.append(successor)
    except NotFound as error:
        raise no_such_link() from error
    return found


def opened_case(call: PortalCall, invoice_id: str | None) -> Case:
    """The invoice that is meant, if the link opens it."""
    wanted = invoice_id or call.link.invoice_id
    if wanted is None:
        words = "This link opens several invoices: name the invoice_id."
        raise Refused(HTTPStatus.BAD_REQUEST, "invoice_missing", words)
    linked = call.link.invoice_id
    if linked not in {None, wanted} and wanted not in _lineage(call, linked or ""):
        raise no_such_link()
    try:
        case = open_case(call.ports, call.business_id, wanted)
    except NotFound as error:
        raise no_such_link() from error
    if (
        case.invoice.customer_id != call.link.customer_id
        or case.invoice.status is InvoiceStatus.DRAFT
        or case.invoice.purpose is Purpose.ON_ACCOUNT
    ):
        raise no_such_link()
    return case


def _invoice(call: PortalCall, case: Case) -> PortalInvoice:
    from chalicelib.services.payer_view import payer_view

    return portal_invoice(case, payer_view(call.ports, case))


def _status(call: PortalCall, case: Case) -> PortalStatus:
    from chalicelib.services.payer_view import payer_view

    return portal_status(case, payer_view(call.ports, case))


def _in_their_words(call: PortalCall, case: Case, error: Conflict) -> Conflict:
    """Why a charge is refused is staff's to read; a payer reads how the invoice stands."""
    from chalicelib.services.payer_view import refusal

    if error.code == BUSY:
        return error
    now = open_case(call.ports, call.business_id, case.invoice.id)
    return Conflict("payment_not_possible", refusal(now))


def _own_address(call: PortalCall, given: str | None) -> str:
    """A page of this install. Never with the token: what is stored must not open anything."""
    home = call.ports.links.portal
    if given is None:
        return home
    if urlsplit(given)[:2] != urlsplit(home)[:2] or call.token in given:
        words = "Send the payer back to a page of this install, without the link's token in it."
        raise InvalidInput("return_url_invalid", words)
    return given
