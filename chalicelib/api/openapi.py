"""The API's description, OpenAPI 3.1: made from the operations and the types they speak in.

Nothing of it is kept by hand, so it cannot lag behind what the API does.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from http import HTTPStatus
from typing import Any

import msgspec

from chalicelib.api import examples
from chalicelib.api.access import WHO_MAY
from chalicelib.api.answering import JSON, PROBLEM
from chalicelib.api.auth import BUSINESS_HEADER
from chalicelib.api.calls import OpenCall, PortalCall, StaffCall, UserCall
from chalicelib.api.errors import WHAT_TO_DO, Problem
from chalicelib.api.idempotency import HEADER as KEY_HEADER
from chalicelib.api.idempotency import REPLAYED
from chalicelib.api.operations import OPERATIONS, TOKEN, Operation
from chalicelib.api.reading import FORM
from chalicelib.api.routing import Routes

routes = Routes(__name__, "/v1", "Health")

Json = dict[str, Any]
_REF = "#/components/schemas/{name}"
_ID = {"type": "string", "pattern": "^[A-Za-z0-9][A-Za-z0-9_-]{0,127}$"}
_INFO = {
    "title": "Duecourse",
    "version": "1",
    "summary": "Accounts receivable: invoices, subscriptions, payments and what follows.",
    "description": (
        "Amounts are whole minor units of their currency, instants are UTC, dates are days in the "
        "business's zone. Every POST but a webhook needs an Idempotency-Key: sent again with the "
        "same key, it is answered again and not done again. Every refusal is problem details (RFC "
        "9457) with a stable `code`. A thing of another business is answered like one that does "
        "not exist."
    ),
}


@routes.get("/openapi.json")
def get_openapi(call: OpenCall) -> Json:  # noqa: ARG001 - every view is given its call
    """Read this description."""
    return document()


@cache
def document() -> Json:
    """The whole description, made once and when first asked for."""
    types = _types(OPERATIONS)
    _, components = msgspec.json.schema_components(types, ref_template=_REF)
    paths: dict[str, Json] = {}
    for operation in OPERATIONS:
        described = _operation(operation, components)
        paths.setdefault(operation.path, {})[operation.method.lower()] = described
    for query in {one.query.__name__ for one in OPERATIONS if one.query is not None}:
        del components[query]
    return {
        "openapi": "3.1.0",
        "info": _INFO,
        "servers": [{"url": "..", "description": "Where this description is served"}],
        "tags": [{"name": tag} for tag in dict.fromkeys(one.tag for one in OPERATIONS)],
        "paths": paths,
        "components": {
            "schemas": components,
            "responses": {f"Problem{status}": _problem(status) for status in WHAT_TO_DO},
            "securitySchemes": _SECURITY,
        },
    }


_SECURITY = {
    "staff": {
        "type": "http",
        "scheme": "bearer",
        "bearerFormat": "JWT",
        "description": "An access token of the install's staff pool, or of `/v1/oauth/token`.",
    },
    "client": {
        "type": "http",
        "scheme": "basic",
        "description": "An API client's id and secret, unless the form has them.",
    },
    "stripe": {
        "type": "apiKey",
        "in": "header",
        "name": "Stripe-Signature",
        "description": "Stripe signs each event.",
    },
}


def _types(operations: Iterable[Operation]) -> list[Any]:
    found: list[Any] = [Problem]
    for one in operations:
        kinds = (one.body, one.form, one.query, one.answer)
        found += [kind for kind in kinds if kind is not None]
    return list(dict.fromkeys(kind for kind in found if kind is not Json))


def _operation(operation: Operation, components: Json) -> Json:
    described: Json = {
        "operationId": operation.id,
        "tags": [operation.tag],
        "summary": operation.summary,
        "description": _description(operation),
        "parameters": [*_path_parameters(operation), *_query(operation, components)],
        "responses": _responses(operation),
        "security": _security(operation),
    }
    described["parameters"] += _headers(operation)
    if operation.call is StaffCall:
        described["x-roles"] = sorted(WHO_MAY[operation.id])
    if operation.body is not None:
        described["requestBody"] = _body(operation.body)
    if operation.form is not None:
        schema = {"$ref": _REF.format(name=operation.form.__name__)}
        example = {"example": {"value": examples.EXAMPLES[operation.form.__name__]}}
        described["requestBody"] = {
            "required": True,
            "content": {FORM: {"schema": schema, "examples": example}},
        }
    elif _is_webhook(operation):
        event = {"type": "object", "description": "An event as Stripe sends it."}
        described["requestBody"] = {"required": True, "content": {JSON: {"schema": event}}}
    return described


def _is_webhook(operation: Operation) -> bool:
    sent = operation.call is OpenCall and operation.method == "POST"
    return sent and operation.form is None


def _description(operation: Operation) -> str:
    parts = [operation.description]
    if operation.call is StaffCall:
        parts.append(f"Roles: {', '.join(sorted(WHO_MAY[operation.id]))}.")
    if operation.refuses:
        parts.append(f"Codes to expect: {', '.join(f'`{code}`' for code in operation.refuses)}.")
    return " ".join(part for part in parts if part)


def _path_parameters(operation: Operation) -> list[Json]:
    token = {"type": "string", "description": "The last part of a link in one of our mails"}
    return [
        {
            "name": name,
            "in": "path",
            "required": True,
            "schema": token if name == TOKEN else _ID,
        }
        for name in operation.parameters
    ]


def _query(operation: Operation, components: Json) -> list[Json]:
    if operation.query is None:
        return []
    schema = components[operation.query.__name__]
    required = schema.get("required", ())
    return [
        {"name": name, "in": "query", "required": name in required, "schema": of}
        for name, of in schema["properties"].items()
    ]


def _headers(operation: Operation) -> list[Json]:
    found: list[Json] = []
    if operation.call is StaffCall:
        words = "Needed by users who belong to several businesses."
        found.append(_header(BUSINESS_HEADER, words, {"type": "string"}, required=False))
    if operation.keyed:
        words = "A new one for each wish; the same one to send it again."
        schema = {"type": "string", "minLength": 1, "maxLength": 255}
        found.append(_header(KEY_HEADER, words, schema, required=True))
    return found


def _header(name: str, words: str, schema: Json, *, required: bool) -> Json:
    return {
        "name": name,
        "in": "header",
        "required": required,
        "description": words,
        "schema": schema,
    }


def _security(operation: Operation) -> list[Json]:
    if operation.call in {StaffCall, UserCall}:
        return [{"staff": []}]
    if operation.form is not None:
        return [{"client": []}, {}]
    return [{"stripe": []}] if _is_webhook(operation) else []


def _body(kind: type) -> Json:
    content = {"schema": {"$ref": _REF.format(name=kind.__name__)}}
    needed = any(field.required for field in msgspec.structs.fields(kind))
    example = {"example": {"value": examples.EXAMPLES[kind.__name__]}}
    return {"required": needed, "content": {JSON: {**content, "examples": example}}}


def _responses(operation: Operation) -> Json:
    (schema,), _ = msgspec.json.schema_components([operation.answer], ref_template=_REF)
    made: Json = {
        "description": HTTPStatus(operation.status).phrase,
        "content": {JSON: {"schema": schema}},
    }
    headers: Json = {}
    if operation.keyed:
        words = "`true`: this is the kept answer to the first request with this key."
        headers[REPLAYED] = {"description": words, "schema": {"type": "string"}}
    if operation.location:
        headers["Location"] = {"required": True, "schema": {"type": "string", "format": "uri"}}
    answers: Json = {str(operation.status): made | ({"headers": headers} if headers else {})}
    for status in refusals(operation):
        answers[str(status)] = {"$ref": f"#/components/responses/Problem{status}"}
    return answers


def refusals(operation: Operation) -> list[int]:
    """The statuses an operation may refuse with."""
    writes = operation.method != "GET"
    webhook = operation.call is OpenCall and writes
    known = operation.call is not OpenCall
    found = {500, 503}
    found |= {400} if known or webhook else set()
    found |= {401, 403, 404} if operation.call is StaffCall else set()
    found |= {401, 403} if operation.call is UserCall else set()
    found |= {401} if operation.form is not None else set()
    found |= {404} if operation.call is PortalCall else set()
    found |= {413, 415} if writes else set()
    found |= {409, 422} if writes and known else set()
    found |= {429} if operation.call is PortalCall and writes else set()
    return sorted(found)


def _problem(status: int) -> Json:
    schema = {"$ref": _REF.format(name=Problem.__name__)}
    content: Json = {"schema": schema}
    if status == HTTPStatus.UNPROCESSABLE_ENTITY:
        content["examples"] = {"example": {"value": examples.PROBLEM}}
    return {"description": HTTPStatus(status).phrase, "content": {PROBLEM: content}}
