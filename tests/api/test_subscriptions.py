"""Subscriptions over the wire: foretold, billed, paused, resumed, cancelled."""

from __future__ import annotations

from datetime import timedelta

import pytest

from chalicelib.domain.customer import Customer
from tests.api.client import Api

YEAR = {
    "product": "Platform",
    "unit_amount": 8900,
    "start_on": "2026-01-01",
    "contract_end_on": "2026-12-31",
}


@pytest.fixture
def customer(api: Api) -> Customer:
    return api.install.customer()


def test_twelve_months_at_89_are_foretold_before_anything_exists(
    api: Api, customer: Customer
) -> None:
    shown = api.post("/v1/subscriptions/preview", {**YEAR, "customer_id": customer.id}).json
    days = [charge["start_on"] for charge in shown["charges"]]
    assert (len(days), days[0], days[-1]) == (12, "2026-01-01", "2026-12-01")
    assert {charge["amount"] for charge in shown["charges"]} == {8900}
    assert (shown["total"], shown["is_whole"]) == (106800, True)
    assert {charge["status"] for charge in shown["charges"]} == {"scheduled"}
    assert api.get("/v1/subscriptions").json["data"] == []


def test_what_was_foretold_is_what_is_billed(api: Api, customer: Customer) -> None:
    made = api.post("/v1/subscriptions", {**YEAR, "customer_id": customer.id})
    assert (made.status, made.json["status"]) == (201, "active")
    path = f"/v1/subscriptions/{made.json['id']}"
    before = api.get(f"{path}/schedule").json
    api.install.advance(days=32)
    after = api.get(f"{path}/schedule").json
    assert [one["status"] for one in after["charges"]] == ["billed"] * 2 + ["scheduled"] * 10
    assert after["total"] == before["total"]
    billed = api.get(f"/v1/invoices/{after['charges'][0]['invoice_id']}").json
    assert (billed["subscription_id"], billed["amount_due"]) == (made.json["id"], 8900)
    assert billed["lines"][0]["last_on"] == "2026-01-31"


def test_an_open_contract_shows_as_much_as_is_asked_for(api: Api, customer: Customer) -> None:
    body = {"product": "Hosting", "unit_amount": 500, "start_on": "2026-01-31"}
    made = api.post("/v1/subscriptions", {**body, "customer_id": customer.id}).json
    shown = api.get(f"/v1/subscriptions/{made['id']}/schedule?limit=3").json
    days = [charge["start_on"] for charge in shown["charges"]]
    assert days == ["2026-01-31", "2026-02-28", "2026-03-31"]
    assert shown["is_whole"] is False


def test_a_trial_a_discount_and_a_tax_are_counted(api: Api, customer: Customer) -> None:
    terms = {"trial_days": 14, "discount_percent": "10", "tax_percent": "8.25", "quantity": 2}
    shown = api.post(
        "/v1/subscriptions/preview", {**YEAR, **terms, "customer_id": customer.id}
    ).json
    first = shown["charges"][0]
    assert (first["start_on"], first["amount"]) == ("2026-01-15", 17342)


def test_pause_resume_cancel(api: Api, customer: Customer) -> None:
    made = api.post("/v1/subscriptions", {**YEAR, "customer_id": customer.id}).json
    path = f"/v1/subscriptions/{made['id']}"
    assert api.post(f"{path}/resume", {"reason": "x"}).code == "subscription_not_paused"
    paused = api.post(f"{path}/pause", {"reason": "Away."}).json
    assert (paused["status"], paused["pauses"][0]["reason"]) == ("paused", "Away.")
    assert api.post(f"{path}/pause", {"reason": "x"}).code == "subscription_not_active"
    waiting = api.get(f"{path}/schedule").json["charges"]
    assert {charge["status"] for charge in waiting} == {"on_hold"}
    api.install.clock.advance(days=10)
    resumed = api.post(f"{path}/resume", {"reason": "Back."}).json
    assert (resumed["status"], resumed["contract_end_on"]) == ("active", "2027-01-10")
    unasked = api.post(f"{path}/cancel", {"reason": "Bye."})
    assert [error["pointer"] for error in unasked.json["errors"]] == ["/collect_open_debt"]
    cancelled = api.post(f"{path}/cancel", {"reason": "Bye.", "collect_open_debt": True}).json
    assert cancelled["status"] == "cancelled"
    assert api.get(f"{path}/schedule").json["charges"] == []
    over = api.post(f"{path}/cancel", {"reason": "Bye.", "collect_open_debt": True})
    assert over.code == "subscription_over"


@pytest.mark.parametrize("collect", [True, False])
def test_open_debt_is_collected_or_dropped_as_said(api: Api, *, collect: bool) -> None:
    customer = api.install.customer(card=None)
    subscription = api.install.subscription(customer)
    api.install.advance(hours=2)
    (invoice,) = api.install.store.invoices("biz_1").items
    body = {"reason": "Bye.", "collect_open_debt": collect}
    api.post(f"/v1/subscriptions/{subscription.id}/cancel", body)
    api.install.settle()
    status = api.get(f"/v1/invoices/{invoice.id}").json["status"]
    assert status == ("pending" if collect else "cancelled")


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"contract_end_on": "2025-12-31"}, "contract_invalid"),
        ({"start_on": "1999-12-31"}, "date_invalid"),
        ({"start_on": "9999-12-31"}, "date_invalid"),
        ({"contract_end_on": "9999-12-31"}, "date_invalid"),
        ({"start_on": "2026-02-30"}, "body_invalid"),
        ({"start_on": "2026-01-01T00:00:00Z"}, "body_invalid"),
        ({"interval": "daily"}, "body_invalid"),
        ({"quantity": "0"}, "price_invalid"),
        ({"discount_percent": "100.5"}, "body_invalid"),
        ({"trial_days": 731}, "body_invalid"),
        ({"currency": "EUR"}, "body_invalid"),
    ],
)
def test_what_cannot_be_billed_is_refused(
    api: Api, customer: Customer, change: dict[str, object], code: str
) -> None:
    body = {**YEAR, "customer_id": customer.id, **change}
    for path in ("/v1/subscriptions", "/v1/subscriptions/preview"):
        refused = api.post(path, body)
        assert (refused.status, refused.code) == (422, code)


def test_subscriptions_are_listed_by_customer(api: Api, customer: Customer) -> None:
    other = api.install.customer(name="Somebody else")
    later = api.install.clock.now().date() + timedelta(days=40)
    mine = [api.install.subscription(customer, start_on=day).id for day in (None, later)]
    api.install.subscription(other)
    shown = api.get(f"/v1/subscriptions?customer_id={customer.id}").json["data"]
    assert [one["id"] for one in shown] == mine[::-1]
    assert len(api.get("/v1/subscriptions").json["data"]) == 3
