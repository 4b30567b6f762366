"""Receipts: had again at any time, by staff and by who holds the link."""

from __future__ import annotations

from datetime import date

import pytest

from chalicelib.domain.customer import Customer
from chalicelib.domain.invoice import Invoice
from chalicelib.services.portal_links import link_for
from tests.api.client import Api

LATER = date(2026, 5, 1)
CASH = {"method": "cash", "amount": 8900, "received_on": "2026-01-01"}


@pytest.fixture
def customer(api: Api) -> Customer:
    return api.install.customer()


@pytest.fixture
def paid(api: Api, customer: Customer) -> Invoice:
    invoice = api.install.invoice(customer)
    api.install.settle()
    return api.install.read(invoice)


def test_of_a_charge(api: Api, paid: Invoice) -> None:
    payment_id = paid.payments[0].id
    answer = api.get(f"/v1/invoices/{paid.id}/payments/{payment_id}/receipt")
    assert answer.status == 303
    assert f"receipt-{payment_id}.pdf" in answer.headers["Location"]


def test_by_the_link(api: Api, paid: Invoice) -> None:
    token = link_for(api.install.ports, paid).rpartition("/")[2]
    path = f"/v1/portal/{token}/receipt?payment_id="
    assert api.get(path + paid.payments[0].id).status == 303
    assert api.get(path + "pay_unknown").code == "link_not_found"


def test_of_cash_by_invoice_and_by_customer(api: Api, customer: Customer) -> None:
    invoice = api.install.invoice(customer, due_on=LATER)
    kept = api.post(f"/v1/invoices/{invoice.id}/external-payments", CASH).json["id"]
    paths = (
        f"/v1/invoices/{invoice.id}/payments/{kept}/receipt",
        f"/v1/customers/{customer.id}/external-payments/{kept}/receipt",
    )
    assert {api.get(path).code for path in paths} == {"document_not_ready"}
    api.install.settle()
    assert {api.get(path).status for path in paths} == {303}


def test_of_a_payment_that_failed_there_is_none(api: Api) -> None:
    invoice = api.install.invoice(api.install.customer(card="4000000000000341"))
    api.install.settle()
    payment_id = api.install.read(invoice).payments[0].id
    answer = api.get(f"/v1/invoices/{invoice.id}/payments/{payment_id}/receipt")
    assert (answer.status, answer.code) == (404, "no_receipt")


def test_one_payment_for_several_invoices_has_one(api: Api, customer: Customer) -> None:
    for day in (1, 2):
        api.install.invoice(customer, 5000, due_on=LATER.replace(day=day))
    taken = api.post(f"/v1/customers/{customer.id}/payments", {"amount": 10000}).json["id"]
    api.install.settle()
    (payment,) = api.install.store.invoice("biz_1", taken).payments
    assert api.get(f"/v1/invoices/{taken}/payments/{payment.id}/receipt").status == 303
