"""A subscription: what is billed, how often, from when to when, and the days it was paused.

Its expected charges can be seen before any invoice exists. Period k is counted from the anchor, so
months never drift. Paused days are neither billed nor lost: on resuming, everything not yet billed
moves back by as many days.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from enum import StrEnum

from chalicelib.domain import keys, money
from chalicelib.domain.dates import Period, add_months, instant
from chalicelib.domain.errors import Conflict, InvalidInput
from chalicelib.domain.invoice import Line, totals_of
from chalicelib.domain.parties import Terms

BILLING_HOUR = time(6)  # local; invoices are made before people start work


class Interval(StrEnum):
    MONTHLY = "monthly"
    QUARTERLY = "quarterly"
    YEARLY = "yearly"

    @property
    def months(self) -> int:
        return {"monthly": 1, "quarterly": 3, "yearly": 12}[self.value]


class SubscriptionStatus(StrEnum):
    ACTIVE = "active"
    PAUSED = "paused"
    CANCELLED = "cancelled"
    ENDED = "ended"


@dataclass(frozen=True, slots=True)
class Segment:
    """From period `first_index` on, periods are counted from this anchor."""

    first_index: int
    anchor_on: date
    anchor_day: int


@dataclass(frozen=True, slots=True)
class Pause:
    from_on: date
    reason: str
    until_on: date | None = None
    invoice_ids: tuple[str, ...] = ()  # the unpaid invoices it waits for; none: staff paused it


@dataclass(frozen=True, slots=True)
class SharedInvoice:
    """Period `index` stands on an invoice that bills other subscriptions too."""

    index: int
    invoice_id: str


@dataclass(frozen=True, slots=True)
class Subscription:
    """`unit_amount` is minor units a period; `discount_percent` and `tax_percent` are per cent.

    `contract_end_on` is the last day covered; None runs until cancelled.
    """

    id: str
    business_id: str
    customer_id: str
    product: str
    currency: str
    unit_amount: int
    start_on: date
    segments: tuple[Segment, ...]
    variant: str = ""
    interval: Interval = Interval.MONTHLY
    quantity: Decimal = Decimal(1)
    discount_percent: Decimal = Decimal(0)
    tax_percent: Decimal = Decimal(0)
    trial_days: int = 0
    contract_end_on: date | None = None
    auto_charge: bool | None = None  # None: as the customer's
    external_ref: str = ""
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE
    next_index: int = 0  # the first period not yet invoiced
    next_bill_at: datetime | None = None
    pauses: tuple[Pause, ...] = ()
    shared: tuple[SharedInvoice, ...] = ()
    cancelled_on: date | None = None
    debt_dropped: bool = False  # cancelled, and what it owed is not collected
    version: int = 0
    chain: str = ""

    @property
    def current_pause(self) -> Pause | None:
        return self.pauses[-1] if self.pauses and self.pauses[-1].until_on is None else None

    def invoice_id(self, index: int) -> str:
        """The invoice of a billed period: its own, unless a group's invoice has it."""
        found = (one.invoice_id for one in self.shared if one.index == index)
        return next(found, keys.billed_invoice(self.id, index))

    def starts_on(self, index: int) -> date:
        """First day of period `index`, counted from 0."""
        return self._counted(self._segment(index), index)

    def _segment(self, index: int) -> Segment:
        return next(one for one in reversed(self.segments) if one.first_index <= index)

    def _counted(self, segment: Segment, index: int) -> date:
        months = (index - segment.first_index) * self.interval.months
        return add_months(segment.anchor_on, months, segment.anchor_day)

    def _full_period(self, index: int) -> Period:
        """Counted from its own segment: a pause after it moves the next one, not its end."""
        segment = self._segment(index)
        return Period(self._counted(segment, index), self._counted(segment, index + 1))

    def period(self, index: int) -> Period | None:
        """Period `index`, cut at the contract's end; None when the contract is over by then."""
        full = self._full_period(index)
        if self.contract_end_on is None:
            return full
        end = min(full.end_on, self.contract_end_on + timedelta(days=1))
        return Period(full.start_on, end) if full.start_on < end else None

    def line(self, index: int) -> Line | None:
        """The invoice line of period `index`; a period cut short costs its share of days."""
        period = self.period(index)
        if period is None:
            return None
        whole = self._full_period(index).days
        unit_amount = self.unit_amount
        if period.days < whole:
            unit_amount = money.allocate(unit_amount, [period.days, whole - period.days])[0]
        line = Line(
            description=self.product,
            product=self.product,
            variant=self.variant,
            quantity=self.quantity,
            unit_amount=unit_amount,
            tax_percent=self.tax_percent,
            period=period,
            subscription_id=self.id,
        )
        return replace(line, discount=money.percent_of(line.gross, self.discount_percent))


@dataclass(frozen=True, slots=True)
class ExpectedCharge:
    """A charge foretold: `amount` is the total with tax, minor units."""

    index: int
    period: Period
    due_on: date
    amount: int
    status: str  # scheduled, or billed


def first_anchor(start_on: date, trial_days: int) -> Segment:
    """The first billed period starts after the trial."""
    anchor = start_on + timedelta(days=trial_days)
    return Segment(first_index=0, anchor_on=anchor, anchor_day=anchor.day)


