"""A dunning policy: versioned data on when a failed payment is tried again, and what follows.

A running sequence keeps the policy it began with (it is copied into the invoice at its first
failure), so a change never hits a case that is under way.

A policy may only be stricter than the networks and Nacha are: `check` refuses one that would try
more often, sooner, or what must not be tried.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from enum import StrEnum

from chalicelib.domain import pay_days as paydays
from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.parties import QuietHours
from chalicelib.domain.pay_days import PayDays

HOUR = 3600
DAY = 24 * HOUR
LONGEST_DAYS = 60
MOST_OFFSETS, MOST_REMINDERS = 8, 5
# After these a later try on the same method makes sense; how long it waits is the policy's to say.
RETRIED = (DeclineClass.FUNDS, DeclineClass.TECH, DeclineClass.OPAQUE, DeclineClass.DEBIT)
# The notices whose way to the payer a policy chooses. Receipts and invoices always go by mail.
CHOSEN_NOTICES = (
    "payment_failed", "needs_card", "action_required", "went_overdue",
    "reminder_upcoming", "reminder_past_due",
)  # fmt: skip


class WhenExhausted(StrEnum):
    """What happens to the subscription when the last retry has failed."""

    PAUSE = "pause"
    KEEP = "keep"
    CANCEL = "cancel"


class Channel(StrEnum):
    """How a notice reaches the payer."""

    MAIL = "mail"
    SMS = "sms"


@dataclass(frozen=True, slots=True)
class ClassRule:
    """After a decline of this class: wait at least so long, or do not retry by schedule at all.

    `on_pay_days`: the try waits for the policy's next pay day, if one comes within the sequence.
    """

    decline_class: DeclineClass
    wait_seconds: int = 0
    retry: bool = True
    on_pay_days: bool = False


@dataclass(frozen=True, slots=True)
class NoticeRule:
    """How one kind of notice is sent; by mail where a text was chosen and is not agreed to."""

    notice: str
    channels: tuple[Channel, ...]


@dataclass(frozen=True, slots=True)
class DunningPolicy:
    """Offsets are seconds from the first failed charge; days are days in the business's zone."""

    id: str = "standard"
    version: int = 1
    name: str = "Standard"
    offsets_seconds: tuple[int, ...] = (0, 24 * HOUR, 72 * HOUR, 7 * DAY)
    class_rules: tuple[ClassRule, ...] = ()
    minimum_gap_seconds: int = HOUR
    debit_offset_seconds: int = 72 * HOUR  # a returned bank debit is not presented again sooner
    debit_retries: int = 2  # Nacha: at most two re-presentments
    when_exhausted: WhenExhausted = WhenExhausted.PAUSE
    grace_days: int = 0  # between overdue and the end that `when_exhausted` names
    overdue_after_days: int = 1  # for invoices that nobody is charging
    reminder_days_before: tuple[int, ...] = (7, 2)
    reminder_days_after: tuple[int, ...] = (3, 7, 14)
    notice_rules: tuple[NoticeRule, ...] = ()
    text_hours: QuietHours | None = None  # local hours for texts, within the customer's own
    visa_cap_30_days: int = 15
    mastercard_cap_24_hours: int = 10
    mastercard_cap_30_days: int = 35
    pay_days: PayDays | None = None  # what the classes wait for whose rule says so

    def pay_days_after(self, decline_class: DeclineClass) -> PayDays | None:
        """The days that a try after such a decline waits for; None where it waits for none."""
        return self.pay_days if self.rule_for(decline_class).on_pay_days else None

    def rule_for(self, decline_class: DeclineClass) -> ClassRule:
        rules = (rule for rule in self.class_rules if rule.decline_class is decline_class)
        return next(rules, ClassRule(decline_class))


STANDARD = DunningPolicy()
# Kinder to an empty account: only a passing fault is tried again at once, and an empty account on a
# day on which wages have likely come.
GENTLE = DunningPolicy(
    id="gentle",
    name="Gentle",
    class_rules=(
        ClassRule(DeclineClass.FUNDS, wait_seconds=24 * HOUR, on_pay_days=True),
        ClassRule(DeclineClass.OPAQUE, wait_seconds=24 * HOUR),
    ),
    grace_days=7,
    pay_days=PayDays(),
)
SHIPPED = (STANDARD, GENTLE)

# What the networks and Nacha publish: the most, or the least, that a policy may say.
_AT_MOST = {
    "visa_cap_30_days": (20, "Visa allows 20 tries in 30 days"),
    "mastercard_cap_24_hours": (10, "Mastercard allows 10 tries in 24 hours"),
    "mastercard_cap_30_days": (35, "Mastercard allows 35 tries in 30 days"),
    "debit_retries": (2, "Nacha allows a returned debit to be presented again twice"),
}
_AT_LEAST = {
    "minimum_gap_seconds": (HOUR, "Two tries of one card are an hour apart"),
    "debit_offset_seconds": (72 * HOUR, "A returned debit is presented again after 72 hours"),
}
_LAWFUL_HOURS = QuietHours()


