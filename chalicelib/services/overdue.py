"""Overdue: the end of the retries, and of the grace after it. What the policy says of the
subscription then is done in the same transaction.

Together or not at all: a payment that arrives a moment later then finds the pause and lifts it.
"""

from __future__ import annotations

from chalicelib.domain import dunning
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.dates import local_date
from chalicelib.domain.decisions import GiveUp, StopService
from chalicelib.domain.desk.grace import GraceEnded
from chalicelib.domain.party_facts import SubscriptionCancelled, SubscriptionPaused
from chalicelib.domain.policy import WhenExhausted
from chalicelib.domain.record import on_party
from chalicelib.domain.subscription import Subscription, SubscriptionStatus
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, record

_RUNNING = {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED}


def mark_overdue(ports: Ports, case: Case, decision: GiveUp) -> Case:
    """Mark the invoice overdue; without days of grace its subscription stops with it."""
    subscription = _to_stop(ports, case)
    stops_at = dunning.grace_ends_at(case.policy, case.business.zone, case.now)
    stopped = [] if subscription is None or stops_at else _stopped(case, subscription, decision)
    end = case.policy.when_exhausted if stopped else None
    stops_at = stops_at if subscription else None
    overdue = facts.WentOverdue(decision.reason.staff, stops_at=stops_at, end=end)
    return record(ports, case, overdue, why=decision.reason.staff, also=stopped)


def stop_service(ports: Ports, case: Case, decision: StopService) -> Case:
    """The grace has ended unpaid: the subscription stops now, if it still runs."""
    subscription = _to_stop(ports, case)
    stopped = _stopped(case, subscription, decision) if subscription else []
    over = GraceEnded(decision.reason.staff, case.policy.when_exhausted if stopped else None)
    return record(ports, case, over, why=decision.reason.staff, also=stopped)


def _to_stop(ports: Ports, case: Case) -> Subscription | None:
    """The subscription that an unpaid invoice stops.

    A customer who pays by hand is overdue, but not paused: nobody failed to charge anything.
    """
    invoice, by_hand = case.invoice, not case.standing().auto_charge
    keep = case.policy.when_exhausted is WhenExhausted.KEEP
    if invoice.subscription_id is None or keep or by_hand:
        return None
    subscription = ports.store.subscription(case.business.id, invoice.subscription_id)
    return subscription if subscription.status in _RUNNING else None


def _stopped(
    case: Case, subscription: Subscription, decision: GiveUp | StopService
) -> list[Change]:
    invoice, today = case.invoice, local_date(case.now, case.business.zone)
    reason = f"Invoice {invoice.number} is unpaid. {decision.reason.staff}"
    payload = (
        SubscriptionPaused(today, reason, (invoice.id,))
        if case.policy.when_exhausted is WhenExhausted.PAUSE
        else SubscriptionCancelled(today, reason, collect_open_debt=True)
    )
    stopped, fact = on_party(subscription, payload, at=case.now, why=reason)
    return [Change(stopped, fact)]
