"""Subscriptions from a file in our own columns; no other program writes one.

What began before they came here has been billed elsewhere: periods are billed here from `bill_from`
on, today if it is not given, at the days of the month at which they always were.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from functools import partial

from chalicelib.domain import subscription as rules
from chalicelib.domain.dates import add_months
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports import values
from chalicelib.domain.imports.columns import SUBSCRIPTIONS as COLUMNS
from chalicelib.domain.imports.customers import key_of
from chalicelib.domain.imports.distinct import distinct
from chalicelib.domain.imports.sheet import Rejected, Sheet, SheetRow
from chalicelib.domain.imports.values import DateOrder, DecimalMark
from chalicelib.domain.invoice import totals_of
from chalicelib.domain.subscription import Interval, Segment, Subscription

_INTERVALS = {
    "": Interval.MONTHLY, "monthly": Interval.MONTHLY, "month": Interval.MONTHLY,
    "quarterly": Interval.QUARTERLY, "quarter": Interval.QUARTERLY,
    "every 3 months": Interval.QUARTERLY, "yearly": Interval.YEARLY, "year": Interval.YEARLY,
    "annually": Interval.YEARLY, "annual": Interval.YEARLY,
}  # fmt: skip
_LONGEST_TRIAL = 730


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """One subscription as the file has it; `subscription` has no id and no customer yet."""

    row: int
    reference: str
    customer: str
    email: str
    customer_ref: str
    subscription: Subscription
    note: str = ""

    @property
    def key(self) -> str:
        """Its own reference, or else whose it is, of what and since when."""
        if self.reference:
            return f"ref/{key_of(self.reference)}"
        one = self.subscription
        whose = self.customer_ref or f"{self.customer}/{self.email}"
        since = self.subscription.start_on.isoformat()
        return key_of(f"{whose}/{one.product}/{one.variant}/{one.interval.value}/{since}")


@dataclass(frozen=True, slots=True)
class SubscriptionRows:
    subscriptions: tuple[SubscriptionRow, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class _How:
    business_id: str
    currency: str
    order: DateOrder
    mark: DecimalMark
    today: date

    def day(self, text: str) -> date | None:
        return values.day(text, self.order) if text else None


def parse_subscriptions(
    sheet: Sheet,
    *,
    business_id: str,
    currency: str,
    order: DateOrder,
    today: date,
    mark: DecimalMark = DecimalMark.POINT,
) -> SubscriptionRows:
    how = _How(business_id, currency, order, mark, today)
    return SubscriptionRows(*distinct(sheet, partial(_row, how), _name, "subscription"))


def _name(row: SheetRow) -> str:
    return row.first(COLUMNS["subscription_ref"]) or row.first(COLUMNS["customer"])


def _row(how: _How, row: SheetRow) -> SubscriptionRow:
    customer, ref = row.first(COLUMNS["customer"]), row.first(COLUMNS["customer_ref"])
    email = row.first(COLUMNS["customer_email"])
    if not (customer or ref or email):
        raise InvalidInput("name_missing", "The customer is missing.")
    given = row.first(COLUMNS["currency"]).upper()
    if given not in {"", how.currency}:
        words = f"It is in {given}; this business bills in {how.currency}."
        raise InvalidInput("currency_other", words)
    wanted, note = _begun(_subscription(row, how), row, how)
    reference = values.short(row.first(COLUMNS["subscription_ref"]), "The reference")
    return SubscriptionRow(row.number, reference, customer, email, ref, wanted, note)


def _subscription(row: SheetRow, how: _How) -> Subscription:
    start_on = how.day(row.first(COLUMNS["start_on"]))
    if start_on is None:
        raise InvalidInput("cell_missing", "The first day is missing.")
    price = row.first(COLUMNS["unit_amount"])
    if not price:
        raise InvalidInput("cell_missing", "The price is missing.")
    interval = _INTERVALS.get(row.first(COLUMNS["interval"]).casefold())
    if interval is None:
        raise InvalidInput("interval_unknown", "The interval is monthly, quarterly or yearly.")
    trial_days = _trial(row, how)
    return Subscription(
        id="",
        business_id=how.business_id,
        customer_id="",
        product=values.name(row.first(COLUMNS["product"]), "The product"),
        variant=values.short(row.first(COLUMNS["variant"]), "The variant"),
        currency=how.currency,
        unit_amount=values.amount(price, how.currency, "Price", how.mark),
        start_on=start_on,
        segments=(rules.first_anchor(start_on, trial_days),),
        interval=interval,
        quantity=_number(row, "quantity", "1", how),
        discount_percent=values.percent(row.first(COLUMNS["discount_percent"]), "Discount",
                                        how.mark),
        tax_percent=values.percent(row.first(COLUMNS["tax_percent"]), "Tax", how.mark),
        trial_days=trial_days,
        contract_end_on=how.day(row.first(COLUMNS["contract_end_on"])),
        auto_charge=values.yes_no(row.first(COLUMNS["auto_charge"]), "auto_charge"),
        external_ref=values.short(row.first(COLUMNS["subscription_ref"]), "The reference"),
    )  # fmt: skip


def _number(row: SheetRow, field: str, usual: str, how: _How) -> Decimal:
    return values.number(row.first(COLUMNS[field]) or usual, field, how.mark)


def _trial(row: SheetRow, how: _How) -> int:
    days = _number(row, "trial_days", "0", how)
    if days != days.to_integral_value() or not 0 <= days <= _LONGEST_TRIAL:
        raise InvalidInput("trial_invalid", "Trial days are a whole number up to 730.")
    return int(days)


def _begun(wanted: Subscription, row: SheetRow, how: _How) -> tuple[Subscription, str]:
    """The subscription whose first period is the first one that is billed here."""
    checked = rules.check(wanted)
    first = checked.line(0)
    values.check_total(totals_of((first,)).total if first else 0)
    bill_from = how.day(row.first(COLUMNS["bill_from"])) or how.today
    (segment,) = checked.segments
    anchor = _first_on_or_after(segment, checked.interval, bill_from)
    if anchor == segment.anchor_on:
        return checked, ""
    moved = replace(checked, segments=(Segment(0, anchor, segment.anchor_day),))
    if moved.contract_end_on and moved.period(0) is None:
        raise InvalidInput("contract_over", "Its contract is over; nothing is left to bill.")
    return moved, f"Billed here from {anchor.isoformat()} on; what came before is billed elsewhere."


def _first_on_or_after(segment: Segment, interval: Interval, day: date) -> date:
    found, periods = segment.anchor_on, 0
    while found < day:
        periods += 1
        found = add_months(segment.anchor_on, periods * interval.months, segment.anchor_day)
    return found
