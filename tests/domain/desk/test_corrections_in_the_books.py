"""Corrections: the old invoice credited whole, the new one issued, and all that goes over to it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.credit_note import CreditNote
from chalicelib.domain.dates import Period
from chalicelib.domain.desk import reissue
from chalicelib.domain.desk.reissue import InvoiceReissued, InvoiceReplaced
from chalicelib.domain.dispute import DisputeMark
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.invoice import Cover, Dunning, Invoice, Purpose
from chalicelib.domain.invoice import InvoiceStatus as S
from chalicelib.domain.owed import Audience
from chalicelib.domain.policy import STANDARD
from chalicelib.domain.promise import Promise, ToldBy
from tests.domain.desk.books import Entry, at, by_account, entry, ids
from tests.domain.desk.test_credit_notes_in_the_books import (
    LINES,
    ON,
    PAID,
    PART,
    SOLD,
    TOLD,
    WHOLE,
)
from tests.domain.samples import NOON, after, day, draft, failed, line, payment, pending
from tests.domain.test_what_each_fact_changes import FREED, HOLD, LATER, WANTED, changed

REPLACED_TOLD = [*TOLD, "event:invoice.replaced"]
PROMISED = (Promise("prm_1", 1520, day("2026-03-20"), "Ada", ToldBy.PHONE, NOON, 1520),)
MARKS = (DisputeMark("du_1", "pay_1_1", 1520, "fraudulent", None),)


@pytest.mark.parametrize(
    ("invoice", "made", "changes", "posts"),
    [
        (
            replace(SOLD, covered_by=Cover("inv_9", "A payment."), **WANTED),
            WHOLE,
            {
                "amount_credited": 1520,
                "credit_notes": (WHOLE,),
                "replaced_by": "inv_2",
                "covered_by": None,
                "closed_at": LATER,
                "status": S.CANCELLED,
                **FREED,
            },
            {"credit_notes": 1400, "tax": 120, "receivable": -1520},
        ),
        (
            PAID,
            replace(WHOLE, applied=0),
            {
                "credit_notes": (replace(WHOLE, applied=0),),
                "replaced_by": "inv_2",
                "closed_at": LATER,
            },
            {"credit_notes": 1400, "tax": 120, "customer_credit": -1520},
        ),
    ],
)
def test_the_old_invoice_is_credited_whole(
    invoice: Invoice, made: CreditNote, changes: dict[str, Any], posts: dict[str, int]
) -> None:
    payload = InvoiceReplaced(made, "inv_2", "The price was wrong.")
    assert entry(invoice, payload, reissue) == Entry(changes, posts, REPLACED_TOLD)


def test_a_topic_takes_only_its_own_facts() -> None:
    other = facts.Replanned("A new card.")
    with pytest.raises(BrokenRecord) as broken:
        reissue.step(SOLD, other, at(NOON))
    assert str(broken.value) == "no step for Replanned"
    assert reissue.legs_for(SOLD, other) == ()


def test_a_debt_that_is_left_behind_is_named() -> None:
    with pytest.raises(BrokenRecord) as broken:
        reissue.step(SOLD, InvoiceReplaced(PART, "inv_2", "Wrong."), at(LATER))
    assert str(broken.value) == "inv_1: replaced, and something of it is still owed"


RIGHT = draft(*LINES, id="inv_2")
NUMBERED = {
    "number": "INV-2",
    "issued_on": ON,
    "due_on": day("2026-03-30"),
    "charge_at": after(days=2),
    "finalized_at": LATER,
}
ISSUED_TOLD = ["document:invoice", "mail:invoice_sent", "event:invoice.finalized"]
OWED_ANEW = {"receivable": 1520, "revenue": -1400, "tax": -120}


def issued(invoice: Invoice, credit: int) -> InvoiceReissued:
    due_on, charge_at = day("2026-03-30"), after(days=2)
    return InvoiceReissued(invoice, "INV-2", ON, due_on, charge_at, credit)


@pytest.mark.parametrize(
    ("changes", "credit", "expected", "posts", "owes"),
    [
        ({}, 0, {"status": S.PENDING}, {}, []),
        (
            {"overdue_at": NOON},
            500,
            {"status": S.OVERDUE, "amount_paid": 500},
            {"customer_credit": 500, "receivable": -500},
            [],
        ),
        (
            {},
            1520,
            {"status": S.PAID, "amount_paid": 1520, "paid_at": LATER, "closed_at": LATER},
            {"customer_credit": 1520, "receivable": -1520},
            ["event:invoice.paid"],
        ),
        (
            {"overdue_at": NOON},
            1520,
            {"status": S.PAID, "amount_paid": 1520, "paid_at": LATER, "closed_at": LATER},
            {"customer_credit": 1520, "receivable": -1520},
            ["event:invoice.paid", "work:resume_subscriptions"],
        ),
    ],
)
def test_the_new_invoice_is_owed_anew_and_paid_by_what_had_been_paid(
    changes: dict[str, Any],
    credit: int,
    expected: dict[str, Any],
    posts: dict[str, int],
    owes: list[str],
) -> None:
    begun = replace(RIGHT, **changes)
    payload = issued(begun, credit)
    made = reissue.step(begun, payload, at(LATER))
    assert changed(begun, made) == {**NUMBERED, **expected}
    posted = reissue.legs_for(begun, payload)
    assert by_account(posted[:3]) == OWED_ANEW
    assert by_account(posted[3:]) == posts
    assert {leg.currency for leg in posted} == {"USD"}
    assert ids(reissue.owed(None, made, payload, Audience())) == [*ISSUED_TOLD, *owes]


def test_the_debt_goes_over_with_everything_that_belongs_to_it() -> None:
    old = pending(
        line(1520),
        payments=(payment(failed()),),
        purpose=Purpose.INSTALMENT,
        period=Period(day("2026-03-01"), day("2026-04-01")),
        auto_charge=False,
        subscription_id="sub_1",
        group_id="grp_1",
        external_ref="EXT-1",
        dunning=Dunning(STANDARD, NOON, 1),
        overdue_at=NOON,
        stops_at=after(days=9),
        reminded_at=after(days=1),
        promises=PROMISED,
        snoozed_until=day("2026-03-25"),
        hold=HOLD,
        disputes=MARKS,
        memo="As agreed.",
        po_number="PO-1",
    )
    right = replace(old, lines=LINES, totals=SOLD.totals, memo="Put right.", po_number="PO-2")
    new = reissue.successor(old, right, invoice_id="inv_2", at=LATER)
    fresh = replace(
        right,
        id="inv_2",
        created_at=LATER,
        status=S.DRAFT,
        number=None,
        issued_on=None,
        due_on=None,
        finalized_at=None,
        charge_at=None,
        payments=(),
        earlier_attempts=(failed(),),
        replaces="inv_1",
    )
    assert changed(fresh, new) == {}
