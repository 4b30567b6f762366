"""Which notice, document, job and event each fact owes, and which it does not."""

from __future__ import annotations

from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain import party_facts as party
from chalicelib.domain.customer import MethodState
from chalicelib.domain.desk.external_payments import ExternalPaymentRecorded
from chalicelib.domain.desk.refunds import Refunded, RefundFailed
from chalicelib.domain.effects import for_party
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.invoice import Hold, HoldKind
from chalicelib.domain.owed import Audience
from tests.domain.histories import PAY, Story
from tests.domain.samples import BIZ, NOON, card, customer, day, draft, standing

TEXTED = Audience(sms=True)


def asleep(**kinds: Any) -> Story:
    """A story whose schedule has moved past its immediate retry."""
    return Story(**kinds).charging().failed().started(2, slot=0, slots_done=1)


def test_a_sent_invoice() -> None:
    assert Story().finalized().owed == [
        "document:invoice", "mail:invoice_sent", "event:invoice.finalized",
    ]  # fmt: skip
    assert Story().owed == []


def test_a_payment() -> None:
    assert Story().paid().owed == [
        "document:receipt", "mail:receipt", "staff_mail:staff_payment_received",
        "event:payment.succeeded", "event:invoice.paid",
    ]  # fmt: skip


def test_a_part_payment_is_told_but_the_invoice_is_not_paid() -> None:
    story = Story().finalized()
    story.tell(ExternalPaymentRecorded("1", ExternalMethod.CASH, "1", 100, day("2026-03-02")))
    assert story.owed == ["staff_mail:staff_payment_received", "event:payment.succeeded"]


def test_a_payment_of_an_overdue_invoice_resumes_its_subscription() -> None:
    story = Story().charging().failed().tell(facts.WentOverdue("Used up."))
    assert story.owed == [
        "mail:went_overdue", "staff_mail:staff_overdue", "event:invoice.overdue",
    ]  # fmt: skip
    assert "work:resume_subscriptions" in story.started(2).succeeded(2).owed
    assert "work:resume_subscriptions" not in Story().paid().owed


def test_a_failure_that_is_retried_at_once_is_not_announced() -> None:
    assert Story().charging().failed().owed == ["event:invoice.payment_failed"]


def test_the_retrys_own_failure_is_announced_once() -> None:
    assert asleep().failed(number=2).owed == [
        "mail:payment_failed", "staff_mail:staff_payment_failed", "event:invoice.payment_failed",
    ]  # fmt: skip
    assert asleep(sms=True).failed(number=2).owed[:2] == [
        "mail:payment_failed", "sms:payment_failed",
    ]  # fmt: skip


@pytest.mark.parametrize("code", ["stolen_card", "expired_card", "lost_card"])
def test_a_hard_decline_is_announced_at_once(code: str) -> None:
    assert Story().charging().failed(code).owed == [
        "mail:payment_failed", "staff_mail:staff_payment_failed", "event:invoice.payment_failed",
    ]  # fmt: skip


def test_the_bank_wants_the_payer() -> None:
    assert Story(sms=True).charging().failed("authentication_required").owed == [
        "mail:action_required", "sms:action_required", "staff_mail:staff_payment_failed",
        "event:invoice.payment_failed",
    ]  # fmt: skip


def test_our_own_fault_reads_as_being_checked() -> None:
    assert Story().charging().failed("duplicate_transaction").owed == [
        "mail:checking", "staff_mail:staff_needs_human", "event:invoice.payment_failed",
    ]  # fmt: skip


def test_an_unknown_result_is_told_once() -> None:
    story = Story().charging().tell(facts.ResultUnknown(PAY, 1, 1))
    assert story.owed == ["mail:checking"]
    assert story.tell(facts.ResultUnknown(PAY, 1, 2)).owed == []


def test_a_person_is_called_when_no_answer_comes() -> None:
    story = Story().charging().tell(facts.HoldPlaced(Hold(HoldKind.UNRESOLVED, "?")))
    assert story.owed == ["staff_mail:staff_needs_human"]
    by_staff = Story().finalized().tell(facts.HoldPlaced(Hold(HoldKind.STAFF, "?")))
    assert by_staff.owed == []


@pytest.mark.parametrize(
    ("code", "owed"),
    [
        ("no_payment_method", ["mail:needs_card"]),
        ("method_dead", ["mail:needs_card"]),
        ("method_expired", ["mail:needs_card"]),
        ("hard_decline", ["mail:needs_card"]),
        ("network_cap", []),
        ("authentication_required", []),
    ],
)
def test_a_skipped_slot_asks_for_a_card_where_that_would_help(code: str, owed: list[str]) -> None:
    story = Story().charging().failed().tell(facts.SlotSkipped(2, code, "?"))
    assert story.owed == owed


