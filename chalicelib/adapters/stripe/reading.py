"""What Stripe's objects mean to us: plain dictionaries in, the port's dataclasses out.

Pure, so that the fake behind the simulation is read by the same code. Stripe adds enum values every
month: an unknown one is logged and takes the branch that moves no money.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from chalicelib.adapters.stripe.calls import Body
from chalicelib.domain import money
from chalicelib.domain.connect import AccountNeeds
from chalicelib.domain.customer import MethodKind, PaymentMethod
from chalicelib.domain.declines import Decline, classify
from chalicelib.domain.errors import Conflict
from chalicelib.ports.stripe_objects import (
    AccountPage,
    AccountSeen,
    ApplicationFeeSeen,
    ChargeSeen,
    ChargeStatus,
    DisputeSeen,
    IntentSeen,
    IntentStatus,
    PayoutSeen,
    RefundSeen,
    SetupPage,
    SetupSeen,
    WarningSeen,
)

_log = logging.getLogger(__name__)
DISPUTE_REQUEST = "evidence_request"  # in a dispute's metadata: which request of ours answered it


def intent(body: Body) -> IntentSeen:
    """A PaymentIntent read with `latest_charge.balance_transaction` expanded."""
    currency = str(body["currency"]).upper()
    error = _part(body, "last_payment_error")
    ours = _part(body, "metadata")
    latest = _part(body, "latest_charge")
    same_try = bool(latest) and error.get("charge") == latest["id"]
    return IntentSeen(
        id=body["id"],
        status=_intent_status(body),
        amount=money.from_stripe(body["amount"], currency),
        currency=currency,
        created_at=_at(body["created"]),
        business_id=ours.get("business_id", ""),
        invoice_id=ours.get("invoice_id", ""),
        payment_id=ours.get("payment_id", ""),
        latest_charge=charge(latest, error if same_try else {}) if latest else None,
        last_error=decline(latest if same_try else {}, error) if error else None,
        last_error_method_id=_id(error.get("payment_method")),
        action_url=_part(_part(body, "next_action"), "redirect_to_url").get("url"),
    )


def charge(body: Body, error: Body | None = None) -> ChargeSeen:
    """A charge read with `balance_transaction` expanded; `error` is its intent's, if it is its."""
    currency = str(body["currency"]).upper()
    status = _charge_status(body)
    row = _part(body, "balance_transaction")
    failed = status is ChargeStatus.FAILED
    return ChargeSeen(
        id=body["id"],
        status=status,
        amount=money.from_stripe(body["amount"], currency),
        created_at=_at(body["created"]),
        method_id=_id(body.get("payment_method")),
        fee=_in_currency(row["fee"], row, currency) if row else None,
        decline=decline(body, error or {}) if failed else None,
        amount_refunded=money.from_stripe(body["amount_refunded"], currency),
        disputed=body["disputed"],
    )


def decline(charge_body: Body, error: Body) -> Decline:
    """The signals of a failed try from its charge and its error; either may be empty.

    Only the charge tells whether the network was asked. Its `outcome.reason` repeats the decline
    code when the issuer declined, which is all that old charges still show.
    """
    outcome = _part(charge_body, "outcome")
    issuer_said = outcome.get("reason") if outcome.get("type") == "issuer_declined" else None
    method = _part(charge_body, "payment_method_details") or _part(error, "payment_method")
    card = _part(method, "card")
    network = card.get("network")
    return classify(
        code=charge_body.get("failure_code") or error.get("code") or "",
        decline_code=error.get("decline_code") or issuer_said or "",
        advice_code=_either(error, outcome, "advice_code"),
        network_advice_code=_either(error, outcome, "network_advice_code"),
        network_decline_code=_either(error, outcome, "network_decline_code"),
        network_status=outcome.get("network_status") or "",
        outcome_reason=outcome.get("reason") or "",
        # A co-branded card is judged by the network that carried this try.
        brand=network if network and network != "unknown" else card.get("brand") or "",
        bank_debit=method.get("type") == MethodKind.US_BANK_ACCOUNT,
    )


