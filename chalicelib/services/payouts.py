"""Payouts: Stripe's transfers to the bank, posted on the business's own history, each once."""

from __future__ import annotations

from typing import Any

from chalicelib.domain.dates import local_date
from chalicelib.domain.facts import STRIPE
from chalicelib.domain.party_facts import PayoutFailed, PayoutPaid
from chalicelib.domain.record import on_party
from chalicelib.domain.stripe_objects import PayoutSeen
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists
from chalicelib.ports.rows import Change
from chalicelib.services.case import again_when_stale, now_of


def post_payout(ports: Ports, business_id: str, payout_id: str) -> bool:
    """Read one payout from Stripe and post it. True when something was learnt."""
    business = ports.store.business(business_id)
    seen = ports.gateway.read_payout(business.stripe_account, payout_id)
    return post_seen(ports, business_id, seen)


def post_seen(ports: Ports, business_id: str, seen: PayoutSeen) -> bool:
    """Stripe takes the money off its balance when it makes the payout, not when it arrives."""
    if seen.status == "canceled" or (seen.failed and seen.status == "pending"):
        return False
    learnt = _post(ports, business_id, seen, failed=False)
    if seen.failed:
        learnt = _post(ports, business_id, seen, failed=True) or learnt
    return learnt


def _post(ports: Ports, business_id: str, seen: PayoutSeen, *, failed: bool) -> bool:
    def once() -> bool:
        business = ports.store.business(business_id)
        payload: Any = (
            PayoutFailed(seen.id, seen.amount, seen.currency)
            if failed
            else PayoutPaid(
                seen.id, seen.amount, seen.currency, local_date(seen.arrival_at, business.zone)
            )
        )
        after, fact = on_party(
            business, payload, at=now_of(ports, business), actor=STRIPE, why="Read from Stripe."
        )
        try:
            ports.store.append([Change(after, fact)], clock_id=business.test_clock_id)
        except FactExists:
            return False
        return True

    return again_when_stale(once)
