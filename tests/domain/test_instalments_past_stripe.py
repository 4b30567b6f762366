"""Money for instalments that came past Stripe: how it is spread, taken back, and noted."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import demand as demands
from chalicelib.domain import desk
from chalicelib.domain import payment_plan as rules
from chalicelib.domain.demand import Demand
from chalicelib.domain.desk.external_payments import ExternalPaymentBounced
from chalicelib.domain.desk.instalments import InstalmentOwedAgain, InstalmentPaidOutside
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.external_payment import ExternalMethod, ExternalPayment
from chalicelib.domain.invoice import Cover, Invoice, InvoiceStatus, Purpose
from chalicelib.domain.invoice_ledger import legs_for
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment import Allocation, PaymentStatus
from chalicelib.domain.payment_plan import (
    Acceleration,
    Instalment,
    InstalmentPart,
    InstalmentState,
    PaymentPlan,
    PlanStatus,
)
from chalicelib.domain.payment_plan_facts import (
    PaidOutside,
    PaidOutsideReversed,
    PlanEnded,
    PlanMade,
)
from chalicelib.domain.record import first_of_party, on_party
from tests.domain.desk.books import by_account, ids
from tests.domain.samples import NOON, bounded, failed, payment, pending
from tests.domain.test_what_each_fact_changes import told

NOW = datetime(2026, 3, 2, tzinfo=UTC)
ON = date(2026, 3, 1)
CAME = InstalmentPaidOutside("ext_1", ExternalMethod.CHECK, "1044", 3000, ON)
COVER = Cover("plan_1", "The plan collects it.")


def plan_of(*parts: Instalment) -> PaymentPlan:
    return PaymentPlan(
        id="plan_1",
        business_id="biz_1",
        customer_id="cus_1",
        currency="USD",
        reference="P-1",
        invoice_ids=("inv_1",),
        instalments=parts,
        autopay=False,
        acceleration=Acceleration(),
        days_before=7,
        zone="UTC",
        created_at=NOW,
    )


def part(number: int, **changes: object) -> Instalment:
    day = date(2026, 3, 1) + timedelta(weeks=number)
    return replace(Instalment(number, day, 3000), **changes)  # type: ignore[arg-type]


def asked(**changes: object) -> Invoice:
    """An instalment's demand of 8900."""
    wanted = pending(purpose=Purpose.INSTALMENT, demand=Demand(plan_id="plan_1", instalment=1))
    return replace(wanted, **changes)  # type: ignore[arg-type]


def entry(invoice: Invoice, payload: Any) -> tuple[Invoice, dict[str, int], list[str]]:
    """The invoice after it, what it posts and what it owes."""
    after = told(invoice, payload)
    topic = desk.topic_of(payload)
    assert topic is not None
    owes = topic.owed(invoice, after, payload, Audience())
    return after, by_account(legs_for(invoice, payload)), ids(owes)


def test_the_named_instalment_comes_first_then_the_others_in_order() -> None:
    plan = plan_of(part(1), part(2), part(3))
    assert rules.spread(plan, 4000, 2) == (InstalmentPart(2, 3000), InstalmentPart(1, 1000))
    assert rules.spread(plan, 4000, None, [1]) == (InstalmentPart(2, 3000), InstalmentPart(3, 1000))
    assert rules.spread(plan_of(part(1, paid=2500), part(2)), 600) == (
        InstalmentPart(1, 500),
        InstalmentPart(2, 100),
    )


parts_of = st.lists(
    st.tuples(st.integers(1, 5000), st.integers(0, 5000), st.booleans()), min_size=1, max_size=8
).map(
    lambda rows: tuple(
        part(
            number,
            amount=amount + paid,
            paid=paid,
            demand_id=f"ins_{number}" if asks else "",
            state=InstalmentState.DUE if asks else InstalmentState.SCHEDULED,
        )
        for number, (amount, paid, asks) in enumerate(rows, start=1)
    )
)


@bounded
@given(parts=parts_of, amount=st.integers(1, 60_000), first=st.integers(1, 8))
def test_paid_and_bounced_is_as_before(
    parts: tuple[Instalment, ...], amount: int, first: int
) -> None:
    """Never more than an instalment still asks, to the unit; and there and back changes nothing."""
    plan, made = first_of_party(plan_of(*parts), PlanMade(plan_of(*parts)), at=NOW)
    assert made.kind == "created"
    spread = rules.spread(plan, amount, first)
    assert sum(one.amount for one in spread) == min(amount, plan.amount_remaining)
    paid, _ = on_party(plan, PaidOutside("ext_1", spread), at=NOW)
    assert plan.amount_remaining - paid.amount_remaining == sum(one.amount for one in spread)
    for one in paid.instalments:
        assert 0 <= one.paid <= one.amount
        assert one.is_paid == (one.paid == one.amount)
    back, _ = on_party(paid, PaidOutsideReversed("ext_1", spread, (), "?"), at=NOW)
    assert back.instalments == plan.instalments


@bounded
@given(parts=parts_of, amount=st.integers(1, 60_000), gone=st.sets(st.integers(1, 8)))
def test_what_cannot_ask_again_becomes_an_instalment_of_today(
    parts: tuple[Instalment, ...], amount: int, gone: set[int]
) -> None:
    plan = plan_of(*parts)
    spread = rules.spread(plan, amount)
    paid, _ = on_party(plan, PaidOutside("ext_1", spread), at=NOW)
    reversal = PaidOutsideReversed("ext_1", spread, tuple(sorted(gone)), "?")
    back, _ = on_party(paid, reversal, at=NOW)
    assert (back.total, back.amount_remaining) == (plan.total, plan.amount_remaining)
    fresh = [one for one in back.instalments if one.number > len(parts)]
    assert len(fresh) == sum(one.number in gone for one in spread)
    assert {(one.due_on, one.state.value, one.demand_id) for one in fresh} <= {
        (NOW.date(), "scheduled", "")
    }
    numbers = [one.number for one in back.instalments]
    assert len(numbers) == len(set(numbers))


