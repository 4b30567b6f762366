"""Answers to disputes, carried out by workers: once, whatever breaks off, overtakes or is late."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.dispute import AnswerState, RequestKind
from chalicelib.domain.ledger import Account
from chalicelib.domain.stripe_objects import DisputeSeen
from chalicelib.ports.answers import Unanswered
from chalicelib.services import answering_disputes, restoring, sweeping
from tests.fakes.install import Install
from tests.services.checks import balance, check_install, check_stripe, delivered
from tests.services.test_disputing import ask, disputed, kinds, record


@pytest.mark.parametrize("fault", ["drop_before", "drop_after", "error_500_stored"])
@pytest.mark.parametrize("operation", ["files.create", "disputes.update", "disputes.retrieve"])
def test_a_worker_that_breaks_off_is_followed_by_one_that_looks_first(
    operation: str, fault: str
) -> None:
    install, _, dispute = disputed()
    ask(install, dispute, RequestKind.EVIDENCE)
    install.queue.take()
    install.stripe.faults.plan(fault, operation)
    with pytest.raises(Unanswered):
        answering_disputes.run_dispute(install.ports, "biz_1", dispute.id)
    install.clock.set(install.clock.now() + timedelta(hours=25))  # a stored 500 is forgotten
    sweeping.sweep_due(install.ports)
    install.settle()
    assert record(install, dispute.id).answer is AnswerState.SUBMITTED
    theirs = install.stripe.account().disputes[dispute.id]
    assert theirs["evidence_details"]["submission_count"] == 1
    assert theirs["evidence"]["uncategorized_file"] in install.stripe.account().files


def test_an_answer_given_in_the_dashboard_is_found_and_not_given_again() -> None:
    install, _, dispute = disputed()
    ask(install, dispute, RequestKind.EVIDENCE)
    install.stripe.call(
        "POST",
        f"/v1/disputes/{dispute.id}",
        {"evidence": {"uncategorized_text": "By hand."}},
        idempotency_key="evidence/dashboard/1",
    )
    install.settle()
    sent = record(install, dispute.id)
    assert (sent.answer, sent.submitted_elsewhere, sent.files) == (AnswerState.SUBMITTED, True, ())
    kept = install.stripe.account().disputes[dispute.id]["evidence"]["uncategorized_text"]
    assert kept == "By hand."


def test_an_answer_that_comes_too_late_is_refused_in_words() -> None:
    install, _, dispute = disputed()
    ask(install, dispute, RequestKind.EVIDENCE)
    install.stripe.decide_dispute(dispute.id, won=False)
    install.settle()
    refused = record(install, dispute.id)
    assert refused.refusal is not None
    assert (refused.refusal.code, refused.answer) == ("dispute_not_answerable", AnswerState.REFUSED)
    assert len(delivered(install, "staff_dispute_refused")) == 1


def test_an_accepted_dispute_is_lost_with_its_money() -> None:
    install, invoice, dispute = disputed()
    ask(install, dispute, RequestKind.ACCEPTANCE)
    install.settle()
    given_in = record(install, dispute.id)
    assert (given_in.status, given_in.request) == ("lost", None)
    assert given_in.accepted_at is not None
    assert kinds(install, dispute)[-1] == "accepted"
    assert install.read(invoice).amount_remaining == 8900
    assert balance(install, Account.DISPUTES) == 0
    check_install(install)
    check_stripe(install)


def test_an_acceptance_the_bank_overtook_is_told() -> None:
    install, _, dispute = disputed()
    ask(install, dispute, RequestKind.ACCEPTANCE)
    install.stripe.decide_dispute(dispute.id, won=True)
    install.settle()
    refused = record(install, dispute.id)
    assert refused.refusal is not None
    assert refused.refusal.code == "dispute_closed"


class Overtaken:
    """The gateway of a worker that something overtakes as it gives a dispute up."""

    def __init__(self, install: Install, first: Callable[[], object]) -> None:
        self._gateway, self._first = install.ports.gateway, first

    def __getattr__(self, name: str) -> Any:
        return getattr(self._gateway, name)

    def close_dispute(self, account: str | None, dispute_id: str, *, key: str) -> DisputeSeen:
        self._first()
        return self._gateway.close_dispute(account, dispute_id, key=key)


@pytest.mark.parametrize(("by_bank", "said"), [(False, "accepted"), (True, "answer_refused")])
def test_an_acceptance_that_a_worker_beside_has_carried_out_is_left_alone(
    *, by_bank: bool, said: str
) -> None:
    install, _, dispute = disputed()
    ask(install, dispute, RequestKind.ACCEPTANCE)

    def first() -> None:
        if by_bank:
            install.stripe.decide_dispute(dispute.id, won=True)
        answering_disputes.run_dispute(install.ports, "biz_1", dispute.id)

    second = replace(install.ports, gateway=Overtaken(install, first))
    step = answering_disputes.run_dispute(second, "biz_1", dispute.id)
    assert step is answering_disputes.Step.NOTHING
    assert kinds(install, dispute).count(said) == 1
    assert record(install, dispute.id).request is None
    install.settle()
    check_install(install)


def test_nothing_is_answered_while_restored_records_are_compared() -> None:
    install, _, dispute = disputed()
    restoring.hold_after_restore(install.ports)
    ask(install, dispute, RequestKind.EVIDENCE)
    assert (
        answering_disputes.run_dispute(install.ports, "biz_1", dispute.id)
        is answering_disputes.Step.HELD
    )
    assert install.stripe.account().files == {}