def method(body: Body) -> PaymentMethod:
    """Raises Conflict for a type we do not collect through."""
    if body["type"] == MethodKind.CARD:
        return _card(body)
    if body["type"] == MethodKind.US_BANK_ACCOUNT:
        return _bank_account(body)
    raise Conflict(
        "payment_method_unsupported", f"Payments by {body['type']} are not collected here."
    )


def methods(bodies: list[Body]) -> list[PaymentMethod]:
    """Those we collect through; Stripe may hold others, saved by somebody else's integration."""
    return [method(body) for body in bodies if body["type"] in set(MethodKind)]


def _card(body: Body) -> PaymentMethod:
    card = body["card"]
    return PaymentMethod(
        id=body["id"],
        kind=MethodKind.CARD,
        brand=card["brand"],
        last4=card["last4"],
        # Wallets may have none; then the method itself is what network caps count on.
        fingerprint=card.get("fingerprint") or body["id"],
        exp_year=card["exp_year"],
        exp_month=card["exp_month"],
        country=card.get("country") or "",
        saved_at=_at(body["created"]),
    )


def _bank_account(body: Body) -> PaymentMethod:
    account = body["us_bank_account"]
    return PaymentMethod(
        id=body["id"],
        kind=MethodKind.US_BANK_ACCOUNT,
        brand=account.get("bank_name") or "",
        last4=account.get("last4") or "",
        fingerprint=account.get("fingerprint") or body["id"],
        country="US",
        saved_at=_at(body["created"]),
    )


def setup_page(body: Body) -> SetupPage:
    return SetupPage(id=body["id"], url=body["url"])


def setup(body: Body) -> SetupSeen:
    """A Checkout session read with `setup_intent.payment_method` expanded.

    A bank account that still waits for micro-deposits is not complete, although the page is.
    """
    ours = _part(body, "metadata")
    setup_intent = _part(body, "setup_intent")
    complete = body["status"] == "complete" and setup_intent.get("status") == "succeeded"
    return SetupSeen(
        id=body["id"],
        customer_id=ours.get("customer_id", ""),
        business_id=ours.get("business_id", ""),
        demand_id=ours.get("demand_id", ""),
        complete=complete,
        method_id=_id(setup_intent.get("payment_method")) or None,
        mandate_id=_id(setup_intent.get("mandate")) or None,
    )


def refund(body: Body) -> RefundSeen:
    """A refund read with both of its balance transactions expanded."""
    currency = str(body["currency"]).upper()
    left = _part(body, "balance_transaction")
    back = _part(body, "failure_balance_transaction")
    return RefundSeen(
        id=body["id"],
        status=body.get("status") or "pending",
        amount=money.from_stripe(body["amount"], currency),
        currency=currency,
        charge_id=_id(body.get("charge")),
        intent_id=_id(body.get("payment_intent")),
        moved=-_in_currency(left["amount"], left, currency) if left else None,
        returned=_in_currency(back["amount"], back, currency) if back else 0,
        request_id=_part(body, "metadata").get("refund_id") or "",
    )


def dispute(body: Body) -> DisputeSeen:
    """Its balance transactions come with it; `due_by` is None where no answer is possible."""
    currency = str(body["currency"]).upper()
    due_by = _part(body, "evidence_details").get("due_by")
    return DisputeSeen(
        id=body["id"],
        status=body["status"],
        amount=money.from_stripe(body["amount"], currency),
        currency=currency,
        charge_id=_id(body.get("charge")),
        intent_id=_id(body.get("payment_intent")),
        reason=body["reason"],
        due_by=_at(due_by) if due_by else None,
        moved=tuple(
            (
                row["id"],
                _in_currency(row["amount"], row, currency),
                _in_currency(row["fee"], row, currency),
            )
            for row in body["balance_transactions"]
        ),
        submissions=_part(body, "evidence_details").get("submission_count") or 0,
        request_id=_part(body, "metadata").get(DISPUTE_REQUEST, ""),
    )


