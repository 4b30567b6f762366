"""JSON Schema for requests, derived from the pinned SDK's own parameter types.

Objects are closed and enumerations lose their open `str` arm, so a removed parameter, an unknown
key or a misspelt value fails here although a type checker, or Stripe's own leniency, lets it pass.
"""

import sys
from collections.abc import Callable, Mapping
from decimal import Decimal
from functools import cache
from importlib import import_module
from types import SimpleNamespace, UnionType
from typing import (
    Any,
    Final,
    Literal,
    NotRequired,
    Required,
    Union,
    get_args,
    get_origin,
    get_type_hints,
)

from typing_extensions import is_typeddict

Schema = dict[str, Any]

_SCALARS: Final[dict[Any, Schema]] = {
    str: {"type": "string"},
    int: {"type": "integer"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    Decimal: {"type": "string"},
    Any: {},
    type(None): {"type": "null"},
}


def params_class(operation: str) -> Any:
    """`payment_intents.confirm` → `stripe.params.PaymentIntentConfirmParams`."""
    *nouns, verb = operation.split(".")
    module = "stripe.params"
    if nouns[0] in {"checkout", "radar"}:
        module, nouns = f"{module}.{nouns[0]}", nouns[1:]
    words = [word for noun in nouns for word in noun.removesuffix("s").split("_")]
    name = "".join(word.capitalize() for word in [*words, *verb.split("_")]) + "Params"
    return getattr(import_module(module), name)


@cache
def schema_of(operation: str) -> Schema:
    """The whole schema of one operation's parameters."""
    definitions: Schema = {}
    cls = params_class(operation)
    root = _object(cls, definitions, ignored=_request_options())
    return {**root, "$defs": definitions}


@cache
def _request_options() -> frozenset[str]:
    options = import_module("stripe._request_options").RequestOptions
    return frozenset(options.__annotations__)


def _object(cls: Any, definitions: Schema, *, ignored: frozenset[str] = frozenset()) -> Schema:
    own = {name: hint for name, hint in cls.__annotations__.items() if name not in ignored}
    names = vars(sys.modules[cls.__module__])
    hints = get_type_hints(SimpleNamespace(__annotations__=own), names, include_extras=True)
    properties, required = {}, []
    for name, hint in hints.items():
        if get_origin(hint) is NotRequired:
            hint = get_args(hint)[0]  # noqa: PLW2901 -- the same hint, unwrapped
        else:
            required.append(name)
        properties[name] = _schema(hint, definitions)
    return {
        "type": "object",
        "properties": properties,
        "required": sorted(required),
        "additionalProperties": False,
    }


def _schema(hint: Any, definitions: Schema) -> Schema:
    if hint in _SCALARS:
        return _SCALARS[hint]
    if is_typeddict(hint):
        if hint.__name__ not in definitions:
            definitions[hint.__name__] = {}
            definitions[hint.__name__] = _object(hint, definitions)
        return {"$ref": f"#/$defs/{hint.__name__}"}
    build = _BUILDERS.get(get_origin(hint))
    if build is not None:
        return build(get_args(hint), definitions)
    if getattr(get_origin(hint) or hint, "__name__", "") == "UntypedStripeObject":
        return {"type": "object"}
    raise TypeError(f"no schema for {hint!r}")


def _union(arms: tuple[Any, ...], definitions: Schema) -> Schema:
    """An enumeration's `str` arm only says "there may be more"; we send what the SDK lists."""
    listed = any(get_origin(arm) is Literal and set(get_args(arm)) != {""} for arm in arms)
    kept = [arm for arm in arms if not (listed and arm is str)]
    return {"anyOf": [_schema(arm, definitions) for arm in kept]}


def _literal(values: tuple[Any, ...], _: Schema) -> Schema:
    return {"enum": list(values)}


def _array(items: tuple[Any, ...], definitions: Schema) -> Schema:
    return {"type": "array", "items": _schema(items[0], definitions)}


def _map(kinds: tuple[Any, ...], definitions: Schema) -> Schema:
    return {"type": "object", "additionalProperties": _schema(kinds[1], definitions)}


def _wrapped(inner: tuple[Any, ...], definitions: Schema) -> Schema:
    return _schema(inner[0], definitions)


_BUILDERS: Final[Mapping[Any, Callable[[tuple[Any, ...], Schema], Schema]]] = {
    Union: _union,
    UnionType: _union,
    Literal: _literal,
    list: _array,
    dict: _map,
    NotRequired: _wrapped,
    Required: _wrapped,
}
