"""Keys from business identity; the ledger's balance; the register of facts."""

from __future__ import annotations

import inspect
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import (
    desk,
    group_facts,
    import_facts,
    invoice_facts,
    keys,
    party_facts,
    payment_plan_facts,
    team_facts,
)
from chalicelib.domain.desk import account, credit_payouts, disputes, fraud_warnings
from chalicelib.domain.errors import BrokenRecord, Conflict, DomainError, IllegalTransition
from chalicelib.domain.ledger import Account, Leg, assert_balanced, legs, trial_balance
from chalicelib.domain.registry import PAYLOADS
from tests.domain.samples import bounded

names = st.text("abcdef0123456789", min_size=1, max_size=26)


def test_the_same_step_has_the_same_key_and_another_has_another() -> None:
    assert keys.confirm("biz_1", "pay_1_1", 2) == "confirm/biz_1/pay_1_1/2"
    assert keys.payment_id("inv_abc", 3) == "pay_abc_3"
    assert keys.billed_invoice("sub_abc", 0) == "inv_abc_0"
    different = {
        keys.create_intent("biz_1", "pay_1_1"),
        keys.cancel("biz_1", "pay_1_1"),
        keys.cancel_stray("biz_1", "pi_1"),
        keys.create_customer("biz_1", "cus_1"),
        keys.setup("biz_1", "r"),
        keys.detach("biz_1", "pm_1"),
        keys.confirm("biz_1", "pay_1_1", 1),
        keys.confirm("biz_1", "pay_1_11", 1),
        keys.confirm("biz_1", "pay_1_1", 11),
    }
    assert len(different) == 9


@bounded
@given(first=st.tuples(names, names, st.integers(1, 99)), second=st.tuples(names, names,
       st.integers(1, 99)))  # fmt: skip
def test_keys_never_collide(first: tuple[str, str, int], second: tuple[str, str, int]) -> None:
    assert (keys.confirm(*first) == keys.confirm(*second)) == (first == second)


@bounded
@given(invoice=names, version=st.integers(1, 10**6))
def test_a_timers_name_is_one_the_scheduler_takes(invoice: str, version: int) -> None:
    assert re.fullmatch(r"[0-9a-zA-Z\-_.]{1,64}", keys.timer(f"inv_{invoice}", version))


def test_legs_without_zeros_and_only_balanced() -> None:
    assert legs("USD", bank=5, fees=0, receivable=-5) == (
        Leg(Account.BANK, 5, "USD"),
        Leg(Account.RECEIVABLE, -5, "USD"),
    )
    with pytest.raises(BrokenRecord):
        legs("USD", bank=5, receivable=-4)
    with pytest.raises(BrokenRecord):
        assert_balanced([Leg(Account.BANK, 5, "USD"), Leg(Account.RECEIVABLE, -5, "EUR")])


def test_a_trial_balance_by_currency() -> None:
    posted = [*legs("USD", bank=5, fees=-5), *legs("EUR", bank=7, fees=-7), *legs("USD", bank=-5,
              fees=5)]  # fmt: skip
    assert trial_balance(posted) == {
        ("USD", Account.BANK): 0,
        ("USD", Account.FEES): 0,
        ("EUR", Account.BANK): 7,
        ("EUR", Account.FEES): -7,
    }


def test_every_fact_is_registered_under_its_own_kind() -> None:
    own = (
        account,
        credit_payouts,
        disputes,
        fraud_warnings,
        group_facts,
        import_facts,
        payment_plan_facts,
        team_facts,
    )
    modules: tuple[Any, ...] = (invoice_facts, party_facts, *own, *desk.TOPICS)
    written = {
        kind
        for module in modules
        for _, kind in inspect.getmembers(module, inspect.isclass)
        if kind.__module__ == module.__name__ and hasattr(kind, "kind")
    }
    assert written == set(PAYLOADS.values())
    assert all(payload.kind == kind for (_, kind), payload in PAYLOADS.items())  # type: ignore[attr-defined]


def test_accounts_and_instalments_are_named_as_yesterday() -> None:
    assert keys.create_account("biz_1") == "account/biz_1"
    assert keys.account_page("biz_1", "req_1") == "account/biz_1/page/req_1"
    assert keys.instalment("plan_abc", 2) == "ins_abc_2"
    assert keys.instalment("plan_plan_1", 2) == "ins_plan_1_2"


@pytest.mark.parametrize("invoice", ["inv_abc", "inv_abc_11", "inv_pay_1", "ins_abc_2", "poa_abc"])
def test_whose_payment_it_is_can_be_told_by_its_id(invoice: str) -> None:
    """An invoice's, or a demand's, whose id is not shortened."""
    assert invoice in keys.invoices_of(keys.payment_id(invoice, 12))


def test_a_payments_id_names_two_invoices_at_most() -> None:
    assert keys.invoices_of("pay_abc_11_3") == ("inv_abc_11", "abc_11")


def test_a_second_verdict_of_a_dispute_is_another_fact_and_the_first_is_named_as_ever() -> None:
    closed = [invoice_facts.DisputeClosed("pay_1_1", "du_1", True, at) for at in (0, 1)]
    assert [one.key(7) for one in closed] == ["dispute_closed/du_1", "dispute_closed/du_1/1"]


def test_errors_have_a_stable_code_and_words() -> None:
    error = IllegalTransition("The invoice", "paid", "draft")
    assert isinstance(error, Conflict)
    assert (error.code, error.detail) == (
        "illegal_transition",
        "The invoice is paid and cannot become draft.",
    )
    assert str(DomainError("x", "Why.")) == "x: Why."
