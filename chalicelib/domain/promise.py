"""A promise to pay: what the customer said, to whom it was said, and whether it was kept."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from enum import StrEnum

from chalicelib.domain.dates import instant
from chalicelib.domain.errors import InvalidInput

# A promise for Friday is judged on Saturday morning: money may come until the day is over.
JUDGED_AT = time(9)
LONGEST = timedelta(days=90)


class ToldBy(StrEnum):
    """How the customer said it."""

    PHONE = "phone"
    MAIL = "mail"
    MESSAGE = "message"
    IN_PERSON = "in_person"
    OTHER = "other"


@dataclass(frozen=True, slots=True)
class Promise:
    """`by` is who promised; `remaining` what was owed then. `kept` is None until it is judged."""

    id: str
    amount: int
    promised_on: date
    by: str
    told_by: ToldBy
    made_at: datetime
    remaining: int
    kept: bool | None = None

    def judged_at(self, zone: str) -> datetime:
        """The morning after the day it was promised for."""
        return instant(self.promised_on + timedelta(days=1), JUDGED_AT, zone)

    def is_kept_with(self, amount_remaining: int) -> bool:
        """What came since it was made is at least what was promised."""
        return self.remaining - amount_remaining >= self.amount


def check(promise: Promise, today: date) -> Promise:
    """Raises InvalidInput for a day or an amount that cannot be promised."""
    if not today <= promise.promised_on <= today + LONGEST:
        words = f"A promise is for today or a day within {LONGEST.days} days."
        raise InvalidInput("promise_date_invalid", words)
    if not 0 < promise.amount <= promise.remaining:
        raise InvalidInput("promise_amount_invalid", "Promise a part or all of what is owed.")
    return promise
