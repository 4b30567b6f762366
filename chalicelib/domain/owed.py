"""The words for what a fact owes to the outside: one function for each kind of effect."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.facts import Effect, EffectKind
from chalicelib.domain.policy import Channel, NoticeRule

_TEXTED = {"payment_failed", "action_required", "needs_card", "went_overdue"}


@dataclass(frozen=True, slots=True)
class Audience:
    """Whether this customer of this business gets text messages, and what the policy sends how."""

    sms: bool = False
    rules: tuple[NoticeRule, ...] = ()

    def channels(self, notice: str) -> tuple[Channel, ...]:
        """What the policy says of this notice; else mail, and a text too where it is fitting."""
        usual = (Channel.MAIL, Channel.SMS) if notice in _TEXTED else (Channel.MAIL,)
        return next((rule.channels for rule in self.rules if rule.notice == notice), usual)


def mail(name: str, audience: Audience) -> tuple[Effect, ...]:
    """A notice to the customer: by mail, by text message where that is agreed, or both."""
    channels = audience.channels(name)
    texted = audience.sms and Channel.SMS in channels
    mailed = Channel.MAIL in channels or not texted
    by_mail = (Effect(EffectKind.MAIL, name),) if mailed else ()
    return (*by_mail, Effect(EffectKind.SMS, name)) if texted else by_mail


def staff(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.STAFF_MAIL, name),)


def event(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.EVENT, name),)


def work(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.WORK, name),)


def document(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.DOCUMENT, name),)
