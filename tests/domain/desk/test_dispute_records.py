"""A dispute's own record, fact by fact, and every limit of its clock from both sides."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from types import SimpleNamespace
from typing import Any

import pytest

from chalicelib.domain import dispute as rules
from chalicelib.domain.desk import disputes
from chalicelib.domain.dispute import (
    AnswerRequest,
    AnswerState,
    Dispute,
    Draft,
    EvidenceFile,
    Refusal,
    RequestKind,
)
from chalicelib.domain.errors import BrokenRecord
from tests.domain.desk.books import at, ids
from tests.domain.samples import NOON, after
from tests.domain.test_what_each_fact_changes import LATER, changed

DUE = after(days=14)
DISPUTE = Dispute(
    id="du_1",
    business_id="biz_1",
    customer_id="cus_1",
    invoice_id="inv_1",
    payment_id="pay_1_1",
    charge_id="ch_1",
    amount=8900,
    currency="USD",
    reason="fraudulent",
    status="needs_response",
    opened_at=NOON,
    due_by=DUE,
)
SEND = AnswerRequest("ask_1", RequestKind.EVIDENCE, NOON, Draft("They used it."))
FILES = (EvidenceFile("uncategorized_file", "file_1", "ab"),)
ASKED = replace(DISPUTE, request=SEND, files=FILES)
REFUSED = replace(DISPUTE, refusal=Refusal("too_large", "Shorten it."), files=FILES)

FACTS = [
    (
        DISPUTE,
        disputes.DisputeSeenAs("under_review", None),
        {"status": "under_review", "due_by": None},
        [],
    ),
    (
        DISPUTE,
        disputes.DisputeSeenAs("lost", DUE),
        {"status": "lost", "closed_at": LATER},
        [],
    ),
    (
        replace(DISPUTE, status="lost", closed_at=NOON),
        disputes.DisputeSeenAs("appeal_under_review", DUE),
        {"status": "appeal_under_review", "closed_at": None},
        [],
    ),
    (DISPUTE, disputes.EvidenceDrafted(Draft("Ours.")), {"draft": Draft("Ours.")}, []),
    (
        REFUSED,
        disputes.AnswerRequested(SEND),
        {"request": SEND, "files": (), "refusal": None},
        ["work:answer_dispute"],
    ),
    (
        replace(DISPUTE, request=SEND),
        disputes.EvidenceUploaded("ask_1", FILES),
        {"files": FILES},
        [],
    ),
    (
        ASKED,
        disputes.EvidenceSubmitted("ask_1"),
        {"submitted_at": LATER, "request": None},
        ["event:dispute.evidence_submitted"],
    ),
    (
        ASKED,
        disputes.EvidenceSubmitted(""),
        {"submitted_at": LATER, "submitted_elsewhere": True, "files": (), "request": None},
        ["event:dispute.evidence_submitted"],
    ),
    (ASKED, disputes.DisputeAccepted("ask_1"), {"accepted_at": LATER, "request": None}, []),
    (
        ASKED,
        disputes.AnswerRefused("ask_1", "too_large", "Shorten it."),
        {"request": None, "files": (), "refusal": Refusal("too_large", "Shorten it.")},
        ["staff_mail:staff_dispute_refused", "event:dispute.answer_refused"],
    ),
    (
        DISPUTE,
        disputes.DeadlineNoticed(3),
        {"reminded_days": 3},
        ["staff_mail:staff_dispute_due"],
    ),
    (DISPUTE, disputes.DisputeWarned("issfr_1"), {"fraud_warning_id": "issfr_1"}, []),
    (
        replace(DISPUTE, fraud_warning_id="issfr_1"),
        disputes.DisputeWarned("issfr_2"),  # the first one is what it began with
        {},
        [],
    ),
]


def told(dispute: Dispute | None, payload: Any) -> Dispute:
    return disputes.dispute_step(dispute, payload, replace(at(LATER), kind=payload.kind))


@pytest.mark.parametrize(("dispute", "payload", "changes", "owes"), FACTS)
def test_a_fact_changes_and_owes_this(
    dispute: Dispute, payload: Any, changes: dict[str, Any], owes: list[str]
) -> None:
    assert changed(dispute, told(dispute, payload)) == changes
    assert ids(disputes.owed(payload)) == owes


def test_it_begins_as_it_was_read_from_stripe() -> None:
    recorded = disputes.DisputeRecorded(DISPUTE)
    assert told(None, recorded) == DISPUTE
    assert disputes.owed(recorded) == ()


@pytest.mark.parametrize(
    ("dispute", "payload", "words"),
    [
        (None, disputes.DeadlineNoticed(3), "deadline_noticed before created"),
        (ASKED, disputes.AnswerRequested(SEND), "du_1: two answers at once"),
        (DISPUTE, SimpleNamespace(kind="paused"), "no step for SimpleNamespace"),
    ],
)
def test_what_cannot_be_is_named(dispute: Dispute | None, payload: Any, words: str) -> None:
    with pytest.raises(BrokenRecord) as broken:
        told(dispute, payload)
    assert str(broken.value) == words


# ------------------------------------------------------------------------------- what it reads as


@pytest.mark.parametrize(
    ("changes", "answer"),
    [
        ({}, AnswerState.NONE),
        ({"draft": Draft()}, AnswerState.DRAFTED),
        ({"draft": Draft(), "refusal": Refusal("x", "No.")}, AnswerState.REFUSED),
        ({"request": SEND, "refusal": Refusal("x", "No.")}, AnswerState.REQUESTED),
        ({"request": replace(SEND, kind=RequestKind.ACCEPTANCE)}, AnswerState.NONE),
        ({"request": SEND, "submitted_at": NOON}, AnswerState.SUBMITTED),
    ],
)
def test_how_far_our_answer_is(changes: dict[str, Any], answer: AnswerState) -> None:
    assert replace(DISPUTE, **changes).answer is answer


def test_an_inquiry_moves_no_money() -> None:
    assert replace(DISPUTE, status="warning_under_review").is_inquiry
    assert not DISPUTE.is_inquiry


@pytest.mark.parametrize(
    ("changes", "now", "answerable"),
    [
        ({}, DUE - timedelta(microseconds=1), True),
        ({}, DUE, False),
        ({"due_by": None}, NOON, False),
        ({"submitted_at": NOON}, NOON, False),
        ({"status": "warning_needs_response"}, NOON, True),
        ({"status": "under_review"}, NOON, False),
        ({"status": "lost"}, NOON, False),
    ],
)
def test_when_stripe_still_takes_evidence(
    changes: dict[str, Any], now: datetime, *, answerable: bool
) -> None:
    assert rules.is_answerable(replace(DISPUTE, **changes), now) == answerable


THREE, ONE = DUE - timedelta(days=3), DUE - timedelta(days=1)


@pytest.mark.parametrize(
    ("changes", "reminder"),
    [
        ({}, (3, THREE)),
        ({"opened_at": THREE - timedelta(microseconds=1)}, (3, THREE)),
        ({"opened_at": THREE}, (1, ONE)),
        ({"opened_at": ONE}, None),
        ({"reminded_days": 3}, (1, ONE)),
        ({"reminded_days": 1}, None),
        ({"due_by": None}, None),
        ({"submitted_at": NOON}, None),
        ({"status": "under_review"}, None),
    ],
)
def test_which_reminder_is_next(
    changes: dict[str, Any], reminder: tuple[int, datetime] | None
) -> None:
    dispute = replace(DISPUTE, **changes)
    assert rules.next_reminder(dispute) == reminder
    assert rules.due_at(dispute) == (reminder[1] if reminder else None)


@pytest.mark.parametrize(
    ("now", "days"),
    [
        (THREE - timedelta(microseconds=1), None),
        (THREE, 3),
        (ONE - timedelta(microseconds=1), 3),
        (ONE, 1),
        (after(days=99), 1),
    ],
)
def test_which_reminder_is_due(now: datetime, days: int | None) -> None:
    assert rules.reminder_due(DISPUTE, now) == days


def test_a_request_that_no_worker_has_done_is_looked_at_after_ten_minutes() -> None:
    asked = replace(SEND, asked_at=after(days=1))
    assert rules.due_at(replace(DISPUTE, request=asked)) == after(days=1, minutes=10)


def test_a_reason_that_nobody_knows_is_shown_as_it_is() -> None:
    assert rules.in_words("unrecognized") == "the cardholder does not recognise it"
    assert rules.in_words("a_new__word") == "a new  word"
