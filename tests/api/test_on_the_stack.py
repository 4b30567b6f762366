"""The API as it is deployed: HTTP through the gateway, Lambdas, queues and the real table."""

from __future__ import annotations

import json
import time
import urllib.error
import urllib.request
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

import pytest

from chalicelib.domain.business import Business
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.team import Role
from chalicelib.services import businesses, team
from infra.local import payer
from infra.local.inside import ports_inside
from infra.local.world import World
from tests.fakes.install import VISA

pytestmark = pytest.mark.emulator
BUSINESS, USER = "biz_api", "user_api"


@dataclass
class Reply:
    status: int
    headers: dict[str, str]
    text: str

    @property
    def json(self) -> Any:
        return json.loads(self.text)


class _Stay(urllib.request.HTTPRedirectHandler):
    def redirect_request(self, *_: Any, **__: Any) -> None:
        return None


@dataclass
class Http:
    """A client of the deployed API, signed in."""

    world: World
    sent: dict[str, str] = field(default_factory=dict)
    keys: int = 0

    def __call__(self, method: str, path: str, body: Any = None, **headers: str) -> Reply:
        self.keys += 1
        keyed = {"Idempotency-Key": f"stack-{self.keys}"} if method == "POST" else {}
        request = urllib.request.Request(
            self.world.url + path,
            method=method,
            data=None if body is None else json.dumps(body).encode(),
            headers={"Content-Type": "application/json", **self.sent, **keyed, **headers},
        )
        opener = urllib.request.build_opener(_Stay)
        try:
            with opener.open(request, timeout=60) as reply:
                return Reply(reply.status, dict(reply.headers), reply.read().decode())
        except urllib.error.HTTPError as refusal:
            return Reply(refusal.code, dict(refusal.headers), refusal.read().decode())


@pytest.fixture(scope="module")
def http(stack: World) -> Http:
    ports = ports_inside(stack.outputs)
    business = Business(id=BUSINESS, name="Harbour & Pine", currency="USD", zone="America/New_York")
    businesses.create_business(ports, business, actor=SYSTEM)
    team.add_member(ports, BUSINESS, USER, Role.ADMIN, actor=SYSTEM)
    return Http(stack, {"Authorization": f"Bearer {stack.issuer.sign(USER)}"})


def eventually(look: Callable[[], Reply], holds: Callable[[Reply], bool]) -> Reply:
    deadline = time.monotonic() + 60
    while not holds(found := look()) and time.monotonic() < deadline:
        time.sleep(0.5)
    return found


@pytest.fixture(scope="module")
def paid(http: Http) -> Reply:
    """An invoice that was sent and charged at once, from a customer made for it."""
    ada = {"name": "Ada Byron", "email": "ada@example.com"}
    customer = http("POST", "/v1/customers", ada, **{"Idempotency-Key": "ada"})
    assert customer.status == 201, customer.text
    replayed = http("POST", "/v1/customers", ada, **{"Idempotency-Key": "ada"})
    assert (replayed.text, replayed.headers["Idempotent-Replayed"]) == (customer.text, "true")

    page = http(
        "POST",
        "/v1/setup-sessions",
        {
            "customer_id": customer.json["id"],
            "success_url": "https://app.example/saved",
            "cancel_url": "https://app.example/back",
        },
    ).json
    payer.save_card(page["url"], VISA)
    assert http("POST", f"/v1/setup-sessions/{page['id']}/complete").status == 200

    lines = [{"description": "Consulting", "unit_amount": 8900}]
    body = {"customer_id": customer.json["id"], "lines": lines, "finalize": True}
    path = f"/v1/invoices/{http('POST', '/v1/invoices', body).json['id']}"
    return eventually(lambda: http("GET", path), lambda reply: reply.json["status"] == "paid")


def test_from_a_customer_to_a_paid_invoice(http: Http, paid: Reply) -> None:
    assert (paid.json["status"], paid.json["amount_paid"]) == ("paid", 8900)
    path = f"/v1/invoices/{paid.json['id']}"
    trail = http("GET", f"{path}/facts").json
    assert (trail["chain_is_whole"], trail["head_follows"]) == (True, True)
    link = eventually(lambda: http("GET", f"{path}/pdf"), lambda reply: reply.status == 303)
    assert link.headers["Location"] == link.json["url"]
    with urllib.request.urlopen(link.json["url"], timeout=20) as file:
        assert file.read(5) == b"%PDF-"


