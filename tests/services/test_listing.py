"""Lists through the services: a page's work is bounded, and going on finds everything once."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.ports.answers import Page
from chalicelib.services.listing import MOST_ROUNDS, Filters, Sort, list_invoices, sifted
from tests.fakes.install import Install


class Book:
    """Numbers in pages; it counts how often it was read."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.reads: list[int] = []

    def read(self, limit: int, cursor: str | None) -> Page[int]:
        self.reads.append(limit)
        start = int(cursor or 0)
        end = min(start + limit, self.count)
        return Page(tuple(range(start, end)), str(end) if end < self.count else None)


@given(st.integers(0, 60), st.integers(1, 9), st.sets(st.integers(0, 60)))
def test_going_on_finds_all_that_fits_once(count: int, limit: int, wanted: set[int]) -> None:
    book, found, cursor = Book(count), list[int](), None
    for _ in range(count + 2):
        book.reads.clear()
        page = sifted(book.read, wanted.__contains__, limit=limit, cursor=cursor)
        assert len(page.items) <= limit
        assert len(book.reads) <= MOST_ROUNDS
        assert sum(book.reads) <= MOST_ROUNDS * limit
        found += page.items
        cursor = page.cursor
        if cursor is None:
            break
    assert cursor is None
    assert found == sorted(one for one in wanted if one < count)


@pytest.fixture(scope="module")
def install() -> Install:
    """Many invoices of one customer, dearer than the two of another."""
    made = Install.at()
    made.business()
    many, few = (made.customer(name=name, card=None) for name in ("Many", "Few"))
    for number in range(30):
        made.invoice(many, 10_000 + number)
    for number in range(2):
        made.invoice(few, 100 + number)
    return made


def pages(install: Install, filters: Filters, **asked: Any) -> list[list[int]]:
    business, found, cursor = install.store.business("biz_1"), [], None
    while True:
        page = list_invoices(install.ports, business, filters, limit=3, cursor=cursor, **asked)
        found.append([one.totals.total for one in page.items])
        cursor = page.cursor
        if cursor is None:
            return found


def customer_id(install: Install, name: str) -> str:
    (found,) = [one.id for one in install.store.customers("biz_1").items if one.name == name]
    return found


def test_a_page_may_be_empty_but_goes_on(install: Install) -> None:
    few = Filters(customer_id=customer_id(install, "Few"))
    found = pages(install, few, sort=Sort.AMOUNT)
    assert found[0] == []
    assert [one for page in found for one in page] == [101, 100]


@pytest.mark.parametrize("sort", [None, Sort.DUE_ON])
def test_a_customers_own_list_is_read_where_it_serves(install: Install, sort: Sort | None) -> None:
    few = Filters(customer_id=customer_id(install, "Few"))
    assert [len(page) for page in pages(install, few, sort=sort)] == [2]


def test_each_sort_has_its_way_round(install: Install) -> None:
    """All but by status can be turned round."""
    turned: dict[Sort, Callable[[list[int]], bool]] = {
        Sort.AMOUNT: lambda found: found == sorted(found),
        Sort.CUSTOMER_NAME: lambda found: found[0] > 9_999,
    }
    for sort, holds in turned.items():
        found = [one for page in pages(install, Filters(), sort=sort, reverse=True) for one in page]
        assert len(found) == 32
        assert holds(found)