def fraud_warning(body: Body) -> WarningSeen:
    """An early fraud warning read with `payment_intent` expanded; a charge without one is not
    ours."""
    ours = _part(_part(body, "payment_intent"), "metadata")
    return WarningSeen(
        id=body["id"],
        fraud_type=body["fraud_type"],
        actionable=bool(body["actionable"]),
        charge_id=_id(body["charge"]),
        created_at=_at(body["created"]),
        business_id=ours.get("business_id", ""),
        invoice_id=ours.get("invoice_id", ""),
        payment_id=ours.get("payment_id", ""),
    )


def payout(body: Body) -> PayoutSeen:
    currency = str(body["currency"]).upper()
    return PayoutSeen(
        id=body["id"],
        status=body["status"],
        amount=money.from_stripe(body["amount"], currency),
        currency=currency,
        arrival_at=_at(body["arrival_date"]),
        failed=body["status"] == "failed",
    )


def account(body: Body) -> AccountSeen:
    """Without requirements Stripe has none to show; nothing is due then."""
    wants = _part(body, "requirements")
    deadline = wants.get("current_deadline")
    return AccountSeen(
        id=body["id"],
        charges_enabled=bool(body.get("charges_enabled")),
        payouts_enabled=bool(body.get("payouts_enabled")),
        needs=AccountNeeds(
            currently_due=tuple(wants.get("currently_due") or ()),
            past_due=tuple(wants.get("past_due") or ()),
            disabled_reason=wants.get("disabled_reason") or "",
            deadline_at=_at(deadline) if deadline else None,
        ),
        business_id=_part(body, "metadata").get("business_id", ""),
    )


def application_fee(body: Body) -> ApplicationFeeSeen:
    currency = str(body["currency"]).upper()
    back = [
        (row["id"], money.from_stripe(row["amount"], currency))
        for row in _part(body, "refunds").get("data", ())
    ]
    return ApplicationFeeSeen(
        id=body["id"],
        account=_id(body["account"]),
        charge_id=_id(body["charge"]),
        amount=money.from_stripe(body["amount"], currency),
        currency=currency,
        returned=tuple(back),
    )


def account_page(body: Body) -> AccountPage:
    return AccountPage(url=body["url"], expires_at=_at(body["expires_at"]))


def is_attached(method_body: Body) -> bool:
    return method_body.get("customer") is not None


def _intent_status(body: Body) -> IntentStatus:
    try:
        return IntentStatus(body["status"])
    except ValueError:
        _log.warning("unknown PaymentIntent status %r: the debt stays locked", body["status"])
        return IntentStatus.PROCESSING


def _charge_status(body: Body) -> ChargeStatus:
    try:
        return ChargeStatus(body["status"])
    except ValueError:
        _log.warning("unknown charge status %r: it counts as undecided", body["status"])
        return ChargeStatus.PENDING


def _in_currency(amount: int, row: Body, currency: str) -> int:
    """An amount of a balance transaction in the invoice's currency and ISO minor units.

    Where Stripe settles in another currency, its own exchange rate leads back.
    """
    settled = str(row["currency"]).upper()
    if settled == currency:
        return money.from_stripe(amount, currency)
    if not row.get("exchange_rate"):
        raise Conflict(
            "exchange_rate_missing", f"{row['id']} is in {settled} and names no rate to {currency}."
        )
    major = Decimal(amount).scaleb(-money.stripe_exponent(settled))
    there = major / Decimal(str(row["exchange_rate"]))
    return money.round_half_up(there.scaleb(money.exponent(currency)))


def _part(body: Body, name: str) -> Mapping[str, Any]:
    """A nested object, empty where Stripe has none. An id there was not expanded: our mistake."""
    value = body.get(name)
    assert not isinstance(value, str), f"{name} of {body.get('id')} was read without expanding it"
    return value or {}


def _id(value: Any) -> str:
    """The id of a related object, expanded or not; empty where there is none."""
    if isinstance(value, Mapping):
        return str(value["id"])
    return value or ""


def _either(error: Body, outcome: Body, name: str) -> str:
    return error.get(name) or outcome.get(name) or ""


def _at(seconds: int) -> datetime:
    return datetime.fromtimestamp(seconds, UTC)