def test_the_paid_invoice_is_listed_found_stated_and_audited(http: Http, paid: Reply) -> None:
    asked = "/v1/payments?status=paid&sort=amount"  # an index finds it, a moment later
    said = eventually(lambda: http("GET", asked), lambda reply: reply.json["data"])
    (listed,) = said.json["data"]
    assert (listed["amount"], listed["customer_name"]) == (8900, "Ada Byron")
    for sort in ("due_on", "amount", "customer_name", "status"):
        (invoice,) = http("GET", f"/v1/invoices?status=paid&sort={sort}").json["data"]
        assert invoice["id"] == listed["invoice_id"] == paid.json["id"]
    for text in ("byr", invoice["number"], listed["payment_id"]):
        hits = http("GET", f"/v1/search?q={text}").json["data"]
        assert listed["customer_id"] in {hit["customer_id"] for hit in hits}

    customer = f"/v1/customers/{listed['customer_id']}"
    moments = http("GET", f"{customer}/timeline?limit=100").json["data"]
    assert "Paid $89.00." in {one["words"] for one in moments}
    period = "from_on=2020-01-01&to_on=2199-12-31"
    said = http("GET", f"{customer}/statement?{period}").json
    assert (said["charges"], said["credits"], said["closing_balance"]) == (8900, 8900, 0)
    audit = f"subject=invoice&id={invoice['id']}"
    assert http("GET", f"/v1/audit?{audit}").json["verified"] is True
    for path, begin in {
        f"{customer}/statement/pdf?{period}": b"%PDF-",
        f"/v1/audit/export?{audit}": b'{"subject":"invoice"',
        f"/v1/audit/export?{audit}&format=csv": b"seq,at,kind",
    }.items():
        link = http("GET", path)
        assert link.status == 303, link.text
        with urllib.request.urlopen(link.json["url"], timeout=20) as file:
            assert file.read(len(begin)) == begin


def test_a_file_comes_in_and_its_customers_are_billed_as_a_group(http: Http) -> None:
    rows = [f"N{number:03} Byron,n{number}@example.com" for number in range(110)]
    body = {"kind": "customers", "content": "\n".join(["Name,Email", *rows, "Nobody,", ""])}
    begun = http("POST", "/v1/imports", body)
    assert begun.status == 202, begun.text
    path = f"/v1/imports/{begun.json['id']}"
    done = eventually(lambda: http("GET", path), lambda reply: reply.json["status"] == "finished")
    assert done.json["counts"] == {"created": 110, "changed": 0, "known": 0, "refused": 1}
    link = http("GET", f"{path}/result").json["url"]
    with urllib.request.urlopen(link, timeout=20) as file:
        assert b"112,refused,Nobody,,The e-mail address is missing." in file.read()

    acme = {"name": "Acme Corp", "email": "ap@acme.example", "terms": "net_14"}
    group = http("POST", "/v1/groups", acme).json["id"]
    for one in http("GET", f"{path}/rows?limit=2").json["data"]:
        member = {"customer_id": one["id"]}
        assert http("POST", f"/v1/groups/{group}/members", member).status == 200
        starts = http("GET", f"/v1/groups/{group}").json["members"][0]["from_on"]
        laptop = member | {"product": "Laptop", "unit_amount": 8900, "start_on": starts}
        assert http("POST", "/v1/subscriptions", laptop).status == 201
    (invoice,) = http("POST", f"/v1/groups/{group}/invoices", {}).json["data"]
    named = [(line["customer_name"], line["amount"]) for line in invoice["lines"]]
    assert named == [("N000 Byron", 8900), ("N001 Byron", 8900)]
    pdf = f"/v1/invoices/{invoice['id']}/pdf"
    assert eventually(lambda: http("GET", pdf), lambda reply: reply.status == 303).status == 303


def test_who_is_not_known_learns_nothing(http: Http, stack: World) -> None:
    stranger = Http(stack)
    refused = stranger("GET", "/v1/customers")
    assert (refused.status, refused.json["code"]) == (401, "token_missing")
    assert refused.headers["Content-Type"] == "application/problem+json"
    other = stack.issuer.sign(USER, client_id="somebody-else")
    assert http("GET", "/v1/customers", Authorization=f"Bearer {other}").status == 401
    assert stranger("GET", "/v1/portal/" + "x" * 43).json["code"] == "link_not_found"


def test_a_forged_event_is_refused(stack: World) -> None:
    forged = {"Stripe-Signature": "t=1,v1=00"}
    refused = Http(stack)("POST", "/webhooks/stripe", {"id": "evt_1"}, **forged)
    assert (refused.status, refused.json["code"]) == (400, "signature_stale")


def test_the_description_is_served(stack: World) -> None:
    served = Http(stack)("GET", "/v1/openapi.json")
    assert (served.status, served.json["openapi"]) == (200, "3.1.0")
