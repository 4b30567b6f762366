"""One spelling for every record: what was hashed years ago must hash the same today."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta, timezone
from decimal import Decimal
from enum import Enum
from typing import Any

import pytest

from chalicelib.domain.canonical import canonical, digest, plain
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import EffectKind, assert_next, fact_hash, seal
from tests.domain.histories import Story
from tests.domain.samples import NOON


class Plain(Enum):
    ONE = "one"


def fresh() -> tuple[Any, Any]:
    """A record of a class that nothing has looked at before, with and without its defaults."""

    @dataclass(frozen=True)
    class Note:
        text: str
        count: int = 0
        tags: tuple[str, ...] = field(default_factory=tuple)

    return Note("a"), Note("a", count=1, tags=("x",))


def test_fields_at_their_default_are_left_out() -> None:
    """So a field added later does not change the bytes, and the hash, of what was written."""
    bare, full = fresh()
    assert plain(bare) == {"text": "a"}
    assert plain(full) == {"text": "a", "count": 1, "tags": ["x"]}


def test_a_field_without_a_default_is_never_left_out() -> None:
    bare, _ = fresh()
    assert plain(replace(bare, text="")) == {"text": ""}


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "null"),
        (True, "true"),
        (0, "0"),
        ("Zoë", '"Zoë"'),  # as it is, not escaped: the bytes are UTF-8
        ({"b": 1, "a": (2, [3])}, '{"a":[2,[3]],"b":1}'),
        ({7: "x"}, '{"7":"x"}'),
        (date(2026, 3, 2), '"2026-03-02"'),
        (NOON, '"2026-03-02T12:00:00.000000Z"'),
        (NOON.astimezone(timezone(timedelta(hours=5))), '"2026-03-02T12:00:00.000000Z"'),
        (datetime(2026, 3, 2, 12, 0, 0, 7, tzinfo=UTC), '"2026-03-02T12:00:00.000007Z"'),
        (Decimal("8.8750"), '"8.875"'),
        (Decimal("1E+3"), '"1000"'),
        (Decimal("NaN"), '"NaN"'),
        (EffectKind.MAIL, '"mail"'),
        (Plain.ONE, '"one"'),
    ],
)
def test_each_kind_of_value_has_one_spelling(value: Any, text: str) -> None:
    assert canonical(value) == text


def test_enums_become_plain_words() -> None:
    """A word that only looks like text would be stored by an SDK as something else."""
    assert type(plain(EffectKind.MAIL)) is str
    assert type(plain([Plain.ONE])[0]) is str


class Stranger:
    pass


@pytest.mark.parametrize("stranger", [1.5, b"x", {1}, fresh()[0].__class__, Stranger()])
def test_what_has_no_spelling_is_refused(stranger: Any) -> None:
    with pytest.raises(TypeError) as refused:
        canonical(stranger)
    assert str(refused.value) == f"{type(stranger).__name__} has no canonical form"


def test_a_hash_of_long_ago_is_still_the_hash() -> None:
    """Written down when this test was: another value means that every stored chain looks broken."""
    assert digest("") == "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
    first = Story().facts[0]
    assert canonical(replace(first, data=None, hash="")) == (
        '{"actor":{"kind":"system"},"at":"2026-03-02T13:00:00.000000Z","business_id":"biz_1",'
        '"data":null,"key":"created","kind":"created","seq":1,"subject":"invoice",'
        '"subject_id":"inv_1","why":""}'
    )
    text = canonical(replace(first, hash=""))
    assert first.hash == fact_hash(first) == seal(first).hash == digest(text)


@pytest.mark.parametrize("wrong", [{"seq": 9}, {"previous": "0" * 64}])
def test_a_fact_must_follow_in_number_and_in_chain(wrong: dict[str, Any]) -> None:
    story = Story().finalized()
    follower = Story().charging().facts[2]
    assert_next(story.invoice, follower)
    with pytest.raises(BrokenRecord) as refused:
        assert_next(story.invoice, replace(follower, **wrong))
    assert str(refused.value) == f"invoice inv_1: fact {wrong.get('seq', 3)} after 2"


def test_the_first_fact_follows_nothing() -> None:
    first = Story().facts[0]
    assert_next(None, first)
    for wrong in ({"seq": 2}, {"previous": "0" * 64}):
        with pytest.raises(BrokenRecord):
            assert_next(None, replace(first, **wrong))
