"""The payer's pages: a link becomes a session, the session shows what it opens, forms pay.

Every form is answered by the JSON portal itself, called in this process: its limits, its keys that
make a double click one payment and its refusals hold here because there are no others. A form's
answer is always a redirect to the one page that tells how things stand.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from http import HTTPStatus
from urllib.parse import parse_qs, quote

from chalice.app import Blueprint, Response

from chalicelib.api import portal as api
from chalicelib.api.auth import portal_call
from chalicelib.api.calls import Incoming, PortalCall
from chalicelib.api.context import Context, here
from chalicelib.api.errors import Refused
from chalicelib.api.idempotency import HEADER
from chalicelib.api.operations import OPERATIONS
from chalicelib.api.routing import incoming, run
from chalicelib.domain import money
from chalicelib.domain.errors import DomainError, InvalidInput, NotFound
from chalicelib.observability import count, log_event, log_failure
from chalicelib.ports.answers import Unanswered
from chalicelib.services import customers, portal_links, posting
from chalicelib.web import answering
from chalicelib.web.session import SessionOver, check_own_form, cookie_for, session_call

routes = Blueprint(__name__)
View = Callable[[Context, Incoming], Response]
FORM = "application/x-www-form-urlencoded"
LARGEST_FORM = 4096
SETUP, INTENT = "setup", "payment_intent"  # what a browser brings back from Stripe
_REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{4,80}")
_PLAIN = re.compile(r"[0-9]{1,12}(\.[0-9]{1,4})?")
_OPERATIONS = {one.id: one for one in OPERATIONS}


@routes.route("/{token}", methods=["GET"], name="page_link")
def page_link(token: str) -> Response:
    return _answered("/portal/{token}", _open_link, {"token": token})


@routes.route("/", methods=["GET"], name="page_portal")
def page_portal() -> Response:
    return _answered("/portal", _show)


@routes.route("/pdf", methods=["GET"], name="page_pdf")
def page_pdf() -> Response:
    return _answered("/portal/pdf", _pdf)


@routes.route("/receipt", methods=["GET"], name="page_receipt")
def page_receipt() -> Response:
    return _answered("/portal/receipt", _receipt)


@routes.route("/pay", methods=["POST"], content_types=[FORM], name="page_pay")
def page_pay() -> Response:
    return _answered("/portal/pay", _pay)


@routes.route("/card", methods=["POST"], content_types=[FORM], name="page_card")
def page_card() -> Response:
    return _answered("/portal/card", _card)


def _open_link(context: Context, request: Incoming) -> Response:
    """Exchange the link for a cookie. Nothing is used up: mail scanners follow links too."""
    call = portal_call(context, request)
    portal_links.note_opening(context.ports, call.link, "page", request.address)
    return answering.redirect("../portal", Set_Cookie=cookie_for(call.token))


def _show(context: Context, request: Incoming) -> Response:
    from chalicelib.web.portal_page import page_of

    call = session_call(context, request)
    if SETUP in request.query or INTENT in request.query:
        return _come_back(call, request)
    shown = page_of(call, notice=request.query.get("notice", ""))
    return answering.page("portal", HTTPStatus.OK, hosted_pages=context.hosted_pages, page=shown)


def _come_back(call: PortalCall, request: Incoming) -> Response:
    """From Stripe: take over the truth, and take what Stripe put into the address out of it.

    The webhook does the same; this only saves the payer a wait, so a failure here is no matter.
    """
    try:
        saved = _level_with_stripe(call, request.query)
    except (DomainError, Unanswered) as error:
        log_failure("return_not_read", error, business_id=call.business_id)
        saved = False
    return answering.redirect("portal?notice=saved" if saved else "portal")


def _level_with_stripe(call: PortalCall, query: Mapping[str, str]) -> bool:
    """Whether a card or account was saved."""
    if SETUP in query:
        saved = customers.receive_setup(call.ports, call.business_id, query[SETUP])
        return saved is not None
    for case in api.opened_cases(call):
        for payment in case.invoice.payments:
            if payment.intent_id == query[INTENT] and payment.is_open:
                posting.post_outcome(call.ports, call.business_id, case.invoice.id, payment.id)
    return False


def _pay(context: Context, request: Incoming) -> Response:
    call, form = _own_form(context, request)
    wish: dict[str, str | int] = {
        name: form[name] for name in ("invoice_id", "payment_method_id") if form.get(name)
    }
    if "part" in form:
        part = _part_of(call, form)
        if part is None:
            return answering.redirect("../portal?notice=part")
        wish["amount"] = part
    # For each invoice its own key: a page that lists several may pay each of them once.
    key = f"pay-{form['request_id']}-{wish.get('invoice_id', '')}"
    answer = _ask(call, "pay_in_portal", "pay", wish, key)
    return _seen_on_page(answer)


def _part_of(call: PortalCall, form: Mapping[str, str]) -> int | None:
    """A number field sends plain digits with a point, whatever the payer's language."""
    amount = form.get("amount", "")
    if not _PLAIN.fullmatch(amount):
        return None
    invoice = api.opened_case(call, form.get("invoice_id") or None).invoice
    try:
        return money.parse_decimal(amount, invoice.currency)
    except InvalidInput:
        return None


