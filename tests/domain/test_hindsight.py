"""Looking back on a finished sequence: what is known, what is blocked, and what nobody can know."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime
from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from chalicelib.domain.declines import Decline
from chalicelib.domain.hindsight import Hindsight, Verdict, is_over, replay
from chalicelib.domain.invoice import Dunning, Invoice, InvoiceStatus
from chalicelib.domain.payment import Attempt, AttemptResult, PaymentStatus, Trigger
from chalicelib.domain.policy import GENTLE, HOUR, STANDARD, DunningPolicy
from tests.domain.samples import (
    NOON,
    after,
    attempt,
    bank,
    bounded,
    declined,
    dunned,
    failed,
    payment,
    pending,
)

A, B, U, N = Verdict.AS_IT_WAS, Verdict.BLOCKED, Verdict.UNKNOWN, Verdict.NOT_NEEDED


def slots(*hours: float, **changes: Any) -> DunningPolicy:
    return replace(STANDARD, offsets_seconds=tuple(int(HOUR * hour) for hour in hours), **changes)


def tried(
    hours: float, number: int, code: str | Decline = "insufficient_funds", **more: Any
) -> Attempt:
    return failed(code, at=after(hours=hours), number=number, **more)


def won(hours: float, number: int, trigger: Trigger = Trigger.SCHEDULE) -> Attempt:
    at = after(hours=hours)
    made = attempt(number, trigger=trigger, started_at=at, resolved_at=at)
    return replace(made, result=AttemptResult.SUCCEEDED)


def lost(code: str = "insufficient_funds") -> Invoice:
    """The standard sequence, to its end without a payment."""
    hours = (0, 0, 24, 72, 168)
    tries = [tried(hour, number, code) for number, hour in enumerate(hours, start=1)]
    over: dict[str, Any] = {"status": InvoiceStatus.OVERDUE, "overdue_at": after(hours=168)}
    return dunned(*tries, slots_done=4, **over)


def recovered(hours: float = 72, trigger: Trigger = Trigger.SCHEDULE) -> Invoice:
    """Failed at noon, at once and a day later; paid then."""
    tries = [tried(0, 1), tried(0, 2), tried(24, 3), won(hours, 4, trigger)]
    paid_at = after(hours=hours)
    return pending(
        status=InvoiceStatus.PAID,
        amount_paid=8900,
        paid_at=paid_at,
        closed_at=paid_at,
        payments=(payment(*tries, status=PaymentStatus.PAID),),
        dunning=Dunning(STANDARD, NOON, 3),
    )


def verdicts(seen: Hindsight) -> list[Verdict]:
    return [one.verdict for one in seen.tries]


def test_its_own_policy_is_told_as_it_was() -> None:
    seen = replay(STANDARD, lost())
    assert verdicts(seen) == [A, A, A, A]
    assert (seen.overdue_at, seen.overdue_certain) == (after(hours=168), True)
    assert (seen.paid_from, seen.paid_by) == (None, None)
    paid = replay(STANDARD, recovered())
    assert verdicts(paid) == [A, A, A]
    assert (paid.paid_from, paid.paid_by) == (after(hours=72), after(hours=72))
    assert paid.overdue_at is None


def test_a_shorter_policy_is_known_to_end_sooner() -> None:
    seen = replay(slots(0, 24), lost())
    assert verdicts(seen) == [A, A]
    assert (seen.overdue_at, seen.overdue_certain) == (after(hours=24), True)
    given_up = replay(slots(0, 24), recovered())
    assert (given_up.paid_by, given_up.overdue_certain) == (None, True)


def test_a_try_at_another_time_is_unknown_with_its_bounds() -> None:
    seen = replay(slots(48), recovered())
    assert verdicts(seen) == [U]
    assert seen.tries[0].words == (
        "No try was made then. The last before it, on 2026-03-03 12:00 UTC, failed (funds). "
        "The next after it, on 2026-03-05 12:00 UTC, succeeded."
    )
    assert (seen.paid_from, seen.paid_by) == (after(hours=48), None)
    assert (seen.overdue_at, seen.overdue_certain) == (after(hours=48), False)


def test_after_an_unknown_try_nothing_is_as_it_was() -> None:
    """The real answer at 72 hours came to the third try of that card, not to the second."""
    assert verdicts(replay(slots(48, 72), recovered())) == [U, U]


def test_a_hard_decline_blocks_whatever_the_policy_says() -> None:
    seen = replay(slots(1, 48, 96), lost("stolen_card"))
    assert verdicts(seen) == [B, B, B]
    assert {one.code for one in seen.tries} == {"hard_decline"}
    assert seen.overdue_certain


def test_a_cap_blocks_and_says_so() -> None:
    capped = slots(0, 24, 72, 168, visa_cap_30_days=2)
    seen = replay(capped, lost())
    assert [one.code for one in seen.tries] == ["failed", *["network_cap"] * 3]
    others = [after(hours=-1), after(hours=-2)]
    assert {one.code for one in replay(capped, lost(), others).tries} == {"network_cap"}


def test_what_the_payer_did_by_hand_is_not_the_schedules() -> None:
    seen = replay(slots(0, 24, 96), recovered(30, Trigger.CUSTOMER))
    assert verdicts(seen) == [A, A, N]
    assert (seen.paid_by, seen.overdue_at) == (after(hours=30), None)
    sooner = replay(slots(0, 24), recovered(30, Trigger.CUSTOMER))
    assert (sooner.overdue_at, sooner.overdue_certain) == (after(hours=24), True)


def test_a_wait_moves_the_try_and_makes_it_unknown() -> None:
    seen = replay(GENTLE, lost())
    assert [one.at for one in seen.tries] == [after(hours=93), after(hours=168)]
    there = replay(GENTLE, lost(), zone="America/New_York")
    assert there.tries[0].at == after(hours=98)  # nine o'clock on that Friday there


def test_only_a_sequence_that_ended_is_over() -> None:
    assert is_over(lost())
    assert is_over(recovered())
    assert not is_over(dunned())
    assert not is_over(pending(status=InvoiceStatus.OVERDUE, overdue_at=NOON))


@st.composite
def pasts(draw: st.DrawFn) -> Invoice:
    hours = sorted(draw(st.lists(st.integers(1, 300), max_size=5)))
    codes = st.sampled_from(["insufficient_funds", "processing_error", "stolen_card"])
    tries = [tried(0, 1, draw(codes))]
    tries += [tried(hour, number, draw(codes)) for number, hour in enumerate(hours, start=2)]
    sequence = Dunning(STANDARD, NOON, 4)
    if draw(st.booleans()):
        trigger = draw(st.sampled_from([Trigger.SCHEDULE, Trigger.CUSTOMER]))
        ended: datetime = after(hours=310)
        tries.append(won(310, len(tries) + 1, trigger))
        return pending(
            status=InvoiceStatus.PAID, amount_paid=8900, paid_at=ended, closed_at=ended,
            payments=(payment(*tries, status=PaymentStatus.PAID),), dunning=sequence,
        )  # fmt: skip
    late = {"status": InvoiceStatus.OVERDUE, "overdue_at": after(hours=400)}
    return pending(payments=(payment(*tries),), dunning=sequence, **late)


@bounded
@given(
    invoice=pasts(),
    offsets=st.lists(st.integers(0, 500), min_size=1, max_size=8, unique=True).map(sorted),
    cap=st.integers(1, 15),
)
def test_nothing_is_claimed_that_no_try_has_shown(
    invoice: Invoice, offsets: list[int], cap: int
) -> None:
    policy = slots(*offsets, visa_cap_30_days=cap)
    seen = replay(policy, invoice)
    real = [one.started_at for one in invoice.attempts]
    assert 1 <= len(seen.tries) <= len(offsets)
    assert [one.at for one in seen.tries] == sorted(one.at for one in seen.tries)
    for one in seen.tries:
        near = any(abs((at - one.at).total_seconds()) <= HOUR for at in real)
        assert near or one.verdict is not A
        assert one.words
    unknown = U in verdicts(seen)
    assert not (unknown and seen.overdue_certain)
    if seen.paid_by is not None:
        assert seen.paid_by in {one.at for one in seen.tries} | {invoice.paid_at}
    assert sum(one.verdict in {A, U} for one in seen.tries) + 1 <= cap


def test_a_bank_account_waits_and_is_presented_again_twice() -> None:
    tries = [
        tried(hours, number, declined("insufficient_funds", bank_debit=True), method=bank())
        for number, hours in enumerate((0, 72, 168), start=1)
    ]
    over: dict[str, Any] = {"status": InvoiceStatus.OVERDUE, "overdue_at": after(hours=240)}
    seen = replay(slots(0, 72, 168, 240), dunned(*tries, slots_done=4, **over))
    assert [one.at for one in seen.tries] == [after(hours=hour) for hour in (0, 72, 168, 240)]
    assert [(one.verdict, one.code) for one in seen.tries] == [
        (B, "debit_too_soon"), (A, "failed"), (A, "failed"), (B, "debit_limit"),
    ]  # fmt: skip
