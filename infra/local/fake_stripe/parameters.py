"""Which parameters each endpoint understands, and their types.

A form carries text only, so the same declaration turns `"true"` and `"500"` into what they mean. A
parameter nobody declared is refused: silently ignoring one would let the product believe that
Stripe heeds it.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from infra.local.fake_stripe.errors import Body, FakeStripeRefusal, bad_parameter

Kind = Callable[[Any, str], Any]
Spec = Mapping[str, Any]


def text(value: Any, name: str) -> str:
    if not isinstance(value, str):
        raise bad_parameter(f"Invalid string: {value!r}", param=name)
    return value if type(value) is str else str(value)  # in process, a word may be an Enum's


def integer(value: Any, name: str) -> int:
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    digits = value[1:] if isinstance(value, str) and value.startswith("-") else value
    if isinstance(value, str) and isinstance(digits, str) and digits.isdigit():
        return int(value)
    raise bad_parameter(f"Invalid integer: {value}", param=name, code="parameter_invalid_integer")


def boolean(value: Any, name: str) -> bool:
    if isinstance(value, bool):
        return value
    if value in {"true", "false"}:
        return bool(value == "true")
    raise bad_parameter(f"Invalid boolean: {value}", param=name)


def flag_or_text(value: Any, name: str) -> bool | str:
    """`off_session` is a boolean or a word."""
    return boolean(value, name) if value in {True, False, "true", "false"} else text(value, name)


def mapping(value: Any, name: str) -> dict[str, str] | str:
    """Metadata: texts by name, or empty to clear all of it."""
    if value == "":
        return ""
    if not isinstance(value, Mapping):
        raise bad_parameter("Invalid object", param=name)
    if len(value) > 50 or any(len(k) > 40 or len(str(v)) > 500 for k, v in value.items()):
        raise bad_parameter("Metadata is too long.", param=name)
    return {key: str(item) for key, item in value.items()}


class Either:
    """A nested object, or a scalar: `created[gte]=…` and `created=…`."""

    def __init__(self, spec: Spec, kind: Kind) -> None:
        self.spec = spec
        self.kind = kind

    def __call__(self, value: Any, name: str) -> Any:
        if isinstance(value, Mapping):
            return coerce(value, self.spec, name)
        return self.kind(value, name)


ADDRESS: Final[Spec] = dict.fromkeys(
    ("city", "country", "line1", "line2", "postal_code", "state"), text
)
SHIPPING: Final[Spec] = {"address": ADDRESS, "name": text, "phone": text}
WINDOW: Final = Either(dict.fromkeys(("gt", "gte", "lt", "lte"), integer), integer)
CURSOR: Final[Spec] = {"limit": integer, "starting_after": text, "ending_before": text}
PAGE: Final[Spec] = {**CURSOR, "created": WINDOW}
MANDATE_DATA: Final[Spec] = {
    "customer_acceptance": {
        "type": text,
        "accepted_at": integer,
        "online": {"ip_address": text, "user_agent": text},
        "offline": {},
    }
}


def coerce(given: Mapping[str, Any], spec: Spec, prefix: str = "") -> Body:
    """The parameters as the endpoint sees them; raises on one it does not know."""
    accepted: Body = {}
    for key, value in given.items():
        if value is None:
            continue
        name = f"{prefix}[{key}]" if prefix else key
        kind = spec.get(key)
        if kind is None:
            raise FakeStripeRefusal(f"the fake does not implement the parameter {name!r}")
        accepted[key] = _coerce_one(value, kind, name)
    return accepted


def _coerce_one(value: Any, kind: Any, name: str) -> Any:
    if isinstance(kind, dict):
        if value == "":
            return None
        if not isinstance(value, Mapping):
            raise bad_parameter("Invalid object", param=name)
        return coerce(value, kind, name)
    if isinstance(kind, list):
        if value == "":
            return []
        if not isinstance(value, (list, tuple)):
            raise bad_parameter("Invalid array", param=name)
        return [_coerce_one(item, kind[0], f"{name}[{i}]") for i, item in enumerate(value)]
    return kind(value, name)


def merged(old: Mapping[str, str], change: dict[str, str] | str) -> dict[str, str]:
    """Metadata after an update: an empty value unsets its key, an empty whole unsets all."""
    if isinstance(change, str):
        return {}
    both = {**old, **change}
    return {key: value for key, value in both.items() if value != ""}


def required_text(params: Body, name: str) -> str:
    """A parameter the endpoint cannot do without."""
    value = params.get(name)
    if not isinstance(value, str) or not value:
        raise bad_parameter(
            f"Missing required param: {name}.", param=name, code="parameter_missing"
        )
    return value
