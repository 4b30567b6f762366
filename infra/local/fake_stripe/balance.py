"""Balance transactions: the only place where the fake's money moves.

Every cent that enters or leaves an account's Stripe balance is one row here, and `books` reads
nothing else. Amounts are integers in minor units; fees are Stripe's US prices.
"""

from typing import Final

from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, missing
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import PAGE, text
from infra.local.fake_stripe.state import DAY, Account, State, add_business_days

_CATEGORY: Final = {
    "charge": "charge",
    "payment": "charge",
    "refund": "refund",
    "payment_refund": "refund",
    "refund_failure": "refund_failure",
    "payment_failure_refund": "charge_failure",
    "payout": "payout",
    "payout_failure": "payout_reversal",
    "application_fee": "platform_earning",
    "application_fee_refund": "platform_earning_refund",
}


def card_fee(amount: int) -> int:
    """2.9 % and 30 minor units, rounded half up."""
    return (amount * 29 + 500) // 1000 + 30


def debit_fee(amount: int) -> int:
    """0.8 %, at most 5.00."""
    return min(500, (amount * 8 + 500) // 1000)


def fee_row(kind: str, amount: int, currency: str, application: str | None = None) -> Body:
    words = "Stripe processing fees" if kind == "stripe_fee" else "application fee"
    return {
        "amount": amount,
        "application": application,
        "currency": currency,
        "description": words,
        "type": kind,
    }


def available_from(state: State, *, now: bool = False) -> int:
    """Two business days later, from midnight UTC; test cards exist that skip the wait."""
    if now:
        return state.now
    return add_business_days(state.now, 2) // DAY * DAY


def record(
    state: State,
    account: Account,
    kind: str,
    amount: int,
    currency: str,
    *,
    source: str,
    available_on: int,
    fees: list[Body] | None = None,
    category: str | None = None,
    description: str | None = None,
) -> Body:
    """Move money, and let an automatic payout pick it up on the day it becomes available."""
    rows = fees or []
    fee = sum(row["amount"] for row in rows)
    body: Body = {
        "id": state.new_id("txn"),
        "object": "balance_transaction",
        "amount": amount,
        "available_on": available_on,
        "balance_type": "payments",
        "created": state.now,
        "currency": currency,
        "description": description,
        "exchange_rate": None,
        "fee": fee,
        "fee_details": rows,
        "net": amount - fee,
        "reporting_category": category or _CATEGORY[kind],
        "source": source,
        "status": "available" if available_on <= state.now else "pending",
        "type": kind,
    }
    account.balance_transactions[body["id"]] = body
    if kind != "payout":
        plan_payout(state, account, currency, available_on)
    return body


def plan_payout(state: State, account: Account, currency: str, available_on: int) -> None:
    """At most one payout job per currency and day."""
    day = -(-max(available_on, state.now) // DAY)
    if state.options.automatic_payouts and (currency, day) not in account.payout_days:
        account.payout_days.add((currency, day))
        state.schedule(day * DAY, "payouts.create", account, currency)


def shown(state: State, body: Body) -> Body:
    """`status` is a matter of the clock."""
    status = "available" if body["available_on"] <= state.now else "pending"
    return {**body, "status": status}


def sums(state: State, account: Account) -> dict[str, tuple[int, int]]:
    """Available and pending by currency."""
    totals: dict[str, tuple[int, int]] = {}
    for body in account.balance_transactions.values():
        available, pending = totals.get(body["currency"], (0, 0))
        if body["available_on"] <= state.now:
            available += body["net"]
        else:
            pending += body["net"]
        totals[body["currency"]] = (available, pending)
    return totals


def books(state: State, account: Account) -> dict[str, Body]:
    """What the account's money did, per currency, from balance transactions alone."""
    result: dict[str, Body] = {}
    for currency, (available, pending) in sorted(sums(state, account).items()):
        rows = [b for b in account.balance_transactions.values() if b["currency"] == currency]
        by_category: dict[str, int] = {}
        by_type: dict[str, int] = {}
        for row in rows:
            category = row["reporting_category"]
            by_category[category] = by_category.get(category, 0) + row["amount"]
            by_type[row["type"]] = by_type.get(row["type"], 0) + row["net"]
        result[currency] = {
            "charges": by_category.get("charge", 0) + by_category.get("charge_failure", 0),
            "fees": sum(row["fee"] for row in rows),
            "refunds": by_category.get("refund", 0) + by_category.get("refund_failure", 0),
            "disputes": by_category.get("dispute", 0) + by_category.get("dispute_reversal", 0),
            "payouts": by_category.get("payout", 0) + by_category.get("payout_reversal", 0),
            "application_fees": by_category.get("platform_earning", 0)
            + by_category.get("platform_earning_refund", 0),
            "available": available,
            "pending": pending,
            "net": available + pending,
            "by_type": by_type,
            "count": len(rows),
        }
    return result


def _retrieve_balance(request: Request) -> Body:
    totals = sums(request.state, request.account) or {"usd": (0, 0)}
    parts: dict[str, list[Body]] = {"available": [], "pending": []}
    for currency, amounts in sorted(totals.items()):
        for name, amount in zip(("available", "pending"), amounts, strict=True):
            row = {"amount": amount, "currency": currency, "source_types": {"card": amount}}
            parts[name].append(row)
    return {"object": "balance", "livemode": False, **parts}


def _retrieve(request: Request) -> Body:
    found = request.account.balance_transactions.get(request.id)
    if found is None:
        raise missing("balance transaction", request.id)
    return shown(request.state, found)


def _list(request: Request) -> Body:
    params, account = request.params, request.account
    payout = params.get("payout")
    if payout is not None and payout not in account.payouts:
        raise missing("payout", payout, param="payout")
    answer = page(
        request,
        "balance transaction",
        "/v1/balance_transactions",
        account.balance_transactions.values(),
        lambda b: (
            all(params.get(name, b[name]) == b[name] for name in ("type", "source", "currency"))
            and (payout is None or account.paid_out_in.get(b["id"]) == payout)
        ),
    )
    answer["data"] = [shown(request.state, body) for body in answer["data"]]
    return answer


ROUTES: Final[Routes] = {
    "GET /v1/balance": Route("balance.retrieve", _retrieve_balance),
    "GET /v1/balance_transactions": Route(
        "balance_transactions.list",
        _list,
        {
            **PAGE,
            "payout": text,
            "type": text,
            "source": text,
            "currency": text,
        },
    ),
    "GET /v1/balance_transactions/{}": Route("balance_transactions.retrieve", _retrieve),
}
