"""Credit notes: what an issued invoice claims too much is taken back, with its share of the tax.

An invoice is never edited. To correct one, a credit note takes all of it back and a new one is
issued, in one transaction, each naming the other (`reissue.py`).
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any, ClassVar

from chalicelib.domain import money
from chalicelib.domain.credit_note import CreditedTax, CreditLine, CreditNote
from chalicelib.domain.errors import BrokenRecord, Conflict, InvalidInput
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.invoice_changes import settle
from chalicelib.domain.ledger import Leg, legs
from chalicelib.domain.owed import Audience, document, event, mail, work


@dataclass(frozen=True, slots=True)
class CreditNoteIssued:
    """The note lowers what is owed; what is left of it is the customer's credit."""

    kind: ClassVar[str] = "credit_note_issued"
    note: CreditNote

    def key(self, seq: int) -> str:
        return f"credit_note/{self.note.id}"


PAYLOADS: tuple[type, ...] = (CreditNoteIssued,)


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    match payload:
        case CreditNoteIssued(note=note):
            credited = credited_by(invoice, note)
            done = credited.is_open and credited.amount_remaining == 0
            return settle(credited, fact) if done else credited
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def credited_by(invoice: Invoice, note: CreditNote) -> Invoice:
    """The invoice with the note on record and its balance lowered."""
    if note.applied > max(invoice.amount_remaining, 0) or note.total > creditable(invoice):
        raise BrokenRecord(f"{invoice.id}: {note.number} credits more than there is")
    return replace(
        invoice,
        amount_credited=invoice.amount_credited + note.applied,
        credit_notes=(*invoice.credit_notes, note),
    )


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    return legs_of(invoice, payload.note)


def legs_of(invoice: Invoice, note: CreditNote) -> tuple[Leg, ...]:
    return legs(
        invoice.currency,
        credit_notes=note.subtotal,
        tax=note.tax,
        receivable=-note.applied,
        customer_credit=-note.to_credit,
    )


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    told = (*document("credit_note"), *mail("credit_note_sent", audience))
    told = (*told, *event("credit_note.created"))
    was_open = before is not None and before.is_open
    if not was_open or after.status is not InvoiceStatus.PAID:
        return told
    resumed = work("resume_subscriptions") if after.overdue_at is not None else ()
    return (*told, *event("invoice.paid"), *resumed)


# ------------------------------------------------------------------------------- the amounts


def creditable_rates(invoice: Invoice) -> tuple[CreditedTax, ...]:
    """Each rate's base and tax that no credit note has taken back yet."""
    base: dict[Decimal, int] = defaultdict(int)
    tax: dict[Decimal, int] = defaultdict(int)
    for note in invoice.credit_notes:
        for credited in note.taxes:
            base[credited.percent] += credited.base
            tax[credited.percent] += credited.tax
    return tuple(
        CreditedTax(rate.percent, rate.base - base[rate.percent], rate.tax - tax[rate.percent])
        for rate in invoice.totals.taxes
    )


def creditable(invoice: Invoice) -> int:
    """The most that a credit note may take back: what was invoiced less what was credited."""
    unbilled = {InvoiceStatus.DRAFT, InvoiceStatus.CANCELLED}
    if invoice.status in unbilled:
        return 0
    return sum(rate.base + rate.tax for rate in creditable_rates(invoice))


def shares_of_amount(invoice: Invoice, amount: int) -> tuple[CreditedTax, ...]:
    """An amount with tax, divided over the rates' bases and taxes by the largest remainder.

    No share is larger than what is left of it, so the last note takes exactly the rest. Raises
    InvalidInput for more than may be credited.
    """
    rates = creditable_rates(invoice)
    _check(invoice, amount)
    shares = money.allocate(amount, [part for rate in rates for part in (rate.base, rate.tax)])
    return tuple(
        CreditedTax(rate.percent, shares[2 * index], shares[2 * index + 1])
        for index, rate in enumerate(rates)
        if shares[2 * index] or shares[2 * index + 1]
    )


def shares_of_lines(invoice: Invoice, lines: Sequence[CreditLine]) -> tuple[CreditedTax, ...]:
    """Lines before tax: each rate's tax in proportion to what of its base they take back.

    Raises InvalidInput for a rate that the invoice does not have, or more than is left of one.
    """
    wanted: dict[Decimal, int] = defaultdict(int)
    for line in lines:
        if line.amount <= 0:
            raise InvalidInput(
                "line_invalid", f"{line.description!r}: the amount must be positive."
            )
        wanted[line.tax_percent] += line.amount
    known = {rate.percent: rate for rate in creditable_rates(invoice)}
    shares = []
    for percent, base in wanted.items():
        rate = known.get(percent)
        if rate is None:
            raise InvalidInput("line_invalid", f"The invoice has no line taxed at {percent} %.")
        if base > rate.base:
            left = money.decimal_text(rate.base, invoice.currency)
            words = f"Of what is taxed at {percent} %, {left} can be credited, before tax."
            raise InvalidInput("credit_too_large", words)
        shares.append(
            CreditedTax(percent, base, money.allocate(rate.tax, [base, rate.base - base])[0])
        )
    _check(invoice, sum(share.base + share.tax for share in shares))
    return tuple(shares)


def _check(invoice: Invoice, amount: int) -> None:
    """Raises Conflict where nothing can be credited, InvalidInput for too much."""
    if invoice.status is InvoiceStatus.UNCOLLECTIBLE:
        words = "The invoice is written off: nothing is owed that a credit note could take back."
        raise Conflict("invoice_uncollectible", words)
    left = creditable(invoice)
    if left == 0:
        words = f"The invoice is {invoice.status.value}: nothing of it can be credited."
        raise Conflict("nothing_to_credit", words)
    if amount <= 0:
        raise InvalidInput("amount_invalid", "The amount has to be positive.")
    if amount > left:
        most = money.decimal_text(left, invoice.currency)
        words = f"At most {most} {invoice.currency} of this invoice can still be credited."
        raise InvalidInput("credit_too_large", words)


def note_of(
    invoice: Invoice,
    shares: Sequence[CreditedTax],
    lines: Sequence[CreditLine],
    *,
    note_id: str,
    number: str,
    issued_on: Any,
    reason: str,
) -> CreditNote:
    """The note. Without lines of its own, each rate's share is a line that gives the reason."""
    # A last note may take back nothing but a cent of tax: then its line is of 0.
    shown = [share for share in shares if share.base] or shares[:1]
    own = (CreditLine(reason, share.base, share.percent) for share in shown)
    named = tuple(lines) or tuple(own)
    total = sum(share.base + share.tax for share in shares)
    applied = min(total, max(invoice.amount_remaining, 0))
    return CreditNote(note_id, number, issued_on, reason, named, tuple(shares), applied)
