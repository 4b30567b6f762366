"""Every kind of fact: what it changes in an invoice's head, and that it changes nothing else."""

from __future__ import annotations

from dataclasses import fields, is_dataclass, replace
from typing import Any

import pytest

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.desk.refunds import DASHBOARD, Refunded, RefundFailed
from chalicelib.domain.desk.write_offs import WrittenOff
from chalicelib.domain.invoice import (
    ChargeRequest,
    Dunning,
    Hold,
    HoldKind,
    Invoice,
    InvoiceStatus,
)
from chalicelib.domain.invoice_fold import step
from chalicelib.domain.payment import (
    Allocation,
    AttemptResult,
    Payment,
    PaymentStatus,
    Trigger,
)
from chalicelib.domain.policy import STANDARD
from chalicelib.domain.refund import Refund, RefundStatus
from tests.domain.histories import Story
from tests.domain.samples import (
    NOON,
    after,
    attempt,
    day,
    declined,
    draft,
    dunned,
    failed,
    in_flight,
    line,
    payment,
    pending,
)

S, P, R = InvoiceStatus, PaymentStatus, AttemptResult
PAY, OTHER, LATER = "pay_1_1", "pay_1_0", after(hours=5)
REQUEST = ChargeRequest("req_1", Trigger.STAFF, NOON)
HOLD = Hold(HoldKind.STAFF, "Wait.")
UNSURE = Hold(HoldKind.UNRESOLVED, "Look at the dashboard.")
FUNDS = declined()
OLD = payment(failed(), id=OTHER, status=P.CANCELLED)  # an earlier payment that nothing may touch
WANTED: dict[str, Any] = {"charge_request": REQUEST, "hold": HOLD}
ADOPTED = Payment("pay_1_4", 4, 700, (Allocation("inv_1", 700),), NOON, intent_id="pi_9")
FREED: dict[str, Any] = {"charge_request": None, "hold": None}


def changed(before: Any, now: Any, path: str = "") -> dict[str, Any]:
    """Where two records differ, and what stands there now."""
    if before == now:
        return {}
    pairs: list[tuple[str, Any, Any]] = []
    if is_dataclass(before) and type(before) is type(now):
        names = [field.name for field in fields(before)]
        pairs = [(name, getattr(before, name), getattr(now, name)) for name in names]
    elif isinstance(before, tuple) and isinstance(now, tuple) and len(before) == len(now):
        pairs = [(str(at), *both) for at, both in enumerate(zip(before, now, strict=True))]
    if not pairs:
        return {path: now}
    found: dict[str, Any] = {}
    for name, old, new in pairs:
        found |= changed(old, new, f"{path}.{name}" if path else name)
    return found


def told(invoice: Invoice | None, payload: Any) -> Invoice:
    """The step alone: it may use nothing of the fact but its instant and kind."""
    any_fact = Story().last
    return step(invoice, payload, replace(any_fact, at=LATER, kind=payload.kind))


def second(*, result: AttemptResult = R.STARTED, **changes: Any) -> Invoice:
    """Its second payment's second try is live; all before it is over."""
    live = payment(failed(), attempt(2, result=result, **changes))
    return pending(payments=(OLD, live))


FINAL = ("INV-7", day("2026-03-02"), day("2026-04-01"), after(days=1))
NUMBERED = {
    "status": S.PENDING,
    "number": "INV-7",
    "issued_on": day("2026-03-02"),
    "due_on": day("2026-04-01"),
    "charge_at": after(days=1),
    "finalized_at": LATER,
}
FREE = draft(line(8900, discount=8900), **WANTED)
SETTLED = {"status": S.PAID, "paid_at": LATER, "closed_at": LATER, **FREED}
PARTLY = pending(amount_paid=900, amount_credited=500, amount_written_off=100, **WANTED)
LIVE = "payments.1.attempts.1"

