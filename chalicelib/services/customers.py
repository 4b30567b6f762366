"""Customers and their payment methods, which are only ever typed in on Stripe's own page."""

from __future__ import annotations

from dataclasses import fields, replace
from datetime import datetime
from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, MethodState, PaymentMethod
from chalicelib.domain.errors import Conflict, InvalidInput, NotFound
from chalicelib.domain.facts import STRIPE, SYSTEM, Actor, Subject
from chalicelib.domain.party_facts import (
    CustomerChanged,
    CustomerCreated,
    DefaultMethodChosen,
    ExpiryNoticed,
    MethodRemoved,
    MethodSaved,
    StripeCustomerLinked,
)
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.stripe_objects import SetupPage, SetupSeen
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists
from chalicelib.ports.rows import Change, SideRow, UniqueClaim
from chalicelib.services import on_account
from chalicelib.services.case import again_when_stale, audience_of, now_of

# Events about a method name Stripe's customer; this claim leads to ours.
STRIPE_CUSTOMER = "stripe_customer"
_FIXED = {
    "id", "business_id", "version", "chain", "methods", "default_method_id", "stripe_customer_id",
    "expiry_noticed", "group_ids", "credit", "last_payment_id",
}  # fmt: skip


def create_customer(
    ports: Ports, customer: Customer, *, actor: Actor, side: tuple[SideRow, ...] = ()
) -> Customer:
    """Raises InvalidInput without a name or with an address that is none."""
    check_customer(customer)
    business = ports.store.business(customer.business_id)
    created, fact = first_of_party(
        customer, CustomerCreated(customer), at=now_of(ports, business), actor=actor
    )
    ports.store.append([Change(created, fact)], side=side, clock_id=business.test_clock_id)
    return created


def change_customer(
    ports: Ports, business_id: str, customer_id: str, changes: dict[str, Any], *, actor: Actor
) -> Customer:
    """Raises InvalidInput for a field that does not exist or cannot be changed here."""
    known = {field.name for field in fields(Customer)} - _FIXED
    if unknown := sorted(set(changes) - known):
        raise InvalidInput("field_unknown", f"These fields cannot be changed: {unknown}.")

    def once() -> Customer:
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, customer_id)
        changed = replace(customer, **changes)
        check_customer(changed)
        payload = CustomerChanged(changed, tuple(sorted(changes)))
        return _record(ports, business, customer, payload, actor=actor)

    return again_when_stale(once)


def start_setup(
    ports: Ports,
    business_id: str,
    customer_id: str,
    *,
    request_id: str,
    success_url: str,
    cancel_url: str,
    demand_id: str = "",
) -> SetupPage:
    """A hosted page of Stripe's where the customer types in a card or bank account.

    `demand_id`: the payment that waits for it.
    """
    business = ports.store.business(business_id)
    customer = again_when_stale(lambda: _linked(ports, business, customer_id))
    assert customer.stripe_customer_id is not None
    return ports.gateway.create_setup_page(
        business.stripe_account,
        customer=customer.stripe_customer_id,
        business_id=business_id,
        customer_id=customer_id,
        currency=business.currency,
        success_url=success_url,
        cancel_url=cancel_url,
        key=keys.setup(business_id, request_id),
        method_kinds=business.online_methods,
        demand_id=demand_id,
    )


def _linked(ports: Ports, business: Business, customer_id: str) -> Customer:
    """The customer, known to Stripe. Creating it twice with one key is creating it once."""
    customer = ports.store.customer(business.id, customer_id)
    if customer.stripe_customer_id is not None:
        return customer
    if business.awaits_account:
        raise Conflict("not_connected", "The business has yet to open its Stripe account.")
    stripe_id = ports.gateway.create_customer(
        business.stripe_account,
        business_id=business.id,
        customer_id=customer.id,
        name=customer.name,
        email=customer.email,
        key=keys.create_customer(business.id, customer.id),
    )
    claim = UniqueClaim(business.id, STRIPE_CUSTOMER, stripe_id, customer.id)
    linked = StripeCustomerLinked(stripe_id)
    return _record(ports, business, customer, linked, actor=SYSTEM, side=(claim,))


