"""The words for what a fact owes to the outside: one function for each kind of effect."""

from __future__ import annotations

from dataclasses import dataclass

from chalicelib.domain.facts import Effect, EffectKind
from chalicelib.domain.policy import Channel, NoticeRule

_TEXTED = {"payment_failed", "action_required", "needs_card", "went_overdue"}
_BY = {channel: EffectKind(channel.value) for channel in Channel}
NOTICES = frozenset({*_BY.values(), EffectKind.STAFF_MAIL})  # the effects that tell somebody


@dataclass(frozen=True, slots=True)
class Audience:
    """Whether this customer of this business gets text messages, and what the policy sends how."""

    sms: bool = False
    rules: tuple[NoticeRule, ...] = ()

    def may_be_reached(self, channel: Channel) -> bool:
        return self.sms or channel is not Channel.SMS

    def channels(self, notice: str) -> tuple[Channel, ...]:
        """What the policy says of this notice; else mail, and a text too where it is fitting."""
        usual = (Channel.MAIL, Channel.SMS) if notice in _TEXTED else (Channel.MAIL,)
        return next((rule.channels for rule in self.rules if rule.notice == notice), usual)


def mail(name: str, audience: Audience) -> tuple[Effect, ...]:
    """A notice to the customer by every channel wanted and agreed; by mail where there is none."""
    wanted = audience.channels(name)
    channels = [one for one in Channel if one in wanted and audience.may_be_reached(one)]
    return tuple(Effect(_BY[one], name) for one in channels or [Channel.MAIL])


def staff(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.STAFF_MAIL, name),)


def event(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.EVENT, name),)


def work(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.WORK, name),)


def document(name: str) -> tuple[Effect, ...]:
    return (Effect(EffectKind.DOCUMENT, name),)
