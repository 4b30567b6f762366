"""An invoice sent again by hand: the same paper once more, and who asked for it.

Nothing about the debt changes. The address is the customer's at the time of sending, so it stands
in no fact.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import Effect, EffectKind, Fact
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Purpose
from chalicelib.domain.ledger import Leg
from chalicelib.domain.owed import Audience, event


@dataclass(frozen=True, slots=True)
class InvoiceSentAgain:
    """`send_id` is the request's: sent twice, it is one mail. Who asked is the fact's actor."""

    kind: ClassVar[str] = "sent_again"
    send_id: str

    def key(self, seq: int) -> str:
        return f"sent_again/{self.send_id}"


PAYLOADS: tuple[type, ...] = (InvoiceSentAgain,)


def check_sendable(invoice: Invoice) -> None:
    """Raises Conflict, in words, for what must not go to the customer as an invoice."""
    if invoice.purpose is not Purpose.INVOICE:
        words = "This asks for money for other invoices: send those."
        raise Conflict("not_an_invoice", words)
    if invoice.status is InvoiceStatus.DRAFT:
        words = "It is a draft, and nobody got it yet. Finalize it: that sends it."
        raise Conflict("invoice_draft", words)
    if invoice.replaced_by is not None:
        words = f"It was merged into a corrected invoice: send {invoice.replaced_by} instead."
        raise Conflict("already_replaced", words)
    if invoice.status is InvoiceStatus.CANCELLED:
        raise Conflict("invoice_cancelled", "It was cancelled: nobody is asked to pay it.")
    if invoice.status is InvoiceStatus.UNCOLLECTIBLE:
        raise Conflict("invoice_written_off", "It was given up: nobody is asked to pay it.")


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    return invoice


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    """No money moves."""
    return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    """By mail whatever the policy says of this notice: somebody asked for just that."""
    return (Effect(EffectKind.MAIL, "invoice_sent"), *event("invoice.sent_again"))
