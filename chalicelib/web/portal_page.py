"""What the portal's page says, in the payer's language: words, amounts and what can be done.

How things stand and what follows are `payer_view`'s sentences, the same as in mails and in the API;
only labels are chosen here.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from chalicelib.api.calls import PortalCall
from chalicelib.api.portal import opened_cases, opened_plans
from chalicelib.branding import initials
from chalicelib.catalogue import text
from chalicelib.catalogue.methods import method_phrase
from chalicelib.domain import money
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, MethodState, PaymentMethod
from chalicelib.domain.dates import local_date
from chalicelib.domain.invoice import Invoice, Line, Purpose
from chalicelib.domain.payment import AttemptResult, PaymentStatus
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.formatting import (
    format_date,
    format_money,
    format_month,
    format_period,
    format_quantity,
    language,
)
from chalicelib.services.case import Case, now_of
from chalicelib.services.payer_view import PayerStatus, PayerView, payer_view
from chalicelib.services.views import method_view, saved_method_view

Row = tuple[str, str]
_REFRESH_SECONDS = 3
_LATER_SECONDS = 5  # a card was saved: a failed invoice is charged to it at once
_TOLD = {"too_many", "trouble", "not_ready", "saved", "part"}
_LATE = {PayerStatus.OVERDUE}
_NOTHING_OWED = {PayerStatus.CANCELLED, PayerStatus.CLOSED}


@dataclass(frozen=True, slots=True)
class PayChoice:
    """A button that pays with a saved method."""

    method_id: str
    label: str


@dataclass(frozen=True, slots=True)
class PartChoice:
    """A field for a part of the amount; its numbers are plain, as a number field wants them."""

    method_id: str
    label: str
    button: str
    least: str
    most: str
    step: str


@dataclass(frozen=True, slots=True)
class PlanPart:
    """A payment plan: how far it is, and its instalments with their states."""

    heading: str
    progress: str
    rows: tuple[tuple[str, str, str], ...]


@dataclass(frozen=True, slots=True)
class LineRow:
    description: str
    note: str
    amount: str


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoicePart:
    """One invoice, top to bottom; `tone` is its colour."""

    id: str
    tone: str
    heading: str
    hero: Row | None
    problem: str | None
    next_step: str
    receipt: str
    receipts: tuple[Row, ...]  # a payment's id, and the words of the link
    choices: tuple[PayChoice, ...]
    confirm_url: str | None
    part: PartChoice | None
    has_pdf: bool
    lines: tuple[LineRow, ...]
    sums: tuple[Row, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Page:
    """`refresh` are seconds, 0 for never; `notice` is about what was just tried."""

    lang: str
    title: str
    mark: str
    business: str
    notice: str
    notice_is_good: bool
    invoices: tuple[InvoicePart, ...]
    plans: tuple[PlanPart, ...]
    methods: tuple[Row, ...]
    save_label: str  # empty: no other method can be used now
    labels: dict[str, str]
    questions: str
    sender: str
    request_id: str
    refresh: int


def page_of(call: PortalCall, *, notice: str) -> Page:
    """The page of what the caller's link opens, as things stand now."""
    store = call.ports.store
    business = store.business(call.business_id)
    customer = store.customer(call.business_id, call.link.customer_id)
    cases = opened_cases(call)
    views = [payer_view(call.ports, case) for case in cases]
    locale = _locale(business, customer, cases)
    today = local_date(now_of(call.ports, business), business.zone)
    usable = [one for one in _ordered(customer) if _is_usable(one, today)]
    can_save = any(view.can_pay for view in views) or call.link.invoice_id is None
    label = "other_method" if usable else "add_method"
    return Page(
        lang=language(locale),
        title=_title(business, cases, locale),
        mark=initials(business.name),
        business=business.name,
        notice=_notice(notice, business, locale),
        notice_is_good=notice == "saved",
        invoices=tuple(
            _part(case, view, usable, locale) for case, view in zip(cases, views, strict=True)
        ),
        plans=tuple(_plan_part(one, locale) for one in opened_plans(call)),
        methods=tuple(_method_row(one, customer, today, locale) for one in _ordered(customer)),
        save_label=text(locale, f"portal.page.{label}") if can_save else "",
        labels={name: text(locale, f"portal.page.{name}") for name in _LABELS},
        questions=text(
            locale,
            "portal.page.questions",
            business=business.name,
            email=business.email or None,
            phone=business.phone or None,
        ),
        sender=" · ".join((business.name, *_address(business))),
        request_id=call.ports.ids.new("page"),
        refresh=_refresh(cases, notice),
    )