def receive_setup(ports: Ports, business_id: str, session_id: str) -> Customer | None:
    """Take over what a finished hosted page saved; it becomes the default, unless the customer has
    chosen another since.

    Called by the webhook, by the payer's return and by the reconciliation, in any order and number.
    None when the page is not finished or belongs to another business.
    """
    business = ports.store.business(business_id)
    seen = ports.gateway.read_setup(business.stripe_account, session_id)
    if not seen.complete or seen.method_id is None or seen.business_id != business_id:
        return None
    method = ports.gateway.read_method(business.stripe_account, seen.method_id)
    method = replace(method, mandate_id=seen.mandate_id or method.mandate_id)
    if seen.demand_id and not is_kept(ports, business_id, seen.demand_id):
        return _for_one_payment(ports, business, seen, method)

    def once() -> Customer:
        customer = ports.store.customer(business_id, seen.customer_id)
        newest = not _chosen_since(ports, customer, method)
        saved = MethodSaved(method, make_default=newest, source=session_id)
        try:
            return _record(ports, business, customer, saved, actor=STRIPE)
        except FactExists:
            return customer

    saved = again_when_stale(once)
    if seen.demand_id:
        on_account.method_arrived(ports, business_id, seen.demand_id, session_id, method)
    return saved


def is_kept(ports: Ports, business_id: str, demand_id: str) -> bool:
    """Whether the method is saved on the customer, or is for this one payment alone."""
    demand = ports.store.invoice(business_id, demand_id).demand
    return demand is None or demand.save_method


def _for_one_payment(
    ports: Ports, business: Business, seen: SetupSeen, method: PaymentMethod
) -> Customer:
    """Nobody else may charge it: it stays off the customer's record. A page that was filled in when
    the payment was over leaves nothing behind at Stripe."""
    if not on_account.method_arrived(ports, business.id, seen.demand_id, seen.id, method):
        demand = ports.store.invoice(business.id, seen.demand_id).demand
        if demand is None or demand.method is None or demand.method.id != method.id:
            key = keys.detach(business.id, method.id)
            ports.gateway.detach_method(business.stripe_account, method.id, key=key)
    return ports.store.customer(business.id, seen.customer_id)


def _chosen_since(ports: Ports, customer: Customer, method: PaymentMethod) -> bool:
    """Whether the default was chosen after this method was typed in: Stripe's events come in any
    order, and what is heard last need not be what was wanted last."""
    default = customer.default_method
    if default is None or default.state is not MethodState.USABLE or method.saved_at is None:
        return False
    for fact in reversed(ports.store.facts(customer.business_id, Subject.CUSTOMER, customer.id)):
        match fact.data:
            case DefaultMethodChosen():
                return fact.at > method.saved_at
            case MethodSaved(make_default=True, method=PaymentMethod(saved_at=datetime() as at)):
                return at > method.saved_at
    return False


def refresh_method(ports: Ports, business_id: str, customer_id: str, method_id: str) -> Customer:
    """The network has updated a card: its new date counts, and it may be tried again."""
    business = ports.store.business(business_id)
    seen = ports.gateway.read_method(business.stripe_account, method_id)

    def once() -> Customer:
        customer = ports.store.customer(business_id, customer_id)
        known = customer.method(method_id)
        if known is None:
            return customer
        fresh = replace(
            seen, state=known.state, saved_at=known.saved_at, mandate_id=known.mandate_id
        )
        if fresh == known:
            return customer
        source = f"updated-{seen.exp_year}-{seen.exp_month}-{seen.last4}"
        saved = MethodSaved(seen, make_default=False, source=source)
        try:
            return _record(ports, business, customer, saved, actor=STRIPE)
        except FactExists:
            return customer

    return again_when_stale(once)


