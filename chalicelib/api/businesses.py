"""The caller's business and its settings."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.businesses import (
    BusinessChanges,
    BusinessView,
    business_changes,
    business_view,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.business import Business
from chalicelib.domain.errors import NotAllowed
from chalicelib.domain.team import Role
from chalicelib.services import businesses
from chalicelib.services.case import now_of

routes = Routes(__name__, "/v1/business", "Business")


@routes.get()
def get_business(call: StaffCall) -> BusinessView:
    """Read the business you act for."""
    return _view(call, call.ports.store.business(call.business_id))


@routes.patch(
    refuses=(
        "zone_invalid", "policy_invalid", "policy_overrides_network", "email_invalid",
        "currency_in_use", "currency_unknown", "invoice_number_used", "iban_invalid",
        "bic_invalid", "routing_number_invalid", "application_fee_not_yours",
        "online_methods_invalid",
    )
)  # fmt: skip
def change_business(call: StaffCall, body: BusinessChanges) -> BusinessView:
    """Change settings of the business.

    Only the fields that are sent change. Invoices that exist, and dunning that runs, keep theirs.
    """
    known = call.ports.store.business(call.business_id)
    changes = business_changes(body, known)
    if "application_fee" in changes:
        _check_may_set_fee(call)
    if changes:
        known = businesses.change_business(
            call.ports, call.business_id, changes, actor=call.actor, why="Changed through the API."
        )
    return _view(call, known)


def _check_may_set_fee(call: StaffCall) -> None:
    """What the install takes is the install's to say: of who runs the business on its account."""
    for business, role in businesses.of_user(call.ports, call.user_id):
        if role is Role.ADMIN and businesses.owns_the_account(business):
            return
    words = "The application fee is set by an admin of the business that the install is run for."
    raise NotAllowed("application_fee_not_yours", words)


def _view(call: StaffCall, business: Business) -> BusinessView:
    return business_view(business, now_of(call.ports, business))
