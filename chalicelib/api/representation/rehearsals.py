"""The dry run of a dunning policy on the wire: what would happen, what would have, and the sums."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from datetime import datetime
from typing import Annotated

from msgspec import Meta, field

from chalicelib.api.representation.fields import Body, Id, View
from chalicelib.api.representation.policies import PolicyChanges, PolicyView
from chalicelib.domain import invoice_facts as facts
from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.facts import EffectKind
from chalicelib.domain.hindsight import Hindsight, PastTry, Verdict
from chalicelib.domain.owed import NOTICES
from chalicelib.domain.payment import Trigger
from chalicelib.domain.policy import WhenExhausted
from chalicelib.domain.rehearsal import Assumption, Rehearsal, text_at
from chalicelib.ports.answers import Page
from chalicelib.services.rehearsing import LookedBack, Played

_Cursor = Annotated[str, Meta(max_length=4096)]


class DryRun(Body):
    """`policy_id` is the policy that would change; none: the business's default.

    A page holds `limit` invoices of the open book and as many of the past, each with its cursor.
    """

    changes: PolicyChanges = field(default_factory=PolicyChanges)
    policy_id: Id | None = None
    past_days: Annotated[int, Meta(ge=1, le=366)] = 90
    limit: Annotated[int, Meta(ge=1, le=20)] = 10
    open_cursor: _Cursor | None = None
    past_cursor: _Cursor | None = None


class RehearsedTry(View):
    """`slot` is the retry of the policy it uses up, counted from 0."""

    at: datetime
    trigger: Trigger
    slot: int | None
    succeeds: bool


class RehearsedSkip(View):
    """No try then, and why: the decline's class, a network's cap, or no card."""

    at: datetime
    code: str
    reason: str


class RehearsedNotice(View):
    """`channel`: mail, sms, or staff_mail to the account manager."""

    at: datetime
    channel: str
    notice: str


class OutcomeView(View):
    """What would happen under one assumption. `assumed_class` is the decline taken for granted.

    `capped_at`: when a network's cap stood in the way. `end` is what becomes of the subscription
    and when; `next_step` what remains for people.
    """

    assumption: Assumption
    assumed_class: DeclineClass
    tries: tuple[RehearsedTry, ...]
    skipped: tuple[RehearsedSkip, ...]
    capped_at: tuple[datetime, ...]
    notices: tuple[RehearsedNotice, ...]
    overdue_at: datetime | None
    end: WhenExhausted | None
    end_at: datetime | None
    paid_at: datetime | None
    next_step: str | None


class TotalsView(View):
    """Sums over the invoices of this page."""

    assumption: Assumption
    tries: int
    mails: int
    texts: int
    staff_mails: int
    caps_hit: int
    overdue: int
    paused: int
    cancelled: int
    paid: int


class PlayedView(View):
    """`keeps_its_policy`: its sequence runs, or its customer follows another policy."""

    invoice_id: str
    number: str | None
    customer_id: str
    customer_name: str
    amount: int
    currency: str
    keeps_its_policy: bool
    present: tuple[OutcomeView, ...]
    proposed: tuple[OutcomeView, ...]


class OpenBookView(View):
    data: tuple[PlayedView, ...]
    present: tuple[TotalsView, ...]
    proposed: tuple[TotalsView, ...]
    next_cursor: str | None


class HindsightView(View):
    """`paid_from` to `paid_by` bound when it would have been paid; null is "not known to be"."""

    tries: tuple[PastTry, ...]
    paid_from: datetime | None
    paid_by: datetime | None
    overdue_at: datetime | None
    overdue_certain: bool


class LookedBackView(View):
    invoice_id: str
    number: str | None
    customer_id: str
    first_failed_at: datetime
    paid_at: datetime | None
    overdue_at: datetime | None
    present: HindsightView
    proposed: HindsightView


class PastTotalsView(View):
    """`paid_for_certain`: known to be paid under it; `unknown_tries` nobody can answer for."""

    tries: int
    as_it_was: int
    blocked: int
    unknown_tries: int
    caps_hit: int
    paid_for_certain: int
    overdue_for_certain: int
    perhaps_overdue: int


class PastView(View):
    data: tuple[LookedBackView, ...]
    present: PastTotalsView
    proposed: PastTotalsView
    next_cursor: str | None


class DryRunView(View):
    """`present` is the policy as it is, `proposed` as it would be.

    Totals are of this page, and invoices of other pages count only with tries really made. A bank
    debit is taken to be answered after four days.
    """

    present: PolicyView
    proposed: PolicyView
    open_book: OpenBookView
    past: PastView


def open_book_view(page: Page[Played]) -> OpenBookView:
    return OpenBookView(
        data=tuple(map(_played_view, page.items)),
        present=_totals(one.present for one in page.items),
        proposed=_totals(one.proposed for one in page.items),
        next_cursor=page.cursor,
    )


def past_view(page: Page[LookedBack]) -> PastView:
    return PastView(
        data=tuple(map(_looked_back_view, page.items)),
        present=_past_totals([one.present for one in page.items]),
        proposed=_past_totals([one.proposed for one in page.items]),
        next_cursor=page.cursor,
    )


def _played_view(played: Played) -> PlayedView:
    invoice = played.debt.invoice
    return PlayedView(
        invoice_id=invoice.id,
        number=invoice.number,
        customer_id=invoice.customer_id,
        customer_name=played.debt.customer.name,
        amount=invoice.amount_remaining,
        currency=invoice.currency,
        keeps_its_policy=played.keeps,
        present=tuple(map(_outcome, played.present)),
        proposed=tuple(map(_outcome, played.proposed)),
    )


def _outcome(one: Rehearsal) -> OutcomeView:
    plan = one.debt.invoice.next_action
    return OutcomeView(
        assumption=one.assumption,
        assumed_class=one.decline.decline_class,
        tries=_tries(one),
        skipped=tuple(
            RehearsedSkip(fact.at, fact.data.code, fact.data.reason)
            for fact in one.facts
            if isinstance(fact.data, facts.SlotSkipped)
        ),
        capped_at=one.capped,
        notices=_notices(one),
        overdue_at=_first_at(one, facts.WentOverdue),
        end=one.end,
        end_at=one.end_at,
        paid_at=_first_at(one, facts.ChargeSucceeded),
        next_step=plan.reason if plan else None,
    )


def _tries(one: Rehearsal) -> tuple[RehearsedTry, ...]:
    succeeds = one.assumption is Assumption.FIRST_TRY_SUCCEEDS
    return tuple(
        RehearsedTry(fact.at, fact.data.attempt.trigger, fact.data.attempt.slot, succeeds)
        for fact in one.facts
        if isinstance(fact.data, facts.AttemptStarted)
    )


def _notices(one: Rehearsal) -> tuple[RehearsedNotice, ...]:
    """Texts at the hour at which they may be sent."""
    return tuple(
        RehearsedNotice(
            at=text_at(one.debt, fact.at) if effect.kind is EffectKind.SMS else fact.at,
            channel=effect.kind.value,
            notice=effect.name,
        )
        for fact in one.facts
        for effect in fact.effects
        if effect.kind in NOTICES
    )


def _first_at(one: Rehearsal, kind: type) -> datetime | None:
    return next((fact.at for fact in one.facts if isinstance(fact.data, kind)), None)


def _totals(rows: Iterable[tuple[Rehearsal, ...]]) -> tuple[TotalsView, ...]:
    """One line for each assumption."""
    return tuple(_total(assumed, column) for assumed, column in _columns(rows))


def _columns(
    rows: Iterable[tuple[Rehearsal, ...]],
) -> list[tuple[Assumption, list[Rehearsal]]]:
    columns: dict[Assumption, list[Rehearsal]] = {assumed: [] for assumed in Assumption}
    for row in rows:
        for one in row:
            columns[one.assumption].append(one)
    return list(columns.items())


def _total(assumed: Assumption, column: list[Rehearsal]) -> TotalsView:
    outcomes = [_outcome(one) for one in column]
    sent = Counter(notice.channel for one in outcomes for notice in one.notices)
    ends = Counter(one.end for one in outcomes)
    return TotalsView(
        assumption=assumed,
        tries=sum(len(one.tries) for one in outcomes),
        mails=sent[EffectKind.MAIL.value],
        texts=sent[EffectKind.SMS.value],
        staff_mails=sent[EffectKind.STAFF_MAIL.value],
        caps_hit=sum(len(one.capped_at) for one in outcomes),
        overdue=sum(one.overdue_at is not None for one in outcomes),
        paused=ends[WhenExhausted.PAUSE],
        cancelled=ends[WhenExhausted.CANCEL],
        paid=sum(one.paid_at is not None for one in outcomes),
    )


def _looked_back_view(one: LookedBack) -> LookedBackView:
    invoice = one.invoice
    assert invoice.dunning is not None
    return LookedBackView(
        invoice_id=invoice.id,
        number=invoice.number,
        customer_id=invoice.customer_id,
        first_failed_at=invoice.dunning.first_failed_at,
        paid_at=invoice.paid_at,
        overdue_at=invoice.overdue_at,
        present=_hindsight_view(one.present),
        proposed=_hindsight_view(one.proposed),
    )


def _hindsight_view(one: Hindsight) -> HindsightView:
    return HindsightView(
        tries=one.tries,
        paid_from=one.paid_from,
        paid_by=one.paid_by,
        overdue_at=one.overdue_at,
        overdue_certain=one.overdue_certain,
    )


def _past_totals(seen: list[Hindsight]) -> PastTotalsView:
    verdicts = Counter(slot.verdict for one in seen for slot in one.tries)
    over = [one for one in seen if one.overdue_at is not None]
    return PastTotalsView(
        tries=verdicts[Verdict.AS_IT_WAS] + verdicts[Verdict.UNKNOWN],
        as_it_was=verdicts[Verdict.AS_IT_WAS],
        blocked=verdicts[Verdict.BLOCKED],
        unknown_tries=verdicts[Verdict.UNKNOWN],
        caps_hit=sum(slot.code == "network_cap" for one in seen for slot in one.tries),
        paid_for_certain=sum(one.paid_by is not None for one in seen),
        overdue_for_certain=sum(one.overdue_certain for one in over),
        perhaps_overdue=sum(not one.overdue_certain for one in over),
    )
