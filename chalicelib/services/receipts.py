"""What a receipt of one payment for several invoices says: which it paid, what each still owes.

As it was right after the money was applied, so drawing it again gives the same bytes.
"""

from __future__ import annotations

from chalicelib import documents as paper
from chalicelib.domain.desk.account import ExternalPaymentReceived
from chalicelib.domain.desk.on_account import PaymentApplied
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.payment import Allocation, Payment, PaymentStatus
from chalicelib.ports import Ports
from chalicelib.services.matter import Matter

MOST_NAMED = 5


Brought = PaymentApplied | ExternalPaymentReceived


def parts_of(payload: Brought) -> tuple[Allocation, ...]:
    """What each invoice got of it."""
    return payload.shares if isinstance(payload, ExternalPaymentReceived) else payload.spent


def _key_on_invoice(payload: Brought) -> str:
    if isinstance(payload, ExternalPaymentReceived):
        return f"external/{payload.payment_id}"
    return f"applied/{payload.source}"


def paid_invoices(ports: Ports, matter: Matter, payload: Brought) -> list[Invoice]:
    """Each invoice as this payment left it, in the order they were paid."""
    key = _key_on_invoice(payload)
    found = []
    for part in parts_of(payload):
        history = ports.store.facts(matter.business.id, Subject.INVOICE, part.invoice_id)
        until = next(at for at, fact in enumerate(history, start=1) if fact.key == key)
        found.append(fold(history[:until]))
    return found


def allocations(ports: Ports, matter: Matter, payload: Brought) -> tuple[paper.AllocationView, ...]:
    amounts = {part.invoice_id: part.amount for part in parts_of(payload)}
    return tuple(
        paper.AllocationView(
            invoice_number=invoice.shown_number,
            invoice_total=invoice.totals.total,
            amount=amounts[invoice.id],
            balance=max(invoice.amount_remaining, 0),
            issued_on=invoice.issued_on,
        )
        for invoice in paid_invoices(ports, matter, payload)
    )


def in_words(ports: Ports, matter: Matter, payload: Brought) -> tuple[str, int]:
    """The numbers of the invoices it paid, for a mail, and what all of them still owe."""
    paid = paid_invoices(ports, matter, payload)
    numbers = [invoice.shown_number for invoice in paid[:MOST_NAMED]]
    more = [f"+{len(paid) - MOST_NAMED}"] if len(paid) > MOST_NAMED else []
    return ", ".join([*numbers, *more]), sum(max(one.amount_remaining, 0) for one in paid)


def payment_of(invoice: Invoice) -> Payment | None:
    """The payment that brought the money; None when it came outside Stripe."""
    paid = [one for one in invoice.payments if one.status is PaymentStatus.PAID]
    return paid[-1] if paid else None
