"""Reading what was sent: strict JSON into msgspec structs, and where it went wrong if it did."""

from __future__ import annotations

import re
from functools import cache
from http import HTTPStatus
from typing import Any, TypeVar
from urllib.parse import parse_qsl

import msgspec

from chalicelib.api.calls import Incoming
from chalicelib.api.errors import FieldError, Refused

T = TypeVar("T")

FORM = "application/x-www-form-urlencoded"
LARGEST_BODY = 64 * 1024
LARGEST_EVENT = 256 * 1024  # Stripe's events are ours to take, and larger
ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,127}")
_PATH = re.compile(r"^(?P<detail>.*?)(?: - at `\$(?P<path>[^`]*)`)?$", re.DOTALL)
_STEP = re.compile(r"\.([A-Za-z_]\w*)|\[(\d+|\.\.\.)\]")
_FIELD = re.compile(r"(?:unknown|missing required) field `([^`]*)`")


def body_of(request: Incoming, kind: type[T] | None) -> T | None:
    """The body as the view wants it; an absent one is an empty object."""
    raw = request.body.strip() or b"{}"
    if kind is None:
        if raw != b"{}":
            raise Refused(
                HTTPStatus.UNPROCESSABLE_ENTITY, "body_unexpected", "This call takes no body."
            )
        return None
    try:
        found: T = _decoder(kind).decode(raw)  # type: ignore[arg-type]
    except msgspec.ValidationError as error:
        raise Refused(
            HTTPStatus.UNPROCESSABLE_ENTITY,
            "body_invalid",
            "The body does not fit this call; see errors.",
            errors=(_field_error(error, kind),),
        ) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise Refused(
            HTTPStatus.BAD_REQUEST, "body_not_json", "The body is not valid JSON in UTF-8."
        ) from error
    return found


def query_of(request: Incoming, kind: type[T] | None) -> T | None:
    """The query parameters; unknown ones are refused, so that a typo does not list everything."""
    if kind is None and not request.query:
        return None
    try:
        return msgspec.convert(dict(request.query), kind or _Nothing, strict=False)  # type: ignore[return-value]
    except msgspec.ValidationError as error:
        found = _field_error(error, kind or _Nothing)
        raise Refused(
            HTTPStatus.BAD_REQUEST,
            "query_invalid",
            "A query parameter cannot be used; see errors.",
            errors=(FieldError(pointer=found.pointer.removeprefix("/"), detail=found.detail),),
        ) from error


def form_of(request: Incoming, kind: type[T]) -> T:
    """The fields of a form. A field sent twice is refused, one that is not known is not looked at,
    as RFC 6749 wants it."""
    try:
        pairs = parse_qsl(request.body.decode(), keep_blank_values=True, strict_parsing=True)
        assert len({name for name, _ in pairs}) == len(pairs)
        return msgspec.convert(dict(pairs), kind)
    except (ValueError, AssertionError) as error:  # ValidationError is a ValueError
        words = "The body is not a form with the fields of this call."
        raise Refused(HTTPStatus.BAD_REQUEST, "form_invalid", words) from error


class _Nothing(msgspec.Struct, forbid_unknown_fields=True):
    """No parameters at all."""


def check_size(request: Incoming, largest: int) -> None:
    if len(request.body) > largest:
        words = f"The body is larger than {largest // 1024} KiB."
        raise Refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "body_too_large", words)


@cache
def _decoder(kind: type) -> msgspec.json.Decoder[Any]:
    """Made when first needed: a cold start pays for the one route it serves."""
    return msgspec.json.Decoder(kind)


def _field_error(error: msgspec.ValidationError, kind: type) -> FieldError:
    from chalicelib.api.wording import in_words

    found = _PATH.match(str(error))
    assert found is not None
    detail, steps = found["detail"], _STEP.findall(found["path"] or "")
    words = in_words(detail, kind, steps)
    if named := _FIELD.search(detail):
        steps.append((named[1], ""))
    pointer = "".join(f"/{_escaped(name or index)}" for name, index in steps)
    return FieldError(pointer=pointer, detail=words)


def _escaped(part: str) -> str:
    """RFC 6901."""
    return part.replace("~", "~0").replace("/", "~1")
