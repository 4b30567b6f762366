"""Credit notes, and invoices corrected by a credit note and a new invoice.

Close before switch: the open payment is cancelled at Stripe first, for its amount is frozen. What
is credited beyond what the invoice still owes becomes the customer's credit, in one transaction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

from chalicelib.domain import money
from chalicelib.domain.credit_note import CreditedTax, CreditLine, CreditNote
from chalicelib.domain.dates import local_date
from chalicelib.domain.desk import credit_notes as notes
from chalicelib.domain.desk.applying import CreditApplied
from chalicelib.domain.desk.credit_notes import CreditNoteIssued
from chalicelib.domain.desk.refunds import amount_sold
from chalicelib.domain.desk.reissue import InvoiceReissued, InvoiceReplaced, successor
from chalicelib.domain.dispute import DisputeState
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.facts import Actor
from chalicelib.domain.invoice import BillTo, Invoice, InvoiceStatus, Line, Purpose, totals_of
from chalicelib.domain.party_facts import CreditMoved
from chalicelib.domain.payment import Allocation
from chalicelib.domain.record import on_party
from chalicelib.ports import Ports
from chalicelib.ports.answers import StaleHead
from chalicelib.ports.rows import Change, NumberRange, Series
from chalicelib.services.case import Case, again_when_stale, change, open_case
from chalicelib.services.credit import PLAN, close_all, covered_words, spendable
from chalicelib.services.invoices import created

MOST_BY_PAYER = 3


@dataclass(frozen=True, slots=True)
class Correction:
    """What is to be credited: an amount with tax, or lines before tax. `apply_to`: what is left of
    it pays these invoices at once."""

    id: str
    reason: str
    amount: int | None = None
    lines: tuple[CreditLine, ...] = ()
    apply_to: tuple[Allocation, ...] = ()


def issue_credit_note(
    ports: Ports, business_id: str, invoice_id: str, wanted: Correction, *, actor: Actor
) -> CreditNote:
    """Credit part or all of an issued invoice. The same id again is the same note.

    Raises InvalidInput for more than was invoiced, Conflict while money is on its way.
    """

    def once() -> CreditNote:
        invoice = ports.store.invoice(business_id, invoice_id)
        known = [one for one in invoice.credit_notes if one.id == wanted.id]
        if known:
            return known[0]
        # Refused before anything is cancelled at Stripe.
        _check_sold(invoice, _shares(invoice, wanted))
        case = _closed(ports, business_id, invoice_id, "A credit note is being issued.")
        sequence = ports.store.next_number(business_id, Series.CREDIT_NOTE)
        note = _note(case, wanted, sequence)
        _check_sold(case.invoice, note.taxes)
        changes = [change(case, CreditNoteIssued(note), actor=actor, why=wanted.reason)[1]]
        changes += _credit(ports, case, note, wanted.apply_to, actor)
        numbers = NumberRange(business_id, sequence, 1, Series.CREDIT_NOTE)
        ports.store.append(changes, side=[numbers], clock_id=case.business.test_clock_id)
        return note

    return again_when_stale(once)


def read_credit_note(ports: Ports, business_id: str, invoice_id: str, note_id: str) -> CreditNote:
    """Raises NotFound when the invoice has no such credit note."""
    invoice = ports.store.invoice(business_id, invoice_id)
    for note in invoice.credit_notes:
        if note.id == note_id:
            return note
    raise NotFound("credit_note_not_found", "The invoice has no such credit note.")


def _credit(
    ports: Ports, case: Case, note: CreditNote, apply_to: Sequence[Allocation], actor: Actor
) -> list[Change]:
    """What is left of the note is the customer's; some of it may pay other invoices at once."""
    if not note.to_credit:
        if apply_to:
            words = "Nothing of the credit note is left to be applied to other invoices."
            raise InvalidInput("allocation_too_much", words)
        return []
    if case.invoice.id in {part.invoice_id for part in apply_to}:
        raise InvalidInput("allocation_invalid", "The credited invoice itself is paid already.")
    if sum(part.amount for part in apply_to) > note.to_credit:
        words = "More is applied to other invoices than is left of the credit note."
        raise InvalidInput("allocation_too_much", words)
    others = spendable(ports, case.customer, apply_to)
    moved = CreditMoved(note.id, note.to_credit, tuple(apply_to), f"Credit note {note.number}.")
    head, fact = on_party(case.customer, moved, at=case.now, actor=actor, why=note.reason)
    paid = [
        change(
            replace(case, invoice=other),
            CreditApplied(note.id, part.amount),
            actor=actor,
            why=f"Credit note {note.number}.",
        )[1]
        for other, part in zip(others, apply_to, strict=True)
    ]
    return [Change(head, fact), *paid]


def _shares(invoice: Invoice, wanted: Correction) -> tuple[CreditedTax, ...]:
    if (wanted.amount is None) == (not wanted.lines):
        raise InvalidInput("credit_unclear", "Say either the amount or the lines to credit.")
    if wanted.amount is None:
        return notes.shares_of_lines(invoice, wanted.lines)
    return notes.shares_of_amount(invoice, wanted.amount)


def _check_sold(invoice: Invoice, shares: Sequence[CreditedTax]) -> None:
    """What was refunded as the price of something is given back already."""
    sold, wanted = amount_sold(invoice), sum(share.base + share.tax for share in shares)
    if wanted <= sold:
        return
    most = money.decimal_text(sold, invoice.currency)
    words = (
        f"Only {most} {invoice.currency} of this invoice is not yet credited or refunded: what was "
        "refunded is given back already."
    )
    raise Conflict("refunded_already", words)


