"""Paying a part of an invoice: who may, from how much, and what may be left.

The business's setting is for payers: None means only the whole. Staff may always take a part, for
they answer for it. What is left has to be chargeable too, or nothing could ever collect it.
"""

from __future__ import annotations

from chalicelib.domain import money
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.invoice import Invoice


def part_of(
    invoice: Invoice, amount: int | None, minimum: int | None, *, by_staff: bool
) -> int | None:
    """The part to charge; None for the whole balance. Raises InvalidInput for what may not be."""
    owed = invoice.amount_remaining
    if amount is None or amount == owed:
        return None
    if not 0 < amount < owed:
        words = f"{_text(invoice, amount)} is not between 0 and what is owed."
        raise InvalidInput("part_too_large" if amount > 0 else "part_too_small", words)
    if not by_staff and minimum is None:
        raise InvalidInput("part_not_allowed", "This business takes the whole amount only.")
    if not by_staff and minimum is not None and amount < minimum:
        words = f"A part has to be at least {_text(invoice, minimum)}."
        raise InvalidInput("part_too_small", words)
    lowest, _ = money.chargeable_bounds(invoice.currency)
    if owed - amount < lowest:
        words = f"Less than {_text(invoice, lowest)} would be left, which no card can pay."
        raise InvalidInput("part_leaves_too_little", words)
    return amount


def smallest_part(invoice: Invoice, minimum: int | None) -> int | None:
    """The least that a payer may pay of it; None where only the whole can be paid."""
    if minimum is None:
        return None
    lowest, _ = money.chargeable_bounds(invoice.currency)
    least = max(minimum, lowest)
    return least if least + lowest <= invoice.amount_remaining else None


def _text(invoice: Invoice, amount: int) -> str:
    return f"{money.decimal_text(amount, invoice.currency)} {invoice.currency}"
