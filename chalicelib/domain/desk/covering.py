"""Covering: another demand collects this invoice, so nothing else may charge it meanwhile.

A payment on account covers its invoices while it is under way, a payment plan while it runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Cover, Invoice, InvoiceStatus
from chalicelib.domain.invoice_changes import move
from chalicelib.domain.ledger import Leg
from chalicelib.domain.owed import Audience, event, mail, staff


@dataclass(frozen=True, slots=True)
class InvoiceCovered:
    """The open payment was cancelled before; from here on only the cover brings money."""

    kind: ClassVar[str] = "covered"
    cover: Cover

    def key(self, seq: int) -> str:
        return f"covered/{seq}"


@dataclass(frozen=True, slots=True)
class InvoiceUncovered:
    """The invoice collects for itself again."""

    kind: ClassVar[str] = "uncovered"
    cover_id: str
    reason: str
    overdue: bool = False  # the plan was broken: all of it is owed at once

    def key(self, seq: int) -> str:
        return f"uncovered/{seq}"


PAYLOADS: tuple[type, ...] = (InvoiceCovered, InvoiceUncovered)


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    match payload:
        case InvoiceCovered(cover=cover):
            if invoice.open_payment is not None or invoice.covered_by is not None:
                raise BrokenRecord(f"{invoice.id} is collected already")
            return replace(invoice, covered_by=cover, charge_request=None)
        case InvoiceUncovered(cover_id=cover_id, overdue=overdue):
            known = invoice.covered_by
            ours = known is not None and known.id == cover_id
            free = replace(invoice, covered_by=None) if ours else invoice
            if not overdue or free.status is not InvoiceStatus.PENDING:
                return free
            return move(replace(free, overdue_at=fact.at), InvoiceStatus.OVERDUE)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    """No money moves."""
    return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    if before is None or before.overdue_at is not None or after.overdue_at is None:
        return ()
    told = (*mail("went_overdue", audience), *staff("staff_overdue"))
    return (*told, *event("invoice.overdue"))
