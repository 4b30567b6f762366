"""Charges: one for every try that reached a card or a bank, whatever became of it."""

from typing import Any, Final

from infra.local.fake_stripe.balance import (
    available_from,
    card_fee,
    debit_fee,
    fee_row,
    record,
)
from infra.local.fake_stripe.cards import card_of
from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, missing
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import PAGE, text
from infra.local.fake_stripe.state import Account, Method, State, add_business_days

BANK_OUTCOME: Final[Body] = {
    "advice_code": None,
    "network_advice_code": None,
    "network_decline_code": None,
    "network_status": "approved_by_network",
    "reason": None,
    "risk_level": "not_assessed",
    "seller_message": "Payment complete.",
    "type": "authorized",
}


_NULLS: Final = (
    "application_fee", "balance_transaction", "failure_balance_transaction", "on_behalf_of",
    "receipt_number", "review", "source_transfer", "transfer_data",
)  # fmt: skip


def _card_details(method: Method, amount: int, *, ok: bool) -> Body:
    card = method.body["card"]
    return {
        "type": "card",
        "card": {
            "amount_authorized": amount if ok else None,
            "authorization_code": None,
            "brand": card["brand"],
            "checks": dict(card["checks"]),
            "country": card["country"],
            "exp_month": card["exp_month"],
            "exp_year": card["exp_year"],
            "fingerprint": card["fingerprint"],
            "funding": card["funding"],
            "installments": None,
            "last4": card["last4"],
            "mandate": None,
            "network": card["brand"],
            "network_token": {"used": False},
            "network_transaction_id": None,
            "regulated_status": card["regulated_status"],
            "three_d_secure": None,
            "wallet": None,
        },
    }


def _bank_details(state: State, method: Method, mandate: str | None) -> Body:
    bank = method.body["us_bank_account"]
    kept = ("account_holder_type", "account_type", "bank_name", "fingerprint", "last4")
    debited = add_business_days(state.now, 1)
    return {
        "type": "us_bank_account",
        "us_bank_account": {
            **{name: bank[name] for name in kept},
            "expected_debit_date": f"{_day(debited)}",
            "mandate": mandate,
            "payment_reference": None,
            "routing_number": bank["routing_number"],
        },
    }


def _day(at: int) -> str:
    from datetime import UTC, datetime

    return datetime.fromtimestamp(at, UTC).date().isoformat()


def create(
    state: State,
    account: Account,
    intent: Body,
    method: Method,
    *,
    status: str,
    outcome: Body,
    failure: tuple[str, str] | None = None,
    mandate: str | None = None,
) -> Body:
    """The charge of one try. Metadata is a snapshot of the intent's at this moment."""
    is_card = method.body["type"] == "card"
    paid = status == "succeeded"
    amount = intent["amount"]
    charge_id = state.new_id("ch" if is_card else "py")
    body: Body = {
        **dict.fromkeys(_NULLS),
        "id": charge_id,
        "object": "charge",
        "amount": amount,
        "amount_captured": amount if status != "failed" else 0,
        "amount_refunded": 0,
        "application": intent["application"],
        "application_fee_amount": intent["application_fee_amount"],
        "billing_details": method.body["billing_details"],
        "calculated_statement_descriptor": "DUECOURSE",
        "captured": status != "failed",
        "created": state.now,
        "currency": intent["currency"],
        "customer": intent["customer"],
        "description": intent["description"],
        "disputed": False,
        "failure_code": failure[0] if failure else None,
        "failure_message": failure[1] if failure else None,
        "fraud_details": {},
        "livemode": False,
        "metadata": intent["metadata"],
        "outcome": outcome,
        "paid": paid,
        "payment_intent": intent["id"],
        "payment_method": method.body["id"],
        "payment_method_details": (
            _card_details(method, amount, ok=paid)
            if is_card
            else _bank_details(state, method, mandate)
        ),
        "radar_options": {},
        "receipt_email": intent["receipt_email"],
        "receipt_url": f"{state.options.base_url}/receipts/{charge_id}" if paid else None,
        "refunded": False,
        "shipping": intent["shipping"],
        "statement_descriptor": intent["statement_descriptor"],
        "statement_descriptor_suffix": intent["statement_descriptor_suffix"],
        "status": status,
        "transfer_group": intent["transfer_group"],
    }
    account.charges[charge_id] = body
    return body


