"""The authorization matrix: who may call what upon whose things, case by case, as data.

`authorization.toml` says for each operation and each point of view what is answered upon the
caller's own thing, another business's, one that nobody has, and what can be no id. A route that is
not in it fails; so does a line for a route that is gone.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest

from chalicelib.api.auth import BUSINESS_HEADER
from chalicelib.api.calls import PortalCall, StaffCall
from chalicelib.api.context import provide, wired
from chalicelib.api.operations import OPERATIONS, Operation
from chalicelib.api.reading import FORM
from tests.api.client import Answer, Api
from tests.api.set_back import as_new
from tests.api.two_businesses import (
    CANARY,
    MALFORMED,
    OTHER,
    UNKNOWN,
    Two,
    body_of,
    form_of,
    names_in,
    path_of,
    two_businesses,
)
from tests.logs import LogLines

TARGETS = ("own", "other", "unknown", "malformed")
VIEWS = ("admin", "accountant", "account_manager", "viewer", "portal", "nobody")
KNOWN = {one.id: one for one in OPERATIONS}


@cache
def matrix() -> dict[str, dict[str, list[int]]]:
    return tomllib.loads((Path(__file__).parent / "authorization.toml").read_text())


@pytest.fixture(autouse=True)
def _quiet(log_lines: LogLines) -> Iterator[None]:
    yield
    provide(wired)


def client(two: Two, view: str, operation: Operation) -> Api:
    """Staff have their token; the payer the link's, sent as if it were one."""
    api = Api(two.install, user=None if view in {"portal", "nobody"} else f"user_{view}")
    if view == "portal":
        api.headers = {"Authorization": f"Bearer {two.ids(operation.id)['token']}"}
    provide(api.context)
    return api


def ask(api: Api, operation: Operation, ids: dict[str, str], **headers: str) -> Answer:
    if operation.form is not None:
        form = {"Content-Type": FORM, **headers}
        content = form_of(operation, ids).encode()
        return api.call("POST", path_of(operation, ids), headers=form, raw=content)
    body = body_of(operation, ids)
    if operation.method == "POST":
        return api.post(path_of(operation, ids), body, **headers)
    return api.call(operation.method, path_of(operation, ids), body, headers=headers)


def calls(two: Two, operation: Operation, view: str, target: str) -> list[dict[str, str]]:
    """The ids of each call: every id of the operation in turn is the target's, the rest are own.

    Whoever is not a payer does not have the link: an id of theirs stands in its place.
    """
    own = two.ids(operation.id)
    if operation.call is PortalCall and view != "portal":
        own = own | {"token": own["customer_id"].ljust(43, "_")}
    if target == "own":
        return [own]
    theirs = {
        "other": two.ids(operation.id, other=True),
        "unknown": UNKNOWN,
        "malformed": dict.fromkeys(UNKNOWN, MALFORMED),
    }[target]
    names = names_in(operation)
    if target == "other":
        names = [name for name in names if name != "token"]  # another's link is its own right
    if target == "malformed":  # in a body it is judged with the body
        names = operation.parameters or names
    return [own | {name: theirs[name]} for name in names]


@pytest.mark.parametrize("view", VIEWS)
@pytest.mark.parametrize("name", KNOWN)
def test_the_matrix_holds(name: str, view: str) -> None:
    operation, expected = KNOWN[name], matrix()[name][view]
    for target, status in zip(TARGETS, expected, strict=True):
        two = as_new(two_businesses)
        api = client(two, view, operation)
        before = len(list(two.install.store.all_facts()))
        for ids in calls(two, operation, view, target):
            answer = ask(api, operation, ids)
            assert (target, ids, answer.status) == (target, ids, status)
            assert CANARY not in answer.text
        if status >= 400:
            assert len(list(two.install.store.all_facts())) == before


@pytest.mark.parametrize("name", [one.id for one in OPERATIONS if one.call is StaffCall])
def test_no_header_opens_another_business(name: str) -> None:
    """Whatever is called, a business that is not the caller's is one that does not exist."""
    operation, two = KNOWN[name], as_new(two_businesses)
    api, ids = client(two, "admin", operation), two.ids(name, other=True)
    others, nobodys = (ask(api, operation, ids, **{BUSINESS_HEADER: to}) for to in (OTHER, "no"))
    assert (others.status, others.text) == (404, nobodys.text)


@pytest.mark.parametrize("name", [one.id for one in OPERATIONS if names_in(one)])
def test_other_and_unknown_are_told_alike(name: str) -> None:
    """Byte for byte, so that nobody can find out which ids another business has."""
    operation, two = KNOWN[name], as_new(two_businesses)
    view = "portal" if operation.call is PortalCall else "admin"
    api = client(two, view, operation)
    told = [
        {ask(api, operation, ids).text for ids in calls(two, operation, view, target)}
        for target in ("other", "unknown")
    ]
    assert told[0] <= told[1]
    assert all(answers for answers in told if names_in(operation) != ["token"])


def test_every_route_and_every_point_of_view_is_in_the_matrix() -> None:
    assert list(matrix()) == list(KNOWN)
    assert {tuple(rows) for rows in matrix().values()} == {VIEWS}
    assert {len(row) for rows in matrix().values() for row in rows.values()} == {len(TARGETS)}
