"""Credit paid out past Stripe: by transfer, cheque or in cash. Above the limit it takes two people.

Whoever sets credit aside writes the customer's head, so it is spent once, and decided once.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain import money
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import local_date
from chalicelib.domain.desk.account import CreditPaidOut
from chalicelib.domain.desk.credit_payouts import CreditPayoutRejected, CreditPayoutRequested
from chalicelib.domain.errors import Conflict, InvalidInput, NotAllowed, NotFound
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Actor, ActorKind, Fact, Subject
from chalicelib.domain.record import on_party
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.case import again_when_stale, audience_of, now_of

# Parts of a sum, paid out one after the other, count together for so long.
TOGETHER = timedelta(days=30)


class PayoutStatus(StrEnum):
    AWAITING_APPROVAL = "awaiting_approval"
    PAID = "paid"
    REJECTED = "rejected"


@dataclass(frozen=True, slots=True)
class Payout:
    """One payout of credit, as the customer's facts tell it."""

    id: str
    status: PayoutStatus
    method: ExternalMethod
    reference: str
    amount: int
    currency: str
    reason: str
    requested_at: datetime
    requested_by: str
    paid_on: date | None = None
    decided_at: datetime | None = None
    decided_by: str = ""
    failure: str = ""  # why it was rejected


def pay_out(
    ports: Ports,
    business_id: str,
    customer_id: str,
    *,
    payout_id: str,
    method: ExternalMethod,
    reference: str,
    amount: int,
    paid_on: date,
    reason: str,
    actor: Actor,
) -> Payout:
    """Note that credit was given back past Stripe; above the limit, ask a second person for it.
    Through a card it is a refund `from_credit`. The same id again is the same payout.

    Raises Conflict for more than there is, InvalidInput for a day to come.
    """

    def once() -> Payout:
        business, customer, known = _opened(ports, business_id, customer_id)
        found = next((one for one in known if one.id == payout_id), None)
        if found is not None:
            return found
        now = now_of(ports, business)
        if paid_on > local_date(now, business.zone):
            raise InvalidInput("date_in_future", "What is yet to be paid cannot be recorded.")
        if not 0 < amount <= customer.credit:
            text = money.decimal_text(max(customer.credit, 0), business.currency)
            words = f"The customer has {text} {business.currency} of credit."
            raise Conflict("credit_too_small", words)
        what = (payout_id, method, reference, amount, business.currency)
        payload: Any = CreditPaidOut(*what, paid_on, reason)
        if _takes_two(business, known, amount, now):
            payload = CreditPayoutRequested(*what, reason)
        _record(ports, business, customer, payload, actor, reason)
        return read_payout(ports, business_id, customer_id, payout_id)

    return again_when_stale(once)


def _takes_two(business: Business, known: Sequence[Payout], amount: int, now: datetime) -> bool:
    limit = business.refund_approval_above
    if limit is None:
        return False
    lately = sum(
        one.amount
        for one in known
        if one.status is not PayoutStatus.REJECTED and one.requested_at > now - TOGETHER
    )
    return lately + amount > limit


def approve_payout(
    ports: Ports, business_id: str, customer_id: str, payout_id: str, *, actor: Actor
) -> Payout:
    """A second person agrees, and notes it as paid today.

    Raises NotAllowed for who asked for it, Conflict when it is decided, or when what it is to be
    paid from has bounced since.
    """

    def once() -> Payout:
        business, customer, known = _opened(ports, business_id, customer_id)
        payout = _named(known, payout_id)
        if payout.status is PayoutStatus.PAID and payout.decided_by == _name_of(actor):
            return payout
        _check_awaits(payout)
        if actor.kind is not ActorKind.STAFF or payout.requested_by == _name_of(actor):
            words = "Who asked for a payout of this size cannot agree to it: a second person does."
            raise NotAllowed("approver_is_requester", words)
        if customer.credit < 0:
            words = "Money behind this credit has bounced since, so it is not there: reject it."
            raise Conflict("credit_too_small", words)
        paid = CreditPaidOut(
            payout_id=payout_id,
            method=payout.method,
            reference=payout.reference,
            amount=payout.amount,
            currency=payout.currency,
            paid_on=local_date(now_of(ports, business), business.zone),
            reason=payout.reason,
            set_aside=True,
        )
        _record(ports, business, customer, paid, actor, "Agreed to.")
        return read_payout(ports, business_id, customer_id, payout_id)

    return again_when_stale(once)


