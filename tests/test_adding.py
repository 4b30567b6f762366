"""The recipes of CONTRIBUTING.md: whoever adds one of many is told which place was forgotten."""

from __future__ import annotations

from collections import Counter

import pytest

from chalicelib.api.representation.rehearsals import TotalsView
from chalicelib.domain import declines
from chalicelib.domain.facts import EffectKind
from chalicelib.domain.owed import NOTICES, Audience, mail
from chalicelib.domain.policy import Channel, NoticeRule
from chalicelib.services.auditing import FORMATS, AuditFormat
from chalicelib.services.evidence import MESSAGES
from infra.local.demo import proof

# What a rehearsal adds up, by the channel that it counts.
COUNTED = {
    EffectKind.MAIL: "mails",
    EffectKind.SMS: "texts",
    EffectKind.STAFF_MAIL: "staff_mails",
}


def test_a_decline_code_has_one_class() -> None:
    words = Counter(word for codes in declines.CODES.values() for word in codes.split())
    assert [word for word, times in words.items() if times > 1] == []


def test_every_class_of_decline_has_its_codes() -> None:
    assert set(declines.CODES) == set(declines.DeclineClass)


def test_every_export_format_is_written_by_somebody() -> None:
    assert set(FORMATS) == set(AuditFormat)


@pytest.mark.parametrize("channel", Channel)
def test_a_channel_that_a_policy_may_choose_is_an_effect(channel: Channel) -> None:
    rule = NoticeRule("receipt", (channel,))
    (effect,) = mail("receipt", Audience(sms=True, rules=(rule,)))
    assert effect.kind.value == channel.value
    assert effect.kind in NOTICES


def test_a_bank_reads_of_every_channel_to_its_customer() -> None:
    assert set(MESSAGES) == {EffectKind(channel.value) for channel in Channel}


def test_every_channel_is_counted_where_notices_are() -> None:
    assert set(COUNTED) == NOTICES
    assert set(COUNTED.values()) <= set(TotalsView.__struct_fields__)
    assert set(proof.NOTICES) == NOTICES
