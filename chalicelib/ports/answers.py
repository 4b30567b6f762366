"""What any port may answer with: no answer, too late, already there, one page of many."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Generic, TypeVar

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
