"""Covering: another demand collects this invoice, so nothing else may charge it meanwhile.

A payment on account covers its invoices while it is under way, a payment plan while it runs.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Cover, Invoice, InvoiceStatus
from chalicelib.domain.invoice_changes import move
from chalicelib.domain.ledger import Leg
from chalicelib.domain.owed import Audience, event, mail


@dataclass(frozen=True, slots=True)
class InvoiceCovered:
    """The open payment was cancelled before; from here on only the cover brings money."""

    kind: ClassVar[str] = "covered"
    cover: Cover

    def key(self, seq: int) -> str:
        return f"covered/{seq}"


@dataclass(frozen=True, slots=True)
class InvoiceUncovered:
    """The invoice collects for itself again.

    `overdue`: the plan was broken, so all of it is owed at once, and what the policy says of its
    subscription at the end of the retries comes now: at `stops_at`, after days of grace, or
    (`stops_now`) in the next step, which a machine takes within seconds.
    """

    kind: ClassVar[str] = "uncovered"
    cover_id: str
    reason: str
    overdue: bool = False
    stops_at: datetime | None = None
    stops_now: bool = False

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
            return _owed_at_once(free, payload, fact) if overdue else free
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def _owed_at_once(invoice: Invoice, payload: InvoiceUncovered, fact: Fact) -> Invoice:
    """Overdue, if it was not before the plan; its subscription may have run again under it."""
    if invoice.status not in {InvoiceStatus.PENDING, InvoiceStatus.OVERDUE}:
        return invoice
    stops_at = fact.at if payload.stops_now else payload.stops_at
    late = replace(
        invoice,
        overdue_at=invoice.overdue_at or fact.at,
        stops_at=stops_at or invoice.stops_at,
    )
    return move(late, InvoiceStatus.OVERDUE)


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    """No money moves."""
    return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    """Customer and staff are told of the broken plan once, by the plan; of each subscription when
    its days of grace begin and when it stops (`grace.py`)."""
    warned = isinstance(payload, InvoiceUncovered) and payload.stops_at is not None
    told = mail("went_overdue", audience) if warned else ()
    if before is None or before.overdue_at is not None or after.overdue_at is None:
        return told
    return (*told, *event("invoice.overdue"))
