"""When a machine must look at something next: the truth behind every timer.

Stored with each head and read through a sparse index; what it finds is re-read before acting.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain.customer import Customer
from chalicelib.domain.dispute import Dispute, due_at
from chalicelib.domain.group import Group
from chalicelib.domain.invoice import Invoice, NextActionKind, Purpose
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.subscription import Subscription


class DueKind(StrEnum):
    """The partitions of the due index."""

    STEP = "step"  # invoices whose next action a machine takes
    REMIND = "remind"  # reminders to customers, of invoices and of cards that expire
    BILL = "bill"  # subscriptions and groups to be invoiced, instalments to be asked for
    EFFECTS = "effects"  # facts with effects not yet delivered
    DISPUTE = "dispute"  # disputes whose answer is to be sent, or whose deadline is near
    WORK = "work"  # what a worker was asked to do beside the plan, and has not done


# The queue has this long before the sweep takes a job for lost.
WORK_AGAIN = timedelta(minutes=10)


def due_of(head: Any) -> tuple[DueKind, datetime] | None:
    """When and for what a head is due; None when only a person or an event moves it on."""
    if isinstance(head, Subscription):
        return (DueKind.BILL, head.next_bill_at) if head.next_bill_at else None
    if isinstance(head, Group):
        return (DueKind.BILL, head.next_bill_at) if head.next_bill_at else None
    if isinstance(head, PaymentPlan):
        return (DueKind.BILL, head.next_at) if head.next_at else None
    if isinstance(head, Customer):
        return (DueKind.REMIND, head.expiry_notice_at) if head.expiry_notice_at else None
    if isinstance(head, Dispute):
        at = due_at(head)
        return (DueKind.DISPUTE, at) if at else None
    return _due_of_invoice(head) if isinstance(head, Invoice) else None


def _due_of_invoice(invoice: Invoice) -> tuple[DueKind, datetime] | None:
    """What is planned, or the work that was forgotten before it; that hands on to the plan."""
    plan, forgotten = invoice.next_action, work_at(invoice)
    if forgotten is not None and (plan is None or plan.at is None or forgotten < plan.at):
        return DueKind.WORK, forgotten
    if plan is None or plan.at is None:
        return None
    reminder = plan.kind is NextActionKind.REMIND
    return (DueKind.REMIND if reminder else DueKind.STEP), plan.at


def work_at(invoice: Invoice) -> datetime | None:
    """When a refund that was asked for, or money paid too much, has waited for too long."""
    waiting = [one.send_again_at for one in invoice.refunds]
    if invoice.amount_overpaid and invoice.purpose is Purpose.INVOICE:
        paid = [one.paid_at for one in invoice.payments if one.paid_at]
        waiting.append(max(paid, default=invoice.created_at) + WORK_AGAIN)
    return min((at for at in waiting if at is not None), default=None)
