"""Charging: the next step of one invoice, from the decision to Stripe's answer.

Intent first, resolve before act: the try is written down with its number, method and key before
Stripe is called, and a try found without a result is looked up at Stripe before anything else. So a
step may be stopped anywhere and run again by anyone.
"""

from __future__ import annotations

from datetime import timedelta
from enum import StrEnum

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain import keys
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.decisions import Close, GiveUp, PayNow, Refuse, RetryAt, StopService
from chalicelib.domain.demand import unapplied
from chalicelib.domain.desk import follow_up
from chalicelib.domain.dunning import CHECK_DELAYS, decide
from chalicelib.domain.errors import Conflict
from chalicelib.domain.invoice import Hold, HoldKind
from chalicelib.domain.network_caps import CapVerdict
from chalicelib.domain.payment import Allocation, Attempt, AttemptResult, Payment
from chalicelib.domain.plan import next_action
from chalicelib.domain.stripe_objects import ConfirmAnswer, Confirmed, NewIntent
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists, StaleHead, Unanswered
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import NetworkTry
from chalicelib.services import on_account
from chalicelib.services.case import (
    Case,
    again_when_stale,
    caps_of,
    open_case,
    record,
)
from chalicelib.services.connecting import CUT_OFF, refresh_account
from chalicelib.services.invoices import close_payment
from chalicelib.services.overdue import mark_overdue, stop_service
from chalicelib.services.posting import post_in, post_outcome

# Longer than one confirm can take with its retries (71 s): until then its worker may be at it.
LEASE = timedelta(seconds=120)
RESEND = timedelta(hours=keys.RESEND_HOURS)


class Step(StrEnum):
    """What a step came to, for logs and counts."""

    CHARGED = "charged"
    RESOLVED = "resolved"
    SKIPPED = "skipped"
    REFUSED = "refused"
    OVERDUE = "overdue"
    STOPPED = "stopped"
    REPLANNED = "replanned"
    HELD = "held"
    APPLIED = "applied"
    CLOSED = "closed"
    NOTHING = "nothing"
    IN_FLIGHT = "in_flight"


def run_step(ports: Ports, business_id: str, invoice_id: str, *, look_now: bool = False) -> Step:
    """Do what is due for one invoice now; nothing when it came early, late or twice.

    `look_now`: a try without a result is looked up although its next look lies ahead.
    Raises Unanswered when Stripe or the table cannot be reached: run it again.
    """
    try:
        return again_when_stale(
            lambda: _step(ports, open_case(ports, business_id, invoice_id), look_now)
        )
    except Conflict as error:
        if error.code != CUT_OFF:
            raise
        refresh_account(ports, business_id)  # its event has yet to reach us
        return Step.STOPPED


def _step(ports: Ports, case: Case, look_now: bool) -> Step:
    if case.business.is_held:
        return Step.HELD  # what is planned stays planned, and is swept once charging is released
    if unapplied(case.invoice):
        on_account.apply_payment(ports, case)
        return Step.APPLIED
    if case.invoice.live_attempt is not None:
        return _resolve(ports, case, case.invoice.live_attempt, look_now=look_now)
    decision = decide(case.policy, case.invoice, case.standing(), case.now)
    caps = CapVerdict()
    if isinstance(decision, PayNow):
        caps = caps_of(ports, case)
        decision = decide(case.policy, case.invoice, case.standing(caps), case.now)
    match decision:
        case PayNow():
            return _charge(ports, case, decision)
        case RetryAt(slots_done=slots_done) if slots_done is not None:
            skipped = facts.SlotSkipped(slots_done, decision.reason.code, decision.reason.staff)
            record(ports, case, skipped, why=decision.reason.staff, caps=caps)
            return Step.SKIPPED
        case Refuse():
            return _refuse(ports, case, decision)
        case GiveUp():
            mark_overdue(ports, case, decision)
            return Step.OVERDUE
        case Close():
            return _close(ports, case, decision)
        case StopService():
            stop_service(ports, case, decision)
            return Step.STOPPED
        case _:
            return _replan(ports, case, caps)


def _replan(ports: Ports, case: Case, caps: CapVerdict) -> Step:
    """Keep the stored plan true: a card, a hold or a setting may have changed since."""
    hold = case.invoice.hold
    if hold is not None and hold.until is not None and hold.until <= case.now:
        record(ports, case, follow_up.over(case.invoice, hold))
        return Step.REPLANNED
    plan = next_action(case.policy, case.invoice, case.standing(caps), case.now)
    if plan == case.invoice.next_action:
        return Step.NOTHING
    record(ports, case, facts.Replanned(plan.reason if plan else "Nothing is owed."), caps=caps)
    return Step.REPLANNED


