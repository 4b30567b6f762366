"""A second click: whether a payment that is asked for is the one that is under way already."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.domain import demand as demands
from chalicelib.domain.customer import Customer
from chalicelib.domain.invoice import Invoice

if TYPE_CHECKING:
    from chalicelib.services.on_account import Wish


def is_same(demand: Invoice, wish: Wish) -> bool:
    """It is under way, of the same amount, and for the same invoices if any were chosen."""
    under_way = demand.is_open or demands.unapplied(demand) > 0
    chosen = wish.chosen is None or wish.chosen == demand.allocations
    return under_way and chosen and demand.totals.total == wish.amount


def by_the_same(demand: Invoice, wish: Wish, customer: Customer) -> bool:
    """The payment method is the one that is asked for now; a new one is another one."""
    request, tries = demand.charge_request, demand.attempts
    asked = request.id if request else tries[-1].request_id if tries else None
    saved = asked == f"take-{demand.id}"
    if wish.new_method or not saved:
        return wish.new_method and not saved
    used = request.method_id if request else tries[-1].method_id
    default = customer.default_method_id
    return (used or default) == (wish.method_id or default)
