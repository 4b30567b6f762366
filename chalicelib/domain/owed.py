"""The words for what a fact owes to the outside: one function for each kind of effect."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.facts import Effect, EffectKind

_TEXTED = {"payment_failed", "action_required", "needs_card", "went_overdue"}


@dataclass(frozen=True, slots=True)
class Audience:
    """Whether this customer of this business gets text messages."""

    sms: bool = False


def mail(name: str, audience: Audience) -> tuple[Effect, ...]:
    """A notice to the customer, by text message too where that is agreed and fitting."""
    effects = [Effect(EffectKind.MAIL, name)]
    if audience.sms and name in _TEXTED:
        effects.append(Effect(EffectKind.SMS, name))
    return tuple(effects)


def staff(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.STAFF_MAIL, name),)


def event(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.EVENT, name),)


def work(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.WORK, name),)


def document(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.DOCUMENT, name),)
