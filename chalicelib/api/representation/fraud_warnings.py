"""Early fraud warnings on the wire: what a card's bank says, and what to do about it."""

from __future__ import annotations

from datetime import datetime

from chalicelib.api.representation.fields import Body, PageQuery, Reason, View
from chalicelib.domain.fraud_warning import FraudWarning, WarningStage, in_words


class FraudWarningsQuery(PageQuery):
    """`stage`: one column of the board; without it, everything that waits for somebody."""

    stage: WarningStage | None = None


class ReleaseFraudWarning(Body):
    """Why the card may be charged again."""

    reason: Reason


class FraudWarningView(View):
    """`fraud_type` is Stripe's word. `actionable`: a refund in full would still avoid a dispute.

    The card (`brand`, `last4`) is charged by nobody until the warning is released; `dispute_id` is
    the dispute of the same payment, if there is one.
    """

    id: str
    stage: WarningStage
    fraud_type: str
    fraud_type_in_words: str
    actionable: bool
    advice: str
    amount: int
    currency: str
    customer_id: str
    invoice_id: str
    payment_id: str
    charge_id: str
    brand: str
    last4: str
    dispute_id: str | None
    warned_at: datetime
    released_at: datetime | None


def fraud_warning_view(warning: FraudWarning) -> FraudWarningView:
    return FraudWarningView(
        id=warning.id,
        stage=warning.stage,
        fraud_type=warning.fraud_type,
        fraud_type_in_words=in_words(warning.fraud_type),
        actionable=warning.actionable,
        advice=warning.advice,
        amount=warning.amount,
        currency=warning.currency,
        customer_id=warning.customer_id,
        invoice_id=warning.invoice_id,
        payment_id=warning.payment_id,
        charge_id=warning.charge_id,
        brand=warning.brand,
        last4=warning.last4,
        dispute_id=warning.dispute_id,
        warned_at=warning.warned_at,
        released_at=warning.released_at,
    )
