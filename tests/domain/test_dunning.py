"""`decide`, situation by situation: what is done about an unpaid invoice, and the reason given."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import timedelta

import pytest

from chalicelib.domain.chargeability import Standing, why_not_chargeable
from chalicelib.domain.customer import MethodState
from chalicelib.domain.decisions import Decision, GiveUp, PayNow, Refuse, RetryAt, Wait
from chalicelib.domain.dispute import DisputeMark, DisputeState
from chalicelib.domain.dunning import decide, next_check_at
from chalicelib.domain.fraud_warning import FraudMark
from chalicelib.domain.invoice import ChargeRequest, Hold, HoldKind, Invoice, InvoiceStatus
from chalicelib.domain.network_caps import CapVerdict
from chalicelib.domain.payment import AttemptResult, Trigger
from chalicelib.domain.policy import STANDARD
from tests.domain.samples import (
    NOON,
    after,
    attempt,
    bank,
    card,
    declined,
    draft,
    dunned,
    failed,
    in_flight,
    payment,
    pending,
    standing,
)

CARD, NEW, BANK = card(), card("pm_2"), bank()
CAPPED = CapVerdict(free_at=after(days=9), reason="Tried 15 times.")
AUTH = failed("authentication_required")
MARK = DisputeMark("du_1", "pay_1_1", 8900, "fraudulent", None)
WARNED = FraudMark("issfr_1", "pay_1_1", "misc")
STOPPED = standing(CARD, warned=True)
WON, LOST = (replace(MARK, state=state) for state in (DisputeState.WON, DisputeState.LOST))
FIRST_RETURN = failed("insufficient_funds", method=BANK)


def asked(
    trigger: Trigger = Trigger.STAFF, *, present: bool = False, method: str | None = None
) -> ChargeRequest:
    url = "https://pay.example/back" if present else None
    return ChargeRequest("req_1", trigger, NOON, method, url)


def mac(code: str) -> Invoice:
    said = declined("do_not_honor", brand="mastercard", network_advice_code=code)
    return dunned(failed(said))


@dataclass(frozen=True)
class Row:
    """One situation; `hours` after the first failure (or the due date) it is decided."""

    about: str
    invoice: Invoice
    kind: type[Decision]
    code: str
    hours: float = 0
    standing: Standing = field(default_factory=lambda: standing(CARD))
    at: float | None = None  # of a RetryAt, or of a Wait's end, in hours
    slot: int | None = None
    slots_done: int | None = None
    trigger: Trigger | None = None


S = InvoiceStatus
TABLE = (
    # The debt itself
    Row("a draft", draft(), Wait, "draft"),
    Row("paid", pending(status=S.PAID, amount_paid=8900), Wait, "settled"),
    Row("cancelled", pending(status=S.CANCELLED, amount_credited=8900), Wait, "settled"),
    Row("written off", pending(status=S.UNCOLLECTIBLE), Wait, "settled"),
    Row("nothing left", pending(amount_paid=8900), Wait, "settled"),
    Row("disputed", pending(disputes=(MARK,)), Wait, "hold_dispute"),
    Row("disputed in dunning", dunned(disputes=(MARK,)), Wait, "hold_dispute", hours=500),
    Row("disputed, and a promise is over",
        dunned(disputes=(MARK,), hold=Hold(HoldKind.PROMISE, "?", after(hours=48))),
        Wait, "hold_dispute", hours=100),
    Row("dispute won", pending(disputes=(WON,)), PayNow, "first_charge"),
    Row("dispute won, staff hold", pending(disputes=(WON,), hold=Hold(HoldKind.STAFF, "?")),
        Wait, "hold_staff"),
    Row("dispute lost", pending(disputes=(LOST,)), Wait, "hold_dispute_lost"),
    Row("dispute lost, a new card", pending(disputes=(LOST,), charge_request=asked(
        Trigger.NEW_CARD)), Refuse, "hold_dispute_lost"),
    Row("dispute lost, the payer", pending(disputes=(LOST,), charge_request=asked(
        Trigger.CUSTOMER)), Refuse, "hold_dispute_lost"),
    Row("dispute lost, staff by hand", pending(disputes=(LOST,), charge_request=asked()),
        PayNow, "staff"),
    Row("disputed, staff by hand", pending(disputes=(MARK,), charge_request=asked()),
        Refuse, "hold_dispute"),
    Row("warned of fraud", pending(fraud_warnings=(WARNED,)), Wait, "hold_fraud_warning"),
    Row("warned of fraud, a new card", pending(fraud_warnings=(WARNED,), charge_request=asked(
        Trigger.NEW_CARD)), Refuse, "hold_fraud_warning"),
    Row("warned of fraud, the payer", pending(fraud_warnings=(WARNED,), charge_request=asked(
        Trigger.CUSTOMER)), PayNow, "customer"),
    Row("warned of fraud, staff by hand", pending(fraud_warnings=(WARNED,),
        charge_request=asked()), PayNow, "staff"),
    Row("the card itself, staff by hand", pending(fraud_warnings=(WARNED,),
        charge_request=asked()), Refuse, "fraud_warning", standing=STOPPED),
    Row("the card itself", pending(), Wait, "fraud_warning", standing=STOPPED, at=21),
    Row("the card itself, in dunning", dunned(slots_done=1), RetryAt, "fraud_warning", hours=24,
        standing=STOPPED, at=72, slots_done=2),
    Row("a warning that was released", pending(fraud_warnings=(replace(WARNED, released=True),)),
        PayNow, "first_charge"),
    Row("held by staff", dunned(hold=Hold(HoldKind.STAFF, "?")), Wait, "hold_staff", hours=500),
    Row("promised", dunned(hold=Hold(HoldKind.PROMISE, "?", after(hours=48))), Wait,
        "hold_promise", hours=30, at=48),
    Row("promise over", dunned(hold=Hold(HoldKind.PROMISE, "?", after(hours=48))), Wait,
        "hold_promise", hours=50, at=50),
    Row("not connected", pending(), Wait, "not_connected",
        standing=standing(CARD, can_charge=False), at=21),
    Row("not connected, mid-dunning", dunned(slots_done=1), RetryAt, "not_connected", hours=24,
        standing=standing(CARD, can_charge=False), at=72, slots_done=2),
    Row("too small", pending(amount_paid=8870), Wait, "amount_too_small", at=21),
    Row("too large", pending(currency="ISK", totals=replace(draft().totals, total=10**6)), Wait,
        "amount_too_large", at=21),
    Row("not expressible", pending(currency="KWD", amount_paid=1), Wait,
        "amount_not_chargeable", at=21),
    Row("overdue", dunned(status=S.OVERDUE, overdue_at=NOON), Wait, "overdue", hours=999),
    # The first charge
    Row("due now", pending(), PayNow, "first_charge", trigger=Trigger.FIRST),
    Row("due tomorrow", pending(charge_at=after(hours=24)), RetryAt, "first_charge", at=24),
    Row("first charge capped", pending(), RetryAt, "network_cap", at=216,
        standing=standing(CARD, caps=CAPPED)),
    Row("paid by hand", pending(), Wait, "send_invoice", at=21,
        standing=standing(CARD, auto_charge=False)),
    Row("paid by hand and late", pending(), GiveUp, "past_due", hours=21,
        standing=standing(CARD, auto_charge=False)),
    Row("no method", pending(), Wait, "no_payment_method", standing=standing(), at=21),
    Row("no method and late", pending(), GiveUp, "past_due", standing=standing(), hours=22),
    Row("dead card", pending(), Wait, "method_dead", at=21,
        standing=standing(card(state=MethodState.DEAD))),
    Row("wrong card", pending(), Wait, "method_fix", at=21,
        standing=standing(card(state=MethodState.FIX))),
    Row("expired card", pending(), Wait, "method_expired", at=21,
        standing=standing(card(exp_year=2026, exp_month=2))),
    Row("card of India", pending(), Wait, "on_session_only", at=21,
        standing=standing(card(country="IN"))),
    # Under way
    Row("started", in_flight(AttemptResult.STARTED), Wait, "in_flight", at=5 / 60),
    Row("unknown", in_flight(AttemptResult.UNKNOWN), Wait, "in_flight", hours=0.5, at=1),
    Row("bank debit", in_flight(AttemptResult.PROCESSING), Wait, "in_flight", hours=30, at=48),
    Row("at the bank's page", in_flight(AttemptResult.ACTION_REQUIRED), Wait, "in_flight", at=0.5),
    Row("asked for while live", in_flight(AttemptResult.UNKNOWN, charge_request=asked()), Wait,
        "in_flight", at=5 / 60),
    Row("unresolved", in_flight(AttemptResult.UNKNOWN, hold=Hold(HoldKind.UNRESOLVED, "?")), Wait,
        "hold_unresolved", hours=200),
    # The schedule
    Row("at once", dunned(), PayNow, "retry", slot=0, slots_done=1, trigger=Trigger.SCHEDULE),
    Row("after 24 hours", dunned(slots_done=1), PayNow, "retry", hours=24, slot=1, slots_done=2),
    Row("before 24 hours", dunned(slots_done=1), RetryAt, "next_retry", hours=23.9, at=24),
    Row("after 72 hours", dunned(slots_done=2), PayNow, "retry", hours=72, slot=2, slots_done=3),
    Row("after 7 days", dunned(slots_done=3), PayNow, "retry", hours=168, slot=3, slots_done=4),
    Row("all used up", dunned(slots_done=4), GiveUp, "slots_used_up", hours=168),
    Row("a late try stands for all", dunned(slots_done=1), PayNow, "retry", hours=100, slot=1,
        slots_done=3),
    Row("an hour after any try", dunned(failed(at=after(hours=23.5)), slots_done=1), RetryAt,
        "next_retry", hours=24, at=24.5),
    Row("technical", dunned(failed("processing_error")), PayNow, "retry", slot=0, slots_done=1),
    Row("unexplained", dunned(failed("do_not_honor")), PayNow, "retry", slot=0, slots_done=1),
    Row("unknown code", dunned(failed("unknown_x")), PayNow, "retry", slot=0, slots_done=1),
    Row("hard decline", dunned(failed("stolen_card")), RetryAt, "hard_decline", at=24,
        slots_done=1),
    Row("hard decline, later", dunned(failed("stolen_card"), slots_done=1), RetryAt,
        "hard_decline", hours=24, at=72, slots_done=2),
    Row("hard decline, the end", dunned(failed("stolen_card"), slots_done=3), GiveUp,
        "hard_decline", hours=168, slots_done=4),
    Row("wrong data", dunned(failed("incorrect_cvc")), RetryAt, "hard_decline", at=24,
        slots_done=1),
    Row("the bank wants the payer", dunned(AUTH), RetryAt, "authentication_required", at=24,
        slots_done=1),
    Row("our own fault", dunned(failed("duplicate_transaction")), RetryAt, "check_our_side",
        at=24, slots_done=1),
    Row("another card than the dead one", dunned(failed("stolen_card"), slots_done=1), PayNow,
        "retry", hours=24, standing=standing(NEW), slot=1, slots_done=2),
    Row("no card any more", dunned(slots_done=1), RetryAt, "no_payment_method", hours=24,
        standing=standing(), at=72, slots_done=2),
    Row("auto-charge turned off", dunned(slots_done=1), Wait, "send_invoice", hours=1, at=21,
        standing=standing(CARD, auto_charge=False)),
    Row("over the cap", dunned(slots_done=1), RetryAt, "network_cap", hours=24, at=72,
        slots_done=2, standing=standing(CARD, caps=CAPPED)),
    Row("over the cap at the end", dunned(slots_done=3), GiveUp, "network_cap", hours=168,
        slots_done=4, standing=standing(CARD, caps=CAPPED)),
    # What the network asks for
    Row("MAC 24: an hour", mac("24"), RetryAt, "next_retry", at=1),
    Row("MAC 24: then", mac("24"), PayNow, "retry", hours=1, slot=0, slots_done=1),
    Row("MAC 02: 72 hours", mac("02"), RetryAt, "next_retry", hours=24, at=72),
    Row("MAC 30: beyond the last slot", mac("30"), RetryAt, "next_retry", hours=200, at=240),
    Row("MAC 30: one try then", mac("30"), PayNow, "retry", hours=240, slot=0, slots_done=4),
    Row("MAC 03", mac("03"), RetryAt, "hard_decline", at=24, slots_done=1),
    Row("MAC 30 of another card", mac("30"), PayNow, "retry", hours=24, slot=0, slots_done=2,
        standing=standing(NEW)),
    # Bank debits
    Row("a returned debit", dunned(FIRST_RETURN), RetryAt, "next_retry", at=72,
        standing=standing(BANK)),
    Row("its first re-presentment", dunned(FIRST_RETURN), PayNow, "retry", hours=72, slot=2,
        slots_done=3, standing=standing(BANK)),
    Row("its second, 72 hours after the last return",
        dunned(FIRST_RETURN, failed(method=BANK, number=2, at=after(hours=168)), slots_done=3),
        RetryAt, "next_retry", hours=168, at=240, standing=standing(BANK)),
    Row("never a third", dunned(
        FIRST_RETURN, failed(method=BANK, number=2, trigger=Trigger.STAFF),
        failed(method=BANK, number=3), slots_done=3,
    ), GiveUp, "debit_limit", hours=168, slots_done=4, standing=standing(BANK)),
    Row("a closed account", dunned(failed("account_closed", method=BANK), slots_done=2), RetryAt,
        "hard_decline", hours=72, at=168, slots_done=3, standing=standing(BANK)),
    # Somebody asks
    Row("staff ask", dunned(slots_done=2, charge_request=asked()), PayNow, "staff", hours=30,
        trigger=Trigger.STAFF),
    Row("the payer asks", dunned(charge_request=asked(Trigger.CUSTOMER)), PayNow, "customer",
        trigger=Trigger.CUSTOMER),
    Row("a new card", dunned(failed("stolen_card"), charge_request=asked(Trigger.NEW_CARD)),
        PayNow, "new_card", standing=standing(NEW), trigger=Trigger.NEW_CARD),
    Row("asked when overdue", dunned(status=S.OVERDUE, slots_done=4, charge_request=asked()),
        PayNow, "staff", hours=999),
    Row("asked for a customer who pays by hand", pending(charge_request=asked()), PayNow, "staff",
        standing=standing(CARD, auto_charge=False)),
    Row("asked without a card", dunned(charge_request=asked()), Refuse, "no_payment_method",
        standing=standing()),
    Row("asked for a dead card", dunned(charge_request=asked()), Refuse, "method_dead",
        standing=standing(card(state=MethodState.DEAD))),
    Row("asked off-session, needs the payer", dunned(AUTH, charge_request=asked()), Refuse,
        "authentication_required"),
    Row("asked on-session", dunned(AUTH, charge_request=asked(present=True)), PayNow, "staff"),
    Row("asked over the cap", dunned(charge_request=asked()), Refuse, "network_cap",
        standing=standing(CARD, caps=CAPPED), at=216),
    Row("asked while held", pending(charge_request=asked(), hold=Hold(HoldKind.STAFF, "?")),
        Refuse, "hold_staff"),
    Row("asked while not connected", pending(charge_request=asked()), Refuse, "not_connected",
        standing=standing(CARD, can_charge=False)),
    Row("asked for a third re-presentment", dunned(
        FIRST_RETURN, failed(method=BANK, number=2), failed(method=BANK, number=3),
        charge_request=asked(),
    ), Refuse, "debit_limit", standing=standing(BANK)),
)  # fmt: skip


@pytest.mark.parametrize("row", TABLE, ids=lambda row: row.about)
def test_situation(row: Row) -> None:
    decision = decide(STANDARD, row.invoice, row.standing, after(hours=row.hours))
    assert (type(decision), decision.reason.code) == (row.kind, row.code)
    assert decision.reason.staff
    wanted = after(hours=row.at) if row.at is not None else None
    match decision:
        case PayNow():
            assert decision.method == row.standing.method
            assert (decision.slot, decision.slots_done) == (row.slot, row.slots_done)
            assert row.trigger in {None, decision.trigger}
        case RetryAt():
            assert (decision.at, decision.slots_done) == (wanted, row.slots_done)
        case Wait():
            assert decision.until == wanted
        case Refuse():
            assert decision.free_at == wanted
        case GiveUp():
            assert decision.slots_done == row.slots_done


def test_the_table_names_each_situation_once() -> None:
    assert len({row.about for row in TABLE}) == len(TABLE)


def test_a_running_sequence_keeps_its_policy() -> None:
    slow = replace(STANDARD, id="slow", offsets_seconds=(0, 10 * 86_400))
    began = dunned(slots_done=1, policy=slow)
    decision = decide(STANDARD, began, standing(CARD), after(days=2))
    assert isinstance(decision, RetryAt)
    assert decision.at == after(days=10)


def test_the_button_tells_every_reason_at_once() -> None:
    invoice = dunned(AUTH, hold=Hold(HoldKind.STAFF, "Wait for the lawyer."))
    nobody = standing(card(country="IN"), can_charge=False, caps=CAPPED)
    reasons = [reason.code for reason in why_not_chargeable(invoice, nobody, NOON)]
    assert reasons == [
        "hold_staff", "not_connected", "on_session_only", "authentication_required", "network_cap",
    ]  # fmt: skip
    assert why_not_chargeable(pending(), standing(CARD), NOON) == []


@pytest.mark.parametrize(
    ("result", "code"),
    [
        (AttemptResult.PROCESSING, "processing"),
        (AttemptResult.ACTION_REQUIRED, "payer_confirming"),
        (AttemptResult.UNKNOWN, "checking"),
        (AttemptResult.STARTED, "checking"),
    ],
)
def test_the_button_is_grey_while_a_try_is_live(result: AttemptResult, code: str) -> None:
    reasons = why_not_chargeable(in_flight(result), standing(CARD), NOON)
    assert [reason.code for reason in reasons] == [code]


def test_an_unknown_result_is_looked_for_after_5_minutes_an_hour_and_daily() -> None:
    unknown, now, looks = attempt(result=AttemptResult.UNKNOWN), NOON, []
    for checks in range(1, 8):
        at = next_check_at(replace(unknown, checks=checks), now)
        looks.append(at - NOON)
        now = at
    days = [timedelta(days=count) for count in range(1, 6)]
    assert looks == [timedelta(minutes=5), timedelta(hours=1), *days]
    assert next_check_at(unknown, now) == now  # and then a person


def test_a_hard_decline_is_of_its_card_alone() -> None:
    """The other card failed softly: it is retried, whatever happened to the first."""
    invoice = dunned(
        failed("stolen_card"), failed("insufficient_funds", number=2, method=NEW), slots_done=1
    )
    decision = decide(STANDARD, invoice, standing(NEW), after(hours=24))
    assert isinstance(decision, PayNow)
    assert decision.method.id == "pm_2"


def test_a_charge_that_paid_is_never_followed_by_another() -> None:
    paid = payment(attempt(result=AttemptResult.SUCCEEDED))
    settled = pending(status=S.PAID, amount_paid=8900, payments=(paid,), charge_request=asked())
    assert isinstance(decide(STANDARD, settled, standing(CARD), NOON), Refuse)
