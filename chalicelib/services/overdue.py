"""Overdue: the end of the retries. The subscription is paused in the same transaction.

Together or not at all: a payment that arrives a moment later then finds the pause and lifts it.
"""

from __future__ import annotations

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.dates import local_date
from chalicelib.domain.decisions import GiveUp
from chalicelib.domain.party_facts import SubscriptionCancelled, SubscriptionPaused
from chalicelib.domain.policy import WhenExhausted
from chalicelib.domain.record import on_party
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, record

_RUNNING = {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED}


def mark_overdue(ports: Ports, case: Case, decision: GiveUp) -> Case:
    """Mark the invoice overdue and do what the policy says at the end.

    A customer who pays by hand is overdue, but not paused: nobody failed to charge anything.
    """
    stopped = _stop_subscription(ports, case, decision)
    overdue = facts.WentOverdue(decision.reason.staff)
    return record(ports, case, overdue, why=decision.reason.staff, also=stopped)


def _stop_subscription(ports: Ports, case: Case, decision: GiveUp) -> list[Change]:
    invoice, policy = case.invoice, case.policy
    by_hand = not case.standing().auto_charge
    if invoice.subscription_id is None or policy.when_exhausted is WhenExhausted.KEEP or by_hand:
        return []
    subscription = ports.store.subscription(case.business.id, invoice.subscription_id)
    if subscription.status not in _RUNNING:
        return []
    today = local_date(case.now, case.business.zone)
    reason = f"Invoice {invoice.number} is unpaid. {decision.reason.staff}"
    payload = (
        SubscriptionPaused(today, reason, (invoice.id,))
        if policy.when_exhausted is WhenExhausted.PAUSE
        else SubscriptionCancelled(today, reason, collect_open_debt=True)
    )
    stopped, fact = on_party(subscription, payload, at=case.now, why=reason)
    return [Change(stopped, fact)]
