"""Dunning policies on the wire. What a policy may say at all is the domain's to judge."""

from __future__ import annotations

from dataclasses import fields, replace
from typing import Annotated, Any

from msgspec import UNSET, Meta, UnsetType, structs

from chalicelib.api.representation.fields import END, Body, Id, Name, View, given
from chalicelib.domain import policy as rules
from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.parties import QuietHours
from chalicelib.domain.pay_days import LAST_DAY, MOST_MONTH_DAYS, PayDays, Weekday
from chalicelib.domain.policy import (
    Channel,
    ClassRule,
    DunningPolicy,
    NoticeRule,
    WhenExhausted,
)

_Seconds = Annotated[int, Meta(ge=0, le=60 * 24 * 3600)]
_Days = Annotated[int, Meta(ge=1, le=90)]
_ReminderDays = Annotated[tuple[_Days, ...], Meta(max_length=5)]
_Count = Annotated[int, Meta(ge=0, le=100)]
_Hour = Annotated[int, Meta(ge=0, le=24)]
_MonthDay = Annotated[int, Meta(ge=1, le=LAST_DAY)]
_Notice = Annotated[
    str,
    Meta(
        pattern="^(" + "|".join(rules.CHOSEN_NOTICES) + ")" + END,
        description="One of " + ", ".join(rules.CHOSEN_NOTICES),
    ),
]


class ClassRuleBody(Body):
    """After a decline of this class: wait at least so long, or (`retry` false) do not retry.

    `on_pay_days`: wait for the next of the policy's `pay_days` too, if one comes in the sequence.
    """

    decline_class: DeclineClass
    wait_seconds: _Seconds = 0
    retry: bool = True
    on_pay_days: bool = False


class PayDaysBody(Body):
    """When wages have likely come: from `hour` of such a day, in the business's time zone, to its
    end. A day that a month does not have is its last."""

    month_days: Annotated[tuple[_MonthDay, ...], Meta(max_length=MOST_MONTH_DAYS)] = (1, 15)
    weekdays: Annotated[tuple[Weekday, ...], Meta(max_length=7)] = (Weekday.FRIDAY,)
    hour: Annotated[int, Meta(ge=0, le=23)] = 9


class NoticeRuleBody(Body):
    """How one kind of notice is sent; by mail where a text was chosen and is not agreed to."""

    notice: _Notice
    channels: Annotated[tuple[Channel, ...], Meta(min_length=1, max_length=len(Channel))]


class TextHoursBody(Body):
    """Local hours of the customer in which texts may be sent, within the customer's own."""

    opens: _Hour
    closes: _Hour


class PolicyChanges(Body, kw_only=True):
    """Offsets are seconds from the first failed charge. A case under way keeps its policy.

    Caps, gaps and debit limits may be stricter than the networks', never laxer.
    """

    name: Name | UnsetType = UNSET
    offsets_seconds: (
        Annotated[tuple[_Seconds, ...], Meta(min_length=1, max_length=8)] | UnsetType
    ) = UNSET
    class_rules: Annotated[tuple[ClassRuleBody, ...], Meta(max_length=9)] | UnsetType = UNSET
    minimum_gap_seconds: _Seconds | UnsetType = UNSET
    debit_offset_seconds: _Seconds | UnsetType = UNSET
    debit_retries: _Count | UnsetType = UNSET
    when_exhausted: WhenExhausted | UnsetType = UNSET
    grace_days: Annotated[int, Meta(ge=0, le=60)] | UnsetType = UNSET
    overdue_after_days: _Days | UnsetType = UNSET
    reminder_days_before: _ReminderDays | UnsetType = UNSET
    reminder_days_after: _ReminderDays | UnsetType = UNSET
    notice_rules: Annotated[tuple[NoticeRuleBody, ...], Meta(max_length=6)] | UnsetType = UNSET
    text_hours: TextHoursBody | UnsetType | None = UNSET
    visa_cap_30_days: _Count | UnsetType = UNSET
    mastercard_cap_24_hours: _Count | UnsetType = UNSET
    mastercard_cap_30_days: _Count | UnsetType = UNSET
    pay_days: PayDaysBody | UnsetType | None = UNSET


class NewPolicy(PolicyChanges, kw_only=True):
    """What is left out is as in the standard policy."""

    name: Name


class AssignPolicy(Body):
    """`policy_id` null: the business's default again."""

    customer_id: Id
    policy_id: Id | None


class AssignmentView(View):
    """`policy_id` is the customer's own, `policy_in_force` what new cases of theirs follow."""

    customer_id: str
    policy_id: str | None
    policy_in_force: str


class PolicyView(View):
    """`is_default`: followed by every customer without a policy of their own."""

    id: str
    version: int
    name: str
    is_default: bool
    offsets_seconds: tuple[int, ...]
    class_rules: tuple[ClassRule, ...]
    minimum_gap_seconds: int
    debit_offset_seconds: int
    debit_retries: int
    when_exhausted: WhenExhausted
    grace_days: int
    overdue_after_days: int
    reminder_days_before: tuple[int, ...]
    reminder_days_after: tuple[int, ...]
    notice_rules: tuple[NoticeRule, ...]
    text_hours: QuietHours | None
    visa_cap_30_days: int
    mastercard_cap_24_hours: int
    mastercard_cap_30_days: int
    pay_days: PayDays | None


def policy_changes(body: PolicyChanges) -> dict[str, Any]:
    """What was sent, in the domain's types."""
    changes = given(body)
    if isinstance(body.class_rules, tuple):
        changes["class_rules"] = tuple(ClassRule(**structs.asdict(one)) for one in body.class_rules)
    if isinstance(body.notice_rules, tuple):
        sent = body.notice_rules
        changes["notice_rules"] = tuple(NoticeRule(**structs.asdict(one)) for one in sent)
    if isinstance(body.text_hours, TextHoursBody):
        changes["text_hours"] = QuietHours(**structs.asdict(body.text_hours))
    if isinstance(body.pay_days, PayDaysBody):
        changes["pay_days"] = PayDays(**structs.asdict(body.pay_days))
    return changes


def new_policy(body: NewPolicy, policy_id: str) -> DunningPolicy:
    return replace(DunningPolicy(id=policy_id), **policy_changes(body))


def next_version(body: PolicyChanges, known: DunningPolicy) -> DunningPolicy:
    """A policy that differs is another version, so that a case can say which one it follows."""
    changed = rules.check(replace(known, **policy_changes(body)))
    return known if changed == known else replace(changed, version=known.version + 1)


def policy_view(policy: DunningPolicy, default_id: str) -> PolicyView:
    shown = {field.name: getattr(policy, field.name) for field in fields(policy)}
    return PolicyView(**shown, is_default=policy.id == default_id)
