"""What each fact does to an invoice, and the legs it posts."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from decimal import Decimal

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.demand import Demand
from chalicelib.domain.desk.external_payments import ExternalPaymentRecorded
from chalicelib.domain.desk.refunds import Refunded, RefundFailed
from chalicelib.domain.desk.write_offs import WrittenOff
from chalicelib.domain.errors import BrokenRecord
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.invoice import ChargeRequest, Hold, HoldKind, InvoiceStatus, Purpose
from chalicelib.domain.ledger import Account, Leg, trial_balance
from chalicelib.domain.payment import Allocation, AttemptResult, PaymentStatus, Trigger
from tests.domain.histories import PAY, Story
from tests.domain.samples import NOON, after, draft, line

S, A = InvoiceStatus, Account


def books(story: Story) -> dict[Account, int]:
    """Every account of the story that is not at zero."""
    posted = [leg for fact in story.facts for leg in fact.legs]
    assert sum(leg.amount for leg in posted) == 0
    return {name: amount for (_, name), amount in trial_balance(posted).items() if amount}


def test_a_draft_owes_nothing_and_a_sent_invoice_owes_its_total() -> None:
    story = Story(draft(line(8900, discount=900, tax_percent=Decimal(10))))
    assert books(story) == {}
    story.finalized()
    assert story.invoice.status is S.PENDING
    assert books(story) == {A.RECEIVABLE: 8800, A.REVENUE: -8000, A.TAX: -800}


def test_a_sent_invoice_over_nothing_is_paid() -> None:
    story = Story(draft(line(8900, discount=8900))).finalized()
    assert story.invoice.status is S.PAID
    assert story.last.next_action is None
    assert books(story) == {}


def test_a_success_pays_the_invoice_and_posts_the_fee() -> None:
    story = Story().paid()
    assert story.invoice.status is S.PAID
    assert story.invoice.paid_at == story.now
    assert (story.invoice.amount_paid, story.invoice.amount_remaining) == (8900, 0)
    assert story.invoice.payments[0].status is PaymentStatus.PAID
    assert story.invoice.attempts[0].result is AttemptResult.SUCCEEDED
    assert books(story) == {A.REVENUE: -8900, A.CASH_IN_TRANSIT: 8612, A.FEES: 288}


def test_a_fee_that_comes_later() -> None:
    story = Story().charging().succeeded(fee=None)
    assert books(story)[A.CASH_IN_TRANSIT] == 8900
    story.tell(facts.FeePosted(PAY, "ch_1", 288))
    assert story.invoice.payments[0].fee == 288
    assert books(story) == {A.REVENUE: -8900, A.CASH_IN_TRANSIT: 8612, A.FEES: 288}


def test_a_failed_try_leaves_the_invoice_pending_and_begins_a_sequence() -> None:
    story = Story().charging().failed()
    invoice = story.invoice
    assert (invoice.status, invoice.payments[0].status) == (S.PENDING, PaymentStatus.PENDING)
    assert invoice.dunning is not None
    assert (invoice.dunning.first_failed_at, invoice.dunning.slots_done) == (story.now, 0)
    story.started(2, slots_done=1).failed(number=2)
    assert story.invoice.dunning is not None
    assert story.invoice.dunning.first_failed_at == invoice.dunning.first_failed_at
    assert story.invoice.dunning.slots_done == 1


def test_a_bank_debit_locks_the_balance_until_it_ends() -> None:
    story = Story().charging().tell(facts.ChargeProcessing(PAY, 1, "py_1"))
    assert (story.invoice.status, story.invoice.payments[0].status) == (
        S.PROCESSING,
        PaymentStatus.PROCESSING,
    )
    assert story.failed().invoice.status is S.PENDING


def test_three_d_secure_passed_or_left() -> None:
    away = Story().charging().tell(facts.ActionRequired(PAY, 1, "https://bank.example"))
    assert away.invoice.status is S.PROCESSING
    assert away.invoice.attempts[0].action_url == "https://bank.example"
    left = away.tell(facts.AttemptNotExecuted(PAY, 1, "payer_left"))
    assert left.invoice.status is S.PENDING
    assert left.invoice.live_attempt is None


def test_a_try_that_was_never_made_gives_its_slot_back() -> None:
    story = Story().charging().failed().started(2, slot=0, slots_done=1)
    story.tell(facts.AttemptNotExecuted(PAY, 2, "no_trace"))
    assert story.invoice.dunning is not None
    assert story.invoice.dunning.slots_done == 0


def test_overdue_stays_overdue_when_a_later_try_fails() -> None:
    story = Story().charging().failed().tell(facts.WentOverdue("Used up."))
    assert story.invoice.status is S.OVERDUE
    assert story.started(2).invoice.status is S.OVERDUE
    assert story.failed(number=2).invoice.status is S.OVERDUE
    assert story.started(3).succeeded(3).invoice.status is S.PAID


def test_a_request_is_forgotten_once_it_is_tried_or_refused() -> None:
    request = ChargeRequest("req_1", Trigger.STAFF, NOON)
    story = Story().finalized().opened().tell(facts.ChargeRequested(request))
    assert story.invoice.charge_request == request
    assert story.started(request_id="req_1").invoice.charge_request is None
    refused = Story().finalized().tell(facts.ChargeRequested(request))
    refused.tell(facts.RequestRefused("req_other", "x", "Not this one."))
    assert refused.invoice.charge_request == request
    assert refused.tell(facts.RequestRefused("req_1", "x", "No.")).invoice.charge_request is None


def test_cancelling_takes_the_posting_back() -> None:
    story = Story().finalized().tell(facts.InvoiceCancelled("Wrong customer."))
    assert story.invoice.status is S.CANCELLED
    assert story.invoice.amount_remaining == 0
    assert books(story) == {}
    assert books(Story().tell(facts.InvoiceCancelled("A draft."))) == {}


def test_a_cancelled_payment_takes_its_live_try_along() -> None:
    story = Story().charging().tell(facts.PaymentCancelled(PAY, "The amount changes."))
    assert story.invoice.open_payment is None
    assert story.invoice.attempts[0].result is AttemptResult.NOT_EXECUTED


def test_money_for_a_cancelled_invoice_is_the_customers_credit() -> None:
    story = Story().charging().tell(facts.PaymentCancelled(PAY, "Cancelled."))
    story.tell(facts.InvoiceCancelled("Cancelled.")).succeeded()
    assert story.invoice.status is S.CANCELLED
    assert (story.invoice.amount_paid, story.invoice.amount_overpaid) == (0, 8900)
    assert books(story)[A.CUSTOMER_CREDIT] == -8900
    assert A.RECEIVABLE not in books(story)


def test_an_external_payment_lowers_the_balance_and_never_takes_too_much() -> None:
    story = Story().finalized()
    story.tell(ExternalPaymentRecorded("e1", ExternalMethod.CHECK, "1001", 8000, NOON.date()))
    assert (story.invoice.status, story.invoice.amount_remaining) == (S.PENDING, 900)
    with pytest.raises(BrokenRecord):
        story.tell(ExternalPaymentRecorded("e2", ExternalMethod.WIRE, "W-1", 901, NOON.date()))
    story.tell(ExternalPaymentRecorded("e2", ExternalMethod.WIRE, "W-1", 900, NOON.date()))
    assert story.invoice.status is S.PAID
    assert books(story) == {A.REVENUE: -8900, A.BANK: 8900}


def test_a_write_off_ends_an_invoice() -> None:
    story = Story().finalized().tell(WrittenOff("Bankrupt.", 8900))
    assert story.invoice.status is S.UNCOLLECTIBLE
    assert books(story) == {A.REVENUE: -8900, A.WRITE_OFFS: 8900}


def test_a_refund_never_reopens_the_debt_and_may_come_back() -> None:
    story = Story().paid().tell(Refunded(PAY, "re_1", 4000))
    assert (story.invoice.status, story.invoice.amount_remaining) == (S.PAID, 0)
    assert story.invoice.payments[0].amount_refunded == 4000
    assert books(story)[A.REFUNDS] == 4000
    story.tell(RefundFailed(PAY, "re_1", 4000))
    assert story.invoice.payments[0].amount_refunded == 0
    assert A.REFUNDS not in books(story)


@pytest.mark.parametrize("won", [True, False])
def test_a_dispute(*, won: bool) -> None:
    story = Story().paid()
    story.tell(facts.DisputeOpened(PAY, "du_1", 8900, "fraudulent", None))
    assert story.invoice.holding is not None
    assert story.invoice.payments[0].disputed
    story.tell(facts.DisputeFundsMoved(PAY, "du_1", "txn_1", -8900, 1500))
    if won:
        story.tell(facts.DisputeFundsMoved(PAY, "du_1", "txn_2", 8900, -1500))
    story.tell(facts.DisputeClosed(PAY, "du_1", won=won))
    if won:
        assert story.invoice.status is S.PAID
        assert story.invoice.holding is None
        assert books(story) == {A.REVENUE: -8900, A.CASH_IN_TRANSIT: 8612, A.FEES: 288}
    else:
        assert (story.invoice.status, story.invoice.amount_remaining) == (S.PENDING, 8900)
        assert story.invoice.holding is not None  # staff decide; no schedule charges it
        assert books(story) == {
            A.REVENUE: -8900,
            A.RECEIVABLE: 8900,
            A.CASH_IN_TRANSIT: -1788,
            A.FEES: 1788,
        }


def test_a_hold_for_an_unknown_result_ends_when_the_result_is_known() -> None:
    hold = facts.HoldPlaced(Hold(HoldKind.UNRESOLVED, "Look at the dashboard."))
    for result in (facts.AttemptNotExecuted(PAY, 1, "x"), facts.PaymentCancelled(PAY, "x")):
        assert Story().charging().tell(hold).tell(result).invoice.hold is None
    assert Story().charging().tell(hold).failed().invoice.hold is None
    staff = facts.HoldPlaced(Hold(HoldKind.STAFF, "Wait."))
    assert Story().charging().tell(staff).failed().invoice.hold is not None


def test_facts_that_move_no_money_post_nothing() -> None:
    silent = Counter(fact.kind for fact in Story().charging().failed().facts if not fact.legs)
    assert silent == Counter(["created", "payment_opened", "attempt_started", "charge_failed"])


def test_legs_name_the_invoices_currency() -> None:
    story = Story(draft(currency="EUR")).finalized()
    assert set(story.last.legs) == {
        Leg(A.RECEIVABLE, 8900, "EUR"),
        Leg(A.REVENUE, -8900, "EUR"),
    }


def test_the_method_of_a_try_is_frozen() -> None:
    first = Story().charging().invoice.attempts[0]
    assert (first.method_kind, first.brand, first.last4) == (MethodKind.CARD, "visa", "4242")


def test_what_the_install_takes_of_a_payment_stands_on_it() -> None:
    allocations = (Allocation("inv_1", 8900),)
    opened = facts.PaymentOpened(PAY, 1, 8900, allocations, application_fee=89)
    assert Story().finalized().tell(opened).invoice.payments[0].application_fee == 89


def test_the_grace_of_an_overdue_invoice_ends_on_its_day() -> None:
    late = facts.WentOverdue("Used up.", stops_at=after(days=7))
    assert Story().finalized().tell(late).invoice.stops_at == after(days=7)


def test_an_invoices_own_refusal_is_remembered_by_a_demand_alone() -> None:
    refused = facts.RequestRefused("req_1", "method_dead", "It must not be tried.")
    assert Story().finalized().tell(refused).invoice.demand is None
    demand = Demand(save_method=False, instalment=2)
    told = Story(draft(purpose=Purpose.INSTALMENT, demand=demand)).finalized().tell(refused)
    assert told.invoice.demand == replace(
        demand, end_code="method_dead", end_reason="It must not be tried."
    )
