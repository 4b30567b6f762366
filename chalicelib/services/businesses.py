"""Businesses: the tenants. Each change is a fact of the business."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import fields, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.domain.business import Business
from chalicelib.domain.errors import Conflict, InvalidInput, NotAllowed
from chalicelib.domain.facts import STRIPE, SYSTEM, Actor, Subject
from chalicelib.domain.party_facts import BusinessChanged, BusinessCreated
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.settings import check_bank, check_settings
from chalicelib.domain.team import Role
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists, StaleHead, all_of
from chalicelib.ports.rows import Change, NumberRange, SideRow, UniqueClaim
from chalicelib.services import team
from chalicelib.services.case import again_when_stale, now_of

_FIXED = {
    "id", "version", "chain", "test_clock_id", "charging_held_at", "connects",
    "account_requested_at",
}  # fmt: skip
_AT_LEAST = timedelta(days=30)


def create_business(ports: Ports, business: Business, *, actor: Actor = SYSTEM) -> Business:
    """Raises InvalidInput for a setting that cannot be, such as an unknown zone or currency."""
    check_settings(business)
    created, fact = first_of_party(
        business, BusinessCreated(business), at=now_of(ports, business), actor=actor
    )
    side = (*_account_claim(business), *_first_number(business))
    ports.store.append([Change(created, fact)], side=side, clock_id=business.test_clock_id)
    return created


def open_business(ports: Ports, business: Business, *, actor: Actor) -> Business:
    """A business of one more tenant, whose first admin is who opens it.

    Only an admin of another may, or anybody on an install that has none. The first one is paid on
    the install's own Stripe account; every other connects one of its own. Doing it again changes
    nothing.
    """
    known = [one for one in every(ports) if one.test_clock_id is None and one.id != business.id]
    if known and not _is_admin(ports, actor.id):
        words = "Only an admin of a business may open another."
        raise NotAllowed("role_not_allowed", words)
    wanted = replace(business, connects=any(owns_the_account(one) for one in known))
    try:
        made = create_business(ports, wanted, actor=actor)
    except (FactExists, StaleHead):
        made = ports.store.business(business.id)
    team.add_member(ports, made.id, actor.id, Role.ADMIN, actor=actor)
    return made


def _is_admin(ports: Ports, user_id: str) -> bool:
    return any(one.role is Role.ADMIN for one in ports.store.memberships(user_id))


def of_user(ports: Ports, user_id: str) -> list[tuple[Business, Role]]:
    """The businesses a user acts for, and as what."""
    found = ports.store.memberships(user_id)
    return [(ports.store.business(one.business_id), one.role) for one in found]


def change_business(
    ports: Ports, business_id: str, changes: dict[str, Any], *, actor: Actor, why: str = ""
) -> Business:
    """Raises InvalidInput for a setting that does not exist or cannot be, Conflict for one that
    what is there already forbids."""
    known = {field.name for field in fields(Business)} - _FIXED
    if unknown := sorted(set(changes) - known):
        raise InvalidInput("setting_unknown", f"These settings cannot be changed: {unknown}.")

    def once() -> Business:
        business = ports.store.business(business_id)
        changed = replace(business, **changes)
        check_settings(changed)
        if "bank" in changes:
            check_bank(changed.bank)
        _refuse_too_late(ports, business, changed)
        payload = BusinessChanged(changed, tuple(sorted(changes)))
        after, fact = on_party(business, payload, at=now_of(ports, business), actor=actor, why=why)
        moved = changed.first_invoice_number != business.first_invoice_number
        side = (*_account_claim(changed), *(_first_number(changed) if moved else ()))
        ports.store.append([Change(after, fact)], side=side)
        return after

    return again_when_stale(once)


def _refuse_too_late(ports: Ports, before: Business, after: Business) -> None:
    if after.currency != before.currency and (
        _has_billed(ports, before) or _has_credit(ports, before)
    ):
        words = "There are invoices, subscriptions or customers' credit in the old currency."
        raise Conflict("currency_in_use", words)
    first = after.first_invoice_number
    if first != before.first_invoice_number and first < ports.store.next_number(before.id):
        words = f"Invoice numbers only go up: the next is {ports.store.next_number(before.id)}."
        raise Conflict("invoice_number_used", words)


def _has_billed(ports: Ports, business: Business) -> bool:
    store = ports.store
    lists = (store.invoices, store.subscriptions)
    return store.next_number(business.id) > business.first_invoice_number or any(
        page(business.id, limit=1).items for page in lists
    )


def _has_credit(ports: Ports, business: Business) -> bool:
    """Money on account, of customers that nothing was ever billed to."""
    customers = all_of(partial(ports.store.customers, business.id))
    return any(one.credit for one in customers)


def _first_number(business: Business) -> tuple[SideRow, ...]:
    """Takes no number, but lets none below it be taken; refused when one above it was."""
    first = business.first_invoice_number
    return (NumberRange(business.id, first, 0),) if first > 1 else ()


def every(ports: Ports) -> Iterator[Business]:
    """All businesses of the install."""
    return all_of(ports.store.businesses)


def owns_the_account(business: Business) -> bool:
    """Whether the install's own account is its: a sandbox only shares that."""
    own = business.stripe_account is None and not business.connects
    return own and business.test_clock_id is None


def looked_at_since(ports: Ports, business_id: str, now: datetime, mark: str) -> datetime:
    """When a reconciliation last saw all of something at Stripe, its watermark; if never, when the
    business was set up, and at least a month back: it may have money of before.
    """
    seen = ports.store.watermark(business_id, mark)
    if seen:
        return datetime.fromisoformat(seen)
    history = ports.store.facts(business_id, Subject.BUSINESS, business_id)
    return min(history[0].at, now - _AT_LEAST)


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
