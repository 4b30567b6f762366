"""A payment on account: one payment taken for a customer, towards several invoices or none.

The demand is an invoice's head with another purpose, so every rule of charging is the invoice's.
Here is what is its own: how it begins, how a new card reaches it, how its money becomes the
customer's credit, and how it ends without any. It is never dunned.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, ClassVar

from chalicelib.domain.customer import PaymentMethod
from chalicelib.domain.decisions import Close, Decision, Reason, Wait
from chalicelib.domain.demand import Demand
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import ChargeRequest, Invoice, InvoiceStatus, Purpose
from chalicelib.domain.invoice_changes import move
from chalicelib.domain.ledger import Leg
from chalicelib.domain.owed import Audience, document, event, mail, staff, work
from chalicelib.domain.payment import Allocation, AttemptResult

PAGE_OPEN = "page_open"
PAYER_LEFT_PAGE = "page_not_filled_in"


@dataclass(frozen=True, slots=True)
class DemandMade:
    """The demand as it was made, its amount and what it is meant for frozen.

    The invoices it is meant for are covered in the same transaction. `at_once`: it is paid now, so
    nobody is reminded that it is due.
    """

    kind: ClassVar[str] = "demanded"
    invoice: Invoice
    at_once: bool = False

    def key(self, seq: int) -> str:
        return "created"


@dataclass(frozen=True, slots=True)
class MethodArrived:
    """The page that the demand waited for was filled in: it is charged now.

    `method` is given where it is for this payment alone; else the customer has it.
    """

    kind: ClassVar[str] = "method_arrived"
    session_id: str
    request: ChargeRequest
    method: PaymentMethod | None

    def key(self, seq: int) -> str:
        return f"method/{self.session_id}"


@dataclass(frozen=True, slots=True)
class PaymentApplied:
    """What came in is the customer's credit now, and `spent` of it has paid invoices.

    In the same transaction as the customer's `credit_moved` and each invoice's `credit_applied`.
    Below 0: what came in was taken back, a lost dispute.
    """

    kind: ClassVar[str] = "payment_applied"
    source: str  # what the credit is called, of the customer and of each invoice
    payment_id: str  # what brought it; empty when it came outside Stripe
    amount: int
    spent: tuple[Allocation, ...]

    def key(self, seq: int) -> str:
        return f"payment_applied/{self.source}"


@dataclass(frozen=True, slots=True)
class PaidOn:
    """More of the credit that it brought has paid invoices, beyond those it was meant for."""

    kind: ClassVar[str] = "paid_on"
    source: str
    spent: tuple[Allocation, ...]

    def key(self, seq: int) -> str:
        return f"paid_on/{self.source}"


@dataclass(frozen=True, slots=True)
class DemandClosed:
    """Nothing came in, and nobody tries again: the invoices collect for themselves again."""

    kind: ClassVar[str] = "demand_closed"
    code: str
    reason: str

    def key(self, seq: int) -> str:
        return f"demand_closed/{seq}"


PAYLOADS: tuple[type, ...] = (DemandMade, MethodArrived, PaymentApplied, PaidOn, DemandClosed)


def source_of(invoice: Invoice) -> str:
    """What the next application of its money is called: the first one uncovers."""
    done = demand_of(invoice).applications
    return f"{invoice.id}/{done + 1}" if done else invoice.id


def demand_of(invoice: Invoice) -> Demand:
    if invoice.demand is None:
        raise BrokenRecord(f"{invoice.id} is an invoice, not a demand for one")
    return invoice.demand


def without_request(invoice: Invoice, now: datetime) -> Decision:
    """A payment on account that nobody tries now: it waits for its page, or it is over."""
    demand = demand_of(invoice)
    if demand.page_until is not None:
        if now < demand.page_until:
            words = "Waits for the card or bank account to be entered on Stripe's page."
            return Wait(Reason(PAGE_OPEN, words), until=demand.page_until)
        return Close(Reason(PAYER_LEFT_PAGE, "Stripe's page was not filled in within a day."))
    last = invoice.attempts[-1] if invoice.attempts else None
    if demand.end_code:
        return Close(Reason(demand.end_code, demand.end_reason))
    if last is not None and last.result is AttemptResult.FAILED:
        return Close(Reason("charge_failed", "The charge was declined."))
    return Close(Reason("payer_left", "The payer did not confirm the payment with the bank."))


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    demand = demand_of(invoice)
    match payload:
        case MethodArrived(request=request, method=method):
            arrived = replace(demand, page_until=None, method=method)
            return replace(invoice, demand=arrived, charge_request=request)
        case PaymentApplied(amount=amount, spent=spent):
            applied = replace(
                demand,
                applied=demand.applied + amount,
                applications=demand.applications + 1,
                spent=(*demand.spent, *spent),
            )
            return replace(invoice, demand=applied)
        case PaidOn(spent=spent):
            return replace(invoice, demand=replace(demand, spent=(*demand.spent, *spent)))
        case DemandClosed(code=code, reason=reason):
            if invoice.open_payment is not None:
                raise BrokenRecord(f"{invoice.id}: its payment is still open")
            closed = replace(
                invoice,
                demand=replace(demand, page_until=None, end_code=code, end_reason=reason),
                amount_credited=invoice.amount_credited + invoice.amount_remaining,
                charge_request=None,
                hold=None,
                closed_at=fact.at,
            )
            return move(closed, InvoiceStatus.CANCELLED)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    """What came in is credit from the start (`invoice_ledger`): applying it posts nothing here."""
    return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    """One receipt for the whole payment, once it is known which invoices it has paid."""
    once_only = work("forget_method") if demand_of(after).method is not None else ()
    match payload:
        case DemandMade() if after.purpose is Purpose.INSTALMENT:
            told = () if payload.at_once else mail("reminder_upcoming", audience)
            return (*told, *event("instalment.due"))
        case DemandMade():
            return event("payment.created")
        case PaymentApplied(amount=amount) if amount > 0:
            paper = (*document("receipt"), *mail("receipt", audience))
            return (*paper, *event("payment.applied"), *once_only)
        case DemandClosed():
            return (*event("payment.closed"), *once_only)
        case _:
            return ()


def told(invoice: Invoice, payload: Any) -> tuple[Effect, ...] | None:
    """What an engine's fact owes when it happens to a demand; None: the same as for an invoice.

    Who takes a payment on account sees how it ends, so its customer is written to only when money
    came. An instalment is dunned in words too. The receipt waits until it can name the invoices.
    """
    if payload.kind == "charge_succeeded":
        return (*staff("staff_payment_received"), *event("payment.succeeded"))
    if invoice.purpose is not Purpose.ON_ACCOUNT:
        return None
    return {
        "charge_failed": event("payment.failed"),
        "request_refused": event("payment.refused"),
        "result_unknown": (),
    }.get(payload.kind)
