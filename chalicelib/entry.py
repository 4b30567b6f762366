"""What each Lambda of `app.py` does with one message or one tick: ports in hand, to the service."""

from __future__ import annotations

import json
from functools import cache
from typing import Any

from chalicelib.domain.facts import Subject
from chalicelib.observability import log_event
from chalicelib.ports.rows import FactRef
from chalicelib.wiring import ports, table_name

FACT_ROW = "F#"
CLOCK_SHARD = "#clock#"


@cache
def hold_if_restored() -> None:
    """Once per process, before it may charge anything: is this the table it was?"""
    from chalicelib.services.restoring import hold_if_moved

    held = hold_if_moved(ports(), table_name())
    if held:
        log_event("charging_held", count=held)


def run_step_message(body: dict[str, Any]) -> None:
    """A timer, a sweep or an effect says that an invoice is due."""
    from chalicelib.services.charging import run_step

    hold_if_restored()
    business_id, invoice_id = str(body["business_id"]), str(body["invoice_id"])
    step = run_step(ports(), business_id, invoice_id)
    log_event("step", business_id=business_id, invoice_id=invoice_id, outcome=step.value)


def apply_stripe_event_message(body: dict[str, Any]) -> None:
    """A verified event of Stripe's hints at an object."""
    from chalicelib.services.webhooks import apply_event

    applied = apply_event(ports(), body)
    log_event(
        "stripe_event",
        event_id=body.get("event_id"),
        event_type=body.get("type"),
        outcome=applied.value,
    )


def billing_message(body: dict[str, Any]) -> None:
    """A batch to bill, or follow-up work that a fact owes."""
    from chalicelib.services.jobs import run_job

    hold_if_restored()
    run_job(ports(), body)
    log_event("job", business_id=body["business_id"], action=body["job"])


def deliver_stream_record(record: dict[str, Any]) -> None:
    """A row was written; facts with effects are delivered, everything else owes nothing."""
    from chalicelib.services.delivery import deliver_from_stream

    ref = fact_ref_of(record)
    if ref is None:
        return
    holder = ports().ids.new("holder")
    done = deliver_from_stream(ports(), ref, clock_id=clock_of(record), holder=holder)
    log_event("effects", business_id=ref.business_id, fact_id=ref.subject_id, count=done)


def fact_ref_of(record: dict[str, Any]) -> FactRef | None:
    """The fact in a stream record, or None for any other row or change."""
    image = record.get("dynamodb", {}).get("NewImage") or {}
    inserted = record.get("eventName") == "INSERT"
    if not inserted or not image.get("sk", {}).get("S", "").startswith(FACT_ROW):
        return None
    if "open" not in image:
        return None
    row = json.loads(image["body"]["S"])
    return FactRef(row["business_id"], Subject(row["subject"]), row["subject_id"], row["key"])


def clock_of(record: dict[str, Any]) -> str | None:
    """The test clock by which the fact's effects are due. None on the wall's time, and when asked
    for by a sweep or by that clock's own run, which name the fact only."""
    due_shard = record["dynamodb"]["NewImage"].get("due_shard", {}).get("S", "")
    return due_shard.partition(CLOCK_SHARD)[2] or None


def bill_due() -> None:
    from chalicelib.services.billing import bill_due_subscriptions

    log_event("bill_due", count=bill_due_subscriptions(ports()))


def sweep() -> None:
    from chalicelib.services.sweeping import sweep_due

    found = sweep_due(ports())
    log_event("sweep", count=sum(found.values()))


def reconcile() -> None:
    from chalicelib.services.reconciling import reconcile_all

    done = reconcile_all(ports())
    log_event("reconcile", count=sum(one.posted + one.cancelled + one.payouts for one in done))


def send_reminders() -> None:
    from chalicelib.services.reminding import send_reminders as remind

    log_event("reminders", count=remind(ports()))