def choose_default(
    ports: Ports, business_id: str, customer_id: str, method_id: str, *, actor: Actor
) -> Customer:
    """Raises NotFound for a method the customer does not have."""

    def once() -> Customer:
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, customer_id)
        _known_method(customer, method_id)
        if customer.default_method_id == method_id:
            return customer
        return _record(ports, business, customer, DefaultMethodChosen(method_id), actor=actor)

    return again_when_stale(once)


def remove_method(
    ports: Ports, business_id: str, customer_id: str, method_id: str, *, actor: Actor
) -> Customer:
    """Forget it here first, then at Stripe: no charge can start in between.

    Raises Conflict while a charge of it is under way.
    """

    def once() -> Customer:
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, customer_id)
        if customer.method(method_id) is None:
            return customer
        _refuse_while_charging(ports, customer, method_id)
        return _record(ports, business, customer, MethodRemoved(method_id), actor=actor)

    if not _was_removed(ports, business_id, customer_id, method_id):
        _known_method(ports.store.customer(business_id, customer_id), method_id)
    after = again_when_stale(once)
    account = ports.store.business(business_id).stripe_account
    ports.gateway.detach_method(account, method_id, key=keys.detach(business_id, method_id))
    return after


def forget_detached(ports: Ports, business_id: str, customer_id: str, method_id: str) -> Customer:
    """Stripe says that the method was detached elsewhere."""

    def once() -> Customer:
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, customer_id)
        if customer.method(method_id) is None:
            return customer
        return _record(ports, business, customer, MethodRemoved(method_id), actor=STRIPE)

    return again_when_stale(once)


def notice_expiry(ports: Ports, business_id: str, customer_id: str) -> bool:
    """Tell the customer, once, that the default card runs out."""

    def once() -> bool:
        business = ports.store.business(business_id)
        customer = ports.store.customer(business_id, customer_id)
        card, at = customer.default_method, customer.expiry_notice_at
        if card is None or at is None or at > now_of(ports, business):
            return False
        noticed = ExpiryNoticed(card.id, f"{card.exp_year}-{card.exp_month:02d}")
        _record(ports, business, customer, noticed, actor=SYSTEM)
        return True

    return again_when_stale(once)


def _was_removed(ports: Ports, business_id: str, customer_id: str, method_id: str) -> bool:
    """Forgotten here already; whether Stripe has heard of it is not known, so it is told again."""
    history = ports.store.facts(business_id, Subject.CUSTOMER, customer_id)
    return any(
        isinstance(fact.data, MethodRemoved) and fact.data.method_id == method_id
        for fact in history
    )


def _refuse_while_charging(ports: Ports, customer: Customer, method_id: str) -> None:
    page = ports.store.invoices_of(customer.business_id, customer.id, open_only=True, limit=100)
    for invoice in page.items:
        live = invoice.live_attempt
        if live is not None and live.method_id == method_id:
            raise Conflict(
                "method_in_use", f"Invoice {invoice.number} is being charged to it right now."
            )


def _record(
    ports: Ports,
    business: Business,
    customer: Customer,
    payload: Any,
    *,
    actor: Actor,
    side: tuple[SideRow, ...] = (),
) -> Customer:
    after, fact = on_party(
        customer,
        payload,
        at=now_of(ports, business),
        actor=actor,
        audience=audience_of(business, customer),
    )
    ports.store.append([Change(after, fact)], side=side, clock_id=business.test_clock_id)
    return after


def _known_method(customer: Customer, method_id: str) -> None:
    if customer.method(method_id) is None:
        raise NotFound("payment_method_not_found", "The customer has no such payment method.")


def check_customer(customer: Customer) -> None:
    """Raises InvalidInput without a name or with an address that is none."""
    if not customer.name.strip():
        raise InvalidInput("name_missing", "A customer needs a name.")
    local, at, domain = customer.email.partition("@")
    if not (local and at and "." in domain) or any(mark in customer.email for mark in " \r\n,;<>"):
        raise InvalidInput("email_invalid", "The e-mail address is not one: it needs a@b.c.")
