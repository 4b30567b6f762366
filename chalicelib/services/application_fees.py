"""The install's share of what connected businesses are paid: on the books of who owns its account.

Stripe puts the share on the install's own balance, so it is money of the business that is paid
there, and leaves with its payouts.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from functools import partial
from typing import Any

from chalicelib.domain.business import Business
from chalicelib.domain.dates import iso
from chalicelib.domain.facts import STRIPE
from chalicelib.domain.party_facts import ApplicationFeeEarned, ApplicationFeeReturned
from chalicelib.domain.record import on_party
from chalicelib.domain.stripe_objects import ApplicationFeeSeen
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists, all_of
from chalicelib.ports.rows import Change
from chalicelib.services import businesses
from chalicelib.services.case import again_when_stale, now_of

OVERLAP = timedelta(hours=2)
_MARK = "application_fees"


def post_fee(ports: Ports, business_id: str, fee_id: str) -> bool:
    """Read one share from Stripe and post it. True when something was learnt."""
    return _post_seen(ports, business_id, ports.gateway.read_application_fee(fee_id))


def post_since_last(ports: Ports, business: Business, now: datetime) -> int:
    """Shares of which no event told us, since the last run with some overlap."""
    since = businesses.looked_at_since(ports, business.id, now, _MARK) - OVERLAP
    seen = all_of(partial(ports.gateway.application_fees_since, since))
    posted = sum(_post_seen(ports, business.id, one) for one in seen)
    ports.store.save_watermark(business.id, _MARK, iso(now))
    return posted


def _post_seen(ports: Ports, business_id: str, seen: ApplicationFeeSeen) -> bool:
    earned = ApplicationFeeEarned(seen.id, seen.account, seen.amount, seen.currency)
    learnt = _post(ports, business_id, earned)
    for refund_id, amount in seen.returned:
        back = ApplicationFeeReturned(seen.id, refund_id, amount, seen.currency)
        learnt = _post(ports, business_id, back) or learnt
    return learnt


def _post(ports: Ports, business_id: str, payload: Any) -> bool:
    def once() -> bool:
        business = ports.store.business(business_id)
        after, fact = on_party(
            business, payload, at=now_of(ports, business), actor=STRIPE, why="Read from Stripe."
        )
        try:
            ports.store.append([Change(after, fact)])
        except FactExists:
            return False
        return True

    return again_when_stale(once)
