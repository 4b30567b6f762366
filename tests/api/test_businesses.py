"""A business's settings, and the test clocks to try them with."""

from __future__ import annotations

import pytest

from chalicelib.ports.outside import QueueName
from chalicelib.services import clocks
from tests.api.client import Api

BUSINESS = "/v1/business"
CLOCKS = "/v1/test-clocks"


def test_settings_are_read_and_changed_one_by_one(api: Api) -> None:
    before = api.get(BUSINESS).json
    changed = api.patch(
        BUSINESS, {"default_terms": "net_14", "bank": {"iban": "DE02120300000000202051"}}
    )
    assert changed.json == before | {
        "default_terms": "net_14",
        "bank": before["bank"] | {"iban": "DE02120300000000202051"},
    }


def test_what_is_not_offered_cannot_be_saved(api: Api) -> None:
    changed = api.patch("/v1/business", {"online_methods": ["card"]}).json
    assert changed["online_methods"] == ["card"]
    customer = api.install.customer(card=None)
    session = api.install.open_page("biz_1", customer.id)
    page = api.install.stripe.account().sessions[session]
    assert page["allowed_payment_method_types"] == ["card"]
    refused = api.patch("/v1/business", {"online_methods": []})
    assert (refused.status, refused.code) == (422, "online_methods_invalid")


def test_a_limit_is_set_and_taken_away_again(api: Api) -> None:
    limits = {"refund_approval_above": 50_000, "part_payment_minimum": 1000}
    before = api.get(BUSINESS).json
    assert [before[name] for name in limits] == [None, None]
    assert api.patch(BUSINESS, limits).json == before | limits
    gone = dict.fromkeys(limits)
    assert api.patch(BUSINESS, gone).json == before


def test_a_changed_policy_is_another_version(api: Api) -> None:
    assert api.get(BUSINESS).json["policy"]["version"] == 1
    changes = {"policy": {"offsets_seconds": [0, 86400], "when_exhausted": "keep"}}
    changed = api.patch(BUSINESS, changes).json["policy"]
    assert (changed["version"], changed["offsets_seconds"]) == (2, [0, 86400])
    assert api.patch(BUSINESS, changes).json["policy"] == changed


@pytest.mark.parametrize(
    "field",
    ["id", "version", "chain", "stripe_account", "charges_enabled", "deauthorized_at",
     "test_clock_id", "can_charge"],
)  # fmt: skip
def test_what_is_not_a_setting_cannot_be_set(api: Api, field: str) -> None:
    refused = api.patch(BUSINESS, {field: "x"})
    assert [error["pointer"] for error in refused.json["errors"]] == [f"/{field}"]


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"zone": "Mars/Base"}, "zone_invalid"),
        ({"zone": "../../etc/passwd"}, "body_invalid"),
        ({"zone": ""}, "body_invalid"),
        ({"country": "Germany"}, "body_invalid"),
        ({"name": None}, "body_invalid"),
        ({"policy": {"offsets_seconds": [60, 0]}}, "policy_invalid"),
        ({"policy": {"offsets_seconds": [0, 0]}}, "policy_invalid"),
        ({"policy": {"offsets_seconds": []}}, "body_invalid"),
        ({"policy": {"visa_cap_30_days": 1000}}, "body_invalid"),
        ({"invoice_prefix": "INV\n"}, "body_invalid"),
        ({"refund_approval_above": -1}, "body_invalid"),
        ({"part_payment_minimum": 10.5}, "body_invalid"),
    ],
)
def test_a_setting_that_cannot_be_is_refused(
    api: Api, changes: dict[str, object], code: str
) -> None:
    refused = api.patch(BUSINESS, changes)
    assert (refused.status, refused.code) == (422, code)


def test_a_clock_comes_with_a_business_of_its_own(api: Api) -> None:
    clock = api.post(CLOCKS, {"now_at": "2026-03-01T13:00:00+01:00"})
    assert clock.status == 201
    assert (clock.json["now_at"], clock.json["status"]) == ("2026-03-01T12:00:00Z", "ready")
    api.headers = {"Duecourse-Business": clock.json["business_id"]}
    business = api.get(BUSINESS).json
    assert (business["name"], business["now_at"]) == (
        "Harbour & Pine (test)", "2026-03-01T12:00:00Z",
    )  # fmt: skip
    assert api.get("/v1/customers").json["data"] == []


