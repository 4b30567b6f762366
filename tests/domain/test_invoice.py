"""Lines, taxes and totals; every status an invoice may and may not move to."""

from __future__ import annotations

from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import money
from chalicelib.domain.errors import IllegalTransition, InvalidInput
from chalicelib.domain.invoice import (
    OPEN,
    Invoice,
    InvoiceStatus,
    Line,
    TaxTotal,
    check_transition,
    totals_of,
)
from chalicelib.domain.parties import Terms
from tests.domain.samples import bounded, day, draft, failed, line, payment, pending

_S = InvoiceStatus
LEGAL = {
    (_S.DRAFT, _S.PENDING), (_S.DRAFT, _S.CANCELLED),
    (_S.PENDING, _S.PROCESSING), (_S.PENDING, _S.PAID), (_S.PENDING, _S.OVERDUE),
    (_S.PENDING, _S.CANCELLED), (_S.PENDING, _S.UNCOLLECTIBLE),
    (_S.PROCESSING, _S.PENDING), (_S.PROCESSING, _S.PAID), (_S.PROCESSING, _S.OVERDUE),
    (_S.OVERDUE, _S.PROCESSING), (_S.OVERDUE, _S.PAID), (_S.OVERDUE, _S.CANCELLED),
    (_S.OVERDUE, _S.UNCOLLECTIBLE), (_S.OVERDUE, _S.PENDING),
    (_S.PAID, _S.PENDING), (_S.PAID, _S.OVERDUE),
    (_S.UNCOLLECTIBLE, _S.PAID),
}  # fmt: skip
EDGES = sorted(product(_S, _S))

quantities = st.decimals("0.001", 1000, places=3)
percents = st.sampled_from([Decimal(0), Decimal(7), Decimal(19), Decimal("8.875")])


@st.composite
def lines(draw: st.DrawFn) -> Line:
    made = Line(
        description="Work",
        quantity=draw(quantities),
        unit_amount=draw(st.integers(0, 100_000)),
        tax_percent=draw(percents),
    )
    discount = draw(st.integers(0, made.gross))
    return line(
        made.unit_amount,
        quantity=made.quantity,
        discount=discount,
        tax_percent=made.tax_percent,
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [edge for edge in EDGES if edge in LEGAL],
    ids=lambda status: status.value,
)
def test_a_legal_move(before: InvoiceStatus, after: InvoiceStatus) -> None:
    assert check_transition(before, after) is None  # type: ignore[func-returns-value]


@pytest.mark.parametrize(
    ("before", "after"),
    [edge for edge in EDGES if edge not in LEGAL and edge[0] is not edge[1]],
    ids=lambda status: status.value,
)
def test_an_illegal_move(before: InvoiceStatus, after: InvoiceStatus) -> None:
    with pytest.raises(IllegalTransition) as refused:
        check_transition(before, after)
    assert refused.value.extra == {"before": before.value, "after": after.value}


def test_staying_is_always_legal_and_a_cancelled_invoice_stays() -> None:
    for status in _S:
        check_transition(status, status)
    assert {after for before, after in LEGAL if before is _S.CANCELLED} == set()


def test_tax_is_rounded_once_for_each_rate() -> None:
    totals = totals_of(
        (
            line(333, tax_percent=Decimal(19)),
            line(333, tax_percent=Decimal(19)),
            line(1000, tax_percent=Decimal(7)),
            line(500),
        )
    )
    assert totals.taxes == (
        TaxTotal(Decimal(19), 666, 127),  # twice 63 would be 126
        TaxTotal(Decimal(7), 1000, 70),
        TaxTotal(Decimal(0), 500, 0),
    )
    assert (totals.subtotal, totals.tax, totals.total) == (2166, 197, 2363)


def test_a_discount_lowers_the_base_of_the_tax() -> None:
    totals = totals_of((line(10000, discount=2500, tax_percent=Decimal(10)),))
    assert (totals.subtotal, totals.discount, totals.tax, totals.total) == (7500, 2500, 750, 8250)


def test_a_quantity_with_decimals() -> None:
    assert line(9999, quantity=Decimal("1.5")).gross == 14999  # 14998.5
    assert line(3, quantity=Decimal("0.5")).gross == 2


@bounded
@given(found=st.lists(lines(), min_size=1, max_size=8))
def test_lines_add_up_to_the_totals(found: list[Line]) -> None:
    totals = totals_of(tuple(found))
    assert totals.subtotal == sum(one.amount for one in found)
    assert totals.discount == sum(one.discount for one in found)
    assert totals.subtotal + totals.discount == sum(one.gross for one in found)
    assert totals.total == totals.subtotal + sum(rate.tax for rate in totals.taxes)
    assert sum(rate.base for rate in totals.taxes) == totals.subtotal
    for rate in totals.taxes:
        assert rate.tax == money.round_half_up(Decimal(rate.base) * rate.percent / 100)
    assert totals == totals_of(tuple(reversed(found)))


@pytest.mark.parametrize(
    "wrong",
    [
        line(quantity=Decimal(0)),
        line(quantity=Decimal(-1)),
        line(-1),
        line(discount=-1),
        line(100, discount=101),
        line(tax_percent=Decimal(-1)),
        line(tax_percent=Decimal(101)),
    ],
)
def test_lines_that_cannot_be_billed(wrong: Line) -> None:
    with pytest.raises(InvalidInput) as refused:
        totals_of((line(), wrong))
    assert refused.value.code == "line_invalid"


def test_an_invoice_needs_a_line() -> None:
    with pytest.raises(InvalidInput) as refused:
        totals_of(())
    assert refused.value.code == "invoice_without_lines"


def test_a_line_given_away_is_a_line() -> None:
    assert totals_of((line(100, discount=100),)).total == 0


def test_what_is_owed_after_credits_write_offs_and_payments() -> None:
    invoice = pending(line(10000), amount_credited=1000, amount_written_off=500, amount_paid=2000)
    assert (invoice.amount_due, invoice.amount_remaining) == (8500, 6500)


def test_open_statuses() -> None:
    assert {_S.PENDING, _S.PROCESSING, _S.OVERDUE} == OPEN
    assert not draft().is_open
    assert pending().is_open


def test_an_unpaid_invoice_goes_back_to_what_it_was() -> None:
    late: Invoice = pending(overdue_at=draft().created_at)
    assert (pending().open_status(), late.open_status()) == (_S.PENDING, _S.OVERDUE)


def test_the_last_failure_of_one_method() -> None:
    first = failed("lost_card")
    invoice = pending(payments=(payment(first, failed("do_not_honor", number=2)),))
    assert invoice.last_failure() == invoice.attempts[1]
    assert invoice.last_failure("pm_1") == invoice.attempts[1]
    assert invoice.last_failure("pm_2") is None


@pytest.mark.parametrize(
    ("terms", "due"),
    [
        (Terms.DUE_ON_RECEIPT, "2026-01-01"),
        (Terms.NET_7, "2026-01-08"),
        (Terms.NET_14, "2026-01-15"),
        (Terms.NET_30, "2026-01-31"),
    ],
)
def test_terms(terms: Terms, due: str) -> None:
    assert terms.due_on(day("2026-01-01")) == day(due)
