"""Payments of a business: what came, what was refused, what went back, what is awaited."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.fields import Listing, listing
from chalicelib.api.representation.lists import (
    PaymentRow,
    PaymentsQuery,
    filters_of,
    payment_row,
    payment_states,
    sort_of,
)
from chalicelib.api.routing import Routes
from chalicelib.services.listing import list_payments

routes = Routes(__name__, "/v1/payments", "Payments")


@routes.get("/", refuses=("sort_without_time",))
def list_all_payments(call: StaffCall, query: PaymentsQuery) -> Listing[PaymentRow]:
    """List payments: by default what happened, newest first.

    What is awaited (`pending`, `processing`) has no time yet: it comes with every other sort, and
    by due date where its status is asked for and no sort is.
    Sorts: due_on oldest first, amount high to low, customer_name A to Z, status in the order of
    their lives; `reverse` turns each but status round. A range of the sort's own field is exact.
    Every other filter is applied to what a page reads, so a page may be short or even empty: go on
    while next_cursor is not null.
    """
    page = list_payments(
        call.ports,
        call.ports.store.business(call.business_id),
        filters_of(query),
        states=payment_states(query),
        sort=sort_of(query.sort),
        reverse=query.reverse,
        limit=query.limit,
        cursor=query.cursor,
    )
    return listing(page, (payment_row(one, codes=call.reads_codes) for one in page.items))
