"""Lists of invoices and payments as the desk asks for them: every sort, filter and page."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from typing import Any

import pytest

from chalicelib.domain.facts import SYSTEM, Subject
from chalicelib.domain.group import Group
from chalicelib.domain.invoice import Purpose
from chalicelib.domain.parties import Terms
from chalicelib.services.groups import create_group
from tests.api.client import Api, staffed
from tests.api.set_back import as_new
from tests.fakes.install import VISA, Install

DECLINES = "4000000000000341"
NAMES = ("Émile Zola", "Bob Byrd", "Ada Byron")


def desk_with_debts() -> Install:
    """Three customers: the first pays, the second's card declines, the third has none."""
    install = staffed()
    cards = (VISA, DECLINES, None)
    for number, (name, card) in enumerate(zip(NAMES, cards, strict=True), 1):
        customer = install.customer(name=name, card=card, email=f"{number}@example.com")
        for step in (1, 2):
            due_on = date(2026, 1, 1) + timedelta(days=10 * step - number)
            install.invoice(customer, 1000 * number + step, due_on=due_on)
    install.settle()
    install.advance(days=20)
    return install


@pytest.fixture
def desk(api: Api) -> Api:
    api.install = as_new(desk_with_debts)
    return api


def rows(api: Api, path: str, **asked: Any) -> list[dict[str, Any]]:
    """All rows, two to a page; a page may be short but says so by going on."""
    query = "&".join(f"{name}={value}" for name, value in asked.items())
    found: list[dict[str, Any]] = []
    cursor = ""
    for _ in range(50):
        page = api.get(f"{path}?limit=2&{query}{cursor}").json
        assert len(page["data"]) <= 2
        found += page["data"]
        if page["next_cursor"] is None:
            return found
        cursor = f"&cursor={page['next_cursor']}"
    raise AssertionError("the list does not end")


def totals(api: Api, **asked: Any) -> list[int]:
    return [one["totals"]["total"] for one in rows(api, "/v1/invoices", **asked)]


OPEN = {"status": "pending,overdue"}


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        ({"sort": "due_on"}, [3001, 2001, 1001, 3002, 2002, 1002]),
        ({"sort": "due_on", "reverse": "true"}, [1002, 2002, 3002, 1001, 2001, 3001]),
        ({"sort": "amount"}, [3002, 3001, 2002, 2001, 1002, 1001]),
        ({"sort": "amount", "reverse": "true"}, [1001, 1002, 2001, 2002, 3001, 3002]),
        ({"sort": "amount", "status": "paid"}, [1002, 1001]),
        ({"sort": "amount", "amount_from": 1002, "amount_to": 3001}, [3001, 2002, 2001, 1002]),
        ({"sort": "customer_name", "customer_name": "BO"}, [2001, 2002]),
        ({"sort": "status", **OPEN, "customer_name": "ada"}, [3001, 3002]),
        ({"sort": "due_on", "customer_name": "em"}, [1001, 1002]),
        ({"open_only": "true", "sort": "amount"}, [3002, 3001, 2002, 2001]),
        ({"status": "draft"}, []),
        ({"sort": "due_on", "paid_from": "2026-01-02"}, [1001, 1002]),
        ({"sort": "due_on", "paid_from": "2026-01-11"}, [1002]),
        ({"sort": "due_on", "paid_to": "2026-01-10"}, [1001]),
        ({"subscription_id": "sub_none", "sort": "due_on"}, []),
        ({"sort": "due_on", "due_from": "2026-01-10", "due_to": "2026-01-18"}, [1001, 3002]),
        ({"sort": "amount", "due_from": "2026-01-10", "due_to": "2026-01-18"}, [3002, 1001]),
    ],
)
def test_invoices(desk: Api, asked: dict[str, Any], expected: list[int]) -> None:
    assert totals(desk, **asked) == expected


def test_a_customers_invoices_filtered(desk: Api) -> None:
    (ada,) = [one for one in desk.get("/v1/customers").json["data"] if one["name"] == NAMES[2]]
    assert totals(desk, customer_id=ada["id"]) == [3001, 3002]
    assert totals(desk, customer_id=ada["id"], sort="amount") == [3002, 3001]
    assert totals(desk, customer_id=ada["id"], status="paid") == []


def test_newest_first_without_a_sort(desk: Api) -> None:
    assert totals(desk) == sorted(totals(desk), reverse=True)
    assert totals(desk, customer_name="b") == [2002, 2001]


def payments(api: Api, **asked: Any) -> list[tuple[str, int]]:
    return [(one["status"], one["amount"]) for one in rows(api, "/v1/payments", **asked)]


def test_payments_as_they_happened(desk: Api) -> None:
    found = rows(desk, "/v1/payments")
    assert [one["at"] for one in found] == sorted((one["at"] for one in found), reverse=True)
    assert {one["status"] for one in found} == {"paid", "failed"}
    assert payments(desk, status="paid") == [("paid", 1002), ("paid", 1001)]
    assert payments(desk, status="paid", reverse="true") == [("paid", 1001), ("paid", 1002)]
    assert payments(desk, status="paid", paid_from="2026-01-15") == [("paid", 1002)]
    assert payments(desk, status="paid", paid_to="2026-01-15") == [("paid", 1001)]
    awaited = payments(desk, status="pending")  # has no time: by due date
    assert awaited == payments(desk, status="pending", sort="due_on") != []
    refused = desk.get("/v1/payments?status=pending,paid&sort=paid_at")
    assert (refused.status, refused.json["code"]) == (400, "sort_without_time")