_LABELS = (
    "confirm", "pdf", "lines", "methods", "nothing", "refreshes", "typed_at_stripe",
)  # fmt: skip


def _locale(business: Business, customer: Customer, cases: list[Case]) -> str:
    """An invoice keeps the language it was sent in; one that stands alone sets the page's."""
    if len(cases) == 1:
        return cases[0].invoice.bill_to.locale or business.locale
    return customer.locale or business.locale


def _title(business: Business, cases: list[Case], locale: str) -> str:
    if len(cases) != 1:
        return text(locale, "portal.page.title_all", business=business.name)
    number = cases[0].invoice.shown_number
    return text(locale, "portal.page.title", number=number, business=business.name)


def _address(business: Business) -> tuple[str, ...]:
    at = business.address
    town = " ".join(part for part in (at.postal_code, at.city) if part)
    return tuple(part for part in (at.line1, at.line2, town, at.region, at.country) if part)


def _notice(notice: str, business: Business, locale: str) -> str:
    """Only words of ours: what stands in an address can be written by anybody."""
    if notice == "refused":
        return text(locale, "portal.refused", business=business.name)
    if notice not in _TOLD:
        return ""
    return text(locale, f"portal.told.{notice}", business=business.name)


def _refresh(cases: list[Case], notice: str) -> int:
    """Only while seconds matter: a bank debit is on its way for days."""
    if any(_is_being_made(case.invoice) for case in cases):
        return _REFRESH_SECONDS
    failed = any(case.invoice.is_open and case.invoice.last_failure() for case in cases)
    return _LATER_SECONDS if notice == "saved" and failed else 0


def _is_being_made(invoice: Invoice) -> bool:
    live = invoice.live_attempt
    if live is not None:
        return live.result is AttemptResult.STARTED
    return invoice.is_open and invoice.charge_request is not None


def _part(case: Case, view: PayerView, usable: list[PaymentMethod], locale: str) -> InvoicePart:
    invoice = case.invoice
    owed = format_money(invoice.amount_remaining, invoice.currency, locale)
    heading = f"portal.page.heading.{view.status.value}"
    is_paid = view.status is PayerStatus.PAID
    return InvoicePart(
        id=invoice.id,
        tone=_tone(view),
        heading=text(locale, heading, number=invoice.shown_number),
        hero=_hero(case, view, locale),
        # While the next try is being made, what went wrong with the last one is no news.
        problem=None if view.status is PayerStatus.PROCESSING else view.problem,
        next_step=view.next_step,
        receipt=text(locale, "portal.page.receipt") if is_paid else "",
        receipts=_receipts(case, locale),
        choices=tuple(
            PayChoice(
                one.id, text(locale, "portal.page.pay", amount=owed, method=_named(one, locale))
            )
            for one in usable
            if view.can_pay
        ),
        confirm_url=view.confirm_url,
        part=_part_choice(invoice, view, usable, locale),
        has_pdf=invoice.purpose is Purpose.INVOICE,
        lines=tuple(_line_row(line, invoice.currency, locale) for line in invoice.lines),
        sums=tuple(_sums(invoice, locale)),
    )


def _receipts(case: Case, locale: str) -> tuple[Row, ...]:
    """One for each payment that came and stayed, oldest first."""
    invoice, zone = case.invoice, case.business.zone
    came = [
        (local_date(one.paid_at, zone), one.id, one.amount)
        for one in invoice.payments
        if one.status is PaymentStatus.PAID and one.paid_at is not None
    ]
    came += [
        (one.received_on, one.id, one.amount) for one in invoice.external_payments if one.is_good
    ]
    return tuple(
        (
            payment_id,
            text(
                locale,
                "portal.page.receipt_pdf",
                amount=format_money(amount, invoice.currency, locale),
                paid_on=format_date(on, locale),
            ),
        )
        for on, payment_id, amount in sorted(came)
    )


def _part_choice(
    invoice: Invoice, view: PayerView, usable: list[PaymentMethod], locale: str
) -> PartChoice | None:
    """With the method that comes first, where the business takes parts."""
    if view.part_minimum is None or not usable:
        return None
    currency, method = invoice.currency, usable[0]
    lowest, _ = money.chargeable_bounds(currency)
    least = format_money(view.part_minimum, currency, locale)
    return PartChoice(
        method_id=method.id,
        label=text(locale, "portal.page.part", least=least),
        button=text(locale, "portal.page.part_pay", method=_named(method, locale)),
        least=money.decimal_text(view.part_minimum, currency),
        most=money.decimal_text(invoice.amount_remaining - lowest, currency),
        step=money.decimal_text(1, currency),
    )


