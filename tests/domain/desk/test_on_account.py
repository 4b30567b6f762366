"""A payment on account by its facts alone: how its money is divided, and what it decides."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import demand as demands
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.decisions import Close, PayNow, Wait
from chalicelib.domain.demand import Demand
from chalicelib.domain.desk.on_account import (
    DemandClosed,
    DemandMade,
    MethodArrived,
    PaymentApplied,
)
from chalicelib.domain.dunning import decide
from chalicelib.domain.errors import BrokenRecord, InvalidInput
from chalicelib.domain.invoice import ChargeRequest, Invoice, InvoiceStatus, NextActionKind, Purpose
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment import Allocation, Trigger
from chalicelib.domain.policy import STANDARD
from chalicelib.domain.record import Circumstances, on_invoice
from tests.domain.histories import Story
from tests.domain.samples import NOON, bounded, card, line, pending, standing

ASKED = ChargeRequest("take-1", Trigger.STAFF, NOON)


def made(demand: Demand | None = None, request: ChargeRequest | None = ASKED) -> Story:
    """A demand for 8900, told by its own first fact."""
    head = pending(
        id="poa_1",
        number=None,
        purpose=Purpose.ON_ACCOUNT,
        allocations=(Allocation("inv_1", 8900),),
        demand=demand or Demand(),
        charge_request=request,
    )
    story = Story()
    around = Circumstances(NOON, STANDARD, standing(card()), Audience())
    story.head, first = on_invoice(None, DemandMade(head), around)
    story.facts = [first]
    return story


def decided(story: Story, **later: int) -> object:
    now = story.now + timedelta(**later)
    return decide(STANDARD, story.invoice, standing(card()), now)


def owing(*amounts: int) -> list[Invoice]:
    """Due in this order."""
    return [
        pending(
            line(amount), id=f"inv_{at}", number=f"INV-{at}", due_on=NOON.date() + timedelta(at)
        )
        for at, amount in enumerate(amounts)
    ]


@bounded
@given(st.integers(1, 99_999), st.lists(st.integers(1, 20_000), max_size=45))
def test_money_is_divided_oldest_first_and_none_is_lost(amount: int, owed: list[int]) -> None:
    invoices = owing(*owed)
    parts = demands.divided(amount, reversed_of(invoices))
    paid = {part.invoice_id: part.amount for part in parts}
    assert sum(paid.values()) == min(amount, sum(owed[: demands.MOST_INVOICES]))
    assert sum(paid.values()) + demands.beyond(amount, invoices) == min(amount, sum(owed))
    whole = [one for one in invoices if paid.get(one.id) == one.amount_remaining]
    assert [one.id for one in whole] == [one.id for one in invoices[: len(whole)]]
    assert len(paid) - len(whole) in {0, 1}
    assert demands.payable(amount, parts, invoices) == parts


def reversed_of(invoices: list[Invoice]) -> list[Invoice]:
    return list(reversed(invoices))


@bounded
@given(st.integers(1, 8900), st.integers(0, 8900))
def test_no_invoice_is_paid_more_than_it_still_owes(planned: int, paid_since: int) -> None:
    (invoice,) = owing(8900)
    now = replace(invoice, amount_paid=paid_since)
    parts = demands.payable(planned, (Allocation(invoice.id, planned),), [now])
    assert sum(part.amount for part in parts) == min(planned, 8900 - paid_since)


def test_an_invoice_is_named_once() -> None:
    twice = (Allocation("inv_0", 1), Allocation("inv_0", 1))
    with pytest.raises(InvalidInput) as refused:
        demands.as_chosen(8900, twice, owing(8900))
    assert refused.value.code == "allocation_twice"


def test_it_is_charged_at_once() -> None:
    story = made()
    assert isinstance(decided(story), PayNow)
    plan = story.invoice.next_action
    assert plan is not None
    assert (plan.kind, plan.at) == (NextActionKind.CHARGE, NOON)
    assert [effect.id for effect in story.last.effects] == [
        "event:payment.created",
        "alarm:charge",
    ]


def test_its_money_is_credit_and_waits_to_be_applied() -> None:
    story = made().opened().started().succeeded()
    invoice = story.invoice
    assert demands.unapplied(invoice) == 8900
    plan = invoice.next_action
    assert plan is not None
    assert plan.kind is NextActionKind.APPLY
    assert {leg.account.value: leg.amount for leg in story.last.legs}["customer_credit"] == -8900
    assert "mail:receipt" not in story.owed  # it will name the invoices
    story.tell(PaymentApplied("poa_1", "pay_1_1", 8900, (Allocation("inv_1", 8900),)))
    assert (demands.unapplied(story.invoice), story.invoice.next_action) == (0, None)
    assert story.owed == ["document:receipt", "mail:receipt", "event:payment.applied"]
    assert fold(story.facts) == story.invoice


def test_a_decline_begins_no_dunning_and_closes_it() -> None:
    story = made().opened().started(request_id="take-1")
    story.tell(replace(_failure(), policy=None))
    assert story.owed == ["event:payment.failed"]
    decision = decided(story)
    assert isinstance(decision, Close)
    assert decision.reason.code == "charge_failed"
    with pytest.raises(BrokenRecord):
        story.tell(DemandClosed("charge_failed", "The charge was declined."))
    story.tell(facts.PaymentCancelled("pay_1_1", "Over."))
    story.tell(DemandClosed("charge_failed", "The charge was declined."))
    assert (story.invoice.status, story.invoice.amount_remaining) == (InvoiceStatus.CANCELLED, 0)
    assert story.invoice.next_action is None
    assert story.last.legs == ()


def _failure() -> facts.ChargeFailed:
    failed = Story().charging().failed().last.data
    assert isinstance(failed, facts.ChargeFailed)
    return failed


def test_a_refusal_says_why_it_ended() -> None:
    story = made().tell(facts.RequestRefused("take-1", "method_dead", "Visa must not be tried."))
    decision = decided(story)
    assert isinstance(decision, Close)
    assert (decision.reason.code, decision.reason.staff) == (
        "method_dead",
        "Visa must not be tried.",
    )


def test_a_page_is_waited_for_until_its_time_is_over() -> None:
    until = NOON + timedelta(hours=24)
    story = made(Demand(page_until=until), request=None)
    plan = story.invoice.next_action
    assert plan is not None
    assert (plan.kind, plan.at) == (NextActionKind.CUSTOMER, until)
    assert isinstance(decided(story, hours=22), Wait)
    over = decided(story, hours=23)
    assert isinstance(over, Close)
    assert over.reason.code == "page_not_filled_in"
    story.tell(MethodArrived("cs_1", replace(ASKED, method_id="pm_9"), card("pm_9")))
    assert story.invoice.demand == Demand(method=card("pm_9"))
    assert isinstance(decided(story), PayNow)


def test_a_method_for_one_payment_is_forgotten_with_it() -> None:
    story = made(Demand(method=card("pm_9")))
    story.tell(DemandClosed("cancelled", "Cancelled by staff."))
    assert story.owed == ["event:payment.closed", "work:forget_method"]


def test_money_taken_back_is_applied_as_less() -> None:
    story = made().opened().started().succeeded()
    story.tell(PaymentApplied("poa_1", "pay_1_1", 8900, ()))
    taken_back = replace(story.invoice, amount_paid=0)
    assert demands.unapplied(taken_back) == -8900
