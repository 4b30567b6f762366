"""The ledger check in SQL finds nothing in a good table, and each way in which one can be wrong."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import pytest

from tests.fakes.install import Install
from tests.simulation.ledger_queries import QUESTIONS
from tests.simulation.ledger_sql import books_of, check

Rows = list[dict[str, Any]]
Books = dict[str, Any]


@pytest.fixture(scope="module")
def good() -> tuple[Rows, Books]:
    """Two businesses, one on a connected account: paid, refunded, failed back, disputed, lost."""
    install = Install.at()
    account = install.stripe.connect_account()
    install.business("biz_1")
    install.business("biz_2", stripe_account=account)
    for business_id, where in (("biz_1", None), ("biz_2", account)):
        customer = install.customer(business_id)
        for amount in (8900, 4200, 700):
            install.invoice(customer, amount)
        install.settle()
        charges = [one["id"] for one in install.stripe.account(where).charges.values()]
        install.stripe.script_refunds(charges[0], ["succeeded", "fails_later"])
        for number in (1, 2):
            body = {"charge": charges[0], "amount": 1000 * number}
            key = f"refund/dash/{number}"
            install.stripe.call("POST", "/v1/refunds", body, account=where, idempotency_key=key)
        for charge, won in ((charges[1], True), (charges[2], False)):
            dispute = install.stripe.dispute(charge, account=where)
            install.settle()
            install.stripe.decide_dispute(dispute["id"], won=won, account=where)
        install.settle()
    install.stripe.fail_next_payout(account=account)
    install.advance(days=9)
    for business_id in ("biz_1", "biz_2"):
        install.reconcile(business_id)
    books = books_of(install.stripe, {"biz_1": None, "biz_2": account})
    return install.store.export(), books


def test_a_good_table_is_level(good: tuple[Rows, Books]) -> None:
    assert check(*good) == []


def test_it_has_seen_every_kind_of_movement(good: tuple[Rows, Books]) -> None:
    """A check of what never happened would prove nothing."""
    seen = {row["type"] for books in good[1].values() for row in books["balance"]}
    assert seen == {"charge", "refund", "refund_failure", "adjustment", "payout", "payout_failure"}


def _fact(rows: Rows, kind: str) -> dict[str, Any]:
    body: dict[str, Any] = next(
        row["body"] for row in rows if row["row"] == "fact" and row["body"]["kind"] == kind
    )
    return body


def _head(rows: Rows, subject: str, business_id: str = "biz_1") -> dict[str, Any]:
    body: dict[str, Any] = next(
        row["body"]
        for row in rows
        if row["row"] == "head" and (row["subject"], row["business_id"]) == (subject, business_id)
    )
    return body


def _drop(kind: str) -> Callable[[Rows, Books], None]:
    def harm(rows: Rows, books: Books) -> None:
        gone = _fact(rows, kind)
        rows[:] = [row for row in rows if row.get("body") is not gone]

    return harm


def _twice(kind: str) -> Callable[[Rows, Books], None]:
    def harm(rows: Rows, books: Books) -> None:
        again = copy.deepcopy(_fact(rows, kind))
        again["key"] += "/again"
        rows.append({"row": "fact", "body": again})

    return harm


def _leg(rows: Rows, books: Books) -> None:
    _fact(rows, "charge_succeeded")["legs"][0]["amount"] += 1


def _both_legs(rows: Rows, books: Books) -> None:
    legs = _fact(rows, "charge_succeeded")["legs"]
    legs[0]["amount"] += 1
    legs[1]["amount"] -= 1


def _paid(rows: Rows, books: Books) -> None:
    _head(rows, "invoice")["amount_paid"] += 1


def _number(rows: Rows, books: Books) -> None:
    _head(rows, "invoice")["number"] = "INV-00002"


def _next_number(rows: Rows, books: Books) -> None:
    next(row for row in rows if row["row"] == "number")["value"] += 1


def _sequence(rows: Rows, books: Books) -> None:
    _fact(rows, "payment_opened")["seq"] += 100


def _why(rows: Rows, books: Books) -> None:
    _fact(rows, "refunded")["why"] = "Nobody will notice."


def _chain(rows: Rows, books: Books) -> None:
    _head(rows, "customer")["chain"] = "0" * 64


def _success(rows: Rows, books: Books) -> None:
    one = next(one for one in books["biz_2"]["intents"] if one["status"] == "succeeded")
    books["biz_2"]["intents"].append({**one, "id": "pi_nobody_knows"})


def _balance(rows: Rows, books: Books) -> None:
    one = books["biz_1"]["balance"][0]
    books["biz_1"]["balance"].append({**one, "id": "txn_fee", "type": "stripe_fee", "net": -25})


def _metadata(rows: Rows, books: Books) -> None:
    one = books["biz_1"]["intents"][0]
    one["metadata"] = {**one["metadata"], "business_id": "biz_2"}


def _customer(rows: Rows, books: Books) -> None:
    _head(rows, "invoice")["customer_id"] = _head(rows, "customer", "biz_2")["id"]


def _credit(rows: Rows, books: Books) -> None:
    _head(rows, "customer")["credit"] = 5


def _demand(rows: Rows, books: Books) -> None:
    _head(rows, "invoice")["purpose"] = "on_account"


def _note(rows: Rows, books: Books) -> None:
    _head(rows, "invoice")["credit_notes"] = [{"number": "CN-00002"}]


def _refund(rows: Rows, books: Books) -> None:
    _head(rows, "invoice")["refunds"] = [{"id": "ref_1"}]


def _applied(rows: Rows, books: Books) -> None:
    _head(rows, "invoice").update(purpose="on_account", demand={"applied": 5})


def _of_customer(kind: str, **data: Any) -> Callable[[Rows, Books], None]:
    """A fact that nothing else knows of."""

    def harm(rows: Rows, books: Books) -> None:
        name = {"business_id": "biz_1", "subject": "customer", "subject_id": "cus_1", "seq": 99}
        rows.append({"row": "fact", "body": {**name, "key": kind, "kind": kind, "data": data}})

    return harm


def _past_stripe(rows: Rows, books: Books) -> None:
    _head(rows, "invoice")["refunds"] = [{"id": "ref_1", "status": "succeeded", "amount": 5}]


HARMS = {
    "a fact's legs balance": _leg,
    "the trial balance is 0": _leg,
    "an invoice says what its legs say": _paid,
    "customer credit is the customers'": _credit,
    "what a demand brought is applied": _demand,
    "credit notes have numbers of their own without a gap": _note,
    "a refund that is asked for ends": _refund,
    "a customer's credit is what its facts say": _credit,
    "credit that is spent pays an invoice": _of_customer(
        "credit_moved", source="app_1", added=0, spent=[{"invoice_id": "inv_1", "amount": 5}]
    ),
    "a demand says what its facts say": _applied,
    "an external payment is posted once": _of_customer(
        "external_payment", payment_id="ext_1", amount=5, shares=[]
    ),
    "a refund past Stripe is posted once": _past_stripe,
    "what is set aside for a payout ends once": _of_customer(
        "credit_paid_out", payout_id="out_1", amount=5, set_aside=True
    ),
    "a number is given once": _number,
    "numbers have no gap": _next_number,
    "the chain is whole": _sequence,
    "a fact is as it was written": _why,
    "the head is its last fact's": _chain,
    "each movement at Stripe is posted once": _both_legs,
    "each success is posted once": _success,
    "cash in transit is Stripe's balance": _balance,
    "an intent is of its account's business": _metadata,
    "nothing names another business's": _customer,
}


@pytest.mark.parametrize("code", HARMS)
def test_each_question_finds_its_harm(good: tuple[Rows, Books], code: str) -> None:
    rows, books = copy.deepcopy(good)
    HARMS[code](rows, books)
    assert code in {found.partition(":")[0] for found in check(rows, books)}


MOVES = (
    "charge_succeeded", "refunded", "refund_failed", "dispute_funds_moved", "payout_paid",
    "payout_failed",
)  # fmt: skip


@pytest.mark.parametrize("harm", [_drop, _twice])
@pytest.mark.parametrize("kind", MOVES)
def test_a_movement_lost_or_doubled_is_found(
    good: tuple[Rows, Books], kind: str, harm: Callable[[str], Callable[[Rows, Books], None]]
) -> None:
    rows, books = copy.deepcopy(good)
    harm(kind)(rows, books)
    codes = {found.partition(":")[0] for found in check(rows, books)}
    assert "each movement at Stripe is posted once" in codes


def test_a_message_must_not_name_what_is_anothers(good: tuple[Rows, Books]) -> None:
    theirs = _head(good[0], "invoice", "biz_2")["id"]
    fine = [("biz_2", "message", {"invoice_id": theirs})]
    assert check(*good, touched=fine) == []
    wrong = [("biz_1", "message", {"invoice_id": theirs})]
    assert check(*good, touched=wrong) == [
        f"nothing names another business's: biz_1: message names {theirs} of biz_2"
    ]


def test_the_questions_are_all_tried() -> None:
    assert set(HARMS) == set(QUESTIONS)
