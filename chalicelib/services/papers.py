"""Invoices and receipts as documents: from the invoice's facts to what the renderer draws.

Drawn from the state right after the fact that owes them, so drawing again gives the same bytes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal

from chalicelib import documents as paper
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain import party_fold
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import local_date
from chalicelib.domain.desk.credit_notes import CreditNoteIssued
from chalicelib.domain.desk.on_account import PaymentApplied
from chalicelib.domain.desk.reissue import InvoiceReissued, InvoiceReplaced
from chalicelib.domain.desk.sending import InvoiceSentAgain
from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import Fact, Subject, until
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Line
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.payment import Payment, PaymentStatus
from chalicelib.messages.taxes import tax_name
from chalicelib.ports import Ports
from chalicelib.ports.rows import FactRef
from chalicelib.services import receipts
from chalicelib.services.credit_papers import credit_note_view, external_receipt
from chalicelib.services.matter import Matter
from chalicelib.services.portal_links import link_for
from chalicelib.services.views import (
    bank_view,
    charged_on,
    issuer_view,
    locale_of,
    method_view,
    page_size,
    paid_by,
    payer_view,
    saved_method_view,
)

_RECEIPT = "document:receipt"  # an effect's id
_ISSUES = facts.InvoiceFinalized | facts.InvoiceIssued | InvoiceReissued
_STATES = {
    InvoiceStatus.DRAFT: paper.DocumentState.DRAFT,
    InvoiceStatus.PENDING: paper.DocumentState.OPEN,
    InvoiceStatus.PROCESSING: paper.DocumentState.PROCESSING,
    InvoiceStatus.OVERDUE: paper.DocumentState.OVERDUE,
    InvoiceStatus.PAID: paper.DocumentState.PAID,
    InvoiceStatus.CANCELLED: paper.DocumentState.CANCELLED,
    InvoiceStatus.UNCOLLECTIBLE: paper.DocumentState.OVERDUE,
}


def rendered(ports: Ports, matter: Matter, name: str) -> bytes:
    """The PDF that `matter.fact` owes: `invoice`, `receipt` or `credit_note`. What is stored and
    what is mailed are the same bytes, drawn once."""
    if name not in matter.drawn:
        matter.drawn[name] = _drawn(ports, matter, name)
    return matter.drawn[name]


def _drawn(ports: Ports, matter: Matter, name: str) -> bytes:
    if matter.invoice is None:
        return ports.documents.receipt(external_receipt(ports, matter))
    if isinstance(matter.fact.data, InvoiceSentAgain):
        return _as_issued(ports, matter)
    invoice = _invoice_after(ports, matter)
    if name == "receipt":
        return ports.documents.receipt(receipt_view(ports, matter, invoice))
    view = invoice_view(ports, matter.business, invoice, matter.fact)
    if name == "credit_note":
        tax = tax_name(matter.business.country, view.locale)
        view = credit_note_view(view, invoice, matter.fact.data.note, tax)
    else:
        view = _charged_by_itself(ports, matter, invoice, view)
    return ports.documents.invoice(view)


def _as_issued(ports: Ports, matter: Matter) -> bytes:
    """The invoice's one paper: the stored file, or where that is not drawn yet, as it will be."""
    assert matter.invoice is not None
    try:
        return ports.files.get(stored_invoice(ports, matter.business.id, matter.invoice.id))
    except NotFound:
        history = ports.store.facts(matter.business.id, Subject.INVOICE, matter.invoice.id)
        issued = next(fact for fact in history if isinstance(fact.data, _ISSUES))
        return _drawn(ports, replace(matter, fact=issued), "invoice")


def _charged_by_itself(
    ports: Ports, matter: Matter, invoice: Invoice, view: paper.InvoiceView
) -> paper.InvoiceView:
    """Where a saved method will be charged it says which and when, and asks for no other money."""
    customer = _customer_then(ports, matter)
    charge_on = charged_on(matter.business, customer, invoice)
    if charge_on is None or customer is None or customer.default_method is None:
        return view
    method = saved_method_view(customer.default_method)
    return replace(view, charge_on=charge_on, paid_by=method, pay_url=None, bank=None)


def _customer_then(ports: Ports, matter: Matter) -> Customer | None:
    """As it was at the fact's time: a method saved since is on no paper drawn again. There was one,
    whatever the clock of the process said that wrote it down.
    """
    assert matter.customer is not None
    history = ports.store.facts(matter.business.id, Subject.CUSTOMER, matter.customer.id)
    customer: Customer | None = None
    for fact in until(history, matter.fact.at) or history[:1]:
        customer = party_fold.apply(customer, fact, party_fold.customer_step)
    return customer


