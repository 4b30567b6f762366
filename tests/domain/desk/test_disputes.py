"""A dispute's record: stages, deadlines, one answer at a time; and what the invoice remembers."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.desk import disputed, disputes
from chalicelib.domain.desk.refunds import Refunded
from chalicelib.domain.dispute import (
    REMINDER_DAYS,
    WORK_AGAIN,
    AnswerRequest,
    AnswerState,
    Dispute,
    DisputeMark,
    DisputeStage,
    DisputeState,
    Draft,
    EvidenceFile,
    RequestKind,
    due_at,
    in_words,
    is_answerable,
    next_reminder,
    reminder_due,
)
from chalicelib.domain.due import DueKind, due_of
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.facts import Fact
from chalicelib.domain.invoice import Hold, HoldKind
from chalicelib.domain.ledger import Account
from chalicelib.domain.record import first_of_party, on_party
from tests.domain.histories import PAY, Story
from tests.domain.samples import NOON, bounded

DUE = NOON + timedelta(days=14)
DISPUTE = Dispute(
    id="du_1",
    business_id="biz_1",
    customer_id="cus_1",
    invoice_id="inv_1",
    payment_id=PAY,
    charge_id="ch_1",
    amount=8900,
    currency="USD",
    reason="fraudulent",
    status="needs_response",
    opened_at=NOON,
    due_by=DUE,
)
SEND = AnswerRequest("ask_1", RequestKind.EVIDENCE, NOON, Draft("They used it."))
GIVE_IN = AnswerRequest("ask_2", RequestKind.ACCEPTANCE, NOON)
FILES = (EvidenceFile("uncategorized_file", "file_1", "ab"),)


def told(*payloads: Any, dispute: Dispute = DISPUTE) -> tuple[Dispute, Fact]:
    """The record after these, an hour apart."""
    head, fact = first_of_party(dispute, disputes.DisputeRecorded(dispute), at=NOON)
    for hours, payload in enumerate(payloads, start=1):
        head, fact = on_party(head, payload, at=NOON + timedelta(hours=hours))
    return head, fact


@pytest.mark.parametrize(
    ("status", "stage", "won"),
    [
        ("needs_response", DisputeStage.NEEDS_ANSWER, None),
        ("warning_needs_response", DisputeStage.NEEDS_ANSWER, None),
        ("under_review", DisputeStage.UNDER_REVIEW, None),
        ("warning_under_review", DisputeStage.UNDER_REVIEW, None),
        ("appeal_needs_response", DisputeStage.NEEDS_ANSWER, None),
        ("appeal_under_review", DisputeStage.UNDER_REVIEW, None),
        ("a word of tomorrow", DisputeStage.UNDER_REVIEW, None),
        ("won", DisputeStage.CLOSED, True),
        ("lost", DisputeStage.CLOSED, False),
        ("warning_closed", DisputeStage.CLOSED, True),
        ("prevented", DisputeStage.CLOSED, True),
    ],
)
def test_stripes_status_is_a_column_of_the_board(
    status: str, stage: DisputeStage, *, won: bool | None
) -> None:
    found = replace(DISPUTE, status=status)
    assert (found.stage, found.won) == (stage, won)


def test_an_answer_is_taken_once_and_until_the_deadline() -> None:
    before = DUE - timedelta(seconds=1)
    assert is_answerable(DISPUTE, before)
    assert not is_answerable(DISPUTE, DUE)
    assert not is_answerable(replace(DISPUTE, due_by=None), NOON)
    assert not is_answerable(replace(DISPUTE, status="under_review"), NOON)
    assert not is_answerable(replace(DISPUTE, submitted_at=NOON), NOON)


def test_staff_are_reminded_three_days_and_one_day_before() -> None:
    assert next_reminder(DISPUTE) == (3, DUE - timedelta(days=3))
    once, fact = told(disputes.DeadlineNoticed(3))
    assert next_reminder(once) == (1, DUE - timedelta(days=1))
    assert [effect.id for effect in fact.effects] == ["staff_mail:staff_dispute_due"]
    twice, _ = told(disputes.DeadlineNoticed(3), disputes.DeadlineNoticed(1))
    assert (next_reminder(twice), due_at(twice)) == (None, None)


def test_a_reminder_that_comes_late_is_the_newest_one_alone() -> None:
    assert reminder_due(DISPUTE, DUE - timedelta(days=4)) is None
    assert reminder_due(DISPUTE, DUE - timedelta(days=3)) == 3
    assert reminder_due(DISPUTE, DUE - timedelta(hours=3)) == 1
    assert reminder_due(DISPUTE, DUE + timedelta(days=1)) == 1  # else it would stay due for ever


@bounded
@given(days=st.integers(0, 20))
def test_what_is_past_when_the_dispute_comes_is_not_reminded_of(days: int) -> None:
    dispute = replace(DISPUTE, due_by=NOON + timedelta(days=days))
    first = next_reminder(dispute)
    left = [one for one in REMINDER_DAYS if one < days]
    assert (first[0] if first else None) == (left[0] if left else None)


def test_the_sweep_looks_again_at_what_no_worker_has_done() -> None:
    asked, fact = told(disputes.AnswerRequested(SEND))
    assert due_of(asked) == (DueKind.DISPUTE, NOON + WORK_AGAIN)
    assert asked.answer is AnswerState.REQUESTED
    assert [effect.id for effect in fact.effects] == ["work:answer_dispute"]
    assert due_of(told()[0]) == (DueKind.DISPUTE, DUE - timedelta(days=3))
    assert due_of(replace(DISPUTE, status="won")) is None


def test_evidence_from_draft_to_submission() -> None:
    drafted, _ = told(disputes.EvidenceDrafted(Draft("They used it.")))
    assert drafted.answer is AnswerState.DRAFTED
    sent, fact = told(
        disputes.AnswerRequested(SEND),
        disputes.EvidenceUploaded("ask_1", FILES),
        disputes.DisputeSeenAs("under_review", DUE),
        disputes.EvidenceSubmitted("ask_1"),
    )
    assert (sent.answer, sent.request, sent.files) == (AnswerState.SUBMITTED, None, FILES)
    assert (sent.submitted_at, sent.submitted_elsewhere) == (fact.at, False)
    assert (sent.stage, due_at(sent)) == (DisputeStage.UNDER_REVIEW, None)


def test_an_answer_given_in_stripes_dashboard_is_no_file_of_ours() -> None:
    sent, _ = told(
        disputes.AnswerRequested(SEND),
        disputes.EvidenceUploaded("ask_1", FILES),
        disputes.EvidenceSubmitted(""),
    )
    assert (sent.submitted_elsewhere, sent.files) == (True, ())


def test_a_refused_answer_may_be_asked_for_again() -> None:
    refused, fact = told(
        disputes.AnswerRequested(SEND), disputes.AnswerRefused("ask_1", "too_large", "Shorten it.")
    )
    assert refused.answer is AnswerState.REFUSED
    assert [effect.id for effect in fact.effects] == [
        "staff_mail:staff_dispute_refused",
        "event:dispute.answer_refused",
    ]
    again, _ = on_party(refused, disputes.AnswerRequested(GIVE_IN), at=NOON)
    assert (again.request, again.refusal) == (GIVE_IN, None)
    with pytest.raises(BrokenRecord):
        on_party(again, disputes.AnswerRequested(SEND), at=NOON)


def test_an_accepted_dispute_is_closed_and_an_appeal_opens_it_again() -> None:
    given_in, fact = told(
        disputes.AnswerRequested(GIVE_IN),
        disputes.DisputeSeenAs("lost", DUE),
        disputes.DisputeAccepted("ask_2"),
    )
    assert (given_in.accepted_at, given_in.request) == (fact.at, None)
    assert given_in.closed_at == NOON + timedelta(hours=2)
    appeal, _ = on_party(given_in, disputes.DisputeSeenAs("appeal_under_review", None), at=NOON)
    assert appeal.closed_at is None


def test_reasons_are_told_in_words() -> None:
    assert in_words("fraudulent") == "the cardholder did not make it"
    assert in_words("a_new_word") == "a new word"


# ----------------------------------------------------------------------------------- the invoice

OPENED = facts.DisputeOpened(PAY, "du_1", 8900, "fraudulent", None)
STAFF = Hold(HoldKind.STAFF, "Wait for the lawyer.")


def test_a_dispute_holds_the_invoice_in_words() -> None:
    hold = Story().paid().tell(OPENED).invoice.holding
    words = "The payer disputes a payment: the cardholder did not make it."
    assert hold == Hold(HoldKind.DISPUTE, words)


@pytest.mark.parametrize("first", [True, False])
def test_a_won_dispute_lifts_its_own_hold_and_not_the_staffs(*, first: bool) -> None:
    """Whichever came first."""
    placed = facts.HoldPlaced(STAFF)
    story = Story().paid()
    for payload in (placed, OPENED) if first else (OPENED, placed):
        story.tell(payload)
    assert story.invoice.holding is not None
    assert story.invoice.holding.kind is HoldKind.DISPUTE
    assert story.tell(facts.DisputeClosed(PAY, "du_1", won=True)).invoice.holding == STAFF
    assert story.tell(facts.HoldLifted("Heard from.")).invoice.holding is None


def test_staff_cannot_lift_what_the_bank_decides() -> None:
    story = Story().paid().tell(OPENED).tell(facts.HoldLifted("By mistake."))
    assert story.invoice.holding is not None
    assert story.tell(facts.DisputeClosed(PAY, "du_1", won=False)).invoice.holding is not None


def test_the_second_of_two_disputes_goes_on_holding() -> None:
    story = Story().paid().tell(OPENED)
    story.tell(facts.DisputeOpened(PAY, "du_2", 100, "duplicate", None))
    story.tell(facts.DisputeClosed(PAY, "du_1", won=True))
    left = story.invoice
    assert left.holding is not None
    assert "charged twice" in left.holding.reason
    assert left.payments[0].disputed
    done = story.tell(facts.DisputeClosed(PAY, "du_2", won=True)).invoice
    assert (done.holding, done.payments[0].disputed) == (None, False)


def test_a_lost_dispute_over_a_part_opens_that_part_again() -> None:
    story = Story().paid().tell(replace(OPENED, amount=2000))
    story.tell(facts.DisputeFundsMoved(PAY, "du_1", "txn_1", -2000, 1500))
    story.tell(facts.DisputeClosed(PAY, "du_1", won=False))
    assert story.invoice.amount_remaining == 2000
    assert sum(leg.amount for leg in story.last.legs if leg.account.value == "disputes") == -2000


MARK = DisputeMark("du_1", PAY, 8900, "fraudulent", None)
WON, LOST = (
    replace(MARK, state=state, taken=taken, verdicts=1)
    for state, taken in ((DisputeState.WON, 0), (DisputeState.LOST, 8900))
)


@pytest.mark.parametrize(
    ("mark", "status", "moved", "said"),
    [
        (MARK, "under_review", (-8900,), None),
        (MARK, "won", (-8900,), facts.DisputeClosed(PAY, "du_1", won=True)),
        (MARK, "lost", (), facts.DisputeClosed(PAY, "du_1", won=False)),
        (MARK, "lost", (-8900,), facts.DisputeClosed(PAY, "du_1", won=False)),
        (MARK, "lost", (-8900, 8900), facts.DisputeClosed(PAY, "du_1", won=True)),
        (MARK, "warning_closed", (), facts.DisputeClosed(PAY, "du_1", won=True)),
        (MARK, "prevented", (), facts.DisputeClosed(PAY, "du_1", won=True)),
        (MARK, "prevented", (-8900,), facts.DisputeClosed(PAY, "du_1", won=False)),
        (WON, "won", (-8900, 8900), None),
        (WON, "appeal_under_review", (-8900, 8900, -8900), None),
        (WON, "lost", (-8900, 8900, -8900), facts.DisputeClosed(PAY, "du_1", False, 1)),
        (LOST, "lost", (-8900,), None),
        (LOST, "lost", (), None),
        (LOST, "appeal_under_review", (-8900,), None),
        (LOST, "lost", (-8900, 3000), facts.DisputeRegained(PAY, "du_1", 3000, 1)),
        (LOST, "lost", (-8900, 8900), facts.DisputeRegained(PAY, "du_1", 8900, 1)),
        (LOST, "won", (-8900,), facts.DisputeRegained(PAY, "du_1", 8900, 1)),
    ],
)
def test_a_verdict_is_what_stripe_says_and_the_invoice_does_not(
    mark: DisputeMark, status: str, moved: tuple[int, ...], said: Any
) -> None:
    invoice = replace(Story().charging().succeeded().invoice, disputes=(mark,))
    assert disputed.verdict(invoice, "du_1", status, moved) == said


def test_the_first_verdict_has_the_key_it_always_had() -> None:
    first, second = (facts.DisputeClosed(PAY, "du_1", won=False, verdict=n) for n in (0, 2))
    assert (first.key(7), second.key(7)) == ("dispute_closed/du_1", "dispute_closed/du_1/2")


@bounded
@given(
    amounts=st.lists(st.integers(1, 12000), min_size=1, max_size=3),
    refunded=st.integers(0, 8900),
    turns=st.lists(st.tuples(st.integers(0, 2), st.booleans()), max_size=8),
)
def test_whatever_is_decided_the_books_are_what_the_marks_say(
    amounts: list[int], refunded: int, turns: list[tuple[int, bool]]
) -> None:
    """Disputes of one charge are decided and turned round in any order: what is owed again is what
    the marks say was taken, and never more than the payment had brought and was not refunded."""
    story = Story().charging().succeeded()
    if refunded:
        story.tell(Refunded(PAY, "re_1", refunded))
    for number, amount in enumerate(amounts):
        story.tell(facts.DisputeOpened(PAY, f"du_{number}", amount, "general", None))
    for place, won in turns:
        number = place % len(amounts)
        moved = () if won else (-amounts[number],)
        status = "won" if won else "lost"
        while (said := disputed.verdict(story.invoice, f"du_{number}", status, moved)) is not None:
            story.tell(said)
    taken = sum(one.taken for one in story.invoice.disputes)
    assert story.invoice.amount_remaining == taken <= 8900 - refunded
    open_or_lost = any(one.state is not DisputeState.WON for one in story.invoice.disputes)
    assert story.invoice.payments[0].disputed == open_or_lost
    posted = [leg for fact in story.facts for leg in fact.legs]
    assert sum(leg.amount for leg in posted if leg.account is Account.RECEIVABLE) == taken
    assert sum(leg.amount for leg in posted if leg.account is Account.DISPUTES) == -taken
