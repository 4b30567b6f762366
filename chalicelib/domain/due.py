"""When a machine must look at something next: the truth behind every timer.

Stored with each head and read through a sparse index; what it finds is re-read before acting.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from typing import Any

from chalicelib.domain.customer import Customer
from chalicelib.domain.dispute import Dispute, due_at
from chalicelib.domain.group import Group
from chalicelib.domain.invoice import Invoice, NextActionKind
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.subscription import Subscription


class DueKind(StrEnum):
    """The partitions of the due index."""

    STEP = "step"  # invoices whose next action a machine takes
    REMIND = "remind"  # reminders to customers, of invoices and of cards that expire
    BILL = "bill"  # subscriptions and groups to be invoiced, instalments to be asked for
    EFFECTS = "effects"  # facts with effects not yet delivered
    DISPUTE = "dispute"  # disputes whose answer is to be sent, or whose deadline is near


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
    if isinstance(head, Invoice) and head.next_action and head.next_action.at:
        reminder = head.next_action.kind is NextActionKind.REMIND
        return (DueKind.REMIND if reminder else DueKind.STEP), head.next_action.at
    return None
