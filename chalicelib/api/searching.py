"""The search over customers, subscriptions, invoices and payments."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.lists import SearchQuery, SearchView, search_view
from chalicelib.api.routing import Routes
from chalicelib.services.searching import search

routes = Routes(__name__, "/v1/search", "Search")


@routes.get("/")
def search_everything(call: StaffCall, query: SearchQuery) -> SearchView:
    """Find by what somebody has at hand, and say what it matched.

    An id; the beginning of any word of a customer's name or of its e-mail address; of an invoice
    number, a PO number, the business's own reference, a cheque's or a bank's reference, or Stripe's
    PaymentIntent. Accents and capitals make no difference.
    """
    return search_view(search(call.ports, call.business_id, query.q, limit=query.limit))
