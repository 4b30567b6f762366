"""Early fraud warnings: what waits for somebody's decision, and the release of a card.

Refunding is a refund like any other (`/v1/invoices/{id}/refunds`); Stripe then says by itself that
nothing has to be feared any more.
"""

from __future__ import annotations

from chalicelib.api.calls import StaffCall
from chalicelib.api.representation.fields import Listing, listing
from chalicelib.api.representation.fraud_warnings import (
    FraudWarningsQuery,
    FraudWarningView,
    ReleaseFraudWarning,
    fraud_warning_view,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.fraud_warning import WarningStage
from chalicelib.services import fraud_warnings

routes = Routes(__name__, "/v1/fraud-warnings", "Disputes")
OPEN = (WarningStage.ACTIONABLE, WarningStage.BLOCKED)


@routes.get()
def list_fraud_warnings(call: StaffCall, query: FraudWarningsQuery) -> Listing[FraudWarningView]:
    """List early fraud warnings, the oldest first: those not released, or one stage of the board.

    While one is `actionable`, a refund in full avoids the dispute that mostly follows.
    """
    stages = (query.stage,) if query.stage else OPEN
    page = call.ports.store.fraud_warnings(
        call.business_id, stages=stages, limit=query.limit, cursor=query.cursor
    )
    return listing(page, (fraud_warning_view(one) for one in page.items))


@routes.get("/{fraud_warning_id}")
def get_fraud_warning(call: StaffCall, fraud_warning_id: str) -> FraudWarningView:
    """Read an early fraud warning with what to do about it."""
    found = call.ports.store.fraud_warning(call.business_id, fraud_warning_id)
    return fraud_warning_view(found)


@routes.post("/{fraud_warning_id}/release")
def release_fraud_warning(
    call: StaffCall, fraud_warning_id: str, body: ReleaseFraudWarning
) -> FraudWarningView:
    """Let the card be charged again, and the invoice be collected. Again, it changes nothing."""
    released = fraud_warnings.release(
        call.ports, call.business_id, fraud_warning_id, reason=body.reason, actor=call.actor
    )
    return fraud_warning_view(released)
