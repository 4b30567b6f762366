"""The call list: whom an account manager should call first, and why."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.follow_up import CallListQuery, CallListView, call_list_view
from chalicelib.api.routing import Routes
from chalicelib.domain.dates import local_date
from chalicelib.services import following_up
from chalicelib.services.case import now_of

routes = Routes(__name__, "/v1/call-list", "Follow-up")


@routes.get()
def get_call_list(call: StaffCall, query: CallListQuery) -> CallListView:
    """List whom to call first: by amount x age x chance, each row with its reasons.

    Invoices that are snoozed, promised, disputed or collected by a plan are left out.
    """
    business = call.ports.store.business(call.business_id)
    listed = following_up.call_list(
        call.ports, business.id, account_manager=query.account_manager, limit=query.limit
    )
    return call_list_view(listed, local_date(now_of(call.ports, business), business.zone))
