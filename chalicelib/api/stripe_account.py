"""The business's own Stripe account: opened on Stripe's pages, read back from there."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.businesses import (
    ConnectAccount,
    OnboardingView,
    StripeAccountView,
    account_view,
)
from chalicelib.api.routing import Routes
from chalicelib.services import connecting

routes = Routes(__name__, "/v1/business/stripe-account", "Business")


@routes.get()
def get_stripe_account(call: StaffCall) -> StripeAccountView:
    """Read whether the business may charge, and what Stripe wants of it, as last heard."""
    return account_view(call.ports.store.business(call.business_id))


@routes.post(
    status=201,
    refuses=("account_in_use", "account_disconnected", "account_not_for_tests"),
)
def connect_stripe_account(call: StaffCall, body: ConnectAccount) -> OnboardingView:
    """Open a Stripe account for the business, or go on with the one it has.

    Send the person who may answer for the business to `url`. It opens once; Stripe sends them to
    `return_url` afterwards, and to `refresh_url` when a new one is needed.
    """
    page = connecting.start_onboarding(
        call.ports,
        call.business_id,
        request_id=call.id("onb"),
        return_url=body.return_url,
        refresh_url=body.refresh_url,
        actor=call.actor,
    )
    business = call.ports.store.business(call.business_id)
    return OnboardingView(
        stripe_account=str(business.stripe_account), url=page.url, expires_at=page.expires_at
    )


@routes.post("/refresh")
def refresh_stripe_account(call: StaffCall) -> StripeAccountView:
    """Read the account from Stripe now, as when its owner has come back from Stripe's pages."""
    return account_view(connecting.refresh_account(call.ports, call.business_id))
