"""The customer's own money: external payments as a whole, and what of them no invoice needed.

Facts of the customer, not of an invoice. What is left of a payment is the customer's credit, and
only that posts legs here; each invoice posts what it got.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from typing import Any, ClassVar

from chalicelib.domain.customer import Customer
from chalicelib.domain.desk import credit_payouts
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Effect
from chalicelib.domain.ledger import Leg, legs
from chalicelib.domain.owed import Audience, document, event, mail, work
from chalicelib.domain.payment import Allocation
from chalicelib.domain.payment_plan import InstalmentPart


@dataclass(frozen=True, slots=True)
class ExternalPaymentReceived:
    """`shares` is what each invoice got of it; the rest of `amount` became credit.

    With `plan_id` it was for `instalments` of that plan, and the shares are of the plan's invoices.
    """

    kind: ClassVar[str] = "external_payment"
    payment_id: str
    method: ExternalMethod
    reference: str
    amount: int
    currency: str
    received_on: date
    shares: tuple[Allocation, ...]
    note: str = ""
    pays_on: int = 0  # of `to_credit`: for invoices beyond one transaction's reach, paid on next
    plan_id: str = ""
    instalments: tuple[InstalmentPart, ...] = ()

    @property
    def to_credit(self) -> int:
        return self.amount - sum(share.amount for share in self.shares)

    def key(self, seq: int) -> str:
        return f"external/{self.payment_id}"


@dataclass(frozen=True, slots=True)
class ExternalPaymentReversed:
    """It bounced. `from_credit` is what of it had become credit, spent or not.

    `plan_id`: the plan that asks for it again; then one mail tells of it, not each invoice's.
    """

    kind: ClassVar[str] = "external_payment_reversed"
    payment_id: str
    amount: int
    from_credit: int
    posted_here: int  # of `from_credit`; the rest is posted by invoices that are cancelled
    currency: str
    reversed_on: date
    reason: str
    plan_id: str = ""

    def key(self, seq: int) -> str:
        return f"reversed/{self.payment_id}"


@dataclass(frozen=True, slots=True)
class CreditPaidOut:
    """Credit was given back past Stripe, by somebody here: by transfer, cheque or in cash.

    `set_aside`: it was when it was asked for, and a second person has agreed.
    """

    kind: ClassVar[str] = "credit_paid_out"
    payout_id: str
    method: ExternalMethod
    reference: str
    amount: int
    currency: str
    paid_on: date
    reason: str
    set_aside: bool = False

    def key(self, seq: int) -> str:
        return f"paid_out/{self.payout_id}"


PAYLOADS: tuple[type, ...] = (
    ExternalPaymentReceived, ExternalPaymentReversed, CreditPaidOut, *credit_payouts.PAYLOADS,
)  # fmt: skip


def step(customer: Customer, payload: Any) -> Customer:
    """The customer with its credit after `payload`."""
    match payload:
        case ExternalPaymentReceived():
            return replace(customer, credit=customer.credit + payload.to_credit)
        case CreditPaidOut(set_aside=True):
            return customer
        case ExternalPaymentReversed(from_credit=amount) | CreditPaidOut(amount=amount):
            return replace(customer, credit=customer.credit - amount)
        case _:
            return replace(customer, credit=customer.credit + credit_payouts.credit_moved(payload))


def legs_for(payload: Any) -> tuple[Leg, ...]:
    match payload:
        case ExternalPaymentReceived(currency=currency):
            left = payload.to_credit
            return legs(currency, bank=left, customer_credit=-left)
        case ExternalPaymentReversed(posted_here=amount, currency=currency):
            return legs(currency, customer_credit=amount, bank=-amount)
        case CreditPaidOut(amount=amount, currency=currency, set_aside=True):
            return legs(currency, refunds=amount, bank=-amount)
        case CreditPaidOut(amount=amount, currency=currency):
            return legs(currency, customer_credit=amount, bank=-amount)
        case _:
            return credit_payouts.legs_for(payload)


def owed(payload: Any, audience: Audience) -> tuple[Effect, ...]:
    match payload:
        case ExternalPaymentReceived():
            receipt = (*document("receipt"), *mail("receipt", audience))
            receipt = (*receipt, *work("pay_on")) if payload.pays_on else receipt
            return (*receipt, *event("external_payment.recorded"))
        case ExternalPaymentReversed(plan_id=plan_id):
            told = mail("payment_bounced", audience) if plan_id else ()
            return (*told, *event("external_payment.reversed"))
        case CreditPaidOut():
            return (*mail("refund_sent", audience), *event("customer.credit_paid_out"))
        case _:
            return credit_payouts.owed(payload)
