"""Bad input of every kind, for every operation: a clear refusal, and nothing half done."""

from __future__ import annotations

import json
from collections.abc import Iterator
from functools import cache

import pytest

from chalicelib.api.calls import StaffCall
from chalicelib.api.context import provide, wired
from chalicelib.api.operations import OPERATIONS, Operation
from tests.api.client import Answer, Api
from tests.api.test_authorization import client
from tests.api.two_businesses import Two, body_of, path_of, two_businesses
from tests.logs import LogLines

BODIED = [one for one in OPERATIONS if one.body is not None]
NAMING = [one for one in OPERATIONS if one.call is StaffCall and one.parameters]
DEEP = b'{"reason":' * 20_000 + b"1" + b"}" * 20_000
ODD: dict[str, bytes] = {
    "no JSON": b"reason=Because",
    "half": b'{"reason": "Bec',
    "two": b"{} {}",
    "no object": b"[1, 2]",
    "null": b"null",
    "a number": b"1e400",
    "not UTF-8": b'{"reason": "\xff\xfe"}',
    "UTF-16": '{"reason": "x"}'.encode("utf-16"),
    "a lone surrogate": b'{"reason": "\\ud800"}',
    "NUL": b'{"reason": "a\\u0000b"}',
    "a raw NUL": b'{"reason": "a\x00b"}',
    "deep": DEEP,
    "deep lists": b"[" * 30_000 + b"]" * 30_000,
    "not a number": b'{"amount": NaN}',
    "a huge number": b'{"amount": ' + b"9" * 400 + b"}",
    "a huge exponent": b'{"amount": 1e999999}',
    "an unknown field": b'{"surprise": true}',
    "too large": b'{"reason": "' + b"x" * 1_100_000 + b'"}',
}
OTHER_TYPES = ("text/plain", "application/xml", "multipart/form-data", "")


@pytest.fixture(autouse=True)
def _quiet(log_lines: LogLines) -> Iterator[None]:
    assert log_lines is not None
    yield
    provide(wired)


@cache
def world() -> Two:
    return two_businesses()


def caller(operation: Operation) -> tuple[Api, dict[str, str]]:
    view = "admin" if operation.call is StaffCall else "portal"
    return client(world(), view, operation), world().ids(operation.id)


def is_refused(answer: Answer) -> bool:
    told = answer.headers["Content-Type"] == "application/problem+json"
    return told and 400 <= answer.status < 500 and bool(answer.json["what_to_do"])


def facts() -> int:
    return sum(1 for _ in world().install.store.all_facts())


@pytest.mark.parametrize("operation", BODIED, ids=lambda one: one.id)
def test_what_is_no_body_is_refused_and_changes_nothing(operation: Operation) -> None:
    api, ids = caller(operation)
    path, before = path_of(operation, ids), facts()
    for odd, raw in ODD.items():
        key = {"Idempotency-Key": f"{operation.id}-{odd}"} if operation.method == "POST" else {}
        answer = api.call(operation.method, path, headers=key, raw=raw)
        assert is_refused(answer), (odd, answer.text)
    assert facts() == before


@pytest.mark.parametrize("operation", BODIED, ids=lambda one: one.id)
def test_another_content_type_is_refused(operation: Operation) -> None:
    api, ids = caller(operation)
    path, before = path_of(operation, ids), facts()
    raw = json.dumps(body_of(operation, ids) or {}).encode()
    for kind in OTHER_TYPES:
        key = {"Idempotency-Key": f"{operation.id}-{kind}"} if operation.method == "POST" else {}
        answer = api.call(operation.method, path, headers={"Content-Type": kind} | key, raw=raw)
        assert is_refused(answer), (kind, answer.text)
    assert facts() == before


@pytest.mark.parametrize("operation", NAMING, ids=lambda one: one.id)
def test_ids_of_another_kind_name_nothing(operation: Operation) -> None:
    """An invoice's id where a customer's belongs, and so on, each in turn."""
    api, ids = caller(operation)
    for name in operation.parameters:
        for other in ("customer_id", "invoice_id", "subscription_id", "dispute_id", "user_id"):
            if other == name or ids[other] == ids[name]:
                continue
            before = facts()
            path = path_of(operation, ids | {name: ids[other]})
            answer = api.call(
                operation.method,
                path,
                body_of(operation, ids),
                headers={"Idempotency-Key": f"{operation.id}-{name}-{other}"},
            )
            assert (answer.status, is_refused(answer)) == (404, True), answer.text
            assert facts() == before
