"""Stripe Connect: an account of the business's own, opened and filled in on Stripe's own pages.

The wish is a fact before Stripe is asked, and a repeat looks for what an earlier one made. Whether
the account may charge, and what Stripe still wants, is only ever read from Stripe.
"""

from __future__ import annotations

from typing import Any

from chalicelib.domain import keys
from chalicelib.domain.business import Business
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import STRIPE, Actor
from chalicelib.domain.party_facts import AccountRequested
from chalicelib.domain.record import on_party
from chalicelib.domain.stripe_objects import AccountPage, AccountSeen
from chalicelib.ports import Ports
from chalicelib.ports.rows import Change
from chalicelib.services.businesses import change_business, stop_deauthorized
from chalicelib.services.case import again_when_stale, now_of

CUT_OFF = "account_invalid"  # Stripe's word for an account that has shut us out


def start_onboarding(
    ports: Ports,
    business_id: str,
    *,
    request_id: str,
    return_url: str,
    refresh_url: str,
    actor: Actor,
) -> AccountPage:
    """A page of Stripe's, good once and for minutes, where the business tells who it is.

    Raises Conflict where charges run on the install's own account already, and where the business
    has shut us out: what is saved there is lost with any other account.
    """
    business = again_when_stale(lambda: _requested(ports, business_id, actor))
    account = business.stripe_account or _opened(ports, business)
    if business.deauthorized_at is not None:
        refresh_account(ports, business_id)
        if ports.store.business(business_id).deauthorized_at is not None:
            words = (
                f"{account} was disconnected at Stripe, and its customers and cards are there. "
                "Have it connected again there; then all goes on."
            )
            raise Conflict("account_disconnected", words)
    return ports.gateway.create_account_page(
        account,
        return_url=return_url,
        refresh_url=refresh_url,
        key=keys.account_page(business_id, request_id),
    )


def _requested(ports: Ports, business_id: str, actor: Actor) -> Business:
    """The business, with its wish for an account of its own on record."""
    business = ports.store.business(business_id)
    if business.account_requested_at is not None or business.stripe_account is not None:
        return business
    if business.test_clock_id is not None:
        raise Conflict("account_not_for_tests", "A test business has no Stripe account of its own.")
    if not business.connects and ports.store.customers(business_id, limit=1).items:
        words = "This business is paid on the install's own account, where its customers are."
        raise Conflict("account_in_use", words)
    after, fact = on_party(business, AccountRequested(), at=now_of(ports, business), actor=actor)
    ports.store.append([Change(after, fact)])
    return after


def _opened(ports: Ports, business: Business) -> str:
    """The account made for the business, now or by a run that never heard of it."""
    seen = _made_before(ports, business) or ports.gateway.create_account(
        business_id=business.id,
        country=business.country,
        email=business.email,
        currency=business.currency,
        key=keys.create_account(business.id),
    )
    changes = {"stripe_account": seen.id, **_standing(seen)}
    change_business(ports, business.id, changes, actor=STRIPE, why="Opened at Stripe.")
    return seen.id


def _made_before(ports: Ports, business: Business) -> AccountSeen | None:
    assert business.account_requested_at is not None
    cursor = None
    while True:
        page = ports.gateway.accounts_since(business.account_requested_at, cursor=cursor)
        ours = [one for one in page.items if one.business_id == business.id]
        if ours or page.cursor is None:
            return ours[-1] if ours else None
        cursor = page.cursor


def refresh_account(ports: Ports, business_id: str) -> Business:
    """Read from Stripe what a connected business may do, and what Stripe wants of it.

    An account that lets us in again after it shut us out goes on where it stopped.
    """
    business = ports.store.business(business_id)
    if business.stripe_account is None:
        return business
    try:
        seen = ports.gateway.read_account(business.stripe_account)
    except Conflict as error:
        if error.code != CUT_OFF:
            raise
        return stop_deauthorized(ports, business_id)
    wanted = {**_standing(seen), "deauthorized_at": None}
    changes = {name: new for name, new in wanted.items() if getattr(business, name) != new}
    if not changes:
        return business
    return change_business(ports, business_id, changes, actor=STRIPE, why="Read from Stripe.")


def _standing(seen: AccountSeen) -> dict[str, Any]:
    return {
        "charges_enabled": seen.charges_enabled,
        "payouts_enabled": seen.payouts_enabled,
        "account_needs": seen.needs,
    }
