"""What happens next to an invoice: the decision of now, told as a time and a sentence.

Stored with every fact, so a list answers "what happens next, and why" without asking anything.
"""

from __future__ import annotations

from datetime import datetime

from chalicelib.domain import demand, reminders
from chalicelib.domain.chargeability import Standing
from chalicelib.domain.decisions import (
    Close,
    Decision,
    GiveUp,
    PayNow,
    Refuse,
    RetryAt,
    StopService,
    Wait,
)
from chalicelib.domain.desk.on_account import PAGE_OPEN
from chalicelib.domain.dunning import decide
from chalicelib.domain.invoice import HoldKind, Invoice, NextAction, NextActionKind
from chalicelib.domain.policy import DunningPolicy

_FOR_STAFF = frozenset(
    {
        HoldKind.UNRESOLVED,
        HoldKind.DISPUTE,
        HoldKind.DISPUTE_LOST,
        HoldKind.FRAUD_WARNING,
        HoldKind.STAFF,
    }
)


def next_action(
    policy: DunningPolicy, invoice: Invoice, standing: Standing, now: datetime
) -> NextAction | None:
    """None for a draft or a settled invoice; the money of a demand is applied first of all."""
    if demand.unapplied(invoice):
        words = "Money has moved: it becomes the customer's credit and pays invoices."
        return NextAction(NextActionKind.APPLY, now, words)
    if not invoice.is_open:
        return None
    planned = _planned(invoice, decide(policy, invoice, standing, now), now)
    reminder = reminders.next_reminder(invoice, policy, standing.zone)
    if reminder and (planned.at is None or reminder.at < planned.at):
        words = f"Reminder to the customer ({reminder.key.replace('/', ' due date: ')} days)."
        return NextAction(NextActionKind.REMIND, max(reminder.at, now), words)
    return planned


def _planned(invoice: Invoice, decision: Decision, now: datetime) -> NextAction:
    words = decision.reason.staff
    match decision:
        case PayNow():
            kind = NextActionKind.RETRY if invoice.dunning else NextActionKind.CHARGE
            return NextAction(kind, now, words)
        case RetryAt(at=at, charges=False):
            return NextAction(NextActionKind.CUSTOMER, at, words)
        case RetryAt(at=at, first=first):
            return NextAction(NextActionKind.CHARGE if first else NextActionKind.RETRY, at, words)
        case Refuse():
            return NextAction(NextActionKind.RETRY, now, words)
        case Close():
            return NextAction(NextActionKind.CLOSE, now, words)
        case GiveUp():
            return NextAction(NextActionKind.MARK_OVERDUE, now, words)
        case StopService():
            return NextAction(NextActionKind.STOP_SERVICE, now, words)
        case Wait(until=until):
            return NextAction(_waiting(invoice, decision), until, words)


def _waiting(invoice: Invoice, decision: Wait) -> NextActionKind:
    hold = invoice.hold if invoice.live_attempt is not None else invoice.holding
    if hold is not None and hold.kind is HoldKind.UNRESOLVED:
        return NextActionKind.STAFF
    if invoice.live_attempt is not None:
        return NextActionKind.CHECK
    if hold is not None:
        staff = hold.kind in _FOR_STAFF
        return NextActionKind.STAFF if staff or hold.until is None else NextActionKind.CHECK
    if invoice.covered_by is not None:
        return NextActionKind.COVERED
    if decision.reason.code == "grace":
        return NextActionKind.STOP_SERVICE
    if decision.reason.code == "overdue":
        return NextActionKind.STAFF
    if decision.until is not None and decision.reason.code != PAGE_OPEN:
        return NextActionKind.MARK_OVERDUE
    return NextActionKind.CUSTOMER
