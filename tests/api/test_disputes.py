"""Disputes by the API: the board, the evidence and the one answer."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from chalicelib.api.context import provide, wired
from chalicelib.services.posting import post_outcome
from tests.api.client import Api
from tests.api.set_back import as_new
from tests.api.two_businesses import Two, two_businesses
from tests.logs import LogLines


@pytest.fixture
def two(log_lines: LogLines) -> Iterator[Two]:
    assert log_lines is not None
    yield as_new(two_businesses)
    provide(wired)


@pytest.fixture
def api(two: Two) -> Api:
    api = Api(two.install, user="user_accountant")
    provide(api.context)
    return api


def test_the_board_shows_what_needs_an_answer_first(api: Api, two: Two) -> None:
    waiting, answered = two.own["dispute_id"], two.own["answered"]
    everything = api.get("/v1/disputes").json["data"]
    assert {one["id"] for one in everything} == {waiting, answered}
    listed = api.get("/v1/disputes?stage=needs_answer").json["data"]
    assert [(one["id"], one["answer"], one["won"]) for one in listed] == [(waiting, "none", None)]
    assert api.get("/v1/disputes?stage=closed").json == {"data": [], "next_cursor": None}
    assert api.get("/v1/disputes?stage=lost").status == 400


def test_evidence_is_seen_before_it_is_sent(api: Api, two: Two) -> None:
    path = f"/v1/disputes/{two.own['dispute_id']}"
    choice = {"text": "They used it.", "parts": ["attempts", "invoice"]}
    saved = api.patch(f"{path}/evidence", choice)
    assert saved.json["draft_parts"] == ["invoice", "attempts"]
    shown = api.get(f"{path}/evidence").json
    assert shown["statement"] == "They used it."
    titles = [one["title"] for one in shown["sections"]]
    assert titles == ["What was billed", "Every try of this payment"]
    assert [one["exhibit"] for one in shown["sections"]] == ["A", "B"]
    asked = {one["question"]: one["exhibits"] for one in shown["summary"]}
    assert asked["What was sold?"] == ["A"]
    assert asked["Who agreed to it?"] == ["B"]
    assert api.get(f"{path}/packet").status == 404


def test_a_dispute_is_answered_once(api: Api, two: Two) -> None:
    path = f"/v1/disputes/{two.own['dispute_id']}"
    asked = api.post(f"{path}/submit", {"text": "winning_evidence"}, key="answer-1")
    assert (asked.status, asked.json["answer"]) == (202, "requested")
    assert api.post(f"{path}/accept", {"reason": "No."}).code == "answer_under_way"
    two.install.settle()
    assert api.post(f"{path}/submit", {"text": "winning_evidence"}, key="answer-1").status == 202
    sent = api.get(path).json
    assert (sent["stage"], sent["answer"]) == ("under_review", "submitted")
    assert sent["files"][0]["field"] == "uncategorized_file"
    assert api.get(f"{path}/packet").status == 303
    late = api.post(f"{path}/submit", {"text": "More."})
    assert (late.status, late.code) == (409, "dispute_answered")
    two.install.advance(hours=1)
    assert api.get(path).json["won"] is True


def test_an_accepted_dispute_says_who_and_why(api: Api, two: Two) -> None:
    path = f"/v1/disputes/{two.own['dispute_id']}"
    assert api.post(f"{path}/accept", {"reason": "Billed twice."}).json["asked_for"] == "acceptance"
    two.install.settle()
    dispute = two.install.store.dispute("biz_1", two.own["dispute_id"])
    post_outcome(two.install.ports, "biz_1", dispute.invoice_id, dispute.payment_id, disputed=True)
    closed = api.get(path).json
    assert (closed["stage"], closed["status"], closed["won"]) == ("closed", "lost", False)
    assert closed["accepted_at"] is not None
    invoice = api.get(f"/v1/invoices/{closed['invoice_id']}").json
    assert (invoice["amount_remaining"], invoice["hold"]["kind"]) == (8900, "dispute_lost")
