"""What money for an invoice posts, wherever it comes from, and what its going away again posts."""

from __future__ import annotations

from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.invoice_changes import parts_of
from chalicelib.domain.ledger import Account, Leg, legs


def incoming_legs(invoice: Invoice, amount: int, source: Account) -> tuple[Leg, ...]:
    """`amount` of `source` pays the invoice as it stands before; what is too much is credit."""
    parts = parts_of(invoice, amount)
    posted: dict[str, int] = {source.value: amount}
    for account, part in (
        ("receivable", parts.applied),
        ("write_offs", parts.recovered),
        ("customer_credit", parts.left),
    ):
        posted[account] = posted.get(account, 0) - part
    return legs(invoice.currency, **posted)


def outgoing_legs(invoice: Invoice, amount: int, source: Account) -> tuple[Leg, ...]:
    """It is gone again: owed, or given up with the rest, or taken from the customer's credit."""
    lost = Account.RECEIVABLE
    if invoice.is_withdrawn:
        lost = Account.CUSTOMER_CREDIT
    elif invoice.status is InvoiceStatus.UNCOLLECTIBLE:
        lost = Account.WRITE_OFFS
    if lost is source:
        return ()
    return legs(invoice.currency, **{lost.value: amount, source.value: -amount})
