"""`decide` over any invoice there may be: total, repeatable, and never against a hard rule."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.chargeability import Standing, why_not_chargeable
from chalicelib.domain.customer import MethodKind, MethodState, PaymentMethod
from chalicelib.domain.decisions import GiveUp, PayNow, Refuse, RetryAt, StopService, Wait
from chalicelib.domain.declines import DeclineClass, is_soft, network_delay_seconds
from chalicelib.domain.dunning import decide, slot_at
from chalicelib.domain.invoice import (
    ChargeRequest,
    Dunning,
    Hold,
    HoldKind,
    Invoice,
    InvoiceStatus,
)
from chalicelib.domain.network_caps import CapVerdict
from chalicelib.domain.payment import Attempt, AttemptResult, PaymentStatus, Trigger
from chalicelib.domain.plan import next_action
from chalicelib.domain.policy import RETRIED, STANDARD, ClassRule, DunningPolicy
from tests.domain.samples import (
    NOON,
    after,
    attempt,
    bank,
    bounded,
    card,
    declined,
    failed,
    payment,
    pending,
    standing,
)

METHODS = (card(), card("pm_2", brand="mastercard"), bank())
CODES = (
    "insufficient_funds", "processing_error", "do_not_honor", "unknown_x", "stolen_card",
    "expired_card", "authentication_required", "invalid_amount",
)  # fmt: skip
MACS = ("", "02", "03", "24", "29", "30")
methods = st.sampled_from(METHODS)
hours = st.integers(0, 24 * 14)
rules = st.builds(
    lambda kind, wait, retry: ClassRule(kind, wait if retry else 0, retry),
    st.sampled_from(RETRIED),
    st.sampled_from([0, 3600, 3 * 86_400]),
    st.booleans(),
)
policies = st.builds(
    lambda offsets, rules: replace(
        STANDARD, offsets_seconds=tuple(sorted(offsets)), class_rules=tuple(rules)
    ),
    st.lists(st.integers(0, 12 * 86_400), min_size=1, max_size=5, unique=True),
    st.lists(rules, max_size=2, unique_by=lambda rule: rule.decline_class),
)


@st.composite
def histories(draw: st.DrawFn) -> tuple[Attempt, ...]:
    """Failed tries in order of time, perhaps with a live one at the end."""
    tries: list[Attempt] = []
    for number, hour in enumerate(sorted(draw(st.lists(hours, max_size=5))), start=1):
        method = draw(methods)
        said = declined(
            draw(st.sampled_from(CODES)),
            brand=method.brand,
            network_advice_code=draw(st.sampled_from(MACS)),
            bank_debit=method.kind is MethodKind.US_BANK_ACCOUNT,
        )
        trigger = draw(st.sampled_from(Trigger))
        tries.append(
            failed(said, at=after(hours=hour), number=number, method=method, trigger=trigger)
        )
    if draw(st.booleans()):
        live = draw(st.sampled_from(sorted(AttemptResult)))
        number = len(tries) + 1
        tries.append(attempt(number, draw(methods), result=live, started_at=after(hours=400)))
    return tuple(tries)


ends = st.sampled_from([None, after(hours=100), after(hours=300)])


@st.composite
def invoices(draw: st.DrawFn) -> Invoice:
    tries = draw(histories())
    policy: DunningPolicy = draw(policies)
    failures = [one for one in tries if one.result is AttemptResult.FAILED]
    sequence = None
    if failures and failures[0].resolved_at is not None:
        slots = draw(st.integers(0, len(policy.offsets_seconds)))
        sequence = Dunning(policy, failures[0].resolved_at, slots)
    request = st.builds(
        ChargeRequest,
        id=st.just("req_1"),
        trigger=st.sampled_from([Trigger.STAFF, Trigger.CUSTOMER, Trigger.NEW_CARD]),
        requested_at=st.just(NOON),
        return_url=st.sampled_from([None, "https://pay.example/back"]),
    )
    hold = st.builds(
        Hold, st.sampled_from(HoldKind), st.just("?"), st.sampled_from([None, after(hours=30)])
    )
    status = draw(st.sampled_from([*InvoiceStatus][1:]))
    return pending(
        status=status,
        overdue_at=after(hours=200) if status is InvoiceStatus.OVERDUE else None,
        stops_at=draw(ends) if status is InvoiceStatus.OVERDUE else None,
        amount_paid=draw(st.sampled_from([0, 0, 1000, 8870, 8900])),
        payments=(payment(*tries, status=PaymentStatus.PENDING),) if tries else (),
        dunning=sequence,
        hold=draw(st.none() | hold),
        charge_request=draw(st.none() | request),
        charge_at=after(hours=draw(st.integers(-5, 5))),
    )


standings = st.builds(
    standing,
    st.none() | methods | st.sampled_from([card(state=MethodState.DEAD), card(country="IN")]),
    can_charge=st.sampled_from([True, True, False]),
    auto_charge=st.sampled_from([True, True, False]),
    caps=st.sampled_from([CapVerdict(), CapVerdict(), CapVerdict(after(days=20), "often")]),
    zone=st.sampled_from(["UTC", "America/New_York"]),
)
moments = hours.map(lambda hour: after(hours=hour))


@bounded
@given(invoice=invoices(), around=standings, now=moments)
def test_every_situation_has_one_answer(invoice: Invoice, around: Standing, now: datetime) -> None:
    decision = decide(STANDARD, invoice, around, now)
    assert isinstance(decision, PayNow | RetryAt | Wait | Refuse | GiveUp | StopService)
    assert decision == decide(STANDARD, invoice, around, now)
    assert decision.reason.code
    assert decision.reason.staff.endswith((".", "?"))


@bounded
@given(invoice=invoices(), around=standings, now=moments)
def test_the_answer_never_points_to_the_past(
    invoice: Invoice, around: Standing, now: datetime
) -> None:
    decision = decide(STANDARD, invoice, around, now)
    if isinstance(decision, RetryAt):
        assert decision.at > now
    plan = next_action(STANDARD, invoice, around, now)
    assert (plan is None) == (not invoice.is_open)


@bounded
@given(invoice=invoices(), around=standings, now=moments)
def test_no_charge_while_a_try_is_live_or_the_debt_is_held_or_settled(
    invoice: Invoice, around: Standing, now: datetime
) -> None:
    if not isinstance(decide(STANDARD, invoice, around, now), PayNow):
        return
    assert invoice.live_attempt is None
    assert invoice.hold is None
    assert invoice.is_open
    assert invoice.amount_remaining >= 50
    assert around.can_charge


def _hard(invoice: Invoice, method: PaymentMethod) -> bool:
    last = invoice.last_failure(method.id)
    return last is not None and last.decline is not None and not is_soft(last.decline)


@bounded
@given(invoice=invoices(), around=standings, now=moments)
def test_a_card_that_was_hard_declined_is_not_retried_by_itself(
    invoice: Invoice, around: Standing, now: datetime
) -> None:
    decision = decide(STANDARD, invoice, around, now)
    if isinstance(decision, PayNow) and decision.trigger in {Trigger.SCHEDULE, Trigger.FIRST}:
        assert invoice.dunning is None or not _hard(invoice, decision.method)
        assert decision.method.state is MethodState.USABLE


@bounded
@given(invoice=invoices(), around=standings, now=moments)
def test_nobody_is_charged_off_session_where_the_bank_wants_the_payer(
    invoice: Invoice, around: Standing, now: datetime
) -> None:
    decision = decide(STANDARD, invoice, around, now)
    present = invoice.charge_request is not None and invoice.charge_request.return_url is not None
    if isinstance(decision, PayNow) and not present:
        last = invoice.last_failure(decision.method.id)
        kind = last.decline.decline_class if last and last.decline else None
        assert kind not in {DeclineClass.AUTH, DeclineClass.CHECK}
        assert decision.method.country != "IN"


@bounded
@given(invoice=invoices(), around=standings, now=moments)
def test_the_schedule_keeps_its_times_its_gaps_and_the_networks_delays(
    invoice: Invoice, around: Standing, now: datetime
) -> None:
    decision = decide(STANDARD, invoice, around, now)
    if not isinstance(decision, PayNow) or decision.slot is None:
        return
    dunning = invoice.dunning
    assert dunning is not None
    assert dunning.slots_done <= decision.slot < len(dunning.policy.offsets_seconds)
    assert decision.slots_done is not None
    assert decision.slots_done > decision.slot
    assert now >= slot_at(dunning, decision.slot)
    last, own = invoice.last_failure(), invoice.last_failure(decision.method.id)
    assert last is not None
    assert last.resolved_at is not None
    gap = dunning.policy.minimum_gap_seconds if decision.slot else 0
    assert now >= last.resolved_at + timedelta(seconds=gap)
    if own is not None and own.decline is not None and own.resolved_at is not None:
        asked = timedelta(seconds=network_delay_seconds(own.decline))
        assert now >= own.resolved_at + asked


@bounded
@given(invoice=invoices(), around=standings, now=moments)
def test_the_schedule_obeys_the_policys_rule_for_the_last_decline(
    invoice: Invoice, around: Standing, now: datetime
) -> None:
    decision = decide(STANDARD, invoice, around, now)
    if not isinstance(decision, PayNow) or decision.slot is None or invoice.dunning is None:
        return
    own = invoice.last_failure(decision.method.id)
    if own is None or own.decline is None or own.resolved_at is None:
        return
    rule = invoice.dunning.policy.rule_for(own.decline.decline_class)
    assert rule.retry
    assert now >= own.resolved_at + timedelta(seconds=rule.wait_seconds)


@bounded
@given(invoice=invoices(), around=standings, now=moments)
def test_the_subscription_stops_only_when_its_grace_is_over(
    invoice: Invoice, around: Standing, now: datetime
) -> None:
    if isinstance(decide(STANDARD, invoice, around, now), StopService):
        assert invoice.status is InvoiceStatus.OVERDUE
        assert invoice.stops_at is not None
        assert now >= invoice.stops_at
        assert around.can_charge
        assert invoice.hold is None


@bounded
@given(invoice=invoices(), around=standings, now=moments)
def test_a_manual_try_uses_no_slot(invoice: Invoice, around: Standing, now: datetime) -> None:
    decision = decide(STANDARD, invoice, around, now)
    if isinstance(decision, PayNow) and decision.trigger is not Trigger.SCHEDULE:
        assert (decision.slot, decision.slots_done) == (None, None)


@bounded
@given(invoice=invoices(), around=standings, now=moments)
def test_over_its_cap_no_card_is_tried(invoice: Invoice, around: Standing, now: datetime) -> None:
    capped = replace(around, caps=CapVerdict(after(days=30), "Tried too often."))
    assert not isinstance(decide(STANDARD, invoice, capped, now), PayNow)


@bounded
@given(invoice=invoices(), around=standings, now=moments)
def test_the_button_and_the_rules_agree(invoice: Invoice, around: Standing, now: datetime) -> None:
    """A request is granted where the button was live, and refused where it was grey."""
    wanted = ChargeRequest("req_1", Trigger.STAFF, NOON)
    if invoice.live_attempt is not None:
        return
    decision = decide(STANDARD, replace(invoice, charge_request=wanted), around, now)
    grey = why_not_chargeable(replace(invoice, charge_request=None), around, now)
    assert isinstance(decision, Refuse if grey else PayNow)
    if grey:
        assert decision.reason == grey[0]


@bounded
@given(
    code=st.sampled_from(CODES),
    mac=st.sampled_from(MACS),
    method=methods,
    policy=policies,
    manual=st.lists(hours, max_size=3),
)
def test_a_whole_sequence_that_never_pays_ends(
    code: str, mac: str, method: PaymentMethod, policy: DunningPolicy, manual: list[int]
) -> None:
    """Play it out, every try failing: bounded tries, at most two re-presented debits, an end."""
    debit = method.kind is MethodKind.US_BANK_ACCOUNT
    said = declined(code, brand=method.brand, network_advice_code=mac, bank_debit=debit)
    tries = [failed(said, method=method)]
    slots_done, now = 0, NOON
    asked = sorted(NOON + timedelta(hours=hour) for hour in manual)
    for _ in range(40):
        request = ChargeRequest("req", Trigger.STAFF, now) if asked and asked[0] <= now else None
        invoice = pending(
            payments=(payment(*tries),),
            dunning=Dunning(policy, NOON, slots_done),
            charge_request=request,
        )
        decision = decide(policy, invoice, standing(method), now)
        if isinstance(decision, GiveUp):
            break
        if request is not None:
            asked.pop(0)
        match decision:
            case PayNow():
                number = len(tries) + 1
                tries.append(
                    failed(said, at=now, number=number, method=method, trigger=decision.trigger)
                )
                slots_done = decision.slots_done or slots_done
            case RetryAt():
                slots_done = decision.slots_done or slots_done
                now = min([decision.at, *[at for at in asked if at > now]])
            case _:
                assert isinstance(decision, Refuse)
    assert isinstance(decision, GiveUp)
    scheduled = [one for one in tries if one.trigger is Trigger.SCHEDULE]
    assert len(scheduled) <= len(policy.offsets_seconds)
    if debit:
        assert len(tries) <= 1 + policy.debit_retries
    if not is_soft(said):
        assert scheduled == []
