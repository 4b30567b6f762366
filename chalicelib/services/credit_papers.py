"""Credit notes as documents, and the receipt of a payment that came past Stripe."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

from chalicelib import documents as paper
from chalicelib.domain.credit_note import CreditNote
from chalicelib.domain.invoice import Invoice
from chalicelib.ports import Ports
from chalicelib.services import receipts
from chalicelib.services.matter import Matter
from chalicelib.services.portal_links import customer_link
from chalicelib.services.views import issuer_view, locale_of, page_size, paid_by, payer_view


def credit_note_view(
    printed: paper.InvoiceView, invoice: Invoice, note: CreditNote, tax_label: str
) -> paper.InvoiceView:
    """The invoice's own page with the note's lines: it looks as the invoice does."""
    applied = paper.SettlementView(
        paper.SettlementKind.APPLIED, note.applied, note.issued_on, reference=invoice.number
    )
    return replace(
        printed,
        kind=paper.DocumentKind.CREDIT_NOTE,
        number=note.number,
        issued_on=note.issued_on,
        lines=tuple(
            paper.LineView(
                description=line.description,
                amount=line.amount,
                quantity=Decimal(1),
                tax_percent=line.tax_percent,
            )
            for line in note.lines
        ),
        subtotal=note.subtotal,
        taxes=tuple(
            paper.TaxView(tax_label, rate.percent, rate.base, rate.tax)
            for rate in note.taxes
            if rate.percent
        ),
        total=note.total,
        balance=note.to_credit,
        settlements=(applied,) if note.applied else (),
        state=paper.DocumentState.OPEN,
        credited_invoice=invoice.number,
        due_on=None,
        net_days=None,
        period=None,
        paid_on=None,
        paid_by=None,
        pay_url=None,
        bank=None,
        notes="" if all(line.description == note.reason for line in note.lines) else note.reason,
    )


def external_receipt(ports: Ports, matter: Matter) -> paper.ReceiptView:
    """One cheque, one receipt: it names each invoice that was paid, and what was left over."""
    payload, business, customer = matter.fact.data, matter.business, matter.customer
    assert customer is not None
    allocations = receipts.allocations(ports, matter, payload)
    return paper.ReceiptView(
        number=f"{payload.payment_id.rpartition('_')[2][:10].upper()}-{matter.fact.seq}",
        issuer=issuer_view(business, customer.locale),
        received_from=payer_view(customer, business),
        currency=payload.currency,
        locale=locale_of(customer, business),
        rendered_at=matter.fact.at,
        amount=payload.amount,
        paid_on=payload.received_on,
        method=paid_by(payload, None),
        allocations=allocations,
        transaction_id=payload.reference or None,
        unapplied=payload.to_credit,
        portal_url=customer_link(ports, customer),
        notes=payload.note,
        page_size=page_size(business),
    )
