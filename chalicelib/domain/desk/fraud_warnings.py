"""What happens to the record of an early fraud warning, and the record as the fold of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any, ClassVar

from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact
from chalicelib.domain.fraud_warning import FraudWarning


@dataclass(frozen=True, slots=True)
class WarningRecorded:
    """Read from Stripe for the first time, with the invoice's and the customer's own facts."""

    kind: ClassVar[str] = "created"
    warning: FraudWarning

    def key(self, seq: int) -> str:
        return "created"


@dataclass(frozen=True, slots=True)
class WarningSeenAs:
    """Whether Stripe says that a refund could still avoid something."""

    kind: ClassVar[str] = "seen_as"
    actionable: bool

    def key(self, seq: int) -> str:
        return f"seen_as/{seq}"


@dataclass(frozen=True, slots=True)
class WarningDisputed:
    """What it warned of has come."""

    kind: ClassVar[str] = "disputed"
    dispute_id: str

    def key(self, seq: int) -> str:
        return f"disputed/{self.dispute_id}"


@dataclass(frozen=True, slots=True)
class WarningReleased:
    """Somebody here has decided that the card may be charged again."""

    kind: ClassVar[str] = "released"
    reason: str

    def key(self, seq: int) -> str:
        return "released"


PAYLOADS: tuple[type, ...] = (WarningRecorded, WarningSeenAs, WarningDisputed, WarningReleased)


def warning_step(warning: FraudWarning | None, payload: Any, fact: Fact) -> FraudWarning:
    """What one fact changes in a warning. It owes nothing: its invoice's facts tell of it."""
    if isinstance(payload, WarningRecorded):
        return payload.warning
    if warning is None:
        raise BrokenRecord(f"{fact.kind} before created")
    match payload:
        case WarningSeenAs(actionable=actionable):
            return replace(warning, actionable=actionable)
        case WarningDisputed(dispute_id=dispute_id):
            return replace(warning, dispute_id=warning.dispute_id or dispute_id)
        case WarningReleased():
            return replace(warning, released_at=fact.at)
        case _:
            raise BrokenRecord(f"no step for {type(payload).__name__}")
