"""Billing groups through the API: made, joined, billed on one invoice."""

from __future__ import annotations

from typing import Any

import pytest

from tests.api.client import Answer, Api

ACME = {"name": "Acme Corp", "contact": "Ann Lee", "email": "ap@acme.example", "terms": "net_30"}


def made(api: Api, **changes: Any) -> Answer:
    return api.post("/v1/groups", ACME | changes)


def member(api: Api, name: str, **days: str) -> tuple[str, str]:
    """A customer with a subscription who has joined the first group; their ids."""
    customer = api.install.customer(name=name, card=None)
    subscription = api.install.subscription(customer)
    (group, *_) = api.get("/v1/groups").json["data"]
    body = {"customer_id": customer.id, **days}
    assert api.post(f"/v1/groups/{group['id']}/members", body).status == 200
    return customer.id, subscription.id


def test_a_group_is_created_read_changed_and_listed(api: Api) -> None:
    group = made(api)
    assert (group.status, group.json["members"]) == (201, [])
    payer = api.get(f"/v1/customers/{group.json['payer_id']}").json
    assert (payer["name"], payer["effective_terms"]) == ("Acme Corp", "net_30")
    changed = api.patch(f"/v1/groups/{group.json['id']}", {"terms": "net_7", "contact": "Bob"})
    assert (changed.json["terms"], changed.json["contact"]) == ("net_7", "Bob")
    assert api.get(f"/v1/groups/{group.json['id']}").json == changed.json
    made(api, name="Aardvark")
    assert [one["name"] for one in api.get("/v1/groups").json["data"]] == ["Aardvark", "Acme Corp"]
    first = api.get("/v1/groups?limit=1").json
    rest = api.get(f"/v1/groups?cursor={first['next_cursor']}").json
    assert [one["name"] for one in first["data"] + rest["data"]] == ["Aardvark", "Acme Corp"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"terms": "due_on_receipt"}, "body_invalid"),
        ({"email": "nobody"}, "email_invalid"),
        ({"name": " "}, "name_missing"),
    ],
)
def test_a_group_that_cannot_be_is_refused(api: Api, change: dict[str, str], code: str) -> None:
    refused = made(api, **change)
    assert (refused.status, refused.code) == (422, code)
    assert api.get("/v1/groups").json["data"] == []


def test_members_join_and_leave_and_are_listed_by_name(api: Api) -> None:
    group = made(api).json["id"]
    ada, _ = member(api, "Ada Byron", from_on="2026-01-10", until_on="2026-03-01")
    bob, _ = member(api, "Bob Ray")
    again = api.post(f"/v1/groups/{group}/members", {"customer_id": bob})
    assert (again.status, again.code) == (409, "already_member")
    left = api.post(f"/v1/groups/{group}/members/{bob}/remove", {"until_on": "2026-02-01"})
    assert [(one["customer_id"], one["until_on"]) for one in left.json["members"]] == [
        (ada, "2026-03-01"), (bob, "2026-02-01"),
    ]  # fmt: skip
    refused = api.post(f"/v1/groups/{group}/members/{bob}/remove", {"until_on": "2026-02-05"})
    assert (refused.status, refused.code) == (409, "not_a_member")
    page = api.get(f"/v1/groups/{group}/members?limit=1").json
    rest = api.get(f"/v1/groups/{group}/members?cursor={page['next_cursor']}").json
    named = [(one["name"], one["from_on"]) for one in page["data"] + rest["data"]]
    assert named == [("Ada Byron", "2026-01-10"), ("Bob Ray", "2026-01-01")]
    assert rest["next_cursor"] is None


def test_a_customer_is_in_one_group_at_a_time(api: Api) -> None:
    made(api)
    ada, _ = member(api, "Ada Byron")
    other = made(api, name="Zebra").json["id"]
    refused = api.post(f"/v1/groups/{other}/members", {"customer_id": ada})
    assert (refused.status, refused.code) == (409, "member_of_another")
    assert "Acme Corp" in refused.json["detail"]


