"""The heads of customers, subscriptions and businesses as the folds of their facts."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from chalicelib.domain import party_facts as facts
from chalicelib.domain import subscription as rules
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, MethodKind, MethodState, PaymentMethod
from chalicelib.domain.desk import account, warned
from chalicelib.domain.desk.disputes import dispute_step
from chalicelib.domain.desk.fraud_warnings import warning_step
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact, assert_next
from chalicelib.domain.fraud_warning import FraudWarning
from chalicelib.domain.group import Group
from chalicelib.domain.group_facts import group_step
from chalicelib.domain.import_facts import import_step
from chalicelib.domain.import_run import ImportRun
from chalicelib.domain.ledger import Leg, legs
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.payment_plan_facts import plan_step
from chalicelib.domain.subscription import Subscription
from chalicelib.domain.team import Team
from chalicelib.domain.team_facts import team_step


def customer_step(customer: Customer | None, payload: Any, fact: Fact) -> Customer:
    """What one fact changes in a customer."""
    if isinstance(payload, facts.CustomerCreated):
        return payload.customer
    if customer is None:
        raise BrokenRecord(f"{fact.kind} before created")
    match payload:
        case facts.CustomerChanged(customer=changed):
            return replace(
                changed,
                methods=customer.methods,
                credit=customer.credit,
                last_payment_id=customer.last_payment_id,
                card_warnings=customer.card_warnings,
            )
        case facts.StripeCustomerLinked(stripe_customer_id=stripe_id):
            return replace(customer, stripe_customer_id=stripe_id)
        case facts.MethodSaved(method=method, make_default=make_default):
            state = MethodState.DEAD if _is_dead(customer, method) else MethodState.USABLE
            fresh = customer.with_method(replace(method, state=state, saved_at=fact.at))
            first = customer.default_method is None
            return replace(fresh, default_method_id=method.id) if make_default or first else fresh
        case facts.MethodRemoved(method_id=method_id):
            return customer.without_method(method_id)
        case facts.DefaultMethodChosen(method_id=method_id):
            return replace(customer, default_method_id=method_id)
        case facts.MethodJudged(method_id=method_id, state=state):
            judged = customer.method(method_id)
            return customer.with_method(replace(judged, state=state)) if judged else customer
        case facts.ExpiryNoticed(expires=expires):
            return replace(customer, expiry_noticed=expires)
        case facts.PaymentTaken(payment_id=payment_id):
            return replace(customer, last_payment_id=payment_id)
        case facts.GroupJoined(group_id=group_id):
            joined = dict.fromkeys((*customer.group_ids, group_id))
            return replace(customer, group_ids=tuple(joined))
        case facts.CustomerNoted():
            return customer
        case facts.CreditMoved(added=added, spent=spent):
            used = sum(part.amount for part in spent)
            return replace(customer, credit=customer.credit + added - used)
        case _ if type(payload) in account.PAYLOADS:
            return account.step(customer, payload)
        case _ if type(payload) in warned.OF_CUSTOMER:
            return warned.customer_step(customer, payload)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def _is_dead(customer: Customer, method: PaymentMethod) -> bool:
    """A card the network wants never to see again stays dead, typed in anew or with a new date.

    A bank account is not: entering it again is a new authorisation.
    """
    return method.kind is MethodKind.CARD and any(
        known.state is MethodState.DEAD and known.fingerprint == method.fingerprint
        for known in customer.methods
    )


def subscription_step(subscription: Subscription | None, payload: Any, fact: Fact) -> Subscription:
    """What one fact changes in a subscription."""
    if isinstance(payload, facts.SubscriptionCreated):
        return payload.subscription
    if subscription is None:
        raise BrokenRecord(f"{fact.kind} before created")
    match payload:
        case facts.PeriodBilled():
            return _billed(subscription, payload)
        case facts.BillingMoved(next_bill_at=at):
            return replace(subscription, next_bill_at=at)
        case facts.SubscriptionPaused(on=on, reason=reason, invoice_ids=invoice_ids):
            return rules.paused(subscription, on=on, reason=reason, invoice_ids=invoice_ids)
        case facts.SubscriptionResumed(on=on, days_before=days_before, zone=zone):
            running = rules.resumed(subscription, on=on)
            return rules.with_next_bill(running, zone=zone, days_before=days_before)
        case facts.SubscriptionCancelled(on=on, collect_open_debt=collect):
            return replace(rules.cancelled(subscription, on=on), debt_dropped=not collect)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")


def _billed(subscription: Subscription, payload: facts.PeriodBilled) -> Subscription:
    if payload.index != subscription.next_index:
        raise BrokenRecord(f"period {payload.index} billed, {subscription.next_index} is next")
    billed = subscription
    for index in range(payload.index, payload.index + payload.count):
        billed = rules.billed_on(billed, index, payload.invoice_id)
    after = rules.with_next_bill(billed, zone=payload.zone, days_before=payload.days_before)
    if payload.next_bill_at is None or after.next_bill_at is None:
        return after
    return replace(after, next_bill_at=payload.next_bill_at)


def business_step(business: Business | None, payload: Any, fact: Fact) -> Business:
    """What one fact changes in a business; payouts move money but not the record."""
    if isinstance(payload, facts.BusinessCreated):
        return payload.business
    if business is None:
        raise BrokenRecord(f"{fact.kind} before created")
    match payload:
        case facts.BusinessChanged(business=changed):
            return changed
        case facts.PolicySaved(policy=policy):
            return business.with_policy(policy)
        case facts.DefaultPolicyChosen(policy_id=policy_id):
            return business.with_default(policy_id)
        case facts.AccountRequested():
            return replace(business, connects=True, account_requested_at=fact.at)
        case facts.ChargingHeld():
            return replace(business, charging_held_at=fact.at)
        case facts.ChargingReleased():
            return replace(business, charging_held_at=None)
        case _:
            return business


def business_legs(payload: Any) -> tuple[Leg, ...]:
    """Payouts move money from Stripe to the bank; a customer's own facts move its credit."""
    match payload:
        case facts.PayoutPaid(amount=amount, currency=currency):
            return legs(currency, bank=amount, cash_in_transit=-amount)
        case facts.ApplicationFeeEarned(amount=amount, currency=currency):
            return legs(currency, cash_in_transit=amount, application_fees=-amount)
        case facts.ApplicationFeeReturned(amount=amount, currency=currency):
            return legs(currency, cash_in_transit=-amount, application_fees=amount)
        case facts.PayoutFailed(amount=amount, currency=currency):
            return legs(currency, bank=-amount, cash_in_transit=amount)
        case _:
            return account.legs_for(payload)


STEPS: dict[type, Any] = {
    Customer: customer_step,
    Subscription: subscription_step,
    Business: business_step,
    Group: group_step,
    ImportRun: import_step,
    Team: team_step,
    Dispute: dispute_step,
    PaymentPlan: plan_step,
    FraudWarning: warning_step,
}


def apply(head: Any, fact: Fact, step: Any) -> Any:
    """The head after one more fact. Raises BrokenRecord when the fact does not follow it."""
    assert_next(head, fact)
    after = step(head, fact.data, fact)
    return replace(after, version=fact.seq, chain=fact.hash)
