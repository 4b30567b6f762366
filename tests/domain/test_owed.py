"""The words for what a fact owes: who is written to, and by which channel."""

from __future__ import annotations

import pytest

from chalicelib.domain import owed
from chalicelib.domain.facts import Effect, EffectKind
from chalicelib.domain.owed import Audience
from chalicelib.domain.policy import Channel, NoticeRule

BY_MAIL = Effect(EffectKind.MAIL, "went_overdue")
BY_TEXT = Effect(EffectKind.SMS, "went_overdue")
TEXT_ONLY = NoticeRule("went_overdue", (Channel.SMS,))
MAIL_ONLY = NoticeRule("went_overdue", (Channel.MAIL,))
BOTH = NoticeRule("receipt", (Channel.MAIL, Channel.SMS))


@pytest.mark.parametrize(
    ("audience", "expected"),
    [
        (Audience(), (BY_MAIL,)),
        (Audience(sms=True), (BY_MAIL, BY_TEXT)),
        (Audience(rules=(TEXT_ONLY,)), (BY_MAIL,)),  # no text is agreed: it is not left unsaid
        (Audience(sms=True, rules=(TEXT_ONLY,)), (BY_TEXT,)),
        (Audience(sms=True, rules=(BOTH, MAIL_ONLY)), (BY_MAIL,)),
        (Audience(sms=True, rules=(BOTH,)), (BY_MAIL, BY_TEXT)),
        (Audience(sms=True, rules=(MAIL_ONLY, TEXT_ONLY)), (BY_MAIL,)),  # the first counts
    ],
)
def test_a_notice_is_sent_as_the_policy_says_and_always_somehow(
    audience: Audience, expected: tuple[Effect, ...]
) -> None:
    assert owed.mail("went_overdue", audience) == expected


@pytest.mark.parametrize(
    ("notice", "texted"),
    [
        ("payment_failed", True),
        ("action_required", True),
        ("needs_card", True),
        ("went_overdue", True),
        ("receipt", False),
        ("invoice_sent", False),
    ],
)
def test_only_what_the_payer_must_act_on_is_texted_unasked(notice: str, *, texted: bool) -> None:
    by_text = (Effect(EffectKind.SMS, notice),) if texted else ()
    expected = (Effect(EffectKind.MAIL, notice), *by_text)
    assert owed.mail(notice, Audience(sms=True)) == expected


def test_a_receipt_is_texted_where_the_policy_wants_it() -> None:
    wanted = Audience(sms=True, rules=(BOTH,))
    assert owed.mail("receipt", wanted) == (
        Effect(EffectKind.MAIL, "receipt"),
        Effect(EffectKind.SMS, "receipt"),
    )


def test_what_is_owed_to_staff_machines_and_the_archive() -> None:
    assert owed.staff("staff_overdue") == (Effect(EffectKind.STAFF_MAIL, "staff_overdue"),)
    assert owed.event("invoice.paid") == (Effect(EffectKind.EVENT, "invoice.paid"),)
    assert owed.work("send_refunds") == (Effect(EffectKind.WORK, "send_refunds"),)
    assert owed.document("receipt") == (Effect(EffectKind.DOCUMENT, "receipt"),)
