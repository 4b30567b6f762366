"""Promises, holds, snoozes, notes and the call list, as a client calls them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Api
from tests.fakes.install import VISA


@pytest.fixture
def invoice_id(api: Api) -> str:
    """An invoice whose card declines."""
    install = api.install
    customer = install.customer(account_manager_email="ada@desk.example", phone="+12075550177")
    install.stripe.script_card(VISA, ["insufficient_funds"] * 9)
    invoice = install.invoice(customer)
    install.settle()
    return invoice.id


def test_a_promise_holds_and_is_shown(api: Api, invoice_id: str) -> None:
    path = f"/v1/invoices/{invoice_id}/promises"
    body = {"promised_on": "2026-01-05", "by": "Ada Byron", "amount": 4000, "told_by": "mail"}
    made = api.post(path, body, key="once")
    assert made.status == 201
    (promise,) = made.json["promises"]
    told = {name: promise[name] for name in ("amount", "promised_on", "by", "told_by", "kept")}
    assert told == {
        "amount": 4000, "promised_on": "2026-01-05", "by": "Ada Byron", "told_by": "mail",
        "kept": None,
    }  # fmt: skip
    assert made.json["hold"]["kind"] == "promise"
    assert api.post(path, body, key="once").json == made.json
    assert api.post(path, body).code == "hold_promise"
    lifted = api.post(f"/v1/invoices/{invoice_id}/hold/lift", {"reason": "Taken back."}).json
    assert (lifted["hold"], lifted["promises"][0]["kept"]) == (None, False)


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"promised_on": "2025-12-31", "by": "Ada"}, "promise_date_invalid"),
        ({"promised_on": "2026-12-31", "by": "Ada"}, "promise_date_invalid"),
        ({"promised_on": "1871-01-01", "by": "Ada"}, "date_invalid"),
        ({"promised_on": "2026-01-05", "by": "Ada", "amount": 9000}, "promise_amount_invalid"),
        ({"promised_on": "2026-01-05", "by": "Ada", "amount": 0}, "body_invalid"),
        ({"promised_on": "2026-01-05"}, "body_invalid"),
        ({"promised_on": "soon", "by": "Ada"}, "body_invalid"),
    ],
)
def test_bad_promises_are_refused(
    api: Api, invoice_id: str, body: dict[str, Any], code: str
) -> None:
    assert api.post(f"/v1/invoices/{invoice_id}/promises", body).code == code


def test_a_hold_is_placed_once_and_lifted_once(api: Api, invoice_id: str) -> None:
    path = f"/v1/invoices/{invoice_id}/hold"
    held = api.post(path, {"reason": "Ask first.", "until_on": "2026-01-09"}).json
    assert held["hold"] == {
        "kind": "staff", "reason": "Ask first.", "until": "2026-01-09T14:00:00Z",
    }  # fmt: skip
    assert held["next_action"]["kind"] == "staff"
    assert api.post(path, {"reason": "Another."}).code == "hold_staff"
    lifted = api.post(f"{path}/lift", {"reason": "Asked."}, key="lift")
    assert lifted.json["hold"] is None
    assert api.post(f"{path}/lift", {"reason": "Asked."}, key="lift").json == lifted.json
    assert api.post(f"{path}/lift", {"reason": "Asked."}).code == "no_hold"


def test_a_snooze_is_set_and_ended(api: Api, invoice_id: str) -> None:
    path = f"/v1/invoices/{invoice_id}/snooze"
    assert api.post(path, {"until_on": "2026-01-20"}).json["snoozed_until"] == "2026-01-20"
    assert api.post(path, {"until_on": None}).json["snoozed_until"] is None
    assert api.post(path, {"until_on": "2026-01-01"}).code == "snooze_date_invalid"


@pytest.mark.parametrize("noun", ["invoices", "customers"])
def test_notes_are_kept_with_who_wrote_them(api: Api, invoice_id: str, noun: str) -> None:
    customer_id = api.get(f"/v1/invoices/{invoice_id}").json["customer_id"]
    path = f"/v1/{noun}/{invoice_id if noun == 'invoices' else customer_id}/notes"
    first = api.post(path, {"text": "Call after four."}, key="first")
    assert first.status == 201
    assert first.json["written_by"] == {"kind": "staff", "id": "user_admin"}
    assert api.post(path, {"text": "Call after four."}, key="first").json == first.json
    second = api.post(path, {"text": "Moved to Portland."}).json
    assert api.get(path).json["data"] == [second, first.json]
    assert api.post(path, {"text": ""}).code == "body_invalid"


def test_the_call_list_says_whom_to_call_and_why(api: Api, invoice_id: str) -> None:
    assert api.get("/v1/call-list").json == {"data": [], "complete": True}
    api.install.advance(days=9)
    listed = api.get("/v1/call-list?account_manager=ada@desk.example").json
    (row,) = listed["data"]
    assert (row["customer_name"], row["amount"], row["age_days"]) == ("Ada Byron", 8900, 9)
    assert row["chance_percent"] == 50 + sum(reason["points"] for reason in row["reasons"])
    assert row["why"] == (
        "Owes on one invoice, the oldest for 9 days; chance 55 in 100. "
        "The account had not enough on it; that passes."
    )
    assert [one["invoice_id"] for one in row["invoices"]] == [invoice_id]
    assert api.get("/v1/call-list?account_manager=bob@desk.example").json["data"] == []
    assert api.get("/v1/call-list?limit=0").code == "query_invalid"
