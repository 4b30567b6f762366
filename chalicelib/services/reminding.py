"""Reminders: around the due date, and before a card expires. Each once, however often this runs."""

from __future__ import annotations

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.due import DueKind
from chalicelib.domain.facts import Subject
from chalicelib.domain.reminders import reminder_due
from chalicelib.ports import Ports
from chalicelib.ports.rows import DueRef
from chalicelib.services.case import again_when_stale, open_case, record
from chalicelib.services.charging import run_step
from chalicelib.services.customers import notice_expiry
from chalicelib.services.sweeping import found


def send_reminders(ports: Ports) -> int:
    """Remind of everything whose time has come on the wall's clock; how many were owed."""
    until = ports.clock.now()
    return sum(remind(ports, ref) for ref in list(found(ports, DueKind.REMIND, until)))


def remind(ports: Ports, ref: DueRef) -> bool:
    """One candidate of the index, read again before anything is said."""
    if ref.subject is Subject.CUSTOMER:
        return notice_expiry(ports, ref.business_id, ref.subject_id)
    return remind_of_invoice(ports, ref.business_id, ref.subject_id)


def remind_of_invoice(ports: Ports, business_id: str, invoice_id: str) -> bool:
    """Send the newest reminder that is due; when none is, keep the plan true."""

    def once() -> bool:
        case = open_case(ports, business_id, invoice_id)
        if not case.invoice.is_open:
            return False
        reminder = reminder_due(case.invoice, case.policy, case.business.zone, case.now)
        if reminder is None:
            return False
        record(ports, case, facts.Reminded(reminder.key), why="Its reminder is due.")
        return True

    reminded = again_when_stale(once)
    if not reminded:
        run_step(ports, business_id, invoice_id)
    return reminded
