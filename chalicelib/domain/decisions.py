"""The six answers of `dunning.decide`, each with its reason in words.

`staff` is the sentence the back office shows; `payer_key` names the sentence the payer may read
(`catalogue`), empty where the payer is told nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from chalicelib.domain.customer import PaymentMethod
from chalicelib.domain.payment import Trigger


@dataclass(frozen=True, slots=True)
class Reason:
    """`code` is stable, for lists and tests."""

    code: str
    staff: str
    payer_key: str = ""


@dataclass(frozen=True, slots=True)
class PayNow:
    """Try this method now. `slots_done` is given when the try uses up a dunning slot."""

    method: PaymentMethod
    trigger: Trigger
    reason: Reason
    slot: int | None = None
    slots_done: int | None = None


@dataclass(frozen=True, slots=True)
class RetryAt:
    """Come back then. `slots_done` is given when slots passed without a try.

    `charges` is False when nothing can be tried by then either: only the calendar goes on, and it
    is the payer's turn.
    """

    at: datetime
    reason: Reason
    first: bool = False
    charges: bool = True
    slots_done: int | None = None


@dataclass(frozen=True, slots=True)
class Wait:
    """Nothing to do until somebody acts, or until `until` when the state is asked for again."""

    reason: Reason
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Refuse:
    """Somebody asked for a try that may not be made. `free_at`: from when it may."""

    reason: Reason
    free_at: datetime | None = None


@dataclass(frozen=True, slots=True)
class GiveUp:
    """Mark the invoice overdue, and do what the policy says at the end."""

    reason: Reason
    slots_done: int | None = None


@dataclass(frozen=True, slots=True)
class StopService:
    """The grace after overdue has ended: pause or cancel the subscription, as the policy says."""

    reason: Reason


@dataclass(frozen=True, slots=True)
class Close:
    """A payment on account is over without money: nobody will try it again."""

    reason: Reason


Decision = PayNow | RetryAt | Wait | Refuse | GiveUp | Close | StopService
