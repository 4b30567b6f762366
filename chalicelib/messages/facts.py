"""A notice's facts as the reader sees them: formatted once, for subject, body and rows alike."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.catalogue import text
from chalicelib.catalogue.methods import method_phrase
from chalicelib.formatting import format_date, format_moment, format_money, format_month
from chalicelib.messages.payer import payer_text
from chalicelib.messages.views import NoticeKind, NoticeView, PayerTextKey, StaffView

if TYPE_CHECKING:
    from datetime import date

Facts = dict[str, str | None]
_TELL_PAID = {NoticeKind.RECEIPT, NoticeKind.INVOICE_SENT}
# These two kinds have one text, whatever led to them.
_ONLY_TEXT = {
    NoticeKind.ACTION_REQUIRED: PayerTextKey.AUTHENTICATION,
    NoticeKind.CHECKING: PayerTextKey.UNKNOWN,
}


def facts_of(view: NoticeView) -> Facts:
    """Every fact of the notice in words; one that is not known is None."""
    charged_by_itself = view.charge_on is not None
    return {
        "business": view.business.name,
        "name": view.to_name,
        "phone": view.business.phone,
        "link": view.link,
        "invoice": view.invoice_number,
        **_numbers(view),
        "replaces": view.replaces,
        "credit_note": view.credit_note,
        "description": view.description,
        **_service(view),
        "transaction_id": view.transaction_id,
        **_money(view),
        **_days(view),
        "method": method_phrase(view.method, view.locale) if view.method else None,
        "charge_method": method_phrase(view.method, view.locale) if charged_by_itself else None,
        "pay_by": None if charged_by_itself else _long(view.due_on, view),
        "answer_by": format_moment(view.answer_by, view.locale) if view.answer_by else None,
        "expires": format_month(view.expires_on, view.locale) if view.expires_on else None,
        "payer_text": _payer_text(view),
        "card_safety": text(view.locale, "mail.card_safety"),
        "already_paid": text(view.locale, "mail.already_paid"),
        **_staff(view.staff or StaffView(), view.locale),
    }


def _numbers(view: NoticeView) -> Facts:
    """One payment may pay several invoices, and then the sentence is another."""
    number = view.invoice_number
    several = number is not None and ", " in number
    return {"one_invoice": None if several else number, "invoices": number if several else None}


def _service(view: NoticeView) -> Facts:
    """The subscription by what becomes of it: paused, cancelled, or so on the day named."""
    name, later = view.subscription, view.stops_on is not None
    return {
        "subscription": None if later or view.service_ends else name,
        "cancelled": name if view.service_ends and not later else None,
        "pausing": name if later and not view.service_ends else None,
        "cancelling": name if later and view.service_ends else None,
        "stops_on": _long(view.stops_on, view),
    }


def _money(view: NoticeView) -> Facts:
    amount = _amount(view.amount, view)
    in_full = view.kind in _TELL_PAID and view.balance == 0
    settled = in_full and view.kind is NoticeKind.INVOICE_SENT
    numbers = _numbers(view)
    return {
        "amount": amount,
        "amount_due": None if settled else amount,
        "amount_paid": amount,
        "refund_amount": amount,
        "kept_credit": amount if view.kept_as_credit else None,
        "paid_otherwise": None if view.kept_as_credit else amount,
        "balance": _amount(view.balance, view),
        "balance_open": _amount(view.balance or None, view),
        "paid_invoice": numbers["one_invoice"] if in_full else None,
        "paid_invoices": numbers["invoices"] if in_full else None,
    }


def _days(view: NoticeView) -> Facts:
    return {
        "due_on": _long(view.due_on, view),
        "charge_on": _long(view.charge_on, view),
        "paid_on": _long(view.paid_on, view),
        "refunded_on": _long(view.refunded_on, view),
        "next_on": _long(view.next_on, view),
        "when": _when(view),
        "late": _late(view),
    }


def _staff(staff: StaffView, locale: str) -> Facts:
    step = staff.next_step
    if step and staff.next_at:
        step = f"{step} ({format_moment(staff.next_at, locale)})"
    return {
        "customer": staff.customer,
        "classification": staff.classification,
        "attempt": staff.attempt,
        "reason": staff.reason,
        "next_step": step,
    }


def _amount(amount: int | None, view: NoticeView) -> str | None:
    return None if amount is None else format_money(amount, view.currency, view.locale)


def _long(day: date | None, view: NoticeView) -> str | None:
    return None if day is None else format_date(day, view.locale)


def _when(view: NoticeView) -> str | None:
    if view.days is None:
        return None
    key = {0: "today", 1: "tomorrow"}.get(view.days, "in_days")
    return text(view.locale, f"when.{key}", days=str(view.days))


def _late(view: NoticeView) -> str | None:
    if view.days is None:
        return None
    key = "one" if view.days == 1 else "many"
    return text(view.locale, f"late.{key}", days=str(view.days))


def _payer_text(view: NoticeView) -> str | None:
    key = _ONLY_TEXT.get(view.kind, view.text_key)
    if key is None or view.amount is None or view.invoice_number is None:
        return None
    return payer_text(
        key,
        view.locale,
        amount=view.amount,
        currency=view.currency,
        number=view.invoice_number,
        method=view.method,
        next_on=view.next_on,
        part_allowed=view.part_allowed,
        answer_by=view.answer_by,
        is_instalment=view.is_instalment,
    )
