"""Credit notes: the tax share, never more than was invoiced, and a corrected invoice's books."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.credit_note import CreditedTax, CreditLine
from chalicelib.domain.desk import credit_notes, reissue
from chalicelib.domain.desk.credit_notes import CreditNoteIssued
from chalicelib.domain.desk.write_offs import WrittenOff
from chalicelib.domain.errors import BrokenRecord, Conflict, InvalidInput
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.ledger import trial_balance
from tests.domain.histories import Story
from tests.domain.samples import NOON, bounded, draft, line

TEN, NONE = Decimal(10), Decimal(0)
TAXED = draft(line(1000, tax_percent=TEN), line(333, tax_percent=Decimal("19.5")), line(50))


def note(invoice: Invoice, amount: int, name: str = "cn_1") -> CreditNoteIssued:
    shares = credit_notes.shares_of_amount(invoice, amount)
    return CreditNoteIssued(
        credit_notes.note_of(
            invoice,
            shares,
            (),
            note_id=name,
            number=f"CN-{name}",
            issued_on=NOON.date(),
            reason="Too much.",
        )
    )


def books(*stories: Story) -> dict[str, int]:
    balance = trial_balance(leg for story in stories for fact in story.facts for leg in fact.legs)
    return {account.value: amount for (_, account), amount in balance.items() if amount}


@bounded
@given(st.lists(st.integers(1, 700), min_size=1, max_size=6))
def test_notes_take_back_exactly_what_was_invoiced_and_no_rate_more(amounts: list[int]) -> None:
    story = Story(TAXED).finalized()
    total = story.invoice.totals.total
    for index, wanted in enumerate([*amounts, total]):
        left = credit_notes.creditable(story.invoice)
        if left:
            story.tell(note(story.invoice, min(wanted, left), f"cn_{index}"))
    invoice = story.invoice
    assert credit_notes.creditable(invoice) == 0
    assert {(one.base, one.tax) for one in credit_notes.creditable_rates(invoice)} == {(0, 0)}
    assert (invoice.status, invoice.amount_remaining) == (InvoiceStatus.PAID, 0)
    found = books(story)
    assert found["credit_notes"] == -found["revenue"]
    assert "tax" not in found


def test_the_tax_of_a_share_is_in_proportion() -> None:
    story = Story(draft(line(1000, tax_percent=TEN))).finalized()
    assert credit_notes.shares_of_amount(story.invoice, 110) == (CreditedTax(TEN, 100, 10),)
    story.tell(note(story.invoice, 110))
    assert {leg.account.value: leg.amount for leg in story.last.legs} == {
        "credit_notes": 100,
        "tax": 10,
        "receivable": -110,
    }
    assert "document:credit_note" in story.owed


def test_lines_take_back_the_tax_of_their_rate() -> None:
    invoice = Story(draft(line(1000, tax_percent=TEN))).finalized().invoice
    lines = [CreditLine("One hour less", 500, TEN)]
    assert credit_notes.shares_of_lines(invoice, lines) == (CreditedTax(TEN, 500, 50),)
    with pytest.raises(InvalidInput) as refused:
        credit_notes.shares_of_lines(invoice, [CreditLine("More", 1001, TEN)])
    assert refused.value.code == "credit_too_large"
    with pytest.raises(InvalidInput):
        credit_notes.shares_of_lines(invoice, [CreditLine("Other", 1, NONE)])
    with pytest.raises(InvalidInput):
        credit_notes.shares_of_lines(invoice, [CreditLine("Nothing", 0, TEN)])


def test_what_a_paid_invoice_is_credited_becomes_the_customers_credit() -> None:
    story = Story().paid()
    story.tell(note(story.invoice, 900))
    assert story.invoice.credit_notes[0].to_credit == 900
    assert story.invoice.status is InvoiceStatus.PAID
    assert books(story)["customer_credit"] == -900


def test_too_much_nothing_and_a_closed_invoice_are_refused() -> None:
    story = Story().finalized()
    for amount, code in ((8901, "credit_too_large"), (0, "amount_invalid")):
        with pytest.raises(InvalidInput) as refused:
            credit_notes.shares_of_amount(story.invoice, amount)
        assert refused.value.code == code
    with pytest.raises(Conflict):
        credit_notes.shares_of_amount(Story().invoice, 1)
    story.tell(WrittenOff("Bankrupt.", 8900))
    with pytest.raises(Conflict) as closed:
        credit_notes.shares_of_amount(story.invoice, 1)
    assert closed.value.code == "invoice_uncollectible"


def replaced(story: Story, new_lines: Invoice) -> Story:
    """The correction as the service makes it: the old one credited whole, the new one issued."""
    old = story.invoice
    taken = note(old, credit_notes.creditable(old)).note
    fresh = reissue.successor(old, new_lines, invoice_id="inv_2", at=story.now)
    credit = min(taken.to_credit, new_lines.totals.total)
    assert old.due_on is not None
    assert old.charge_at is not None
    story.tell(reissue.InvoiceReplaced(taken, "inv_2", "Wrong price."))
    payload = reissue.InvoiceReissued(
        fresh, "INV-00002", NOON.date(), old.due_on, old.charge_at, credit
    )
    new = Story()
    new.head, new.facts = None, []
    new.now = story.now
    return new.tell(payload)


def test_a_corrected_invoice_is_credited_whole_and_the_new_one_keeps_its_calendar() -> None:
    story = Story().charging().failed()
    tries, dunning = story.invoice.attempts, story.invoice.dunning
    new = replaced(story, replace(story.invoice, po_number="PO-7"))
    assert (story.invoice.status, story.invoice.replaced_by) == (InvoiceStatus.CANCELLED, "inv_2")
    assert (new.invoice.replaces, new.invoice.po_number) == ("inv_1", "PO-7")
    assert (new.invoice.dunning, new.invoice.attempts) == (dunning, tries)
    assert new.invoice.due_on == story.invoice.due_on
    assert new.invoice.status is InvoiceStatus.PENDING
    assert books(story, new) == {"receivable": 8900, "revenue": -17800, "credit_notes": 8900}


def test_what_was_paid_on_the_old_one_pays_the_new_one() -> None:
    story = Story().paid()
    right = draft(line(9900))
    new = replaced(story, right)
    assert (new.invoice.amount_paid, new.invoice.amount_remaining) == (8900, 1000)
    found = books(story, new)
    assert (found["receivable"], "customer_credit" in found) == (1000, False)


def test_a_replacement_that_leaves_a_debt_behind_is_no_replacement() -> None:
    story = Story().finalized()
    part = note(story.invoice, 100).note
    with pytest.raises(BrokenRecord):
        story.tell(reissue.InvoiceReplaced(part, "inv_2", "Wrong."))


def test_a_note_of_nothing_but_tax_still_has_a_line() -> None:
    story = Story(draft(line(10, tax_percent=TEN))).finalized()
    for index in range(11):
        story.tell(note(story.invoice, 1, f"cn_{index}"))
    last = story.invoice.credit_notes[-1]
    assert (last.subtotal, last.tax, last.lines) == (0, 1, (CreditLine("Too much.", 0, TEN),))
    assert story.invoice.amount_remaining == 0
