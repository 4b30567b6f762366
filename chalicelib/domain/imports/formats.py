"""How a file writes days and numbers: read off all its cells, and said when it cannot be known.

`13/04/2026` proves that days come first, `1.234,50` that a comma begins the decimals. Where nothing
is proved, what is usual for the business holds, and the report says so.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from chalicelib.domain.imports import values
from chalicelib.domain.imports.values import DateOrder, DecimalMark


@dataclass(frozen=True, slots=True)
class Formats:
    """`notes` say in words what was taken for granted."""

    order: DateOrder
    mark: DecimalMark = DecimalMark.POINT
    notes: tuple[str, ...] = ()


def formats_of(
    days: Iterable[str],
    numbers: Iterable[str],
    *,
    usual: DateOrder,
    order: DateOrder | None = None,
    mark: DecimalMark | None = None,
) -> Formats:
    """`order` and `mark` if given, else what the cells prove, else what is usual."""
    found_order, on_days = (order, "") if order else _order_of(days, usual)
    found_mark, on_numbers = (mark, "") if mark else _mark_of(numbers)
    return Formats(found_order, found_mark, tuple(note for note in (on_days, on_numbers) if note))


def _order_of(days: Iterable[str], usual: DateOrder) -> tuple[DateOrder, str]:
    proved: dict[DateOrder, str] = {}
    unclear = ""
    for text in days:
        orders = values.orders_of(text)
        if len(orders) == 1:
            proved.setdefault(orders[0], text)
        elif orders:
            unclear = unclear or text
    if len(proved) == 1:
        ((order, _),) = proved.items()
        return order, ""
    if proved:
        examples = " and ".join(repr(text) for text in proved.values())
        words = f"Days are written both ways ({examples}); those not {usual.value} are refused."
        return usual, words
    if unclear:
        words = (
            f"Days such as {unclear!r} can be read two ways; they were read as {usual.value}. "
            "Send date_order if that is wrong."
        )
        return usual, words
    return usual, ""


def _mark_of(numbers: Iterable[str]) -> tuple[DecimalMark, str]:
    proved: dict[DecimalMark, str] = {}
    unclear = ""
    for text in numbers:
        marks = [mark for mark in DecimalMark if values.is_number(text, mark)]
        if len(marks) == 1:
            proved.setdefault(marks[0], text)
        elif marks and not text.strip("-()").isdigit():
            unclear = unclear or text
    if len(proved) == 1:
        ((mark, _),) = proved.items()
        return mark, ""
    point = DecimalMark.POINT
    if proved:
        examples = " and ".join(repr(text) for text in proved.values())
        words = f"Numbers are written both ways ({examples}); a point begins the decimals."
        return point, f"{words} Those that do not fit are refused."
    if unclear:
        words = (
            f"Numbers such as {unclear!r} can be read two ways; a point was taken to begin the "
            "decimals, a comma to part thousands. Send decimal_mark if that is wrong."
        )
        return point, words
    return point, ""
