"""A case: one invoice with everything a decision about it needs, loaded together.

`record` is how every service changes an invoice: the fact is made from the case, written under the
head's version, and the case afterwards is the one that was written.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from chalicelib.domain import network_caps
from chalicelib.domain.business import Business
from chalicelib.domain.chargeability import Standing
from chalicelib.domain.customer import Customer, MethodKind, PaymentMethod
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import SYSTEM, Actor
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.network_caps import CapVerdict
from chalicelib.domain.owed import Audience
from chalicelib.domain.policy import DunningPolicy
from chalicelib.domain.record import Circumstances, on_invoice
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists, StaleHead
from chalicelib.ports.rows import Change, SideRow

T = TypeVar("T")
MOST_TRIES = 8


@dataclass(frozen=True, slots=True)
class Case:
    business: Business
    customer: Customer
    invoice: Invoice
    now: datetime

    @property
    def account(self) -> str | None:
        return self.business.stripe_account

    @property
    def policy(self) -> DunningPolicy:
        """A running sequence keeps the policy it began with."""
        return policy_of(self.business, self.customer, self.invoice)

    @property
    def method(self) -> PaymentMethod | None:
        """The method a charge would use: the one asked for, else the default."""
        request = self.invoice.charge_request
        if request and request.method_id:
            return self.known_method(request.method_id)
        return self.customer.default_method

    def known_method(self, method_id: str) -> PaymentMethod | None:
        """The customer's, or the one that was entered for this payment alone."""
        own = self.invoice.demand.method if self.invoice.demand else None
        return own if own and own.id == method_id else self.customer.method(method_id)

    def standing(self, caps: CapVerdict | None = None) -> Standing:
        own, method = self.invoice.auto_charge, self.method
        return Standing(
            zone=self.business.zone,
            can_charge=self.business.can_charge,
            held=self.business.is_held,
            auto_charge=self.customer.auto_charge if own is None else own,
            method=method,
            warned=method is not None and self.customer.is_warned(method),
            caps=caps or CapVerdict(),
        )


def now_of(ports: Ports, business: Business) -> datetime:
    """The business's time: the wall's, or its test clock's."""
    if business.test_clock_id is None:
        return ports.clock.now()
    return ports.store.test_clock(business.test_clock_id).now_at


def open_case(ports: Ports, business_id: str, invoice_id: str) -> Case:
    """Raises NotFound when the business has no such invoice."""
    business = ports.store.business(business_id)
    invoice = ports.store.invoice(business_id, invoice_id)
    customer = ports.store.customer(business_id, invoice.customer_id)
    return Case(business, customer, invoice, now_of(ports, business))


def policy_of(
    business: Business, customer: Customer, invoice: Invoice | None = None
) -> DunningPolicy:
    """The invoice's own once its sequence has begun, else the customer's, else the business's."""
    if invoice is not None and invoice.dunning is not None:
        return invoice.dunning.policy
    return business.policy_for(customer.policy_id)


def audience_of(
    business: Business, customer: Customer, policy: DunningPolicy | None = None
) -> Audience:
    agreed = customer.sms_consent_at is not None and bool(customer.phone)
    rules = (policy or policy_of(business, customer)).notice_rules
    return Audience(sms=business.sms_enabled and agreed, rules=rules)


def caps_of(ports: Ports, case: Case) -> CapVerdict:
    """Counts this card's tries for this amount, over all invoices of the business."""
    method = case.method
    if method is None or method.kind is not MethodKind.CARD:
        return CapVerdict()
    tried_at = ports.store.network_tries(
        case.business.id,
        method.fingerprint,
        case.invoice.amount_to_charge,
        case.invoice.currency,
        since=case.now - network_caps.WINDOW,
    )
    return network_caps.check_caps(method.brand, tried_at, case.policy, case.now)


def change(
    case: Case,
    payload: Any,
    *,
    actor: Actor = SYSTEM,
    why: str = "",
    caps: CapVerdict | None = None,
) -> tuple[Case, Change]:
    """The case after `payload`, and the change that has yet to be written."""
    around = Circumstances(
        at=case.now,
        policy=case.policy,
        standing=case.standing(caps),
        audience=audience_of(case.business, case.customer, case.policy),
        actor=actor,
        why=why,
    )
    invoice, fact = on_invoice(case.invoice, payload, around)
    return replace(case, invoice=invoice), Change(invoice, fact)


def record(
    ports: Ports,
    case: Case,
    payload: Any,
    *,
    actor: Actor = SYSTEM,
    why: str = "",
    caps: CapVerdict | None = None,
    side: Sequence[SideRow] = (),
    also: Sequence[Change] = (),
) -> Case:
    """Write one fact (and what must happen with it) and return the case after it.

    Raises StaleHead or FactExists when somebody else was first.
    """
    after, written = change(case, payload, actor=actor, why=why, caps=caps)
    ports.store.append([written, *also], side=side, clock_id=case.business.test_clock_id)
    return after


def again_when_stale(action: Callable[[], T]) -> T:
    """Run an action that loads, decides and writes; again from the start when it came too late.

    Raises Conflict when it is overtaken again and again, which only a bug can do.
    """
    for _ in range(MOST_TRIES):
        try:
            return action()
        except (StaleHead, FactExists):
            continue
    raise Conflict("busy", "Others keep changing this at the same time. Try again in a moment.")
