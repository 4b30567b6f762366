"""What is said of a field that does not fit: every pattern and every choice, in words."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from enum import StrEnum
from typing import Annotated, Any

import msgspec
import pytest
from msgspec import Meta, inspect

from chalicelib.api.operations import OPERATIONS
from chalicelib.api.representation.fields import Country, Id, Name
from chalicelib.api.wording import in_words


class Colour(StrEnum):
    RED = "red"
    BLUE = "blue"


class Inner(msgspec.Struct):
    colour: Colour


class Thing(msgspec.Struct, forbid_unknown_fields=True):
    colour: Colour = Colour.RED
    maybe: Colour | None = None
    inner: tuple[Inner, ...] = ()
    name: Name = "Ada"
    owner: Id | None = None
    country: Country = ""
    many: Annotated[tuple[int, ...], Meta(min_length=1)] = (1,)
    amount: Annotated[int, Meta(ge=0, le=9)] = 0
    day: date = date(2026, 1, 1)
    at: datetime | None = None


@pytest.mark.parametrize(
    ("sent", "words"),
    [
        ({"colour": "green"}, "It has to be one of: red, blue."),
        ({"maybe": "green"}, "It has to be one of: red, blue."),
        ({"inner": [{"colour": "green"}]}, "It has to be one of: red, blue."),
        ({"inner": [{}]}, "It is missing."),
        ({"name": ""}, "It has to have at least 1 letter."),
        ({"name": "x" * 201}, "It has to have at most 200 letters."),
        ({"name": "a\x00"}, "It has to be one line of text, without control characters."),
        ({"name": 7}, "It has to be text."),
        ({"owner": "no!id"}, "An id is letters, digits, - and _."),
        ({"owner": 7}, "It has to be text or null."),
        ({"country": "Germany"}, "It has to be given as: ISO 3166 code, such as DE."),
        ({"many": []}, "It has to have at least 1 item."),
        ({"amount": -1}, "It has to be at least 0."),
        ({"amount": 10}, "It has to be at most 9."),
        ({"amount": "1"}, "It has to be a whole number."),
        ({"day": "2026-02-30"}, "It has to be a day such as 2026-11-30."),
        ({"at": "soon"}, "It has to be an instant such as 2026-11-30T09:00:00Z."),
        ({"surprise": 1}, "There is no such field here."),
    ],
)
def test_it_says_what_would_be_right(sent: dict[str, Any], words: str) -> None:
    with pytest.raises(msgspec.ValidationError) as refused:
        msgspec.convert(sent, Thing)
    from chalicelib.api.reading import _field_error

    assert _field_error(refused.value, Thing).detail == words


def test_what_nobody_foresaw_is_said_as_the_parser_does() -> None:
    assert in_words("Something `odd`", Thing, []) == "Something odd."
    assert in_words("Invalid enum value 'x'", Thing, [("name", "")]) == "Invalid enum value 'x'."


def patterned(kind: Any, at: tuple[tuple[str, str], ...] = ()) -> Iterator[Any]:
    """The way to each field with a pattern, of a body or a query."""
    match inspect.type_info(kind) if isinstance(kind, type) else kind:
        case inspect.StructType(fields=fields):
            for field in fields:
                yield from patterned(field.type, (*at, (field.encode_name, "")))
        case inspect.UnionType(types=types):
            for one in types:
                yield from patterned(one, at)
        case inspect.Metadata(type=inner):
            yield from patterned(inner, at)
        case inspect.VarTupleType(item_type=inner) | inspect.ListType(item_type=inner):
            yield from patterned(inner, (*at, ("", "...")))
        case inspect.StrType(pattern=str()):
            yield at


KINDS = {kind.__name__: kind for one in OPERATIONS for kind in (one.body, one.query) if kind}


@pytest.mark.parametrize("name", KINDS)
def test_no_field_is_explained_by_a_regular_expression(name: str) -> None:
    said = "Expected `str` matching regex '^x$'"
    for at in patterned(KINDS[name]):
        assert "regex" not in in_words(said, KINDS[name], at), at
