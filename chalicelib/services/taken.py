"""How a payment stands: its state, why, and what to do, in words. One that staff took is a demand
of its own; any other is a payment of an invoice's or of an instalment's."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain import demand as demands
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.declines import payer_text_key
from chalicelib.domain.desk.on_account import demand_of
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice import Invoice, InvoiceStatus, Purpose
from chalicelib.domain.invoice_fold import fold
from chalicelib.domain.payment import Allocation, AttemptResult, Payment, PaymentStatus
from chalicelib.ports import Ports
from chalicelib.services import invoices, on_account


class TakenStatus(StrEnum):
    """The few states that whoever takes a payment tells apart."""

    PENDING = "pending"  # no try is under way; the next is the dunning policy's
    WAITING_FOR_METHOD = "waiting_for_method"  # Stripe's page is open
    PROCESSING = "processing"
    ACTION_REQUIRED = "action_required"  # the payer's bank wants a confirmation
    SUCCEEDED = "succeeded"
    FAILED = "failed"
    CANCELLED = "cancelled"


@dataclass(frozen=True, slots=True)
class Outcome:
    """`code` is stable; `reason` and `what_to_do` are empty while all is well."""

    status: TakenStatus
    code: str = ""
    reason: str = ""
    what_to_do: str = ""


def outcome_of_payment(business: Business, demand: Invoice) -> Outcome:
    """A payment on account as whoever took it reads it."""
    own, live = demand_of(demand), demand.live_attempt
    if demand.status is InvoiceStatus.PAID:
        done = demands.unapplied(demand) == 0
        return Outcome(TakenStatus.SUCCEEDED if done else TakenStatus.PROCESSING)
    if demand.status is InvoiceStatus.CANCELLED:
        return _ended(business, demand)
    if live is not None and live.result is AttemptResult.ACTION_REQUIRED:
        return Outcome(TakenStatus.ACTION_REQUIRED)
    if live is not None and live.result is AttemptResult.UNKNOWN:
        return _in_words(business, demand, TakenStatus.PROCESSING, "unknown", "")
    if own.page_until is not None:
        return Outcome(TakenStatus.WAITING_FOR_METHOD)
    return Outcome(TakenStatus.PROCESSING)


def _ended(business: Business, demand: Invoice) -> Outcome:
    own = demand_of(demand)
    status = TakenStatus.CANCELLED if own.end_code == "cancelled" else TakenStatus.FAILED
    code = own.end_code
    last = demand.last_failure()
    if code == "charge_failed" and last is not None and last.decline is not None:
        code = payer_text_key(last.decline)
    return _in_words(business, demand, status, code, own.end_reason)


def outcome_in_invoice(business: Business, invoice: Invoice, payment: Payment) -> Outcome:
    """One payment of an invoice. While it may still be tried again a failure is not its end."""
    last, amount = payment.last_attempt, payment.amount
    if payment.status is PaymentStatus.PAID:
        return Outcome(TakenStatus.SUCCEEDED)
    if payment.status is PaymentStatus.CANCELLED:
        return _in_words(business, invoice, TakenStatus.CANCELLED, "cancelled", "", amount)
    if last is not None and last.result is AttemptResult.ACTION_REQUIRED:
        return Outcome(TakenStatus.ACTION_REQUIRED)
    if last is not None and last.result is AttemptResult.UNKNOWN:
        return _in_words(business, invoice, TakenStatus.PROCESSING, "unknown", "", amount)
    if last is not None and last.is_live:
        return Outcome(TakenStatus.PROCESSING)
    ended = payment.status is PaymentStatus.FAILED
    status = TakenStatus.FAILED if ended else TakenStatus.PENDING
    if last is None or last.decline is None:
        return Outcome(status)
    return _in_words(business, invoice, status, payer_text_key(last.decline), "", amount)


def paid_and_credited(
    ports: Ports, invoice: Invoice, payment: Payment
) -> tuple[tuple[Allocation, ...], int]:
    """What the payment has paid, and what of it became credit: as it was when it came."""
    if payment.status is not PaymentStatus.PAID:
        return (), 0
    if invoice.purpose is not Purpose.INVOICE:
        own = demand_of(invoice)
        return own.spent, own.applied - sum(one.amount for one in own.spent)
    history, over = ports.store.facts(invoice.business_id, Subject.INVOICE, invoice.id), 0
    for fact in history:
        came = fact.data
        if isinstance(came, facts.ChargeSucceeded) and came.payment_id == payment.id:
            over = min(fold(history[: fact.seq]).amount_overpaid, payment.amount)
    rest = payment.amount - over
    return ((Allocation(invoice.id, rest),) if rest else ()), over


def _in_words(
    business: Business,
    demand: Invoice,
    status: TakenStatus,
    code: str,
    otherwise: str,
    amount: int | None = None,
) -> Outcome:
    """`otherwise`: the rule's own words, where no text of the catalogue says it better."""
    from chalicelib.messages.taken import taken_words

    shown = demand.totals.total if amount is None else amount
    words = taken_words(code, business.locale, shown, demand.currency)
    reason, what_to_do = words or (otherwise, "")
    return Outcome(status, code, reason, what_to_do)


@dataclass(frozen=True, slots=True)
class Suggestion:
    """What a payment for the customer would best be. Amounts are minor units.

    `outstanding` is all that is owed; `payable` what a payment could pay now, and `others` is owed
    too, but collected or disputed already.
    """

    currency: str
    outstanding: int
    payable: tuple[Invoice, ...]
    others: tuple[Invoice, ...]
    credit: int
    under_way: str | None

    @property
    def amount(self) -> int:
        """The payable balance less the credit that is there already."""
        return max(sum(one.amount_remaining for one in self.payable) - max(self.credit, 0), 0)

    @property
    def allocations(self) -> tuple[Allocation, ...]:
        return demands.divided(self.amount, self.payable)


def suggest_payment(ports: Ports, business: Business, customer: Customer) -> Suggestion:
    """The outstanding balance, invoice by invoice, and whether a payment is under way already."""
    payable = on_account.payable_invoices(ports, customer)
    known = {one.id for one in payable}
    every = invoices.open_invoices(ports, customer.business_id, customer.id)
    others = [
        one
        for one in every
        if one.purpose is Purpose.INVOICE and one.id not in known and one.amount_remaining > 0
    ]
    going = [one for one in every if one.purpose is Purpose.ON_ACCOUNT]
    return Suggestion(
        currency=business.currency,
        outstanding=sum(one.amount_remaining for one in (*payable, *others)),
        payable=tuple(payable),
        others=tuple(others),
        credit=customer.credit,
        under_way=going[0].id if going else None,
    )
