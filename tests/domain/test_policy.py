"""What a policy may say, and what `decide` makes of its rules, its grace and its channels."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.decisions import GiveUp, PayNow, RetryAt, StopService, Wait
from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.dunning import decide, grace_ends_at
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.facts import Effect, EffectKind
from chalicelib.domain.invoice import Hold, HoldKind, InvoiceStatus, NextActionKind
from chalicelib.domain.owed import Audience, mail
from chalicelib.domain.parties import QuietHours
from chalicelib.domain.plan import next_action
from chalicelib.domain.policy import (
    DAY,
    GENTLE,
    HOUR,
    SHIPPED,
    STANDARD,
    Channel,
    ClassRule,
    DunningPolicy,
    NoticeRule,
    check,
)
from tests.domain.samples import after, bounded, card, dunned, failed, standing

CARD = card()
LATE: dict[str, Any] = {"status": InvoiceStatus.OVERDUE, "overdue_at": after(days=7)}


def ruled(*rules: ClassRule, **changes: object) -> DunningPolicy:
    return check(replace(STANDARD, class_rules=rules, **changes))  # type: ignore[arg-type]


@pytest.mark.parametrize("policy", SHIPPED, ids=lambda policy: policy.id)
def test_what_is_shipped_is_within_the_rules(policy: DunningPolicy) -> None:
    assert check(policy) is policy


def test_every_fault_is_named_at_once() -> None:
    with pytest.raises(InvalidInput) as refused:
        check(replace(STANDARD, offsets_seconds=(), name=" ", reminder_days_after=(0,)))
    assert refused.value.code == "policy_invalid"
    assert refused.value.detail == (
        "A policy has between 1 and 8 offsets. A reminder is between 1 and 90 days away. "
        "A policy needs a name."
    )


@bounded
@given(kind=st.sampled_from(DeclineClass), wait=st.integers(-1, 61 * DAY), retry=st.booleans())
def test_no_rule_makes_a_hard_decline_soft(kind: DeclineClass, wait: int, retry: bool) -> None:
    soft = {DeclineClass.FUNDS, DeclineClass.TECH, DeclineClass.OPAQUE, DeclineClass.DEBIT}
    try:
        check(replace(STANDARD, class_rules=(ClassRule(kind, wait, retry),)))
    except InvalidInput as error:
        assert error.code == "policy_overrides_network" or wait != 0  # noqa: PT017
    else:
        assert kind in soft or not retry
        assert 0 <= wait <= 60 * DAY


def test_a_class_waits_as_long_as_the_policy_says() -> None:
    policy = ruled(ClassRule(DeclineClass.FUNDS, wait_seconds=100 * HOUR))
    invoice = dunned(failed("insufficient_funds"), policy=policy)
    early = decide(STANDARD, invoice, standing(CARD), after(hours=72))
    assert isinstance(early, RetryAt)
    assert (early.at, early.reason.code) == (after(hours=100), "next_retry")
    late = decide(STANDARD, invoice, standing(CARD), after(hours=100))
    assert isinstance(late, PayNow)
    assert late.slots_done == 3  # it stands for the three slots that passed


def test_other_classes_do_not_wait_for_it() -> None:
    policy = ruled(ClassRule(DeclineClass.FUNDS, wait_seconds=100 * HOUR))
    invoice = dunned(failed("processing_error"), policy=policy)
    assert isinstance(decide(STANDARD, invoice, standing(CARD), after()), PayNow)


def test_a_class_that_is_not_retried_lets_the_slots_pass() -> None:
    policy = ruled(ClassRule(DeclineClass.FUNDS, retry=False))
    invoice = dunned(failed("insufficient_funds"), policy=policy, slots_done=1)
    skipped = decide(STANDARD, invoice, standing(CARD), after(hours=24))
    assert isinstance(skipped, RetryAt)
    assert (skipped.reason.code, skipped.slots_done, skipped.charges) == (
        "policy_no_retry", 2, False,
    )  # fmt: skip
    end = decide(STANDARD, invoice, standing(CARD), after(days=7))
    assert isinstance(end, GiveUp)
    assert end.reason.staff == "The policy does not retry after a decline for funds."


def test_the_gentle_policy_tries_a_passing_fault_at_once_and_an_empty_account_later() -> None:
    tech = dunned(failed("processing_error"), policy=GENTLE)
    empty = dunned(failed("insufficient_funds"), policy=GENTLE)
    assert isinstance(decide(STANDARD, tech, standing(CARD), after()), PayNow)
    later = decide(STANDARD, empty, standing(CARD), after())
    assert isinstance(later, RetryAt)
    assert later.at == after(hours=93)  # Friday at nine, by its pay days


def test_the_grace_ends_in_the_morning_of_its_last_day() -> None:
    overdue_at = after(days=7, hours=2)
    assert grace_ends_at(STANDARD, "UTC", overdue_at) is None
    ends_at = grace_ends_at(GENTLE, "America/New_York", overdue_at)
    assert ends_at == after(days=14, hours=1)  # nine o'clock there, in summer time by then


def test_after_overdue_the_subscription_goes_on_until_its_grace_is_over() -> None:
    invoice = dunned(policy=GENTLE, slots_done=4, stops_at=after(days=14), **LATE)
    waits = decide(STANDARD, invoice, standing(CARD), after(days=13))
    assert isinstance(waits, Wait)
    assert (waits.reason.code, waits.until) == ("grace", after(days=14))
    plan = next_action(
        STANDARD, replace(invoice, reminded_at=after(days=60)), standing(CARD), after(days=13)
    )
    assert plan is not None
    assert (plan.kind, plan.at) == (NextActionKind.STOP_SERVICE, after(days=14))
    stops = decide(STANDARD, invoice, standing(CARD), after(days=14))
    assert isinstance(stops, StopService)
    assert stops.reason.code == "grace_over"


def test_nothing_stops_while_it_is_promised_or_we_are_not_connected() -> None:
    invoice = dunned(policy=GENTLE, slots_done=4, stops_at=after(days=14), **LATE)
    promised = replace(invoice, hold=Hold(HoldKind.PROMISE, "?", after(days=20)))
    assert isinstance(decide(STANDARD, promised, standing(CARD), after(days=15)), Wait)
    cut = decide(STANDARD, invoice, standing(CARD, can_charge=False), after(days=15))
    assert isinstance(cut, Wait)
    assert cut.reason.code == "not_connected"


def kinds(audience: Audience, notice: str) -> list[EffectKind]:
    return [effect.kind for effect in mail(notice, audience)]


def test_channels_are_as_the_policy_says_and_a_text_that_is_not_agreed_to_is_a_mail() -> None:
    rules = (
        NoticeRule("payment_failed", (Channel.SMS,)),
        NoticeRule("reminder_past_due", (Channel.MAIL, Channel.SMS)),
        NoticeRule("went_overdue", (Channel.MAIL,)),
    )
    texted, mailed = Audience(sms=True, rules=rules), Audience(rules=rules)
    assert kinds(texted, "payment_failed") == [EffectKind.SMS]
    assert kinds(texted, "reminder_past_due") == [EffectKind.MAIL, EffectKind.SMS]
    assert kinds(texted, "went_overdue") == [EffectKind.MAIL]
    assert kinds(texted, "needs_card") == [EffectKind.MAIL, EffectKind.SMS]
    for notice in ("payment_failed", "reminder_past_due", "went_overdue", "needs_card"):
        assert mail(notice, mailed) == (Effect(EffectKind.MAIL, notice),)


@pytest.mark.parametrize(
    ("own", "policys", "both"),
    [
        ((8, 21), (9, 18), (9, 18)),
        ((10, 15), (9, 18), (10, 15)),
        ((8, 12), (11, 18), (11, 12)),
        ((8, 10), (12, 18), (8, 10)),  # no hour in common: the customer's own
        ((22, 6), (9, 18), (22, 6)),  # over midnight: the customer's own
        ((0, 0), (9, 18), (9, 18)),  # at any time
    ],
)
def test_texts_keep_the_hours_of_both(
    own: tuple[int, int], policys: tuple[int, int], both: tuple[int, int]
) -> None:
    assert QuietHours(*own).within(QuietHours(*policys)) == QuietHours(*both)
