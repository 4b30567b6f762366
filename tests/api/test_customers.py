"""Customers over the wire: created, read, listed, changed; cards only through Stripe's page."""

from __future__ import annotations

import pytest

from tests.api.client import Api
from tests.fakes.install import VISA

ADA = {"name": "Ada Byron", "email": "ada@example.com"}
NEW = {
    **ADA,
    "kind": "business",
    "terms": "net_30",
    "phone": "+12075550100",
    "sms_consent": True,
    "address": {"line1": "12 Harbour Street", "city": "Portland", "country": "US"},
}


def test_a_customer_is_created_and_read_back(api: Api) -> None:
    made = api.post("/v1/customers", NEW)
    assert made.status == 201
    assert made.json["effective_terms"] == "net_30"
    assert made.json["sms_consent_at"] == "2026-01-01T12:00:00Z"
    assert api.get(f"/v1/customers/{made.json['id']}").json == made.json


def test_customers_are_listed_in_pages(api: Api) -> None:
    names = [f"Customer {letter}" for letter in "abcde"]
    for name in reversed(names):
        api.post("/v1/customers", {"name": name, "email": "x@example.com"})
    seen, cursor = [], ""
    for _ in range(3):
        page = api.get(f"/v1/customers?limit=2{cursor}").json
        seen += [one["name"] for one in page["data"]]
        cursor = f"&cursor={page['next_cursor']}"
    assert seen == names
    assert page["next_cursor"] is None


def test_a_patch_changes_what_it_names_and_nothing_else(api: Api) -> None:
    made = api.post("/v1/customers", NEW).json
    changed = api.patch(f"/v1/customers/{made['id']}", {"terms": "net_7", "sms_consent": False})
    assert changed.json == made | {
        "terms": "net_7",
        "effective_terms": "net_7",
        "sms_consent_at": None,
    }


def test_a_patch_that_changes_nothing_writes_nothing(api: Api) -> None:
    made = api.post("/v1/customers", NEW).json
    before = len(list(api.install.store.all_facts()))
    same = {"name": NEW["name"], "address": made["address"], "sms_consent": True}
    assert api.patch(f"/v1/customers/{made['id']}", same).json == made
    assert len(list(api.install.store.all_facts())) == before


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({"email": "a@example.com"}, "/name"),
        ({**ADA, "name": ""}, "/name"),
        ({**ADA, "name": "two\nlines"}, "/name"),
        ({**ADA, "name": "ends with a line\n"}, "/name"),
        ({**ADA, "version": 7}, "/version"),
        ({**ADA, "stripe_customer_id": "cus_1"}, "/stripe_customer_id"),
        ({**ADA, "address": {"line3": "x"}}, "/address/line3"),
        ({**ADA, "address": {"country": "USA"}}, "/address/country"),
        ({**ADA, "terms": "net_90"}, "/terms"),
        ({**ADA, "auto_charge": "yes"}, "/auto_charge"),
        ({**ADA, "quiet_hours": {"opens": 25}}, "/quiet_hours/opens"),
        ([], ""),
    ],
)
def test_a_wrong_field_is_pointed_at(api: Api, body: object, pointer: str) -> None:
    refused = api.post("/v1/customers", body)
    assert (refused.status, refused.code) == (422, "body_invalid")
    assert [error["pointer"] for error in refused.json["errors"]] == [pointer]


def test_what_only_the_domain_can_judge_is_said_in_words(api: Api) -> None:
    refused = api.post("/v1/customers", {**ADA, "email": "no-at"})
    assert (refused.status, refused.code) == (422, "email_invalid")
    assert refused.json["detail"] == "The e-mail address is not one: it needs a@b.c."
    assert api.post("/v1/customers", {**ADA, "zone": "Mars/Base"}).code == "zone_invalid"


def test_a_card_comes_only_through_stripes_page(api: Api) -> None:
    customer = api.install.customer(card=None)
    session = api.post(
        "/v1/setup-sessions",
        {
            "customer_id": customer.id,
            "success_url": "https://app.example/saved",
            "cancel_url": "https://app.example/back",
        },
    )
    assert session.status == 201
    assert session.json["id"] in session.json["url"]
    path = f"/v1/setup-sessions/{session.json['id']}"
    assert api.get(path).json["complete"] is False
    assert api.post(f"{path}/complete").code == "setup_incomplete"

    api.install.stripe.complete_checkout(session.json["id"], VISA)
    assert api.get(path).json["complete"] is True
    assert api.post(f"{path}/complete").status == 200
    (method,) = api.get(f"/v1/customers/{customer.id}/payment-methods").json["data"]
    assert (method["brand"], method["last4"], method["is_default"]) == ("visa", "4242", True)


def test_methods_are_chosen_and_removed(api: Api) -> None:
    customer = api.install.customer()
    api.install.save_card("biz_1", customer.id, "5555555555554444")
    path = f"/v1/customers/{customer.id}/payment-methods"
    visa, mastercard = api.get(path).json["data"]
    assert mastercard["is_default"]
    chosen = api.post(f"{path}/{visa['id']}/default").json["data"]
    assert [one["is_default"] for one in chosen] == [True, False]
    assert api.delete(f"{path}/{visa['id']}").json["data"] == [mastercard]
    assert api.delete(f"{path}/{visa['id']}").json["data"] == [mastercard], "said again"
    assert api.delete(f"{path}/pm_never_saved").code == "payment_method_not_found"


@pytest.mark.parametrize(
    "address",
    ["http://evil.example/", "javascript:alert(1)", "ftp://x", "http://localhost.evil.example/"],
)
def test_a_payer_is_sent_back_over_https_only(api: Api, address: str) -> None:
    body = {"customer_id": "cus_1", "success_url": address, "cancel_url": "https://app.example/"}
    refused = api.post("/v1/setup-sessions", body)
    assert [error["pointer"] for error in refused.json["errors"]] == ["/success_url"]
