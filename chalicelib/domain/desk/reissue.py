"""Correcting an invoice: the old one is credited whole, a new one takes its place, both say so.

The debt is the same: its due date, its dunning calendar and its tries go with it. What was paid on
the old one becomes credit and pays the new one, in the same transaction.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import Any, ClassVar

from chalicelib.domain.credit_note import CreditNote
from chalicelib.domain.desk import credit_notes
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.invoice_changes import move, received
from chalicelib.domain.ledger import Leg, legs
from chalicelib.domain.owed import Audience, document, event, mail, work


@dataclass(frozen=True, slots=True)
class InvoiceReplaced:
    """Credited whole by `note`; `by` claims what is right instead."""

    kind: ClassVar[str] = "replaced"
    note: CreditNote
    by: str
    reason: str

    def key(self, seq: int) -> str:
        return f"replaced/{self.by}"


@dataclass(frozen=True, slots=True)
class InvoiceReissued:
    """The new invoice, as it begins. `credit` is what had been paid on the old one."""

    kind: ClassVar[str] = "reissued"
    invoice: Invoice
    number: str
    issued_on: date
    due_on: date
    charge_at: datetime
    credit: int

    def key(self, seq: int) -> str:
        return "created"


PAYLOADS: tuple[type, ...] = (InvoiceReplaced, InvoiceReissued)


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    match payload:
        case InvoiceReplaced(note=note, by=by):
            credited = credit_notes.credited_by(invoice, note)
            if credited.amount_remaining:
                raise BrokenRecord(f"{invoice.id}: replaced, and something of it is still owed")
            over = replace(
                credited,
                replaced_by=by,
                charge_request=None,
                hold=None,
                covered_by=None,
                closed_at=fact.at,
            )
            # One that was paid stays so: its money is on the new one now.
            return move(over, InvoiceStatus.CANCELLED) if over.is_open else over
        case InvoiceReissued():
            return _issued(payload, fact)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def _issued(payload: InvoiceReissued, fact: Fact) -> Invoice:
    begun = replace(
        payload.invoice,
        number=payload.number,
        issued_on=payload.issued_on,
        due_on=payload.due_on,
        charge_at=payload.charge_at,
        finalized_at=fact.at,
        status=payload.invoice.open_status(),
    )
    return received(begun, payload.credit, fact)


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    match payload:
        case InvoiceReplaced(note=note):
            return credit_notes.legs_of(invoice, note)
        case InvoiceReissued(credit=credit):
            totals, currency = invoice.totals, invoice.currency
            owed_anew = legs(
                currency, receivable=totals.total, revenue=-totals.subtotal, tax=-totals.tax
            )
            return (*owed_anew, *legs(currency, customer_credit=credit, receivable=-credit))
        case _:
            return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    if isinstance(payload, InvoiceReplaced):
        told = (*document("credit_note"), *mail("credit_note_sent", audience))
        return (*told, *event("credit_note.created"), *event("invoice.replaced"))
    told = (*document("invoice"), *mail("invoice_sent", audience), *event("invoice.finalized"))
    if after.status is not InvoiceStatus.PAID:
        return told
    resumed = work("resume_subscriptions") if after.overdue_at is not None else ()
    return (*told, *event("invoice.paid"), *resumed)


def successor(old: Invoice, changed: Invoice, *, invoice_id: str, at: datetime) -> Invoice:
    """The new invoice as a draft: `changed` is the old one with what was wrong put right."""
    return Invoice(
        id=invoice_id,
        business_id=old.business_id,
        customer_id=old.customer_id,
        currency=old.currency,
        lines=changed.lines,
        totals=changed.totals,
        bill_to=changed.bill_to,
        terms=old.terms,
        created_at=at,
        purpose=old.purpose,
        auto_charge=old.auto_charge,
        subscription_id=old.subscription_id,
        group_id=old.group_id,
        period=old.period,
        memo=changed.memo,
        po_number=changed.po_number,
        external_ref=old.external_ref,
        dunning=old.dunning,
        overdue_at=old.overdue_at,
        stops_at=old.stops_at,
        reminded_at=old.reminded_at,
        replaces=old.id,
        earlier_attempts=old.attempts,
        promises=old.promises,
        snoozed_until=old.snoozed_until,
        hold=old.hold,
        disputes=old.disputes,  # of payments of the old one: what was lost stays for staff
    )