def test_billing_a_group_does_what_its_preview_said(api: Api) -> None:
    group = made(api).json["id"]
    (_, first), (_, second) = member(api, "Ada Byron"), member(api, "Bob Ray")
    body = {"last_on": "2026-01-01"}
    told = api.post(f"/v1/groups/{group}/invoices/preview", body).json
    assert (told["total"], told["currency"], told["left_out"]) == (17800, "USD", [])
    billed = api.post(f"/v1/groups/{group}/invoices", body, key="bill")
    (invoice,) = billed.json["data"]
    assert billed.status == 201
    assert invoice["lines"] == told["invoices"][0]["lines"]
    assert [(one["customer_name"], one["subscription_id"]) for one in invoice["lines"]] == [
        ("Ada Byron", first), ("Bob Ray", second),
    ]  # fmt: skip
    assert (invoice["group_id"], invoice["due_on"]) == (group, "2026-01-31")
    assert api.post(f"/v1/groups/{group}/invoices", body, key="bill").json == billed.json
    assert api.post(f"/v1/groups/{group}/invoices", body).json == {"data": []}
    api.install.settle()
    assert [one.recipient for one in api.install.mail.sent] == ["ap@acme.example"]
    listed = api.get(f"/v1/groups/{group}/invoices").json["data"]
    assert [one["id"] for one in listed] == [invoice["id"]]
    schedule = api.get(f"/v1/subscriptions/{second}/schedule").json
    assert schedule["charges"][0]["invoice_id"] == invoice["id"]
    later = api.post(f"/v1/groups/{group}/invoices/preview", body).json
    assert [one["reason"] for one in later["left_out"]] == [
        "Its next period begins on 2026-02-01."
    ] * 2


def test_too_far_ahead_is_refused(api: Api) -> None:
    group = made(api).json["id"]
    refused = api.post(f"/v1/groups/{group}/invoices", {"last_on": "2028-01-01"})
    assert (refused.status, refused.code) == (422, "billed_too_far_ahead")


def test_a_group_has_a_billing_day_of_its_own(api: Api) -> None:
    group = made(api, billing_day=31).json
    assert (group["billing_day"], group["next_bill_at"]) == (31, "2026-01-31T11:00:00Z")
    path = f"/v1/groups/{group['id']}"
    changed = api.patch(path, {"billing_day": 15}).json
    assert (changed["billing_day"], changed["next_bill_at"]) == (15, "2026-01-15T11:00:00Z")
    member(api, "Ada Byron")
    member(api, "Bob Ray")
    api.install.advance(days=15)
    (invoice,) = api.get(f"{path}/invoices").json["data"]
    assert [line["customer_name"] for line in invoice["lines"]] == ["Ada Byron", "Bob Ray"]
    assert (invoice["issued_on"], invoice["due_on"]) == ("2026-01-15", "2026-02-14")
    assert api.get(path).json["next_bill_at"] == "2026-02-15T11:00:00Z"
    without = api.patch(path, {"billing_day": None}).json
    assert (without["billing_day"], without["next_bill_at"]) == (None, None)


@pytest.mark.parametrize("day", [0, 32, "15"])
def test_a_billing_day_that_no_month_has_is_refused(api: Api, day: object) -> None:
    refused = made(api, billing_day=day)
    assert (refused.status, refused.code) == (422, "body_invalid")


def test_several_periods_are_lines_of_one_invoice_with_their_members_names(api: Api) -> None:
    group = made(api).json["id"]
    member(api, "Ada Byron")
    member(api, "Bob Ray")
    body = {"last_on": "2026-03-31"}
    (told,) = api.post(f"/v1/groups/{group}/invoices/preview", body).json["invoices"]
    (invoice,) = api.post(f"/v1/groups/{group}/invoices", body).json["data"]
    assert invoice["lines"] == told["lines"]
    assert [(one["customer_name"], one["start_on"]) for one in invoice["lines"]] == [
        (name, f"2026-0{month}-01") for name in ("Ada Byron", "Bob Ray") for month in (1, 2, 3)
    ]
    assert api.post(f"/v1/groups/{group}/invoices", body).json == {"data": []}
    (more,) = api.post(f"/v1/groups/{group}/invoices", {"last_on": "2026-04-30"}).json["data"]
    assert len(more["lines"]) == 2
