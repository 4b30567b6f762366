"""One payment for more invoices than a transaction holds, and what an instalment is short of."""

from __future__ import annotations

from dataclasses import replace

import pytest

from chalicelib.domain import demand as demands
from chalicelib.domain.demand import Demand
from chalicelib.domain.desk import account, on_account
from chalicelib.domain.desk.account import ExternalPaymentReceived
from chalicelib.domain.desk.on_account import PaidOn
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment import Allocation
from tests.domain.desk.books import Entry, entry, ids
from tests.domain.desk.test_demands_in_the_books import FIRST, SECOND, USED, asked, owing
from tests.domain.samples import NOON

FORTY = [owing(f"inv_{at:02}", 10) for at in range(40)]
LATER_ONES = [owing("inv_60", 500, "2026-04-01"), owing("inv_61", 300, "2026-05-01")]


@pytest.mark.parametrize(
    ("amount", "beyond"),
    [(399, 0), (400, 0), (401, 1), (1199, 799), (1200, 800), (5000, 800)],
)
def test_what_of_a_payment_is_for_invoices_out_of_reach(amount: int, beyond: int) -> None:
    assert demands.beyond(amount, [*LATER_ONES, *FORTY]) == beyond


def test_an_invoice_that_owes_nothing_takes_nothing_beyond() -> None:
    overpaid = owing("inv_62", 300, "2026-05-02", amount_paid=900)
    paid = owing("inv_63", 300, "2026-05-03", amount_paid=300)
    assert demands.beyond(5000, [*LATER_ONES, overpaid, paid, *FORTY]) == 800
    assert demands.beyond(5000, FORTY) == 0


def test_what_is_paid_on_is_noted_on_the_demand_and_told_to_nobody_again() -> None:
    paid_on = PaidOn("poa_1/2", (SECOND,))
    found = entry(asked(USED), paid_on, on_account)
    assert found == Entry({"demand.spent": (FIRST, SECOND)})


def test_a_cheque_for_many_invoices_is_paid_on_by_a_worker() -> None:
    cheque = ExternalPaymentReceived(
        "ext_1", ExternalMethod.CHECK, "7", 1000, "USD", NOON.date(), (FIRST,), pays_on=100
    )
    assert ids(account.owed(cheque, Audience())) == [
        "document:receipt",
        "mail:receipt",
        "work:pay_on",
        "event:external_payment.recorded",
    ]


@pytest.mark.parametrize(
    ("applied", "short"),
    [(5900, 0), (5901, 0), (5899, 1), (0, 5900)],
)
def test_what_a_lost_dispute_took_back_of_instalments(applied: int, short: int) -> None:
    """Of all instalments together: what one has too much another may be short of."""
    whole = asked(Demand(spent=(FIRST,), applied=5000))
    taken = asked(Demand(spent=(SECOND,), applied=applied - 5000))
    invoice = replace(asked(), demand=None)
    assert demands.short([whole, invoice, taken]) == short


def test_each_application_of_an_instalment_counts() -> None:
    twice = asked(Demand(spent=(FIRST, Allocation("inv_1", 100)), applied=5000))
    assert demands.short([twice]) == 100
