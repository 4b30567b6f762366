"""Subscriptions: what is billed again and again, and what that will come to."""

from __future__ import annotations

from typing import Annotated

from msgspec import Meta

from chalicelib.api.calls import StaffCall
from chalicelib.api.making import done_once, made_once
from chalicelib.api.representation.fields import Id, Listing, PageQuery, listing
from chalicelib.api.representation.subscriptions import (
    CancelSubscription,
    NewSubscription,
    PauseSubscription,
    ResumeSubscription,
    ScheduleQuery,
    ScheduleView,
    SubscriptionView,
    new_subscription,
    schedule_view,
    subscription_view,
)
from chalicelib.api.routing import Routes
from chalicelib.domain.subscription import Subscription, SubscriptionStatus
from chalicelib.services import subscriptions

routes = Routes(__name__, "/v1/subscriptions", "Subscriptions")
_PRICED = ("price_invalid", "percent_invalid", "contract_invalid", "date_invalid")


class SubscriptionsQuery(PageQuery):
    """`customer_id`: only this customer's."""

    customer_id: Annotated[Id, Meta(description="Only this customer's")] | None = None


@routes.get()
def list_subscriptions(call: StaffCall, query: SubscriptionsQuery) -> Listing[SubscriptionView]:
    """List subscriptions, the latest start first."""
    store, place = call.ports.store, {"limit": query.limit, "cursor": query.cursor}
    if query.customer_id is None:
        page = store.subscriptions(call.business_id, **place)  # type: ignore[arg-type]
    else:
        customer = store.customer(call.business_id, query.customer_id)
        page = store.subscriptions_of(call.business_id, customer.id, **place)  # type: ignore[arg-type]
    return listing(page, map(subscription_view, page.items))


@routes.get("/{subscription_id}")
def get_subscription(call: StaffCall, subscription_id: str) -> SubscriptionView:
    """Read a subscription."""
    return subscription_view(_read(call, subscription_id))


@routes.get("/{subscription_id}/schedule")
def get_subscription_schedule(
    call: StaffCall, subscription_id: str, query: ScheduleQuery
) -> ScheduleView:
    """Read the charges of the contract: billed ones and those to come."""
    subscription = _read(call, subscription_id)
    customer = call.ports.store.customer(call.business_id, subscription.customer_id)
    return schedule_view(subscription, customer, query.limit)


@routes.post("/preview", refuses=_PRICED)
def preview_subscription(call: StaffCall, body: NewSubscription) -> ScheduleView:
    """Show what a subscription would charge, and when, without creating it."""
    business = call.ports.store.business(call.business_id)
    customer = call.ports.store.customer(call.business_id, body.customer_id)
    wanted = new_subscription(body, business, subscription_id="sub_preview")
    return schedule_view(wanted, customer, ScheduleQuery().limit)


@routes.post(status=201, refuses=_PRICED)
def create_subscription(call: StaffCall, body: NewSubscription) -> SubscriptionView:
    """Create a subscription.

    Its first invoice is made when its first period begins, after the trial.
    """
    business = call.ports.store.business(call.business_id)
    wanted = new_subscription(body, business, subscription_id=call.id("sub"))
    return subscription_view(
        made_once(
            lambda: subscriptions.subscribe(call.ports, wanted, actor=call.actor),
            lambda: _read(call, wanted.id),
        )
    )


@routes.post("/{subscription_id}/pause", refuses=("subscription_not_active",))
def pause_subscription(
    call: StaffCall, subscription_id: str, body: PauseSubscription
) -> SubscriptionView:
    """Pause a subscription from today on.

    Paused days are neither billed nor lost: on resuming, everything not yet billed moves.
    """
    own = (call.ports, call.business_id, subscription_id)
    paused = done_once(
        call,
        lambda: subscriptions.pause(*own, actor=call.actor, reason=body.reason),
        lambda: _read(call, subscription_id),
        lambda found: found.status is SubscriptionStatus.PAUSED,
    )
    return subscription_view(paused)


@routes.post("/{subscription_id}/resume", refuses=("subscription_not_paused",))
def resume_subscription(
    call: StaffCall, subscription_id: str, body: ResumeSubscription
) -> SubscriptionView:
    """Resume a paused subscription from today on."""
    own = (call.ports, call.business_id, subscription_id)
    resumed = done_once(
        call,
        lambda: subscriptions.resume(*own, actor=call.actor, reason=body.reason),
        lambda: _read(call, subscription_id),
        lambda found: found.status is not SubscriptionStatus.PAUSED,
    )
    return subscription_view(resumed)


@routes.post("/{subscription_id}/cancel", refuses=("subscription_over",))
def cancel_subscription(
    call: StaffCall, subscription_id: str, body: CancelSubscription
) -> SubscriptionView:
    """Cancel a subscription from today on.

    What is owed already is another question, so it is asked: `collect_open_debt`.
    """
    cancelled = done_once(
        call,
        lambda: subscriptions.cancel(
            call.ports,
            call.business_id,
            subscription_id,
            actor=call.actor,
            reason=body.reason,
            collect_open_debt=body.collect_open_debt,
        ),
        lambda: _read(call, subscription_id),
        lambda found: found.status is SubscriptionStatus.CANCELLED,
    )
    return subscription_view(cancelled)


def _read(call: StaffCall, subscription_id: str) -> Subscription:
    return call.ports.store.subscription(call.business_id, subscription_id)
