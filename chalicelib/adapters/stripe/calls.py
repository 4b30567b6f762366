"""The one seam inside this adapter: a call to Stripe, and how it can be refused.

Everything above it is plain dictionaries. In production the call is the SDK (`sdk.py`); the
simulation puts the fake's core here, so that it runs the very same mapping code.
"""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from typing import Any, Protocol

Body = Mapping[str, Any]


class Operation(StrEnum):
    """Every call we make. The value is its name in the SDK, below `client.v1`."""

    CREATE_CUSTOMER = "customers.create"
    LIST_METHODS = "customers.payment_methods.list"
    READ_METHOD = "payment_methods.retrieve"
    DETACH_METHOD = "payment_methods.detach"
    CREATE_SESSION = "checkout.sessions.create"
    READ_SESSION = "checkout.sessions.retrieve"
    LIST_SESSIONS = "checkout.sessions.list"
    CREATE_INTENT = "payment_intents.create"
    CONFIRM_INTENT = "payment_intents.confirm"
    READ_INTENT = "payment_intents.retrieve"
    CANCEL_INTENT = "payment_intents.cancel"
    LIST_INTENTS = "payment_intents.list"
    LIST_CHARGES = "charges.list"
    CREATE_REFUND = "refunds.create"
    LIST_REFUNDS = "refunds.list"
    LIST_DISPUTES = "disputes.list"
    READ_DISPUTE = "disputes.retrieve"
    ANSWER_DISPUTE = "disputes.update"
    CLOSE_DISPUTE = "disputes.close"
    READ_FRAUD_WARNING = "radar.early_fraud_warnings.retrieve"
    LIST_FRAUD_WARNINGS = "radar.early_fraud_warnings.list"
    CREATE_FILE = "files.create"
    READ_PAYOUT = "payouts.retrieve"
    LIST_PAYOUTS = "payouts.list"
    READ_APPLICATION_FEE = "application_fees.retrieve"
    LIST_APPLICATION_FEES = "application_fees.list"
    CREATE_ACCOUNT = "accounts.create"
    READ_ACCOUNT = "accounts.retrieve"
    LIST_ACCOUNTS = "accounts.list"
    CREATE_ACCOUNT_LINK = "account_links.create"


class StripeRefusal(Exception):  # noqa: N818 - Stripe's answer, not a fault of ours
    """Stripe answered, but not with a 2xx. `error` is empty where the body was no JSON."""

    def __init__(self, status: int, error: Body) -> None:
        super().__init__(f"{status} {error.get('code') or error.get('type') or ''}".strip())
        self.status = status
        self.error = error

    @property
    def code(self) -> str:
        """Stripe's code where there is one; many errors have a type only."""
        return str(self.error.get("code") or self.error.get("type") or f"http_{self.status}")


class Calls(Protocol):
    """One request to Stripe.

    Raises StripeRefusal for any answer but a 2xx, and ports.answers.Unanswered when none arrived.
    """

    def __call__(
        self,
        operation: Operation,
        *ids: str,
        account: str | None,
        params: Body | None = None,
        key: str | None = None,
    ) -> Body: ...
