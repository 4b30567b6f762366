"""The rehearsal of the policy in force is what the real services then do, step by step."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from hypothesis import assume, given
from hypothesis import strategies as st

from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.declines import Decline, DeclineClass
from chalicelib.domain.facts import SYSTEM, EffectKind, Fact
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.pay_days import PayDays, Weekday
from chalicelib.domain.policy import (
    DAY,
    HOUR,
    Channel,
    ClassRule,
    DunningPolicy,
    NoticeRule,
    WhenExhausted,
    check,
)
from chalicelib.domain.promise import Promise, ToldBy
from chalicelib.domain.rehearsal import Assumption, rehearse
from chalicelib.services import clocks, following_up
from chalicelib.services.rehearsing import debts_of
from tests.domain.samples import bounded
from tests.fakes.install import Install

START = datetime(2026, 1, 5, 15, tzinfo=UTC)
CLOCK = "clock_1"
CARDS = ("4242424242424242", "5555555555554444")
HORIZON = timedelta(days=75)
TOLD = {EffectKind.MAIL, EffectKind.SMS, EffectKind.STAFF_MAIL}
QUIET = {"payment_opened", "replanned", "issued", "fee_posted"}

rules = st.lists(
    st.builds(
        lambda kind, wait, retry, days: ClassRule(
            kind, wait if retry else 0, retry, retry and days
        ),
        st.sampled_from([DeclineClass.FUNDS, DeclineClass.OPAQUE, DeclineClass.TECH]),
        st.sampled_from([0, 2 * HOUR, 3 * DAY, 9 * DAY]),
        st.booleans(),
        st.booleans(),
    ),
    max_size=2,
    unique_by=lambda rule: rule.decline_class,
)
notices = st.sampled_from(
    [
        (),
        (NoticeRule("payment_failed", (Channel.SMS,)),),
        (NoticeRule("reminder_past_due", (Channel.MAIL, Channel.SMS)),),
    ]
)


@st.composite
def policies(draw: st.DrawFn) -> DunningPolicy:
    end = draw(st.sampled_from(WhenExhausted))
    offsets = draw(st.lists(st.integers(0, 12 * 24), min_size=1, max_size=5, unique=True))
    return check(
        DunningPolicy(
            id="tried",
            name="Tried",
            offsets_seconds=tuple(sorted(HOUR * hours for hours in offsets)),
            class_rules=tuple(draw(rules)),
            when_exhausted=end,
            grace_days=0 if end is WhenExhausted.KEEP else draw(st.sampled_from([0, 3, 10])),
            notice_rules=draw(notices),
            pay_days=PayDays((1, 15), (draw(st.sampled_from(Weekday)),)),
            visa_cap_30_days=draw(st.sampled_from([3, 5, 15])),
            mastercard_cap_24_hours=draw(st.sampled_from([2, 10])),
        )
    )


@dataclass(frozen=True)
class Plot:
    """A business with some debts, played for some hours before the rehearsal is asked for."""

    policy: DunningPolicy
    card: str
    code: str
    amounts: tuple[int, ...]
    due_in: int
    hours: int
    texted: bool
    subscribed: bool
    promised: bool


plots = st.builds(
    Plot,
    policy=policies(),
    card=st.sampled_from(CARDS),
    code=st.sampled_from(
        ["generic_decline", "insufficient_funds", "processing_error", "expired_card", "lost_card"]
    ),
    amounts=st.lists(st.sampled_from([8900, 4200]), min_size=1, max_size=3).map(tuple),
    due_in=st.sampled_from([0, 1, 8]),
    hours=st.sampled_from([1, 30, 100, 200]),
    texted=st.booleans(),
    subscribed=st.booleans(),
    promised=st.booleans(),
)


def opened(plot: Plot) -> Install:
    install = Install.at(datetime(2026, 6, 1, tzinfo=UTC))
    clocks.create_clock(install.ports, "biz_1", CLOCK, START)
    install.business(test_clock_id=CLOCK, policy=plot.policy)
    more: dict[str, Any] = {"phone": "+12075550177", "sms_consent_at": START} if plot.texted else {}
    customer = install.customer(card=plot.card, **more)
    install.stripe.script_card(plot.card, [plot.code] * 200)
    due_on = START.date() + timedelta(days=plot.due_in)
    for amount in plot.amounts:
        install.invoice(customer, amount, due_on=due_on)
    if plot.subscribed:
        end = date(2026, 2, 4)
        install.subscription(customer, start_on=START.date(), contract_end_on=end)
    advance(install, START + timedelta(hours=plot.hours))
    if plot.promised:
        promise(install)
    return install


def promise(install: Install) -> None:
    """The first that is owed is promised for a day two days ahead, and will not be paid."""
    now = install.store.test_clock(CLOCK).now_at
    on = now.date() + timedelta(days=2)
    wanted = Promise("pro_1", 0, on, "Ada Byron", ToldBy.PHONE, now, 0)
    owed = [one.id for one in install.store.invoices("biz_1", limit=100).items if one.is_open]
    following_up.promise_to_pay(install.ports, "biz_1", min(owed), wanted, actor=SYSTEM)


def advance(install: Install, to: datetime) -> None:
    install.settle()
    clocks.start_advance(install.ports, "biz_1", CLOCK, to)
    install.settle()


def told(fact: Fact) -> tuple[Any, ...]:
    """What somebody would notice of a fact."""
    owed = tuple(effect.id for effect in fact.effects if effect.kind in TOLD)
    match fact.data:
        case facts.AttemptStarted(attempt=attempt):
            return (fact.at, fact.kind, attempt.trigger, attempt.slot, attempt.method_id, owed)
        case facts.SlotSkipped(slots_done=slots_done, code=code):
            return (fact.at, fact.kind, slots_done, code, owed)
        case facts.WentOverdue(stops_at=stops_at, end=end):
            return (fact.at, fact.kind, stops_at, end, owed)
        case _:
            return (fact.at, fact.kind, owed)


def answered(fact: Fact, assumed: Decline) -> bool:
    """As assumed: after many tries Stripe itself says that the card must not be tried again."""
    said = fact.data.decline if isinstance(fact.data, facts.ChargeFailed) else assumed
    return said.decline_class is assumed.decline_class


def known_decline(invoices: list[Invoice]) -> bool:
    return any(one.last_failure() is not None for one in invoices)


@bounded
@given(plot=plots)
def test_what_is_rehearsed_is_what_happens(plot: Plot) -> None:
    install = opened(plot)
    business = install.store.business("biz_1")
    invoices = list(install.store.invoices("biz_1", limit=100).items)
    if not known_decline(invoices):
        install.stripe.script_card(plot.card, ["generic_decline"] * 200)
    book = debts_of(install.ports, business, invoices)
    now = install.store.test_clock(CLOCK).now_at
    played = rehearse(book, Assumption.EVERY_TRY_FAILS, now, now + HORIZON)
    assert install.store.invoices("biz_1", limit=100).items == tuple(invoices)
    before = {debt.invoice.id: len(install.history(debt.invoice)) for debt in book}
    advance(install, now + HORIZON)
    happened = {
        one.debt.invoice.id: install.history(one.debt.invoice)[before[one.debt.invoice.id] :]
        for one in played
    }
    assume(all(answered(f, one.decline) for one in played for f in happened[one.debt.invoice.id]))
    for one in played:
        real = happened[one.debt.invoice.id]
        expected = [told(fact) for fact in one.facts if fact.kind not in QUIET]
        assert [told(fact) for fact in real if fact.kind not in QUIET] == expected
