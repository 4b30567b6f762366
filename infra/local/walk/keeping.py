"""Numbers seven to twelve: groups, policies, follow-up, lists, connecting, importing."""

from __future__ import annotations

import urllib.parse
import urllib.request

from infra.local import payer
from infra.local.walk.desk import ZONE, Desk, must


def billing_groups(desk: Desk) -> None:
    """7: two customers on one consolidated invoice that names them, sent to the contact; and every
    month from now on, on the group's own day."""
    acme = {"name": "Acme Corp", "email": "ap@acme.example", "terms": "net_14", "billing_day": 28}
    made = desk.post("/v1/groups", acme, 201)
    group = made["id"]
    must(made["next_bill_at"][8:10], "28", "a billing day")
    for name in ("Seven North", "Seven South"):
        customer = desk.customer(name, card=None)
        desk.post(f"/v1/groups/{group}/members", {"customer_id": customer})
        wish = {"customer_id": customer, "product": "Laptop", "unit_amount": 8900}
        desk.post("/v1/subscriptions", wish | {"start_on": desk.day(0)}, 201)
    two_periods = {"last_on": desk.day(40)}
    previewed = desk.post(f"/v1/groups/{group}/invoices/preview", two_periods)
    (invoice,) = desk.post(f"/v1/groups/{group}/invoices", two_periods, 201)["data"]
    names = [line["customer_name"] for line in invoice["lines"]]
    twice = ["Seven North", "Seven North", "Seven South", "Seven South"]
    must((previewed["total"], names), (35600, twice), "consolidated")
    again = desk.post(f"/v1/groups/{group}/invoices", two_periods, 201)
    must(again["data"], [], "nothing is billed twice")
    removed = desk.get(f"/v1/groups/{group}")["members"][0]["customer_id"]
    desk.post(f"/v1/groups/{group}/members/{removed}/remove", {"until_on": desk.day(40)})


def dunning_policies(desk: Desk) -> None:
    """8: a policy in versions, tried on the past and today's open book, given to a customer."""
    made = desk.post("/v1/dunning-policies", {"name": "Patient", "grace_days": 7}, 201)["id"]
    changed = desk.patch(f"/v1/dunning-policies/{made}", {"grace_days": 14})
    must((changed["version"], changed["grace_days"]), (2, 14), "a version")
    customer = desk.customer("Eight Patient", card=None)
    desk.post("/v1/dunning-policies/assign", {"customer_id": customer, "policy_id": made})
    desk.invoice(customer, 4000, due_on=desk.day(9))
    tried = desk.post("/v1/dunning-policies/dry-run", {"policy_id": made, "changes": {}})
    must(isinstance(tried, dict), True, "a dry run")


def follow_up(desk: Desk) -> None:
    """9: a promise, a note, a snooze, a hold and its lifting; the list of whom to call."""
    customer = desk.customer("Nine Promised", card=None)
    invoice = desk.invoice(customer, 4400, due_on=desk.day(5))["id"]
    path = f"/v1/invoices/{invoice}"
    promise = {"promised_on": desk.day(6), "by": "Nine", "amount": 4400, "told_by": "phone"}
    desk.post(f"{path}/promises", promise, 201)
    must(desk.get(path)["hold"]["kind"], "promise", "promised")
    desk.post(f"{path}/notes", {"text": "Calls back on Friday."}, 201)
    desk.post(f"{path}/hold/lift", {"reason": "Paid elsewhere."})
    desk.post(f"{path}/snooze", {"until_on": desk.day(8)})
    desk.post(f"{path}/hold", {"reason": "Waits for a credit note.", "until_on": desk.day(9)})
    desk.post(f"{path}/hold/lift", {"reason": "It is out."})
    must(desk.get(path)["hold"], None, "lifted")
    desk.get("/v1/call-list")


