"""Payment plans over the API: previewed, made, followed, changed, paid early, ended."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain.customer import Customer
from tests.api.client import Api

PLANS = "/v1/payment-plans"


@pytest.fixture
def ada(api: Api) -> Customer:
    """Owes 9000 that nobody charges by itself."""
    customer = api.install.customer(auto_charge=False)
    api.install.invoice(customer, 9000)
    api.install.settle()
    return customer


def wish(customer: Customer, **more: Any) -> dict[str, Any]:
    equal = {"count": 3, "first_on": "2026-02-01"}
    return {"customer_id": customer.id, "equal": equal, **more}


def test_a_preview_is_what_is_made(api: Api, ada: Customer) -> None:
    seen = api.post(f"{PLANS}/preview", wish(ada)).json
    made = api.post(PLANS, wish(ada))
    assert made.status == 201
    plan = made.json
    assert plan["instalments"] == seen["instalments"]
    assert [(one["due_on"], one["amount"], one["state"]) for one in plan["instalments"]] == [
        ("2026-02-01", 3000, "scheduled"),
        ("2026-03-01", 3000, "scheduled"),
        ("2026-04-01", 3000, "scheduled"),
    ]
    assert plan["progress"] == "0 of 3 paid. Next: 30.00 USD on 2026-02-01."
    assert api.get(f"{PLANS}/{plan['id']}").json == plan
    for query in ("", f"?customer_id={ada.id}"):
        assert api.get(f"{PLANS}{query}").json["data"] == [plan]


def test_its_invoice_cannot_be_charged_and_says_why(api: Api, ada: Customer) -> None:
    plan = api.post(PLANS, wish(ada)).json
    (invoice,) = plan["invoice_ids"]
    (reason,) = api.get(f"/v1/invoices/{invoice}/chargeability").json["reasons"]
    assert reason["code"] == "covered"
    assert plan["reference"] in reason["reason"]
    assert api.post(f"/v1/invoices/{invoice}/charge").code == "covered"
    assert api.post(f"/v1/invoices/{invoice}/cancel", {"reason": "?"}).code == "covered"


def test_progress_is_shown(api: Api, ada: Customer) -> None:
    plan = api.post(PLANS, wish(ada)).json
    api.install.advance(days=33)
    after = api.get(f"{PLANS}/{plan['id']}").json
    assert (after["amount_paid"], after["amount_remaining"]) == (3000, 6000)
    assert after["next_instalment"]["due_on"] == "2026-03-01"
    assert after["progress"].startswith("1 of 3 paid.")


def test_paid_early(api: Api, ada: Customer) -> None:
    plan = api.post(PLANS, wish(ada)).json
    asked = api.post(f"{PLANS}/{plan['id']}/pay", {"everything": True})
    assert asked.status == 202
    api.install.settle()
    done = api.get(f"{PLANS}/{plan['id']}").json
    assert (done["status"], done["amount_remaining"], done["next_instalment"]) == (
        "completed",
        0,
        None,
    )


def test_changed_and_cancelled(api: Api, ada: Customer) -> None:
    plan = api.post(PLANS, wish(ada)).json
    parts = [{"due_on": "2026-02-10", "amount": 4000}, {"due_on": "2026-03-10", "amount": 5000}]
    body = {"instalments": parts, "reason": "Payday.", "autopay": False}
    changed = api.post(f"{PLANS}/{plan['id']}/change", body).json
    assert [one["amount"] for one in changed["instalments"]] == [4000, 5000]
    assert changed["autopay"] is False
    ended = api.post(f"{PLANS}/{plan['id']}/cancel", {"reason": "Paid by transfer."}).json
    assert (ended["status"], ended["end_reason"]) == ("cancelled", "Paid by transfer.")
    assert api.post(f"{PLANS}/{plan['id']}/pay").code == "plan_not_active"


@pytest.mark.parametrize(
    ("more", "code"),
    [
        ({"equal": None}, "instalments_invalid"),
        ({"instalments": [{"due_on": "2026-02-01", "amount": 9000}]}, "instalments_invalid"),
        (
            {"equal": None, "instalments": [{"due_on": "2026-02-01", "amount": 8000}]},
            "instalments_do_not_add_up",
        ),
        ({"invoice_ids": ["inv_none"]}, "plan_invoices_invalid"),
        ({"equal": {"count": 25}}, "body_invalid"),
    ],
)
def test_what_is_refused(api: Api, ada: Customer, more: dict[str, Any], code: str) -> None:
    assert api.post(PLANS, wish(ada, **more)).code == code


def test_a_part_is_charged_by_staff(api: Api, ada: Customer) -> None:
    invoice = api.install.invoice(ada)
    api.post(f"/v1/invoices/{invoice.id}/charge", {"amount": 3000})
    api.install.settle()
    assert api.get(f"/v1/invoices/{invoice.id}").json["amount_paid"] == 3000
    assert api.post(f"/v1/invoices/{invoice.id}/charge", {"amount": 9999}).code == "part_too_large"


def test_more_invoices_than_a_plan_holds_are_refused_with_what_to_do(
    api: Api, ada: Customer
) -> None:
    for _ in range(20):
        api.install.invoice(ada, 100)
    refused = api.post(PLANS, wish(ada))
    assert (refused.status, refused.code) == (422, "plan_invoices_invalid")
    assert "at most 20 invoices, and these are 21: name 20 or fewer" in refused.json["detail"]
    oldest = refused.json["detail"].rpartition("The oldest due: ")[2].rstrip(".").split(", ")
    made = api.post(PLANS, wish(ada, invoice_ids=oldest)).json
    assert made["invoice_ids"] == oldest
    assert len(oldest) == 20


def cash(amount: int, **more: Any) -> dict[str, Any]:
    return {"method": "cash", "amount": amount, "received_on": "2026-01-01", **more}


def test_an_instalment_is_paid_past_stripe_and_bounces(api: Api, ada: Customer) -> None:
    plan = api.post(PLANS, wish(ada, autopay=False)).json
    path = f"{PLANS}/{plan['id']}"
    api.install.advance(days=28)
    paid = api.post(f"{path}/external-payments", cash(3500))
    assert paid.status == 201
    assert paid.json["payment_plan_id"] == plan["id"]
    assert paid.json["instalments"] == [
        {"number": 1, "amount": 3000}, {"number": 2, "amount": 500},
    ]  # fmt: skip
    (invoice,) = plan["invoice_ids"]
    assert paid.json["allocations"] == [{"invoice_id": invoice, "amount": 3500}]
    after = api.get(path).json
    assert [(one["paid"], one["state"]) for one in after["instalments"]] == [
        (3000, "paid"), (500, "scheduled"), (0, "scheduled"),
    ]  # fmt: skip
    assert after["progress"] == "1 of 3 paid. Next: 25.00 USD on 2026-03-01."
    back = f"/v1/customers/{ada.id}/external-payments/{paid.json['id']}/reverse"
    api.post(back, {"reversed_on": "2026-01-29", "reason": "No funds."})
    assert [(one["paid"], one["state"]) for one in api.get(path).json["instalments"]] == [
        (0, "due"), (0, "scheduled"), (0, "scheduled"),
    ]  # fmt: skip
    named = api.post(f"{path}/external-payments", cash(1000, instalment=3)).json
    assert named["instalments"] == [{"number": 3, "amount": 1000}]


def test_a_part_in_cash_and_the_rest_of_it_all_early(api: Api, ada: Customer) -> None:
    path = f"{PLANS}/{api.post(PLANS, wish(ada)).json['id']}"
    api.post(f"{path}/external-payments", cash(1000))
    assert api.get(path).json["amount_remaining"] == 8000
    api.post(f"{path}/pay", {"everything": True})
    api.install.settle()
    done = api.get(path).json
    assert (done["status"], done["amount_paid"], done["total"]) == ("completed", 9000, 9000)
    assert api.get(f"/v1/customers/{ada.id}/credit").json["credit"] == 0


def test_an_instalment_is_paid_past_stripe_by_its_own_demand(api: Api, ada: Customer) -> None:
    plan = api.post(PLANS, wish(ada, autopay=False)).json
    api.install.advance(days=28)
    asked = api.get(f"{PLANS}/{plan['id']}").json["next_instalment"]["invoice_id"]
    paid = api.post(f"/v1/invoices/{asked}/external-payments", cash(3000)).json
    assert (paid["payment_plan_id"], paid["credited"]) == (plan["id"], 0)
    again = api.post(f"/v1/invoices/{asked}/external-payments", cash(100))
    assert (again.status, again.code) == (409, "instalment_paid")


def test_what_an_instalment_cannot_take(api: Api, ada: Customer) -> None:
    plan = api.post(PLANS, wish(ada, autopay=False)).json
    path = f"{PLANS}/{plan['id']}/external-payments"
    unknown = api.post(path, cash(100, instalment=7))
    assert (unknown.status, unknown.code) == (404, "instalment_not_found")
    assert api.post(path, cash(0)).code == "amount_invalid"
    assert api.post(path, cash(100, received_on="2026-01-02")).code == "date_in_future"
    assert api.post(path, cash(100, method="check")).code == "reference_missing"
    assert api.post(f"{PLANS}/plan_none/external-payments", cash(100)).status == 404
    api.post(f"{PLANS}/{plan['id']}/cancel", {"reason": "?"})
    assert api.post(path, cash(100)).code == "plan_not_active"
