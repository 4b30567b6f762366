"""Honesty checks, switched on by `checked=True`: the fake may neither accept what the pinned SDK
would not send nor answer what Stripe would not.

A failed check raises: it is a bug of the caller or of the fake, never a 400 of Stripe's.
"""

import gzip
import json
from collections.abc import Mapping
from functools import cache
from pathlib import Path
from typing import Any, Final

from infra.local.fake_stripe import overlay
from infra.local.fake_stripe.endpoints import Route
from infra.local.fake_stripe.errors import Body
from infra.local.fake_stripe.idempotency import Reply
from infra.local.fake_stripe.request_schema import schema_of
from infra.local.fake_stripe.state import Account, State

SUBSET: Final = Path(__file__).parent / "spec" / "stripe-openapi-subset.json.gz"

Schema = dict[str, Any]


class DishonestFakeError(AssertionError):
    """A request or an answer that the real Stripe would not have seen or given."""


@cache
def document() -> Schema:
    """Stripe's document, cut down and overlaid."""
    subset: Schema = json.loads(gzip.decompress(SUBSET.read_bytes()))
    overlay.apply(subset["$defs"])
    return subset


@cache
def _validator(schema_text: str) -> Any:
    """Compiled once per process; a schema is named by its own text."""
    from jsonschema_rs import Draft202012Validator

    return Draft202012Validator(json.loads(schema_text))


@cache
def _answer_validator(template: str) -> Any:
    known = document()
    return _validator(json.dumps({**known["routes"][template], "$defs": known["$defs"]}))


@cache
def _object_validator(name: str) -> Any:
    known = document()
    if name not in known["$defs"]:
        raise DishonestFakeError(f"Stripe's document has no object {name!r}")
    return _validator(json.dumps({"$ref": f"#/$defs/{name}", "$defs": known["$defs"]}))


@cache
def _request_validator(operation: str) -> Any:
    return _validator(json.dumps(schema_of(operation)))


def _demand(validator: Any, value: Any, what: str) -> None:
    problems = [
        f"{'/'.join(map(str, error.instance_path)) or '.'}: {str(error).splitlines()[0][:300]}"
        for error in validator.iter_errors(value)
    ]
    if problems:
        raise DishonestFakeError(f"{what}: {'; '.join(problems)}")


class Checks:
    """All checks of one core; compiled schemas are shared by all cores of the process."""

    def __init__(self, state: State) -> None:
        state.watchers.append(self._event)

    def request(self, operation: str, params: Mapping[str, Any]) -> None:
        """Parameters the SDK's own types do not allow."""
        _demand(_request_validator(operation), dict(params), f"request {operation}")

    def reply(self, template: str, route: Route, reply: Reply) -> None:
        """An answer, or an error, that Stripe's document does not allow."""
        validator = (
            _answer_validator(template) if reply.status == 200 else _object_validator("error")
        )
        _demand(validator, reply.body, f"answer of {route.name} ({reply.status})")

    def _event(self, _: Account, event: Body) -> None:
        body: Body = event["data"]["object"]
        _demand(_object_validator("event"), event, f"event {event['type']}")
        _demand(_object_validator(body["object"]), body, f"object of {event['type']}")
