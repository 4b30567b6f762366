"""What staff are told of a dispute's own record: a deadline that is near, an answer not taken."""

from __future__ import annotations

from typing import Any

from chalicelib.domain import fraud_warning
from chalicelib.domain.dates import zone
from chalicelib.domain.desk import disputes as facts
from chalicelib.domain.desk.warned import FraudWarned
from chalicelib.domain.dispute import DisputeStage, in_words
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.invoice_facts import DisputeClosed, DisputeOpened, DisputeRegained
from chalicelib.messages import NoticeKind, NoticeView, StaffView
from chalicelib.ports import Ports
from chalicelib.services.matter import Matter
from chalicelib.services.views import business_view


def still_needed(matter: Matter, name: str) -> bool:
    """Nobody is told to answer what has been answered since."""
    dispute = matter.dispute
    if dispute is None or name != "staff_dispute_due":
        return True
    return dispute.stage is DisputeStage.NEEDS_ANSWER and dispute.submitted_at is None


def reason_of(payload: Any) -> str | None:
    """Why, in words: for a dispute what the bank says, for any other fact its own reason."""
    match payload:
        case DisputeOpened(reason=reason):
            return _said(reason)
        case DisputeClosed(won=True):
            return "Won: the money is the business's."
        case FraudWarned(fraud_type=fraud_type):
            return f"The card's bank says: {fraud_warning.in_words(fraud_type)}."
        case DisputeRegained():
            return "Won after all: Stripe gave the money back, and it is the business's again."
        case DisputeClosed():
            return "Lost: the payer keeps the money. It is owed again; only staff may charge it."
        case _:
            found: str | None = getattr(payload, "reason", None)
            return found


def next_step_of(invoice: Invoice, payload: Any) -> str | None:
    """What a person has to do now, where that is not what happens next to the invoice."""
    payment = invoice.payment(getattr(payload, "payment_id", ""))
    if not isinstance(payload, FraudWarned) or payment is None:
        return None
    refunded = payment.amount_refunded >= payment.amount
    return fraud_warning.advice(released=False, disputed=payment.disputed, actionable=not refunded)


def view_of(ports: Ports, matter: Matter, kind: NoticeKind) -> NoticeView:
    dispute, business, payload = matter.dispute, matter.business, matter.fact.data
    assert dispute is not None
    local = zone(business.zone)
    invoice = ports.store.invoice(business.id, dispute.invoice_id)
    refused = isinstance(payload, facts.AnswerRefused)
    return NoticeView(
        kind=kind,
        key=f"{dispute.id}/{matter.fact.seq}/{kind.value}",
        locale=business.locale,
        business=business_view(business),
        link=f"{ports.links.back_office}/disputes/{dispute.id}",
        currency=dispute.currency,
        amount=dispute.amount,
        invoice_number=invoice.shown_number,
        transaction_id=dispute.charge_id,
        answer_by=dispute.due_by.astimezone(local) if dispute.due_by else None,
        staff=StaffView(
            customer=matter.customer.name if matter.customer else None,
            reason=payload.reason if refused else _said(dispute.reason),
        ),
    )


def _said(reason: str) -> str:
    return f"The payer's bank says: {in_words(reason)}."