BOOKKEEPING = [
    (draft(), facts.InvoiceFinalized(*FINAL), NUMBERED),
    (FREE, facts.InvoiceFinalized(*FINAL), {**NUMBERED, **SETTLED}),
    (pending(), facts.ChargeRequested(REQUEST), {"charge_request": REQUEST}),
    (pending(**WANTED), facts.RequestRefused("req_1", "x", "No."), {"charge_request": None}),
    (pending(**WANTED), facts.RequestRefused("req_2", "x", "No."), {}),
    (dunned(), facts.SlotSkipped(2, "x", "Asleep."), {"dunning.slots_done": 2}),
    (pending(), facts.Reminded("before_due"), {"reminded_at": LATER}),
    (pending(), facts.WentOverdue("Used up."), {"overdue_at": LATER, "status": S.OVERDUE}),
    (pending(), facts.HoldPlaced(HOLD), {"hold": HOLD}),
    (pending(hold=HOLD), facts.HoldLifted("Go on."), {"hold": None}),
    (pending(**WANTED), facts.Replanned("A new card."), {}),
    (
        PARTLY,
        facts.InvoiceCancelled("Wrong."),
        {"status": S.CANCELLED, "amount_credited": 7900, "closed_at": LATER, **FREED},
    ),
    (
        PARTLY,
        WrittenOff("Bankrupt.", 7000),
        {"status": S.UNCOLLECTIBLE, "amount_written_off": 7100, "closed_at": LATER, **FREED},
    ),
]

PAYING = [
    (
        pending(),
        facts.PaymentOpened("pay_1_3", 3, 700, (Allocation("inv_1", 700),)),
        {"payments": (Payment("pay_1_3", 3, 700, (Allocation("inv_1", 700),), LATER),)},
    ),
    (
        pending(payments=(OLD, payment(intent_id=None)), **WANTED),
        facts.AttemptStarted(PAY, "pi_9", attempt(request_id="req_1")),
        {
            "payments.1.intent_id": "pi_9",
            "payments.1.attempts": (attempt(request_id="req_1"),),
            "charge_request": None,
        },
    ),
    (
        replace(dunned(), status=S.PROCESSING, charge_request=REQUEST),
        facts.AttemptStarted(PAY, "pi_1", attempt(2), slots_done=1),
        {
            "status": S.PENDING,
            "payments.0.attempts": (failed(), attempt(2)),
            "dunning.slots_done": 1,
        },
    ),
    (
        second(),
        facts.ResultUnknown(PAY, 2, 3),
        {f"{LIVE}.result": R.UNKNOWN, f"{LIVE}.checks": 3},
    ),
    (
        second(),
        facts.ChargeProcessing(PAY, 2, "py_2"),
        {
            f"{LIVE}.result": R.PROCESSING,
            f"{LIVE}.charge_id": "py_2",
            "payments.1.status": P.PROCESSING,
            "status": S.PROCESSING,
        },
    ),
    (
        second(),
        facts.ActionRequired(PAY, 2, "https://bank.example"),
        {
            f"{LIVE}.result": R.ACTION_REQUIRED,
            f"{LIVE}.action_url": "https://bank.example",
            "status": S.PROCESSING,
        },
    ),
    (
        replace(second(), amount_overpaid=50, **WANTED),
        facts.ChargeSucceeded(PAY, 2, "pi_1", "ch_2", 9000, 290),
        {
            f"{LIVE}.result": R.SUCCEEDED,
            f"{LIVE}.charge_id": "ch_2",
            f"{LIVE}.resolved_at": LATER,
            "payments.1.status": P.PAID,
            "payments.1.charge_id": "ch_2",
            "payments.1.fee": 290,
            "payments.1.paid_at": LATER,
            "amount_paid": 8900,
            "amount_overpaid": 150,
            **SETTLED,
        },
    ),
    (
        pending(payments=(payment(),)),
        facts.ChargeSucceeded(PAY, None, "pi_1", "ch_2", 4000, None),
        {
            "payments.0.status": P.PAID,
            "payments.0.charge_id": "ch_2",
            "payments.0.paid_at": LATER,
            "amount_paid": 4000,
        },
    ),
    (pending(payments=(OLD, payment())), facts.FeePosted(PAY, "ch_1", 7), {"payments.1.fee": 7}),
    (
        pending(payments=(OLD, payment(intent_id=None))),
        facts.PaymentAdopted(PAY, 1, "pi_9", 8900),
        {"payments.1.intent_id": "pi_9"},
    ),
    (
        pending(payments=(OLD,)),
        facts.PaymentAdopted("pay_1_4", 4, "pi_9", 700),
        {"payments": (OLD, replace(ADOPTED, opened_at=LATER))},
    ),
]

