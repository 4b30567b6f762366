"""Files in which each row is one thing: a second row of the same is refused, and told why."""

from __future__ import annotations

from collections.abc import Callable
from typing import Protocol, TypeVar

from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports.advice import advised
from chalicelib.domain.imports.sheet import Rejected, Sheet, SheetRow


class Keyed(Protocol):
    """`key` is the same for two rows that mean the same thing; `row` is its number in the file."""

    @property
    def key(self) -> str: ...

    @property
    def row(self) -> int: ...


K = TypeVar("K", bound=Keyed)


def distinct(
    sheet: Sheet, read: Callable[[SheetRow], K], name: Callable[[SheetRow], str], what: str
) -> tuple[tuple[K, ...], tuple[Rejected, ...]]:
    """What was read and what was refused, each in the order of the file. `read` raises InvalidInput
    for a row that cannot be used."""
    found: dict[str, K] = {}
    rejected = list(sheet.rejected)
    for row in sheet.rows:
        try:
            one = read(row)
        except InvalidInput as refused:
            rejected.append(Rejected(row.number, advised(refused), name(row)))
            continue
        if first := found.get(one.key):
            words = f"The same {what} as in row {first.row}. Take one of them out of the file."
            rejected.append(Rejected(row.number, words, name(row)))
        else:
            found[one.key] = one
    rejected.sort(key=lambda one: one.row)
    return tuple(found.values()), tuple(rejected)
