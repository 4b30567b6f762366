"""The search: by what somebody has at hand, and what it says it matched."""

from __future__ import annotations

from datetime import date
from urllib.parse import quote

import pytest

from tests.api.client import Api


@pytest.fixture
def desk(api: Api) -> Api:
    install = api.install
    customer = install.customer(name="Émile Zola-Byron", email="zola@example.com", id="cus_emile")
    install.customer(name="Byrd & Sons", card=None, email="byrd@example.com", external_ref="CRM-9")
    install.invoice(customer, po_number="PO 1815/7", external_ref="job-77")
    install.subscription(customer, start_on=date(2026, 2, 1), external_ref="sku-5")
    install.settle()
    return api


def found(api: Api, text: str) -> list[tuple[str, str]]:
    answer = api.get(f"/v1/search?q={quote(text)}").json
    assert answer["more"] is False
    return [(one["kind"], one["matched"]) for one in answer["data"]]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("emile", [("customer", "customer_name")]),
        ("ÉMIL", [("customer", "customer_name")]),
        ("byron", [("customer", "customer_name")]),
        ("byr", [("customer", "customer_name"), ("customer", "customer_name")]),
        ("zola byr", [("customer", "customer_name")]),
        ("zola byrd", []),
        ("byrd & sons", [("customer", "customer_name")]),
        ("byrd@", [("customer", "email")]),
        ("crm-9", [("customer", "reference")]),
        ("job-7", [("invoice", "reference")]),
        ("PO 1815", [("invoice", "po_number")]),
        ("sku-5", [("subscription", "reference")]),
        ("cus_emile", [("customer", "id")]),
        ("cus_nobody", []),
        ("sub_#", []),
        ("  ", []),
        ("$%&", []),
    ],
)
def test_what_is_found(desk: Api, text: str, expected: list[tuple[str, str]]) -> None:
    assert found(desk, text) == expected


def test_numbers_ids_and_stripes_own(desk: Api) -> None:
    (invoice,) = desk.get("/v1/invoices").json["data"]
    (payment,) = invoice["payments"]
    for text, matched in {
        invoice["number"]: "invoice_number",
        invoice["number"][:-2].lower(): "invoice_number",
        invoice["id"]: "id",
        payment["id"]: "id",
        payment["stripe_payment_intent_id"]: "processor_reference",
        payment["charge_id"]: "processor_reference",  # the receipt's transaction id
    }.items():
        assert found(desk, text) == [("invoice", matched)]
    (hit,) = desk.get(f"/v1/search?q={invoice['number']}").json["data"]
    assert hit == {
        "kind": "invoice",
        "id": invoice["id"],
        "matched": "invoice_number",
        "label": invoice["number"],
        "customer_id": "cus_emile",
        "customer_name": "Émile Zola-Byron",
        "status": "paid",
        "amount": 8900,
        "currency": "USD",
    }


def test_what_went_back_is_found_by_its_own_number(desk: Api) -> None:
    (invoice,) = desk.get("/v1/invoices").json["data"]
    wish = {"payment_id": invoice["payments"][0]["id"], "amount": 100, "reason": "Late."}
    desk.post(f"/v1/invoices/{invoice['id']}/refunds", wish)
    desk.install.settle()
    (refund,) = desk.get(f"/v1/invoices/{invoice['id']}/refunds").json["data"]
    assert found(desk, refund["stripe_refund_id"]) == [("invoice", "processor_reference")]
    path = f"/v1/invoices/{invoice['id']}/credit-notes"
    note = desk.post(path, {"reason": "An hour too many.", "amount": 200}).json
    assert found(desk, note["number"].lower()) == [("invoice", "credit_note_number")]


def test_a_failed_payment_is_found_by_its_intent(desk: Api) -> None:
    poor = desk.install.customer(card="4000000000000341", id="cus_poor")
    desk.install.invoice(poor)
    desk.install.settle()
    (invoice,) = desk.get("/v1/invoices?customer_id=cus_poor").json["data"]
    name = invoice["payments"][0]["stripe_payment_intent_id"]
    assert found(desk, name) == [("invoice", "processor_reference")]


def test_a_former_name_finds_nothing(desk: Api) -> None:
    desk.patch("/v1/customers/cus_emile", {"name": "Ada King", "email": "king@example.com"})
    assert found(desk, "emile") == []
    assert found(desk, "zola@example") == []
    assert found(desk, "king") == [("customer", "customer_name")]


def test_more_than_are_shown(desk: Api) -> None:
    answer = desk.get("/v1/search?q=byr&limit=1").json
    assert (len(answer["data"]), answer["more"]) == (1, True)
