"""A fact with the records it is about: what notices and documents are made from."""

from __future__ import annotations

from dataclasses import dataclass, field

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.subscription import Subscription
from chalicelib.ports import Ports


@dataclass(frozen=True, slots=True)
class Matter:
    """A fact with the records it is about, as they are now."""

    business: Business
    fact: Fact
    invoice: Invoice | None = None
    customer: Customer | None = None
    subscription: Subscription | None = None
    dispute: Dispute | None = None
    plan: PaymentPlan | None = None
    drawn: dict[str, bytes] = field(default_factory=dict, compare=False)  # documents, once made


def open_matter(ports: Ports, business: Business, fact: Fact) -> Matter:
    """Load what the fact is about."""
    match fact.subject:
        case Subject.INVOICE:
            invoice = ports.store.invoice(business.id, fact.subject_id)
            customer = ports.store.customer(business.id, invoice.customer_id)
            return Matter(business, fact, invoice=invoice, customer=customer)
        case Subject.SUBSCRIPTION:
            subscription = ports.store.subscription(business.id, fact.subject_id)
            customer = ports.store.customer(business.id, subscription.customer_id)
            return Matter(business, fact, customer=customer, subscription=subscription)
        case Subject.CUSTOMER:
            return Matter(
                business, fact, customer=ports.store.customer(business.id, fact.subject_id)
            )
        case Subject.DISPUTE:
            dispute = ports.store.dispute(business.id, fact.subject_id)
            customer = ports.store.customer(business.id, dispute.customer_id)
            return Matter(business, fact, customer=customer, dispute=dispute)
        case Subject.PLAN:
            plan = ports.store.payment_plan(business.id, fact.subject_id)
            customer = ports.store.customer(business.id, plan.customer_id)
            return Matter(business, fact, customer=customer, plan=plan)
        case Subject.FRAUD_WARNING:
            warning = ports.store.fraud_warning(business.id, fact.subject_id)
            customer = ports.store.customer(business.id, warning.customer_id)
            return Matter(business, fact, customer=customer)
        case Subject.GROUP | Subject.IMPORT | Subject.BUSINESS | Subject.TEAM:
            return Matter(business, fact)
