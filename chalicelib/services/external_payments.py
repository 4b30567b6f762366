"""External payments: recorded for one invoice or several, or on account; and taken back when one
bounces.

Close before switch: each invoice's open payment is cancelled at Stripe first. One that succeeded
instead is posted, and what the external payment then has too much becomes credit. One that is being
processed cannot be stopped: then the payment is refused with words that say what to do, because a
second kind of pending money would have to be collected, dunned and reversed like the first.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

from chalicelib.domain import demand as demands
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import local_date
from chalicelib.domain.desk.account import ExternalPaymentReceived, ExternalPaymentReversed
from chalicelib.domain.desk.external_payments import (
    ExternalPaymentBounced,
    ExternalPaymentRecorded,
)
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Actor, Fact, Subject
from chalicelib.domain.invoice import Invoice, Purpose
from chalicelib.domain.money import decimal_text
from chalicelib.domain.party_facts import CreditMoved
from chalicelib.domain.payment import Allocation
from chalicelib.domain.record import on_party
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists, StaleHead
from chalicelib.ports.rows import Change, ReleasedClaim, UniqueClaim
from chalicelib.services import instalment_reversal
from chalicelib.services.case import Case, again_when_stale, audience_of, change, now_of
from chalicelib.services.credit import (
    ON,
    chosen_debts,
    close_all,
    open_debts,
    payable,
    take_back_rest,
)

CLAIM = "external_payment"


@dataclass(frozen=True, slots=True)
class Received:
    """What came in. `chosen` None: open invoices, oldest due first; empty: all of it on account."""

    id: str
    method: ExternalMethod
    reference: str
    amount: int
    received_on: date
    chosen: tuple[Allocation, ...] | None = None
    note: str = ""


def record_payment(
    ports: Ports, business_id: str, customer_id: str, came: Received, *, actor: Actor
) -> ExternalPaymentReceived:
    """Write down money that came past Stripe. The same id again is the same payment.

    Raises Conflict for a reference that is known, or money of Stripe's that is on its way;
    InvalidInput for a date to come, or more than an invoice can take.
    """

    def once() -> ExternalPaymentReceived:
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, customer_id)
        known = find_payment(ports, customer, came.id)
        if known is not None:
            return known
        check_received(ports, business, customer, came)
        return _record(ports, business, customer, came, actor)

    return again_when_stale(once)


def pay_invoice(
    ports: Ports, business_id: str, invoice_id: str, came: Received, *, actor: Actor
) -> ExternalPaymentReceived:
    """The same for one invoice: what is more than it can take becomes the customer's credit."""
    invoice = ports.store.invoice(business_id, invoice_id)
    if invoice.purpose is Purpose.ON_ACCOUNT:
        words = (
            "This is a payment on account, not an invoice: cancel it while it is open, and record "
            "the money for the customer."
        )
        raise Conflict("settled", words)
    part = min(came.amount, payable(invoice))
    if part == 0 and not _is_known(ports, invoice, came.id):
        words = f"Invoice {invoice.number} is {invoice.status.value}: record it on account instead."
        raise Conflict("settled", words)
    chosen = (Allocation(invoice_id, part),) if part else ()
    wanted = Received(
        came.id, came.method, came.reference, came.amount, came.received_on, chosen, came.note
    )
    return record_payment(ports, business_id, invoice.customer_id, wanted, actor=actor)


def _is_known(ports: Ports, invoice: Invoice, payment_id: str) -> bool:
    customer = ports.store.customer(invoice.business_id, invoice.customer_id)
    return find_payment(ports, customer, payment_id) is not None


def _record(
    ports: Ports, business: Business, customer: Customer, came: Received, actor: Actor
) -> ExternalPaymentReceived:
    targets = [one for one, _ in _wanted(ports, customer, came)]
    close_all(ports, targets, "An external payment is recorded.")
    fresh = [ports.store.invoice(business.id, one.id) for one in targets]
    if any(one.open_payment is not None for one in fresh):
        raise StaleHead("a charge began meanwhile")
    shares = _shares(came, fresh)
    pays_on = 0
    if came.chosen is None:
        pays_on = demands.beyond(came.amount, open_debts(ports, customer))
    received = ExternalPaymentReceived(
        payment_id=came.id,
        method=came.method,
        reference=came.reference,
        amount=came.amount,
        currency=business.currency,
        received_on=came.received_on,
        shares=shares,
        note=came.note,
        pays_on=min(pays_on, came.amount - sum(share.amount for share in shares)),
    )
    now, why = now_of(ports, business), f"Received by {came.method.value}."
    around = audience_of(business, customer)
    head, fact = on_party(customer, received, at=now, actor=actor, why=why, audience=around)
    by_id = {one.id: one for one in fresh}
    changes = [Change(head, fact)]
    for share in shares:
        paid = ExternalPaymentRecorded(
            came.id, came.method, came.reference, share.amount, came.received_on
        )
        case = Case(business, customer, by_id[share.invoice_id], now)
        changes.append(change(case, paid, actor=actor, why=why)[1])
    try:
        ports.store.append(
            changes, side=claims_of(business.id, customer, came), clock_id=business.test_clock_id
        )
    except FactExists as taken:
        if taken.key.startswith(f"{CLAIM}/"):
            raise reference_used(
                ports, business.id, came, taken.key.removeprefix(f"{CLAIM}/")
            ) from taken
        raise
    return received


