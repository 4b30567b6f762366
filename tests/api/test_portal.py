"""The portal's API: what a link opens, what a payer reads there, and what nobody can do with it."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from chalicelib.api.context import provide
from chalicelib.domain.customer import Customer
from chalicelib.domain.invoice import Invoice
from chalicelib.services import portal_links
from tests.api.client import Answer, Api
from tests.fakes.install import VISA, Install

FUNDS = "4000000000000341"
# Causes that a payer may not learn, and the ordinary decline that they have to look like.
HUSHED = ["lost_card", "stolen_card", "fraudulent", "merchant_blacklist", "pickup_card"]
ORDINARY = "generic_decline"
NEVER_SAID = ("fraud", "lost", "stolen", "risk", "blocked", "card_declined", "generic", "slot")


@pytest.fixture
def api(api: Api) -> Api:
    api.user = None
    return api


def link(api: Api, invoice: Invoice) -> str:
    token = portal_links.link_for(api.install.ports, invoice).rpartition("/")[2]
    return f"/v1/portal/{token}"


def customers_link(api: Api, customer: Customer) -> str:
    token = portal_links.customer_link(api.install.ports, customer).rpartition("/")[2]
    return f"/v1/portal/{token}"


def state(api: Api, path: str) -> dict[str, object]:
    found: dict[str, object] = api.get(path).json["invoices"][0]["state"]
    return found


def unpaid(
    api: Api, *, card: str | None = VISA, days: int = 30, auto_charge: bool = True
) -> Invoice:
    customer = api.install.customer(card=card, auto_charge=auto_charge)
    api.install.settle()
    due_on = api.install.clock.now().date() + timedelta(days=days)
    return api.install.invoice(customer, due_on=due_on)


def test_an_invoices_link_shows_that_invoice(api: Api) -> None:
    invoice = unpaid(api)
    api.install.invoice(api.install.store.customer("biz_1", invoice.customer_id))
    shown = api.get(link(api, invoice)).json
    assert [one["number"] for one in shown["invoices"]] == [invoice.number]
    assert shown["business"]["name"] == "Harbour & Pine"
    assert shown["customer_name"] == "Ada Byron"
    assert [one["last4"] for one in shown["payment_methods"]] == ["4242"]


def test_a_customers_link_shows_the_open_invoices(api: Api) -> None:
    invoice = unpaid(api)
    customer = api.install.store.customer("biz_1", invoice.customer_id)
    paid = api.install.invoice(customer)
    api.install.settle()
    other = unpaid(api)
    path = customers_link(api, customer)
    assert [one["number"] for one in api.get(path).json["invoices"]] == [invoice.number]
    assert api.get(f"{path}/status?invoice_id={paid.id}").json["status"] == "paid"
    assert api.get(f"{path}/status").code == "invoice_missing"
    assert api.get(f"{path}/status?invoice_id={other.id}").code == "link_not_found"


def test_what_happens_next_is_said_with_its_day(api: Api) -> None:
    shown = state(api, link(api, unpaid(api)))
    assert shown["next_step"] == (
        "We will charge $89.00 to your Visa ending 4242 on January 31, 2026. You need do nothing."
    )
    assert (shown["next_on"], shown["status"], shown["can_pay"]) == ("2026-01-31", "open", True)


def test_it_is_said_in_the_payers_language(api: Api) -> None:
    customer = api.install.customer(card=None, locale="de-DE")
    invoice = api.install.invoice(customer, due_on=datetime(2026, 2, 1, tzinfo=UTC).date())
    shown = state(api, link(api, invoice))
    assert (
        shown["next_step"] == "Bitte zahlen Sie 89,00\N{NO-BREAK SPACE}$ bis zum 1. Februar 2026."
    )


def test_paying_is_asked_for_here_and_done_by_a_worker(api: Api) -> None:
    path = link(api, unpaid(api))
    asked = api.post(f"{path}/pay")
    assert (asked.status, asked.json["status"], asked.json["can_pay"]) == (202, "processing", False)
    assert asked.json["next_step"] == ("Your payment of $89.00 is being made. This takes a moment.")
    api.install.settle()
    done = api.get(f"{path}/{asked.json['status_url']}").json
    assert (done["status"], done["amount_paid"], done["amount_remaining"]) == ("paid", 8900, 0)
    assert done["next_step"] == "This invoice is paid. Thank you."


def test_a_bank_that_asks_gets_its_answer_on_its_own_page(api: Api) -> None:
    invoice = unpaid(api, card=None)
    path = link(api, invoice)
    page = api.post(f"{path}/setup-session").json["url"]
    setup = api.install.stripe.complete_checkout(page.rpartition("/")[2], "4000002760003184")
    api.install.stripe.authenticate(setup["id"], passed=True)
    api.install.settle()
    pay = api.post(f"{path}/pay", {"return_url": f"{api.install.ports.links.portal}/back"})
    assert pay.status == 202
    api.install.settle()
    shown = api.get(f"{path}/status").json
    assert shown["status"] == "confirm"
    assert shown["next_step"].startswith("Your bank asks you to confirm $89.00")
    assert shown["confirm_url"].startswith("http")
    intent_id = api.install.read(invoice).payments[-1].intent_id
    assert intent_id is not None
    api.install.stripe.authenticate(intent_id, passed=True)
    api.install.settle()
    assert api.get(f"{path}/status").json["status"] == "paid"


def after_decline(cause: str) -> str:
    """Everything the portal shows after a try that was declined so, with none planned."""
    install = Install.at()
    install.business()
    api = Api(install, user=None)
    provide(api.context)
    path = link(api, unpaid(api, auto_charge=False))
    install.stripe.script_card(VISA, [cause])
    assert api.post(f"{path}/pay").status == 202
    install.settle()
    return api.get(path).text + api.get(f"{path}/status").text


@pytest.mark.parametrize("cause", HUSHED)
def test_a_cause_that_must_not_be_told_reads_like_any_other(api: Api, cause: str) -> None:
    told = after_decline(cause)
    assert "Your bank did not approve $89.00" in told
    for word in NEVER_SAID:
        assert word not in told.lower()
    assert told == after_decline(ORDINARY)


def test_whoever_cannot_be_charged_is_told_so_kindly(api: Api) -> None:
    path = link(api, unpaid(api, card=None))
    refused = api.post(f"{path}/pay")
    assert (refused.status, refused.code) == (409, "payment_not_possible")
    assert refused.json["detail"] == (
        "This payment cannot be made right now. Use another card, or contact Harbour & Pine."
    )


def test_a_second_click_is_not_a_second_payment(api: Api) -> None:
    path = link(api, unpaid(api))
    first = api.post(f"{path}/pay", key="click")
    assert api.post(f"{path}/pay", key="click").text == first.text
    api.install.settle()
    refused = api.post(f"{path}/pay", key="later")
    assert refused.json["detail"] == "This invoice is paid. Thank you."


def test_staffs_keys_and_payers_keys_do_not_meet(api: Api) -> None:
    path = link(api, unpaid(api))
    api.user = "user_admin"
    api.post("/v1/customers", {"name": "x", "email": "x@example.com"}, key="same")
    assert api.post(f"{path}/pay", key="same").status == 202


def test_five_tries_an_hour_and_no_more(api: Api) -> None:
    path = link(api, unpaid(api, card=FUNDS))
    for _ in range(5):
        assert api.post(f"{path}/pay").status == 202
        api.install.settle()
        api.install.clock.advance(minutes=1)
    refused = api.post(f"{path}/pay")
    assert (refused.status, refused.code) == (429, "too_many_tries")
    assert refused.headers["Retry-After"] == str(55 * 60)
    api.install.clock.advance(minutes=55)
    assert api.post(f"{path}/pay").status == 202


def test_a_card_is_added_on_stripes_page_and_charged_at_once(api: Api) -> None:
    invoice = unpaid(api, card=FUNDS)
    path = link(api, invoice)
    api.post(f"{path}/pay")
    api.install.settle()
    page = api.post(f"{path}/setup-session")
    assert page.status == 201
    session_id = page.json["url"].rpartition("/")[2]
    api.install.stripe.complete_checkout(session_id, VISA)
    api.install.settle()
    assert state(api, path)["status"] == "paid"


def test_five_card_pages_an_hour_and_no_more(api: Api) -> None:
    path = link(api, unpaid(api))
    assert [api.post(f"{path}/setup-session").status for _ in range(6)] == [201] * 5 + [429]
    api.install.clock.advance(hours=1)
    assert api.post(f"{path}/setup-session").status == 201


@pytest.mark.parametrize("where", ["https://evil.example/", "https://pay.example.evil.example/"])
def test_a_payer_is_sent_back_to_us_only(api: Api, where: str) -> None:
    path = link(api, unpaid(api))
    assert api.post(f"{path}/pay", {"return_url": where}).code == "return_url_invalid"
    assert api.post(f"{path}/setup-session", {"cancel_url": where}).code == "return_url_invalid"


def test_nothing_stored_opens_anything(api: Api) -> None:
    """The token itself is nowhere in the table, whatever was done with the link."""
    path = link(api, unpaid(api))
    token = path.rpartition("/")[2]
    home = api.install.ports.links.portal
    assert api.post(f"{path}/pay", {"return_url": f"{home}/{token}"}).code == "return_url_invalid"
    api.post(f"{path}/pay")
    api.post(f"{path}/setup-session")
    api.install.settle()
    store = api.install.store
    stored = repr(list(store.all_facts())) + json.dumps(store.exported_side()) + repr(store.heads)
    assert token not in stored


NO_LINK = {"code": "link_not_found", "status": 404}
CALLS = [
    ("GET", ""),
    ("GET", "/status"),
    ("GET", "/pdf"),
    ("POST", "/pay"),
    ("POST", "/setup-session"),
]


@pytest.mark.parametrize(("method", "rest"), CALLS)
@pytest.mark.parametrize("broken", ["unknown", "expired", "revoked", "malformed", "short"])
def test_a_link_that_is_no_good_never_says_why(
    api: Api, method: str, rest: str, broken: str
) -> None:
    path = link(api, unpaid(api))
    token_hash = portal_links.hash_of(path.rpartition("/")[2])
    store, now = api.install.store, api.install.clock.now()
    known = store.links[token_hash]
    if broken == "expired":
        store.links[token_hash] = replace(known, expires_at=now)
    if broken == "revoked":
        store.links[token_hash] = replace(known, revoked_at=now - timedelta(days=1))
    tried = {
        "unknown": "/v1/portal/" + "u" * 43,
        "malformed": "/v1/portal/%2e%2e%2f" + "x" * 40,
        "short": "/v1/portal/x",
    }.get(broken, path)
    refused = _call(api, method, tried + rest)
    expected = _call(api, method, "/v1/portal/" + "n" * 43 + rest)
    assert {name: refused.json[name] for name in NO_LINK} == NO_LINK
    assert refused.text == expected.text
    assert set(refused.headers) == set(expected.headers)


@pytest.mark.parametrize(("method", "rest"), CALLS[1:4])
def test_a_link_opens_no_other_invoice(api: Api, method: str, rest: str) -> None:
    own, others = unpaid(api), unpaid(api)
    path = link(api, own) + rest
    if method == "GET":
        refused = api.get(f"{path}?invoice_id={others.id}")
    else:
        refused = api.post(path, {"invoice_id": others.id})
    assert (refused.status, refused.code) == (404, "link_not_found")


def test_a_draft_is_not_shown(api: Api) -> None:
    api.user = "user_admin"
    customer = api.install.customer()
    body = {"customer_id": customer.id, "lines": [{"description": "x", "unit_amount": 100}]}
    draft = api.post("/v1/invoices", body).json["id"]
    path = customers_link(api, customer)
    assert api.get(f"{path}/status?invoice_id={draft}").code == "link_not_found"


def test_looking_changes_nothing(api: Api) -> None:
    """A mail scanner that follows every link neither pays nor uses it up."""
    path = link(api, unpaid(api))
    before = repr(list(api.install.store.all_facts())), api.install.stripe.calls
    for _ in range(3):
        assert api.get(path).status == 200
    assert (repr(list(api.install.store.all_facts())), api.install.stripe.calls) == before
    assert api.post(f"{path}/pay").status == 202


def test_the_pdf_is_had_through_the_link(api: Api) -> None:
    path = link(api, unpaid(api))
    assert api.get(f"{path}/pdf").code == "document_not_ready"
    api.install.settle()
    assert api.get(f"{path}/pdf").status == 303


def _call(api: Api, method: str, path: str) -> Answer:
    return api.get(path) if method == "GET" else api.post(path)