def test_a_completed_plan_runs_again_and_a_broken_one_does_not() -> None:
    done = plan_of(part(1, demand_id="ins_1", state=InstalmentState.DUE))
    paid, _ = on_party(done, PaidOutside("ext_1", (InstalmentPart(1, 3000),)), at=NOW)
    reversal = PaidOutsideReversed("ext_1", (InstalmentPart(1, 3000),), (), "?")
    for status, after in (
        (PlanStatus.COMPLETED, PlanStatus.ACTIVE),
        (PlanStatus.BROKEN, PlanStatus.BROKEN),
        (PlanStatus.CANCELLED, PlanStatus.CANCELLED),
    ):
        ended, _ = on_party(paid, PlanEnded(status, "?"), at=NOW)
        back, fact = on_party(ended, reversal, at=NOW)
        assert (back.status, back.amount_paid) == (after, 0)
        assert [effect.id for effect in fact.effects] == [
            "work:run_plan", "event:payment_plan.updated",
        ]  # fmt: skip


def test_late_again_counts_from_the_return() -> None:
    late = part(1, demand_id="ins_1", state=InstalmentState.OVERDUE, overdue_at=NOW)
    paid, _ = on_party(plan_of(late), PaidOutside("ext_1", (InstalmentPart(1, 3000),)), at=NOW)
    reversal = PaidOutsideReversed("ext_1", (InstalmentPart(1, 3000),), (), "?")
    later = NOW + timedelta(days=40)
    back, _ = on_party(paid, reversal, at=later)
    assert back.instalments == (replace(late, overdue_at=later),)
    assert rules.breaks_at(back) == later + timedelta(days=30)


def test_what_was_taken_back_of_instalments_is_short_until_it_came_again() -> None:
    """Spent on invoices, and gone from the demand: whichever instalment makes it good."""
    spent = (Allocation("inv_1", 3000),)
    good, lost, more = Demand(applied=3000, spent=spent), Demand(spent=spent), Demand(applied=3000)
    for known, short in (((good,), 0), ((good, lost), 3000), ((good, lost, more), 0), ((more,), 0)):
        heads = [asked(demand=one) for one in known]
        assert demands.short([*heads, pending()]) == short


def test_a_cheque_lowers_the_rest_of_an_instalment_that_was_part_paid() -> None:
    """Lowered to what was paid of it, it is paid; never below."""
    plan = plan_of(part(1), part(2, paid=1000))
    assert rules.lowered(plan, 3000) == (
        part(1), part(2, amount=1000, paid=1000, state=InstalmentState.PAID),
    )  # fmt: skip
    assert rules.lowered(plan, 4000) == (part(1), part(2, amount=2000, paid=1000))


def test_the_demand_asks_for_so_much_less_and_posts_nothing() -> None:
    after, posted, owed = entry(asked(), CAME)
    assert (after.amount_paid, after.amount_remaining, after.status) == (
        3000, 5900, InvoiceStatus.PENDING,
    )  # fmt: skip
    assert after.demand == replace(asked().demand or Demand(), applied=3000)
    assert (posted, owed) == ({}, ["event:instalment.paid"])
    back, posted, owed = entry(after, InstalmentOwedAgain("ext_1", 3000, "No funds."))
    assert (back.amount_paid, back.demand) == (0, asked().demand)
    assert (posted, owed) == ({}, ["event:instalment.payment_reversed"])


def test_the_whole_of_it_closes_the_demand_and_a_return_opens_it_as_it_was() -> None:
    late = {"status": InvoiceStatus.OVERDUE, "overdue_at": NOON}
    whole = replace(CAME, amount=8900)
    for before in (asked(), asked(**late)):
        paid, _, _ = entry(before, whole)
        assert (paid.status, paid.amount_remaining) == (InvoiceStatus.PAID, 0)
        back, _, _ = entry(paid, InstalmentOwedAgain("ext_1", 8900, "?"))
        assert (back.status, back.amount_remaining) == (before.status, 8900)


@pytest.mark.parametrize(
    ("before", "payload"),
    [
        (asked(amount_paid=6000), CAME),
        (asked(payments=(payment(failed(), status=PaymentStatus.PENDING),)), CAME),
        (pending(), CAME),
    ],
)
def test_more_than_it_asks_or_beside_a_live_payment_is_a_bug(
    before: Invoice, payload: InstalmentPaidOutside
) -> None:
    with pytest.raises(BrokenRecord):
        entry(before, payload)


def test_a_bounced_payment_is_collected_by_the_plan_again_and_told_once() -> None:
    noted = ExternalPayment("ext_1", ExternalMethod.CHECK, "1044", 8900, ON, NOON)
    settled = {"paid_at": NOON, "closed_at": NOON, "amount_paid": 8900}
    paid = pending(status=InvoiceStatus.PAID, external_payments=(noted,), **settled)
    bounced = ExternalPaymentBounced("ext_1", 8900, ON, "No funds.", COVER)
    back, _, owed = entry(paid, bounced)
    assert (back.status, back.covered_by) == (InvoiceStatus.PENDING, COVER)
    assert owed == ["event:invoice.payment_reversed"]
    other = replace(paid, covered_by=Cover("poa_1", "?"))
    with pytest.raises(BrokenRecord):
        entry(other, bounced)