def test_what_is_awaited_and_what_was_refused(desk: Api) -> None:
    awaited = payments(desk, status="pending", sort="amount")
    assert awaited == [("pending", 3002), ("pending", 3001), ("pending", 2002), ("pending", 2001)]
    refused = payments(desk, status="failed", sort="due_on", amount_to=2001)
    assert set(refused) == {("failed", 2001)}
    assert len(refused) > 2  # each try
    by_status = payments(desk, sort="status", customer_name="em")
    assert by_status == [("paid", 1001), ("paid", 1002)]
    by_name = rows(desk, "/v1/payments", sort="customer_name")
    names = [one["customer_name"] for one in by_name]
    assert names == sorted(names, key=["Ada Byron", "Bob Byrd", "Émile Zola"].index)


def test_a_paid_row_has_every_column(desk: Api) -> None:
    (row,) = rows(desk, "/v1/payments", status="paid", amount_to=1001, sort="amount")
    invoice = desk.get(f"/v1/invoices/{row['invoice_id']}").json
    assert row == {
        "status": "paid",
        "at": invoice["paid_at"],
        "amount": 1001,
        "currency": "USD",
        "due_on": "2026-01-10",
        "customer_id": invoice["customer_id"],
        "customer_name": "Émile Zola",
        "subscription_id": None,
        "invoice_id": invoice["id"],
        "invoice_number": invoice["number"],
        "purpose": "invoice",
        "payment_id": invoice["payments"][0]["id"],
        "method": {"kind": "card", "brand": "visa", "last4": "4242", "reference": ""},
        "decline": None,
        "processor_reference": invoice["payments"][0]["charge_id"],
        "fact_key": f"succeeded/{invoice['payments'][0]['stripe_payment_intent_id']}",
    }


def test_a_refused_row_says_why_to_those_who_act_on_it(desk: Api) -> None:
    (row, *_) = rows(desk, "/v1/payments", status="failed")
    assert row["decline"]["decline_class"]
    assert row["decline"]["code"] == "card_declined"
    desk.user = "user_viewer"
    (row, *_) = rows(desk, "/v1/payments", status="failed")
    assert row["decline"]["code"] is None


def test_payments_of_one_customer(desk: Api) -> None:
    paid = rows(desk, "/v1/payments", status="paid")
    customer_id = paid[0]["customer_id"]
    mine = rows(desk, "/v1/payments", customer_id=customer_id)
    assert mine == paid
    assert rows(desk, "/v1/payments", customer_id=customer_id, sort="amount") == paid


@pytest.mark.parametrize(
    ("path", "query"),
    [
        ("invoices", "status=late"),
        ("invoices", "status=paid,"),
        ("invoices", "sort=size"),
        ("invoices", "sort=paid_at"),
        ("invoices", "due_from=soon"),
        ("payments", "status=pending;paid"),
        ("payments", "sort=created_at"),
        ("payments", "amount_to=-1"),
        ("search", ""),
        ("search", "q="),
        ("search", "q=a&limit=51"),
    ],
)
def test_a_wish_that_is_none_is_refused(api: Api, path: str, query: str) -> None:
    answer = api.get(f"/v1/{path}?{query}")
    assert (answer.status, answer.code) == (400, "query_invalid")


def test_a_day_beyond_the_calendar_is_refused(api: Api) -> None:
    answer = api.get("/v1/payments?paid_to=9999-12-31")
    assert (answer.status, answer.code) == (400, "date_invalid")


def test_a_cursor_belongs_to_its_filters(desk: Api) -> None:
    cursor = desk.get("/v1/invoices?sort=amount&limit=1").json["next_cursor"]
    answer = desk.get(f"/v1/invoices?sort=amount&status=paid&cursor={cursor}")
    assert answer.code == "cursor_invalid"


def test_a_billing_groups_own(desk: Api) -> None:
    install = desk.install
    group = Group(
        id="grp_1",
        business_id="biz_1",
        name="Acme Corp",
        contact="Ann Lee",
        email="ap@acme.example",
        terms=Terms.NET_14,
        payer_id="cus_payer",
    )
    create_group(install.ports, group, actor=SYSTEM)
    payer = install.store.customer("biz_1", "cus_payer")
    install.invoice(payer, 7001, due_on=date(2026, 1, 15))
    install.settle()
    for sort in ("due_on", "amount", "customer_name", "status"):
        assert totals(desk, group_id="grp_1", sort=sort) == [7001]
    assert totals(desk, group_id="grp_1") == [7001]
    assert totals(desk, group_id="grp_1", customer_id="cus_000001") == []
    assert payments(desk, group_id="grp_1", sort="due_on") == [("pending", 7001)]
    answer = desk.get("/v1/payments?group_id=grp_2")
    assert (answer.status, answer.code) == (404, "group_not_found")
    words = desk.get("/v1/customers/cus_payer/timeline").json["data"]
    assert {one["subject"] for one in words} == {"group", "customer", "invoice"}


def test_a_demand_is_no_invoice_but_a_payment_that_is_awaited(desk: Api) -> None:
    before = totals(desk, sort="due_on", status="pending,overdue")
    (ada,) = [one for one in desk.get("/v1/customers").json["data"] if one["name"] == NAMES[2]]
    install = desk.install
    invoice = install.invoice(install.store.customer("biz_1", ada["id"]), 4001)
    head = replace(invoice, purpose=Purpose.ON_ACCOUNT)
    install.store.heads["biz_1", Subject.INVOICE, invoice.id] = head
    install.store._list(("biz_1", Subject.INVOICE, invoice.id), head)
    assert totals(desk, sort="due_on", status="pending,overdue") == before
    assert 4001 not in totals(desk)
    assert 4001 not in totals(desk, customer_id=ada["id"])
    awaited = rows(desk, "/v1/payments", status="pending", sort="amount")
    assert [one["purpose"] for one in awaited if one["amount"] == 4001] == ["on_account"]
