"""Reconciliation: what Stripe lists against what we posted, both ways, through the one poster.

By list endpoints only, over a window that overlaps the last one. It finds successes and cards that
nobody told us of, cancels PaymentIntents that no payment of ours owns, and posts fees and payouts.
Refunds and disputes are listed for themselves: they come, and end, long after their payment.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial

from chalicelib.domain import keys
from chalicelib.domain.business import Business
from chalicelib.domain.dates import iso
from chalicelib.domain.errors import DomainError, NotFound
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.party_facts import method_saved_key
from chalicelib.domain.payment import Payment, PaymentStatus
from chalicelib.domain.stripe_objects import IntentSeen, IntentStatus, SetupSeen
from chalicelib.ports import Ports
from chalicelib.ports.answers import StaleHead, Unanswered, all_of
from chalicelib.services import (
    application_fees,
    businesses,
    connecting,
    customers,
    fraud_warnings,
    on_account,
    payouts,
    refunding,
    restoring,
)
from chalicelib.services.charging import Step, run_step
from chalicelib.services.connecting import CUT_OFF
from chalicelib.services.posting import post_outcome

OVERLAP = timedelta(days=14)  # a bank debit can take ten days, a stray intent is found in one
REFUNDS_LAST = timedelta(days=30)  # an accepted refund can still fail
DISPUTES_LAST = timedelta(days=120)  # from the bank's claim to its decision
_STRAY_AGE = timedelta(hours=1)
_OVER = {IntentStatus.CANCELED, IntentStatus.SUCCEEDED}


@dataclass(frozen=True, slots=True)
class Reconciled:
    """What one run saw and did."""

    seen: int = 0
    posted: int = 0
    cancelled: int = 0
    payouts: int = 0


def reconcile_all(ports: Ports) -> list[Reconciled]:
    """Every business of the install: one that cannot be read keeps no other from being level.

    Raises Unanswered in the end when there was one, so that its failure is seen.
    """
    done, failed = [], []
    for one in businesses.every(ports):
        if one.awaits_account:
            continue
        try:
            if _lets_us_in(ports, one):
                done.append(reconcile(ports, one.id))
        except (Unanswered, DomainError, StaleHead) as error:
            if isinstance(error, DomainError) and error.code == CUT_OFF:
                businesses.stop_deauthorized(ports, one.id)  # its event never reached us
            else:
                failed.append(one.id)
    if failed:
        raise Unanswered(f"not reconciled: {', '.join(failed)}")
    return done


def _lets_us_in(ports: Ports, business: Business) -> bool:
    """What Stripe says of its account now: that it may charge, or no more, or that it has cut or
    restored the connection, may have been an event that was lost."""
    if business.stripe_account is None:
        return True
    return connecting.refresh_account(ports, business.id).deauthorized_at is None


def reconcile(ports: Ports, business_id: str) -> Reconciled:
    """Bring one business level with Stripe; safe to run at any time and beside anything."""
    business = ports.store.business(business_id)
    started_at = ports.clock.now()  # Stripe's objects are as old as the wall says, not a test clock
    since = _since(ports, business, started_at)
    homeless = restoring.recover(ports, business, since) if business.is_held else []
    seen = posted = cancelled = 0
    for intent in all_of(partial(ports.gateway.intents_since, business.stripe_account, since)):
        if intent.business_id != business_id:
            continue
        seen += 1
        posted += _level(ports, business, intent)
        cancelled += _cancel_stray(ports, business, intent, started_at)
    posted += _returned(ports, business, since) + _typed_in(ports, business, since)
    posted += _warned_of(ports, business, since)
    if businesses.owns_the_account(business):
        posted += application_fees.post_since_last(ports, business, started_at)
    paid = _payouts(ports, business, since)
    if not homeless:
        ports.store.save_watermark(business_id, "reconciled", iso(started_at))
        if business.is_held:
            restoring.release(ports, business_id)
    return Reconciled(seen, posted, cancelled, paid)


def _since(ports: Ports, business: Business, now: datetime) -> datetime:
    """From the last run back by the overlap."""
    return businesses.looked_at_since(ports, business.id, now, "reconciled") - OVERLAP


def _payment_of(ports: Ports, business: Business, intent: IntentSeen) -> Payment | None:
    invoice = _invoice_of(ports, business, intent)
    return invoice.payment(intent.payment_id) if invoice else None


def _invoice_of(ports: Ports, business: Business, intent: IntentSeen) -> Invoice | None:
    try:
        return ports.store.invoice(business.id, intent.invoice_id)
    except NotFound:
        return None


def _returned(ports: Ports, business: Business, since: datetime) -> int:
    """What was given back of payments of any age. An inquiry does not show on its payment."""
    posted = 0
    for disputed, asked, last in (
        (False, ports.gateway.intents_refunded_since, REFUNDS_LAST),
        (True, ports.gateway.intents_disputed_since, DISPUTES_LAST),
    ):
        for one in all_of(partial(asked, business.stripe_account, since - last)):
            if one.business_id == business.id:
                posted += _level(ports, business, one, disputed=disputed)
    return posted


def _warned_of(ports: Ports, business: Business, since: datetime) -> int:
    """Early fraud warnings, and whether they can still be acted upon: a dispute ends that."""
    asked = partial(ports.gateway.fraud_warnings_since, business.stripe_account)
    seen = all_of(partial(asked, since - DISPUTES_LAST))
    return sum(fraud_warnings.keep(ports, business, one) for one in seen)


def _typed_in(ports: Ports, business: Business, since: datetime) -> int:
    """Cards and accounts typed in on a hosted page of which neither event nor browser told us."""
    setups = all_of(partial(ports.gateway.setups_since, business.stripe_account, since))
    return sum(
        customers.receive_setup(ports, business.id, one.id) is not None
        for one in setups
        if _is_news(ports, business, one)
    )


def _is_news(ports: Ports, business: Business, seen: SetupSeen) -> bool:
    """Neither saved now nor ever: what the customer has removed stays removed."""
    if not seen.complete or seen.method_id is None or seen.business_id != business.id:
        return False
    try:
        customer = ports.store.customer(business.id, seen.customer_id)
    except NotFound:
        return False
    if seen.demand_id:
        if on_account.waits_for_page(ports, business.id, seen.demand_id):
            return True
        if not customers.is_kept(ports, business.id, seen.demand_id):
            return False
    if customer.method(seen.method_id) is not None:
        return False
    history = ports.store.facts(business.id, Subject.CUSTOMER, customer.id)
    return method_saved_key(seen.method_id, seen.id) not in {fact.key for fact in history}


def _level(ports: Ports, business: Business, intent: IntentSeen, *, disputed: bool = False) -> bool:
    """Post when Stripe and we disagree; most agree, and cost one read of ours."""
    invoice = _invoice_of(ports, business, intent)
    payment = invoice.payment(intent.payment_id) if invoice else None
    if invoice is None or payment is None or payment.intent_id != intent.id:
        return False
    waits = refunding.is_waiting(invoice, payment.id)
    if _agrees(payment, intent) and not disputed and not waits:
        return False
    if post_outcome(ports, business.id, intent.invoice_id, payment.id, disputed=disputed):
        return True
    last = payment.last_attempt
    if last is None or not last.is_unresolved:
        return False
    # Stripe answers and shows no trace: the step can go on, whenever its next look was to be.
    return run_step(ports, business.id, intent.invoice_id, look_now=True) is Step.RESOLVED


def _agrees(payment: Payment, intent: IntentSeen) -> bool:
    charge = intent.latest_charge
    if intent.status is IntentStatus.SUCCEEDED:
        refunded = charge is not None and charge.amount_refunded != payment.amount_refunded
        disputed = charge is not None and (charge.disputed or payment.disputed)
        settled = payment.status is PaymentStatus.PAID and payment.fee is not None
        return settled and not refunded and not disputed
    if intent.status is IntentStatus.CANCELED:
        return payment.status is PaymentStatus.CANCELLED
    last = payment.last_attempt
    return last is None or not last.is_live


def _cancel_stray(ports: Ports, business: Business, intent: IntentSeen, now: datetime) -> bool:
    """A PaymentIntent no payment of ours stores was never confirmed by us, and never shall be."""
    if intent.status in _OVER or intent.created_at > now - _STRAY_AGE:
        return False
    payment = _payment_of(ports, business, intent)
    if payment is not None and payment.intent_id in {None, intent.id} and payment.is_open:
        return False
    key = keys.cancel_stray(business.id, intent.id)
    return (
        ports.gateway.cancel_intent(business.stripe_account, intent.id, key=key).status
        is IntentStatus.CANCELED
    )


def _payouts(ports: Ports, business: Business, since: datetime) -> int:
    if business.stripe_account is None and not businesses.owns_the_account(business):
        return 0
    seen = all_of(partial(ports.gateway.payouts_since, business.stripe_account, since))
    return sum(payouts.post_seen(ports, business.id, one) for one in seen)
