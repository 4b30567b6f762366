"""A rehearsal: what a dunning policy would do to the open book, without touching anything.

The same `decide`, facts and effects as the real services, over invoices in memory: their steps are
taken in the order of time, tries of one card count together, and a card that the assumed decline
kills is dead for all of its customer's invoices. What a bank will say is not known: it is assumed,
and the assumption is named.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from chalicelib.domain import dunning, keys, network_caps, reminders
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.business import Business
from chalicelib.domain.chargeability import Standing, is_bank_debit
from chalicelib.domain.customer import Customer, MethodKind, MethodState, PaymentMethod
from chalicelib.domain.dates import next_allowed
from chalicelib.domain.decisions import GiveUp, PayNow, Refuse, RetryAt, StopService
from chalicelib.domain.declines import Decline, DeclineClass, blocks_method
from chalicelib.domain.desk import follow_up
from chalicelib.domain.desk.grace import GraceEnded
from chalicelib.domain.facts import Fact
from chalicelib.domain.invoice import Invoice, NextActionKind
from chalicelib.domain.network_caps import CapVerdict
from chalicelib.domain.outcome import policy_begun
from chalicelib.domain.owed import Audience
from chalicelib.domain.payment import Allocation, Attempt
from chalicelib.domain.plan import next_action
from chalicelib.domain.policy import DunningPolicy, WhenExhausted
from chalicelib.domain.record import Circumstances, on_invoice

# What is assumed of a bank debit: its answer comes after so many days.
DEBIT_ANSWER = timedelta(days=4)
# Where no bank has said anything of this card and amount yet.
UNTOLD = Decline(DeclineClass.OPAQUE, code="card_declined", decline_code="generic_decline")
MOST_STEPS = 200


class Assumption(StrEnum):
    """What the banks are taken to answer."""

    EVERY_TRY_FAILS = "every_try_fails"  # each with the last decline known of its invoice
    FIRST_TRY_SUCCEEDS = "first_try_succeeds"


@dataclass(frozen=True, slots=True)
class Debt:
    """One open invoice with what a decision about it needs.

    `stoppable`: its subscription still runs. `tried_at`: when its card was tried for its amount.
    """

    business: Business
    customer: Customer
    invoice: Invoice
    stoppable: bool = False
    tried_at: tuple[datetime, ...] = ()

    @property
    def policy(self) -> DunningPolicy:
        """A running sequence keeps the policy it began with."""
        running = self.invoice.dunning
        return running.policy if running else self.business.policy_for(self.customer.policy_id)

    @property
    def method(self) -> PaymentMethod | None:
        request = self.invoice.charge_request
        asked = request.method_id if request else None
        return self.customer.method(asked) if asked else self.customer.default_method

    def standing(self, caps: CapVerdict | None = None) -> Standing:
        own, method = self.invoice.auto_charge, self.method
        return Standing(
            zone=self.business.zone,
            can_charge=self.business.can_charge,
            auto_charge=self.customer.auto_charge if own is None else own,
            method=method,
            warned=method is not None and self.customer.is_warned(method),
            caps=caps or CapVerdict(),
        )

    @property
    def audience(self) -> Audience:
        agreed = self.customer.sms_consent_at is not None and bool(self.customer.phone)
        return Audience(self.business.sms_enabled and agreed, self.policy.notice_rules)


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """What would happen to one invoice: its facts, in order, as if they had been recorded.

    `end` is what becomes of its subscription, and `end_at` when; None where it goes on. `capped`:
    when a network's cap stood in the way of a try.
    """

    debt: Debt
    assumption: Assumption
    facts: tuple[Fact, ...]
    decline: Decline
    end: WhenExhausted | None = None
    end_at: datetime | None = None
    capped: tuple[datetime, ...] = ()


@dataclass
class _Stage:
    """One invoice while it is played."""

    debt: Debt
    decline: Decline
    played: list[Fact] = field(default_factory=list)
    capped: list[datetime] = field(default_factory=list)
    end: WhenExhausted | None = None
    end_at: datetime | None = None
    over: bool = False

    @property
    def due_at(self) -> datetime | None:
        plan = self.debt.invoice.next_action
        return plan.at if plan is not None and not self.over else None


def rehearse(
    book: Sequence[Debt], assumption: Assumption, now: datetime, until: datetime
) -> tuple[Rehearsal, ...]:
    """Every open invoice of `book` from `now` up to `until`, soonest step first."""
    play = _Play(assumption, [_Stage(debt, last_decline(debt, book)) for debt in book])
    for stage in play.stages:
        play.record(stage, facts.Replanned("Rehearsed from here on."), now)
        stage.played.clear()
    for _ in range(MOST_STEPS * max(len(book), 1)):
        due = play.next(until)
        if not due:
            break
        for stage, at in due:
            play.step(stage, max(at, now))
    return tuple(
        Rehearsal(
            debt=one.debt,
            assumption=assumption,
            facts=tuple(one.played),
            decline=one.decline,
            end=one.end,
            end_at=one.end_at,
            capped=tuple(one.capped),
        )
        for one in play.stages
    )


def last_decline(debt: Debt, book: Sequence[Debt] = ()) -> Decline:
    """The last one known of the method that would be tried: for this invoice, else for another of
    the book; else of the invoice; else `UNTOLD`."""
    method = debt.method
    known = [debt.invoice.last_failure(method.id)] if method else []
    known += [other.invoice.last_failure(method.id) for other in book] if method else []
    known.append(debt.invoice.last_failure())
    return next((one.decline for one in known if one is not None and one.decline), UNTOLD)


@dataclass
class _Play:
    assumption: Assumption
    stages: list[_Stage]

    def next(self, until: datetime) -> list[tuple[_Stage, datetime]]:
        """All whose step comes first, together, as the sweep finds them."""
        due = [(stage, stage.due_at) for stage in self.stages if stage.due_at is not None]
        first = min((at for _, at in due), default=until)
        together = [(stage, at) for stage, at in due if at == first <= until]
        return sorted(together, key=lambda one: one[0].debt.invoice.id)

    def step(self, stage: _Stage, now: datetime) -> None:
        """What the worker does when the plan's time has come."""
        plan, invoice = stage.debt.invoice.next_action, stage.debt.invoice
        if invoice.live_attempt is not None:
            self._answer(stage, invoice.live_attempt, now)
        elif plan is not None and plan.kind is NextActionKind.REMIND:
            self._remind(stage, now)
        else:
            self._decided(stage, now)

    def record(
        self, stage: _Stage, payload: Any, now: datetime, caps: CapVerdict | None = None
    ) -> None:
        debt = stage.debt
        around = Circumstances(
            at=now, policy=debt.policy, standing=debt.standing(caps), audience=debt.audience
        )
        invoice, fact = on_invoice(debt.invoice, payload, around)
        stage.debt = replace(debt, invoice=invoice)
        stage.played.append(fact)

    def _remind(self, stage: _Stage, now: datetime) -> None:
        debt = stage.debt
        due = reminders.reminder_due(debt.invoice, debt.policy, debt.business.zone, now)
        if due is None:
            self._replan(stage, now, CapVerdict())
        else:
            self.record(stage, facts.Reminded(due.key), now)

    def _decided(self, stage: _Stage, now: datetime) -> None:
        debt, caps = stage.debt, CapVerdict()
        decision = dunning.decide(debt.policy, debt.invoice, debt.standing(), now)
        if isinstance(decision, PayNow):
            caps = self._caps(stage, now)
            stage.capped += [] if caps.is_free else [now]
            decision = dunning.decide(debt.policy, debt.invoice, debt.standing(caps), now)
        match decision:
            case PayNow():
                self._charge(stage, decision, now)
            case RetryAt(slots_done=slots_done, reason=reason) if slots_done is not None:
                self.record(
                    stage, facts.SlotSkipped(slots_done, reason.code, reason.staff), now, caps
                )
            case Refuse(reason=reason) if debt.invoice.charge_request is not None:
                asked = debt.invoice.charge_request.id
                self.record(stage, facts.RequestRefused(asked, reason.code, reason.staff), now)
            case GiveUp():
                self._overdue(stage, decision, now)
            case StopService(reason=reason):
                end = self._end(stage, now)
                self.record(stage, GraceEnded(reason.staff, end), now)
            case _:
                self._replan(stage, now, caps)

    def _replan(self, stage: _Stage, now: datetime, caps: CapVerdict) -> None:
        """A hold whose time is over is lifted; a plan that stays the same waits for a person."""
        debt, hold = stage.debt, stage.debt.invoice.hold
        if hold is not None and hold.until is not None and hold.until <= now:
            self.record(stage, follow_up.over(debt.invoice, hold), now)
            return
        plan = next_action(debt.policy, debt.invoice, debt.standing(caps), now)
        if plan is None or plan == debt.invoice.next_action:
            stage.over = True
            return
        self.record(stage, facts.Replanned(plan.reason), now, caps)

    def _caps(self, stage: _Stage, now: datetime) -> CapVerdict:
        """The card's tries so far: the real ones, and those of this rehearsal."""
        method, invoice = stage.debt.method, stage.debt.invoice
        if method is None or method.kind is not MethodKind.CARD:
            return CapVerdict()
        played = [
            fact.at
            for other in self.stages
            if other.debt.invoice.currency == invoice.currency
            for fact in other.played
            if isinstance(fact.data, facts.AttemptStarted)
            and fact.data.attempt.fingerprint == method.fingerprint
            and _amount_of(other.debt.invoice, fact.data) == invoice.amount_remaining
        ]
        tried_at = sorted([*stage.debt.tried_at, *played])
        return network_caps.check_caps(method.brand, tried_at, stage.debt.policy, now)

    def _charge(self, stage: _Stage, decision: PayNow, now: datetime) -> None:
        invoice = stage.debt.invoice
        if invoice.open_payment is None:
            epoch = max((one.epoch for one in invoice.payments), default=0) + 1
            payment_id, amount = keys.payment_id(invoice.id, epoch), invoice.amount_remaining
            opened = facts.PaymentOpened(
                payment_id, epoch, amount, (Allocation(invoice.id, amount),)
            )
            self.record(stage, opened, now)
        payment = stage.debt.invoice.open_payment
        assert payment is not None
        attempt = _attempt(stage.debt, len(payment.attempts) + 1, decision, now)
        intent_id = payment.intent_id or f"rehearsed_{payment.id}"
        self.record(
            stage,
            facts.AttemptStarted(payment.id, intent_id, attempt, decision.slots_done),
            now,
        )
        if is_bank_debit(decision.method):
            self.record(stage, facts.ChargeProcessing(payment.id, attempt.number, None), now)
            plan = stage.debt.invoice.next_action
            assert plan is not None
            waits = replace(plan, at=now + DEBIT_ANSWER)
            later = replace(stage.debt.invoice, next_action=waits)
            stage.debt = replace(stage.debt, invoice=later)
        else:
            self._answer(stage, attempt, now)

    def _answer(self, stage: _Stage, attempt: Attempt, now: datetime) -> None:
        """The bank says what is assumed of it."""
        invoice = stage.debt.invoice
        payment = invoice.open_payment
        assert payment is not None
        if self.assumption is Assumption.FIRST_TRY_SUCCEEDS:
            paid = facts.ChargeSucceeded(
                payment.id, attempt.number, payment.intent_id or "", "", payment.amount, None
            )
            self.record(stage, paid, now)
            return
        begun = policy_begun(invoice, attempt, stage.debt.policy)
        failed = facts.ChargeFailed(payment.id, attempt.number, None, stage.decline, begun)
        self._judge(stage, attempt)
        self.record(stage, failed, now)

    def _judge(self, stage: _Stage, attempt: Attempt) -> None:
        """A dead or wrong card is dead or wrong for all of its customer's invoices."""
        if not blocks_method(stage.decline):
            return
        fix = stage.decline.decline_class is DeclineClass.FIX
        state = MethodState.FIX if fix else MethodState.DEAD
        owner = stage.debt.customer.id
        for other in self.stages:
            customer = other.debt.customer
            method = customer.method(attempt.method_id)
            if customer.id != owner or method is None or method.state is not MethodState.USABLE:
                continue
            judged = customer.with_method(replace(method, state=state))
            other.debt = replace(other.debt, customer=judged)

    def _overdue(self, stage: _Stage, decision: GiveUp, now: datetime) -> None:
        zone, stops_at = stage.debt.business.zone, None
        if self._stops(stage):
            stops_at = dunning.grace_ends_at(stage.debt.policy, zone, now)
        end = None if stops_at else self._end(stage, now)
        self.record(stage, facts.WentOverdue(decision.reason.staff, stops_at, end), now)

    def _end(self, stage: _Stage, now: datetime) -> WhenExhausted | None:
        """What the policy does to the subscription now, to it and its other invoices here."""
        if not self._stops(stage):
            return None
        stage.end, stage.end_at = stage.debt.policy.when_exhausted, now
        if stage.end is WhenExhausted.CANCEL:
            cancelled = set(stage.debt.invoice.subscription_ids)
            for other in self.stages:
                if cancelled >= set(other.debt.invoice.subscription_ids):
                    other.debt = replace(other.debt, stoppable=False)
        return stage.end

    def _stops(self, stage: _Stage) -> bool:
        debt = stage.debt
        keep = debt.policy.when_exhausted is WhenExhausted.KEEP
        return debt.stoppable and not keep and debt.standing().auto_charge


def _amount_of(invoice: Invoice, started: facts.AttemptStarted) -> int:
    payment = invoice.payment(started.payment_id)
    return payment.amount if payment else 0


def _attempt(debt: Debt, number: int, decision: PayNow, now: datetime) -> Attempt:
    method, request = decision.method, debt.invoice.charge_request
    return_url = request.return_url if request else None
    return Attempt(
        number=number,
        trigger=decision.trigger,
        started_at=now,
        method_id=method.id,
        method_kind=method.kind,
        fingerprint=method.fingerprint,
        brand=method.brand,
        last4=method.last4,
        off_session=return_url is None,
        idempotency_key=f"rehearsed/{debt.invoice.id}/{number}",
        token="",
        reason=decision.reason.staff,
        slot=decision.slot,
        return_url=return_url,
        request_id=request.id if request else None,
    )


def text_at(debt: Debt, at: datetime) -> datetime:
    """When a text owed at `at` may be sent: in the customer's hours, and in the policy's."""
    hours = debt.customer.quiet_hours
    if debt.policy.text_hours is not None:
        hours = hours.within(debt.policy.text_hours)
    zone = debt.customer.zone or debt.business.zone
    return next_allowed(at, zone, hours.opens, hours.closes)
