"""Overdue: the end of the retries, and of the grace after it. What the policy says of the
subscription then is done in the same transaction.

Together or not at all: a payment that arrives a moment later then finds the pause and lifts it.
"""

from __future__ import annotations

from chalicelib.domain import dunning
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.dates import local_date
from chalicelib.domain.decisions import GiveUp, Reason, StopService
from chalicelib.domain.desk.grace import GraceEnded
from chalicelib.domain.invoice import InvoiceStatus
from chalicelib.domain.party_facts import SubscriptionCancelled, SubscriptionPaused
from chalicelib.domain.payment_plan_facts import InstalmentWentOverdue
from chalicelib.domain.policy import WhenExhausted
from chalicelib.domain.record import on_party
from chalicelib.domain.subscription import Subscription, SubscriptionStatus
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.case import Case, again_when_stale, open_case, record

_RUNNING = {SubscriptionStatus.ACTIVE, SubscriptionStatus.PAUSED}


def mark_overdue(ports: Ports, case: Case, decision: GiveUp) -> Case:
    """Mark the invoice overdue; without days of grace what it bills stops with it: a subscription,
    or those of a group's members."""
    running = to_stop(ports, case)
    stops_at = dunning.grace_ends_at(case.policy, case.business.zone, case.now)
    stopped = [] if stops_at else _stopped(case, running, decision)
    end = case.policy.when_exhausted if stopped else None
    stops_at = stops_at if running else None
    overdue = facts.WentOverdue(decision.reason.staff, stops_at=stops_at, end=end)
    also = [*stopped, *_plan_told(ports, case)]
    return record(ports, case, overdue, why=decision.reason.staff, also=also)


def _plan_told(ports: Ports, case: Case) -> list[Change]:
    """An instalment's plan counts what is overdue: it may be broken by that."""
    demand = case.invoice.demand
    if demand is None or not demand.plan_id:
        return []
    plan = ports.store.payment_plan(case.business.id, demand.plan_id)
    if not plan.is_active:
        return []
    return [Change(*on_party(plan, InstalmentWentOverdue(demand.instalment), at=case.now))]


def stop_service(ports: Ports, case: Case, decision: StopService) -> Case:
    """The grace has ended unpaid: the subscription stops now, if it still runs."""
    stopped = _stopped(case, to_stop(ports, case), decision)
    over = GraceEnded(decision.reason.staff, case.policy.when_exhausted if stopped else None)
    return record(ports, case, over, why=decision.reason.staff, also=stopped)


def stop_again(ports: Ports, business_id: str, invoice_id: str) -> int:
    """Money that had paid an overdue invoice bounced: what it bills is stopped as it was before.

    Not when it is paid again meanwhile. How many were stopped.
    """

    def once() -> int:
        case = open_case(ports, business_id, invoice_id)
        if case.invoice.status is not InvoiceStatus.OVERDUE:
            return 0
        running = [one for one in to_stop(ports, case) if one.status is SubscriptionStatus.ACTIVE]
        bounced = GiveUp(Reason("bounced", "The payment that had settled it was returned."))
        stopped = _stopped(case, running, bounced)
        if stopped:
            ports.store.append(stopped, clock_id=case.business.test_clock_id)
        return len(stopped)

    return again_when_stale(once)


def to_stop(ports: Ports, case: Case) -> list[Subscription]:
    """The subscriptions that an unpaid invoice stops.

    A customer who pays by hand is overdue, but not paused: nobody failed to charge anything.
    """
    invoice, by_hand = case.invoice, not case.standing().auto_charge
    if case.policy.when_exhausted is WhenExhausted.KEEP or by_hand:
        return []
    found = (ports.store.subscription(case.business.id, one) for one in invoice.subscription_ids)
    return [one for one in found if one.status in _RUNNING]


def _stopped(
    case: Case, running: list[Subscription], decision: GiveUp | StopService
) -> list[Change]:
    invoice, today = case.invoice, local_date(case.now, case.business.zone)
    reason = f"Invoice {invoice.number} is unpaid. {decision.reason.staff}"
    payload = (
        SubscriptionPaused(today, reason, (invoice.id,))
        if case.policy.when_exhausted is WhenExhausted.PAUSE
        else SubscriptionCancelled(today, reason, collect_open_debt=True)
    )
    return [Change(*on_party(one, payload, at=case.now, why=reason)) for one in running]
