"""Early fraud warnings by the API: the board, what to do, and the release of a card."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.api.context import provide, wired
from tests.api.client import Api
from tests.api.two_businesses import Two, two_businesses
from tests.logs import LogLines


@pytest.fixture
def two(log_lines: LogLines) -> Iterator[Two]:
    assert log_lines is not None
    yield two_businesses()
    provide(wired)


@pytest.fixture
def api(two: Two) -> Api:
    api = Api(two.install, user="user_accountant")
    provide(api.context)
    return api


def test_the_board_says_what_to_do(api: Api, two: Two) -> None:
    warning_id = two.own["fraud_warning_id"]
    (listed,) = api.get("/v1/fraud-warnings").json["data"]
    assert (listed["id"], listed["stage"], listed["actionable"]) == (warning_id, "actionable", True)
    assert listed["fraud_type"] == "unauthorized_use_of_card"
    assert listed["fraud_type_in_words"] == "the card's owner did not authorise it"
    assert "Refund it in full" in listed["advice"]
    assert api.get(f"/v1/fraud-warnings/{warning_id}").json == listed
    for stage, found in (("actionable", 1), ("blocked", 0), ("released", 0)):
        assert len(api.get(f"/v1/fraud-warnings?stage={stage}").json["data"]) == found
    assert api.get("/v1/fraud-warnings?stage=lost").status == 400


def test_the_invoice_shows_it(api: Api, two: Two) -> None:
    warning = api.get(f"/v1/fraud-warnings/{two.own['fraud_warning_id']}").json
    invoice = api.get(f"/v1/invoices/{warning['invoice_id']}").json
    assert invoice["hold"]["kind"] == "fraud_warning"
    assert [one["fraud_warning_id"] for one in invoice["payments"]] == [warning["id"]]


def test_a_card_is_released_with_a_reason_and_once(api: Api, two: Two) -> None:
    path = f"/v1/fraud-warnings/{two.own['fraud_warning_id']}/release"
    assert api.post(path, {}).status == 422
    body = {"reason": "They called: the card is theirs."}
    first = api.post(path, body, key="release-1")
    assert (first.status, first.json["stage"]) == (200, "released")
    assert api.post(path, body, key="release-1").json == first.json
    assert api.post(path, {"reason": "Again."}).json == first.json
    assert api.get("/v1/fraud-warnings").json["data"] == []
    missing = api.post("/v1/fraud-warnings/issfr_unknown/release", body)
    assert (missing.status, missing.code) == (404, "fraud_warning_not_found")


def test_a_dispute_names_the_warning_before_it(api: Api, two: Two) -> None:
    warning = api.get(f"/v1/fraud-warnings/{two.own['fraud_warning_id']}").json
    made = two.install.stripe.dispute(warning["charge_id"])
    two.install.settle()
    assert api.get(f"/v1/disputes/{made['id']}").json["fraud_warning_id"] == warning["id"]
    after = api.get(f"/v1/fraud-warnings/{warning['id']}").json
    assert (after["stage"], after["dispute_id"]) == ("blocked", made["id"])
