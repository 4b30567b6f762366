"""Cursors of lists: where to go on, and in which list. They grant nothing, so nothing signs them.

A cursor is a place within the partition that the request names anyway; one made up by hand shows no
row that its owner could not have listed. It is bound to its list, so that one cannot be mistaken
for another's place.
"""

from __future__ import annotations

import json
from base64 import urlsafe_b64decode, urlsafe_b64encode
from collections.abc import Sequence
from hashlib import sha256

from chalicelib.domain.errors import InvalidInput

LONGEST = 4096


def _name_of(listing: Sequence[str]) -> str:
    return sha256("\x1f".join(listing).encode()).hexdigest()[:12]


def make_cursor(listing: Sequence[str], place: Sequence[str]) -> str:
    """`listing` is what was asked for, `place` the sort key of the last row handed out."""
    text = json.dumps([_name_of(listing), *place], separators=(",", ":"))
    return urlsafe_b64encode(text.encode()).decode().rstrip("=")


def read_cursor(listing: Sequence[str], cursor: str | None, parts: int) -> tuple[str, ...] | None:
    """The place in this list; None at its start. Raises InvalidInput for any other text."""
    if cursor is None:
        return None
    try:
        found = json.loads(urlsafe_b64decode(cursor[:LONGEST] + "=" * (-len(cursor) % 4)))
    except ValueError as error:
        raise _refusal() from error
    if not isinstance(found, list) or len(found) != parts + 1 or found[0] != _name_of(listing):
        raise _refusal()
    if not all(isinstance(part, str) and part for part in found):
        raise _refusal()
    return tuple(found[1:])


def _refusal() -> InvalidInput:
    return InvalidInput("cursor_invalid", "This cursor does not belong to this list.")
