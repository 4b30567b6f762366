"""Double entry: the accounts, and the balanced legs that each money fact posts.

Debits are positive, credits negative; the legs of a fact add up to 0 in its currency. The trial
balance of all facts is therefore 0, and `cash_in_transit` is what Stripe owes us: it equals
Stripe's own balance to the cent.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain.errors import BrokenRecord


class Account(StrEnum):
    RECEIVABLE = "receivable"
    CASH_IN_TRANSIT = "cash_in_transit"  # at Stripe, not yet paid out
    BANK = "bank"
    FEES = "fees"
    REFUNDS = "refunds"
    DISPUTES = "disputes"
    WRITE_OFFS = "write_offs"
    CUSTOMER_CREDIT = "customer_credit"
    REVENUE = "revenue"
    TAX = "tax"
    CREDIT_NOTES = "credit_notes"
    APPLICATION_FEES = "application_fees"  # the install's share of connected businesses' payments


@dataclass(frozen=True, slots=True)
class Leg:
    """`amount` is minor units: a debit above 0, a credit below."""

    account: Account
    amount: int
    currency: str


def legs(currency: str, **amounts: int) -> tuple[Leg, ...]:
    """Legs by account name; zero amounts are left out. Raises BrokenRecord when unbalanced."""
    posted = tuple(
        Leg(Account(name), amount, currency) for name, amount in amounts.items() if amount
    )
    assert_balanced(posted)
    return posted


def assert_balanced(posted: Iterable[Leg]) -> None:
    """Debits equal credits in each currency; raises BrokenRecord otherwise."""
    sums: dict[str, int] = defaultdict(int)
    for leg in posted:
        sums[leg.currency] += leg.amount
    if any(sums.values()):
        raise BrokenRecord(f"legs do not balance: {dict(sums)}")


def trial_balance(posted: Iterable[Leg]) -> dict[tuple[str, Account], int]:
    """The sum of each account, by currency."""
    sums: dict[tuple[str, Account], int] = defaultdict(int)
    for leg in posted:
        sums[leg.currency, leg.account] += leg.amount
    return dict(sums)
