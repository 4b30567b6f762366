"""The audit trail and the trial balance on the wire."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from chalicelib.api.representation.fields import View
from chalicelib.domain.canonical import canonical, plain
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Actor, Fact, chain_is_whole
from chalicelib.domain.invoice import Invoice, NextAction
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.ledger import Account, Leg


class FactView(View):
    """One change: who, when, why, what; the legs it posted; chained by hash to the one before."""

    seq: int
    key: str
    kind: str
    at: datetime
    actor: Actor
    why: str
    data: dict[str, Any]
    legs: tuple[Leg, ...]
    effects: tuple[str, ...]
    next_action: NextAction | None
    previous: str
    hash: str


class AuditTrail(View):
    """`chain_is_whole`: nothing was changed, dropped or put in between. `head_follows`: the
    invoice as it is shown is exactly what its facts add up to."""

    data: tuple[FactView, ...]
    chain_is_whole: bool
    head_follows: bool


class AccountBalance(View):
    """Debits above 0, credits below, in minor units."""

    currency: str
    account: Account
    balance: int


class CurrencySum(View):
    currency: str
    sum: int


class TrialBalance(View):
    """Of the invoices read in this page. Add up the pages; each balances by itself."""

    data: tuple[AccountBalance, ...]
    sums: tuple[CurrencySum, ...]
    balanced: bool
    invoices_read: int
    next_cursor: str | None


def audit_trail(invoice: Invoice, history: list[Fact]) -> AuditTrail:
    return AuditTrail(
        data=tuple(map(fact_view, history)),
        chain_is_whole=chain_is_whole(history),
        head_follows=_follows(invoice, history),
    )


def _follows(invoice: Invoice, history: list[Fact]) -> bool:
    try:
        return canonical(fold(history)) == canonical(invoice)
    except BrokenRecord:
        return False


def fact_view(fact: Fact) -> FactView:
    return FactView(
        seq=fact.seq,
        key=fact.key,
        kind=fact.kind,
        at=fact.at,
        actor=fact.actor,
        why=fact.why,
        data=plain(fact.data),
        legs=fact.legs,
        effects=tuple(effect.id for effect in fact.effects),
        next_action=fact.next_action,
        previous=fact.previous,
        hash=fact.hash,
    )


def trial_balance_view(
    balances: Mapping[tuple[str, Account], int],
    currencies: Sequence[str],
    *,
    invoices_read: int,
    next_cursor: str | None,
) -> TrialBalance:
    sums = tuple(
        CurrencySum(
            currency=currency,
            sum=sum(amount for (its, _), amount in balances.items() if its == currency),
        )
        for currency in currencies
    )
    return TrialBalance(
        data=tuple(
            AccountBalance(currency=currency, account=account, balance=amount)
            for (currency, account), amount in sorted(balances.items())
        ),
        sums=sums,
        balanced=not any(one.sum for one in sums),
        invoices_read=invoices_read,
        next_cursor=next_cursor,
    )
