"""Businesses of one install: listed, opened, set up, and connected to Stripe on its own pages."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.facts import Subject
from chalicelib.domain.team import Role
from tests.api.client import Api

BUSINESSES, BUSINESS, ACCOUNT = "/v1/businesses", "/v1/business", "/v1/business/stripe-account"
NEW = {"name": "Second & Co", "currency": "EUR", "zone": "Europe/Berlin", "country": "DE"}
PAGES = {"return_url": "https://app.example/back", "refresh_url": "https://app.example/again"}


def opened(api: Api) -> str:
    """A second business; the caller acts for it from here on."""
    made: dict[str, Any] = api.post(BUSINESSES, NEW).json
    api.headers = {"Duecourse-Business": made["id"]}
    return str(made["id"])


def test_who_opens_a_business_is_its_admin_and_chooses_between_them(api: Api) -> None:
    made = api.post(BUSINESSES, NEW)
    assert (made.status, made.json["can_charge"], made.json["connects"]) == (201, False, True)
    listed = api.get(BUSINESSES).json["data"]
    assert {(one["name"], one["role"], one["can_charge"]) for one in listed} == {
        ("Harbour & Pine", "admin", True), ("Second & Co", "admin", False),
    }  # fmt: skip
    assert api.get(BUSINESS).code == "business_missing"
    chosen = api.get(BUSINESS, **{"Duecourse-Business": made.json["id"]})
    assert chosen.json["name"] == "Second & Co"


def test_the_same_key_opens_one_business(api: Api) -> None:
    first, again = (api.post(BUSINESSES, NEW, key="k1") for _ in range(2))
    assert again.json == first.json
    assert len(api.get(BUSINESSES).json["data"]) == 2


def test_only_an_admin_opens_another(api: Api) -> None:
    api.user = "user_accountant"
    assert api.post(BUSINESSES, NEW).code == "role_not_allowed"
    api.user = "user_of_nobody"
    assert api.post(BUSINESSES, NEW).code == "role_not_allowed"
    assert api.get(BUSINESSES).json["data"] == []


def test_an_install_without_any_takes_its_first_from_whoever_signs_in(empty: Api) -> None:
    made = empty.post(BUSINESSES, NEW)
    assert (made.status, made.json["can_charge"], made.json["connects"]) == (201, True, False)
    assert empty.get(BUSINESS).json["id"] == made.json["id"]
    assert empty.get(ACCOUNT).json["stripe_account"] is None


@pytest.mark.parametrize(
    ("changed", "code"),
    [({"zone": "Mars/Base"}, "zone_invalid"), ({"currency": "XXX"}, "currency_unknown"),
     ({"currency": "eur"}, "body_invalid"), ({"email": "nobody"}, "email_invalid")],
)  # fmt: skip
def test_a_business_that_cannot_be_is_refused(api: Api, changed: Any, code: str) -> None:
    refused = api.post(BUSINESSES, NEW | changed)
    assert (refused.status, refused.code) == (422, code)
    assert len(api.get(BUSINESSES).json["data"]) == 1


# --- Settings ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "status", "code"),
    [
        ({"bank": {"iban": "DE02120300000000202052"}}, 422, "iban_invalid"),
        ({"bank": {"bic": "NOPE"}}, 422, "bic_invalid"),
        ({"bank": {"routing_number": "110000001"}}, 422, "routing_number_invalid"),
        ({"staff_email": "desk at harbour"}, 422, "email_invalid"),
        ({"currency": "XTS"}, 422, "currency_unknown"),
        ({"first_invoice_number": 0}, 422, "body_invalid"),
        ({"application_fee": {"percent": "101"}}, 422, "body_invalid"),
        ({"bill_days_before": 61}, 422, "body_invalid"),
    ],
)
def test_each_setting_is_checked(api: Api, changes: Any, status: int, code: str) -> None:
    before = api.get(BUSINESS).json
    refused = api.patch(BUSINESS, changes)
    assert (refused.status, refused.code) == (status, code)
    assert api.get(BUSINESS).json == before


def test_numbers_go_up_from_where_they_are_put_and_never_down(api: Api) -> None:
    assert api.patch(BUSINESS, {"first_invoice_number": 1000}).status == 200
    customer = api.install.customer()
    assert api.install.invoice(customer).number == "INV-01000"
    refused = api.patch(BUSINESS, {"first_invoice_number": 1000 - 1})
    assert (refused.status, refused.code) == (409, "invoice_number_used")
    assert api.patch(BUSINESS, {"first_invoice_number": 2000}).status == 200
    assert api.install.invoice(customer).number == "INV-02000"


def test_the_currency_changes_until_something_is_billed(api: Api) -> None:
    assert api.patch(BUSINESS, {"currency": "EUR"}).json["currency"] == "EUR"
    assert api.patch(BUSINESS, {"currency": "USD"}).json["currency"] == "USD"
    api.install.invoice(api.install.customer())
    assert api.patch(BUSINESS, {"currency": "EUR"}).code == "currency_in_use"


def test_a_change_says_who_and_which_fields(api: Api) -> None:
    api.patch(BUSINESS, {"name": "Harbour", "sms_enabled": True, "default_terms": "net_7"})
    fact = api.install.store.facts("biz_1", Subject.BUSINESS, "biz_1")[-1]
    assert (fact.actor.id, fact.data.fields) == ("user_admin", ("default_terms", "name"))


# --- Connect -------------------------------------------------------------------------------------


def test_a_business_is_told_of_at_stripe_and_charges_when_stripe_says_so(api: Api) -> None:
    business_id = opened(api)
    page = api.post(ACCOUNT, PAGES)
    assert page.status == 201
    account = page.json["stripe_account"]
    waiting = api.get(ACCOUNT).json
    assert (waiting["can_charge"], waiting["requirements"]["disabled_reason"]) == (
        False, "requirements.past_due",
    )  # fmt: skip
    assert waiting["requirements"]["currently_due"] != []
    api.install.stripe.finish_onboarding(account)
    told = api.post(f"{ACCOUNT}/refresh").json
    assert (told["can_charge"], told["requirements"]["currently_due"]) == (True, [])
    customer = api.install.customer(business_id)
    api.install.settle()
    invoice = api.install.invoice(customer)
    api.install.settle()
    assert api.get(f"/v1/invoices/{invoice.id}").json["status"] == "paid"
    assert len(api.install.stripe.account(account).payment_intents) == 1


def test_asked_again_it_is_another_page_of_the_same_account(api: Api) -> None:
    opened(api)
    first, second = (api.post(ACCOUNT, PAGES).json for _ in range(2))
    assert first["stripe_account"] == second["stripe_account"]
    assert first["url"] != second["url"]


def test_who_is_paid_on_the_installs_account_stays_there(api: Api) -> None:
    api.install.customer()
    refused = api.post(ACCOUNT, PAGES)
    assert (refused.status, refused.code) == (409, "account_in_use")
    assert api.get(ACCOUNT).json["connects"] is False


def test_before_it_has_an_account_nobody_enters_a_card(api: Api) -> None:
    business_id = opened(api)
    customer = api.install.customer(business_id, card=None)
    refused = api.post(
        "/v1/setup-sessions",
        {"customer_id": customer.id, "success_url": "https://a.example/",
         "cancel_url": "https://a.example/"},
    )  # fmt: skip
    assert (refused.status, refused.code) == (409, "not_connected")
    assert api.install.stripe.account().customers == {}


def test_what_stripe_wants_is_shown_with_its_deadline(api: Api) -> None:
    opened(api)
    account = api.post(ACCOUNT, PAGES).json["stripe_account"]
    api.install.stripe.finish_onboarding(account)
    api.install.stripe.require(account, ["person.verification.document"], within=86_400)
    api.install.settle()
    shown = api.get(ACCOUNT).json
    assert shown["can_charge"]
    assert shown["requirements"] == {
        "currently_due": ["person.verification.document"], "past_due": [],
        "disabled_reason": None, "deadline_at": "2026-01-02T12:00:00Z",
    }  # fmt: skip


def test_what_the_install_takes_is_set_by_who_runs_it(api: Api) -> None:
    business_id = opened(api)
    fee = {"application_fee": {"percent": "2.5", "fixed": 30}}
    assert api.patch(BUSINESS, fee).json["application_fee"] == fee["application_fee"]
    api.member("user_theirs", Role.ADMIN, business_id)
    theirs = Api(api.install, user="user_theirs")
    refused = theirs.patch(BUSINESS, {"application_fee": None})
    assert (refused.status, refused.code) == (403, "application_fee_not_yours")
    assert theirs.patch(BUSINESS, {"name": "Theirs"}).status == 200
    assert api.patch(BUSINESS, {"application_fee": None}).json["application_fee"] is None
