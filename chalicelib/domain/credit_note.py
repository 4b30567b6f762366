"""A credit note: part of an issued invoice taken back, with its tax. It is never edited either."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class CreditLine:
    """`amount` is before tax, minor units."""

    description: str
    amount: int
    tax_percent: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class CreditedTax:
    """One rate's base and tax that are taken back."""

    percent: Decimal
    base: int
    tax: int


@dataclass(frozen=True, slots=True)
class CreditNote:
    """`applied` lowered what the invoice still owed; the rest became the customer's credit."""

    id: str
    number: str
    issued_on: date
    reason: str
    lines: tuple[CreditLine, ...]
    taxes: tuple[CreditedTax, ...]
    applied: int

    @property
    def subtotal(self) -> int:
        return sum(line.amount for line in self.lines)

    @property
    def tax(self) -> int:
        return sum(rate.tax for rate in self.taxes)

    @property
    def total(self) -> int:
        return self.subtotal + self.tax

    @property
    def to_credit(self) -> int:
        return self.total - self.applied
