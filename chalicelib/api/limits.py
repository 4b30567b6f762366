"""How often a link may be used for what costs money: tries to pay, and Stripe's card pages.

A stolen link is a place to test stolen cards. Tries are counted from the invoice's own facts, so
they cannot be forgotten; card pages leave no fact before they are completed and are noted aside.
"""

from __future__ import annotations

import json
from datetime import datetime, timedelta
from http import HTTPStatus

from chalicelib.api.calls import PortalCall
from chalicelib.api.errors import Refused
from chalicelib.domain.facts import Subject
from chalicelib.domain.invoice_facts import ChargeRequested
from chalicelib.domain.payment import Trigger

MOST = 5
WITHIN = timedelta(hours=1)


def check_tries(call: PortalCall, invoice_id: str, now: datetime) -> None:
    """Raises Refused 429 at the sixth try of a payer at one invoice within an hour.

    `now` is the business's time, like the facts' own.
    """
    history = call.ports.store.facts(call.business_id, Subject.INVOICE, invoice_id)
    asked = [fact.at for fact in history if _by_payer(fact.data) and fact.at > now - WITHIN]
    if len(asked) >= MOST:
        raise _too_many("tries to pay", asked[-MOST] + WITHIN - now)


def _by_payer(payload: object) -> bool:
    return isinstance(payload, ChargeRequested) and payload.request.trigger is Trigger.CUSTOMER


def count_setup(call: PortalCall) -> None:
    """Raises Refused 429 at the sixth card page of one link within an hour, else notes this one."""
    store, name = call.ports.store, f"portal-setup/{call.link.token_hash[:32]}"
    now = call.ports.clock.now()
    noted = json.loads(store.watermark(call.business_id, name) or "[]")
    recent = [at for at in map(datetime.fromisoformat, noted) if at > now - WITHIN]
    if len(recent) >= MOST:
        raise _too_many("card pages", recent[-MOST] + WITHIN - now)
    kept = [at.isoformat() for at in (*recent, now)]
    store.save_watermark(call.business_id, name, json.dumps(kept))


def _too_many(what: str, wait: timedelta) -> Refused:
    return Refused(
        HTTPStatus.TOO_MANY_REQUESTS,
        "too_many_tries",
        f"There were {MOST} {what} within an hour. Please wait, or contact the business.",
        retry_after=max(1, int(wait.total_seconds())),
    )
