"""An invoice's lines as they are sent."""

from __future__ import annotations

from collections.abc import Sequence

from chalicelib.api.representation.fields import (
    Amount,
    Body,
    Name,
    Percent,
    Quantity,
    Text,
    check_total,
    decimal_of,
)
from chalicelib.domain.invoice import Line, totals_of


class LineBody(Body):
    """`unit_amount` and `discount` are minor units; the discount is off the line, before tax."""

    description: Name
    unit_amount: Amount
    quantity: Quantity = 1
    discount: Amount = 0
    tax_percent: Percent = "0"
    product: Text = ""
    variant: Text = ""


def lines_from(bodies: Sequence[LineBody]) -> tuple[Line, ...]:
    """Raises InvalidInput for a discount above its line or a sum beyond all reason."""
    lines = tuple(
        Line(
            description=line.description,
            quantity=decimal_of(line.quantity),
            unit_amount=line.unit_amount,
            discount=line.discount,
            tax_percent=decimal_of(line.tax_percent),
            product=line.product,
            variant=line.variant,
        )
        for line in bodies
    )
    check_total(totals_of(lines).total)
    return lines
