"""Invoices over the wire: from draft to money, with what happens next and why."""

from __future__ import annotations

from datetime import date, timedelta

import pytest

from chalicelib.api.advice import advice
from chalicelib.domain.customer import Customer
from tests.api.client import Answer, Api

FUNDS = "4000000000000341"  # saves well, then declines


@pytest.fixture
def customer(api: Api) -> Customer:
    return api.install.customer()


def new(customer: Customer, **more: object) -> dict[str, object]:
    line = {"description": "Consulting", "quantity": "7.5", "unit_amount": 12000}
    return {"customer_id": customer.id, "lines": [line], **more}


def test_a_draft_owes_nothing_and_a_final_invoice_has_its_number(
    api: Api, customer: Customer
) -> None:
    draft = api.post("/v1/invoices", new(customer))
    assert draft.status == 201
    assert (draft.json["status"], draft.json["number"]) == ("draft", None)
    final = api.post(f"/v1/invoices/{draft.json['id']}/finalize").json
    assert (final["status"], final["number"]) == ("pending", "INV-00001")
    assert (final["amount_due"], final["amount_remaining"]) == (90000, 90000)
    assert final["next_action"]["kind"] == "charge"
    again = api.post(f"/v1/invoices/{draft.json['id']}/finalize")
    assert (again.status, again.code) == (409, "invoice_not_draft")


def test_an_invoice_is_made_and_sent_in_one_call(api: Api, customer: Customer) -> None:
    made = api.post("/v1/invoices", new(customer, finalize=True, due_on="2026-02-01")).json
    assert (made["number"], made["due_on"]) == ("INV-00001", "2026-02-01")
    api.install.settle()
    (mail,) = api.install.mail.sent
    assert mail.recipient == "ada@example.com"


def test_lines_taxes_and_totals_are_shown(api: Api, customer: Customer) -> None:
    lines = [
        {"description": "Seats", "quantity": 3, "unit_amount": 3333, "tax_percent": "8.25"},
        {"description": "Setup", "unit_amount": 5000, "discount": 500},
    ]
    made = api.post("/v1/invoices", {"customer_id": customer.id, "lines": lines}).json
    assert [line["amount"] for line in made["lines"]] == [9999, 4500]
    assert made["totals"] == {
        "subtotal": 14499,
        "discount": 500,
        "taxes": [
            {"percent": "8.25", "base": 9999, "tax": 825},
            {"percent": "0", "base": 4500, "tax": 0},
        ],
        "tax": 825,
        "total": 15324,
    }


@pytest.mark.parametrize(
    ("line", "code", "pointer"),
    [
        ({"unit_amount": "1"}, "body_invalid", "/lines/0/unit_amount"),
        ({"unit_amount": -1}, "body_invalid", "/lines/0/unit_amount"),
        ({"unit_amount": 1.5}, "body_invalid", "/lines/0/unit_amount"),
        ({"unit_amount": True}, "body_invalid", "/lines/0/unit_amount"),
        ({"quantity": "NaN"}, "body_invalid", "/lines/0/quantity"),
        ({"quantity": "-1"}, "body_invalid", "/lines/0/quantity"),
        ({"quantity": "1e9"}, "body_invalid", "/lines/0/quantity"),
        ({"tax_percent": "101"}, "body_invalid", "/lines/0/tax_percent"),
        ({"colour": "red"}, "body_invalid", "/lines/0/colour"),
        ({"description": "tab\there"}, "body_invalid", "/lines/0/description"),
        ({"quantity": "0"}, "line_invalid", None),
        ({"discount": 101}, "line_invalid", None),
        ({"unit_amount": 99_999_999_999, "quantity": 9_999_999}, "amount_too_large", None),
    ],
)
def test_a_line_that_cannot_be_billed_is_refused(
    api: Api, customer: Customer, line: dict[str, object], code: str, pointer: str | None
) -> None:
    good = {"description": "Seat", "unit_amount": 100}
    refused = api.post("/v1/invoices", {"customer_id": customer.id, "lines": [good | line]})
    assert (refused.status, refused.code) == (422, code)
    pointers = [error["pointer"] for error in refused.json.get("errors", [])]
    assert pointers == ([pointer] if pointer else [])
    assert api.get("/v1/invoices").json["data"] == []


