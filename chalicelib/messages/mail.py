"""A notice as a mail: subject, HTML for the phone first, and plain text with the same facts."""

from __future__ import annotations

import textwrap
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.branding import ACCENT, ACTION, initials, readable, text_on
from chalicelib.catalogue import has, of_instalment, text, texts
from chalicelib.domain.errors import InvalidInput
from chalicelib.formatting import language
from chalicelib.messages.facts import Facts, facts_of
from chalicelib.messages.views import Message, NoticeKind, NoticeView

if TYPE_CHECKING:
    from chalicelib.documents import BankView

Row = tuple[str, str]
_WIDTH = 72
_GREEN, _RED = "#14724a", "#b3261e"

_TONES = {
    NoticeKind.RECEIPT: _GREEN,
    NoticeKind.RESUMED: _GREEN,
    NoticeKind.REFUND_SENT: _GREEN,
    NoticeKind.REFUND_FAILED: _RED,
    NoticeKind.CREDIT_NOTE_SENT: _GREEN,
    NoticeKind.PAYMENT_BOUNCED: _RED,
    NoticeKind.PLAN_BROKEN: _RED,
    NoticeKind.STAFF_PAYMENT_RECEIVED: _GREEN,
    NoticeKind.PAYMENT_FAILED: _RED,
    NoticeKind.REMINDER_PAST_DUE: _RED,
    NoticeKind.WENT_OVERDUE: _RED,
    NoticeKind.STAFF_PAYMENT_FAILED: _RED,
    NoticeKind.STAFF_OVERDUE: _RED,
    NoticeKind.STAFF_DISPUTE: _RED,
    NoticeKind.STAFF_DISPUTE_DUE: _RED,
    NoticeKind.STAFF_DISPUTE_REFUSED: _RED,
    NoticeKind.STAFF_FRAUD_WARNING: _RED,
    NoticeKind.STAFF_NEEDS_HUMAN: _RED,
    NoticeKind.STAFF_REFUND_FAILED: _RED,
    NoticeKind.STAFF_PROMISE_BROKEN: _RED,
    NoticeKind.STAFF_PLAN_BROKEN: _RED,
    NoticeKind.STAFF_DISCONNECTED: _RED,
    NoticeKind.STAFF_CHARGES_STOPPED: _RED,
}
_INVOICE_ROWS = ("invoice", "description", "amount_due", "due_on")
_STAFF_ROWS = ("customer", "invoice", "amount")
_ROWS: dict[NoticeKind, tuple[str, ...]] = {
    NoticeKind.INVOICE_SENT: (*_INVOICE_ROWS, "charge_on"),
    NoticeKind.REMINDER_UPCOMING: (*_INVOICE_ROWS, "charge_on"),
    NoticeKind.REMINDER_PAST_DUE: _INVOICE_ROWS,
    NoticeKind.RECEIPT: (
        "amount_paid", "paid_on", "method", "transaction_id", "invoice", "description", "balance",
    ),
    NoticeKind.PAYMENT_FAILED: ("invoice", "description", "amount_due", "method", "next_on"),
    NoticeKind.NEEDS_CARD: _INVOICE_ROWS,
    NoticeKind.ACTION_REQUIRED: ("invoice", "description", "amount", "method"),
    NoticeKind.CHECKING: ("invoice", "description", "amount", "method"),
    NoticeKind.WENT_OVERDUE: (*_INVOICE_ROWS, "subscription"),
    NoticeKind.RESUMED: ("subscription", "invoice", "amount_paid"),
    NoticeKind.CARD_EXPIRING: (),
    NoticeKind.INVOICE_CANCELLED: ("invoice", "description", "amount"),
    NoticeKind.REFUND_SENT: ("refund_amount", "refunded_on", "method", "transaction_id", "invoice"),
    NoticeKind.REFUND_FAILED: ("refund_amount", "method", "transaction_id", "invoice"),
    NoticeKind.CREDIT_NOTE_SENT: ("credit_note", "amount", "invoice", "balance"),
    NoticeKind.PAYMENT_BOUNCED: ("invoice", "amount", "method", "balance"),
    NoticeKind.PLAN_BROKEN: ("amount_due",),
    NoticeKind.METHOD_REMOVED: (),
    NoticeKind.STAFF_PAYMENT_RECEIVED: (
        *_STAFF_ROWS, "paid_on", "method", "transaction_id", "balance",
    ),
    NoticeKind.STAFF_PAYMENT_FAILED: (
        *_STAFF_ROWS, "method", "attempt", "classification", "codes", "next_on", "next_step",
    ),
    NoticeKind.STAFF_OVERDUE: (*_STAFF_ROWS, "due_on", "subscription", "reason", "next_step"),
    NoticeKind.STAFF_NEEDS_HUMAN: (
        *_STAFF_ROWS, "transaction_id", "classification", "codes", "reason", "next_step",
    ),
    NoticeKind.STAFF_DISPUTE: (
        *_STAFF_ROWS, "transaction_id", "reason", "answer_by", "next_step",
    ),
    NoticeKind.STAFF_DISPUTE_DUE: (*_STAFF_ROWS, "transaction_id", "reason", "answer_by"),
    NoticeKind.STAFF_DISPUTE_CLOSED: (*_STAFF_ROWS, "transaction_id", "reason"),
    NoticeKind.STAFF_DISPUTE_REFUSED: (*_STAFF_ROWS, "transaction_id", "reason", "answer_by"),
    NoticeKind.STAFF_FRAUD_WARNING: (*_STAFF_ROWS, "method", "reason", "next_step"),
    NoticeKind.STAFF_PROMISE_BROKEN: (*_STAFF_ROWS, "due_on", "reason", "next_step"),
    NoticeKind.STAFF_PLAN_BROKEN: (*_STAFF_ROWS, "reason", "next_step"),
    NoticeKind.STAFF_REFUND_APPROVAL: (*_STAFF_ROWS, "method", "reason"),
    NoticeKind.STAFF_REFUND_FAILED: (*_STAFF_ROWS, "method", "transaction_id", "reason"),
    NoticeKind.STAFF_DISCONNECTED: ("reason", "next_step"),
    NoticeKind.STAFF_CHARGES_STOPPED: ("reason",),
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Content:
    """The mail's words in reading order, before they are laid out."""

    locale: str
    subject: str
    headline: str
    hello: str
    hero: tuple[str, str] | None  # the amount, and what about it
    paragraphs: list[str]
    rows: list[Row]
    button: str
    link: str
    bank_intro: str
    bank: list[Row]
    closing: list[str]
    sender: list[str]


def compose(notice: NoticeView) -> Message:
    """The finished mail. Raises MissingFactError when the notice lacks a fact its text names."""
    if not notice.link.startswith(("https://", "http://")):
        raise InvalidInput("link_invalid", "A notice links to a web address.")
    content = _content(notice, facts_of(notice))
    html = _template().render(
        content=content,
        lang=language(notice.locale),
        mark=initials(notice.business.name),
        colours=_colours(notice),
        business=notice.business.name,
    )
    return Message(subject=content.subject, html=html, text=_plain(content, notice.business.name))


def _content(notice: NoticeView, facts: Facts) -> Content:
    locale = notice.locale
    subject, headline, body, button = (
        _key(notice, name) for name in ("subject", "headline", "body", "button")
    )
    why = "mail.why_staff" if notice.kind.for_staff else "mail.why"
    questions = [] if notice.kind.for_staff else [text(locale, "mail.questions", **facts)]
    note = [notice.note] if notice.note else []
    return Content(
        locale=locale,
        subject=" ".join(text(locale, subject, **facts).split()),
        headline=_capital(text(locale, headline, **facts)),
        hello="" if notice.kind.for_staff else text(locale, "mail.hello", **facts),
        hero=_hero(notice, facts),
        paragraphs=[*map(_capital, texts(locale, body, **facts)), *note],
        rows=_rows(notice, facts),
        button=text(locale, button),
        link=notice.link,
        bank_intro=text(locale, "mail.bank"),
        bank=_bank_rows(notice.bank, notice.invoice_number, locale),
        closing=[*questions, text(locale, why, **facts)],
        sender=[notice.business.name, *notice.business.address_lines],
    )


def _key(notice: NoticeView, name: str) -> str:
    key = f"notice.{notice.kind.value}.{name}"
    return of_instalment(key, is_instalment=notice.is_instalment)


def _hero(notice: NoticeView, facts: Facts) -> tuple[str, str] | None:
    about = text(notice.locale, _key(notice, "hero"), **facts)
    return (facts["amount"] or "", about) if about and facts["amount"] else None


def _rows(notice: NoticeView, facts: Facts) -> list[Row]:
    rows: list[Row] = []
    for key in _ROWS[notice.kind]:
        if key == "codes":
            rows += _code_rows(notice)
        elif value := facts[key]:
            shown = _capital(value) if key == "method" else value
            label = of_instalment(f"fact.{key}", is_instalment=notice.is_instalment)
            rows.append((text(notice.locale, label), shown))
    return rows


def _code_rows(notice: NoticeView) -> list[Row]:
    codes = notice.staff.codes if notice.staff else ()
    return [
        (text(notice.locale, f"fact.{name}") if has(f"fact.{name}") else name, value)
        for name, value in codes
    ]


def _bank_rows(bank: BankView | None, reference: str | None, locale: str) -> list[Row]:
    if bank is None:
        return []
    fields = ("account_name", "bank_name", "iban", "bic", "account_number", "routing_number")
    values = {name: getattr(bank, name) for name in (*fields, "sort_code")}
    return [
        (text(locale, f"document.bank.{name}"), value)
        for name, value in {**values, "reference": reference}.items()
        if value
    ]


def _capital(sentence: str) -> str:
    return sentence[:1].upper() + sentence[1:]


def _colours(notice: NoticeView) -> dict[str, str]:
    accent = readable(notice.business.accent, ACCENT)
    action = readable(notice.business.action, ACTION)
    return {
        "accent": accent,
        "on_accent": text_on(accent),
        "action": action,
        "on_action": text_on(action),
        "tone": _TONES.get(notice.kind, accent),
    }


@lru_cache(maxsize=1)
def _template() -> Any:
    # Jinja2 costs 40 ms to import, and most invocations send nothing.
    from jinja2 import Environment, FileSystemLoader, StrictUndefined

    loader = FileSystemLoader(Path(__file__).parent / "templates")
    environment = Environment(
        loader=loader, autoescape=True, undefined=StrictUndefined, trim_blocks=True,
        lstrip_blocks=True,
    )  # fmt: skip
    return environment.get_template("mail.html.j2")


def _plain(content: Content, business: str) -> str:
    blocks = [
        _underlined(content.headline),
        _wrapped(", ".join(content.hero)) if content.hero else "",
        _wrapped(content.hello),
        "\n\n".join(map(_wrapped, content.paragraphs)),
        _table(content.rows, content.locale),
        f"{_labelled(content.button, content.locale)}\n{content.link}",
        f"{content.bank_intro}\n{_table(content.bank, content.locale)}" if content.bank else "",
        f"-- \n{_wrapped(business)}",
        "\n".join(_wrapped(line) for line in content.sender[1:]),
        "\n".join(map(_wrapped, content.closing)),
    ]
    return "\n\n".join(block for block in blocks if block) + "\n"


def _underlined(headline: str) -> str:
    wrapped = _wrapped(headline)
    return f"{wrapped}\n{'=' * max(map(len, wrapped.splitlines()))}"


def _wrapped(paragraph: str) -> str:
    # Amounts and links stay whole; everything else wraps as a mail has always done.
    return textwrap.fill(paragraph, _WIDTH, break_on_hyphens=False)


def _labelled(label: str, locale: str) -> str:
    """`Due:`, and `Échéance :` as French sets it."""
    return text(locale, "mail.labelled", label=label)


def _table(rows: list[Row], locale: str) -> str:
    rows = [(_labelled(label, locale), value) for label, value in rows]
    label_width = max((len(label) for label, _ in rows), default=0) + 1
    return "\n".join(
        textwrap.fill(
            value,
            _WIDTH,
            initial_indent=f"{label:<{label_width}}",
            subsequent_indent=" " * label_width,
            break_on_hyphens=False,
        )
        for label, value in rows
    )
