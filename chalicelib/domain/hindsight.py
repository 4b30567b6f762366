"""Hindsight: what a dunning policy would have done in a sequence that is over.

The past knows the answers of the tries that were made, and of no others. A try that the policy
would have made at another time is `unknown`: nobody guesses what a bank would have said. What is
known around it bounds it, and those bounds are told: paid when at the earliest, and at the latest.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain import network_caps, pay_days
from chalicelib.domain.customer import MethodKind
from chalicelib.domain.dates import shown
from chalicelib.domain.declines import Decline, is_soft, network_delay_seconds
from chalicelib.domain.invoice import Dunning, Invoice
from chalicelib.domain.payment import Attempt, AttemptResult, Trigger
from chalicelib.domain.policy import DunningPolicy

# A real try so near is the try that the policy would have made.
SAME_TRY = timedelta(hours=1)
_SCHEDULED = {Trigger.FIRST, Trigger.SCHEDULE}


class Verdict(StrEnum):
    AS_IT_WAS = "as_it_was"  # a try was made then, and its result is known
    BLOCKED = "blocked"  # the decline's class, a cap or the debit limit forbids it
    UNKNOWN = "unknown"  # no try was made then
    NOT_NEEDED = "not_needed"  # it was settled by then without the schedule


@dataclass(frozen=True, slots=True)
class PastTry:
    """One slot of the policy. `code` says what blocks it, or what the real try came to."""

    slot: int
    at: datetime
    verdict: Verdict
    code: str
    words: str


@dataclass(frozen=True, slots=True)
class Hindsight:
    """`paid_from` to `paid_by` bound when it would have been paid: None is "not known to be".

    `overdue_at` is when the last slot was over; `overdue_certain` unless an unknown try may have
    brought the money before.
    """

    invoice_id: str
    tries: tuple[PastTry, ...]
    paid_from: datetime | None
    paid_by: datetime | None
    overdue_at: datetime | None
    overdue_certain: bool


def is_over(invoice: Invoice) -> bool:
    """Its sequence has ended: settled, or all slots used up."""
    return invoice.dunning is not None and (invoice.overdue_at is not None or not invoice.is_open)


def replay(
    policy: DunningPolicy, invoice: Invoice, others: Sequence[datetime] = (), *, zone: str = "UTC"
) -> Hindsight:
    """The sequence of `invoice` under `policy`. `others`: tries of the same card and amount for
    other invoices, as far as they are known; `zone` is where its pay days are days."""
    assert invoice.dunning is not None, "only a sequence that has begun can be looked back on"
    return _Look(policy, invoice, invoice.dunning, others, zone).through()


@dataclass
class _Look:
    policy: DunningPolicy
    invoice: Invoice
    dunning: Dunning
    others: Sequence[datetime]
    zone: str
    tries: list[PastTry] = field(default_factory=list)
    made: list[datetime] = field(default_factory=list)  # by the policy, known or not
    unsure: bool = False  # one of them is unknown, so what follows is what follows a failure

    def through(self) -> Hindsight:
        offsets = self.policy.offsets_seconds
        first, slot = self.dunning.first_failed_at, 0
        at = first
        while slot < len(offsets):
            at = self._due_at(first, slot)
            self.tries.append(self._judged(slot, at))
            if self._settled(self.tries[-1]):
                break
            passed = sum(first + timedelta(seconds=offset) <= at for offset in offsets)
            slot = max(slot + 1, passed)
        return self._told(at)

    def _due_at(self, first: datetime, slot: int) -> datetime:
        """As `dunning.decide` would have it: the slot, or later by what the last decline asks."""
        at = first + timedelta(seconds=self.policy.offsets_seconds[slot])
        last = self._last_failure(at)
        if last is None or last.decline is None or self._forbidden(last, last.decline):
            return at
        if self._too_soon(slot, last) is not None:
            return at
        since = max([first, *self.made, *self._by_hand(at)])
        rule = self.policy.rule_for(last.decline.decline_class)
        wait = max(network_delay_seconds(last.decline), rule.wait_seconds)
        if _is_debit(last):
            wait = max(wait, self.policy.debit_offset_seconds)
        gap = self.policy.minimum_gap_seconds if slot else 0
        at = max(at, since + timedelta(seconds=max(wait, gap)))
        days = self.policy.pay_days_after(last.decline.decline_class)
        end = first + timedelta(seconds=self.policy.offsets_seconds[-1])
        return (pay_days.next_window(days, at, end, self.zone) if days else None) or at

    def _judged(self, slot: int, at: datetime) -> PastTry:
        settled_at = self._settled_otherwise()
        if settled_at is not None and settled_at <= at:
            words = f"Settled on {shown(settled_at)} without a scheduled try."
            return PastTry(slot, at, Verdict.NOT_NEEDED, "settled", words)
        last = self._last_failure(at)
        block = self._forbidden(last, last.decline) if last and last.decline else None
        block = block or self._too_soon(slot, last)
        block = block or self._capped(at, last)
        if block is not None:
            return PastTry(slot, at, Verdict.BLOCKED, *block)
        real = next((one for one in self._ended() if abs(one.started_at - at) <= SAME_TRY), None)
        if real is not None and not self.unsure:
            self.made.append(real.resolved_at or real.started_at)
            words = f"A try was made on {shown(real.started_at)}: it {real.result.value}."
            return PastTry(slot, at, Verdict.AS_IT_WAS, real.result.value, words)
        self.made.append(at)
        self.unsure = True
        return PastTry(slot, at, Verdict.UNKNOWN, "no_try_then", self._bounds(at))

    def _forbidden(self, last: Attempt, decline: Decline) -> tuple[str, str] | None:
        name = decline.decline_class.value
        if not is_soft(decline):
            return "hard_decline", f"The last decline ({name}) forbids another try of that method."
        if not self.policy.rule_for(decline.decline_class).retry:
            return "policy_no_retry", f"The policy does not retry after a decline for {name}."
        if _is_debit(last) and len(self.made) >= self.policy.debit_retries:
            return "debit_limit", "A bank debit is presented again at most twice."
        return None

    def _too_soon(self, slot: int, last: Attempt | None) -> tuple[str, str] | None:
        soon = self.policy.offsets_seconds[slot] < self.policy.debit_offset_seconds
        if last is None or not _is_debit(last) or not soon:
            return None
        return "debit_too_soon", "The slot comes too soon for a returned bank debit."

    def _capped(self, at: datetime, last: Attempt | None) -> tuple[str, str] | None:
        if last is None or _is_debit(last):
            return None
        before = [one for one in [*self._by_hand(at), *self.others] if one < at]
        tried_at = sorted([self.dunning.first_failed_at, *self.made, *before])
        verdict = network_caps.check_caps(last.brand, tried_at, self.policy, at)
        return None if verdict.is_free else ("network_cap", verdict.reason)

    def _bounds(self, at: datetime) -> str:
        """What is known around a try that nobody made."""
        words = ["No try was made then."]
        before = [one for one in self._ended() if one.started_at <= at]
        after = [one for one in self._ended() if one.started_at > at]
        if before:
            one = before[-1]
            kind = f" ({one.decline.decline_class.value})" if one.decline else ""
            words.append(
                f"The last before it, on {shown(one.started_at)}, {one.result.value}{kind}."
            )
        if after:
            one = after[0]
            words.append(f"The next after it, on {shown(one.started_at)}, {one.result.value}.")
        return " ".join(words)

    def _settled(self, last: PastTry) -> bool:
        paid = last.code == AttemptResult.SUCCEEDED.value
        return last.verdict is Verdict.NOT_NEEDED or paid

    def _settled_otherwise(self) -> datetime | None:
        """When it was settled by something that does not depend on the schedule."""
        invoice = self.invoice
        won = next((one for one in self._ended() if one.result is AttemptResult.SUCCEEDED), None)
        if won is not None and won.trigger in _SCHEDULED:
            return None
        return invoice.closed_at or invoice.paid_at

    def _ended(self) -> list[Attempt]:
        ends = {AttemptResult.FAILED, AttemptResult.SUCCEEDED}
        return [one for one in self.invoice.attempts if one.result in ends]

    def _by_hand(self, at: datetime) -> list[datetime]:
        """When staff, the payer or a new card tried before then: under any policy they would."""
        tries = (one for one in self._ended() if one.trigger not in _SCHEDULED)
        return [one.started_at for one in tries if one.started_at < at]

    def _last_failure(self, at: datetime) -> Attempt | None:
        """The newest one known by then: the first of all, or a later one."""
        failed = [one for one in self._ended() if one.result is AttemptResult.FAILED]
        known = [one for one in failed if one.resolved_at and one.resolved_at < at]
        return known[-1] if known else next(iter(failed), None)

    def _told(self, last_at: datetime) -> Hindsight:
        ended = self.tries[-1]
        unknown = [one.at for one in self.tries if one.verdict is Verdict.UNKNOWN]
        paid_by = ended.at if ended.code == AttemptResult.SUCCEEDED.value else None
        otherwise = self._settled_otherwise() if self.invoice.paid_at else None
        paid_by = paid_by or otherwise
        bounds = [at for at in (*unknown[:1], paid_by) if at is not None]
        before_the_end = paid_by is not None and paid_by <= last_at
        over = ended.verdict is Verdict.NOT_NEEDED or before_the_end
        return Hindsight(
            invoice_id=self.invoice.id,
            tries=tuple(self.tries),
            paid_from=min(bounds, default=None),
            paid_by=paid_by,
            overdue_at=None if over else last_at,
            overdue_certain=not over and not unknown,
        )


def _is_debit(attempt: Attempt) -> bool:
    return attempt.method_kind is MethodKind.US_BANK_ACCOUNT