def _card(context: Context, request: Incoming) -> Response:
    call, form = _own_form(context, request)
    back = f"{context.ports.links.portal}?{SETUP}={{CHECKOUT_SESSION_ID}}"
    answer = _ask(
        call,
        "start_portal_setup",
        "setup-session",
        {"success_url": back},
        f"card-{form['request_id']}",
    )
    if answer.status_code == HTTPStatus.CREATED:
        return answering.redirect(json.loads(answer.body)["url"])
    return _seen_on_page(answer)


def _pdf(context: Context, request: Incoming) -> Response:
    query = {"invoice_id": request.query.get("invoice_id", "")}
    return _document(context, request, "get_portal_pdf", "pdf", query)


def _receipt(context: Context, request: Incoming) -> Response:
    query = {name: request.query.get(name, "") for name in ("invoice_id", "payment_id")}
    return _document(context, request, "get_portal_receipt", "receipt", query)


def _document(
    context: Context, request: Incoming, operation_id: str, path: str, query: dict[str, str]
) -> Response:
    call = session_call(context, request)
    answer = _ask(call, operation_id, path, None, "", query)
    if answer.status_code == HTTPStatus.SEE_OTHER:
        return answering.redirect(str(answer.headers["Location"]))
    return _seen_on_page(answer)


def _own_form(context: Context, request: Incoming) -> tuple[PortalCall, dict[str, str]]:
    """Whose form it is and what it says. Raises Refused for one that no page of ours sends."""
    check_own_form(context, request)
    call = session_call(context, request)
    if len(request.body) > LARGEST_FORM:
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "form_too_large", "Too large a form.")
    fields = parse_qs(request.body.decode(errors="replace"), max_num_fields=10)
    form = {name: values[-1] for name, values in fields.items()}
    if not _REQUEST_ID.fullmatch(form.get("request_id", "")):
        raise Refused(HTTPStatus.BAD_REQUEST, "form_incomplete", "The form has no request id.")
    return call, form


def _ask(
    call: PortalCall,
    operation_id: str,
    path: str,
    body: Mapping[str, str | int] | None,
    key: str,
    query: dict[str, str] | None = None,
) -> Response:
    """The JSON portal's own answer."""
    operation = _OPERATIONS[operation_id]
    request = Incoming(
        method=operation.method,
        path=f"/v1/portal/{call.token}/{path}",
        parameters={"token": call.token},
        query=query or {},
        headers={HEADER: key} if key else {},
        body=b"" if body is None else json.dumps(body).encode(),
        reference=call.request.reference,
        address=call.request.address,
    )
    return run(operation, request)


# What the page has to say beside how things stand; all other answers are seen on it anyway.
_NOTICES = {
    "payment_not_possible": "refused",
    "too_many_tries": "too_many",
    "document_not_ready": "not_ready",
    "part_not_allowed": "part",
    "part_too_small": "part",
    "part_too_large": "part",
    "part_leaves_too_little": "part",
    "busy": "",
    "request_in_progress": "",
    "idempotency_key_reused": "",
}


def _seen_on_page(answer: Response) -> Response:
    """Back to the page, which tells how things stand now."""
    if answer.status_code < HTTPStatus.BAD_REQUEST:
        return answering.redirect("../portal")
    notice = _NOTICES.get(json.loads(answer.body)["code"], "trouble")
    return answering.redirect(f"../portal?notice={quote(notice)}" if notice else "../portal")


def _answered(path: str, view: View, parameters: dict[str, str] | None = None) -> Response:
    """The answer to one request, whatever happens: a page in words, never a code or a trace."""
    request = incoming(routes.current_request, parameters or {})
    languages = request.headers.get("Accept-Language", "")
    try:
        response = view(here(), request)
    except Exception as error:  # noqa: BLE001 - the edge: nothing may leave it unmapped
        kind, status = _shut_as(error)
        if status is HTTPStatus.INTERNAL_SERVER_ERROR:
            count("RequestFailed")
            log_failure("page_failed", error, path_template=path, request_id=request.reference)
        response = answering.shut(kind, status, languages)
    method = request.method
    log_event("page", method=method, path_template=path, status=response.status_code)
    return response


def _shut_as(error: Exception) -> tuple[str, HTTPStatus]:
    match error:
        case SessionOver():
            return "session", HTTPStatus.NOT_FOUND
        case NotFound():
            return "link", HTTPStatus.NOT_FOUND
        case Refused():
            return "foreign", error.status
        case _:
            return "fault", HTTPStatus.INTERNAL_SERVER_ERROR
