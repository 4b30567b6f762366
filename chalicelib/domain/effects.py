"""Which effects a fact owes: mails and texts, documents, the alarm, follow-up work, domain events.

One notice, once: an effect belongs to its fact, and a fact is recorded once. A failed try whose
retry follows at once is not announced: the retry's own result is, a minute later.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from chalicelib.domain import desk, payment_plan_facts
from chalicelib.domain import invoice_facts as inv
from chalicelib.domain import party_facts as party
from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.desk import account, disputes, on_account, warned
from chalicelib.domain.facts import Effect, EffectKind
from chalicelib.domain.group_facts import CustomerLeft, GroupChanged
from chalicelib.domain.import_facts import ImportAdvanced, ImportStarted
from chalicelib.domain.invoice import (
    HoldKind,
    Invoice,
    InvoiceStatus,
    NextAction,
    NextActionKind,
    Purpose,
)
from chalicelib.domain.owed import Audience, document, event, mail, staff, work

AT_ONCE = timedelta(minutes=5)
_ALARMED = {
    NextActionKind.CHARGE,
    NextActionKind.RETRY,
    NextActionKind.CUSTOMER,
    NextActionKind.MARK_OVERDUE,
    NextActionKind.STOP_SERVICE,
    NextActionKind.APPLY,
    NextActionKind.CLOSE,
}


def for_invoice(
    before: Invoice | None,
    after: Invoice,
    payload: Any,
    plan: NextAction | None,
    audience: Audience,
    at: datetime,
) -> tuple[Effect, ...]:
    """Everything owed for `payload`, which led from `before` to `after`."""
    owed = _told(before, after, payload, plan, audience, at)
    return (*owed, *_alarm(before, payload, plan))


def _alarm(before: Invoice | None, payload: Any, plan: NextAction | None) -> tuple[Effect, ...]:
    """Wake at the next action, unless the same alarm is set already.

    A try just started needs none: its worker is awake, and the sweep looks after the rest.
    """
    if plan is None or plan.at is None or isinstance(payload, inv.AttemptStarted):
        return ()
    unknown = isinstance(payload, inv.ResultUnknown | inv.ActionRequired)
    if plan.kind not in _ALARMED and not unknown:
        return ()
    known = before.next_action if before and not unknown else None
    if known and (known.kind, known.at) == (plan.kind, plan.at):
        return ()
    return (Effect(EffectKind.ALARM, plan.kind.value),)


def _told(
    before: Invoice | None,
    after: Invoice,
    payload: Any,
    plan: NextAction | None,
    audience: Audience,
    at: datetime,
) -> tuple[Effect, ...]:
    topic = desk.topic_of(payload)
    if topic is not None:
        return topic.owed(before, after, payload, audience)
    own = on_account.told(after, payload) if after.purpose is not Purpose.INVOICE else None
    if own is not None:
        return own
    match payload:
        case inv.InvoiceFinalized() | inv.InvoiceIssued():
            told = (*document("invoice"), *mail("invoice_sent", audience))
            return (*told, *event("invoice.finalized"))
        case inv.ChargeFailed():
            return _failure(payload, plan, audience, at)
        case inv.ChargeSucceeded():
            return _money_came(before, after, audience)
        case inv.ResultUnknown(check=1):
            return mail("checking", audience)
        case inv.SlotSkipped(code=code) if code in _NEEDS_CARD and not _just_told(before, payload):
            return mail("needs_card", audience)
        case inv.WentOverdue():
            told = (*mail("went_overdue", audience), *staff("staff_overdue"))
            return (*told, *event("invoice.overdue"))
        case inv.Reminded(reminder=reminder):
            past_due = reminder.startswith("after/")
            return mail("reminder_past_due" if past_due else "reminder_upcoming", audience)
        case _:
            return _told_rarely(before, payload, audience)


_NEEDS_CARD = {
    "no_payment_method", "method_dead", "method_fix", "method_expired", "hard_decline",
    "policy_no_retry", "fraud_warning",
}  # fmt: skip


def _just_told(before: Invoice | None, skipped: inv.SlotSkipped) -> bool:
    """The slot right after the first failure: that failure's own notice asks for a card."""
    dunning = before.dunning if before else None
    return dunning is not None and dunning.policy.offsets_seconds[skipped.slots_done - 1] == 0