def _plan_part(plan: PaymentPlan, locale: str) -> PlanPart:
    def shown(amount: int) -> str:
        return format_money(amount, plan.currency, locale)

    progress = text(
        locale,
        "portal.page.plan_progress",
        paid=shown(plan.amount_paid),
        total=shown(plan.total),
        left=shown(plan.amount_remaining),
    )
    if plan.unpaid:
        first = plan.unpaid[0]
        due_on, amount = format_date(first.due_on, locale), shown(first.amount - first.paid)
        progress += " " + text(locale, "portal.page.plan_next", amount=amount, due_on=due_on)
    return PlanPart(
        heading=text(locale, "portal.page.plan", reference=plan.reference),
        progress=progress,
        rows=tuple(
            (
                format_date(one.due_on, locale),
                text(locale, f"portal.page.instalment.{one.state.value}"),
                shown(one.amount),
            )
            for one in plan.instalments
        ),
    )


def _tone(view: PayerView) -> str:
    if view.status is PayerStatus.PAID:
        return "good"
    return "bad" if view.status in _LATE or view.problem else "plain"


def _hero(case: Case, view: PayerView, locale: str) -> Row | None:
    """The one amount that matters, and what about it."""
    invoice, label = case.invoice, "portal.page"
    if view.status in _NOTHING_OWED:
        return None
    owed = format_money(invoice.amount_remaining, invoice.currency, locale)
    if view.status is PayerStatus.PAID:
        return format_money(invoice.amount_paid, invoice.currency, locale), _paid(case, locale)
    if view.status in {PayerStatus.PROCESSING, PayerStatus.CONFIRM}:
        return owed, text(locale, f"{label}.being_paid", number=invoice.shown_number)
    assert invoice.due_on is not None
    today = local_date(case.now, case.business.zone)
    due = "was_due" if invoice.due_on < today else "due"
    return owed, text(locale, f"{label}.{due}", due_on=format_date(invoice.due_on, locale))


def _paid(case: Case, locale: str) -> str:
    at, paying = case.invoice.paid_at, case.invoice.attempts[-1:]
    succeeded = paying and paying[0].result is AttemptResult.SUCCEEDED
    return text(
        locale,
        "portal.page.paid",
        paid_on=format_date(local_date(at, case.business.zone), locale) if at else None,
        method=method_phrase(method_view(paying[0]), locale) if succeeded else None,
    )


def _line_row(line: Line, currency: str, locale: str) -> LineRow:
    each = format_money(line.unit_amount, currency, locale)
    notes = [line.variant] if line.variant else []
    if line.quantity != Decimal(1):
        notes.append(f"{format_quantity(line.quantity, locale)} × {each}")
    if line.period is not None:
        notes.append(format_period(line.period, locale))
    return LineRow(line.description, " · ".join(notes), format_money(line.amount, currency, locale))


def _sums(invoice: Invoice, locale: str) -> list[Row]:
    totals = invoice.totals
    amounts = [
        ("document.column.tax", totals.tax),
        ("portal.page.total", totals.total),
        ("portal.page.credited", -invoice.amount_credited),
        ("portal.page.paid_so_far", -invoice.amount_paid),
    ]
    rows = [(key, amount) for key, amount in amounts if amount or key == "portal.page.total"]
    if invoice.is_open and invoice.amount_remaining != totals.total:
        rows.append(("portal.page.owed", invoice.amount_remaining))
    return [(text(locale, key), format_money(one, invoice.currency, locale)) for key, one in rows]


def _ordered(customer: Customer) -> list[PaymentMethod]:
    """The default first: its button stands out. A card that was saved twice is one to its owner."""
    ordered = sorted(customer.methods, key=lambda one: one.id != customer.default_method_id)
    return list({one.fingerprint or one.id: one for one in reversed(ordered)}.values())[::-1]


def _is_usable(method: PaymentMethod, today: date) -> bool:
    return method.state is MethodState.USABLE and not method.expired_on(today)


def _method_row(method: PaymentMethod, customer: Customer, today: date, locale: str) -> Row:
    key, expires = "", None
    if method.state is not MethodState.USABLE:
        key = method.state.value
    elif method.expired_on(today):
        key = "expired"
    elif method.exp_year:
        key, expires = "expires", format_month(date(method.exp_year, method.exp_month, 1), locale)
    notes = [text(locale, f"portal.page.{key}", expires=expires)] if key else []
    if method.id == customer.default_method_id:
        notes.insert(0, text(locale, "portal.page.default"))
    return _capital(_named(method, locale)), " · ".join(notes)


def _named(method: PaymentMethod, locale: str) -> str:
    return method_phrase(saved_method_view(method), locale)


def _capital(words: str) -> str:
    return words[:1].upper() + words[1:]
