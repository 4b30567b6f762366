"""Taking a payment over the API: suggested, taken, waited for, and told in words when it fails."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from chalicelib.api.context import provide
from chalicelib.api.customer_payments import LONGEST_WAIT, wait_of
from chalicelib.domain.customer import Customer
from tests.api.client import Api
from tests.fakes.install import VISA


@pytest.fixture
def ada(api: Api) -> Customer:
    """Pays by hand, so nothing is charged before it is asked for."""
    return api.install.customer(auto_charge=False)


def waits(api: Api) -> None:
    """Whoever waits lets the workers run meanwhile."""
    provide(lambda: replace(api.context(), pause=lambda _seconds: api.install.settle()))


def path_of(customer: Customer) -> str:
    return f"/v1/customers/{customer.id}/payments"


def test_the_balance_is_suggested_invoice_by_invoice(api: Api, ada: Customer) -> None:
    old, new = api.install.invoice(ada), api.install.invoice(ada, 5000)
    found = api.get(f"{path_of(ada)}/suggestion").json
    assert (found["amount"], found["outstanding"], found["credit"]) == (13900, 13900, 0)
    assert [(one["id"], one["amount_remaining"], one["reason"]) for one in found["invoices"]] == [
        (old.id, 8900, ""),
        (new.id, 5000, ""),
    ]
    assert found["payment_methods"][0]["last4"] == "4242"
    assert found["under_way"] is None
    taken = api.post(path_of(ada), {"amount": 8900}).json
    again = api.get(f"{path_of(ada)}/suggestion").json
    assert (again["amount"], again["outstanding"], again["under_way"]) == (5000, 13900, taken["id"])
    assert "under way" in again["invoices"][1]["reason"]


def test_the_result_comes_back_within_seconds(api: Api, ada: Customer) -> None:
    invoice = api.install.invoice(ada)
    waits(api)
    answer = api.post(path_of(ada), {"amount": 10_000}, Prefer="wait=10")
    assert answer.status == 202
    taken = answer.json
    assert (taken["status"], taken["reason"]) == ("succeeded", "")
    assert taken["paid"] == [{"invoice_id": invoice.id, "amount": 8900}]
    assert taken["credited"] == 1100
    assert api.get(f"/v1/payments/{taken['id']}").json == taken


def test_without_waiting_it_is_processing(api: Api, ada: Customer) -> None:
    taken = api.post(path_of(ada), {"amount": 4000}).json
    assert taken["status"] == "processing"
    waits(api)
    assert api.get(f"/v1/payments/{taken['id']}", Prefer="wait=5").json["status"] == "succeeded"


@pytest.mark.parametrize(
    ("number", "code", "todo"),
    [
        ("4000000000000341", "declined", "Try a different card"),
        ("4000000000009995", "insufficient_funds", "smaller amount"),
        ("4000000000000069", "expired_card", "current card"),
        ("4000000000000127", "incorrect_cvc", "entered again"),
        ("4000000000000119", "processing_error", "Wait a moment"),
    ],
)
def test_a_failure_says_why_and_what_to_do(api: Api, number: str, code: str, todo: str) -> None:
    ada = api.install.customer(auto_charge=False)
    api.install.stripe.script_card(VISA, [_DECLINES[number]])
    waits(api)
    taken = api.post(path_of(ada), {"amount": 4000}, Prefer="respond-async, wait=20").json
    assert (taken["status"], taken["code"]) == ("failed", code)
    assert taken["reason"]
    assert todo in taken["what_to_do"]


_DECLINES = {
    "4000000000000341": "generic_decline",
    "4000000000009995": "insufficient_funds",
    "4000000000000069": "expired_card",
    "4000000000000127": "incorrect_cvc",
    "4000000000000119": "processing_error",
}


def test_the_same_call_and_a_second_click_are_the_same_payment(api: Api, ada: Customer) -> None:
    api.install.invoice(ada)
    first = api.post(path_of(ada), {"amount": 8900}, key="one").json
    assert api.post(path_of(ada), {"amount": 8900}, key="one").json == first
    assert api.post(path_of(ada), {"amount": 8900}, key="two").json["id"] == first["id"]


def test_the_same_amount_by_another_method_is_refused_while_one_is_under_way(
    api: Api, ada: Customer
) -> None:
    api.install.invoice(ada)
    first = api.post(path_of(ada), {"amount": 8900, "new_method": True}).json
    assert first["status"] == "waiting_for_method"
    refused = api.post(path_of(ada), {"amount": 8900})
    assert (refused.status, refused.code) == (409, "payment_under_way")
    assert f"(payment {first['id']})" in refused.json["detail"]
    again = api.post(path_of(ada), {"amount": 8900, "new_method": True}).json
    assert (again["id"], again["setup_url"]) == (first["id"], first["setup_url"])


def test_a_new_card_is_entered_on_stripes_page(api: Api) -> None:
    ada = api.install.customer(card=None, auto_charge=False)
    invoice = api.install.invoice(ada)
    wish = {"amount": 8900, "new_method": True, "save_method": False}
    taken = api.post(path_of(ada), wish).json
    assert taken["status"] == "waiting_for_method"
    (session,) = api.install.stripe.account().sessions
    assert taken["setup_url"] == api.install.stripe.account().sessions[session]["url"]
    api.install.stripe.complete_checkout(session, VISA)
    api.install.settle()
    assert api.get(f"/v1/payments/{taken['id']}").json["status"] == "succeeded"
    assert api.install.read(invoice).amount_remaining == 0
    assert api.get(f"/v1/customers/{ada.id}").json["payment_methods"] == []


def test_a_payment_is_given_up(api: Api, ada: Customer) -> None:
    taken = api.post(path_of(ada), {"amount": 8900}).json
    gone = api.post(f"/v1/payments/{taken['id']}/cancel").json
    assert (gone["status"], gone["what_to_do"][:18]) == ("cancelled", "Nothing was charge")


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"amount": 0}, "amount_invalid"),
        ({"amount": 10}, "amount_too_small"),
        ({"amount": 1000, "payment_method_id": "pm_other"}, "no_payment_method"),
        ({"amount": 1000, "payment_method_id": "pm_x", "new_method": True},
         "payment_method_ambiguous"),
        ({"amount": 1000, "save_method": False}, "save_method_without_new"),
        ({"amount": 1000, "invoices": [{"id": "inv_none", "amount": 1}]}, "allocation_invalid"),
    ],
)  # fmt: skip
def test_what_is_refused(api: Api, ada: Customer, body: dict[str, object], code: str) -> None:
    answer = api.post(path_of(ada), body)
    assert (answer.status in {409, 422}, answer.code) == (True, code)


def test_for_more_invoices_than_are_paid_at_once(api: Api, ada: Customer) -> None:
    """Nothing is refused: the oldest first, the others right after, and no credit is left."""
    made = [api.install.invoice(ada, 100) for _ in range(43)]
    waits(api)
    suggested = api.get(f"{path_of(ada)}/suggestion").json["amount"]
    taken = api.post(path_of(ada), {"amount": suggested}, Prefer="wait=10").json
    assert (taken["status"], len(taken["allocations"])) == ("succeeded", 40)
    assert "the oldest are paid at once, the others right after" in taken["note"]
    api.install.settle()
    after = api.get(f"/v1/payments/{taken['id']}").json
    assert (len(after["paid"]), after["credited"]) == (43, 0)
    assert {api.install.read(one).status.value for one in made} == {"paid"}


def test_too_many_by_name_are_refused_with_what_to_do(api: Api, ada: Customer) -> None:
    named = [{"id": api.install.invoice(ada, 100).id, "amount": 1} for _ in range(41)]
    refused = api.post(path_of(ada), {"amount": 5000, "invoices": named})
    assert (refused.status, refused.code) == (422, "allocation_too_many")
    assert "name none: then the oldest are paid first" in refused.json["detail"]
    cash = {"method": "cash", "amount": 5000, "received_on": "2026-01-01", "invoices": named}
    past = api.post(f"/v1/customers/{ada.id}/external-payments", cash)
    assert (past.code, past.json["detail"]) == (refused.code, refused.json["detail"])


def test_an_invoice_is_no_payment(api: Api, ada: Customer) -> None:
    invoice = api.install.invoice(ada)
    assert api.get(f"/v1/payments/{invoice.id}").code == "payment_not_found"
    assert api.post(f"/v1/payments/{invoice.id}/cancel").code == "payment_not_found"


def listed(api: Api, status: str) -> dict[str, Any]:
    """The one payment that the list shows with this status, read by the id it is shown with."""
    sort = "?sort=due_on&" if status in {"pending", "processing"} else "?"
    rows = api.get(f"/v1/payments{sort}status={status}").json["data"]
    (named,) = {row["payment_id"] for row in rows} - {None}
    found: dict[str, Any] = api.get(f"/v1/payments/{named}").json
    assert (found["id"], found["invoice_id"]) == (named, rows[0]["invoice_id"])
    return found


def test_each_payment_of_the_list_is_read(api: Api) -> None:
    """Refused and to be tried again, cancelled, and paid: the same invoice, by turns."""
    ada = api.install.customer()
    api.install.stripe.script_card(VISA, ["insufficient_funds"] * 2)
    invoice = api.install.invoice(ada)
    api.install.settle()
    refused, waiting = listed(api, "failed"), listed(api, "pending")
    assert refused == waiting
    assert (refused["status"], refused["code"]) == ("pending", "insufficient_funds")
    assert (refused["paid"], refused["paid_at"], refused["amount"]) == ([], None, 8900)
    assert [one["result"] for one in refused["attempts"]] == ["failed"] * 2
    cash = {"method": "cash", "amount": 8000, "received_on": "2026-01-01"}
    api.post(f"/v1/invoices/{invoice.id}/external-payments", cash)
    gone = listed(api, "cancelled")
    assert (gone["id"], gone["status"]) == (refused["id"], "cancelled")
    api.post(f"/v1/invoices/{invoice.id}/charge", {})
    api.install.settle()
    charged = api.install.read(invoice).payments[-1]
    paid = api.get(f"/v1/payments/{charged.id}").json
    assert (paid["status"], paid["reason"], paid["credited"]) == ("succeeded", "", 0)
    assert paid["paid"] == [{"invoice_id": invoice.id, "amount": 900}]


def test_a_payment_that_was_taken_is_read_by_the_lists_name_too(api: Api, ada: Customer) -> None:
    invoice = api.install.invoice(ada)
    taken = api.post(path_of(ada), {"amount": 10_000}).json
    api.install.settle()
    found = listed(api, "paid")
    assert (found["status"], found["invoice_id"]) == ("succeeded", taken["id"])
    assert found["paid"] == [{"invoice_id": invoice.id, "amount": 8900}]
    assert found["credited"] == 1100


def test_a_payment_that_is_on_its_way(api: Api) -> None:
    ada = api.install.customer(card=None)
    api.install.save_card("biz_1", ada.id, "000123456789", kind="us_bank_account")
    api.install.invoice(ada)
    api.install.settle()
    assert listed(api, "processing")["status"] == "processing"


def test_no_payment_of_an_invoice_is_anothers_or_nobodys(api: Api) -> None:
    invoice = api.install.invoice(api.install.customer())
    api.install.settle()
    (payment,) = api.install.read(invoice).payments
    assert api.get(f"/v1/payments/{payment.id}").status == 200
    for unknown in (f"{payment.id}0", "pay_", "pay_x", "pay_none_1"):
        assert api.get(f"/v1/payments/{unknown}").code == "payment_not_found"


@pytest.mark.parametrize(
    ("prefer", "seconds"),
    [
        ("", 0),
        ("wait=3", 3),
        ("respond-async, wait=7", 7),
        ("wait=999", LONGEST_WAIT),
        ("await=3", 0),
    ],
)
def test_how_long_a_caller_may_wait(prefer: str, seconds: int) -> None:
    assert wait_of(prefer) == seconds