def test_a_charge_is_asked_for_here_and_made_by_a_worker(api: Api, customer: Customer) -> None:
    made = api.post("/v1/invoices", new(customer, finalize=True, due_on="2026-02-01")).json
    path = f"/v1/invoices/{made['id']}"
    assert api.get(f"{path}/chargeability").json == {"chargeable": True, "reasons": []}
    intents = api.install.stripe.calls
    asked = api.post(f"{path}/charge")
    assert (asked.status, asked.json["status"]) == (202, "pending")
    assert api.install.stripe.calls == intents, "no payment inside a request"
    api.install.settle()
    paid = api.get(path).json
    assert (paid["status"], paid["amount_paid"], paid["attempt_count"]) == ("paid", 90000, 1)
    assert paid["attempts"][0]["trigger"] == "staff"
    (payment,) = api.get(f"{path}/payments").json["data"]
    assert payment == api.get(f"{path}/payments/{payment['id']}").json
    assert (payment["status"], payment["fee"]) == ("paid", 2640)


def test_why_it_cannot_be_charged_is_said_in_full(api: Api) -> None:
    without_card = api.install.customer(card=None)
    invoice = api.install.invoice(without_card)
    path = f"/v1/invoices/{invoice.id}"
    said = api.get(f"{path}/chargeability").json
    assert said["chargeable"] is False
    assert said["reasons"] == [
        {
            "code": "no_payment_method",
            "reason": "No payment method is saved.",
            "what_to_do": advice("no_payment_method"),
        }
    ]
    refused = api.post(f"{path}/charge")
    assert (refused.status, refused.code) == (409, "no_payment_method")
    assert refused.json["detail"] == "No payment method is saved."


def test_failed_tries_are_shown_with_their_reasons(api: Api) -> None:
    customer = api.install.customer(card=FUNDS)
    api.install.settle()
    invoice = api.install.invoice(customer)
    api.install.advance(hours=25)
    shown = api.get(f"/v1/invoices/{invoice.id}").json
    assert [one["result"] for one in shown["attempts"]] == ["failed"] * 3
    assert [one["slot"] for one in shown["attempts"]] == [None, 0, 1]
    assert {one["decline"]["decline_class"] for one in shown["attempts"]} == {"opaque"}
    assert shown["next_action"]["reason"]


def test_cancelling_withdraws_an_unpaid_invoice_once(api: Api, customer: Customer) -> None:
    invoice = api.install.invoice(customer, due_on=_in_days(api, 30))
    path = f"/v1/invoices/{invoice.id}/cancel"
    assert api.post(path, {"reason": "Wrong customer."}).json["status"] == "cancelled"
    assert api.post(path, {"reason": "Again."}).json["status"] == "cancelled"
    assert api.install.kinds(invoice).count("cancelled") == 1


def test_money_that_came_is_not_cancelled_away(api: Api, customer: Customer) -> None:
    invoice = api.install.invoice(customer)
    api.install.settle()
    refused = api.post(f"/v1/invoices/{invoice.id}/cancel", {"reason": "Oops."})
    assert (refused.status, refused.code) == (409, "invoice_partly_paid")


def test_the_pdf_is_an_address_for_a_minute(api: Api, customer: Customer) -> None:
    invoice = api.install.invoice(customer)
    early = api.get(f"/v1/invoices/{invoice.id}/pdf")
    assert (early.status, early.code) == (404, "document_not_ready")
    api.install.settle()
    link = api.get(f"/v1/invoices/{invoice.id}/pdf")
    assert (link.status, link.json["expires_in_seconds"]) == (303, 60)
    assert link.headers["Location"] == link.json["url"]
    assert "seconds=60" in link.json["url"]