def file_key(business_id: str, fingerprint: str) -> str:
    return f"{business_id}/documents/{fingerprint}.pdf"


def file_name(matter: Matter, name: str) -> str:
    if matter.invoice is None:
        return f"{name}-{matter.fact.data.payment_id}.pdf"
    if name == "credit_note":
        return f"credit-note-{matter.fact.data.note.number}.pdf"
    return f"{name}-{matter.invoice.number or matter.invoice.id}.pdf"


def stored_invoice(ports: Ports, business_id: str, invoice_id: str) -> str:
    """The file key of the invoice's PDF. Raises NotFound while it is not drawn yet."""
    history = ports.store.facts(business_id, Subject.INVOICE, invoice_id)
    for fact in history:
        if isinstance(fact.data, _ISSUES):
            return _stored(ports, fact, "invoice")
    raise _not_ready()


def stored_credit_note(ports: Ports, business_id: str, invoice_id: str, note_id: str) -> str:
    """The file key of a credit note's PDF. Raises NotFound while it is not drawn yet."""
    for fact in ports.store.facts(business_id, Subject.INVOICE, invoice_id):
        noted = isinstance(fact.data, CreditNoteIssued | InvoiceReplaced)
        if noted and fact.data.note.id == note_id:
            return _stored(ports, fact, "credit_note")
    raise _not_ready()


def stored_receipt(ports: Ports, business_id: str, invoice: Invoice, payment_id: str) -> str:
    """The file key of a payment's receipt: of a charge, or of external money that came for this
    invoice. Raises NotFound when no money came with it, and while it is not drawn yet."""
    subject = (Subject.INVOICE, invoice.id)
    if invoice.external_payment(payment_id) is not None:
        subject = (Subject.CUSTOMER, invoice.customer_id)
    return _receipt_of(ports, ports.store.facts(business_id, *subject), payment_id)


def stored_external_receipt(
    ports: Ports, business_id: str, customer_id: str, payment_id: str
) -> str:
    """The same of an external payment, whatever it paid."""
    history = ports.store.facts(business_id, Subject.CUSTOMER, customer_id)
    return _receipt_of(ports, history, payment_id)


def _receipt_of(ports: Ports, history: Sequence[Fact], payment_id: str) -> str:
    for fact in history:
        named = getattr(fact.data, "payment_id", "") == payment_id
        if named and any(effect.id == _RECEIPT for effect in fact.effects):
            return _stored(ports, fact, "receipt")
    raise NotFound("no_receipt", "No money came with this payment, so there is no receipt.")


def _stored(ports: Ports, fact: Fact, name: str) -> str:
    ref = FactRef(fact.business_id, fact.subject, fact.subject_id, fact.key)
    fingerprint = ports.store.delivered(ref).get(f"document:{name}")
    if not fingerprint:
        raise _not_ready()
    return file_key(fact.business_id, fingerprint)


def _not_ready() -> NotFound:
    return NotFound("document_not_ready", "The PDF is not drawn yet. Try again in a moment.")


def _invoice_after(ports: Ports, matter: Matter) -> Invoice:
    """The invoice as it was right after the fact."""
    assert matter.invoice is not None
    if matter.invoice.version == matter.fact.seq:
        return matter.invoice
    history = ports.store.facts(matter.business.id, Subject.INVOICE, matter.invoice.id)
    return fold(history[: matter.fact.seq])


def invoice_view(
    ports: Ports, business: Business, invoice: Invoice, fact: Fact
) -> paper.InvoiceView:
    """What is printed. The line amounts add up to the subtotal, after the lines' own discounts."""
    assert invoice.issued_on is not None
    paid_on, paid_by_method = _paid(invoice, business)
    tax = tax_name(business.country, locale_of(invoice.bill_to, business))
    return paper.InvoiceView(
        number=invoice.number or "",
        issuer=issuer_view(business, invoice.bill_to.locale),
        bill_to=payer_view(invoice.bill_to, business),
        currency=invoice.currency,
        locale=locale_of(invoice.bill_to, business),
        issued_on=invoice.issued_on,
        rendered_at=fact.at,
        lines=tuple(_line(line) for line in invoice.lines),
        subtotal=invoice.totals.subtotal,
        total=invoice.totals.total,
        balance=max(invoice.amount_remaining, 0),
        taxes=tuple(
            paper.TaxView(tax, rate.percent, rate.base, rate.tax)
            for rate in invoice.totals.taxes
            if rate.percent
        ),
        settlements=_settlements(invoice, business),
        state=_STATES[invoice.status],
        due_on=invoice.due_on,
        net_days=invoice.terms.days or None,
        purchase_order=invoice.po_number or None,
        period=invoice.period,
        paid_on=paid_on,
        paid_by=paid_by_method,
        pay_url=link_for(ports, invoice) if invoice.is_open else None,
        bank=bank_view(business),
        notes=invoice.memo or business.invoice_note,
        page_size=page_size(business),
    )


