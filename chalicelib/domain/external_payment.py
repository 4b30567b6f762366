"""Money that came past Stripe: a cheque, cash, a wire, a transfer. One may pay several invoices."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from enum import StrEnum


class ExternalMethod(StrEnum):
    CHECK = "check"
    CASH = "cash"
    WIRE = "wire"
    BANK_TRANSFER = "bank_transfer"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class ExternalPayment:
    """What one of them paid of one invoice; `id` is the same on each invoice it pays.

    `reference` is the cheque's or the bank's number; cash may have none.
    """

    id: str
    method: ExternalMethod
    reference: str
    amount: int
    received_on: date
    recorded_at: datetime
    amount_refunded: int = 0
    reversed_at: datetime | None = None
    reversal_reason: str = ""

    @property
    def is_good(self) -> bool:
        """It has not bounced."""
        return self.reversed_at is None
