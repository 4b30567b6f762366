"""Payments on account and instalments: what their facts change and owe, and how they end.

And how money is divided: by staff's choice, oldest first, or as far as it goes.
"""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain import demand as demands
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.decisions import Close, Decision, Reason, Wait
from chalicelib.domain.demand import Demand
from chalicelib.domain.desk import on_account
from chalicelib.domain.desk.on_account import (
    DemandClosed,
    DemandMade,
    MethodArrived,
    PaymentApplied,
)
from chalicelib.domain.errors import BrokenRecord, InvalidInput
from chalicelib.domain.invoice import ChargeRequest, Invoice, Purpose
from chalicelib.domain.invoice import InvoiceStatus as S
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment import Allocation, Trigger
from chalicelib.domain.payment import AttemptResult as R
from tests.domain.desk.books import Entry, at, entry, ids
from tests.domain.histories import PAY
from tests.domain.samples import (
    NOON,
    after,
    attempt,
    card,
    day,
    failed,
    in_flight,
    line,
    payment,
    pending,
)
from tests.domain.test_what_each_fact_changes import FREED, LATER, WANTED, told

ASKED = ChargeRequest("take-1", Trigger.STAFF, NOON)
FIRST, SECOND = Allocation("inv_1", 5000), Allocation("inv_2", 900)
PAPER = ["document:receipt", "mail:receipt", "event:payment.applied"]


def asked(demand: Demand | None = None, **changes: Any) -> Invoice:
    """A payment on account of 8900 that nobody has charged yet."""
    made = pending(id="poa_1", number=None, purpose=Purpose.ON_ACCOUNT, demand=demand or Demand())
    return replace(made, **changes)


ONCE = Demand(method=card("pm_9"))
USED = Demand(applied=5000, applications=1, spent=(FIRST,))
CLOSED = {"amount_credited": 8900, "closed_at": LATER, "status": S.CANCELLED}

ENTRIES = [
    (
        asked(Demand(page_until=after(days=1))),
        MethodArrived("cs_1", ASKED, card("pm_9")),
        Entry(
            {
                "demand.page_until": None,
                "demand.method": card("pm_9"),
                "charge_request": ASKED,
            }
        ),
    ),
    (
        asked(USED),
        PaymentApplied("poa_1/2", PAY, 1000, (SECOND,)),
        Entry(
            {
                "demand.applied": 6000,
                "demand.applications": 2,
                "demand.spent": (FIRST, SECOND),
            },
            {},
            PAPER,
        ),
    ),
    (
        asked(ONCE),
        PaymentApplied("poa_1", PAY, 1, ()),
        Entry({"demand.applied": 1, "demand.applications": 1}, {}, [*PAPER, "work:forget_method"]),
    ),
    (
        asked(USED),
        PaymentApplied("poa_1/2", PAY, -5000, ()),  # taken back by a lost dispute: no receipt
        Entry({"demand.applied": 0, "demand.applications": 2}),
    ),
    (
        asked(USED),
        PaymentApplied("poa_1/2", PAY, 0, ()),
        Entry({"demand.applications": 2}),
    ),
    (
        asked(Demand(page_until=NOON), amount_credited=100, amount_paid=200, **WANTED),
        DemandClosed("cancelled", "Cancelled by staff."),
        Entry(
            {
                "demand.page_until": None,
                "demand.end_code": "cancelled",
                "demand.end_reason": "Cancelled by staff.",
                **CLOSED,
                "amount_credited": 8700,
                **FREED,
            },
            {},
            ["event:payment.closed"],
        ),
    ),
    (
        asked(ONCE),
        DemandClosed("cancelled", "Cancelled by staff."),
        Entry(
            {
                "demand.end_code": "cancelled",
                "demand.end_reason": "Cancelled by staff.",
                **CLOSED,
            },
            {},
            ["event:payment.closed", "work:forget_method"],
        ),
    ),
]  # fmt: skip


@pytest.mark.parametrize(("invoice", "payload", "expected"), ENTRIES)
def test_a_demand_in_the_books(invoice: Invoice, payload: Any, expected: Entry) -> None:
    assert entry(invoice, payload, on_account) == expected


@pytest.mark.parametrize(
    ("invoice", "payload", "words"),
    [
        (
            replace(in_flight(R.PROCESSING), id="poa_1", demand=Demand()),
            DemandClosed("cancelled", "Cancelled."),
            "poa_1: its payment is still open",
        ),
        (
            pending(),
            DemandClosed("cancelled", "Cancelled."),
            "inv_1 is an invoice, not a demand for one",
        ),
    ],
)
def test_what_cannot_be_is_named(invoice: Invoice, payload: Any, words: str) -> None:
    with pytest.raises(BrokenRecord) as broken:
        told(invoice, payload)
    assert str(broken.value) == words


