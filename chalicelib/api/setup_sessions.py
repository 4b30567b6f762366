"""Set-up sessions: Stripe's hosted page, the only place where a card or account is typed in."""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.errors import no_such
from chalicelib.api.representation.customers import NewSetupSession, SetupSessionView
from chalicelib.api.routing import Routes
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.stripe_objects import SetupSeen
from chalicelib.services import customers

routes = Routes(__name__, "/v1/setup-sessions", "Set-up sessions")


@routes.post(status=201)
def start_setup_session(call: StaffCall, body: NewSetupSession) -> SetupSessionView:
    """Start a page of Stripe's on which the customer enters a card or bank account.

    Send the customer to `url`. What is saved there becomes the default payment method.
    """
    page = customers.start_setup(
        call.ports,
        call.business_id,
        body.customer_id,
        request_id=call.id("set"),
        success_url=body.success_url,
        cancel_url=body.cancel_url,
    )
    return SetupSessionView(id=page.id, customer_id=body.customer_id, url=page.url, complete=False)


@routes.get("/{setup_session_id}")
def get_setup_session(call: StaffCall, setup_session_id: str) -> SetupSessionView:
    """Read whether the page was completed, from Stripe."""
    return _view(_own(call, setup_session_id))


@routes.post("/{setup_session_id}/complete", refuses=("setup_incomplete",))
def complete_setup_session(call: StaffCall, setup_session_id: str) -> SetupSessionView:
    """Take over what the completed page saved.

    The webhook does the same; whoever comes first does it, the other finds it done.
    """
    seen = _own(call, setup_session_id)
    if customers.receive_setup(call.ports, call.business_id, setup_session_id) is None:
        raise Conflict("setup_incomplete", "The customer has not completed the page yet.")
    return _view(seen)


def _own(call: StaffCall, setup_session_id: str) -> SetupSeen:
    if not setup_session_id.startswith("cs_"):  # no id of Stripe's: it need not be asked
        raise no_such("setup_session")
    account = call.ports.store.business(call.business_id).stripe_account
    try:
        seen = call.ports.gateway.read_setup(account, setup_session_id)
    except NotFound as error:
        raise no_such("setup_session") from error
    if seen.business_id != call.business_id:
        raise no_such("setup_session")
    return seen


def _view(seen: SetupSeen) -> SetupSessionView:
    return SetupSessionView(
        id=seen.id, customer_id=seen.customer_id, url=None, complete=seen.complete
    )