def check(subscription: Subscription) -> Subscription:
    """Raises InvalidInput for a price, quantity, discount or contract that cannot be billed."""
    if subscription.unit_amount < 0 or subscription.quantity <= 0:
        raise InvalidInput("price_invalid", "The price must not be negative, the quantity above 0.")
    if not 0 <= subscription.discount_percent <= 100 or not 0 <= subscription.tax_percent <= 100:
        raise InvalidInput("percent_invalid", "Discount and tax are between 0 and 100 per cent.")
    if subscription.trial_days < 0:
        raise InvalidInput("trial_invalid", "Trial days cannot be negative.")
    if subscription.contract_end_on and subscription.period(0) is None:
        raise InvalidInput("contract_invalid", "The contract ends before its first billed day.")
    return subscription


def schedule(
    subscription: Subscription, terms: Terms = Terms.DUE_ON_RECEIPT, *, limit: int = 120
) -> Iterator[ExpectedCharge]:
    """Every charge of the contract, from the first on; an open contract shows its first `limit`."""
    for index in range(limit):
        line = subscription.line(index)
        if line is None or line.period is None:
            return
        yield ExpectedCharge(
            index=index,
            period=line.period,
            due_on=terms.due_on(line.period.start_on),
            amount=totals_of((line,)).total,
            status="billed" if index < subscription.next_index else "scheduled",
        )


def with_next_bill(subscription: Subscription, *, zone: str, days_before: int) -> Subscription:
    """The same subscription knowing when its next invoice is to be made, or that none will be."""
    if subscription.status is not SubscriptionStatus.ACTIVE:
        return replace(subscription, next_bill_at=None)
    period = subscription.period(subscription.next_index)
    if period is None:
        return replace(subscription, next_bill_at=None, status=SubscriptionStatus.ENDED)
    bill_on = period.start_on - timedelta(days=days_before)
    return replace(subscription, next_bill_at=instant(bill_on, BILLING_HOUR, zone))


def may_bill(subscription: Subscription, starts_on: date) -> bool:
    """Whether a period that begins then may be billed as things stand: alone it was billed when it
    began, so pausing or cancelling after that day does not take it back."""
    if subscription.status is SubscriptionStatus.ACTIVE:
        return True
    pause = subscription.current_pause
    stopped_on = pause.from_on if pause else subscription.cancelled_on
    return not subscription.debt_dropped and stopped_on is not None and starts_on < stopped_on


def billed_on(subscription: Subscription, index: int, invoice_id: str) -> Subscription:
    """Period `index` has become (part of) an invoice; the next one is the one after it."""
    own = invoice_id == keys.billed_invoice(subscription.id, index)
    shared = () if own else (SharedInvoice(index, invoice_id),)
    return replace(subscription, next_index=index + 1, shared=(*subscription.shared, *shared))


def paused(
    subscription: Subscription, *, on: date, reason: str, invoice_ids: tuple[str, ...]
) -> Subscription:
    """Paused from `on`; a second unpaid invoice joins the pause that runs already.

    A pause of staff waits for staff alone: no payment may end it.
    """
    current = subscription.current_pause
    if current is not None and not current.invoice_ids:
        return subscription
    if current is not None:
        joined = tuple(sorted({*current.invoice_ids, *invoice_ids}))
        pauses = (*subscription.pauses[:-1], replace(current, invoice_ids=joined))
        return replace(subscription, pauses=pauses)
    if subscription.status is not SubscriptionStatus.ACTIVE:
        raise Conflict("subscription_not_active", "Only an active subscription can be paused.")
    pause = Pause(from_on=on, reason=reason, invoice_ids=tuple(sorted(invoice_ids)))
    return replace(
        subscription,
        status=SubscriptionStatus.PAUSED,
        pauses=(*subscription.pauses, pause),
        next_bill_at=None,
    )


def resumed(subscription: Subscription, *, on: date) -> Subscription:
    """Running again from `on`: what had not begun by the pause, and the contract's end, move by the
    days. A period that had begun stays, though its group's billing day is still to come.

    Days before the first one are nobody's, so a pause among them moves nothing.
    """
    current = subscription.current_pause
    if current is None or subscription.status is not SubscriptionStatus.PAUSED:
        raise Conflict("subscription_not_paused", "The subscription is not paused.")
    days = max((on - max(current.from_on, subscription.start_on)).days, 0)
    index = subscription.next_index
    while subscription.starts_on(index) < current.from_on:
        index += 1
    anchor = subscription.starts_on(index) + timedelta(days=days)
    segments = subscription.segments
    if days:
        kept = tuple(one for one in segments if one.first_index < index)
        segments = (*kept, Segment(index, anchor, anchor.day))
    end = subscription.contract_end_on
    return replace(
        subscription,
        status=SubscriptionStatus.ACTIVE,
        pauses=(*subscription.pauses[:-1], replace(current, until_on=on)),
        segments=segments,
        contract_end_on=end + timedelta(days=days) if end else None,
    )


def cancelled(subscription: Subscription, *, on: date) -> Subscription:
    """No further invoice is made; what is owed already is another question."""
    if subscription.status in {SubscriptionStatus.CANCELLED, SubscriptionStatus.ENDED}:
        raise Conflict("subscription_over", "The subscription has already ended.")
    return replace(
        subscription, status=SubscriptionStatus.CANCELLED, cancelled_on=on, next_bill_at=None
    )
