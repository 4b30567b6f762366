"""Keys of the sorted lists: text sorts as what it stands for does, ranges miss nothing."""

from __future__ import annotations

from datetime import UTC, date, datetime, time
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.adapters.table import shelves
from chalicelib.domain.errors import BrokenRecord, InvalidInput
from chalicelib.domain.facts import Subject
from chalicelib.domain.finding import LONGEST_WORD, What, Word, cut, folded, words_of_name
from chalicelib.domain.listing import Listed, ListKind, Shelf
from chalicelib.ports.lists import Found, Order, Wanted

SHELF = Shelf(ListKind.INVOICE, "pending")
ids = st.text(st.characters(codec="ascii", categories=("L", "N")), min_size=1, max_size=6)
names = st.text(max_size=12)
days = st.dates(date(2000, 1, 1), date(2200, 1, 1))
times = days.map(lambda day: datetime.combine(day, time(12), UTC)) | st.integers(0, 10**9).map(
    lambda seconds: datetime.fromtimestamp(seconds, UTC)
)
amounts = st.integers(0, 10**15 - 1)


@st.composite
def things(draw: st.DrawFn) -> Listed:
    return Listed(
        shelf=SHELF,
        mark=draw(ids),
        amount=draw(amounts),
        name=draw(names),
        due_on=draw(st.none() | days),
        at=draw(times),
    )


def value(listed: Listed, order: Order) -> Any:
    match order:
        case Order.AMOUNT:
            return listed.amount
        case Order.CUSTOMER_NAME:
            return folded(listed.name)[:64]
        case Order.AT:
            return listed.at
        case _:
            return listed.due_on or date.max


@given(st.sampled_from([one for one in Order if one is not Order.STATUS]), things(), things())
def test_text_sorts_as_its_value(order: Order, one: Listed, other: Listed) -> None:
    places = [shelves.place_of(listed, order) for listed in (one, other)]
    assert None not in places
    values = [value(listed, order) for listed in (one, other)]
    if values[0] != values[1]:
        assert (places[0] < places[1]) == (values[0] < values[1])  # type: ignore[operator]


@given(things(), days, days, amounts, amounts, times, times, st.integers(0, 3))
def test_a_range_has_all_that_is_in_it_and_nothing_else(
    one: Listed,
    due_from: date,
    due_to: date,
    least: int,
    most: int,
    since: datetime,
    until: datetime,
    letters: int,
) -> None:
    prefix = folded(one.name)[:letters]
    cases = {
        Wanted((SHELF,), due_from=due_from, due_to=due_to): (
            due_from <= (one.due_on or date.max) <= due_to
        ),
        Wanted((SHELF,), Order.AMOUNT, amount_from=least, amount_to=most): (
            least <= one.amount <= most
        ),
        Wanted((SHELF,), Order.AT, since=since, until=until): (
            one.at is not None and since <= one.at < until
        ),
        Wanted((SHELF,), Order.CUSTOMER_NAME, name_prefix=prefix): True,
    }
    for wanted, inside in cases.items():
        span, place = shelves.wanted_span(wanted), shelves.place_of(one, wanted.order)
        assert place is not None
        assert (span.low <= place <= span.high) == inside, wanted


def test_what_has_no_time_has_no_place_in_time() -> None:
    listed = Listed(SHELF, "inv_1", 100, "Ann", None)
    keys = shelves.listed_keys(listed, "biz_1")
    assert keys == {
        "shelf": "biz_1#INVOICE#pending",
        "due_sort": "9999-12-31#inv_1",
        "amount_sort": "000000000000100#inv_1",
        "name_sort": "ann\x1finv_1",
    }


@given(names, st.sampled_from(What), st.sampled_from(Subject), ids)
def test_a_word_says_what_it_belongs_to(
    text: str, what: What, subject: Subject, subject_id: str
) -> None:
    word = Word(cut(text), what)
    sort = shelves.word_sort(word, subject, subject_id)
    assert shelves.found_word(sort) == Found(word.text, what, subject, subject_id)
    assert shelves.word_row("biz_1", word, subject, subject_id)[0].startswith("biz_1#")


def test_a_word_that_is_none_is_an_alarm() -> None:
    with pytest.raises(BrokenRecord):
        shelves.found_word("O#2026-01-01#inv_1")
    with pytest.raises(InvalidInput):
        shelves.word_sort(Word("x" * 1100, What.REFERENCE), Subject.INVOICE, "inv_1")


@given(st.text(max_size=200))
def test_folding_is_done_once_and_for_all(text: str) -> None:
    once = cut(text)
    assert folded(once) == folded(folded(once))
    assert len(once) <= LONGEST_WORD
    assert "\x1f" not in once
    assert not [word for word in words_of_name(text) if not word or "\x1f" in word]


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("Émile  Zola-Byron", ("emile", "zola", "byron")),
        ("株式会社サクラ", ("株式会社サクラ",)),
        ("Ann Ann", ("ann",)),
        ("***", ("***",)),
        ("O'Neil & Sons (2)", ("o", "neil", "sons", "2")),
        ("", ()),
    ],
)
def test_words_of_a_name(name: str, words: tuple[str, ...]) -> None:
    assert words_of_name(name) == words
