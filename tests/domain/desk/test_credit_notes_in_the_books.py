"""Credit notes: what each changes, posts and owes; how amounts are shared, and what is refused."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.credit_note import CreditedTax, CreditLine, CreditNote
from chalicelib.domain.desk import credit_notes
from chalicelib.domain.desk.credit_notes import CreditNoteIssued
from chalicelib.domain.errors import BrokenRecord, Conflict, DomainError, InvalidInput
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice import InvoiceStatus as S
from tests.domain.desk.books import Entry, at, entry
from tests.domain.samples import NOON, day, draft, line, pending
from tests.domain.test_what_each_fact_changes import LATER, SETTLED, WANTED, changed

TEN, FIVE, NONE = Decimal(10), Decimal(5), Decimal(0)
ON = day("2026-03-05")
LINES = (line(1000, tax_percent=TEN), line(400, tax_percent=FIVE))
SOLD = pending(*LINES)  # 1000 and 100 tax, 400 and 20 tax: 1520
PAID = replace(SOLD, status=S.PAID, amount_paid=1520, paid_at=NOON, closed_at=NOON)
LATE: dict[str, Any] = {"status": S.OVERDUE, "overdue_at": NOON}
TOLD = ["document:credit_note", "mail:credit_note_sent", "event:credit_note.created"]


def note(*taxes: CreditedTax, applied: int, name: str = "cn_1") -> CreditNote:
    lines = tuple(CreditLine("Too much.", one.base, one.percent) for one in taxes)
    return CreditNote(name, f"CN-{name}", ON, "Too much.", lines, taxes, applied)


PART = note(CreditedTax(TEN, 200, 20), applied=220)
WHOLE_SHARES = (CreditedTax(TEN, 1000, 100), CreditedTax(FIVE, 400, 20))
WHOLE = note(*WHOLE_SHARES, applied=1520)
TO_CREDIT = replace(PART, applied=0)
MIXED = replace(PART, applied=120)

NOTES = [
    (
        SOLD,
        PART,
        Entry(
            {"amount_credited": 220, "credit_notes": (PART,)},
            {"credit_notes": 200, "tax": 20, "receivable": -220},
            TOLD,
        ),
    ),
    (
        replace(SOLD, amount_paid=1300, **WANTED),
        PART,
        Entry(
            {"amount_credited": 220, "credit_notes": (PART,), **SETTLED},
            {"credit_notes": 200, "tax": 20, "receivable": -220},
            [*TOLD, "event:invoice.paid"],
        ),
    ),
    (
        replace(SOLD, amount_paid=1300, **LATE),
        PART,
        Entry(
            {
                "amount_credited": 220,
                "credit_notes": (PART,),
                "status": S.PAID,
                "paid_at": LATER,
                "closed_at": LATER,
            },
            {"credit_notes": 200, "tax": 20, "receivable": -220},
            [*TOLD, "event:invoice.paid", "work:resume_subscriptions"],
        ),
    ),
    (
        replace(SOLD, amount_paid=1400, amount_credited=0),
        MIXED,
        Entry(
            {
                "amount_credited": 120,
                "credit_notes": (MIXED,),
                "status": S.PAID,
                "paid_at": LATER,
                "closed_at": LATER,
            },
            {"credit_notes": 200, "tax": 20, "receivable": -120, "customer_credit": -100},
            [*TOLD, "event:invoice.paid"],
        ),
    ),
    (
        PAID,
        TO_CREDIT,
        Entry(
            {"credit_notes": (TO_CREDIT,)},
            {"credit_notes": 200, "tax": 20, "customer_credit": -220},
            TOLD,
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("invoice", "made", "expected"), NOTES)
def test_a_credit_note_in_the_books(invoice: Invoice, made: CreditNote, expected: Entry) -> None:
    assert entry(invoice, CreditNoteIssued(made), credit_notes) == expected


def test_the_second_note_stands_beside_the_first_and_adds_to_it() -> None:
    second = replace(PART, id="cn_2")
    once = credit_notes.credited_by(SOLD, PART)
    assert changed(once, credit_notes.credited_by(once, second)) == {
        "amount_credited": 440,
        "credit_notes": (PART, second),
    }


@pytest.mark.parametrize(
    ("invoice", "made"),
    [
        (replace(SOLD, amount_paid=1301), PART),  # more is taken off than is owed
        (PAID, replace(PART, applied=1)),
        (replace(PAID, amount_paid=1600), PART),
        (PAID, note(CreditedTax(TEN, 1400, 121), applied=0)),  # more than was invoiced
    ],
)
def test_a_note_of_more_than_there_is_is_no_note(invoice: Invoice, made: CreditNote) -> None:
    with pytest.raises(BrokenRecord) as broken:
        credit_notes.credited_by(invoice, made)
    assert str(broken.value) == "inv_1: CN-cn_1 credits more than there is"


def test_all_of_it_may_be_taken_back() -> None:
    assert credit_notes.credited_by(SOLD, WHOLE).amount_remaining == 0
    overpaid = replace(PAID, amount_paid=1600)
    assert credit_notes.credited_by(overpaid, TO_CREDIT).amount_remaining == -80


def test_a_topic_takes_only_its_own_facts() -> None:
    with pytest.raises(BrokenRecord) as broken:
        credit_notes.step(SOLD, facts.Replanned("A new card."), at(NOON))
    assert str(broken.value) == "no step for Replanned"


# ----------------------------------------------------------------------------------- the amounts


def test_what_is_left_of_each_rate() -> None:
    twice = replace(
        SOLD,
        credit_notes=(
            PART,
            note(CreditedTax(TEN, 300, 30), CreditedTax(FIVE, 100, 5), applied=435),
        ),
    )
    assert credit_notes.creditable_rates(twice) == (
        CreditedTax(TEN, 500, 50),
        CreditedTax(FIVE, 300, 15),
    )
    assert credit_notes.creditable(twice) == 865


@pytest.mark.parametrize(
    ("status", "left"),
    [
        (S.DRAFT, 0),
        (S.CANCELLED, 0),
        (S.PENDING, 1520),
        (S.PROCESSING, 1520),
        (S.OVERDUE, 1520),
        (S.PAID, 1520),
        (S.UNCOLLECTIBLE, 1520),
    ],
)
def test_only_what_was_invoiced_can_be_taken_back(status: S, left: int) -> None:
    assert credit_notes.creditable(replace(SOLD, status=status)) == left


def test_an_amount_is_divided_over_the_rates_and_their_taxes() -> None:
    assert credit_notes.shares_of_amount(SOLD, 152) == (
        CreditedTax(TEN, 100, 10),
        CreditedTax(FIVE, 40, 2),
    )
    assert credit_notes.shares_of_amount(SOLD, 1520) == WHOLE_SHARES
    assert credit_notes.shares_of_amount(SOLD, 1) == (CreditedTax(TEN, 1, 0),)


def test_a_rate_of_which_nothing_is_left_has_no_share() -> None:
    first = note(CreditedTax(TEN, 1000, 100), applied=0)
    rest = replace(PAID, credit_notes=(first,))
    assert credit_notes.shares_of_amount(rest, 420) == (CreditedTax(FIVE, 400, 20),)
    only_tax = replace(PAID, credit_notes=(first, note(CreditedTax(FIVE, 400, 19), applied=0)))
    assert credit_notes.shares_of_amount(only_tax, 1) == (CreditedTax(FIVE, 0, 1),)


def test_lines_take_their_rates_tax_with_them() -> None:
    lines = [
        CreditLine("One hour", 250, TEN),
        CreditLine("A book", 100, FIVE),
        CreditLine("Another hour", 250, TEN),
    ]
    assert credit_notes.shares_of_lines(SOLD, lines) == (
        CreditedTax(TEN, 500, 50),
        CreditedTax(FIVE, 100, 5),
    )
    whole = [CreditLine("All hours", 1000, TEN)]
    assert credit_notes.shares_of_lines(SOLD, whole) == (CreditedTax(TEN, 1000, 100),)
    cent = [CreditLine("One cent", 1, TEN)]
    assert credit_notes.shares_of_lines(SOLD, cent) == (CreditedTax(TEN, 1, 0),)


TOO_MUCH = "Of what is taxed at 10 %, 10.00 can be credited, before tax."
POSITIVE = "'Nothing': the amount must be positive."


@pytest.mark.parametrize(
    ("lines", "code", "words"),
    [
        ([("Nothing", 0, TEN)], "line_invalid", POSITIVE),
        ([("Nothing", -5, TEN)], "line_invalid", POSITIVE),
        ([("Other", 5, NONE)], "line_invalid", "The invoice has no line taxed at 0 %."),
        ([("Hours", 600, TEN), ("More", 401, TEN)], "credit_too_large", TOO_MUCH),
        ([], "amount_invalid", "The amount has to be positive."),
    ],
)
def test_lines_that_cannot_be_credited(
    lines: list[tuple[str, int, Decimal]], code: str, words: str
) -> None:
    with pytest.raises(InvalidInput) as refused:
        credit_notes.shares_of_lines(SOLD, [CreditLine(*one) for one in lines])
    assert (refused.value.code, refused.value.detail) == (code, words)


@pytest.mark.parametrize(
    ("invoice", "amount", "kind", "code", "words"),
    [
        (SOLD, 0, InvalidInput, "amount_invalid", "The amount has to be positive."),
        (SOLD, -1, InvalidInput, "amount_invalid", "The amount has to be positive."),
        (
            SOLD,
            1521,
            InvalidInput,
            "credit_too_large",
            "At most 15.20 USD of this invoice can still be credited.",
        ),
        (
            replace(SOLD, status=S.UNCOLLECTIBLE),
            1,
            Conflict,
            "invoice_uncollectible",
            "The invoice is written off: nothing is owed that a credit note could take back.",
        ),
        (
            draft(*LINES),
            1,
            Conflict,
            "nothing_to_credit",
            "The invoice is draft: nothing of it can be credited.",
        ),
        (
            replace(PAID, credit_notes=(WHOLE,)),
            1,
            Conflict,
            "nothing_to_credit",
            "The invoice is paid: nothing of it can be credited.",
        ),
    ],
)
def test_an_amount_that_cannot_be_credited(
    invoice: Invoice, amount: int, kind: type[DomainError], code: str, words: str
) -> None:
    with pytest.raises(kind) as refused:
        credit_notes.shares_of_amount(invoice, amount)
    assert (refused.value.code, refused.value.detail) == (code, words)


def test_the_most_is_told_in_the_invoices_currency() -> None:
    yen = replace(SOLD, currency="JPY")
    with pytest.raises(InvalidInput) as refused:
        credit_notes.shares_of_amount(yen, 1521)
    words = "At most 1520 JPY of this invoice can still be credited."
    assert refused.value.detail == words
    with pytest.raises(InvalidInput) as refused:
        credit_notes.shares_of_lines(yen, [CreditLine("More", 1001, TEN)])
    words = "Of what is taxed at 10 %, 1000 can be credited, before tax."
    assert refused.value.detail == words


def test_a_line_whose_tax_is_as_large_as_itself_can_be_credited() -> None:
    dear = pending(line(1000, tax_percent=Decimal(100)))
    taken = credit_notes.shares_of_lines(dear, [CreditLine("Half", 500, Decimal(100))])
    assert taken == (CreditedTax(Decimal(100), 500, 500),)


def test_a_cent_can_still_be_credited() -> None:
    last = note(CreditedTax(TEN, 1000, 100), CreditedTax(FIVE, 400, 19), applied=0)
    left = replace(PAID, credit_notes=(last,))
    assert credit_notes.shares_of_amount(left, 1) == (CreditedTax(FIVE, 0, 1),)
    with pytest.raises(InvalidInput):
        credit_notes.shares_of_amount(left, 2)


NAMED: dict[str, Any] = {
    "note_id": "cn_7",
    "number": "CN-7",
    "issued_on": ON,
    "reason": "Returned.",
}


@pytest.mark.parametrize(
    ("paid", "applied", "to_credit"), [(0, 152, 0), (1420, 100, 52), (1520, 0, 152), (1600, 0, 152)]
)
def test_a_note_lowers_the_debt_and_the_rest_is_credit(
    paid: int, applied: int, to_credit: int
) -> None:
    shares = (CreditedTax(TEN, 100, 10), CreditedTax(FIVE, 40, 2))
    made = credit_notes.note_of(replace(SOLD, amount_paid=paid), shares, (), **NAMED)
    by_rate = (CreditLine("Returned.", 100, TEN), CreditLine("Returned.", 40, FIVE))
    assert made == CreditNote("cn_7", "CN-7", ON, "Returned.", by_rate, shares, applied)
    assert (made.subtotal, made.tax, made.total) == (140, 12, 152)
    assert made.to_credit == to_credit


def test_a_note_of_lines_shows_those_and_one_of_tax_alone_shows_a_line_of_nothing() -> None:
    hours = (CreditLine("An hour", 100, TEN),)
    assert credit_notes.note_of(SOLD, (CreditedTax(TEN, 100, 10),), hours, **NAMED).lines == hours
    cent = (CreditedTax(TEN, 0, 1), CreditedTax(FIVE, 0, 1))
    assert credit_notes.note_of(SOLD, cent, (), **NAMED).lines == (CreditLine("Returned.", 0, TEN),)
    both = (CreditedTax(TEN, 0, 1), CreditedTax(FIVE, 20, 1))
    assert credit_notes.note_of(SOLD, both, (), **NAMED).lines == (
        CreditLine("Returned.", 20, FIVE),
    )
