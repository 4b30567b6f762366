"""Write-offs by hand: a debt given up, with its reason. What comes later recovers it."""

from __future__ import annotations

from chalicelib.domain.desk.write_offs import WrittenOff
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import Actor
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Purpose
from chalicelib.ports import Ports
from chalicelib.ports.answers import StaleHead
from chalicelib.services.case import again_when_stale, open_case, record
from chalicelib.services.credit import close_all


def write_off(
    ports: Ports, business_id: str, invoice_id: str, *, reason: str, actor: Actor
) -> Invoice:
    """Give up what an invoice still owes. Its payment is cancelled at Stripe first.

    Raises Conflict when nothing is owed, money is on its way, or something else collects it.
    """

    def once() -> Invoice:
        case = open_case(ports, business_id, invoice_id)
        if case.invoice.status is InvoiceStatus.UNCOLLECTIBLE:
            return case.invoice
        _check(case.invoice)
        close_all(ports, [case.invoice], "The invoice is being written off.")
        case = open_case(ports, business_id, invoice_id)
        if case.invoice.open_payment is not None:
            raise StaleHead("a charge began meanwhile")
        _check(case.invoice)
        given_up = WrittenOff(reason, case.invoice.amount_remaining)
        return record(ports, case, given_up, actor=actor, why=reason).invoice

    return again_when_stale(once)


def _check(invoice: Invoice) -> None:
    if not invoice.is_open or invoice.amount_remaining <= 0:
        words = f"The invoice is {invoice.status.value}: there is nothing to write off."
        raise Conflict("settled", words)
    if invoice.purpose is not Purpose.INVOICE:
        raise Conflict("not_an_invoice", "Only an invoice can be written off.")
    if invoice.covered_by is not None:
        raise Conflict("covered", invoice.covered_by.reason)