# -------------------------------------------------------------------------- which invoices


def _wanted(ports: Ports, customer: Customer, came: Received) -> list[tuple[Invoice, int]]:
    """The invoices that get something of it, as they stand. Raises for a choice that cannot be."""
    if came.chosen is None:
        found = open_debts(ports, customer)
        known = {one.id: one for one in found}
        parts = demands.divided(came.amount, found)
        return [(known[part.invoice_id], part.amount) for part in parts]
    if sum(part.amount for part in came.chosen) > came.amount:
        raise InvalidInput("allocation_too_much", "More is allocated than was received.")
    found = chosen_debts(ports, customer, came.chosen)
    return [(one, part.amount) for one, part in zip(found, came.chosen, strict=True)]


def _shares(came: Received, fresh: Sequence[Invoice]) -> tuple[Allocation, ...]:
    """After the open payments are closed: what succeeded meanwhile needs no more money."""
    if came.chosen is None:
        return demands.divided(came.amount, fresh)
    wanted = {part.invoice_id: part.amount for part in came.chosen}
    capped = ((one.id, min(wanted[one.id], payable(one))) for one in fresh)
    return tuple(Allocation(invoice_id, amount) for invoice_id, amount in capped if amount)


# ----------------------------------------------------------------------------- checks, claims


def check_received(ports: Ports, business: Business, customer: Customer, came: Received) -> None:
    """Raises InvalidInput or Conflict for what cannot have come, or is recorded already."""
    if came.amount <= 0:
        raise InvalidInput("amount_invalid", "The amount has to be positive.")
    if came.received_on > local_date(now_of(ports, business), business.zone):
        raise InvalidInput("date_in_future", "Money that is yet to come cannot be recorded.")
    if not came.reference and came.method is not ExternalMethod.CASH:
        raise InvalidInput("reference_missing", "Only cash may come without a reference.")
    for claim in claims_of(business.id, customer, came):
        owner = ports.store.owner_of(business.id, CLAIM, claim.value)
        if owner is not None and owner != claim.owner:
            raise reference_used(ports, business.id, came, claim.value)


def claims_of(business_id: str, customer: Customer, came: Received) -> list[UniqueClaim]:
    """A bank's reference is the only one of its kind; a cheque's number only among its drawer's."""
    value = _claimed(customer.id, came.method, came.reference)
    return [UniqueClaim(business_id, CLAIM, value, f"{customer.id}/{came.id}")] if value else []


def _claimed(customer_id: str, method: ExternalMethod, reference: str) -> str:
    """The same for `TRN  44` and `trn 44`; nothing where there is no reference."""
    plain = " ".join(reference.casefold().split())
    of = f"{customer_id}/" if method is ExternalMethod.CHECK else ""
    return f"{method.value}/{of}{plain}" if plain else ""


def _released(
    business_id: str, customer: Customer, received: ExternalPaymentReceived
) -> list[ReleasedClaim]:
    """The bank may take the same cheque in again, and what was mistyped is recorded anew."""
    value = _claimed(customer.id, received.method, received.reference)
    owner = f"{customer.id}/{received.payment_id}"
    return [ReleasedClaim(business_id, CLAIM, value, owner)] if value else []


def reference_used(ports: Ports, business_id: str, came: Received, value: str) -> Conflict:
    """Says which payment has the reference."""
    owner = ports.store.owner_of(business_id, CLAIM, value) or "/"
    customer_id, _, payment_id = owner.partition("/")
    customer = ports.store.customer(business_id, customer_id)
    first = find_payment(ports, customer, payment_id)
    shown = (
        f"{decimal_text(first.amount, first.currency)} {first.currency} on "
        f"{first.received_on.isoformat()} from {customer.name} (payment {payment_id})"
        if first
        else f"payment {payment_id}"
    )
    words = f"{came.method.value} {came.reference} is recorded already: {shown}."
    return Conflict("reference_used", words, payment_id=payment_id)


# --------------------------------------------------------------------------------- reading


@dataclass(frozen=True, slots=True)
class Account:
    """An external payment with what became of it. `paid_on`: what it paid in steps after it."""

    received: ExternalPaymentReceived
    fact: Fact
    reversed: ExternalPaymentReversed | None = None
    paid_on: tuple[Allocation, ...] = ()