def test_a_year_passes_in_one_call(api: Api) -> None:
    clock = api.post(CLOCKS, {"now_at": "2026-01-01T12:00:00Z"}).json
    api.headers = {"Duecourse-Business": clock["business_id"]}
    customer = api.install.customer(clock["business_id"])
    plan = {
        "customer_id": customer.id,
        "product": "Platform",
        "unit_amount": 8900,
        "start_on": "2026-01-01",
        "contract_end_on": "2026-12-31",
    }
    api.post("/v1/subscriptions", plan)
    path = f"{CLOCKS}/{clock['id']}"
    moving = api.post(f"{path}/advance", {"to": "2026-12-31T12:00:00Z"})
    assert (moving.status, moving.json["status"]) == (202, "advancing")
    assert api.post(f"{path}/advance", {"to": "2026-12-31T13:00:00Z"}).code == "clock_advancing"
    api.install.settle()
    arrived = api.get(path).json
    assert (arrived["status"], arrived["now_at"]) == ("ready", "2026-12-31T12:00:00Z")
    invoices = api.get("/v1/invoices?limit=100").json["data"]
    assert [one["status"] for one in invoices] == ["paid"] * 12


def test_the_same_key_makes_one_clock_and_one_business(api: Api) -> None:
    body = {"now_at": "2026-03-01T12:00:00Z"}
    first = api.post(CLOCKS, body, key="k1").json
    assert api.post(CLOCKS, body, key="k1").json == first, "without naming the business, as before"
    assert len(api.install.store.businesses().items) == 2


@pytest.mark.parametrize(
    ("to", "code"),
    [
        ("2026-02-28T12:00:00Z", "clock_target_invalid"),
        ("2027-03-03T12:00:00Z", "clock_target_invalid"),
        ("0001-01-01T00:00:00+14:00", "time_invalid"),
        ("9999-12-31T23:59:59-12:00", "time_invalid"),
        ("2026-03-02T12:00:00", "body_invalid"),
    ],
)
def test_a_clock_goes_forward_and_not_too_far(api: Api, to: str, code: str) -> None:
    clock = api.post(CLOCKS, {"now_at": "2026-03-01T12:00:00Z"}).json
    api.headers = {"Duecourse-Business": clock["business_id"]}
    refused = api.post(f"{CLOCKS}/{clock['id']}/advance", {"to": to})
    assert (refused.status, refused.code) == (422, code)


def test_a_message_lost_with_its_lambda_is_sent_by_the_next_try(api: Api) -> None:
    clock = api.post(CLOCKS, {"now_at": "2026-03-01T12:00:00Z"}).json
    api.headers = {"Duecourse-Business": clock["business_id"]}
    path, body = f"{CLOCKS}/{clock['id']}/advance", {"to": "2026-03-02T12:00:00Z"}
    queue = api.install.queue

    class Gone(BaseException):
        pass

    def send(*_: object, **__: object) -> None:
        raise Gone

    queue.send = send  # type: ignore[method-assign]
    with pytest.raises(Gone):
        api.post(path, body, key="k1")
    del queue.send
    api.install.clock.advance(seconds=36)
    assert api.post(path, body, key="k1").status == 202
    assert [one["job"] for one in queue.on(QueueName.BILLING)] == ["advance_clock"]


def test_clocks_are_test_mode(api: Api) -> None:
    api.livemode = True
    refused = api.post(CLOCKS, {"now_at": "2026-03-01T12:00:00Z"})
    assert (refused.status, refused.code) == (409, "test_clocks_are_test_mode")


def test_another_businesss_clock_is_not_found(api: Api) -> None:
    clocks.create_clock(api.install.ports, "biz_2", "clk_other", api.install.clock.now())
    other = api.get(f"{CLOCKS}/clk_other")
    unknown = api.get(f"{CLOCKS}/clk_none")
    assert (other.status, other.text) == (404, unknown.text)
