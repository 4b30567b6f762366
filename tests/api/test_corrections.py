"""The AR desk through the API: cheques, refunds by two people, credit notes, corrections."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

import pytest

from chalicelib.api.context import provide, wired
from chalicelib.domain.customer import Customer
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.team import Role
from chalicelib.services import portal_links
from tests.api.client import Api
from tests.fakes.install import Install
from tests.logs import LogLines
from tests.services.checks import check_install, check_stripe

LATER = date(2026, 1, 31)
CHEQUE = {"method": "check", "amount": 8900, "received_on": "2026-01-01", "reference": "1001"}


@pytest.fixture(autouse=True)
def _quiet(log_lines: LogLines) -> Iterator[None]:
    yield
    provide(wired)


def stage(**more: Any) -> tuple[Api, Install, Customer]:
    install = Install.at()
    install.business(**more)
    api = Api(install)
    for user, role in (("user_admin", Role.ADMIN), ("user_other", Role.ACCOUNTANT)):
        api.member(user, role)
    provide(api.context)
    return api, install, install.customer()


def unpaid(install: Install, customer: Customer) -> Invoice:
    return install.invoice(customer, due_on=LATER)


def sound(install: Install) -> None:
    install.settle()
    check_install(install)
    check_stripe(install)


def test_a_cheque_is_recorded_shown_and_taken_back() -> None:
    api, install, customer = stage()
    invoice = unpaid(install, customer)
    made = api.post(f"/v1/invoices/{invoice.id}/external-payments", CHEQUE, key="k1")
    again = api.post(f"/v1/invoices/{invoice.id}/external-payments", CHEQUE, key="k1")
    assert (made.status, again.json) == (201, made.json)
    used = api.post(f"/v1/customers/{customer.id}/external-payments", CHEQUE)
    assert (used.status, used.code) == (409, "reference_used")
    assert made.json["id"] in used.json["detail"]
    assert api.get(f"/v1/invoices/{invoice.id}").json["external_payments"][0]["reference"] == "1001"
    path = f"/v1/customers/{customer.id}/external-payments"
    assert [one["id"] for one in api.get(path).json["data"]] == [made.json["id"]]
    bounced = {"reversed_on": "2026-01-01", "reason": "Not covered."}
    gone = api.post(f"{path}/{made.json['id']}/reverse", bounced)
    assert gone.json["reversal"] == bounced
    assert api.post(f"{path}/{made.json['id']}/reverse", bounced).code == "already_reversed"
    assert api.get(f"/v1/invoices/{invoice.id}").json["amount_remaining"] == 8900
    sound(install)


def test_one_cheque_over_invoices_leaves_credit_that_is_applied_taken_back_and_paid_out() -> None:
    api, install, customer = stage()
    first, second = unpaid(install, customer), unpaid(install, customer)
    body = CHEQUE | {"amount": 9500, "invoices": [{"id": first.id, "amount": 8900}]}
    made = api.post(f"/v1/customers/{customer.id}/external-payments", body)
    assert (made.status, made.json["credited"]) == (201, 600)
    credit = f"/v1/customers/{customer.id}/credit"
    applied = api.post(f"{credit}/applications", {})
    assert applied.json["credit"] == 0
    move = applied.json["movements"][0]
    assert move["spent"] == [{"invoice_id": second.id, "amount": 600}]
    back = api.post(f"{credit}/applications/{move['id']}/take-back", {"reason": "Wrong one."})
    assert back.json["credit"] == 600
    paid = {"method": "cash", "amount": 600, "paid_on": "2026-01-01", "reason": "Moved."}
    assert api.post(f"{credit}/payouts", paid).json["credit"] == 0
    assert api.post(f"{credit}/payouts", paid).code == "credit_too_small"
    sound(install)


def test_credit_above_the_limit_is_paid_out_by_two_people() -> None:
    api, install, customer = stage(refund_approval_above=100)
    api.post(f"/v1/customers/{customer.id}/external-payments", CHEQUE | {"amount": 600})
    path = f"/v1/customers/{customer.id}/credit/payouts"
    body = {"method": "cash", "amount": 300, "paid_on": "2026-01-01", "reason": "Moved."}
    asked = api.post(path, body)
    assert (asked.status, asked.json["credit"]) == (201, 300)
    first = asked.json["payouts"][0]
    assert (first["status"], first["paid_on"]) == ("awaiting_approval", None)
    one = f"{path}/{first['id']}"
    assert api.post(f"{one}/approve").code == "approver_is_requester"
    api.user = "user_other"
    agreed = api.post(f"{one}/approve").json["payouts"][0]
    assert (agreed["status"], agreed["paid_on"]) == ("paid", "2026-01-01")
    assert api.post(f"{one}/reject", {"reason": "No."}).code == "payout_decided"
    other = api.post(path, body | {"amount": 200}).json["payouts"][0]
    refused = api.post(f"{path}/{other['id']}/reject", {"reason": "Not agreed."})
    assert (refused.json["credit"], refused.json["payouts"][0]["failure"]) == (300, "Not agreed.")
    assert api.post(f"{path}/out_unknown/approve").code == "credit_payout_not_found"
    sound(install)


def test_a_refund_above_the_limit_takes_two_people() -> None:
    api, install, customer = stage(refund_approval_above=100)
    invoice = install.invoice(customer)
    install.settle()
    payment = install.read(invoice).payments[0].id
    path = f"/v1/invoices/{invoice.id}/refunds"
    body = {"payment_id": payment, "amount": 5000, "reason": "Failed service."}
    asked = api.post(path, body)
    assert (asked.status, asked.json["status"]) == (202, "awaiting_approval")
    own = api.post(f"{path}/{asked.json['id']}/approve")
    assert (own.status, own.code) == (403, "approver_is_requester")
    api.user = "user_other"
    assert api.post(f"{path}/{asked.json['id']}/approve").json["status"] == "requested"
    sound(install)
    done = api.get(f"{path}/{asked.json['id']}").json
    assert (done["status"], done["decided_by"]) == ("succeeded", "user_other")
    much = api.post(path, body | {"amount": 4000})
    assert (much.status, much.code) == (422, "refund_too_large")
    assert [one["amount"] for one in api.get(path).json["data"]] == [5000]
    waiting = api.post(path, body | {"amount": 500}).json["id"]
    api.user = "user_admin"
    refused = api.post(f"{path}/{waiting}/reject", {"reason": "Enough."})
    assert (refused.json["status"], refused.json["failure"]) == ("rejected", "Enough.")
    sound(install)


def test_a_credit_note_has_its_number_and_pdf() -> None:
    api, install, customer = stage()
    invoice = unpaid(install, customer)
    path = f"/v1/invoices/{invoice.id}/credit-notes"
    made = api.post(path, {"amount": 900, "reason": "An hour too many."})
    assert (made.status, made.json["number"], made.json["applied"]) == (201, "CN-00001", 900)
    assert api.get(f"{path}/{made.json['id']}/pdf").code == "document_not_ready"
    sound(install)
    assert api.get(f"{path}/{made.json['id']}/pdf").status == 303
    lines = [{"description": "Work", "amount": 100}]
    by_lines = api.post(path, {"lines": lines, "reason": "Twice."})
    assert by_lines.json["lines"] == [lines[0] | {"tax_percent": "0"}]
    assert [one["number"] for one in api.get(path).json["data"]] == ["CN-00001", "CN-00002"]
    assert api.post(path, {"amount": 8000, "reason": "More."}).code == "credit_too_large"


def test_credit_notes_are_numbered_as_the_business_likes() -> None:
    api, install, customer = stage()
    assert api.patch("/v1/business", {"credit_note_prefix": "GS-"}).status == 200
    invoice = unpaid(install, customer)
    made = api.post(f"/v1/invoices/{invoice.id}/credit-notes", {"amount": 1, "reason": "One."})
    assert made.json["number"] == "GS-00001"


def test_an_invoice_is_corrected_never_edited() -> None:
    api, install, customer = stage()
    invoice = unpaid(install, customer)
    body = {"reason": "No order number.", "po_number": "PO-7", "bill_to": {"tax_id": "IE6388047V"}}
    made = api.post(f"/v1/invoices/{invoice.id}/reissue", body)
    assert (made.status, made.json["replaces"]) == (201, invoice.id)
    assert (made.json["po_number"], made.json["bill_to"]["tax_id"]) == ("PO-7", "IE6388047V")
    old = api.get(f"/v1/invoices/{invoice.id}").json
    assert (old["status"], old["replaced_by"]) == ("cancelled", made.json["id"])
    assert old["due_on"] == made.json["due_on"]
    again = api.post(f"/v1/invoices/{invoice.id}/reissue", body)
    assert (again.status, again.code) == (409, "already_replaced")
    sound(install)


def test_an_invoice_is_written_off_once() -> None:
    api, install, customer = stage()
    invoice = unpaid(install, customer)
    gone = api.post(f"/v1/invoices/{invoice.id}/write-off", {"reason": "Insolvent."})
    assert (gone.json["status"], gone.json["amount_written_off"]) == ("uncollectible", 8900)
    part = CHEQUE | {"amount": 400}
    assert api.post(f"/v1/invoices/{invoice.id}/external-payments", part).status == 201
    assert api.get(f"/v1/invoices/{invoice.id}").json["amount_recovered"] == 400
    sound(install)


def test_the_customer_completes_the_billing_details_of_an_unpaid_invoice() -> None:
    api, install, customer = stage()
    invoice = unpaid(install, customer)
    api.user = None
    for number in range(1, 4):
        token = portal_links.link_for(install.ports, invoice).rpartition("/")[2]
        body = {"invoice_id": invoice.id, "po_number": f"PO-{number}"}
        made = api.post(f"/v1/portal/{token}/billing-details", body)
        assert made.status == 201
        assert "replaced by" in made.json["what_happened"]
        shown = api.get(f"/v1/portal/{token}").json["invoices"]
        assert [one["number"] for one in shown] == [made.json["number"]]
        invoice = install.store.invoice("biz_1", made.json["invoice_id"])
        assert invoice.po_number == f"PO-{number}"
    token = portal_links.link_for(install.ports, invoice).rpartition("/")[2]
    body = {"invoice_id": invoice.id, "po_number": "PO-9"}
    often = api.post(f"/v1/portal/{token}/billing-details", body)
    assert (often.status, often.code) == (409, "too_many_corrections")
    sound(install)


def test_a_paid_invoice_is_not_changed_by_its_customer() -> None:
    api, install, customer = stage()
    invoice = install.invoice(customer)
    install.settle()
    api.user = None
    token = portal_links.link_for(install.ports, invoice).rpartition("/")[2]
    body = {"invoice_id": invoice.id, "po_number": "PO-9"}
    refused = api.post(f"/v1/portal/{token}/billing-details", body)
    assert (refused.status, refused.code) == (409, "invoice_paid")
