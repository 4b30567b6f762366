"""After a restore: nothing is charged until the table knows again what Stripe has done since.

A table that was set back has forgotten payments that Stripe has made. Charging from it would charge
them again, once Stripe has forgotten its idempotency keys. So charging is held first; then each
PaymentIntent that carries our names is adopted: its payment, its tries, its result. What may still
take money is closed, so that the next payment has a name that was never used. Then it is released.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from functools import partial
from typing import Any

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain import keys
from chalicelib.domain.business import Business
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.declines import Decline, DeclineClass
from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import STRIPE, SYSTEM, Actor
from chalicelib.domain.invoice import Invoice, InvoiceStatus
from chalicelib.domain.outcome import policy_begun
from chalicelib.domain.party_facts import ChargingHeld, ChargingReleased
from chalicelib.domain.payment import Attempt, Payment, Trigger
from chalicelib.domain.record import on_party
from chalicelib.domain.stripe_objects import ChargeSeen, ChargeStatus, IntentSeen, IntentStatus
from chalicelib.ports import Ports
from chalicelib.ports.answers import all_of
from chalicelib.ports.rows import Change
from chalicelib.services.businesses import every
from chalicelib.services.case import Case, again_when_stale, now_of, open_case, record
from chalicelib.services.invoices import close_payment
from chalicelib.services.posting import post_outcome, record_outcome

HOME = "home"  # a watermark of the install: the table's own name, which a copy carries too
INSTALL = "install"
_WHY = "Found at Stripe after a restore."
_MONEY = {IntentStatus.SUCCEEDED, IntentStatus.PROCESSING}


def hold_if_moved(ports: Ports, table_name: str) -> int:
    """The start-up interlock: a table under another name than it was written under is a copy.

    Every business is held before the new name is written down, so a run that breaks off is done
    again. Returns how many were held.
    """
    known = ports.store.watermark(INSTALL, HOME)
    if known == table_name:
        return 0
    held = hold_after_restore(ports) if known else 0
    ports.store.save_watermark(INSTALL, HOME, table_name)
    return held


def hold_after_restore(ports: Ports) -> int:
    """Hold the charging of every business; how many were not held yet."""
    return sum(_switch(ports, one.id, ChargingHeld()) for one in every(ports))


def release(ports: Ports, business_id: str, *, actor: Actor = SYSTEM, why: str = "Level.") -> bool:
    """Charging goes on: the business is level with Stripe, or a person answers for what is not."""
    return _switch(ports, business_id, ChargingReleased(), actor=actor, why=why)


def _switch(
    ports: Ports,
    business_id: str,
    payload: ChargingHeld | ChargingReleased,
    *,
    actor: Actor = SYSTEM,
    why: str = "The table was restored.",
) -> bool:
    def once() -> bool:
        business = ports.store.business(business_id)
        if business.is_held is isinstance(payload, ChargingHeld):
            return False
        at = now_of(ports, business)
        after, fact = on_party(business, payload, at=at, actor=actor, why=why)
        ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)
        return True

    return again_when_stale(once)


def recover(ports: Ports, business: Business, since: datetime) -> list[str]:
    """Adopt what Stripe has of ours. Returns the PaymentIntents that took money for an invoice the
    table does not know (any more, or not yet: a subscription's is billed again with the same id),
    or knows as a draft that was not yet sent.

    Raises Unanswered when Stripe cannot be read: then nothing is released, and it is done again.
    """
    listed = _listed(ports, business, since)
    homeless = []
    for intent in listed:
        try:
            _adopt(ports, business, intent)
        except NotFound:
            if intent.status in _MONEY:
                homeless.append(intent.id)
    seen = {intent.id for intent in listed}
    for invoice in _open_invoices(ports, business.id):
        payment = invoice.open_payment
        if payment is not None and payment.intent_id and payment.intent_id not in seen:
            older = ports.gateway.read_intent(business.stripe_account, payment.intent_id)
            _adopt(ports, business, older)
    return homeless


def _listed(ports: Ports, business: Business, since: datetime) -> list[IntentSeen]:
    """Ours, oldest first; of two that name the same payment the one that was tried."""
    best: dict[str, IntentSeen] = {}
    for intent in all_of(partial(ports.gateway.intents_since, business.stripe_account, since)):
        if intent.business_id != business.id or not intent.payment_id:
            continue
        known = best.get(intent.payment_id)
        if known is None or (known.latest_charge is None and intent.latest_charge is not None):
            best[intent.payment_id] = intent
    return sorted(best.values(), key=lambda one: (one.created_at, one.payment_id))


def _open_invoices(ports: Ports, business_id: str) -> Iterator[Invoice]:
    listed = all_of(partial(ports.store.invoices, business_id))
    return (invoice for invoice in listed if invoice.is_open)


def _adopt(ports: Ports, business: Business, intent: IntentSeen) -> None:
    """Payment, tries and result as Stripe has them; what may still take money is closed."""
    again_when_stale(lambda: _adopt_payment(ports, business.id, intent))
    for charge in _oldest_first(ports.gateway.charges_of(business.stripe_account, intent.id)):
        again_when_stale(lambda charge=charge: _adopt_try(ports, business.id, intent, charge))  # type: ignore[misc]
    post_outcome(ports, business.id, intent.invoice_id, intent.payment_id)
    invoice = ports.store.invoice(business.id, intent.invoice_id)
    live = invoice.live_attempt
    payment = invoice.payment(intent.payment_id)
    waits = live is not None and not live.is_unresolved
    if payment is not None and payment.is_open and payment.intent_id == intent.id and not waits:
        close_payment(ports, business.id, invoice.id, reason=_WHY)


def _oldest_first(charges: list[ChargeSeen]) -> list[ChargeSeen]:
    return sorted(charges, key=lambda one: (one.created_at, one.id))


def _adopt_payment(ports: Ports, business_id: str, intent: IntentSeen) -> None:
    case = open_case(ports, business_id, intent.invoice_id)
    if case.invoice.status is InvoiceStatus.DRAFT:
        raise NotFound("invoice_not_sent", "It was sent after the moment of the backup.")
    payment = case.invoice.payment(intent.payment_id)
    if payment is not None and payment.intent_id is not None:
        return
    adopted = facts.PaymentAdopted(
        intent.payment_id, keys.epoch_of(intent.payment_id), intent.id, intent.amount
    )
    record(ports, case, adopted, actor=STRIPE, why=_WHY)


def _adopt_try(ports: Ports, business_id: str, intent: IntentSeen, charge: ChargeSeen) -> None:
    """One charge of Stripe's is one try of ours: the live one's, or one that was forgotten."""
    case = open_case(ports, business_id, intent.invoice_id)
    payment = case.invoice.payment(intent.payment_id)
    if payment is None or not payment.is_open or payment.intent_id != intent.id:
        return
    known = {one.charge_id for one in payment.attempts if not one.is_live}
    if not case.invoice.is_open or charge.id in known:
        return
    last = payment.last_attempt
    if last is None or not last.is_live:
        last = _forgotten(case, payment, charge)
        started = facts.AttemptStarted(payment.id, intent.id, last)
        case = record(ports, case, started, actor=STRIPE, why=_WHY)
        payment = case.invoice.payment(payment.id) or payment
    if charge.status is ChargeStatus.FAILED:
        record_outcome(ports, case, payment, _failure(case, payment.id, last, charge), why=_WHY)


def _failure(case: Case, payment_id: str, attempt: Attempt, charge: ChargeSeen) -> Any:
    return facts.ChargeFailed(
        payment_id=payment_id,
        number=attempt.number,
        charge_id=charge.id,
        decline=charge.decline or Decline(DeclineClass.OPAQUE),
        policy=policy_begun(case.invoice, attempt, case.policy),
    )


def _forgotten(case: Case, payment: Payment, charge: ChargeSeen) -> Attempt:
    """What can be said of a try that only Stripe remembers: it used up no slot."""
    method = case.customer.method(charge.method_id)
    number = len(payment.attempts) + 1
    return Attempt(
        number=number,
        trigger=Trigger.FIRST,
        started_at=charge.created_at,
        method_id=charge.method_id,
        method_kind=method.kind if method else MethodKind.CARD,
        fingerprint=method.fingerprint if method else charge.method_id,
        brand=method.brand if method else "",
        last4=method.last4 if method else "",
        off_session=True,
        idempotency_key=keys.confirm(case.business.id, payment.id, number),
        token="",
        reason=_WHY,
    )