def test_a_topic_takes_only_its_own_facts() -> None:
    other = facts.Replanned("A new card.")
    with pytest.raises(BrokenRecord) as broken:
        on_account.step(asked(), other, at(NOON))
    assert str(broken.value) == "no step for Replanned"
    assert on_account.owed(asked(), asked(), other, Audience()) == ()


@pytest.mark.parametrize(
    ("purpose", "owes"),
    [
        (Purpose.ON_ACCOUNT, ["event:payment.created"]),
        (Purpose.INSTALMENT, ["mail:reminder_upcoming", "event:instalment.due"]),
    ],
)
def test_who_hears_of_a_new_demand(purpose: Purpose, owes: list[str]) -> None:
    made = asked(purpose=purpose)
    assert ids(on_account.owed(None, made, DemandMade(made), Audience())) == owes


def test_nobody_is_reminded_of_an_instalment_that_is_paid_at_once() -> None:
    made = asked(purpose=Purpose.INSTALMENT)
    paid_now = DemandMade(made, at_once=True)
    assert ids(on_account.owed(None, made, paid_now, Audience())) == ["event:instalment.due"]


CAME = ["staff_mail:staff_payment_received", "event:payment.succeeded"]
DECLINED = facts.ChargeFailed(PAY, 1, "ch_1", failed().decline)  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("payload", "of_account", "of_instalment"),
    [
        (facts.ChargeSucceeded(PAY, 1, "pi_1", "ch_1", 8900, None), CAME, CAME),
        (DECLINED, ["event:payment.failed"], None),
        (facts.RequestRefused("take-1", "x", "No."), ["event:payment.refused"], None),
        (facts.ResultUnknown(PAY, 1, 1), [], None),
        (facts.Replanned("A new card."), None, None),
    ],
)
def test_a_payment_on_account_is_watched_and_an_instalment_is_dunned(
    payload: Any, of_account: list[str] | None, of_instalment: list[str] | None
) -> None:
    for purpose, expected in (
        (Purpose.ON_ACCOUNT, of_account),
        (Purpose.INSTALMENT, of_instalment),
    ):
        found = on_account.told(asked(purpose=purpose), payload)
        assert (None if found is None else ids(found)) == expected


def test_each_application_of_its_money_has_a_name_of_its_own() -> None:
    assert on_account.source_of(asked()) == "poa_1"
    assert on_account.source_of(asked(USED)) == "poa_1/2"
    assert on_account.source_of(asked(replace(USED, applications=2))) == "poa_1/3"


# ------------------------------------------------------------------------ when nobody charges it

PAGE = NOON + timedelta(days=1)
WAITS = Wait(
    Reason("page_open", "Waits for the card or bank account to be entered on Stripe's page."),
    until=PAGE,
)
LEFT = Close(Reason("page_not_filled_in", "Stripe's page was not filled in within a day."))
DECLINE = Close(Reason("charge_failed", "The charge was declined."))
UNSURE = Close(Reason("payer_left", "The payer did not confirm the payment with the bank."))
REFUSED = Close(Reason("method_dead", "Visa must not be tried."))


@pytest.mark.parametrize(
    ("invoice", "seconds", "decision"),
    [
        (asked(Demand(page_until=PAGE)), 86_399, WAITS),
        (asked(Demand(page_until=PAGE)), 86_400, LEFT),
        (asked(payments=(payment(failed()),)), 0, DECLINE),
        (asked(payments=(payment(failed(), attempt(2, result=R.NOT_EXECUTED)),)), 0, UNSURE),
        (asked(payments=(payment(attempt(result=R.NOT_EXECUTED), failed(number=2)),)), 0, DECLINE),
        (asked(), 0, UNSURE),
        (
            asked(
                Demand(end_code="method_dead", end_reason="Visa must not be tried."),
                payments=(payment(failed()),),
            ),
            0,
            REFUSED,
        ),
    ],
)
def test_how_a_payment_on_account_ends(invoice: Invoice, seconds: int, decision: Decision) -> None:
    assert on_account.without_request(invoice, NOON + timedelta(seconds=seconds)) == decision


# ----------------------------------------------------------------------------------- the division


def owing(invoice_id: str, amount: int, due_on: str | None = "2026-03-02", **more: Any) -> Invoice:
    due = None if due_on is None else day(due_on)
    return pending(line(amount), id=invoice_id, number=invoice_id.upper(), due_on=due, **more)


MARCH, APRIL = owing("inv_m", 500, "2026-03-31"), owing("inv_a", 700, "2026-04-01")


