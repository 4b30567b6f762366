"""The end of the grace: days after an invoice went overdue, its subscription stops after all.

That the grace began, and until when it runs, stands in `went_overdue`.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from chalicelib.domain.facts import Effect, Fact
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.ledger import Leg
from chalicelib.domain.owed import Audience, mail
from chalicelib.domain.policy import WhenExhausted


@dataclass(frozen=True, slots=True)
class GraceEnded:
    """`end` is what was done to the subscription; None when there was none left to stop."""

    kind: ClassVar[str] = "grace_ended"
    reason: str
    end: WhenExhausted | None

    def key(self, seq: int) -> str:
        return f"grace_ended/{seq}"


PAYLOADS: tuple[type, ...] = (GraceEnded,)


def step(invoice: Invoice, payload: Any, fact: Fact) -> Invoice:
    return replace(invoice, stops_at=None)


def legs_for(invoice: Invoice, payload: Any) -> tuple[Leg, ...]:
    """No money moves."""
    return ()


def owed(
    before: Invoice | None, after: Invoice, payload: Any, audience: Audience
) -> tuple[Effect, ...]:
    """The payer is told again, now that the subscription has stopped."""
    return mail("went_overdue", audience) if payload.end is not None else ()
