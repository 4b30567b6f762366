"""What we send to Stripe: parameters only, so that mypy checks them against the pinned SDK's types.

Amounts leave here in Stripe's units. `payment_method_types` was removed in our API version; the
list we allow is a filter, from which Stripe takes what fits the currency.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from io import BytesIO
from typing import TYPE_CHECKING

from chalicelib.adapters.stripe import reading
from chalicelib.domain import money
from chalicelib.ports.stripe_objects import NewIntent

if TYPE_CHECKING:
    from stripe import params
    from stripe.params import checkout, radar

PAGE_SIZE = 100
_CHARGE_PARTS = "latest_charge.balance_transaction"
_REFUND_PARTS = ("balance_transaction", "failure_balance_transaction")
_STRIPE_REASONS = frozenset({"duplicate", "fraudulent", "requested_by_customer"})
# Stripe's limits of each field of evidence that we fill; of a file it is the id's length.
_LONGEST = {
    "access_activity_log": 20_000,
    "billing_address": 5_000,
    "customer_email_address": 5_000,
    "customer_name": 5_000,
    "product_description": 20_000,
    "receipt": 5_000,
    "service_date": 5_000,
    "service_documentation": 5_000,
    "uncategorized_file": 5_000,
    "uncategorized_text": 20_000,
}
# An invoice's amount and day are not a card scheme's fixed series, so no charge claims to be one.
_STORED_CREDENTIAL_USAGE = "unscheduled"


def customer(
    business_id: str, customer_id: str, name: str, email: str
) -> params.CustomerCreateParams:
    wanted: params.CustomerCreateParams = {
        "name": name,
        "metadata": {"business_id": business_id, "customer_id": customer_id},
    }
    if email:
        wanted["email"] = email
    return wanted


def setup_page(
    *,
    customer: str,
    business_id: str,
    customer_id: str,
    currency: str,
    success_url: str,
    cancel_url: str,
    method_kinds: Sequence[str],
    demand_id: str = "",
) -> checkout.SessionCreateParams:
    """The metadata is on both objects: whichever a webhook names, it tells whose it is."""
    metadata = {"business_id": business_id, "customer_id": customer_id}
    if demand_id:
        metadata["demand_id"] = demand_id
    return {
        "mode": "setup",
        "customer": customer,
        "currency": currency.lower(),
        "allowed_payment_method_types": _usable(method_kinds, currency),
        "success_url": success_url,
        "cancel_url": cancel_url,
        "metadata": metadata,
        "setup_intent_data": {"metadata": metadata},
    }


def _usable(kinds: Sequence[str], currency: str) -> list[str]:
    """A US bank account is debited in dollars only; Stripe refuses to be asked otherwise."""
    return [kind for kind in kinds if kind != "us_bank_account" or currency == "USD"]


def read_session() -> checkout.SessionRetrieveParams:
    return {"expand": ["setup_intent.payment_method"]}


def setups_since(since: datetime, cursor: str | None) -> checkout.SessionListParams:
    wanted: checkout.SessionListParams = {
        "created": {"gte": int(since.timestamp())},
        "status": "complete",
        "limit": PAGE_SIZE,
        "expand": ["data.setup_intent"],
    }
    if cursor:
        wanted["starting_after"] = cursor
    return wanted


def new_intent(intent: NewIntent) -> params.PaymentIntentCreateParams:
    """Unconfirmed: it moves no money until one of its attempts confirms it."""
    wanted: params.PaymentIntentCreateParams = {
        "amount": money.to_stripe(intent.amount, intent.currency),
        "currency": intent.currency.lower(),
        "customer": intent.customer,
        "description": intent.description,
        "allowed_payment_method_types": _usable(intent.method_kinds, intent.currency),
        "metadata": {
            "business_id": intent.business_id,
            "invoice_id": intent.invoice_id,
            "payment_id": intent.payment_id,
        },
    }
    if intent.application_fee:
        fee = money.to_stripe(intent.application_fee, intent.currency)
        wanted["application_fee_amount"] = fee
    return wanted


def confirm(
    *, method_id: str, mandate_id: str | None, off_session: bool, return_url: str | None
) -> params.PaymentIntentConfirmParams:
    wanted: params.PaymentIntentConfirmParams = {
        "payment_method": method_id,
        "off_session": off_session,
    }
    if mandate_id:
        wanted["mandate"] = mandate_id
    if off_session and not mandate_id:
        wanted["payment_method_options"] = {
            "card": {"stored_credential_usage": _STORED_CREDENTIAL_USAGE}
        }
    if return_url:
        wanted["return_url"] = return_url
    return wanted


def account(
    business_id: str, country: str, email: str, currency: str
) -> params.AccountCreateParams:
    """The seller has its own dashboard, pays Stripe's fees and bears its losses and disputes."""
    wanted: params.AccountCreateParams = {
        "controller": {
            "fees": {"payer": "account"},
            "losses": {"payments": "stripe"},
            "requirement_collection": "stripe",
            "stripe_dashboard": {"type": "full"},
        },
        "country": country,
        "default_currency": currency.lower(),
        "metadata": {"business_id": business_id},
    }
    if email:
        wanted["email"] = email
    return wanted