def reject_payout(
    ports: Ports, business_id: str, customer_id: str, payout_id: str, *, actor: Actor, reason: str
) -> Payout:
    """It is not paid; who asked for it may withdraw it so. Raises Conflict when it is decided."""

    def once() -> Payout:
        business, customer, known = _opened(ports, business_id, customer_id)
        payout = _named(known, payout_id)
        if payout.status is PayoutStatus.REJECTED and payout.decided_by == _name_of(actor):
            return payout
        _check_awaits(payout)
        rejected = CreditPayoutRejected(payout_id, payout.amount, payout.currency, reason)
        _record(ports, business, customer, rejected, actor, reason)
        return read_payout(ports, business_id, customer_id, payout_id)

    return again_when_stale(once)


def _record(
    ports: Ports, business: Business, customer: Customer, payload: Any, actor: Actor, why: str
) -> None:
    around = audience_of(business, customer)
    at = now_of(ports, business)
    after, fact = on_party(customer, payload, at=at, actor=actor, why=why, audience=around)
    ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)


# --------------------------------------------------------------------------------- reading


def payouts_of(ports: Ports, business_id: str, customer_id: str) -> list[Payout]:
    """All of a customer's, newest first."""
    return _told(ports.store.facts(business_id, Subject.CUSTOMER, customer_id))[::-1]


def read_payout(ports: Ports, business_id: str, customer_id: str, payout_id: str) -> Payout:
    """Raises NotFound for what is no payout of this customer's credit."""
    ports.store.customer(business_id, customer_id)
    return _named(payouts_of(ports, business_id, customer_id), payout_id)


def _opened(
    ports: Ports, business_id: str, customer_id: str
) -> tuple[Business, Customer, list[Payout]]:
    """The head is read first: what is decided after it makes it stale."""
    business = ports.store.business(business_id)
    customer = ports.store.customer(business_id, customer_id)
    return business, customer, payouts_of(ports, business_id, customer_id)


def _told(history: Sequence[Fact]) -> list[Payout]:
    found: dict[str, Payout] = {}
    for fact in history:
        data, by = fact.data, _name_of(fact.actor)
        match data:
            case CreditPayoutRequested():
                found[data.payout_id] = _first(fact, PayoutStatus.AWAITING_APPROVAL)
            case CreditPaidOut(set_aside=False):
                found[data.payout_id] = _first(fact, PayoutStatus.PAID, data.paid_on)
            case CreditPaidOut(payout_id=name):
                agreed = replace(found[name], decided_at=fact.at, decided_by=by)
                found[name] = replace(agreed, status=PayoutStatus.PAID, paid_on=data.paid_on)
            case CreditPayoutRejected(payout_id=name, reason=reason):
                refused = replace(found[name], decided_at=fact.at, decided_by=by)
                found[name] = replace(refused, status=PayoutStatus.REJECTED, failure=reason)
    return list(found.values())


def _first(fact: Fact, status: PayoutStatus, paid_on: date | None = None) -> Payout:
    data = fact.data
    return Payout(
        id=data.payout_id,
        status=status,
        method=data.method,
        reference=data.reference,
        amount=data.amount,
        currency=data.currency,
        reason=data.reason,
        requested_at=fact.at,
        requested_by=_name_of(fact.actor),
        paid_on=paid_on,
    )


def _named(known: Sequence[Payout], payout_id: str) -> Payout:
    found = next((one for one in known if one.id == payout_id), None)
    if found is None:
        raise NotFound("credit_payout_not_found", "The customer's credit has no such payout.")
    return found


def _name_of(actor: Actor) -> str:
    return actor.id or actor.kind.value


def _check_awaits(payout: Payout) -> None:
    if payout.status is not PayoutStatus.AWAITING_APPROVAL:
        raise Conflict("payout_decided", f"The payout is {payout.status.value} already.")
