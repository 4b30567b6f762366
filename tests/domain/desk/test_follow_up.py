"""Promises, snoozes and notes: what each fact changes and owes, and how a promise is judged."""

from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.decisions import PayNow, Refuse, Wait
from chalicelib.domain.desk.follow_up import (
    NoteAdded,
    PromiseEnded,
    PromiseMade,
    Snoozed,
    over,
    running,
    was_kept,
)
from chalicelib.domain.desk.sending import InvoiceSentAgain
from chalicelib.domain.dunning import decide
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.invoice import ChargeRequest, Hold, HoldKind
from chalicelib.domain.invoice_facts import HoldLifted
from chalicelib.domain.payment import Trigger
from chalicelib.domain.policy import STANDARD
from chalicelib.domain.promise import Promise, ToldBy, check
from tests.domain.histories import Story
from tests.domain.samples import NOON, after, bounded, card, day, dunned, pending, standing

FRIDAY = Promise("pro_1", 8900, day("2026-03-06"), "Ada Byron", ToldBy.PHONE, NOON, 8900)
UNTIL = FRIDAY.judged_at("UTC")
WORDS = "Ada Byron promised 89.00 USD for 2026-03-06."


def story() -> Story:
    return Story().charging().failed().tell(PromiseMade(FRIDAY, UNTIL))


def test_a_promise_is_judged_on_the_morning_after_its_day() -> None:
    assert FRIDAY.judged_at("America/New_York") == after(days=5, hours=2)


def test_a_promise_holds_and_its_end_lifts_the_hold() -> None:
    told = story()
    assert told.invoice.hold == Hold(HoldKind.PROMISE, WORDS, UNTIL)
    assert told.owed == ["event:invoice.promised"]
    assert running(told.invoice) == FRIDAY
    told.tell(PromiseEnded("pro_1", kept=False, reason="No money came."))
    assert told.invoice.hold is None
    assert running(told.invoice) is None
    assert told.owed[:2] == ["staff_mail:staff_promise_broken", "event:invoice.promise_broken"]


def test_a_kept_promise_is_nobodys_work() -> None:
    told = story().tell(PromiseEnded("pro_1", kept=True, reason="It was kept."))
    assert told.owed[0] == "event:invoice.promise_kept"
    assert was_kept(told.invoice, told.invoice.promises[0]) is True


def test_paid_before_its_day_it_was_kept() -> None:
    promised = story()
    assert was_kept(promised.invoice, FRIDAY) is None
    paid = replace(promised.invoice, paid_at=NOON)
    assert was_kept(replace(paid, status=Story().paid().invoice.status), FRIDAY) is True


@pytest.mark.parametrize(
    ("amount", "paid", "kept"),
    [(8900, 0, False), (8900, 8899, False), (4000, 4000, True), (4000, 3999, False)],
)
def test_a_promise_is_kept_by_what_came_since(amount: int, paid: int, kept: bool) -> None:
    promise = replace(FRIDAY, amount=amount)
    hold = Hold(HoldKind.PROMISE, "?", UNTIL)
    invoice = pending(amount_paid=paid, promises=(promise,), hold=hold)
    ended = over(invoice, hold)
    assert isinstance(ended, PromiseEnded)
    assert (ended.promise_id, ended.kept) == ("pro_1", kept)


def test_another_hold_is_only_lifted() -> None:
    hold = Hold(HoldKind.STAFF, "?", UNTIL)
    assert over(pending(hold=hold), hold) == HoldLifted("Its time is over.")


def test_a_promise_holds_our_own_steps_and_not_what_people_ask_for() -> None:
    hold = Hold(HoldKind.PROMISE, WORDS, UNTIL)
    promised = dunned(hold=hold, promises=(FRIDAY,))
    waits = decide(STANDARD, promised, standing(card()), after(hours=25))
    assert isinstance(waits, Wait)
    assert waits.until == UNTIL
    kinds = {
        trigger: type(
            decide(
                STANDARD,
                replace(promised, charge_request=ChargeRequest("req_1", trigger, NOON)),
                standing(card()),
                after(hours=25),
            )
        )
        for trigger in (Trigger.STAFF, Trigger.CUSTOMER, Trigger.NEW_CARD)
    }
    assert kinds == {Trigger.STAFF: PayNow, Trigger.CUSTOMER: PayNow, Trigger.NEW_CARD: Refuse}


def test_a_hold_of_staff_lets_nobody_past() -> None:
    asked = ChargeRequest("req_1", Trigger.STAFF, NOON)
    held = dunned(hold=Hold(HoldKind.STAFF, "?"), charge_request=asked)
    assert isinstance(decide(STANDARD, held, standing(card()), after(hours=25)), Refuse)


def told(story: Story) -> list[str]:
    return [name for name in story.owed if not name.startswith("alarm:")]


def test_notes_and_snoozes_change_no_plan() -> None:
    before = Story().charging().failed()
    plan = before.invoice.next_action
    assert plan is not None
    noted = before.tell(NoteAdded("note_1", "Call after four."))
    assert noted.invoice.next_action is not None
    assert (noted.invoice.next_action.kind, told(noted)) == (plan.kind, [])
    snoozed = noted.tell(Snoozed(day("2026-03-20")))
    assert snoozed.invoice.snoozed_until == day("2026-03-20")
    assert snoozed.invoice.next_action is not None
    assert (snoozed.invoice.next_action.kind, told(snoozed)) == (plan.kind, [])
    assert snoozed.tell(Snoozed(None)).invoice.snoozed_until is None


def test_sent_again_is_one_mail_and_changes_no_plan() -> None:
    before = Story().charging().failed()
    sent = before.tell(InvoiceSentAgain("snd_1"))
    assert told(sent) == ["mail:invoice_sent", "event:invoice.sent_again"]
    assert sent.invoice.amount_remaining == before.invoice.amount_remaining
    assert before.invoice.next_action is not None
    assert sent.invoice.next_action is not None
    assert sent.invoice.next_action.kind is before.invoice.next_action.kind


@bounded
@given(amount=st.integers(-1, 9000), ahead=st.integers(-3, 95), remaining=st.integers(1, 8900))
def test_only_what_can_be_promised_is(amount: int, ahead: int, remaining: int) -> None:
    today = day("2026-03-02")
    on = day("2026-03-02").fromordinal(today.toordinal() + ahead)
    wanted = replace(FRIDAY, amount=amount, promised_on=on, remaining=remaining)
    fits = 0 <= ahead <= 90 and 0 < amount <= remaining
    try:
        check(wanted, today)
    except InvalidInput as error:
        assert not fits
        assert error.code in {"promise_date_invalid", "promise_amount_invalid"}  # noqa: PT017
    else:
        assert fits