def account_page(
    account_id: str, return_url: str, refresh_url: str
) -> params.AccountLinkCreateParams:
    return {
        "account": account_id,
        "type": "account_onboarding",
        "return_url": return_url,
        "refresh_url": refresh_url,
    }


def accounts_since(since: datetime, cursor: str | None) -> params.AccountListParams:
    wanted: params.AccountListParams = {
        "created": {"gte": int(since.timestamp())},
        "limit": PAGE_SIZE,
    }
    if cursor:
        wanted["starting_after"] = cursor
    return wanted


def application_fees_since(since: datetime, cursor: str | None) -> params.ApplicationFeeListParams:
    wanted: params.ApplicationFeeListParams = {
        "created": {"gte": int(since.timestamp())},
        "limit": PAGE_SIZE,
    }
    if cursor:
        wanted["starting_after"] = cursor
    return wanted


def read_intent() -> params.PaymentIntentRetrieveParams:
    return {"expand": [_CHARGE_PARTS]}


def cancel_intent() -> params.PaymentIntentCancelParams:
    return {"expand": [_CHARGE_PARTS]}


def intents_since(since: datetime, cursor: str | None) -> params.PaymentIntentListParams:
    wanted: params.PaymentIntentListParams = {
        "created": {"gte": int(since.timestamp())},
        "limit": PAGE_SIZE,
        "expand": [f"data.{_CHARGE_PARTS}"],
    }
    if cursor:
        wanted["starting_after"] = cursor
    return wanted


def refunded_since(since: datetime, cursor: str | None) -> params.RefundListParams:
    wanted: params.RefundListParams = {
        "created": {"gte": int(since.timestamp())},
        "limit": PAGE_SIZE,
        "expand": [f"data.payment_intent.{_CHARGE_PARTS}"],
    }
    if cursor:
        wanted["starting_after"] = cursor
    return wanted


def disputed_since(since: datetime, cursor: str | None) -> params.DisputeListParams:
    wanted: params.DisputeListParams = {
        "created": {"gte": int(since.timestamp())},
        "limit": PAGE_SIZE,
        "expand": [f"data.payment_intent.{_CHARGE_PARTS}"],
    }
    if cursor:
        wanted["starting_after"] = cursor
    return wanted


def methods_of() -> params.CustomerPaymentMethodListParams:
    return {"limit": PAGE_SIZE}


def charges_of(intent_id: str) -> params.ChargeListParams:
    return {
        "payment_intent": intent_id,
        "limit": PAGE_SIZE,
        "expand": ["data.balance_transaction"],
    }


def refund(
    *, charge_id: str, amount: int, currency: str, reason: str, refund_id: str
) -> params.RefundCreateParams:
    """Stripe knows three reasons; any other is ours alone and stays in the metadata."""
    wanted: params.RefundCreateParams = {
        "charge": charge_id,
        "amount": money.to_stripe(amount, currency),
        "metadata": {"refund_id": refund_id, "reason": reason[:500]},
        "expand": list(_REFUND_PARTS),
    }
    if reason in _STRIPE_REASONS:
        wanted["reason"] = reason
    return wanted


def refunds_of(charge_id: str) -> params.RefundListParams:
    return {
        "charge": charge_id,
        "limit": PAGE_SIZE,
        "expand": _each(_REFUND_PARTS),
    }


def disputes_of(charge_id: str) -> params.DisputeListParams:
    return {"charge": charge_id, "limit": PAGE_SIZE}


def read_fraud_warning() -> radar.EarlyFraudWarningRetrieveParams:
    return {"expand": ["payment_intent"]}


def fraud_warnings_since(since: datetime, cursor: str | None) -> radar.EarlyFraudWarningListParams:
    wanted: radar.EarlyFraudWarningListParams = {
        "created": {"gte": int(since.timestamp())},
        "limit": PAGE_SIZE,
        "expand": ["data.payment_intent"],
    }
    if cursor:
        wanted["starting_after"] = cursor
    return wanted


class NamedFile(BytesIO):
    """A file as the SDK uploads one: it asks an open file for its name."""

    def __init__(self, content: bytes, name: str) -> None:
        super().__init__(content)
        self.name = name


def evidence_file(content: bytes, name: str) -> params.FileCreateParams:
    return {"purpose": "dispute_evidence", "file": NamedFile(content, name)}


def evidence(fields: Mapping[str, str], request_id: str) -> params.DisputeUpdateParams:
    """Final: Stripe takes evidence once. The metadata tells a repeat whose answer it finds."""
    wanted: params.DisputeUpdateParams = {
        "evidence": {name: text[: _LONGEST[name]] for name, text in fields.items()},  # type: ignore[typeddict-item]
        "metadata": {reading.DISPUTE_REQUEST: request_id},
        "submit": True,
    }
    return wanted


def payouts_since(since: datetime, cursor: str | None) -> params.PayoutListParams:
    wanted: params.PayoutListParams = {
        "created": {"gte": int(since.timestamp())},
        "limit": PAGE_SIZE,
    }
    if cursor:
        wanted["starting_after"] = cursor
    return wanted


def _each(parts: Sequence[str]) -> list[str]:
    """The same expansions, for the rows of a list."""
    return [f"data.{part}" for part in parts]
