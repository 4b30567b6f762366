"""How often one card may be tried for one amount before its network counts it as abuse.

Counted per (business, card fingerprint, amount, currency) over all invoices and whoever started the
try: three unpaid months at one price share one counter. Limits are the policy's defaults: Visa
below its published 20 in 30 days, Mastercard 10 in 24 hours and 35 in 30 days, others as Visa.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from chalicelib.domain.policy import DunningPolicy

WINDOW = timedelta(days=30)
_DAY = timedelta(hours=24)


@dataclass(frozen=True, slots=True)
class CapVerdict:
    """Whether one more try is within the caps; when not, from when it is, and why."""

    free_at: datetime | None = None
    reason: str = ""

    @property
    def is_free(self) -> bool:
        return self.free_at is None


def check_caps(
    brand: str, tried_at: Sequence[datetime], policy: DunningPolicy, now: datetime
) -> CapVerdict:
    """`tried_at` are the tries of this card, amount and currency that reached the network."""
    limits: tuple[tuple[int, timedelta, str], ...]
    if brand == "mastercard":
        limits = (
            (policy.mastercard_cap_24_hours, _DAY, "24 hours"),
            (policy.mastercard_cap_30_days, WINDOW, "30 days"),
        )
    else:
        limits = ((policy.visa_cap_30_days, WINDOW, "30 days"),)
    verdict = CapVerdict()
    for limit, window, words in limits:
        inside = sorted(at for at in tried_at if at > now - window)
        if len(inside) < limit:
            continue
        free_at = inside[len(inside) - limit] + window
        if verdict.free_at is None or free_at > verdict.free_at:
            verdict = CapVerdict(
                free_at=free_at,
                reason=f"This card was tried {len(inside)} times for this amount in {words}; "
                f"its network allows {limit}.",
            )
    return verdict
