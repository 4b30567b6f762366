"""What is wrong with a field, in words that say what would be right: a parser's own say less."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any

from msgspec import inspect

# What the patterns of our fields mean, where a field does not say so itself.
_PATTERNS = (
    (r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}", "An id is letters, digits, - and _."),
    (r"[^\x00-\x1f\x7f]", "It has to be one line of text, without control characters."),
    (r"[^\x00-\x09", "It has to be text, without control characters."),
    (r"[0-9]{1,7}(\.", "It has to be a number such as 2 or 1.5, above 0."),
)
_KINDS = {
    "str": "text",
    "int": "a whole number",
    "float": "a number",
    "bool": "true or false",
    "object": "an object",
    "array": "a list",
    "null": "null",
    "date": "a day such as 2026-11-30",
    "datetime": "an instant such as 2026-11-30T09:00:00Z",
}
_RULES: tuple[tuple[re.Pattern[str], Callable[[re.Match[str]], str]], ...] = (
    (re.compile(r"Object missing required field"), lambda _: "It is missing."),
    (re.compile(r"Object contains unknown field"), lambda _: "There is no such field here."),
    (re.compile(r"Invalid RFC3339 encoded date$"), lambda _: _wanted("date")),
    (re.compile(r"Invalid RFC3339 encoded datetime"), lambda _: _wanted("datetime")),
    (
        re.compile(r"Expected `str` of length (>=|<=) (\d+)"),
        lambda found: f"It has to have {_bound(found[1])} {_count(found[2], 'letter')}.",
    ),
    (
        re.compile(r"Expected `array` of length (>=|<=) (\d+)"),
        lambda found: f"It has to have {_bound(found[1])} {_count(found[2], 'item')}.",
    ),
    (
        re.compile(r"Expected `(?:int|float)` (>=|<=) (-?\d+)"),
        lambda found: f"It has to be {_bound(found[1])} {found[2]}.",
    ),
    (re.compile(r"Expected `([^`]+)`, got `"), lambda found: _wanted(found[1])),
)


def in_words(said: str, kind: Any, steps: Sequence[tuple[str, str]]) -> str:
    """`said` is msgspec's sentence about the field that `steps` lead to, from the body's `kind`."""
    if said.startswith("Invalid enum value"):
        return _one_of(_field(kind, steps)) or _plain(said)
    if "matching regex" in said:
        return _patterned(_field(kind, steps)) or _plain(said)
    for pattern, words in _RULES:
        if found := pattern.match(said):
            return words(found)
    return _plain(said)


def _wanted(kinds: str) -> str:
    return f"It has to be {' or '.join(_KINDS.get(one, one) for one in kinds.split(' | '))}."


def _bound(sign: str) -> str:
    return "at least" if sign == ">=" else "at most"


def _count(number: str, noun: str) -> str:
    return f"{number} {noun}" if number == "1" else f"{number} {noun}s"


def _plain(said: str) -> str:
    return f"{said.replace('`', '')}."


def _one_of(field: Sequence[Any]) -> str:
    values = [value for one in field if isinstance(one, inspect.EnumType) for value in one.cls]
    return f"It has to be one of: {', '.join(one.value for one in values)}." if values else ""


def _patterned(field: Sequence[Any]) -> str:
    """By the field's own description, or by what its pattern is known to mean."""
    described = [
        (getattr(one, "extra_json_schema", None) or {}).get("description") for one in field
    ]
    said = [f"It has to be given as: {words}." for words in described if words]
    patterns = [pattern for one in field if (pattern := getattr(one, "pattern", None))]
    said += [words for part, words in _PATTERNS for pattern in patterns if part in pattern]
    return said[0] if said else ""


def _field(kind: Any, steps: Sequence[tuple[str, str]]) -> list[Any]:
    """Everything that the field may be, as msgspec describes it."""
    here = _branches(inspect.type_info(kind))
    for name, _ in steps:
        inner: list[Any] = []
        for one in here:
            if isinstance(one, inspect.StructType):
                inner += [field.type for field in one.fields if field.encode_name == name]
            elif not name:
                inner += [getattr(one, "item_type", None), getattr(one, "value_type", None)]
                inner += list(getattr(one, "item_types", ()))
        here = [branch for one in inner if one is not None for branch in _branches(one)]
    return here


def _branches(one: Any) -> list[Any]:
    """A union's parts, and what stands behind a description of a field."""
    if isinstance(one, inspect.UnionType):
        return [branch for part in one.types for branch in _branches(part)]
    if isinstance(one, inspect.Metadata):
        inner = _branches(one.type)
        return [one, *inner]
    return [one]
