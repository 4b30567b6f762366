"""A business's Stripe account: what Stripe still wants of it, and what the install takes."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from chalicelib.domain.money import round_half_up


@dataclass(frozen=True, slots=True)
class AccountNeeds:
    """What Stripe wants to know before `deadline_at`; `disabled_reason` is Stripe's own word."""

    currently_due: tuple[str, ...] = ()
    past_due: tuple[str, ...] = ()
    disabled_reason: str = ""
    deadline_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class ApplicationFee:
    """What the install takes of a payment: per cent of it, and a fixed amount in minor units."""

    percent: Decimal = Decimal(0)
    fixed: int = 0

    def of(self, amount: int) -> int:
        """Never more than the payment itself, which Stripe would refuse."""
        return min(amount, round_half_up(amount * self.percent / 100) + self.fixed)