def _close(ports: Ports, case: Case, decision: Close) -> Step:
    try:
        on_account.close_demand(ports, case, decision.reason)
    except Conflict:
        return Step.RESOLVED  # money came after all: it is posted, and applied next
    return Step.CLOSED


def _refuse(ports: Ports, case: Case, decision: Refuse) -> Step:
    request = case.invoice.charge_request
    assert request is not None
    refused = facts.RequestRefused(request.id, decision.reason.code, decision.reason.staff)
    record(ports, case, refused, why=decision.reason.staff)
    return Step.REFUSED


def _charge(ports: Ports, case: Case, decision: PayNow) -> Step:
    if not _is_free_for(ports, case):
        return Step.RESOLVED
    case, payment = _open_payment(ports, case)
    intent_id = payment.intent_id or _create_intent(ports, case, payment)
    attempt = _new_attempt(ports, case, payment, decision)
    started = facts.AttemptStarted(payment.id, intent_id, attempt, decision.slots_done)
    case = record(
        ports, case, started, why=decision.reason.staff, side=_network_try(case, payment, attempt)
    )
    return _confirm(ports, case, payment.id, intent_id, attempt)


def _is_free_for(ports: Ports, case: Case) -> bool:
    """A payment of another amount is closed at Stripe first; False when it brought money after all.

    Raises StaleHead after closing one: what is to be done is decided afresh.
    """
    payment = case.invoice.open_payment
    if payment is None or payment.amount == case.invoice.amount_to_charge:
        return True
    try:
        reason = "Another amount is being charged."
        close_payment(ports, case.business.id, case.invoice.id, reason=reason)
    except Conflict:
        return False
    raise StaleHead("closed at Stripe; now decide again")


def _open_payment(ports: Ports, case: Case) -> tuple[Case, Payment]:
    """The payment Stripe may take money for: amount and allocations are frozen here."""
    payment = case.invoice.open_payment
    if payment is None:
        epoch = max((one.epoch for one in case.invoice.payments), default=0) + 1
        amount = case.invoice.amount_to_charge
        opened = facts.PaymentOpened(
            payment_id=keys.payment_id(case.invoice.id, epoch),
            epoch=epoch,
            amount=amount,
            allocations=(Allocation(case.invoice.id, amount),),
            application_fee=case.business.application_fee_of(amount),
        )
        case = record(ports, case, opened)
        payment = case.invoice.open_payment
    assert payment is not None
    assert payment.amount == case.invoice.amount_to_charge, "a change of balance closes the payment"
    return case, payment


def _create_intent(ports: Ports, case: Case, payment: Payment) -> str:
    assert case.customer.stripe_customer_id is not None, "a saved method has a Stripe customer"
    intent = NewIntent(
        business_id=case.business.id,
        invoice_id=case.invoice.id,
        payment_id=payment.id,
        customer=case.customer.stripe_customer_id,
        amount=payment.amount,
        currency=case.invoice.currency,
        description=f"{case.business.name} {case.invoice.shown_number}".strip(),
        application_fee=payment.application_fee,
    )
    key = keys.create_intent(case.business.id, payment.id)
    return ports.gateway.create_intent(case.account, intent, key=key)


def _new_attempt(ports: Ports, case: Case, payment: Payment, decision: PayNow) -> Attempt:
    number = len(payment.attempts) + 1
    request = case.invoice.charge_request
    return_url = request.return_url if request else None
    return Attempt(
        number=number,
        trigger=decision.trigger,
        started_at=case.now,
        method_id=decision.method.id,
        method_kind=decision.method.kind,
        fingerprint=decision.method.fingerprint,
        brand=decision.method.brand,
        last4=decision.method.last4,
        off_session=return_url is None,
        idempotency_key=keys.confirm(case.business.id, payment.id, number),
        token=ports.ids.new("try"),
        reason=decision.reason.staff,
        slot=decision.slot,
        return_url=return_url,
        request_id=request.id if request else None,
    )


def _network_try(case: Case, payment: Payment, attempt: Attempt) -> tuple[NetworkTry, ...]:
    if attempt.method_kind is not MethodKind.CARD:
        return ()
    counted = NetworkTry(
        business_id=case.business.id,
        fingerprint=attempt.fingerprint,
        amount=payment.amount,
        currency=case.invoice.currency,
        at=case.now,
        attempt_key=f"{payment.id}/{attempt.number}",
    )
    return (counted,)