def test_reminders_before_and_after() -> None:
    assert Story().finalized().tell(facts.Reminded("before/7")).owed == ["mail:reminder_upcoming"]
    assert Story().finalized().tell(facts.Reminded("after/3")).owed == ["mail:reminder_past_due"]


def test_a_withdrawn_draft_was_never_told_of() -> None:
    assert Story().tell(facts.InvoiceCancelled("No.")).owed == []
    assert Story().finalized().tell(facts.InvoiceCancelled("No.")).owed == [
        "mail:invoice_cancelled", "event:invoice.cancelled",
    ]  # fmt: skip


def test_a_withdrawn_overdue_invoice_no_longer_holds_its_subscription() -> None:
    story = Story().charging().failed().tell(facts.WentOverdue("Used up."))
    story.tell(facts.PaymentCancelled(PAY, "x")).tell(facts.InvoiceCancelled("Our mistake."))
    assert "work:resume_subscriptions" in story.owed


def test_refunds_and_disputes() -> None:
    assert Story().paid().tell(Refunded(PAY, "re_1", 100)).owed == [
        "mail:refund_sent", "event:refund.created",
    ]  # fmt: skip
    assert Story().paid().tell(RefundFailed(PAY, "re_1", 100)).owed == [
        "mail:refund_failed", "staff_mail:staff_refund_failed", "event:refund.failed",
    ]  # fmt: skip
    opened = facts.DisputeOpened(PAY, "du_1", 8900, "fraudulent", None)
    assert Story().paid().tell(opened).owed == [
        "staff_mail:staff_dispute", "event:dispute.created",
    ]  # fmt: skip


def test_small_news_for_machines_alone() -> None:
    assert Story().charging().tell(facts.ChargeProcessing(PAY, 1, "py_1")).owed == [
        "event:payment.processing",
    ]  # fmt: skip
    refused = Story().finalized().tell(facts.RequestRefused("req_1", "network_cap", "?"))
    assert refused.owed == ["event:invoice.charge_refused"]
    assert Story().charging().owed == []


def alarms(story: Story) -> list[str]:
    return [effect.name for effect in story.last.effects if effect.kind.value == "alarm"]


def test_an_alarm_is_owed_for_what_a_machine_does_next() -> None:
    assert alarms(Story().finalized()) == ["charge"]
    assert alarms(Story().charging().failed()) == ["retry"]
    assert alarms(Story().charging().tell(facts.ResultUnknown(PAY, 1, 1))) == ["check"]
    assert alarms(Story().paid()) == []


def test_no_alarm_for_a_try_whose_worker_is_awake_nor_twice_for_one_time() -> None:
    assert alarms(Story().charging()) == []
    by_hand = Story(around=standing(card(), auto_charge=False)).finalized()
    assert alarms(by_hand) == ["mark_overdue"]
    assert alarms(by_hand.tell(facts.Replanned("Nothing new."))) == []


@pytest.mark.parametrize(
    ("payload", "owed"),
    [
        (
            party.MethodSaved(card(), make_default=True, source="cs_1"),
            ["work:charge_open_invoices", "event:customer.payment_method_saved"],
        ),
        (party.DefaultMethodChosen("pm_1"), ["work:charge_open_invoices"]),
        (party.MethodRemoved("pm_1"), ["mail:method_removed", "work:replan_open_invoices"]),
        (party.ExpiryNoticed("pm_1", "2027-03"), ["mail:card_expiring"]),
        (party.CustomerChanged(customer(), ("auto_charge",)), ["work:replan_open_invoices"]),
        (party.CustomerChanged(customer(), ("name",)), []),
        (party.MethodJudged("pm_1", MethodState.DEAD, "inv_1", PAY, 1), []),
        (party.SubscriptionPaused(NOON.date(), "?"), ["event:subscription.paused"]),
        (
            party.SubscriptionResumed(NOON.date(), "?", 0, "UTC"),
            ["mail:resumed", "event:subscription.resumed"],
        ),
        (
            party.SubscriptionCancelled(NOON.date(), "?", collect_open_debt=False),
            ["work:cancel_open_invoices", "event:subscription.cancelled"],
        ),
        (
            party.SubscriptionCancelled(NOON.date(), "?", collect_open_debt=True),
            ["event:subscription.cancelled"],
        ),
        (party.PayoutPaid("po_1", 1, "USD", NOON.date()), []),
    ],
    ids=lambda value: getattr(value, "kind", ""),
)
def test_what_customers_and_subscriptions_owe(payload: Any, owed: list[str]) -> None:
    assert [effect.id for effect in for_party(payload, TEXTED)] == owed


def test_every_effect_has_one_name_within_its_fact() -> None:
    for story in (Story(sms=True).paid(), asleep(sms=True).failed(number=2), Story(draft())):
        for fact in story.facts:
            ids = [effect.id for effect in fact.effects]
            assert len(ids) == len(set(ids))
            assert fact.business_id == BIZ
