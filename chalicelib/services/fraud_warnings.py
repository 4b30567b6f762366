"""Early fraud warnings: read from Stripe, kept on three records at once, released by staff.

From then on nobody charges the card, and nothing is charged for the invoice by itself. Whether the
payment is refunded is staff's decision, made like any other refund.
"""

from __future__ import annotations

from dataclasses import replace

from chalicelib.domain.business import Business
from chalicelib.domain.desk import disputes, warned
from chalicelib.domain.desk import fraud_warnings as facts
from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import STRIPE, Actor
from chalicelib.domain.fraud_warning import FraudWarning
from chalicelib.domain.payment import Attempt, Payment
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.stripe_objects import WarningSeen
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, again_when_stale, now_of, open_case, record
from chalicelib.services.posting import post_outcome

WHY = "Read from Stripe."


def receive(ports: Ports, business_id: str, warning_id: str) -> bool:
    """An event says that there is one, or that it has changed. True when something was learnt.

    Raises NotFound where Stripe has none, Unanswered when Stripe cannot be read.
    """
    business = ports.store.business(business_id)
    seen = ports.gateway.read_fraud_warning(business.stripe_account, warning_id)
    return keep(ports, business, seen)


def keep(ports: Ports, business: Business, seen: WarningSeen) -> bool:
    """Bring the records level with Stripe; what is not about a payment of ours is left alone."""
    if seen.business_id != business.id or not seen.invoice_id:
        return False

    def once() -> bool:
        try:
            known = ports.store.fraud_warning(business.id, seen.id)
        except NotFound:
            return _first(ports, business, seen)
        return _follow(ports, business, known, seen)

    return again_when_stale(once)


def _first(ports: Ports, business: Business, seen: WarningSeen) -> bool:
    """The warning itself, its invoice's hold and its card's, in one transaction."""
    case = open_case(ports, business.id, seen.invoice_id)
    payment = case.invoice.payment(seen.payment_id)
    if payment is not None and payment.paid_at is None:  # the warning overtook the success
        post_outcome(ports, business.id, seen.invoice_id, seen.payment_id)
        case = open_case(ports, business.id, seen.invoice_id)
        payment = case.invoice.payment(seen.payment_id)
    if payment is None or payment.paid_at is None:
        return False
    warning = _warning(case, payment, seen)
    first = facts.WarningRecorded(warning)
    changes = [Change(*first_of_party(warning, first, at=case.now, actor=STRIPE))]
    if warning.fingerprint:
        stopped = warned.CardWarned(warning.id, warning.fingerprint)
        customer, fact = on_party(case.customer, stopped, at=case.now, actor=STRIPE, why=WHY)
        case = replace(case, customer=customer)
        changes.append(Change(customer, fact))
    if warning.dispute_id is not None:
        dispute = ports.store.dispute(business.id, warning.dispute_id)
        came = disputes.DisputeWarned(warning.id)
        changes.append(Change(*on_party(dispute, came, at=case.now, actor=STRIPE, why=WHY)))
    payload = warned.FraudWarned(payment.id, seen.id, seen.fraud_type)
    record(ports, case, payload, actor=STRIPE, why=WHY, also=changes)
    return True


def _warning(case: Case, payment: Payment, seen: WarningSeen) -> FraudWarning:
    attempt = _paid_by(payment, seen.charge_id)
    disputed = [one.id for one in case.invoice.disputes if one.payment_id == payment.id]
    return FraudWarning(
        id=seen.id,
        business_id=case.business.id,
        customer_id=case.customer.id,
        invoice_id=case.invoice.id,
        payment_id=payment.id,
        charge_id=seen.charge_id,
        amount=payment.amount,
        currency=case.invoice.currency,
        fraud_type=seen.fraud_type,
        brand=attempt.brand if attempt else "",
        last4=attempt.last4 if attempt else "",
        fingerprint=attempt.fingerprint if attempt else "",
        actionable=seen.actionable,
        warned_at=case.now,
        dispute_id=disputed[0] if disputed else None,
    )


def _paid_by(payment: Payment, charge_id: str) -> Attempt | None:
    """None for a payment that a restore has made us forget the tries of: then only the invoice is
    held."""
    made = [one for one in payment.attempts if one.charge_id == charge_id]
    return made[-1] if made else payment.last_attempt


def _follow(ports: Ports, business: Business, known: FraudWarning, seen: WarningSeen) -> bool:
    """`seen` may be older than the record; only what is read after the record is written."""
    if seen.actionable == known.actionable:
        return False
    latest = ports.gateway.read_fraud_warning(business.stripe_account, known.id)
    if latest.actionable == known.actionable:
        return False
    now = now_of(ports, business)
    payload = facts.WarningSeenAs(latest.actionable)
    after, fact = on_party(known, payload, at=now, actor=STRIPE, why=WHY)
    ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)
    return True


def release(
    ports: Ports, business_id: str, warning_id: str, *, reason: str, actor: Actor
) -> FraudWarning:
    """The card may be charged again, and the invoice collected. Once is enough, and again does
    nothing."""

    def once() -> FraudWarning:
        warning = ports.store.fraud_warning(business_id, warning_id)
        if warning.released_at is not None:
            return warning
        case = open_case(ports, business_id, warning.invoice_id)
        freed, card = facts.WarningReleased(reason), warned.CardReleased(warning.id, reason)
        after, fact = on_party(warning, freed, at=case.now, actor=actor, why=reason)
        customer, of_customer = on_party(case.customer, card, at=case.now, actor=actor, why=reason)
        also = [Change(after, fact), Change(customer, of_customer)]
        payload = warned.FraudReleased(warning.id, reason)
        case = replace(case, customer=customer)
        record(ports, case, payload, actor=actor, why=reason, also=also)
        return after

    return again_when_stale(once)
