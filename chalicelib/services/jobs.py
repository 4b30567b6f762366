"""Follow-up work on the billing queue: each job is safe to run again."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from chalicelib.domain.customer import Customer
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import SYSTEM, Effect, EffectKind, Subject
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment import AttemptResult, Trigger
from chalicelib.ports import Ports
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import FactRef
from chalicelib.services import (
    answering_disputes,
    billing,
    charging,
    clocks,
    credit,
    group_days,
    importing,
    on_account,
    overdue,
    paying_on,
    payment_plans,
    refunding,
    subscriptions,
)
from chalicelib.services.invoices import open_invoices, request_charge

WORKER = "billing_worker"


def run_job(ports: Ports, body: Mapping[str, str]) -> None:
    """One message of the billing queue. What a fact owes is then noted with it as done; until then
    it is handed over again (`delivery.py`)."""
    if _done(ports, body):
        _note(ports, body)


def _note(ports: Ports, body: Mapping[str, str]) -> None:
    subject = body.get("subject")
    if subject is None:  # a rule or a person asked for it, and will again
        return
    ref = FactRef(body["business_id"], Subject(subject), body["subject_id"], body["fact_key"])
    effect = Effect(EffectKind.WORK, body["job"])
    ports.store.finish(ref, holder=WORKER, done={effect.id: "done"}, retry_at=None)


def _done(ports: Ports, body: Mapping[str, str]) -> bool:
    """False for what goes on in another message, or cannot be done yet."""
    business_id, subject_id = body["business_id"], body.get("subject_id", "")
    match body["job"]:
        case "bill":
            billing.bill_subscriptions(ports, business_id, body["subscription_ids"].split(","))
        case "move_billing":
            group_days.move_billing(ports, business_id, subject_id, body["fact_key"])
        case "charge_open_invoices":
            charge_open_invoices(ports, business_id, subject_id, body["fact_key"])
        case "pay_on":
            paying_on.pay_on(ports, business_id, subject_id, body["fact_key"])
        case "replan_business":
            return replan_business(ports, body)
        case "send_refunds":
            return refunding.send_refunds(ports, business_id, subject_id)
        case "advance_clock":
            clocks.advance_clock(ports, subject_id)
        case job if job in _OF_SUBJECT:
            _OF_SUBJECT[job](ports, business_id, subject_id)
        case unknown:
            raise ValueError(f"no such job: {unknown}")
    return True


def charge_open_invoices(ports: Ports, business_id: str, customer_id: str, fact_key: str) -> int:
    """A new card: charge at once what has failed or is overdue; plan anew what is not yet due."""
    customer = ports.store.customer(business_id, customer_id)
    asked = 0
    for listed in open_invoices(ports, business_id, customer_id):
        invoice = ports.store.invoice(business_id, listed.id)  # the one before it took its time
        if not _wants_the_new_card(invoice, customer, fact_key):
            charging.run_step(ports, business_id, invoice.id)
            continue
        try:
            request_charge(
                ports,
                business_id,
                invoice.id,
                request_id=f"new-card/{fact_key}",
                trigger=Trigger.NEW_CARD,
                actor=SYSTEM,
            )
        except Conflict:
            # Under way, on hold or capped: the plan says so, and nothing is owed to the new card.
            continue
        asked += 1
    return asked


def _wants_the_new_card(invoice: Invoice, customer: Customer, fact_key: str) -> bool:
    """It failed or is overdue, may be charged by us, and has not tried this card since it is saved:
    a job that comes late would else try it twice."""
    tried = invoice.attempts[-1].result if invoice.attempts else None
    failed = invoice.dunning is not None or tried is AttemptResult.FAILED
    failed = failed or invoice.overdue_at is not None
    allowed = customer.auto_charge if invoice.auto_charge is None else invoice.auto_charge
    method = customer.default_method
    since = method.saved_at if method and fact_key.startswith("method_saved/") else None
    known = since is not None and any(
        one.method_id == customer.default_method_id and one.started_at > since
        for one in invoice.attempts
    )
    return failed and allowed and not known


def replan_open_invoices(ports: Ports, business_id: str, customer_id: str) -> None:
    """A card is gone or a switch was turned: keep every stored plan true."""
    for invoice in open_invoices(ports, business_id, customer_id):
        charging.run_step(ports, business_id, invoice.id)


def replan_business(ports: Ports, body: Mapping[str, str]) -> bool:
    """Stripe takes charges again: what waited for it goes on, a page of invoices a message. Whether
    that was the last one."""
    business_id = body["business_id"]
    page = ports.store.invoices(business_id, cursor=body.get("cursor"))
    for invoice in page.items:
        if invoice.is_open:
            charging.run_step(ports, business_id, invoice.id)
    if page.cursor is None:
        return True
    ports.queue.send(QueueName.BILLING, {**body, "cursor": page.cursor})
    return False


# Jobs that need to know nothing but whose they are.
_OF_SUBJECT: dict[str, Callable[[Ports, str, str], object]] = {
    "bill_day": group_days.bill_day,
    "replan_open_invoices": replan_open_invoices,
    "resume_subscriptions": subscriptions.resume_after_payment,
    "pause_again": overdue.stop_again,
    "move_overpayment": credit.move_overpayment,
    "cancel_open_invoices": subscriptions.cancel_open_invoices,
    "run_plan": payment_plans.run_plan,
    "forget_method": on_account.forget_method,
    "import": importing.run_slice,
    "answer_dispute": answering_disputes.run_dispute,
}
