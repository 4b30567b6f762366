"""Making a fact: the one place where a payload becomes fact and head.

Legs, plan and effects are worked out here from the payload alone, so no service can forget one.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, TypeVar

from chalicelib.domain import effects, invoice_fold, invoice_ledger, party_fold
from chalicelib.domain.business import Business
from chalicelib.domain.chargeability import Standing
from chalicelib.domain.customer import Customer
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.facts import SYSTEM, Actor, Fact, Subject, seal
from chalicelib.domain.fraud_warning import FraudWarning
from chalicelib.domain.group import Group
from chalicelib.domain.import_run import ImportRun
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.plan import next_action
from chalicelib.domain.policy import DunningPolicy
from chalicelib.domain.subscription import Subscription
from chalicelib.domain.team import Team

Party = TypeVar(
    "Party",
    Customer,
    Subscription,
    Business,
    Group,
    ImportRun,
    Team,
    Dispute,
    PaymentPlan,
    FraudWarning,
)

_SUBJECTS: dict[type, Subject] = {
    Customer: Subject.CUSTOMER,
    Subscription: Subject.SUBSCRIPTION,
    Business: Subject.BUSINESS,
    Group: Subject.GROUP,
    ImportRun: Subject.IMPORT,
    Team: Subject.TEAM,
    Dispute: Subject.DISPUTE,
    PaymentPlan: Subject.PLAN,
    FraudWarning: Subject.FRAUD_WARNING,
}


@dataclass(frozen=True, slots=True)
class Circumstances:
    """When, by whom, and what the plan after an invoice's fact depends on."""

    at: datetime
    policy: DunningPolicy
    standing: Standing
    audience: Audience = Audience()
    actor: Actor = SYSTEM
    why: str = ""


def on_invoice(
    invoice: Invoice | None, payload: Any, around: Circumstances
) -> tuple[Invoice, Fact]:
    """The invoice after `payload`, and the sealed fact.

    Raises IllegalTransition where the invoice may not go there.
    """
    subject = payload.invoice if invoice is None else invoice
    seq, previous = (invoice.version + 1, invoice.chain) if invoice else (1, "")
    draft = Fact(
        business_id=subject.business_id,
        subject=Subject.INVOICE,
        subject_id=subject.id,
        seq=seq,
        key=payload.key(seq),
        kind=payload.kind,
        at=around.at,
        actor=around.actor,
        why=around.why,
        data=payload,
        legs=invoice_ledger.legs_for(invoice, payload),
        previous=previous,
    )
    after = invoice_fold.step(invoice, payload, draft)
    plan = next_action(around.policy, after, around.standing, around.at)
    owed = effects.for_invoice(invoice, after, payload, plan, around.audience, around.at)
    fact = seal(replace(draft, next_action=plan, effects=owed))
    return invoice_fold.apply(invoice, fact), fact


def on_party(
    head: Party,
    payload: Any,
    *,
    at: datetime,
    actor: Actor = SYSTEM,
    why: str = "",
    audience: Audience | None = None,
) -> tuple[Party, Fact]:
    """A customer, subscription, business or team after `payload`, and the sealed fact."""
    return _on_party(head, head, payload, at, actor, why, audience or Audience())


def first_of_party(
    record: Party, payload: Any, *, at: datetime, actor: Actor = SYSTEM
) -> tuple[Party, Fact]:
    """The `created` fact of a record that does not exist yet."""
    return _on_party(None, record, payload, at, actor, "", Audience())


def _on_party(
    head: Party | None,
    subject: Party,
    payload: Any,
    at: datetime,
    actor: Actor,
    why: str,
    audience: Audience,
) -> tuple[Party, Fact]:
    seq, previous = (head.version + 1, head.chain) if head else (1, "")
    fact = seal(
        Fact(
            business_id=subject.id if isinstance(subject, Business) else subject.business_id,
            subject=_SUBJECTS[type(subject)],
            subject_id=subject.id,
            seq=seq,
            key=payload.key(seq),
            kind=payload.kind,
            at=at,
            actor=actor,
            why=why,
            data=payload,
            legs=party_fold.business_legs(payload),
            effects=effects.for_party(payload, audience),
            previous=previous,
        )
    )
    after: Party = party_fold.apply(head, fact, party_fold.STEPS[type(subject)])
    return after, fact