def lists(desk: Desk) -> None:
    """10: filtered, sorted, searched; timeline, statement, the audit of anything."""
    customer = desk.customer("Ten Listed")
    paid = desk.paid_invoice(customer)
    shown = desk.get(f"/v1/invoices?customer_id={customer}&status=paid&sort=amount")["data"]
    must([one["id"] for one in shown], [paid["id"]], "invoices")
    payments = desk.get(f"/v1/payments?customer_id={customer}")["data"]
    must(len(payments), 1, "payments")
    found = desk.get(f"/v1/search?q={urllib.parse.quote('ten listed')}")
    must(customer in str(found), True, "found by name")
    must(len(desk.get(f"/v1/customers/{customer}/timeline")["data"]) > 3, True, "timeline")
    statement = desk.get(
        f"/v1/customers/{customer}/statement?from_on={desk.day(-30)}&to_on={desk.day(0)}"
    )
    must("8900" in str(statement), True, "statement")
    audit = desk.get(f"/v1/audit?subject=invoice&id={paid['id']}")
    must(audit["verified"], True, "audit")


def connecting(desk: Desk) -> None:
    """11: users, settings and a client of the business's own, whose token works until revoked."""
    account = desk.get("/v1/business/stripe-account")
    must((account["stripe_account"], account["can_charge"]), (desk.account, True), "connected")
    desk.patch("/v1/business", {"part_payment_minimum": 1000})
    desk.patch("/v1/business", {"zone": "Nowhere/Land"}, 422)
    client = desk.post("/v1/api-clients", {"name": "Shop", "role": "viewer"}, 201)
    form = {
        "grant_type": "client_credentials",
        "client_id": client["id"],
        "client_secret": client["client_secret"],
    }
    url = desk.outputs["PublicUrl"].rstrip("/") + "/v1/oauth/token"
    data = urllib.parse.urlencode(form).encode()
    request = urllib.request.Request(url, data)  # noqa: S310 -- this machine's own
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        must(b"access_token" in answer.read(), True, "a token")
    desk.delete(f"/v1/api-clients/{client['id']}")
    must(len(desk.get("/v1/users")["data"]), 1, "users")


def importing(desk: Desk) -> None:
    """12: tried, done, and done again without duplicates; what is wrong is named by its row."""
    rows = "name,email\nTwelve First,first@example.com\nNobody,\n"
    body = {"kind": "customers", "content": rows, "dry_run": True}
    tried = desk.post("/v1/imports", body, 202)["id"]
    known = desk.until(f"/v1/imports/{tried}", lambda one: one["status"] == "finished")
    must((known["counts"]["created"], known["counts"]["refused"]), (1, 1), "a dry run")
    for created, again in ((1, 0), (0, 1)):
        begun = desk.post("/v1/imports", body | {"dry_run": False}, 202)["id"]
        done = desk.until(f"/v1/imports/{begun}", lambda one: one["status"] == "finished")
        must((done["counts"]["created"], done["counts"]["known"]), (created, again), "imported")


def open_business(desk: Desk) -> None:
    """Before all of them: a business of the walk's own, on a Stripe account of its own."""
    wish = {
        "name": f"Walk {desk.run}",
        "currency": "USD",
        "zone": ZONE,
        "country": "US",
    }
    desk.business_id = desk.post("/v1/businesses", wish, 201)["id"]
    back = {"return_url": "https://app.example/back", "refresh_url": "https://app.example/again"}
    page = desk.post("/v1/business/stripe-account", back, 201)
    payer.finish_onboarding(page["url"])
    desk.account = page["stripe_account"]
    desk.post("/v1/business/stripe-account/refresh")
    desk.until("/v1/business/stripe-account", lambda one: bool(one["can_charge"]))


NUMBERS = {
    "7 billing groups": billing_groups,
    "8 dunning policies": dunning_policies,
    "9 follow-up": follow_up,
    "10 lists": lists,
    "11 connect, users, clients": connecting,
    "12 import": importing,
}
