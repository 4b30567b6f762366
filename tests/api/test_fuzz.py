"""Whatever is sent, the answer is one of those described, and never a fault of ours."""

from __future__ import annotations

import copy
import json
from collections.abc import Iterator
from functools import cache
from typing import Any
from zlib import crc32

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from msgspec import structs

from chalicelib.api.calls import StaffCall
from chalicelib.api.context import provide, wired
from chalicelib.api.operations import OPERATIONS, Operation
from tests.api.client import Api
from tests.api.test_authorization import client
from tests.api.two_businesses import BODIES, Two, body_of, path_of, two_businesses
from tests.logs import LogLines

BODIED = [one for one in OPERATIONS if one.body is not None]
QUERIED = [one for one in OPERATIONS if one.query is not None and one.call is StaffCall]
GENTLE = settings(
    max_examples=25,
    deadline=None,
    derandomize=True,
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
ODD_TEXTS = [
    "", " ", "\x00", "a\nb", "=1+1", "'; --", "<script>", "x" * 3000, "\u202e", "\U0001f4b8",
    "../..", "9999-12-31", "0001-01-01", "2026-02-30", "1e309", "NaN", "-0", "99999999999999999999",
    "https://evil.example/", "Ünïcödé", "\ud7ff",
]  # fmt: skip
values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.sampled_from(ODD_TEXTS)
    | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=6,
)  # fmt: skip


@pytest.fixture(autouse=True)
def _quiet(log_lines: LogLines) -> Iterator[None]:
    yield
    provide(wired)


@cache
def world() -> Two:
    return two_businesses()


def places(node: Any, path: tuple[Any, ...] = ()) -> list[tuple[Any, ...]]:
    """Every place in a body where something else could stand."""
    found = [path] if path else []
    if isinstance(node, dict):
        return found + [one for name in node for one in places(node[name], (*path, name))]
    if isinstance(node, list):
        return found + [one for at, child in enumerate(node) for one in places(child, (*path, at))]
    return found


def put(body: Any, path: tuple[Any, ...], value: Any) -> Any:
    changed = copy.deepcopy(body)
    node = changed
    for step in path[:-1]:
        node = node[step]
    node[path[-1]] = value
    return changed


def fields_of(kind: type | None) -> list[str]:
    assert kind is not None
    return [field.name for field in structs.fields(kind)]


def caller(operation: Operation) -> tuple[Api, dict[str, str]]:
    view = "admin" if operation.call is StaffCall else "portal"
    return client(world(), view, operation), world().ids(operation.id)


@pytest.mark.parametrize("operation", BODIED, ids=lambda one: one.id)
@given(data=st.data())
@GENTLE
def test_no_body_is_a_fault_of_ours(operation: Operation, data: st.DataObject) -> None:
    api, ids = caller(operation)
    good = body_of(operation, ids) or {}
    targets = [*places(good), *((name,) for name in fields_of(operation.body))]
    body = put(good, data.draw(st.sampled_from(targets)), data.draw(values))
    raw = json.dumps(body).encode()
    headers = {"Idempotency-Key": f"fuzz-{crc32(raw)}"} if operation.method == "POST" else {}
    answer = api.call(operation.method, path_of(operation, ids), headers=headers, raw=raw)
    assert answer.status < 500, (body, answer.text)


@pytest.mark.parametrize("operation", QUERIED, ids=lambda one: one.id)
@given(data=st.data())
@GENTLE
def test_no_query_is_a_fault_of_ours(operation: Operation, data: st.DataObject) -> None:
    api, ids = caller(operation)
    name = data.draw(st.sampled_from([*fields_of(operation.query), "other"]))
    value = data.draw(st.text(st.sampled_from("abc019-_=%2e%00%ff+."), max_size=30))
    answer = api.get(f"{operation.path.format_map(ids)}?{name}={value}")
    assert answer.status < 500, (name, value, answer.text)


def test_every_body_is_tried() -> None:
    """A body without an entry here would be fuzzed from nothing."""
    optional = {"finalize_invoice", "charge_invoice", "start_portal_setup"}
    assert {one.id for one in BODIED} == BODIES.keys() | optional