def test_lists_are_newest_first_and_a_customers_by_due_date(api: Api, customer: Customer) -> None:
    other = api.install.customer(name="Someone else")
    made = [api.install.invoice(customer, due_on=_in_days(api, 30 - n)).id for n in range(3)]
    api.install.clock.advance(minutes=1)
    last = api.install.invoice(other, due_on=_in_days(api, 1)).id
    newest = api.get("/v1/invoices").json["data"]
    assert newest[0]["id"] == last
    theirs = api.get(f"/v1/invoices?customer_id={customer.id}&open_only=true").json["data"]
    assert [one["id"] for one in theirs] == made[::-1]


@pytest.mark.parametrize(
    ("query", "code", "pointer"),
    [
        ("limit=0", "query_invalid", "limit"),
        ("limit=101", "query_invalid", "limit"),
        ("limit=ten", "query_invalid", "limit"),
        ("limits=10", "query_invalid", "limits"),
        ("open_only=perhaps", "query_invalid", "open_only"),
        ("customer_id=%23", "query_invalid", "customer_id"),
    ],
)
def test_a_query_that_means_nothing_is_refused(
    api: Api, query: str, code: str, pointer: str | None
) -> None:
    refused = api.get(f"/v1/invoices?{query}")
    assert (refused.status, refused.code) == (400, code)
    pointers = [error["pointer"] for error in refused.json.get("errors", [])]
    assert pointers == ([pointer] if pointer else [])


def test_a_cursor_of_another_list_is_refused(api: Api, customer: Customer) -> None:
    for _ in range(2):
        api.install.invoice(customer)
    cursor = api.get("/v1/invoices?limit=1").json["next_cursor"]
    for path in ("/v1/customers", f"/v1/invoices?customer_id={customer.id}"):
        joint = "&" if "?" in path else "?"
        refused = api.get(f"{path}{joint}cursor={cursor}")
        assert (refused.status, refused.code) == (400, "cursor_invalid")


def test_the_audit_trail_says_who_and_why_and_is_whole(api: Api, customer: Customer) -> None:
    made = api.post("/v1/invoices", new(customer, finalize=True)).json
    api.install.settle()
    trail: Answer = api.get(f"/v1/invoices/{made['id']}/facts")
    assert trail.json["chain_is_whole"]
    assert trail.json["head_follows"]
    facts = trail.json["data"]
    assert [fact["kind"] for fact in facts] == [
        "created", "finalized", "payment_opened", "attempt_started", "charge_succeeded",
    ]  # fmt: skip
    assert facts[0]["actor"] == {"kind": "staff", "id": "user_admin"}
    assert facts[-1]["actor"] == {"kind": "stripe", "id": ""}
    assert all(sum(leg["amount"] for leg in fact["legs"]) == 0 for fact in facts)


def test_a_changed_fact_is_found_out(api: Api, customer: Customer) -> None:
    invoice = api.install.invoice(customer)
    row = next(row for row in api.install.store.fact_rows() if row.fact.kind == "finalized")
    object.__setattr__(row.fact, "why", "Something else.")
    trail = api.get(f"/v1/invoices/{invoice.id}/facts").json
    assert trail["chain_is_whole"] is False


def test_the_trial_balance_is_zero_in_every_page(api: Api, customer: Customer) -> None:
    for amount in (8900, 12000, 100):
        api.install.invoice(customer, amount)
    api.install.settle()
    balances: dict[str, int] = {}
    cursor, pages = "", 0
    while True:
        page = api.get(f"/v1/ledger/trial-balance?limit=2{cursor}").json
        assert page["balanced"]
        pages += 1
        for one in page["data"]:
            balances[one["account"]] = balances.get(one["account"], 0) + one["balance"]
        if page["next_cursor"] is None:
            break
        cursor = f"&cursor={page['next_cursor']}"
    assert pages == 2
    assert balances["revenue"] == -21000
    assert balances["receivable"] == 0
    assert sum(balances.values()) == 0


def _in_days(api: Api, days: int) -> date:
    return api.install.clock.now().date() + timedelta(days=days)
