"""The fake dashboard: what each account has, most recent first."""

from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Final

from infra.local.fake_stripe.core import FakeStripe
from infra.local.fake_stripe.errors import Body
from infra.local.fake_stripe.html import amount, document, table, text
from infra.local.fake_stripe.state import Account

_SHOWN: Final = 15


def _when(at: int) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d %H:%M")


def _recent(shelf: dict[str, Body]) -> list[Body]:
    bodies = [body for body in shelf.values() if not body.get("deleted")]
    return bodies[: -_SHOWN - 1 : -1]


def _section(title: str, head: tuple[str, ...], rows: Sequence[tuple[str, ...]]) -> str:
    return f"<section><h2>{text(title)}</h2>{table(head, rows)}</section>"


def _money(core: FakeStripe, account: Account) -> str:
    names = ("charges", "fees", "refunds", "disputes", "payouts", "available", "pending")
    rows = [
        (text(currency.upper()), *(text(amount(book[name], currency)) for name in names))
        for currency, book in core.books(account.id).items()
    ]
    return _section("Balance", ("Currency", *names), rows)


def _lists(account: Account) -> str:
    customers = [
        (text(c["id"]), text(c["name"]), text(c["email"]), _when(c["created"]))
        for c in _recent(account.customers)
    ]
    intents = [
        (text(i["id"]), text(amount(i["amount"], i["currency"])), text(i["status"]),
         text(i["description"]), _when(i["created"]))
        for i in _recent(account.payment_intents)
    ]  # fmt: skip
    charges = [
        (text(c["id"]), text(amount(c["amount"], c["currency"])), text(c["status"]),
         text(c["failure_code"]), _when(c["created"]))
        for c in _recent(account.charges)
    ]  # fmt: skip
    payouts = [
        (text(p["id"]), text(amount(p["amount"], p["currency"])), text(p["status"]),
         _when(p["arrival_date"]))
        for p in _recent(account.payouts)
    ]  # fmt: skip
    return (
        _section("Customers", ("Id", "Name", "E-mail", "Created"), customers)
        + _section("Payments", ("Id", "Amount", "Status", "Description", "Created"), intents)
        + _section("Charges", ("Id", "Amount", "Status", "Failure", "Created"), charges)
        + _section("Payouts", ("Id", "Amount", "Status", "Arrives"), payouts)
    )


def dashboard(core: FakeStripe) -> str:
    """Everything at a glance; nothing here can be changed."""
    parts = [f"<h1>Dashboard</h1><p class=quiet>Now {_when(core.state.now)} UTC</p>"]
    for account in core.state.accounts.values():
        own = account is core.state.platform
        name = "This account" if own else f"Connected account {account.id}"
        parts.append(f"<h2>{text(name)}</h2>{_money(core, account)}{_lists(account)}")
    return document("Dashboard", "".join(parts), wide=True)
