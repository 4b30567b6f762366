"""Cursors go on where a list ended, and only there."""

from __future__ import annotations

import json
from base64 import urlsafe_b64encode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.cursors import make_cursor, read_cursor
from chalicelib.domain.errors import InvalidInput

parts = st.lists(st.text(min_size=1, max_size=20), min_size=1, max_size=4)


@given(parts, parts)
def test_a_place_comes_back(listing: list[str], place: list[str]) -> None:
    cursor = make_cursor(listing, place)
    assert read_cursor(listing, cursor, len(place)) == tuple(place)
    assert cursor.isascii()
    assert not set(cursor) & set("=+/&?#% ")


@given(parts, parts, parts)
def test_another_list_refuses_it(one: list[str], other: list[str], place: list[str]) -> None:
    if one != other:
        with pytest.raises(InvalidInput):
            read_cursor(other, make_cursor(one, place), len(place))


@given(st.text(max_size=60) | st.binary(max_size=60).map(lambda raw: raw.hex()))
def test_anything_else_is_refused(text: str) -> None:
    with pytest.raises(InvalidInput):
        read_cursor(["invoices"], text, 1)


@pytest.mark.parametrize("place", [[], [""], [7], [None], ["a", "b"]])
def test_a_place_of_another_shape_is_refused(place: list[object]) -> None:
    name = json.loads(_decoded(make_cursor(["invoices"], ["a"])))[0]
    forged = urlsafe_b64encode(json.dumps([name, *place]).encode()).decode().rstrip("=")
    with pytest.raises(InvalidInput) as refusal:
        read_cursor(["invoices"], forged, 1)
    assert refusal.value.code == "cursor_invalid"


def test_the_start_needs_no_cursor() -> None:
    assert read_cursor(["invoices"], None, 1) is None


def _decoded(cursor: str) -> bytes:
    from base64 import urlsafe_b64decode

    return urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4))
