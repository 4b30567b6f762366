"""Stripe's objects as adapters return them: see `domain/stripe_objects.py`."""

from chalicelib.domain.stripe_objects import (
    AccountPage,
    AccountSeen,
    ApplicationFeeSeen,
    ChargeSeen,
    ChargeStatus,
    ConfirmAnswer,
    Confirmed,
    DisputeSeen,
    IntentSeen,
    IntentStatus,
    NewIntent,
    PayoutSeen,
    RefundSeen,
    SetupPage,
    SetupSeen,
    WarningSeen,
)

__all__ = [
    "AccountPage",
    "AccountSeen",
    "ApplicationFeeSeen",
    "ChargeSeen",
    "ChargeStatus",
    "ConfirmAnswer",
    "Confirmed",
    "DisputeSeen",
    "IntentSeen",
    "IntentStatus",
    "NewIntent",
    "PayoutSeen",
    "RefundSeen",
    "SetupPage",
    "SetupSeen",
    "WarningSeen",
]
