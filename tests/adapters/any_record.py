"""Hypothesis strategies for any record of the domain: every field drawn, defaults now and then."""

from __future__ import annotations

import types
from dataclasses import MISSING, Field, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from enum import Enum
from functools import cache
from typing import Any, Union, get_args, get_origin, get_type_hints

from hypothesis import strategies as st

from chalicelib.domain.facts import Fact, Subject

_TEXT = st.text(max_size=12)
_PLAIN: dict[Any, st.SearchStrategy[Any]] = {
    str: _TEXT,
    int: st.integers(-(10**15), 10**15),
    bool: st.booleans(),
    type(None): st.none(),
    Decimal: st.decimals(-(10**9), 10**9, places=4),
    datetime: st.datetimes(
        datetime(2000, 1, 1),  # noqa: DTZ001 - hypothesis adds the zone
        datetime(2100, 1, 1),  # noqa: DTZ001
        timezones=st.just(UTC),
    ),
    date: st.dates(date(2000, 1, 1), date(2100, 1, 1)),
}


@cache
def any_of(kind: Any) -> st.SearchStrategy[Any]:
    """Values of a type as the domain writes it in an annotation."""
    if kind in _PLAIN:
        return _PLAIN[kind]
    origin = get_origin(kind)
    if origin in {Union, types.UnionType}:
        return st.one_of([any_of(one) for one in get_args(kind)])
    if origin is tuple:
        return _tuples(get_args(kind))
    if isinstance(kind, type) and issubclass(kind, Enum):
        return st.sampled_from(kind)
    assert is_dataclass(kind), f"no strategy for {kind}"
    return st.deferred(lambda: _records(kind))


def _tuples(items: tuple[Any, ...]) -> st.SearchStrategy[tuple[Any, ...]]:
    if items[-1] is Ellipsis:
        return st.lists(any_of(items[0]), max_size=2).map(tuple)
    return st.tuples(*map(any_of, items))


def _records(record: Any, /, **given: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    hints = get_type_hints(record)
    drawn = {
        field.name: _field(field, hints[field.name])
        for field in fields(record)
        if field.name not in given
    }
    return st.builds(record, **drawn, **given)


def _field(field: Field[Any], hint: Any) -> st.SearchStrategy[Any]:
    if field.default is not MISSING:
        return st.just(field.default) | any_of(hint)
    return any_of(hint)


@cache
def any_fact(subject: Subject, payload: type) -> st.SearchStrategy[Fact]:
    """A fact that carries this payload."""
    return _records(
        Fact,
        subject=st.just(subject),
        kind=st.just(payload.kind),  # type: ignore[attr-defined]
        data=any_of(payload),
    )