def _note(case: Case, wanted: Correction, sequence: int) -> CreditNote:
    return notes.note_of(
        case.invoice,
        _shares(case.invoice, wanted),
        wanted.lines,
        note_id=wanted.id,
        number=case.business.credit_note_number(sequence),
        issued_on=local_date(case.now, case.business.zone),
        reason=wanted.reason,
    )


def _closed(ports: Ports, business_id: str, invoice_id: str, reason: str) -> Case:
    """The invoice with nothing at Stripe that could still take money for it.

    Raises Conflict for what is no invoice, or while a payment is on its way.
    """
    case = open_case(ports, business_id, invoice_id)
    if case.invoice.purpose is not Purpose.INVOICE:
        raise Conflict("not_an_invoice", "Only an invoice can be credited.")
    words = covered_words(case.invoice)
    if words is not None:
        raise Conflict("covered", words)
    close_all(ports, [case.invoice], reason)
    case = open_case(ports, business_id, invoice_id)
    if case.invoice.open_payment is not None:
        raise StaleHead("a charge began meanwhile")
    return case


# ------------------------------------------------------------------------------- reissuing


@dataclass(frozen=True, slots=True)
class Right:
    """What the new invoice says instead; None: as the old one."""

    id: str
    note_id: str
    reason: str
    lines: tuple[Line, ...] | None = None
    bill_to: BillTo | None = None
    po_number: str | None = None
    memo: str | None = None


def reissue(
    ports: Ports, business_id: str, invoice_id: str, right: Right, *, actor: Actor
) -> Invoice:
    """Credit the invoice whole and issue what is right instead, in one transaction. Due date and
    dunning calendar are kept; what was paid pays the new one. The same id again is the same.

    Raises Conflict for an invoice that is no debt any more, or while money is on its way.
    """

    def once() -> Invoice:
        invoice = ports.store.invoice(business_id, invoice_id)
        if invoice.replaced_by == right.id:
            return ports.store.invoice(business_id, right.id)
        _check_replaceable(invoice)
        case = _closed(ports, business_id, invoice_id, "The invoice is being corrected.")
        changes, numbers = _correction(ports, case, right, actor)
        ports.store.append(changes, side=numbers, clock_id=case.business.test_clock_id)
        return ports.store.invoice(business_id, right.id)

    return again_when_stale(once)


def check_corrections(ports: Ports, invoice: Invoice) -> None:
    """A payer may correct one debt a few times, not for ever: each takes two numbers and a mail.

    Raises Conflict after that.
    """
    one, count = invoice, 0
    while one.replaces is not None and count < MOST_BY_PAYER:
        one, count = ports.store.invoice(invoice.business_id, one.replaces), count + 1
    if count >= MOST_BY_PAYER:
        words = "It has been corrected several times: ask the business to correct it."
        raise Conflict("too_many_corrections", words)


def _check_replaceable(invoice: Invoice) -> None:
    if invoice.replaced_by is not None:
        raise Conflict("already_replaced", f"It was replaced by {invoice.replaced_by}.")
    if not (invoice.is_open or invoice.status is InvoiceStatus.PAID):
        words = f"The invoice is {invoice.status.value}: it cannot be corrected any more."
        raise Conflict("not_correctable", words)
    if any(one.state is DisputeState.OPEN for one in invoice.disputes):
        words = "A payment of it is disputed: correct it when the bank has decided."
        raise Conflict("disputed", words)
    cover = invoice.covered_by
    if cover is not None and cover.id.startswith(PLAN):
        words = "A payment plan collects it: end the plan first, then correct the invoice."
        raise Conflict("covered", words)
    if notes.creditable(invoice) < max(invoice.amount_remaining, 1):
        words = "It was credited before, and its money came back since: write off what is left."
        raise Conflict("nothing_to_credit", words)


def _correction(
    ports: Ports, case: Case, right: Right, actor: Actor
) -> tuple[list[Change], list[NumberRange]]:
    old, business = case.invoice, case.business
    taken = ports.store.next_number(business.id, Series.CREDIT_NOTE)
    given = ports.store.next_number(business.id)
    whole = Correction(right.note_id, right.reason, notes.creditable(old))
    note = _note(case, whole, taken)
    fresh = successor(old, _changed(old, right), invoice_id=right.id, at=case.now)
    credit = min(note.to_credit, fresh.totals.total)
    assert old.due_on is not None
    assert old.charge_at is not None
    reissued = InvoiceReissued(
        invoice=fresh,
        number=business.invoice_number(given),
        issued_on=note.issued_on,
        due_on=old.due_on,
        charge_at=old.charge_at,
        credit=credit,
    )
    changes = [
        change(case, InvoiceReplaced(note, right.id, right.reason), actor=actor, why=right.reason)[
            1
        ],
        created(replace(case, invoice=fresh), reissued, actor),
    ]
    if note.to_credit:
        spent = (Allocation(right.id, credit),) if credit else ()
        moved = CreditMoved(right.id, note.to_credit, spent, f"Credit note {note.number}.")
        changes.append(Change(*on_party(case.customer, moved, at=case.now, actor=actor)))
    ranges = [
        NumberRange(business.id, taken, 1, Series.CREDIT_NOTE),
        NumberRange(business.id, given, 1),
    ]
    return changes, ranges


def _changed(old: Invoice, right: Right) -> Invoice:
    """The old invoice with what was wrong put right. Raises InvalidInput when nothing is new."""
    lines = old.lines if right.lines is None else right.lines
    changed = replace(
        old,
        lines=lines,
        totals=totals_of(lines),
        bill_to=right.bill_to or old.bill_to,
        po_number=old.po_number if right.po_number is None else right.po_number,
        memo=old.memo if right.memo is None else right.memo,
    )
    if changed == old:
        raise InvalidInput("nothing_changed", "The corrected invoice says what the old one says.")
    return changed
