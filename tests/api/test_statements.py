"""Statements through the API: every kind of money in a month, against the ledger, and as a PDF."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Actor, ActorKind, Subject
from chalicelib.domain.ledger import Account, trial_balance
from chalicelib.services.external_payments import Received, record_payment, reverse_payment
from chalicelib.services.refunding import request_refund
from tests.api.client import Api
from tests.fakes.install import Install

JANUARY = "from_on=2026-01-01&to_on=2026-01-31"
STAFF = Actor(ActorKind.STAFF, "user_admin")
CASH = {Account.RECEIVABLE, Account.CUSTOMER_CREDIT}


@pytest.fixture
def lived(api: Api) -> tuple[Api, str]:
    """A card payment and a refund of it, a cheque over two invoices that bounces, one too large."""
    install = api.install
    customer = install.customer(name="Ada Byron", external_ref="C-1815")
    paid = install.invoice(customer, 8900)
    install.advance(hours=1)
    for amount, day in ((10000, 20), (5000, 25)):
        install.invoice(customer, amount, due_on=date(2026, 1, day), auto_charge=False)
    install.settle()
    install.advance(days=2)
    _cheque(install, customer.id, "ext_1", 12000, "100481")
    install.advance(days=2)
    reverse_payment(
        install.ports,
        "biz_1",
        customer.id,
        "ext_1",
        reversed_on=date(2026, 1, 5),
        reason="No cover.",
        actor=STAFF,
    )
    install.advance(hours=1)
    payment = install.read(paid).payments[0]
    request_refund(
        install.ports,
        "biz_1",
        paid.id,
        refund_id="ask_1",
        payment_id=payment.id,
        amount=900,
        reason="Late.",
        actor=STAFF,
    )
    install.settle()
    install.advance(days=2)
    _cheque(install, customer.id, "ext_2", 16000, "100482")
    return api, customer.id


def _cheque(install: Install, customer_id: str, own_id: str, amount: int, number: str) -> None:
    on = install.clock.now().date()
    came = Received(own_id, ExternalMethod.CHECK, number, amount, on)
    record_payment(install.ports, "biz_1", customer_id, came, actor=STAFF)
    install.settle()


def read(api: Api, customer_id: str, query: str = JANUARY) -> dict[str, Any]:
    found: dict[str, Any] = api.get(f"/v1/customers/{customer_id}/statement?{query}").json
    return found


def test_every_line_of_a_month(lived: tuple[Api, str]) -> None:
    api, customer_id = lived
    said = read(api, customer_id)
    lines = [(line["kind"], line["charge"], line["credit"]) for line in said["lines"]]
    assert lines == [
        ("invoice", 8900, 0),
        ("payment", 0, 8900),
        ("invoice", 10000, 0),
        ("invoice", 5000, 0),
        ("payment", 0, 12000),
        ("payment_reversed", 12000, 0),
        ("refund", 900, 900),
        ("payment", 0, 16000),
    ]
    assert [line["reference"] for line in said["lines"]][4:6] == ["100481", "100481"]
    assert (said["opening_balance"], said["closing_balance"]) == (0, -1000)
    assert said["aging"] == {
        "not_due": 0,
        "days_0_30": 0,
        "days_31_60": 0,
        "days_61_90": 0,
        "days_over_90": 0,
        "unapplied_credit": 1000,
    }
    assert said["customer_name"] == "Ada Byron"


def test_it_is_what_the_ledger_says(lived: tuple[Api, str]) -> None:
    api, customer_id = lived
    store = api.install.store
    legs = [
        leg
        for fact in store.all_facts()
        if fact.subject in {Subject.INVOICE, Subject.CUSTOMER}
        for leg in fact.legs
    ]
    sums = trial_balance(legs)
    said = read(api, customer_id)
    assert said["closing_balance"] == sum(
        amount for (_, account), amount in sums.items() if account in CASH
    )
    assert store.customer("biz_1", customer_id).credit == said["aging"]["unapplied_credit"]


def test_periods_follow_each_other(lived: tuple[Api, str]) -> None:
    api, customer_id = lived
    first = read(api, customer_id, "from_on=2026-01-01&to_on=2026-01-03")
    second = read(api, customer_id, "from_on=2026-01-04&to_on=2026-02-28")
    assert first["closing_balance"] == second["opening_balance"] == 3000
    assert first["aging"]["not_due"] == 3000
    assert len(first["lines"]) + len(second["lines"]) == 8
    assert read(api, customer_id, f"{JANUARY}&currency=EUR")["lines"] == []


def test_the_pdf_is_the_same_file_each_time(lived: tuple[Api, str]) -> None:
    api, customer_id = lived
    path = f"/v1/customers/{customer_id}/statement/pdf?{JANUARY}"
    first, second = api.get(path), api.get(path)
    assert first.status == 303
    assert first.headers["Location"] == second.headers["Location"]
    assert "statement-2026-01-01-2026-01-31.pdf" in first.headers["Location"]
    view = api.install.documents.drawn[-1]
    assert view.customer_number == "C-1815"  # type: ignore[union-attr]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("", "query_invalid"),
        ("from_on=2026-01-01", "query_invalid"),
        ("from_on=2026-02-01&to_on=2026-01-31", "period_invalid"),
        ("from_on=1900-01-01&to_on=2026-01-31", "date_invalid"),
        (f"{JANUARY}&currency=usd", "query_invalid"),
    ],
)
def test_what_is_no_period_is_refused(api: Api, query: str, code: str) -> None:
    customer = api.install.customer(card=None)
    for path in ("statement", "statement/pdf"):
        answer = api.get(f"/v1/customers/{customer.id}/{path}?{query}")
        assert (answer.status, answer.code) == (400, code)


def test_nobody_is_not_found(api: Api) -> None:
    answer = api.get(f"/v1/customers/cus_none/statement?{JANUARY}")
    assert (answer.status, answer.code) == (404, "customer_not_found")