def settle(state: State, account: Account, charge: Body) -> None:
    """Write the money of a succeeded charge: now, or after the configured lag."""
    lag = state.options.balance_transaction_lag
    if lag:
        state.schedule(state.now + lag, "charges.settle", account, charge["id"])
    else:
        _write_money(state, account, charge)


def settle_late(state: State, account: Account, charge_id: str) -> None:
    charge = account.charges[charge_id]
    _write_money(state, account, charge)
    state.emit(account, "charge.updated", charge, {"balance_transaction": None})


def _write_money(state: State, account: Account, charge: Body) -> None:
    amount, currency = charge["amount"], charge["currency"]
    is_card = charge["payment_method_details"]["type"] == "card"
    fee = card_fee(amount) if is_card else debit_fee(amount)
    rows = [fee_row("stripe_fee", fee, currency)]
    share = charge["application_fee_amount"]
    if share:
        rows.append(fee_row("application_fee", share, currency, charge["application"]))
        charge["application_fee"] = _platform_earns(state, account, charge, share)
    method = account.payment_methods[charge["payment_method"]]
    now = is_card and card_of(state, method.number).available_now
    row = record(
        state,
        account,
        "charge" if is_card else "payment",
        amount,
        currency,
        source=charge["id"],
        available_on=available_from(state, now=now),
        fees=rows,
        description=charge["description"],
    )
    charge["balance_transaction"] = row["id"]


def _platform_earns(state: State, account: Account, charge: Body, share: int) -> str:
    """An application fee is the platform's income, on the platform's own balance."""
    fee_id = state.new_id("fee")
    row = record(
        state,
        state.platform,
        "application_fee",
        share,
        charge["currency"],
        source=fee_id,
        available_on=available_from(state),
    )
    fee: Body = {
        "id": fee_id,
        "object": "application_fee",
        "account": account.id,
        "amount": share,
        "amount_refunded": 0,
        "application": charge["application"],
        "balance_transaction": row["id"],
        "charge": charge["id"],
        "created": state.now,
        "currency": charge["currency"],
        "fee_source": {"charge": charge["id"], "type": "charge"},
        "livemode": False,
        "originating_transaction": None,
        "refunded": False,
        "refunds": {
            "object": "list",
            "data": [],
            "has_more": False,
            "url": f"/v1/application_fees/{fee_id}/refunds",
        },
    }
    state.platform.application_fees[fee_id] = fee
    state.emit(state.platform, "application_fee.created", fee)
    return fee_id


def find(account: Account, charge_id: str, *, param: str = "id", status: int = 404) -> Body:
    charge = account.charges.get(charge_id)
    if charge is None:
        raise missing("charge", charge_id, param=param, status=status)
    return charge


def _retrieve(request: Request) -> Body:
    return dict(find(request.account, request.id))


def _list(request: Request) -> Body:
    wanted: dict[str, Any] = {
        name: request.params[name]
        for name in ("payment_intent", "customer")
        if name in request.params
    }
    return page(
        request,
        "charge",
        "/v1/charges",
        request.account.charges.values(),
        lambda charge: all(charge[name] == value for name, value in wanted.items()),
    )


ROUTES: Final[Routes] = {
    "GET /v1/charges": Route(
        "charges.list", _list, {**PAGE, "payment_intent": text, "customer": text}
    ),
    "GET /v1/charges/{}": Route("charges.retrieve", _retrieve),
}
