"""A policy is obeyed by the services: grace, what happens at the end, channels, hours for texts."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from email import message_from_bytes
from email.policy import default
from typing import Any

import pytest

from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice, InvoiceStatus, NextActionKind
from chalicelib.domain.parties import QuietHours
from chalicelib.domain.policy import (
    GENTLE,
    STANDARD,
    Channel,
    ClassRule,
    DunningPolicy,
    NoticeRule,
    WhenExhausted,
)
from chalicelib.domain.subscription import SubscriptionStatus
from chalicelib.services import policies
from tests.fakes.install import VISA, Install
from tests.services.checks import check_install, delivered

START = datetime(2026, 1, 5, 15, tzinfo=UTC)  # ten in the morning in New York


def stage(policy: DunningPolicy, code: str = "insufficient_funds", **more: Any) -> Install:
    install = Install.at(START)
    install.business(policy=policy)
    install.subscription(install.customer(**more))
    install.stripe.script_card(VISA, [code] * 20)
    install.advance(hours=1)
    return install


def only(install: Install) -> Invoice:
    (invoice,) = install.store.invoices("biz_1").items
    return install.read(invoice)


def subscription_of(install: Install) -> SubscriptionStatus:
    return install.store.subscription("biz_1", only(install).subscription_id or "").status


def test_the_subscription_is_paused_when_the_grace_is_over() -> None:
    install = stage(replace(STANDARD, grace_days=5))
    install.advance(days=8)
    late = only(install)
    assert (late.status, subscription_of(install)) == (
        InvoiceStatus.OVERDUE, SubscriptionStatus.ACTIVE,
    )  # fmt: skip
    assert late.stops_at == datetime(2026, 1, 17, 14, tzinfo=UTC)
    install.advance(days=5)
    assert subscription_of(install) is SubscriptionStatus.PAUSED
    assert only(install).stops_at is None
    assert len(delivered(install, "went_overdue")) == 2
    check_install(install)


def test_who_pays_within_the_grace_is_never_paused() -> None:
    install = stage(replace(STANDARD, grace_days=5))
    install.advance(days=8)
    install.save_card("biz_1", only(install).customer_id, "5555555555554444")
    install.settle()
    install.advance(days=6)
    assert only(install).status is InvoiceStatus.PAID
    assert subscription_of(install) is SubscriptionStatus.ACTIVE
    assert "grace_ended" not in install.kinds(only(install))
    check_install(install)


@pytest.mark.parametrize(
    ("end", "status"),
    [
        (WhenExhausted.PAUSE, SubscriptionStatus.PAUSED),
        (WhenExhausted.KEEP, SubscriptionStatus.ACTIVE),
        (WhenExhausted.CANCEL, SubscriptionStatus.CANCELLED),
    ],
)
def test_the_end_is_the_one_the_policy_names(
    end: WhenExhausted, status: SubscriptionStatus
) -> None:
    install = stage(replace(STANDARD, when_exhausted=end))
    install.advance(days=8)
    assert only(install).status is InvoiceStatus.OVERDUE
    assert subscription_of(install) is status
    plan = only(install).next_action
    assert plan is not None
    assert plan.kind is NextActionKind.REMIND
    check_install(install)


def test_cancelled_after_a_grace() -> None:
    install = stage(replace(STANDARD, when_exhausted=WhenExhausted.CANCEL, grace_days=2))
    install.advance(days=8)
    assert subscription_of(install) is SubscriptionStatus.ACTIVE
    install.advance(days=2)
    assert subscription_of(install) is SubscriptionStatus.CANCELLED
    check_install(install)


def test_a_class_that_is_not_retried_is_not() -> None:
    rule = ClassRule(DeclineClass.FUNDS, retry=False)
    install = stage(replace(STANDARD, class_rules=(rule,)))
    install.advance(days=8)
    assert len(only(install).attempts) == 1
    assert only(install).status is InvoiceStatus.OVERDUE
    check_install(install)


def test_a_customer_follows_their_own_policy_and_a_running_case_the_one_it_began_with() -> None:
    install = stage(STANDARD)
    customer = only(install).customer_id
    policies.assign_policy(install.ports, "biz_1", customer, "gentle", actor=SYSTEM)
    policies.change_policy(
        install.ports, "biz_1", "standard", {"offsets_seconds": (0,)}, actor=SYSTEM
    )
    install.settle()
    running = only(install)
    assert running.dunning is not None
    assert running.dunning.policy == STANDARD
    later = install.invoice(install.store.customer("biz_1", customer))
    install.advance(hours=1)
    begun = install.read(later).dunning
    assert begun is not None
    assert begun.policy == GENTLE
    check_install(install)


def test_a_changed_policy_plans_the_open_book_anew() -> None:
    install = Install.at(START)
    install.business()
    due_on = datetime(2026, 2, 20, tzinfo=UTC).date()
    invoice = install.invoice(install.customer(), due_on=due_on)
    install.settle()
    before = install.read(invoice).next_action
    policies.change_policy(
        install.ports, "biz_1", "standard", {"reminder_days_before": (30,)}, actor=SYSTEM
    )
    install.settle()
    after = install.read(invoice).next_action
    assert before is not None
    assert after is not None
    assert [before.at, after.at] == [
        datetime(2026, 2, 13, 15, tzinfo=UTC), datetime(2026, 1, 21, 15, tzinfo=UTC),
    ]  # fmt: skip


def test_texts_wait_for_the_policys_hours_and_go_by_its_channels() -> None:
    rules = (NoticeRule("payment_failed", (Channel.SMS,)),)
    policy = replace(STANDARD, notice_rules=rules, text_hours=QuietHours(13, 17))
    install = stage(policy, phone="+12075550177", sms_consent_at=START)
    assert delivered(install, "payment_failed") == []
    assert install.sms.sent == []
    install.advance(hours=3)
    (text,) = install.sms.sent
    assert delivered(install, "payment_failed") == [text.id]
    check_install(install)


@pytest.mark.parametrize(
    ("end", "grace_days", "sentences"),
    [
        (WhenExhausted.PAUSE, 0, ["Platform is paused as of today."]),
        (WhenExhausted.CANCEL, 0, ["Platform is cancelled as of today;"]),
        (WhenExhausted.KEEP, 0, []),
        (
            WhenExhausted.PAUSE,
            5,
            ["by January 17, 2026, Platform will be paused", "Platform is paused as of today."],
        ),
        (
            WhenExhausted.CANCEL,
            5,
            ["by January 17, 2026, Platform will be cancelled", "Platform is cancelled as of"],
        ),
    ],
)
def test_the_payer_is_told_what_becomes_of_the_subscription_and_when(
    end: WhenExhausted, grace_days: int, sentences: list[str]
) -> None:
    install = stage(replace(STANDARD, when_exhausted=end, grace_days=grace_days))
    install.advance(days=14)
    mails = [message_from_bytes(sent.mime, policy=default) for sent in install.mail.sent]
    bodies = [
        str(body.get_content())
        for mail in mails
        if "is overdue" in str(mail["Subject"]) and (body := mail.get_body(("plain",)))
    ]
    said = [line for body in bodies for line in body.splitlines() if "Platform " in line]
    assert len(said) == len(sentences)
    assert all(sentence in line for sentence, line in zip(sentences, said, strict=True))