def check(policy: DunningPolicy) -> DunningPolicy:
    """The policy, if it can be followed and is no laxer than the networks.

    Raises InvalidInput: `policy_overrides_network`, or `policy_invalid`; every fault is named.
    """
    lax = list(_too_lax(policy))
    if lax:
        raise InvalidInput("policy_overrides_network", _sentences(lax))
    faults = [
        *_faults_of_schedule(policy),
        *_faults_of_pay_days(policy),
        *_faults_of_the_end(policy),
        *_faults_of_words(policy),
    ]
    if faults:
        raise InvalidInput("policy_invalid", _sentences(faults))
    return policy


def _sentences(faults: Iterable[str]) -> str:
    return " ".join(f"{fault}." for fault in faults)


def _too_lax(policy: DunningPolicy) -> Iterator[str]:
    for rule in policy.class_rules:
        if rule.decline_class not in RETRIED and rule.retry:
            yield (
                f"After a decline of class {rule.decline_class.value} the same method is never "
                "tried again by schedule; a policy cannot change that"
            )
    for field, (most, words) in _AT_MOST.items():
        if getattr(policy, field) > most:
            yield f"{words}: {field} can be {most} at most"
    for field, (least, words) in _AT_LEAST.items():
        if getattr(policy, field) < least:
            yield f"{words}: {field} has to be {least} at least"
    hours = policy.text_hours
    if hours is not None and (
        hours.opens < _LAWFUL_HOURS.opens or hours.closes > _LAWFUL_HOURS.closes
    ):
        yield "Texts may be sent between 8 and 21 o'clock of the customer: text_hours lie within"


def _faults_of_schedule(policy: DunningPolicy) -> Iterator[str]:
    offsets, longest = policy.offsets_seconds, LONGEST_DAYS * DAY
    if not 1 <= len(offsets) <= MOST_OFFSETS:
        yield f"A policy has between 1 and {MOST_OFFSETS} offsets"
    if list(offsets) != sorted(set(offsets)):
        yield "Offsets count from the first failure: each has to be later than the one before"
    if any(not 0 <= offset <= longest for offset in offsets):
        yield f"An offset lies within {LONGEST_DAYS} days of the first failure"
    classes = [rule.decline_class for rule in policy.class_rules]
    if len(classes) != len(set(classes)):
        yield "Each class of declines has one rule"
    for rule in policy.class_rules:
        if not 0 <= rule.wait_seconds <= longest:
            yield f"The wait after {rule.decline_class.value} is at most {LONGEST_DAYS} days"
        if rule.wait_seconds and not rule.retry:
            yield f"After {rule.decline_class.value} either wait or do not retry: not both"
    for field in _AT_MOST:
        if getattr(policy, field) < (0 if field == "debit_retries" else 1):
            yield f"{field} cannot be less"
    for field in _AT_LEAST:
        if getattr(policy, field) > longest:
            yield f"{field} is at most {LONGEST_DAYS} days"


def _faults_of_pay_days(policy: DunningPolicy) -> Iterator[str]:
    if policy.pay_days is not None:
        yield from paydays.faults(policy.pay_days)
    for rule in policy.class_rules:
        name = rule.decline_class.value
        if rule.on_pay_days and policy.pay_days is None:
            yield f"After {name} a pay day is waited for, and the policy names none: set pay_days"
        if rule.on_pay_days and not rule.retry:
            yield f"After {name} either wait for a pay day or do not retry: not both"


def _faults_of_the_end(policy: DunningPolicy) -> Iterator[str]:
    if not 0 <= policy.grace_days <= LONGEST_DAYS:
        yield f"The grace is between 0 and {LONGEST_DAYS} days"
    if policy.grace_days and policy.when_exhausted is WhenExhausted.KEEP:
        yield "The subscription is kept in the end, so a grace before it says nothing"
    if not 1 <= policy.overdue_after_days <= 90:
        yield "An invoice is overdue between 1 and 90 days after its due date"
    for days in (policy.reminder_days_before, policy.reminder_days_after):
        if len(days) > MOST_REMINDERS or len(days) != len(set(days)):
            yield f"There are at most {MOST_REMINDERS} reminders on each side, on different days"
        if any(not 1 <= day <= 90 for day in days):
            yield "A reminder is between 1 and 90 days away"


def _faults_of_words(policy: DunningPolicy) -> Iterator[str]:
    if not policy.name.strip():
        yield "A policy needs a name"
    notices = [rule.notice for rule in policy.notice_rules]
    if len(notices) != len(set(notices)):
        yield "Each notice has one rule"
    for rule in policy.notice_rules:
        if rule.notice not in CHOSEN_NOTICES:
            yield f"How {rule.notice} is sent cannot be chosen"
        if not rule.channels or len(rule.channels) != len(set(rule.channels)):
            yield f"{rule.notice} needs at least one channel, each once"
    hours = policy.text_hours
    if hours is not None and hours.opens >= hours.closes:
        yield "text_hours open before they close"
