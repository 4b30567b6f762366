"""Customers: who is billed."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.making import made_once, time_of
from chalicelib.api.representation.customers import (
    CustomerChanges,
    CustomerView,
    NewCustomer,
    customer_changes,
    customer_view,
    new_customer,
)
from chalicelib.api.representation.fields import Listing, PageQuery, listing
from chalicelib.api.representation.history import MomentView, TimelineQuery, moment_view
from chalicelib.api.routing import Routes
from chalicelib.services import customers
from chalicelib.services.timeline import timeline

routes = Routes(__name__, "/v1/customers", "Customers")


@routes.get()
def list_customers(call: StaffCall, query: PageQuery) -> Listing[CustomerView]:
    """List customers by name."""
    page = call.ports.store.customers(call.business_id, limit=query.limit, cursor=query.cursor)
    return listing(page, map(customer_view, page.items))


@routes.get("/{customer_id}")
def get_customer(call: StaffCall, customer_id: str) -> CustomerView:
    """Read a customer."""
    return customer_view(call.ports.store.customer(call.business_id, customer_id))


@routes.post(status=201, refuses=("name_missing", "email_invalid", "zone_invalid"))
def create_customer(call: StaffCall, body: NewCustomer) -> CustomerView:
    """Create a customer.

    Cards and bank accounts are never sent here: start a set-up session for them.
    """
    ports, own_id = call.ports, (call.business_id, call.id("cus"))
    wanted = new_customer(body, customer_id=own_id[1], business_id=own_id[0], at=time_of(call))
    return customer_view(
        made_once(
            lambda: customers.create_customer(ports, wanted, actor=call.actor),
            lambda: ports.store.customer(*own_id),
        )
    )


@routes.patch("/{customer_id}", refuses=("name_missing", "email_invalid", "zone_invalid"))
def change_customer(call: StaffCall, customer_id: str, body: CustomerChanges) -> CustomerView:
    """Change a customer.

    Only the fields that are sent change. Invoices that exist keep what is printed on them.
    """
    known = call.ports.store.customer(call.business_id, customer_id)
    changes = customer_changes(body, known, time_of(call))
    if changes:
        known = customers.change_customer(
            call.ports, call.business_id, customer_id, changes, actor=call.actor
        )
    return customer_view(known)


@routes.get("/{customer_id}/timeline")
def get_customer_timeline(
    call: StaffCall, customer_id: str, query: TimelineQuery
) -> Listing[MomentView]:
    """Read all that happened to a customer, its subscriptions and its invoices, newest first."""
    business = call.ports.store.business(call.business_id)
    page = timeline(
        call.ports,
        business,
        customer_id,
        oldest_first=query.oldest_first,
        limit=query.limit,
        cursor=query.cursor,
    )
    return listing(page, map(moment_view, page.items))