def receipt_view(ports: Ports, matter: Matter, invoice: Invoice) -> paper.ReceiptView:
    """Money received: how much, when, how, for what, and what remains."""
    payload = matter.fact.data
    if isinstance(payload, PaymentApplied):
        return _demand_receipt(ports, matter, invoice, payload)
    charged = isinstance(payload, facts.ChargeSucceeded)
    allocation = paper.AllocationView(
        invoice_number=invoice.number or "",
        invoice_total=invoice.totals.total,
        amount=payload.amount - min(invoice.amount_overpaid, payload.amount),
        balance=max(invoice.amount_remaining, 0),
        issued_on=invoice.issued_on,
    )
    return _receipt(
        ports,
        matter,
        invoice,
        number=invoice.number or "",
        allocations=(allocation,),
        payment=invoice.payment(payload.payment_id) if charged else None,
        transaction_id=payload.charge_id if charged else payload.reference,
    )


def _demand_receipt(
    ports: Ports, matter: Matter, invoice: Invoice, payload: PaymentApplied
) -> paper.ReceiptView:
    """One payment on account, or an instalment: it names each invoice that it paid."""
    payment = invoice.payment(payload.payment_id)
    return _receipt(
        ports,
        matter,
        invoice,
        number=invoice.id.rpartition("_")[2][:10].upper(),
        allocations=receipts.allocations(ports, matter, payload),
        payment=payment,
        transaction_id=payment.charge_id if payment else None,
        notes=invoice.memo,
    )


def _receipt(
    ports: Ports,
    matter: Matter,
    invoice: Invoice,
    *,
    number: str,
    allocations: tuple[paper.AllocationView, ...],
    payment: Payment | None,
    transaction_id: str | None,
    notes: str = "",
) -> paper.ReceiptView:
    payload, business = matter.fact.data, matter.business
    return paper.ReceiptView(
        number=f"{number}-{matter.fact.seq}",
        issuer=issuer_view(business, invoice.bill_to.locale),
        received_from=payer_view(invoice.bill_to, business),
        currency=invoice.currency,
        locale=locale_of(invoice.bill_to, business),
        rendered_at=matter.fact.at,
        amount=payload.amount,
        paid_on=local_date(matter.fact.at, business.zone),
        method=paid_by(payload, payment),
        allocations=allocations,
        transaction_id=transaction_id,
        unapplied=payload.amount - sum(one.amount for one in allocations),
        portal_url=link_for(ports, invoice),
        notes=notes,
        page_size=page_size(business),
    )


def _line(line: Line) -> paper.LineView:
    return paper.LineView(
        description=line.description,
        amount=line.amount,
        quantity=line.quantity,
        unit_amount=Decimal(line.unit_amount),
        variant=line.variant or None,
        customer_name=line.customer_name or None,
        period=line.period,
        discount_amount=line.discount,
        tax_percent=line.tax_percent,
    )


def _settlements(invoice: Invoice, business: Business) -> tuple[paper.SettlementView, ...]:
    """What lowered the balance by then: never more than was owed, the rest is customer credit."""
    assert invoice.issued_on is not None
    open_amount, found = invoice.amount_paid, []
    for payment in invoice.payments:
        if payment.status is PaymentStatus.PAID and payment.paid_at is not None and open_amount:
            applied = min(payment.amount, open_amount)
            open_amount -= applied
            on = local_date(payment.paid_at, business.zone)
            method = method_view(payment.last_attempt)
            found.append(
                paper.SettlementView(paper.SettlementKind.PAYMENT, applied, on, method=method)
            )
    rest = (
        (paper.SettlementKind.PAYMENT, open_amount),
        (paper.SettlementKind.CREDIT_NOTE, invoice.amount_credited),
        (paper.SettlementKind.WRITE_OFF, invoice.amount_written_off),
    )
    found += [
        paper.SettlementView(kind, amount, invoice.issued_on) for kind, amount in rest if amount
    ]
    return tuple(found)


def _paid(invoice: Invoice, business: Business) -> tuple[date | None, paper.MethodView | None]:
    """When and by what a paid invoice was paid."""
    paid = [one for one in invoice.payments if one.status is PaymentStatus.PAID]
    if invoice.paid_at is None:
        return None, None
    method = method_view(paid[-1].last_attempt) if paid else None
    return local_date(invoice.paid_at, business.zone), method
