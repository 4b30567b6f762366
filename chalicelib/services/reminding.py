"""Reminders: around the due date, and before a card expires. Each once, however often this runs."""

from __future__ import annotations

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.due import DueKind
from chalicelib.domain.facts import Subject
from chalicelib.domain.reminders import reminder_due
from chalicelib.ports import Ports
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import DueRef
from chalicelib.services.case import again_when_stale, open_case, record
from chalicelib.services.customers import notice_expiry
from chalicelib.services.sweeping import found


def send_reminders(ports: Ports) -> int:
    """Remind of everything whose time has come on the wall's clock; how many were owed.

    Where nothing is owed after all, the dunning worker puts the plan right.
    """
    until, owed = ports.clock.now(), 0
    for ref in list(found(ports, DueKind.REMIND, until)):
        if remind(ports, ref):
            owed += 1
        elif ref.subject is Subject.INVOICE:
            body = {"business_id": ref.business_id, "invoice_id": ref.subject_id}
            ports.queue.send(QueueName.DUNNING, body)
    return owed


def remind(ports: Ports, ref: DueRef) -> bool:
    """One candidate of the index, read again before anything is said."""
    if ref.subject is Subject.CUSTOMER:
        return notice_expiry(ports, ref.business_id, ref.subject_id)
    return remind_of_invoice(ports, ref.business_id, ref.subject_id)


def remind_of_invoice(ports: Ports, business_id: str, invoice_id: str) -> bool:
    """Send the newest reminder that is due; False when none is."""

    def once() -> bool:
        case = open_case(ports, business_id, invoice_id)
        if not case.invoice.is_open:
            return False
        reminder = reminder_due(case.invoice, case.policy, case.business.zone, case.now)
        if reminder is None:
            return False
        record(ports, case, facts.Reminded(reminder.key), why="Its reminder is due.")
        return True

    return again_when_stale(once)