def _told_rarely(before: Invoice | None, payload: Any, audience: Audience) -> tuple[Effect, ...]:
    match payload:
        case inv.ChargeProcessing():
            return event("payment.processing")
        case inv.InvoiceCancelled() if before and before.finalized_at:
            told = (*mail("invoice_cancelled", audience), *event("invoice.cancelled"))
            return (*told, *work("resume_subscriptions")) if before.overdue_at else told
        case inv.HoldPlaced(hold=hold) if hold.kind is HoldKind.UNRESOLVED:
            return staff("staff_needs_human")
        case inv.RequestRefused():
            return event("invoice.charge_refused")
        case _:
            return ()


def _failure(
    payload: inv.ChargeFailed, plan: NextAction | None, audience: Audience, at: datetime
) -> tuple[Effect, ...]:
    told = event("invoice.payment_failed")
    kind = payload.decline.decline_class
    retry = plan is not None and plan.kind is NextActionKind.RETRY
    if retry and plan is not None and plan.at is not None and plan.at <= at + AT_ONCE:
        return told
    if kind is DeclineClass.AUTH:
        return (*mail("action_required", audience), *staff("staff_payment_failed"), *told)
    if kind is DeclineClass.CHECK:
        return (*mail("checking", audience), *staff("staff_needs_human"), *told)
    return (*mail("payment_failed", audience), *staff("staff_payment_failed"), *told)


def _money_came(before: Invoice | None, after: Invoice, audience: Audience) -> tuple[Effect, ...]:
    told = (
        *document("receipt"),
        *mail("receipt", audience),
        *staff("staff_payment_received"),
        *event("payment.succeeded"),
    )
    if after.amount_overpaid:
        told = (*told, *work("move_overpayment"))
    if after.status is not InvoiceStatus.PAID:
        return told
    told = (*told, *event("invoice.paid"))
    was_overdue = before is not None and before.overdue_at is not None
    return (*told, *work("resume_subscriptions")) if was_overdue else told


def for_party(payload: Any, audience: Audience) -> tuple[Effect, ...]:
    """What a customer's, subscription's or business's fact owes."""
    if type(payload) in account.PAYLOADS:
        return account.owed(payload, audience)
    if type(payload) in disputes.PAYLOADS:
        return disputes.owed(payload)
    if type(payload) in warned.OF_CUSTOMER:
        return warned.owed_by_customer()
    of_plan = payment_plan_facts.owed(payload, audience)
    if of_plan is not None:
        return of_plan
    match payload:
        case party.MethodSaved():
            return (*work("charge_open_invoices"), *event("customer.payment_method_saved"))
        case party.DefaultMethodChosen():
            return work("charge_open_invoices")
        case party.MethodRemoved():
            return (*mail("method_removed", audience), *work("replan_open_invoices"))
        case party.ExpiryNoticed():
            return mail("card_expiring", audience)
        case party.CustomerChanged(fields=fields) if "auto_charge" in fields:
            return work("replan_open_invoices")
        case party.CustomerChanged(fields=fields) if "policy_id" in fields:
            return work("replan_open_invoices")
        case party.PolicySaved() | party.DefaultPolicyChosen():
            return work("replan_business")
        case party.SubscriptionCreated():
            return event("subscription.created")
        case party.SubscriptionPaused():
            return event("subscription.paused")
        case party.SubscriptionResumed():
            return (*mail("resumed", audience), *event("subscription.resumed"))
        case party.SubscriptionCancelled(collect_open_debt=collect):
            drop = () if collect else work("cancel_open_invoices")
            return (*drop, *event("subscription.cancelled"))
        case _:
            return _of_business(payload)


def _of_business(payload: Any) -> tuple[Effect, ...]:
    """What a business's or an import's fact owes, and credit that pays on."""
    match payload:
        case party.CreditMoved(pays_on=pays_on):
            return work("pay_on") if pays_on else ()
        case CustomerLeft():
            return work("move_billing")
        case GroupChanged(fields=fields) if "billing_day" in fields:
            return work("move_billing")
        case ImportStarted() | ImportAdvanced(result_key=""):
            return work("import")
        case ImportAdvanced():
            return event("import.finished")
        case party.ChargingHeld() | party.ChargingReleased():
            return event(f"business.{payload.kind}")
        case party.BusinessChanged(business=business, fields=fields):
            if "deauthorized_at" in fields and business.deauthorized_at is not None:
                return staff("staff_disconnected")
            if "charges_enabled" in fields and not business.charges_enabled:
                # A new account has yet to be filled in, by whoever has just opened it.
                return () if "stripe_account" in fields else staff("staff_charges_stopped")
            charges = business.can_charge and {"deauthorized_at", "charges_enabled"} & set(fields)
            again = charges or "policy" in fields
            return work("replan_business") if again else ()
        case _:
            return ()
