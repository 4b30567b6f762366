"""The description describes: every route is in it, and whatever is in it is a route."""

from __future__ import annotations

import json
import re
from typing import Any

import jsonschema_rs
import msgspec
import pytest

from app import app
from chalicelib.api import examples
from chalicelib.api.openapi import document, refusals
from chalicelib.api.operations import OPERATIONS, Operation
from tests.api.client import Api

READ = [kind for one in OPERATIONS for kind in (one.body, one.form) if kind is not None]
BODIES = {kind.__name__: kind for kind in READ}


def described() -> set[tuple[str, str]]:
    paths = document()["paths"]
    return {(method.upper(), path) for path, methods in paths.items() for method in methods}


def test_every_route_is_described_and_every_description_is_a_route() -> None:
    """Of the JSON API: pages for people describe themselves."""
    routes = {
        (method, path)
        for path, methods in app.routes.items()
        for method in methods
        if path.startswith(("/v1", "/webhooks"))
    }
    assert routes == described()
    assert len(routes) > 40


def test_it_is_served_to_anybody(api: Api) -> None:
    api.user = None
    served = api.get("/v1/openapi.json")
    assert served.json == json.loads(json.dumps(document()))
    assert served.json["openapi"] == "3.1.0"


def test_operations_have_names_of_their_own() -> None:
    names = [one.id for one in OPERATIONS]
    assert sorted(names) == sorted(set(names))


def references(node: Any) -> set[str]:
    if isinstance(node, dict):
        own = {node["$ref"]} if isinstance(node.get("$ref"), str) else set()
        return own.union(*map(references, node.values()))
    return set().union(*map(references, node)) if isinstance(node, list) else set()


def test_every_reference_leads_somewhere_and_every_schema_is_used() -> None:
    whole = document()
    wanted = references(whole)
    known = {
        f"#/components/{kind}/{name}"
        for kind in ("schemas", "responses")
        for name in whole["components"][kind]
    }
    assert wanted <= known
    unused = {name for name in known - wanted if "/schemas/" in name}
    assert unused == set()


@pytest.mark.parametrize("name", sorted(document()["components"]["schemas"]))
def test_every_schema_is_one(name: str) -> None:
    jsonschema_rs.meta.validate(document()["components"]["schemas"][name])


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda one: one.id)
def test_an_operation_says_what_it_needs(operation: Operation) -> None:
    told = document()["paths"][operation.path][operation.method.lower()]
    assert len(told["summary"]) > 10
    assert {one["name"] for one in told["parameters"] if one["in"] == "path"} == set(
        re.findall(r"\{(\w+)\}", operation.path)
    )
    headers = {one["name"]: one["required"] for one in told["parameters"] if one["in"] == "header"}
    once = operation.path.startswith("/webhooks") or operation.form is not None
    keyed = operation.method == "POST" and not once
    assert headers.get("Idempotency-Key", False) is keyed
    assert {int(status) for status in told["responses"]} == {
        operation.status,
        *refusals(operation),
    }


@pytest.mark.parametrize("name", BODIES)
def test_every_body_has_an_example_that_is_accepted(name: str) -> None:
    example = examples.EXAMPLES[name]
    assert msgspec.convert(example, BODIES[name]) is not None
    schemas = document()["components"]["schemas"]
    schema = {**schemas[name], "components": {"schemas": schemas}}
    jsonschema_rs.Draft202012Validator(schema).validate(example)


def test_there_is_no_example_of_nothing() -> None:
    assert examples.EXAMPLES.keys() == BODIES.keys()


@pytest.mark.parametrize(
    ("name", "good", "bad"),
    [
        ("NewCustomer", {"name": "A", "email": "a@b.c"}, {"name": "A\n", "email": "a@b.c"}),
        ("NewInvoice", None, {"customer_id": "cus_1", "lines": []}),
        ("PortalPay", {}, {"return_url": "http://evil.example/"}),
    ],
)
def test_the_schema_judges_as_the_api_does(name: str, good: object, bad: object) -> None:
    schemas = document()["components"]["schemas"]
    schema = {**schemas[name], "components": {"schemas": schemas}}
    judge = jsonschema_rs.Draft202012Validator(schema)
    assert judge.is_valid(good if good is not None else examples.EXAMPLES[name])
    assert not judge.is_valid(bad)
    with pytest.raises(msgspec.ValidationError):
        msgspec.convert(bad, BODIES[name])