def _confirm(ports: Ports, case: Case, payment_id: str, intent_id: str, attempt: Attempt) -> Step:
    """Call Stripe once for this try, then re-read what came of it."""
    method = case.known_method(attempt.method_id)
    answer = ports.gateway.confirm_intent(
        case.account,
        intent_id,
        method_id=attempt.method_id,
        mandate_id=method.mandate_id if method else None,
        off_session=attempt.off_session,
        return_url=attempt.return_url,
        key=attempt.idempotency_key,
    )
    if answer.answer is ConfirmAnswer.NOT_NOW:
        # Nothing was tried: look again once the lease is over, with the same key. Only once by
        # message, then by sweep: each look that sent another would multiply them for hours.
        if case.now < attempt.started_at + LEASE:
            body = {"business_id": case.business.id, "invoice_id": case.invoice.id}
            delay = int(LEASE.total_seconds()) + 10
            ports.queue.send(QueueName.DUNNING, body, delay_seconds=delay)
        return Step.IN_FLIGHT
    return _learn(ports, case, payment_id, attempt, answer)


def _learn(
    ports: Ports, case: Case, payment_id: str, attempt: Attempt, answer: Confirmed | None
) -> Step:
    """Post what Stripe shows; note that the result is unknown when it shows nothing."""
    business_id, invoice_id = case.business.id, case.invoice.id
    try:
        if _posted(ports, case, payment_id, answer):
            return Step.CHARGED
    except Unanswered:
        pass
    again_when_stale(lambda: _note_unknown(ports, business_id, invoice_id, payment_id, attempt))
    return Step.IN_FLIGHT


def _posted(ports: Ports, case: Case, payment_id: str, answer: Confirmed | None) -> bool:
    """From the case in hand, or afresh when somebody else has changed it meanwhile.

    The answer belongs to the try of the case in hand; a later one must not be judged by it.
    """
    try:
        return post_in(ports, case, payment_id, answer=answer)
    except (StaleHead, FactExists):
        return post_outcome(ports, case.business.id, case.invoice.id, payment_id)


def _note_unknown(
    ports: Ports, business_id: str, invoice_id: str, payment_id: str, attempt: Attempt
) -> None:
    """Plan the next look, or after the last one call a person."""
    case = open_case(ports, business_id, invoice_id)
    live = case.invoice.live_attempt
    if live is None or live.idempotency_key != attempt.idempotency_key:
        return
    if not live.is_unresolved or live.checks != attempt.checks or _is_given_up(case):
        return
    if case.now >= live.started_at + CHECK_DELAYS[-1]:
        reason = "Stripe has not said for days what became of the last try. Look at its dashboard."
        record(ports, case, facts.HoldPlaced(Hold(HoldKind.UNRESOLVED, reason)))
        return
    unknown = facts.ResultUnknown(payment_id, live.number, live.checks + 1)
    record(ports, case, unknown, why="Stripe did not answer.")


def _resolve(ports: Ports, case: Case, live: Attempt, *, look_now: bool) -> Step:
    """A try without a final result: ask Stripe before anything else."""
    payment = case.invoice.open_payment
    assert payment is not None
    assert payment.intent_id is not None
    if live.result is AttemptResult.STARTED and case.now < live.started_at + LEASE:
        return Step.IN_FLIGHT
    awaited = _is_due(case) or _is_given_up(case) or look_now
    if live.result is AttemptResult.UNKNOWN and not awaited:
        return Step.NOTHING  # a second message: the next look has its time
    try:
        if post_in(ports, case, payment.id):
            return Step.RESOLVED
    except Unanswered:
        return _learn(ports, case, payment.id, live, None)
    if not live.is_unresolved:
        return _still_on_its_way(ports, case)
    if case.now < live.started_at + RESEND:
        return _confirm(ports, case, payment.id, payment.intent_id, live)
    # The key is too old to be sent again, and Stripe shows no charge: it was never made.
    record(ports, case, facts.AttemptNotExecuted(payment.id, live.number, facts.NO_TRACE))
    return Step.RESOLVED


def _still_on_its_way(ports: Ports, case: Case) -> Step:
    """A bank debit or a payer at the bank: plan the next look, if that one was due."""
    return _replan(ports, case, CapVerdict()) if _is_due(case) else Step.NOTHING


def _is_given_up(case: Case) -> bool:
    """A person has been called to look for the result."""
    hold = case.invoice.hold
    return hold is not None and hold.kind is HoldKind.UNRESOLVED


def _is_due(case: Case) -> bool:
    plan = case.invoice.next_action
    return plan is not None and plan.at is not None and plan.at <= case.now
