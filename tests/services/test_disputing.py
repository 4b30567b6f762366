"""Disputes from the bank's claim to its decision: answered once, collected by nobody but staff."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.dispute import (
    AnswerState,
    Dispute,
    DisputeStage,
    Draft,
    Part,
    RequestKind,
)
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.facts import Actor, ActorKind, Subject
from chalicelib.domain.invoice import HoldKind, Invoice, InvoiceStatus
from chalicelib.domain.ledger import Account
from chalicelib.domain.payment import Trigger
from chalicelib.ports.rows import PortalOpening
from chalicelib.services import disputing, invoices
from chalicelib.services.credit_notes import Right, reissue
from chalicelib.services.on_account import Wish, take_payment
from tests.fakes.install import Install
from tests.services.checks import balance, check_install, check_stripe, coast, delivered
from tests.services.test_after_payment import charge_id, paid

STAFF = Actor(ActorKind.STAFF, "user_1")
GOOD_CARD = "5555555555554444"


def disputed(**options: Any) -> tuple[Install, Invoice, Dispute]:
    install, invoice = paid()
    made = install.stripe.dispute(charge_id(invoice), **options)
    install.settle()
    return install, invoice, record(install, made["id"])


def record(install: Install, dispute_id: str) -> Dispute:
    return install.store.dispute("biz_1", dispute_id)


def ask(
    install: Install, dispute: Dispute, kind: RequestKind, request_id: str = "ask_1"
) -> Dispute:
    return disputing.request_answer(
        install.ports, "biz_1", dispute.id, kind, request_id=request_id, actor=STAFF
    )


def kinds(install: Install, dispute: Dispute) -> list[str]:
    return [fact.kind for fact in install.store.facts("biz_1", Subject.DISPUTE, dispute.id)]


def test_a_dispute_is_recorded_with_its_invoice() -> None:
    install, invoice, dispute = disputed()
    assert (dispute.invoice_id, dispute.charge_id) == (invoice.id, charge_id(invoice))
    assert (dispute.amount, dispute.status) == (8900, "needs_response")
    assert dispute.due_by == install.clock.now() + timedelta(days=14)
    assert [mark.id for mark in install.read(invoice).disputes] == [dispute.id]
    assert len(delivered(install, "staff_dispute")) == 1
    listed = install.store.disputes("biz_1", stages=[DisputeStage.NEEDS_ANSWER]).items
    assert listed == (dispute,)


def test_staff_are_reminded_of_the_deadline_and_then_it_is_lost() -> None:
    install, _, dispute = disputed()
    coast(install, days=10)
    assert delivered(install, "staff_dispute_due") == []
    coast(install, days=2)
    assert len(delivered(install, "staff_dispute_due")) == 1
    coast(install, days=3)
    assert len(delivered(install, "staff_dispute_due")) == 2
    assert record(install, dispute.id).status == "lost"
    check_install(install)
    check_stripe(install)


def test_evidence_is_drafted_sent_by_a_worker_and_decided_by_the_bank() -> None:
    install, invoice, dispute = disputed()
    draft = Draft("winning_evidence", (Part.INVOICE, Part.RECEIPT, Part.MESSAGES))
    disputing.draft_evidence(install.ports, "biz_1", dispute.id, draft, actor=STAFF)
    asked = ask(install, dispute, RequestKind.EVIDENCE)
    assert asked.answer is AnswerState.REQUESTED
    install.settle()
    sent = record(install, dispute.id)
    assert (sent.answer, sent.submitted_elsewhere) == (AnswerState.SUBMITTED, False)
    assert [one.field for one in sent.files] == [
        "uncategorized_file",
        "service_documentation",
        "receipt",
    ]
    theirs = install.stripe.account().disputes[dispute.id]["evidence"]
    assert {one.field: theirs[one.field] for one in sent.files} == {
        one.field: one.file_id for one in sent.files
    }
    assert theirs["uncategorized_text"] == "winning_evidence"
    assert theirs["customer_name"] == "Ada Byron"
    for one in sent.files:
        assert install.stripe.account().file_hashes[one.file_id] == one.fingerprint
    install.advance(hours=1)
    assert record(install, dispute.id).status == "won"
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert balance(install, Account.DISPUTES) == 0
    check_install(install)
    check_stripe(install)


def test_the_same_request_twice_is_one_and_another_is_refused() -> None:
    install, _, dispute = disputed()
    first, second = (ask(install, dispute, RequestKind.EVIDENCE) for _ in range(2))
    assert first == second
    with pytest.raises(Conflict) as busy:
        ask(install, dispute, RequestKind.ACCEPTANCE, "ask_2")
    assert busy.value.code == "answer_under_way"
    install.settle()
    assert ask(install, dispute, RequestKind.EVIDENCE).answer is AnswerState.SUBMITTED
    acts: tuple[Callable[[], object], ...] = (
        lambda: ask(install, dispute, RequestKind.ACCEPTANCE, "ask_2"),
        lambda: disputing.draft_evidence(
            install.ports, "biz_1", dispute.id, Draft("More."), actor=STAFF
        ),
    )
    for act in acts:
        with pytest.raises(Conflict) as late:
            act()
        assert late.value.code == "dispute_answered"
    assert (
        install.stripe.account().disputes[dispute.id]["evidence_details"]["submission_count"] == 1
    )


@pytest.mark.parametrize("won", [True, False])
@pytest.mark.parametrize("more", ["sweeps", "a new card", "reconciliation"])
def test_nobody_but_staff_charges_after_a_dispute(more: str, *, won: bool) -> None:
    install, invoice, dispute = disputed()
    install.stripe.decide_dispute(dispute.id, won=won)
    install.settle()
    if more == "a new card":
        install.save_card("biz_1", invoice.customer_id, GOOD_CARD)
    if more == "reconciliation":
        install.reconcile()
    install.advance(days=30)
    assert len(install.read(invoice).attempts) == 1
    assert len(install.stripe.account().charges) == 1
    check_install(install)
    check_stripe(install)


def test_staff_may_charge_a_debt_that_was_lost_by_hand() -> None:
    install, invoice, dispute = disputed()
    with pytest.raises(Conflict):
        invoices.request_charge(
            install.ports, "biz_1", invoice.id, request_id="r0", trigger=Trigger.STAFF, actor=STAFF
        )
    install.stripe.decide_dispute(dispute.id, won=False)
    install.settle()
    for trigger in (Trigger.CUSTOMER, Trigger.NEW_CARD):
        with pytest.raises(Conflict) as refused:
            invoices.request_charge(
                install.ports,
                "biz_1",
                invoice.id,
                request_id=f"r_{trigger}",
                trigger=trigger,
                actor=STAFF,
            )
        assert refused.value.code == "hold_dispute_lost"
    invoices.request_charge(
        install.ports, "biz_1", invoice.id, request_id="r1", trigger=Trigger.STAFF, actor=STAFF
    )
    install.settle()
    after = install.read(invoice)
    assert (after.status, len(after.attempts)) == (InvoiceStatus.PAID, 2)
    check_install(install)
    check_stripe(install)


def test_an_inquiry_is_answered_without_money() -> None:
    install, invoice, dispute = disputed(inquiry=True)
    assert dispute.is_inquiry
    disputing.draft_evidence(
        install.ports, "biz_1", dispute.id, Draft("winning_evidence"), actor=STAFF
    )
    ask(install, dispute, RequestKind.EVIDENCE)
    install.settle()
    assert record(install, dispute.id).status == "warning_under_review"
    install.advance(hours=1)
    closed = record(install, dispute.id)
    assert (closed.status, closed.won) == ("warning_closed", True)
    assert install.read(invoice).holding is None


def test_a_text_that_stripe_would_cut_is_refused() -> None:
    install, _, dispute = disputed()
    with pytest.raises(InvalidInput):
        disputing.draft_evidence(
            install.ports, "biz_1", dispute.id, Draft("x" * 20_001), actor=STAFF
        )


def test_the_packet_says_what_the_facts_say() -> None:
    install, first = paid()
    install.advance(days=40)
    second = install.invoice(install.store.customer("biz_1", first.customer_id))
    install.settle()
    opened = PortalOpening(
        "biz_1", first.customer_id, second.id, "page", install.clock.now(), "203.0.113.0/24"
    )
    install.store.note_opening(opened)
    charge = install.read(second).payments[0].charge_id
    made = install.stripe.dispute(str(charge))
    install.settle()
    dispute = record(install, made["id"])
    ask(install, dispute, RequestKind.EVIDENCE)
    install.settle()
    view: Any = install.documents.drawn[-1]
    sections = {section.title: section.rows for section in view.sections}
    assert list(sections) == [
        "What was billed",
        "Every try of this payment",
        "Messages to the customer",
        "Openings of the customer's link",
        "Earlier payments with the same card",
    ]
    assert [row[1] for row in sections["Messages to the customer"]] == [
        "E-mail: invoice sent",
        "E-mail: receipt",
    ]
    assert sections["Openings of the customer's link"][0][1:] == (
        "Page with the invoice",
        "203.0.113.0/24",
    )
    earlier = sections["Earlier payments with the same card"]
    assert [row[2] for row in earlier] == [charge_id(first)]
    assert sections["Every try of this payment"][0][3:] == (
        "not asked for by the bank",
        "succeeded",
    )
    theirs = install.stripe.account().disputes[dispute.id]["evidence"]
    assert theirs["access_activity_log"].endswith("Page with the invoice · 203.0.113.0/24")


def test_a_payment_on_account_is_proved_by_the_invoices_it_paid() -> None:
    install = Install.at()
    install.business()
    customer = install.customer(auto_charge=False)
    invoice = install.invoice(customer, 5000)
    install.settle()
    wish = Wish(id="poa_1", customer_id=customer.id, amount=7000)
    take_payment(install.ports, "biz_1", wish, actor=STAFF)
    install.settle()
    demand = install.store.invoice("biz_1", "poa_1")
    made = install.stripe.dispute(charge_id(demand))
    install.settle()
    ask(install, record(install, made["id"]), RequestKind.EVIDENCE)
    install.settle()
    sent = record(install, made["id"])
    assert [one.field for one in sent.files][1:] == ["service_documentation", "receipt"]
    view: Any = install.documents.drawn[-1]
    billed = next(one for one in view.sections if one.title == "What was billed")
    number = install.read(invoice).number
    assert ("", f"For invoice {number}", "50.00 USD") in billed.rows
    install.stripe.decide_dispute(made["id"], won=False)
    install.settle()
    assert install.store.customer("biz_1", customer.id).credit == -5000
    assert install.read(invoice).status is InvoiceStatus.PAID
    check_install(install)
    check_stripe(install)


def test_correcting_an_invoice_does_not_make_a_lost_debt_chargeable() -> None:
    install, invoice, dispute = disputed()
    right = Right(id="inv_new", note_id="cn_1", reason="No order number.", po_number="PO-1")
    with pytest.raises(Conflict) as open_still:
        reissue(install.ports, "biz_1", invoice.id, right, actor=STAFF)
    assert open_still.value.code == "disputed"
    install.stripe.decide_dispute(dispute.id, won=False)
    install.settle()
    reissue(install.ports, "biz_1", invoice.id, right, actor=STAFF)
    install.save_card("biz_1", invoice.customer_id, GOOD_CARD)
    install.advance(days=20)
    anew = install.store.invoice("biz_1", "inv_new")
    assert (anew.amount_remaining, len(install.stripe.account().charges)) == (8900, 1)
    assert anew.holding is not None
    assert anew.holding.kind is HoldKind.DISPUTE_LOST
    check_install(install)
    check_stripe(install)
