"""Refusals: one form, the right status, never a word too many."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

import pytest

from chalicelib.api.context import provide
from chalicelib.ports.answers import FactExists, StaleHead, Unanswered
from tests.api.client import Api
from tests.logs import LogLines

SECRET = "ada@example.com paid with 4242424242424242"


class FailingStore:
    """Whatever is asked of it, it fails with `error`."""

    def __init__(self, real: Any, error: Exception) -> None:
        self._real = real
        self._error = error

    def __getattr__(self, name: str) -> Any:
        if name == "memberships":
            return self._real.memberships
        raise self._error


def fail_with(api: Api, error: Exception) -> None:
    context = api.context()
    store: Any = FailingStore(context.ports.store, error)
    provide(lambda: replace(context, ports=replace(context.ports, store=store)))


def test_a_fault_of_ours_gives_a_reference_and_nothing_else(api: Api, log_lines: LogLines) -> None:
    fail_with(api, ValueError(SECRET))
    refused = api.get("/v1/business")
    assert (refused.status, refused.code) == (500, "internal_error")
    assert refused.json["detail"] == "Something failed on our side."
    told = [line for line in log_lines() if line["message"] == "request_failed"]
    assert [line["request_id"] for line in told] == [refused.json["reference"]]
    assert [line["error_type"] for line in told] == ["ValueError"]
    for part in SECRET.split():
        assert part not in json.dumps(log_lines()) + refused.text or part in {"paid", "with"}


@pytest.mark.parametrize(
    ("error", "status", "code"),
    [
        (Unanswered("table"), 503, "no_answer"),
        (StaleHead("inv_1"), 409, "busy"),
        (FactExists("created"), 409, "busy"),
    ],
)
def test_what_may_pass_says_when_to_come_again(
    api: Api, error: Exception, status: int, code: str
) -> None:
    fail_with(api, error)
    refused = api.patch("/v1/business", {"name": "x"})
    assert (refused.status, refused.code) == (status, code)
    assert int(refused.headers["Retry-After"]) >= 1
    assert refused.json["what_to_do"]


@pytest.mark.parametrize(
    ("raw", "status", "code"),
    [
        (b'{"name":', 400, "body_not_json"),
        (b"name=Ada", 400, "body_not_json"),
        (b'{"name": "\xff"}', 400, "body_not_json"),
        (b'{"name": "\\ud800"}', 400, "body_not_json"),
        (b"[" * 60_000, 422, "body_invalid"),
        (b'{"x":' * 10_000, 422, "body_invalid"),
        (b"null", 422, "body_invalid"),
        (b" " * 65_537, 413, "body_too_large"),
    ],
)
def test_a_body_that_is_none(api: Api, raw: bytes, status: int, code: str) -> None:
    refused = api.call("POST", "/v1/customers", raw=raw, headers={"Idempotency-Key": "k"})
    assert (refused.status, refused.code) == (status, code)


def test_a_body_where_none_belongs(api: Api) -> None:
    customer = api.install.customer()
    path = f"/v1/customers/{customer.id}/payment-methods/{customer.default_method_id}/default"
    assert api.post(path, {"default": True}).code == "body_unexpected"
    assert api.post(path, {}).status == 200


@pytest.mark.parametrize("content_type", ["text/plain", "application/x-www-form-urlencoded"])
def test_only_json_is_taken(api: Api, content_type: str) -> None:
    refused = api.post("/v1/customers", {}, **{"Content-Type": content_type})
    assert (refused.status, refused.code) == (415, "media_type_unsupported")


def test_json_with_a_charset_is_json(api: Api) -> None:
    body = {"name": "Ada", "email": "ada@example.com"}
    made = api.post("/v1/customers", body, **{"Content-Type": "application/json; charset=utf-8"})
    assert made.status == 201


def test_a_pointer_is_a_json_pointer(api: Api) -> None:
    body = {"name": "Ada", "email": "a@example.com", "a/b~c": 1}
    (error,) = api.post("/v1/customers", body).json["errors"]
    assert error["pointer"] == "/a~1b~0c"


def test_nobody_is_told_more_before_he_is_known(api: Api) -> None:
    """Body, key and id are looked at only after the caller."""
    api.user = None
    assert api.call("POST", "/v1/customers", raw=b"{").status == 401
    assert api.get("/v1/customers/x?limit=x").status == 401
    api.user = "user_viewer"
    assert api.call("POST", "/v1/customers", raw=b"{").status == 403


def test_no_personal_data_reaches_the_log(api: Api, log_lines: LogLines) -> None:
    body = {"name": "Canary Name", "email": "canary@example.com", "phone": "+12075550142"}
    made = api.post("/v1/customers", body, key="canary-key").json
    api.get(f"/v1/customers/{made['id']}")
    api.post("/v1/customers", {**body, "email": "canary"})
    api.post("/v1/customers", {**body, "canary": 1})
    written = json.dumps(log_lines())
    assert written.count('"request"') >= 4
    for canary in ("Canary", "canary", "12075550142", "Bearer", "eyJ"):
        assert canary not in written
