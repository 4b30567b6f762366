"""A demand that is no invoice: a payment on account, or one instalment of a plan. Its own rules.

It asks for money towards invoices that stand already. Here is how that money is divided: oldest due
first, or as chosen; never more than an invoice still owes. What is left is customer credit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from chalicelib.domain.customer import PaymentMethod
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.payment import Allocation

if TYPE_CHECKING:
    from chalicelib.domain.invoice import Invoice

# Two rows for each invoice, two for the demand, the customer and a plan: below DynamoDB's 100. What
# one transaction cannot pay is paid on by the next ones.
MOST_INVOICES = 40
TOO_MANY = (
    f"One payment can name at most {MOST_INVOICES} invoices: name fewer, or name none: then the "
    "oldest are paid first, and the rest right after."
)


@dataclass(frozen=True, slots=True)
class Demand:
    """What such a demand knows beside what every invoice knows.

    `method` was typed in for this payment alone and is forgotten with it. `applied` is what has
    become credit of what came in; `spent` is what of that has paid which invoice.
    """

    save_method: bool = True
    page_until: datetime | None = None  # waits until then for a new method from Stripe's page
    method: PaymentMethod | None = None
    plan_id: str = ""
    instalment: int = 0
    applied: int = 0
    applications: int = 0
    spent: tuple[Allocation, ...] = ()
    pays_on: int = 0  # so much of it is for invoices beyond its allocations, and applied after them
    end_code: str = ""  # why it was closed without money, for staff
    end_reason: str = ""


def oldest_first(invoices: Sequence[Invoice]) -> list[Invoice]:
    """By due date; of one day by number."""
    return sorted(invoices, key=lambda one: (one.due_on or date.max, one.number or "", one.id))


def divided(amount: int, invoices: Sequence[Invoice]) -> tuple[Allocation, ...]:
    """`amount` over open invoices, oldest first, as far as it goes and 40 invoices reach."""
    parts: list[Allocation] = []
    left = amount
    for invoice in oldest_first(invoices)[:MOST_INVOICES]:
        part = min(left, max(invoice.amount_remaining, 0))
        if part:
            parts.append(Allocation(invoice.id, part))
            left -= part
    return tuple(parts)


def beyond(amount: int, invoices: Sequence[Invoice]) -> int:
    """What of `amount` is for the open invoices that `divided` could not reach any more."""
    rest = sum(max(one.amount_remaining, 0) for one in oldest_first(invoices)[MOST_INVOICES:])
    return min(amount - sum(part.amount for part in divided(amount, invoices)), rest)


def as_chosen(
    amount: int, chosen: Sequence[Allocation], invoices: Sequence[Invoice]
) -> tuple[Allocation, ...]:
    """What staff chose, if the amount and each balance allow it. Raises InvalidInput if not."""
    known = {invoice.id: invoice for invoice in invoices}
    if len({part.invoice_id for part in chosen}) != len(chosen):
        raise InvalidInput("allocation_twice", "Each invoice can be named once only.")
    if len(chosen) > MOST_INVOICES:
        raise InvalidInput("allocation_too_many", TOO_MANY)
    for part in chosen:
        invoice = known.get(part.invoice_id)
        if invoice is None:
            words = f"{part.invoice_id} is no open invoice of this customer."
            raise InvalidInput("allocation_invalid", words)
        if not 0 < part.amount <= invoice.amount_remaining:
            words = f"Invoice {invoice.number} owes {invoice.amount_remaining} minor units."
            raise InvalidInput("allocation_invalid", words)
    if sum(part.amount for part in chosen) > amount:
        raise InvalidInput("allocation_too_much", "More is allocated than is being paid.")
    return tuple(chosen)


def payable(
    amount: int, planned: Sequence[Allocation], invoices: Sequence[Invoice]
) -> tuple[Allocation, ...]:
    """The plan as far as the money goes and the invoices still owe it, when the money has come."""
    known = {invoice.id: invoice for invoice in invoices}
    parts: list[Allocation] = []
    left = max(amount, 0)
    for part in planned:
        paid = min(part.amount, left, owed(known[part.invoice_id]))
        if paid:
            parts.append(Allocation(part.invoice_id, paid))
            left -= paid
    return tuple(parts)


def owed(invoice: Invoice) -> int:
    """What may still be applied to it."""
    return max(invoice.amount_remaining, 0) if invoice.is_open else 0


def short(instalments: Sequence[Invoice]) -> int:
    """What instalments have paid invoices with, and was then taken back: a lost dispute. The
    invoices stay paid, the customer's credit is below 0 by it, and the plan still collects it."""
    known = [one.demand for one in instalments if one.demand is not None]
    spent = sum(part.amount for one in known for part in one.spent)
    return max(spent - sum(one.applied for one in known), 0)


def unapplied(invoice: Invoice) -> int:
    """Money of a demand that is not yet the customer's credit; below 0 when it was taken back."""
    if invoice.demand is None:
        return 0
    return invoice.amount_paid + invoice.amount_overpaid - invoice.demand.applied
