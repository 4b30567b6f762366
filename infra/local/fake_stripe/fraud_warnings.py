"""Early fraud warnings: a card's bank tells before its payer disputes, perhaps.

One is actionable until the charge is disputed or refunded in full; then an event says so.
"""

from typing import Final

from infra.local.fake_stripe.endpoints import Request, Route, Routes
from infra.local.fake_stripe.errors import Body, missing
from infra.local.fake_stripe.lists import page
from infra.local.fake_stripe.parameters import PAGE, text
from infra.local.fake_stripe.state import Account, State

NOUN: Final = "radar.early_fraud_warning"


def warn(state: State, account: Account, charge: Body, fraud_type: str) -> Body:
    body: Body = {
        "id": state.new_id("issfr"),
        "object": NOUN,
        "actionable": _actionable(account, charge),
        "charge": charge["id"],
        "created": state.now,
        "fraud_type": fraud_type,
        "livemode": False,
        "payment_intent": charge["payment_intent"],
    }
    account.fraud_warnings[body["id"]] = body
    state.emit(account, f"{NOUN}.created", body)
    return body


def review(state: State, account: Account, charge: Body) -> None:
    """After a dispute or a refund: whether a refund could still avoid anything."""
    for warning in account.fraud_warnings.values():
        now = _actionable(account, charge)
        if warning["charge"] == charge["id"] and warning["actionable"] != now:
            previous = {"actionable": warning["actionable"]}
            warning["actionable"] = now
            state.emit(account, f"{NOUN}.updated", warning, previous)


def _actionable(account: Account, charge: Body) -> bool:
    disputed = any(one["charge"] == charge["id"] for one in account.disputes.values())
    return not disputed and not charge["refunded"]


def _retrieve(request: Request) -> Body:
    warning = request.account.fraud_warnings.get(request.id)
    if warning is None:
        raise missing("early fraud warning", request.id)
    return dict(warning)


def _list(request: Request) -> Body:
    wanted = {k: request.params[k] for k in ("charge", "payment_intent") if k in request.params}
    return page(
        request,
        NOUN,
        "/v1/radar/early_fraud_warnings",
        request.account.fraud_warnings.values(),
        lambda warning: all(warning[name] == value for name, value in wanted.items()),
    )


ROUTES: Final[Routes] = {
    "GET /v1/radar/early_fraud_warnings": Route(
        "radar.early_fraud_warnings.list", _list, {**PAGE, "charge": text, "payment_intent": text}
    ),
    "GET /v1/radar/early_fraud_warnings/{}": Route(
        "radar.early_fraud_warnings.retrieve", _retrieve
    ),
}