def payments_of(ports: Ports, business_id: str, customer_id: str) -> list[Account]:
    """All of a customer's, newest first."""
    history = ports.store.facts(business_id, Subject.CUSTOMER, customer_id)
    reversals = {
        fact.data.payment_id: fact.data
        for fact in history
        if isinstance(fact.data, ExternalPaymentReversed)
    }
    found = [
        Account(
            fact.data,
            fact,
            reversals.get(fact.data.payment_id),
            _paid_on(history, fact.data) if fact.data.pays_on else (),
        )
        for fact in history
        if isinstance(fact.data, ExternalPaymentReceived)
    ]
    return found[::-1]


def _paid_on(history: Sequence[Fact], came: ExternalPaymentReceived) -> tuple[Allocation, ...]:
    steps = (fact.data for fact in history if isinstance(fact.data, CreditMoved))
    mine = [one for one in steps if one.source.startswith(f"{came.payment_id}{ON}")]
    return tuple(part for one in mine for part in one.spent)


def find_payment(
    ports: Ports, customer: Customer, payment_id: str
) -> ExternalPaymentReceived | None:
    found = payments_of(ports, customer.business_id, customer.id)
    return next((one.received for one in found if one.received.payment_id == payment_id), None)


def read_payment(ports: Ports, business_id: str, customer_id: str, payment_id: str) -> Account:
    """Raises NotFound when the customer has no such payment."""
    ports.store.customer(business_id, customer_id)
    for one in payments_of(ports, business_id, customer_id):
        if one.received.payment_id == payment_id:
            return one
    raise NotFound("external_payment_not_found", "The customer has no such external payment.")


# ------------------------------------------------------------------------------- reversing


def reverse_payment(
    ports: Ports,
    business_id: str,
    customer_id: str,
    payment_id: str,
    *,
    reversed_on: date,
    reason: str,
    actor: Actor,
) -> ExternalPaymentReversed:
    """It bounced: what it paid is owed again, and overdue again if it was; its credit is gone,
    spent or not. Raises Conflict when it is reversed already or a refund of it is under way.
    """

    def once() -> ExternalPaymentReversed:
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, customer_id)
        account = read_payment(ports, business_id, customer_id, payment_id)
        received = account.received
        invoices = [ports.store.invoice(business_id, one.invoice_id) for one in received.shares]
        _check_reversal(ports, business, account, invoices, reversed_on)
        if take_back_rest(ports, business_id, customer_id, payment_id, reason=reason, actor=actor):
            raise StaleHead("what it had paid on is credit again; now look again")
        amounts = {share.invoice_id: share.amount for share in received.shares}
        withdrawn = sum(amounts[one.id] for one in invoices if one.is_withdrawn)
        payload = ExternalPaymentReversed(
            payment_id=payment_id,
            amount=received.amount,
            from_credit=received.to_credit + withdrawn,
            posted_here=received.to_credit,
            currency=received.currency,
            reversed_on=reversed_on,
            reason=reason,
        )
        now, around = now_of(ports, business), audience_of(business, customer)
        again = instalment_reversal.owed_again(ports, business, customer, received, invoices)
        payload = replace(payload, plan_id=again.cover.id if again.cover else "")
        changes = [
            Change(*on_party(customer, payload, at=now, actor=actor, why=reason, audience=around)),
            *again.changes(now, actor, reason),
        ]
        for invoice in invoices:
            bounced = ExternalPaymentBounced(
                payment_id, amounts[invoice.id], reversed_on, reason, again.cover_of(invoice)
            )
            case = Case(business, customer, invoice, now)
            changes.append(change(case, bounced, actor=actor, why=reason)[1])
        released = _released(business_id, customer, received)
        ports.store.append(changes, side=released, clock_id=business.test_clock_id)
        return payload

    return again_when_stale(once)


def _check_reversal(
    ports: Ports,
    business: Business,
    account: Account,
    invoices: Sequence[Invoice],
    reversed_on: date,
) -> None:
    if account.reversed is not None:
        words = f"It was reversed already: {account.reversed.reason}"
        raise Conflict("already_reversed", words)
    if reversed_on > local_date(now_of(ports, business), business.zone):
        raise InvalidInput("date_in_future", "What is yet to bounce cannot be recorded.")
    if reversed_on < account.received.received_on:
        raise InvalidInput("date_invalid", "It cannot have bounced before it came.")
    payment_id = account.received.payment_id
    if any(
        one.payment_id == payment_id and one.is_undecided
        for invoice in invoices
        for one in invoice.refunds
    ):
        raise Conflict("refund_under_way", "Reject the refund of this payment first.")
