"""Businesses: the tenants. Each change is a fact of the business."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from typing import Any

from chalicelib.domain import dates, money
from chalicelib.domain.business import Business
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.facts import STRIPE, SYSTEM, Actor
from chalicelib.domain.party_facts import BusinessChanged, BusinessCreated
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change, UniqueClaim
from chalicelib.services.case import again_when_stale, now_of

_FIXED = {"id", "currency", "version", "chain", "test_clock_id", "charging_held_at"}


def create_business(ports: Ports, business: Business, *, actor: Actor = SYSTEM) -> Business:
    """Raises InvalidInput for an unknown zone or currency."""
    dates.zone(business.zone)
    money.check_currency(business.currency)
    created, fact = first_of_party(
        business, BusinessCreated(business), at=now_of(ports, business), actor=actor
    )
    claims = _account_claim(business)
    ports.store.append([Change(created, fact)], side=claims, clock_id=business.test_clock_id)
    return created


def change_business(
    ports: Ports, business_id: str, changes: dict[str, Any], *, actor: Actor, why: str = ""
) -> Business:
    """Raises InvalidInput for a setting that does not exist or cannot be changed."""
    known = {field.name for field in fields(Business)} - _FIXED
    if unknown := sorted(set(changes) - known):
        raise InvalidInput("setting_unknown", f"These settings cannot be changed: {unknown}.")

    def once() -> Business:
        business = ports.store.business(business_id)
        changed = replace(business, **changes)
        dates.zone(changed.zone)
        payload = BusinessChanged(changed, tuple(sorted(changes)))
        after, fact = on_party(business, payload, at=now_of(ports, business), actor=actor, why=why)
        ports.store.append([Change(after, fact)], side=_account_claim(changed))
        return after

    return again_when_stale(once)


def every(ports: Ports) -> Iterator[Business]:
    """All businesses of the install."""
    cursor = None
    while True:
        page = ports.store.businesses(cursor=cursor)
        yield from page.items
        cursor = page.cursor
        if cursor is None:
            return


def owns_the_account(business: Business) -> bool:
    """Whether payouts of its Stripe account are its own: a sandbox only shares the install's."""
    return business.stripe_account is None and business.test_clock_id is None


def refresh_account(ports: Ports, business_id: str) -> Business:
    """Read from Stripe whether a connected business may take charges."""
    business = ports.store.business(business_id)
    if business.stripe_account is None:
        return business
    seen = ports.gateway.read_account(business.stripe_account)
    if seen.charges_enabled == business.charges_enabled:
        return business
    changes = {"charges_enabled": seen.charges_enabled}
    return change_business(ports, business_id, changes, actor=STRIPE, why="Read from Stripe.")


def stop_deauthorized(ports: Ports, business_id: str) -> Business:
    """The business has cut the connection: nothing may be charged from now on."""
    business = ports.store.business(business_id)
    if business.deauthorized_at is not None:
        return business
    changes = {"deauthorized_at": now_of(ports, business)}
    return change_business(ports, business_id, changes, actor=STRIPE, why="Deauthorized.")


def _account_claim(business: Business) -> tuple[UniqueClaim, ...]:
    """A connected account belongs to one business; webhooks find the business by it."""
    if business.stripe_account is None:
        return ()
    claim = UniqueClaim(business.id, "stripe_account", business.stripe_account, business.id)
    return (claim,)
