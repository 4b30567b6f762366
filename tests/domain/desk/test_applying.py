"""Credit applied to an invoice, taken back, and an invoice that another demand collects."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import desk
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.decisions import Wait
from chalicelib.domain.desk.applying import CreditApplied, CreditUnapplied, OverpaymentMoved
from chalicelib.domain.desk.covering import InvoiceCovered, InvoiceUncovered
from chalicelib.domain.dunning import decide
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Cover, InvoiceStatus, NextActionKind, Purpose
from chalicelib.domain.invoice_ledger import legs_for
from chalicelib.domain.ledger import trial_balance
from chalicelib.domain.party_facts import CreditMoved, CustomerChanged
from chalicelib.domain.payment import Allocation
from chalicelib.domain.policy import STANDARD
from chalicelib.domain.record import on_party
from chalicelib.domain.registry import PAYLOADS
from tests.domain.histories import Story
from tests.domain.samples import NOON, bounded, card, customer, draft, standing

COVER = Cover("inv_9", "A payment of 89.00 for this customer is under way.")


def test_every_fact_of_every_topic_can_be_stored() -> None:
    for payload in desk.PAYLOADS:
        assert PAYLOADS[Subject.INVOICE, payload.kind] is payload  # type: ignore[attr-defined]


@bounded
@given(st.integers(1, 8900), st.integers(1, 8900))
def test_credit_pays_like_money_and_the_books_balance(first: int, second: int) -> None:
    story = Story().finalized().tell(CreditApplied("a", first))
    rest = min(second, story.invoice.amount_remaining)
    if rest:
        story.tell(CreditApplied("b", rest))
    invoice = story.invoice
    balance = trial_balance(leg for fact in story.facts for leg in fact.legs)
    owed = {account.value: amount for (_, account), amount in balance.items()}
    assert owed["receivable"] == invoice.amount_remaining == 8900 - first - rest
    assert owed["customer_credit"] == first + rest
    assert (invoice.status is InvoiceStatus.PAID) == (first + rest == 8900)


def test_credit_beyond_the_debt_is_refused() -> None:
    with pytest.raises(BrokenRecord):
        Story().finalized().tell(CreditApplied("a", 8901))


def test_credit_taken_back_is_owed_again() -> None:
    story = Story().finalized().tell(CreditApplied("a", 8900))
    story.tell(CreditUnapplied("a", 8900, "The cheque bounced."))
    assert (story.invoice.status, story.invoice.amount_remaining) == (InvoiceStatus.PENDING, 8900)
    assert story.invoice.paid_at is None
    assert {leg.account.value: leg.amount for leg in story.last.legs} == {
        "receivable": 8900,
        "customer_credit": -8900,
    }


def test_an_overdue_invoice_paid_by_credit_resumes_what_was_paused() -> None:
    story = Story().finalized().tell(facts.WentOverdue("The last retry has failed."))
    story.tell(CreditApplied("a", 8900))
    assert story.owed == ["event:invoice.paid", "work:resume_subscriptions"]


def test_an_overpayment_becomes_the_customers_credit() -> None:
    story = Story(draft(amount_overpaid=100)).finalized().tell(OverpaymentMoved(100))
    assert story.invoice.amount_overpaid == 0
    assert story.last.legs == ()


def test_what_a_demand_brings_is_credit_not_the_payment_of_a_debt() -> None:
    demand = replace(draft(), purpose=Purpose.ON_ACCOUNT, status=InvoiceStatus.PENDING)
    paid = facts.ChargeSucceeded("pay_1_1", 1, "pi_1", "ch_1", 8900, 288)
    assert {leg.account.value: leg.amount for leg in legs_for(demand, paid)} == {
        "cash_in_transit": 8612,
        "fees": 288,
        "customer_credit": -8900,
    }
    assert legs_for(demand, facts.InvoiceFinalized("", NOON.date(), NOON.date(), NOON)) == ()
    assert legs_for(replace(demand, finalized_at=NOON), facts.InvoiceCancelled("No.")) == ()


def test_a_covered_invoice_is_left_alone_until_it_is_uncovered() -> None:
    story = Story().finalized().tell(InvoiceCovered(COVER))
    decision = decide(STANDARD, story.invoice, standing(card()), story.now)
    assert isinstance(decision, Wait)
    assert (decision.reason.code, decision.reason.staff) == ("covered", COVER.reason)
    plan = story.invoice.next_action
    assert plan is not None
    assert (plan.kind, plan.at) == (NextActionKind.COVERED, None)
    story.tell(InvoiceUncovered("inv_9", "The payment failed."))
    assert story.invoice.covered_by is None
    assert "alarm:charge" in [effect.id for effect in story.last.effects]


def test_the_credit_of_its_cover_uncovers_an_invoice_and_no_other_credit_does() -> None:
    story = Story().finalized().tell(InvoiceCovered(COVER)).tell(CreditApplied("other", 100))
    assert story.invoice.covered_by == COVER
    assert story.tell(CreditApplied("inv_9", 100)).invoice.covered_by is None


def test_an_invoice_is_collected_by_one_only() -> None:
    with pytest.raises(BrokenRecord):
        Story().finalized().tell(InvoiceCovered(COVER)).tell(InvoiceCovered(COVER))
    with pytest.raises(BrokenRecord):
        Story().finalized().opened().tell(InvoiceCovered(COVER))


def test_credit_grows_and_is_spent_and_no_edit_of_the_customer_touches_it() -> None:
    ada = replace(customer(card()), version=1, chain="x")
    moved = CreditMoved("inv_9", 9000, (Allocation("inv_1", 8900),), "A payment on account.")
    ada, _ = on_party(ada, moved, at=NOON)
    assert ada.credit == 100
    stale = replace(ada, credit=0, name="Ada King")
    ada, _ = on_party(ada, CustomerChanged(stale, ("name",)), at=NOON)
    assert (ada.credit, ada.name) == (100, "Ada King")
