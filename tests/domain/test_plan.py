"""The decision of now, told as the next action: what, when, by whom, and why."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

import pytest

from chalicelib.domain.chargeability import Standing
from chalicelib.domain.dispute import DisputeMark, DisputeState
from chalicelib.domain.due import DueKind, due_of
from chalicelib.domain.invoice import (
    ChargeRequest,
    Hold,
    HoldKind,
    Invoice,
    InvoiceStatus,
    NextActionKind,
)
from chalicelib.domain.payment import AttemptResult, Trigger
from chalicelib.domain.plan import next_action
from chalicelib.domain.policy import STANDARD
from tests.domain.samples import (
    NOON,
    after,
    card,
    customer,
    day,
    draft,
    dunned,
    in_flight,
    pending,
    standing,
)
from tests.domain.test_subscription import monthly

K = NextActionKind
MARK = DisputeMark("du_1", "pay_1_1", 8900, "fraudulent", None)
LOST = replace(MARK, state=DisputeState.LOST)
BY_HAND = standing(card(), auto_charge=False)


@pytest.mark.parametrize(
    ("invoice", "around", "kind", "at"),
    [
        (pending(), standing(card()), K.CHARGE, NOON),
        (pending(charge_at=after(hours=5)), standing(card()), K.CHARGE, after(hours=5)),
        (dunned(), standing(card()), K.RETRY, NOON),
        (dunned(slots_done=1), standing(card()), K.RETRY, after(hours=24)),
        (dunned(slots_done=4), standing(card()), K.MARK_OVERDUE, NOON),
        (pending(), BY_HAND, K.MARK_OVERDUE, after(hours=21)),
        (pending(due_on=day("2026-03-20")), BY_HAND, K.REMIND, after(days=10.0 + 22 / 24)),
        (in_flight(AttemptResult.UNKNOWN), standing(card()), K.CHECK, after(minutes=5)),
        (in_flight(AttemptResult.PROCESSING), standing(card()), K.CHECK, after(days=1)),
        (
            in_flight(AttemptResult.UNKNOWN, hold=Hold(HoldKind.UNRESOLVED, "?")),
            standing(card()),
            K.STAFF,
            None,
        ),
        (pending(disputes=(MARK,)), standing(card()), K.STAFF, None),
        (pending(disputes=(LOST,)), standing(card()), K.STAFF, None),
        (
            pending(hold=Hold(HoldKind.PROMISE, "?", after(days=3))),
            standing(card()),
            K.CHECK,
            after(days=3),
        ),
        (
            pending(charge_request=ChargeRequest("r", Trigger.STAFF, NOON)),
            standing(),
            K.RETRY,
            NOON,
        ),
    ],
)
def test_what_happens_next(
    invoice: Invoice, around: Standing, kind: NextActionKind, at: datetime | None
) -> None:
    plan = next_action(STANDARD, invoice, around, NOON)
    assert plan is not None
    assert (plan.kind, plan.at) == (kind, at)
    assert plan.reason


def test_an_overdue_invoice_is_reminded_and_then_left_to_staff() -> None:
    late = dunned(status=InvoiceStatus.OVERDUE, overdue_at=NOON, slots_done=4)
    plan = next_action(STANDARD, late, standing(card()), NOON)
    assert plan is not None
    assert plan.kind is K.REMIND
    done = dunned(
        status=InvoiceStatus.OVERDUE, overdue_at=NOON, slots_done=4, reminded_at=after(days=30)
    )
    plan = next_action(STANDARD, done, standing(card()), after(days=31))
    assert plan is not None
    assert (plan.kind, plan.at) == (K.STAFF, None)


@pytest.mark.parametrize("invoice", [draft(), pending(status=InvoiceStatus.PAID, amount_paid=8900)])
def test_a_draft_and_a_settled_invoice_have_no_plan(invoice: Invoice) -> None:
    assert next_action(STANDARD, invoice, standing(card()), NOON) is None


def _planned(invoice: Invoice, around: Standing) -> Invoice:
    return replace(invoice, next_action=next_action(STANDARD, invoice, around, NOON))


@pytest.mark.parametrize(
    ("head", "due"),
    [
        (_planned(pending(), standing(card())), (DueKind.STEP, NOON)),
        (
            _planned(pending(due_on=day("2026-03-20")), BY_HAND),
            (DueKind.REMIND, after(days=10.0 + 22 / 24)),
        ),
        (_planned(pending(hold=Hold(HoldKind.STAFF, "?")), standing(card())), None),
        (draft(), None),
        (monthly(next_bill_at=NOON), (DueKind.BILL, NOON)),
        (monthly(), None),
        (customer(), None),
    ],
)
def test_when_a_machine_has_to_look(head: Any, due: tuple[DueKind, datetime] | None) -> None:
    assert due_of(head) == due


def test_a_card_that_runs_out_is_due_for_a_notice() -> None:
    found = due_of(customer(card(exp_year=2027, exp_month=3)))
    assert found is not None
    assert (found[0], found[1].isoformat()) == (DueKind.REMIND, "2027-03-01T10:00:00+00:00")
