"""A customer's statement: for a period, as JSON or as the PDF that is sent."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.fields import day
from chalicelib.api.representation.invoices import DocumentLink
from chalicelib.api.representation.statements import (
    StatementQuery,
    StatementView,
    statement_view,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.business import Business
from chalicelib.domain.statement import Statement
from chalicelib.services.statements import statement_of, stored_statement

routes = Routes(__name__, "/v1/customers/{customer_id}/statement", "Statements")
LINK_SECONDS = 60


@routes.get(refuses=("period_invalid",))
def get_statement(call: StaffCall, customer_id: str, query: StatementQuery) -> StatementView:
    """Read what a customer owed, everything that changed it, and what it owes by how long."""
    business = call.ports.store.business(call.business_id)
    said = _said(call, business, customer_id, query)
    return statement_view(call.ports.store.customer(business.id, customer_id), said)


@routes.get("/pdf", status=303, location="url", refuses=("period_invalid",))
def get_statement_pdf(call: StaffCall, customer_id: str, query: StatementQuery) -> DocumentLink:
    """Go to the statement as a PDF.

    The address works for a minute, for anybody. Do not send your token along with it.
    """
    business = call.ports.store.business(call.business_id)
    said = _said(call, business, customer_id, query)
    key = stored_statement(call.ports, business, customer_id, said)
    name = f"statement-{said.from_on.isoformat()}-{said.to_on.isoformat()}.pdf"
    url = call.ports.files.link(key, file_name=name, seconds=LINK_SECONDS)
    return DocumentLink(url=url, expires_in_seconds=LINK_SECONDS)


def _said(
    call: StaffCall, business: Business, customer_id: str, query: StatementQuery
) -> Statement:
    from_on, to_on = day(query.from_on, "from_on"), day(query.to_on, "to_on")
    assert from_on is not None
    assert to_on is not None
    return statement_of(
        call.ports,
        business,
        customer_id,
        from_on=from_on,
        to_on=to_on,
        currency=query.currency,
    )