FAILED = {
    f"{LIVE}.result": R.FAILED,
    f"{LIVE}.decline": FUNDS,
    f"{LIVE}.charge_id": "ch_2",
    f"{LIVE}.resolved_at": LATER,
}
GONE = {f"{LIVE}.result": R.NOT_EXECUTED, f"{LIVE}.resolved_at": LATER}
ASKED: dict[str, Any] = {"request_id": "req_9", "trigger": Trigger.CUSTOMER, "method_id": "pm_7"}
AGAIN = ChargeRequest("req_9", Trigger.CUSTOMER, NOON, "pm_7")
RUNNING = Dunning(STANDARD, NOON, 1)

ENDINGS = [
    (
        second(),
        facts.ChargeFailed(PAY, 2, "ch_2", FUNDS, STANDARD),
        {**FAILED, "dunning": Dunning(STANDARD, LATER)},
    ),
    (second(), facts.ChargeFailed(PAY, 2, "ch_2", FUNDS), FAILED),
    (
        replace(second(), dunning=RUNNING, hold=UNSURE),
        facts.ChargeFailed(PAY, 2, "ch_2", FUNDS, STANDARD),
        {**FAILED, "hold": None},
    ),
    (
        replace(in_flight(R.PROCESSING), overdue_at=NOON),
        facts.ChargeFailed(PAY, 1, None, FUNDS),
        {
            "payments.0.attempts.0.result": R.FAILED,
            "payments.0.attempts.0.decline": FUNDS,
            "payments.0.attempts.0.resolved_at": LATER,
            "payments.0.status": P.PENDING,
            "status": S.OVERDUE,
        },
    ),
    (second(), facts.AttemptNotExecuted(PAY, 2, "no_trace"), GONE),
    (
        replace(second(slot=0), dunning=RUNNING),
        facts.AttemptNotExecuted(PAY, 2, "no_trace"),
        {**GONE, "dunning.slots_done": 0},
    ),
    (
        second(**ASKED),
        facts.AttemptNotExecuted(PAY, 2, "no_trace"),
        {**GONE, "charge_request": AGAIN},
    ),
    (second(**ASKED), facts.AttemptNotExecuted(PAY, 2, facts.PAYER_LEFT), GONE),
    (
        replace(second(**ASKED), charge_request=REQUEST),
        facts.AttemptNotExecuted(PAY, 2, "no_trace"),
        GONE,
    ),
    (
        replace(second(), hold=UNSURE, status=S.PROCESSING),
        facts.PaymentCancelled(PAY, "The amount changes."),
        {**GONE, "payments.1.status": P.CANCELLED, "hold": None, "status": S.PENDING},
    ),
    (
        dunned(hold=HOLD),
        facts.PaymentCancelled(PAY, "The amount changes."),
        {"payments.0.status": P.CANCELLED},
    ),
    (
        pending(payments=(payment(),), status=S.CANCELLED),
        facts.PaymentCancelled(PAY, "Cancelled with its invoice."),
        {"payments.0.status": P.CANCELLED},
    ),
]

DASHBOARD_REFUND = Refund(
    "re_2", PAY, 300, DASHBOARD, LATER, status=RefundStatus.SUCCEEDED, stripe_refund_id="re_2"
)
PAID = pending(
    payments=(OLD, payment(status=P.PAID, paid_at=NOON, amount_refunded=100)),
    status=S.PAID,
    amount_paid=8900,
    paid_at=NOON,
    closed_at=NOON,
)
MONEY_LATER = [
    (
        PAID,
        Refunded(PAY, "re_2", 300),
        {"payments.1.amount_refunded": 400, "refunds": (DASHBOARD_REFUND,)},
    ),
    (PAID, RefundFailed(PAY, "re_1", 100), {"payments.1.amount_refunded": 0}),
]  # fmt: skip


@pytest.mark.parametrize(
    ("invoice", "payload", "expected"),
    [*BOOKKEEPING, *PAYING, *ENDINGS, *MONEY_LATER],
    ids=lambda value: value.kind if hasattr(value, "kind") else "",
)
def test_a_fact_changes_this_and_nothing_else(
    invoice: Invoice, payload: Any, expected: dict[str, Any]
) -> None:
    assert changed(invoice, told(invoice, payload)) == expected


def test_an_invoice_issued_at_once_is_created_and_numbered() -> None:
    assert changed(draft(), told(None, facts.InvoiceIssued(draft(), *FINAL))) == NUMBERED


def test_the_head_carries_the_plan_and_the_place_of_its_last_fact() -> None:
    story = Story().charging().failed()
    assert story.invoice.next_action == story.last.next_action
    assert story.invoice.next_action is not None
    assert (story.invoice.version, story.invoice.chain) == (story.last.seq, story.last.hash)
