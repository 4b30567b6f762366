"""`expand`: ids replaced by the objects they name, up to four levels deep."""

from collections.abc import Callable, Sequence
from typing import Any, Final

from infra.local.fake_stripe import balance
from infra.local.fake_stripe.errors import Body, bad_parameter
from infra.local.fake_stripe.state import Account, State

Find = Callable[[State, Account, str], Body | None]


def _transaction(state: State, account: Account, key: str) -> Body | None:
    found = account.balance_transactions.get(key)
    return None if found is None else balance.shown(state, found)


def _source(_: State, account: Account, key: str) -> Body | None:
    for shelf in (account.charges, account.refunds, account.payouts, account.disputes):
        if key in shelf:
            return shelf[key]
    return None


_FIND: Final[dict[str, Find]] = {
    "customer": lambda _, account, key: account.customers.get(key),
    "payment_method": lambda _, account, key: account.payment_methods[key].body,
    "payment_intent": lambda _, account, key: account.payment_intents.get(key),
    "setup_intent": lambda _, account, key: account.setup_intents.get(key),
    "charge": lambda _, account, key: account.charges.get(key),
    "refund": lambda _, account, key: account.refunds.get(key),
    "mandate": lambda _, account, key: account.mandates.get(key),
    "balance_transaction": _transaction,
    "application_fee": lambda state, _, key: state.platform.application_fees.get(key),
    "source": _source,
}

# object → the fields of it that can be expanded, and what they name.
EXPANDABLE: Final[dict[str, dict[str, str]]] = {
    "payment_intent": {
        "customer": "customer",
        "payment_method": "payment_method",
        "latest_charge": "charge",
    },
    "setup_intent": {
        "customer": "customer",
        "payment_method": "payment_method",
        "mandate": "mandate",
    },
    "charge": {
        "customer": "customer",
        "payment_intent": "payment_intent",
        "balance_transaction": "balance_transaction",
        "failure_balance_transaction": "balance_transaction",
        "application_fee": "application_fee",
    },
    "refund": {
        "charge": "charge",
        "payment_intent": "payment_intent",
        "balance_transaction": "balance_transaction",
        "failure_balance_transaction": "balance_transaction",
    },
    "dispute": {"charge": "charge", "payment_intent": "payment_intent"},
    "radar.early_fraud_warning": {"charge": "charge", "payment_intent": "payment_intent"},
    "checkout.session": {"customer": "customer", "setup_intent": "setup_intent"},
    "payment_method": {"customer": "customer"},
    "mandate": {"payment_method": "payment_method"},
    "payout": {
        "balance_transaction": "balance_transaction",
        "failure_balance_transaction": "balance_transaction",
    },
    "balance_transaction": {"source": "source"},
}


def expand(state: State, account: Account, body: Body, paths: Sequence[str]) -> Body:
    for path in paths:
        steps = path.split(".")
        if len(steps) > 4:
            raise bad_parameter(
                "You cannot expand more than 4 levels of a property.", param="expand"
            )
        body = _expanded(state, account, body, steps, path)
    return body


def _expanded(state: State, account: Account, body: Body, steps: Sequence[str], path: str) -> Body:
    step, rest = steps[0], steps[1:]
    if body.get("object") == "list" and step == "data":
        rows = [_expanded(state, account, row, rest, path) for row in body["data"]]
        return {**body, "data": rows}
    noun = EXPANDABLE.get(body["object"], {}).get(step)
    if noun is None:
        raise bad_parameter(f"This property cannot be expanded ({path}).", param="expand")
    value: Any = body.get(step)
    if isinstance(value, str):
        found = _FIND[noun](state, account, value)
        value = value if found is None else dict(found)
    if rest and isinstance(value, dict):
        value = _expanded(state, account, value, rest, path)
    return body if value is None else {**body, step: value}
