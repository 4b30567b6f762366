"""What any port may answer with: no answer, too late, already there, one page or all of many."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Generic, Protocol, TypeVar

T = TypeVar("T")


class Unanswered(Exception):  # noqa: N818
    """An outside system did not answer; whether it did what was asked is unknown."""


class StaleHead(Exception):  # noqa: N818
    """Somebody else changed the subject first: load again and decide again."""


class FactExists(Exception):  # noqa: N818
    """What this fact records is recorded already, by somebody else."""

    def __init__(self, key: str) -> None:
        super().__init__(key)
        self.key = key


@dataclass(frozen=True, slots=True)
class Page(Generic[T]):
    """Newest or soonest first, as each query says; `cursor` is None at the end."""

    items: tuple[T, ...]
    cursor: str | None = None


class PageOf(Protocol[T]):
    """A list of a port with everything said but where to go on."""

    def __call__(self, *, cursor: str | None) -> Page[T]: ...


def all_of(page_of: PageOf[T]) -> Iterator[T]:
    """The whole list; the next page is asked for when the one before it is done with."""
    cursor = None
    while True:
        page = page_of(cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return