def test_the_oldest_comes_first_then_the_number_then_the_id() -> None:
    undated = owing("inv_0", 1, None)
    twin = replace(MARCH, id="inv_n")
    unnumbered = replace(MARCH, id="inv_z", number=None)
    found = demands.oldest_first([undated, APRIL, twin, MARCH, unnumbered])
    assert found == [unnumbered, MARCH, twin, APRIL, undated]


@pytest.mark.parametrize(
    ("amount", "parts"),
    [
        (400, [("inv_m", 400)]),
        (500, [("inv_m", 500)]),
        (501, [("inv_m", 500), ("inv_a", 1)]),
        (5000, [("inv_m", 500), ("inv_a", 700)]),
        (0, []),
    ],
)
def test_an_amount_goes_to_the_oldest_as_far_as_it_goes(
    amount: int, parts: list[tuple[str, int]]
) -> None:
    overpaid = owing("inv_p", 500, "2026-01-01", amount_paid=600)
    found = demands.divided(amount, [APRIL, overpaid, MARCH])
    assert found == tuple(Allocation(*part) for part in parts)


def test_one_payment_reaches_forty_invoices() -> None:
    many = [owing(f"inv_{at:02}", 10) for at in range(41)]
    assert len(demands.divided(1000, many)) == 40
    assert [demands.beyond(amount, many) for amount in (400, 405, 1000)] == [0, 5, 10]
    chosen = [Allocation(one.id, 10) for one in many]
    assert demands.as_chosen(410, chosen[:40], many) == tuple(chosen[:40])
    with pytest.raises(InvalidInput) as refused:
        demands.as_chosen(410, chosen, many)
    words = (
        "One payment can name at most 40 invoices: name fewer, or name none: then the oldest are "
        "paid first, and the rest right after."
    )
    assert (refused.value.code, refused.value.detail) == ("allocation_too_many", words)


@pytest.mark.parametrize(
    ("chosen", "code", "words"),
    [
        (
            [("inv_m", 1), ("inv_m", 2)],
            "allocation_twice",
            "Each invoice can be named once only.",
        ),
        (
            [("inv_x", 1)],
            "allocation_invalid",
            "inv_x is no open invoice of this customer.",
        ),
        ([("inv_m", 501)], "allocation_invalid", "Invoice INV_M owes 500 minor units."),
        ([("inv_m", 0)], "allocation_invalid", "Invoice INV_M owes 500 minor units."),
        (
            [("inv_m", 500), ("inv_a", 401)],
            "allocation_too_much",
            "More is allocated than is being paid.",
        ),
    ],
)
def test_a_choice_that_cannot_be(chosen: list[tuple[str, int]], code: str, words: str) -> None:
    with pytest.raises(InvalidInput) as refused:
        demands.as_chosen(900, [Allocation(*part) for part in chosen], [MARCH, APRIL])
    assert (refused.value.code, refused.value.detail) == (code, words)


def test_a_choice_may_take_all_of_it_or_one_unit() -> None:
    both = (Allocation("inv_a", 400), Allocation("inv_m", 500))
    assert demands.as_chosen(900, both, [MARCH, APRIL]) == both
    least = (Allocation("inv_a", 1),)
    assert demands.as_chosen(1, least, [MARCH, APRIL]) == least
    assert demands.as_chosen(1, (), [MARCH]) == ()


@pytest.mark.parametrize(
    ("amount", "march", "parts"),
    [
        (900, MARCH, [("inv_a", 400), ("inv_m", 500)]),
        (600, MARCH, [("inv_a", 400), ("inv_m", 200)]),
        (400, MARCH, [("inv_a", 400)]),
        (900, replace(MARCH, amount_paid=300), [("inv_a", 400), ("inv_m", 200)]),
        (900, replace(MARCH, amount_paid=600), [("inv_a", 400)]),
        (900, replace(MARCH, status=S.CANCELLED), [("inv_a", 400)]),
        (0, MARCH, []),
        (-5, MARCH, []),
    ],
)
def test_the_plan_is_kept_as_far_as_the_invoices_still_owe_it(
    amount: int, march: Invoice, parts: list[tuple[str, int]]
) -> None:
    planned = (Allocation("inv_a", 400), Allocation("inv_m", 500))
    found = demands.payable(amount, planned, [march, APRIL])
    assert found == tuple(Allocation(*part) for part in parts)


@pytest.mark.parametrize(
    ("changes", "left"),
    [
        ({}, 0),
        ({"amount_paid": 8900}, 8900),
        ({"amount_paid": 8900, "amount_overpaid": 100}, 9000),
        ({"amount_paid": 8900, "demand": USED}, 3900),
        ({"demand": USED}, -5000),
        ({"amount_paid": 8900, "demand": None}, 0),
    ],
)
def test_what_of_its_money_is_not_credit_yet(changes: dict[str, Any], left: int) -> None:
    assert demands.unapplied(replace(asked(), **changes)) == left
