"""What businesses and customers have in common: addresses, terms, and the hours of a person."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from enum import StrEnum


class Terms(StrEnum):
    """How many days after the invoice date an invoice is due."""

    DUE_ON_RECEIPT = "due_on_receipt"
    NET_7 = "net_7"
    NET_14 = "net_14"
    NET_30 = "net_30"

    @property
    def days(self) -> int:
        return {"due_on_receipt": 0, "net_7": 7, "net_14": 14, "net_30": 30}[self.value]

    def due_on(self, issued_on: date) -> date:
        """1 January, Net 30: 31 January."""
        return issued_on + timedelta(days=self.days)


@dataclass(frozen=True, slots=True)
class Address:
    """A postal address; `country` is an ISO 3166 two-letter code."""

    line1: str = ""
    line2: str = ""
    city: str = ""
    region: str = ""
    postal_code: str = ""
    country: str = ""


@dataclass(frozen=True, slots=True)
class QuietHours:
    """Local hours for text messages: from `opens` up to, not including, `closes`."""

    opens: int = 8
    closes: int = 21

    def within(self, others: QuietHours) -> QuietHours:
        """The hours that both allow. Where they share none, or these run over midnight: these."""
        if self.opens == self.closes:
            return others
        if self.opens > self.closes:
            return self
        opens, closes = max(self.opens, others.opens), min(self.closes, others.closes)
        return QuietHours(opens, closes) if opens < closes else self


@dataclass(frozen=True, slots=True)
class BankDetails:
    """Where a transfer goes; printed on the invoice."""

    account_name: str = ""
    iban: str = ""
    bic: str = ""
    routing_number: str = ""
    account_number: str = ""
