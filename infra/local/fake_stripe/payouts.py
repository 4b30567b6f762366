"""Automatic payouts: what became available goes to the bank, and can come back."""

from typing import Final

from infra.local.fake_stripe.balance import record
from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, missing
from infra.local.fake_stripe.lists import created_within, page
from infra.local.fake_stripe.parameters import PAGE, WINDOW, text
from infra.local.fake_stripe.state import DAY, Account, State, add_business_days

_FAILURES: Final = {
    "account_closed": "The bank account has been closed",
    "could_not_process": "The bank could not process this payout",
    "no_account": "The bank account could not be located",
}
_HOUR: Final = 3600


def _new(state: State, account: Account, currency: str, amount: int, arrival: int) -> Body:
    return {
        "id": state.new_id("po"),
        "object": "payout",
        "amount": amount,
        "application_fee": None,
        "application_fee_amount": None,
        "arrival_date": arrival,
        "automatic": True,
        "balance_transaction": None,
        "created": state.now,
        "currency": currency,
        "description": "STRIPE PAYOUT",
        "destination": f"ba_{account.id[5:]}",
        "failure_balance_transaction": None,
        "failure_code": None,
        "failure_message": None,
        "livemode": False,
        "metadata": {},
        "method": "standard",
        "original_payout": None,
        "payout_method": None,
        "reconciliation_status": "in_progress",
        "reversed_by": None,
        "source_type": "card",
        "statement_descriptor": None,
        "status": "pending",
        "trace_id": {"status": "pending", "value": None},
        "type": "bank_account",
    }


def create(state: State, account: Account, currency: str) -> None:
    """Pay out every available row not paid out yet; a balance of zero or less waits."""
    account.payout_days.discard((currency, state.now // DAY))
    rows = [
        row
        for row in account.balance_transactions.values()
        if row["currency"] == currency
        and row["available_on"] <= state.now
        and row["id"] not in account.paid_out_in
    ]
    amount = sum(row["net"] for row in rows)
    if amount <= 0:
        return
    arrival = add_business_days(state.now, state.options.payout_business_days)
    body = _new(state, account, currency, amount, arrival)
    account.payouts[body["id"]] = body
    own = record(
        state,
        account,
        "payout",
        -amount,
        currency,
        source=body["id"],
        available_on=arrival,
        description="STRIPE PAYOUT",
    )
    # The money is gone from the balance at once, although it arrives later.
    own["available_on"] = state.now
    body["balance_transaction"] = own["id"]
    for row in [*rows, own]:
        account.paid_out_in[row["id"]] = body["id"]
    state.emit(account, "payout.created", body)
    state.schedule(state.now + _HOUR, "payouts.send", account, body["id"])
    state.schedule(state.now + 2 * _HOUR, "payouts.reconcile", account, body["id"])
    state.schedule(arrival, "payouts.arrive", account, body["id"])


def send(state: State, account: Account, payout_id: str) -> None:
    body = account.payouts[payout_id]
    body["status"] = "in_transit"
    state.emit(account, "payout.updated", body, {"status": "pending"})


def reconcile(state: State, account: Account, payout_id: str) -> None:
    """From now on the payout's members can be listed and trusted to be complete."""
    body = account.payouts[payout_id]
    body["reconciliation_status"] = "completed"
    state.emit(account, "payout.reconciliation_completed", body)


def arrive(state: State, account: Account, payout_id: str) -> None:
    """Paid, even when it is going to fail: banks answer late."""
    body = account.payouts[payout_id]
    body["status"] = "paid"
    body["trace_id"] = {"status": "supported", "value": f"TRACE{payout_id[-8:].upper()}"}
    state.emit(account, "payout.paid", body)
    if account.payout_failures:
        code = account.payout_failures.pop(0)
        state.schedule(state.now + DAY, "payouts.fail", account, payout_id, code)


def fail(state: State, account: Account, payout_id: str, code: str) -> None:
    """The bank sends it back: the amount returns to the balance and the next payout takes it."""
    body = account.payouts[payout_id]
    row = record(
        state,
        account,
        "payout_failure",
        body["amount"],
        body["currency"],
        source=payout_id,
        available_on=state.now,
        description="PAYOUT FAILURE",
    )
    body["status"] = "failed"
    body["failure_code"] = code
    body["failure_message"] = _FAILURES[code]
    body["failure_balance_transaction"] = row["id"]
    state.emit(account, "payout.failed", body)


def _retrieve(request: Request) -> Body:
    payout = request.account.payouts.get(request.id)
    if payout is None:
        raise missing("payout", request.id, param="payout")
    return dict(payout)


def _list(request: Request) -> Body:
    status = request.params.get("status")
    return page(
        request,
        "payout",
        "/v1/payouts",
        request.account.payouts.values(),
        lambda payout: (
            status in (None, payout["status"])
            and created_within(request.params.get("arrival_date"), payout["arrival_date"])
        ),
    )


ROUTES: Final[Routes] = {
    "GET /v1/payouts": Route(
        "payouts.list", _list, {**PAGE, "status": text, "arrival_date": WINDOW}
    ),
    "GET /v1/payouts/{}": Route("payouts.retrieve", _retrieve),
}
