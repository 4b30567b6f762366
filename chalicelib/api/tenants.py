"""The businesses somebody acts for; and one more of them."""

from __future__ import annotations

from chalicelib.api.calls import UserCall
from chalicelib.api.representation.businesses import (
    Businesses,
    BusinessView,
    NewBusiness,
    business_view,
    businesses_view,
    new_business,
)
from chalicelib.api.routing import Routes
from chalicelib.services import businesses
from chalicelib.services.case import now_of

routes = Routes(__name__, "/v1/businesses", "Business")


@routes.get()
def list_businesses(call: UserCall) -> Businesses:
    """List the businesses you act for, and as what."""
    return businesses_view(businesses.of_user(call.ports, call.user_id))


@routes.post(status=201, refuses=("role_not_allowed", "zone_invalid", "currency_unknown"))
def create_business(call: UserCall, body: NewBusiness) -> BusinessView:
    """Open another business, and become its admin.

    It takes an admin of another business to open one. Unless it is the install's first, it has to
    open its own Stripe account before it can charge.
    """
    wanted = new_business(body, call.id("biz"))
    made = businesses.open_business(call.ports, wanted, actor=call.actor)
    return business_view(made, now_of(call.ports, made))
