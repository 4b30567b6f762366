"""Small views shared by documents and notices: who bills whom, where a transfer goes, how money
came."""

from __future__ import annotations

from datetime import date

from chalicelib import documents as paper
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, PaymentMethod
from chalicelib.domain.dates import local_date
from chalicelib.domain.desk.account import ExternalPaymentReceived
from chalicelib.domain.invoice import BillTo, Invoice
from chalicelib.domain.payment import Attempt, Payment
from chalicelib.messages import BusinessView
from chalicelib.messages.addresses import address_lines
from chalicelib.messages.taxes import tax_id_line


def business_view(business: Business, locale: str = "") -> BusinessView:
    """Whom a mail comes from, for a reader of `locale`; the business's own by default."""
    return BusinessView(
        name=business.name,
        address_lines=address_lines(business.address, locale or business.locale),
        phone=business.phone or None,
    )


def paid_by(payload: object, payment: Payment | None) -> paper.MethodView:
    """How the money of a success or an external payment came."""
    if isinstance(payload, ExternalPaymentReceived):
        kinds = {kind.value for kind in paper.MethodKind}
        kind = payload.method if payload.method in kinds else "other"
        return paper.MethodView(paper.MethodKind(kind), reference=payload.reference)
    attempt = payment.last_attempt if payment else None
    return method_view(attempt)


def method_view(attempt: Attempt | None) -> paper.MethodView:
    if attempt is None:
        return paper.MethodView(paper.MethodKind.CARD)
    kind = paper.MethodKind(attempt.method_kind.value)
    return paper.MethodView(kind, brand=attempt.brand, last4=attempt.last4)


def issuer_view(business: Business, locale: str = "") -> paper.PartyView:
    """Who bills, for a reader of `locale`; the business's own by default."""
    return paper.PartyView(
        name=business.legal_name or business.name,
        address_lines=address_lines(business.address, locale or business.locale),
        tax_id=tax_id_line(business.tax_id, locale or business.locale),
        registration=business.company_number or None,
        email=business.email or None,
        phone=business.phone or None,
    )


def payer_view(payer: Customer | BillTo, business: Business) -> paper.PartyView:
    """Who pays, as printed for themselves."""
    locale = locale_of(payer, business)
    return paper.PartyView(
        name=payer.name,
        address_lines=address_lines(payer.address, locale),
        tax_id=tax_id_line(payer.tax_id, locale),
        email=payer.email or None,
        phone=payer.phone or None,
    )


def locale_of(payer: Customer | BillTo, business: Business) -> str:
    """The payer's own language, else the business's."""
    return payer.locale or business.locale


def page_size(business: Business) -> paper.PageSize:
    return paper.PageSize.US_LETTER if business.country == "US" else paper.PageSize.A4


def bank_view(business: Business) -> paper.BankView | None:
    bank = business.bank
    if not (bank.iban or bank.account_number):
        return None
    return paper.BankView(
        account_name=bank.account_name or None,
        iban=bank.iban or None,
        bic=bank.bic or None,
        account_number=bank.account_number or None,
        routing_number=bank.routing_number or None,
    )


def saved_method_view(method: PaymentMethod) -> paper.MethodView:
    return paper.MethodView(
        paper.MethodKind(method.kind.value), brand=method.brand, last4=method.last4
    )


def charged_on(business: Business, customer: Customer | None, invoice: Invoice) -> date | None:
    """The day the saved method is charged by itself, while no try has failed."""
    if customer is None or customer.default_method is None:
        return None
    wanted = customer.auto_charge if invoice.auto_charge is None else invoice.auto_charge
    waits = invoice.dunning is None and invoice.next_action is not None
    if not (wanted and waits) or invoice.charge_at is None:
        return None
    return local_date(invoice.charge_at, business.zone)
