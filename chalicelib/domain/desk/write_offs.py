"""Write-offs: a debt given up. Money that comes all the same recovers it, wholly or in part.

What comes in for an invoice that is written off is told by `invoice_changes.parts_of`, whichever
way it comes.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.invoice_changes import move
from chalicelib.domain.ledger import Leg, legs
from chalicelib.domain.owed import Audience, event


@dataclass(frozen=True, slots=True)
class WrittenOff:
    kind: ClassVar[str] = "written_off"
    reason: str
    amount: int

    def key(self, seq: int) -> str:
        return f"written_off/{seq}"


PAYLOADS: tuple[type, ...] = (WrittenOff,)


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    match payload:
        case WrittenOff(amount=amount):
            written = replace(
                invoice,
                amount_written_off=invoice.amount_written_off + amount,
                charge_request=None,
                hold=None,
                covered_by=None,
                closed_at=fact.at,
            )
            return move(written, InvoiceStatus.UNCOLLECTIBLE)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    return legs(invoice.currency, write_offs=payload.amount, receivable=-payload.amount)


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    return event("invoice.marked_uncollectible")
