"""Small views shared by documents and notices: who bills, where a transfer goes, how money came."""

from __future__ import annotations

from chalicelib import documents as paper
from chalicelib.domain.business import Business
from chalicelib.domain.customer import PaymentMethod
from chalicelib.domain.desk.account import ExternalPaymentReceived
from chalicelib.domain.parties import Address
from chalicelib.domain.payment import Attempt, Payment
from chalicelib.messages import BusinessView

_CODE_AFTER_REGION = frozenset({"US", "CA", "AU"})  # Portland, ME 04101
_CODE_ALONE = frozenset({"GB", "IE"})


def business_view(business: Business) -> BusinessView:
    return BusinessView(
        name=business.name,
        address_lines=address_lines(business.address),
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


def issuer_view(business: Business) -> paper.PartyView:
    return paper.PartyView(
        name=business.legal_name or business.name,
        address_lines=address_lines(business.address),
        tax_id=business.tax_id or None,
        registration=business.company_number or None,
        email=business.email or None,
        phone=business.phone or None,
    )


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


def address_lines(address: Address) -> tuple[str, ...]:
    """As an envelope is written in its country; an address without one, as most of Europe does."""
    lines = (address.line1, address.line2, *_town_lines(address), address.country)
    return tuple(line for line in lines if line)


def _town_lines(address: Address) -> tuple[str, ...]:
    city, region, code = address.city, address.region, address.postal_code
    if address.country in _CODE_AFTER_REGION:
        place = " ".join(part for part in (region, code) if part)
        return (", ".join(part for part in (city, place) if part),)
    if address.country in _CODE_ALONE:
        return city, region, code
    return " ".join(part for part in (code, city) if part), region


def saved_method_view(method: PaymentMethod) -> paper.MethodView:
    return paper.MethodView(
        paper.MethodKind(method.kind.value), brand=method.brand, last4=method.last4
    )
