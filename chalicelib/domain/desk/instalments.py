"""An instalment's demand that money past Stripe pays: a cheque, cash, a transfer; and its bouncing.

The money itself stands on the plan's invoices and on the customer, in the same transaction, and
posts its legs there. The demand only knows that it asks for so much less, and asks again for what
came back: never twice, for a live payment of it is closed before.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from chalicelib.domain.desk.on_account import demand_of
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice_changes import received, taken_back
from chalicelib.domain.ledger import Leg
from chalicelib.domain.owed import Audience, event


@dataclass(frozen=True, slots=True)
class InstalmentPaidOutside:
    """`amount` of the external payment is for this instalment: never more than it still asks."""

    kind: ClassVar[str] = "paid_outside"
    payment_id: str
    method: ExternalMethod
    reference: str
    amount: int
    received_on: date

    def key(self, seq: int) -> str:
        return f"external/{self.payment_id}"


@dataclass(frozen=True, slots=True)
class InstalmentOwedAgain:
    """The external payment bounced: the instalment asks for it again, overdue if it was."""

    kind: ClassVar[str] = "owed_again"
    payment_id: str
    amount: int
    reason: str

    def key(self, seq: int) -> str:
        return f"bounced/{self.payment_id}"


PAYLOADS: tuple[type, ...] = (InstalmentPaidOutside, InstalmentOwedAgain)


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    """What came is applied already: it never becomes credit of the demand's own."""
    demand = demand_of(invoice)
    match payload:
        case InstalmentPaidOutside(amount=amount):
            if amount > invoice.amount_remaining or invoice.open_payment is not None:
                raise BrokenRecord(f"{invoice.id}: more money than it asks for")
            applied = replace(demand, applied=demand.applied + amount)
            return received(replace(invoice, demand=applied), amount, fact)
        case InstalmentOwedAgain(amount=amount):
            less = replace(demand, applied=demand.applied - amount)
            return taken_back(replace(invoice, demand=less), amount)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    """The plan's invoices post the money."""
    return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    """The customer's own fact writes the receipt, and the mail that a payment was returned."""
    paid = isinstance(payload, InstalmentPaidOutside)
    return event("instalment.paid" if paid else "instalment.payment_reversed")
