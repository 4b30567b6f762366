"""An invoice or credit note as a page: which columns, sums and calls to pay it shows, in words."""

from __future__ import annotations

from itertools import groupby

from chalicelib.adapters.documents import look
from chalicelib.adapters.documents.coverage import paragraphs
from chalicelib.adapters.documents.page import (
    Bar,
    Button,
    FirstCell,
    HowToPay,
    Page,
    Pair,
    Row,
    Stamp,
    Tone,
    TotalRow,
)
from chalicelib.adapters.documents.words import Words
from chalicelib.documents import (
    BankView,
    DocumentKind,
    DocumentState,
    InvoiceView,
    LineView,
    SettlementKind,
    SettlementView,
)
from chalicelib.formatting import (
    format_percent,
    format_period,
    format_quantity,
    format_unit_amount,
)

_PAYABLE = frozenset({DocumentState.OPEN, DocumentState.OVERDUE})
_STAMPED: dict[DocumentState, Tone] = {
    DocumentState.PAID: "paid",
    DocumentState.OVERDUE: "overdue",
    DocumentState.PROCESSING: "plain",
    DocumentState.CANCELLED: "plain",
}


def invoice_page(view: InvoiceView) -> Page:
    words = Words(view.locale, view.currency)
    return Page(
        **look.letterhead(
            view,
            view.locale,
            title=words.say(f"title.{view.kind.value}"),
            number=view.number,
            to=view.bill_to,
            from_label=words.say("from"),
            to_label=words.say("bill_to"),
            page_label=words.say("page"),
        ),
        meta=_meta(view, words),
        bar=_bar(view, words),
        columns=_columns(view, words),
        rows=_rows(view, words),
        totals=_totals(view, words),
        pay=_how_to_pay(view, words),
        notes=paragraphs(view.notes),
        watermark=words.say("stamp.draft") if view.state is DocumentState.DRAFT else None,
    )


def is_payable(view: InvoiceView) -> bool:
    """Does the document ask for money? Then it says how to pay it."""
    invoice = view.kind is DocumentKind.INVOICE
    return invoice and view.state in _PAYABLE and view.balance > 0


def _meta(view: InvoiceView, words: Words) -> list[Pair]:
    pairs = [
        (words.say(f"number.{view.kind.value}"), view.number),
        (words.say("issued"), words.narrow_date(view.issued_on)),
        (words.say("for_invoice"), view.credited_invoice),
        (words.say("due"), words.narrow_date(view.due_on)),
        (words.say("terms"), _terms(view.net_days, words)),
        (words.say("purchase_order"), view.purchase_order),
        (words.say("period"), format_period(view.period, view.locale) if view.period else None),
    ]
    return [(label, value) for label, value in pairs if value]


def _terms(net_days: int | None, words: Words) -> str | None:
    if net_days is None:
        return None
    return words.say("net", days=str(net_days)) if net_days else words.say("due_at_once")


def _bar(view: InvoiceView, words: Words) -> Bar:
    if view.kind is DocumentKind.CREDIT_NOTE:
        note = words.say("bar.credit_note_note", invoice=view.credited_invoice)
        return Bar(words.say("bar.credit_note"), words.money(view.total), note)
    state = view.state.value
    tone = _STAMPED.get(view.state)
    return Bar(
        label=words.say(f"bar.{state}"),
        amount=words.money(_paid(view) if view.state is DocumentState.PAID else view.balance),
        note=_bar_note(view, words),
        tone=tone or "plain",
        button=_button(view, words),
        stamp=None if tone is None else Stamp(words.say(f"stamp.{state}"), tone),
    )


def _paid(view: InvoiceView) -> int:
    """Money that came and stayed: not what a credit note took off."""
    signs = {
        SettlementKind.PAYMENT: 1,
        SettlementKind.CUSTOMER_CREDIT: 1,
        SettlementKind.REFUND: -1,
    }
    return sum(signs.get(one.kind, 0) * one.amount for one in view.settlements)


def _bar_note(view: InvoiceView, words: Words) -> str:
    state = view.state
    facts = {
        "due_on": words.long_date(view.due_on),
        "paid_on": words.long_date(view.paid_on),
        "charge_on": words.long_date(view.charge_on),
        "method": words.method(view.paid_by),
    }
    if state is DocumentState.OPEN and view.charge_on and view.paid_by:
        return words.say("bar.charge_note", **facts)
    if state is DocumentState.PAID and len(view.settlements) > 1:
        return words.say("bar.paid_in_full_note", **facts)  # no one method paid all of it
    return words.say(f"bar.{state.value}_note", **facts)


def _button(view: InvoiceView, words: Words) -> Button | None:
    if view.pay_url is None or not is_payable(view):
        return None
    return Button(words.say("bar.pay_online"), view.pay_url)


def _columns(view: InvoiceView, words: Words) -> list[str]:
    labels = {tax.label for tax in view.taxes}
    tax = labels.pop() if len(labels) == 1 else words.say("column.tax")
    shown = _shown(view)
    names = {
        "quantity": words.say("column.quantity"),
        "unit_price": words.say("column.unit_price"),
        "discount": words.say("column.discount"),
        "tax": tax,
    }
    optional = [name for key, name in names.items() if key in shown]
    return [words.say("column.description"), *optional, words.say("column.amount")]


def _shown(view: InvoiceView) -> frozenset[str]:
    """The columns that say something: no empty discount or tax column is printed."""
    has = {
        "quantity": any(line.unit_amount is not None or line.quantity != 1 for line in view.lines),
        "unit_price": any(line.unit_amount is not None for line in view.lines),
        "discount": any(line.discount_amount for line in view.lines),
        "tax": any(line.tax_percent for line in view.lines),  # all of them 0 says nothing
    }
    return frozenset(column for column, present in has.items() if present)


def _rows(view: InvoiceView, words: Words) -> list[Row]:
    """One for each line; where members of a group have several, each one's together."""
    by_member = [list(lines) for _, lines in groupby(view.lines, lambda one: one.customer_name)]
    if all(len(lines) == 1 or not lines[0].customer_name for lines in by_member):
        return [_row(line, view, words, line.customer_name) for line in view.lines]
    rows: list[Row] = []
    for lines in by_member:
        name = lines[0].customer_name
        rows += [Row(FirstCell(name), [], "member")] if name else []
        rows += [_row(line, view, words) for line in lines]
        if name and len(lines) > 1:
            amount = words.money(sum(line.amount for line in lines))
            rows.append(Row(FirstCell(words.say("subtotal")), [amount], "subtotal"))
    return rows


def _row(line: LineView, view: InvoiceView, words: Words, whose: str | None = None) -> Row:
    shown = _shown(view)
    cells = {
        "quantity": format_quantity(line.quantity, view.locale),
        "unit_price": ""
        if line.unit_amount is None
        else format_unit_amount(line.unit_amount, view.currency, view.locale),
        "discount": _line_discount(line, words),
        "tax": "" if line.tax_percent is None else format_percent(line.tax_percent, view.locale),
    }
    optional = [cell or "–" for key, cell in cells.items() if key in shown]
    return Row(_first_cell(line, view.locale, whose), [*optional, words.money(line.amount)])


def _line_discount(line: LineView, words: Words) -> str:
    if not line.discount_amount:
        return ""
    if line.discount_percent is not None:
        return format_percent(-line.discount_percent, words.locale).replace("-", "−")
    return words.less(line.discount_amount)


def _first_cell(line: LineView, locale: str, whose: str | None) -> FirstCell:
    period = format_period(line.period, locale) if line.period else None
    detail = " · ".join(part for part in (line.variant, period) if part)
    return FirstCell(line.description, [note for note in (whose, detail) if note])


def _totals(view: InvoiceView, words: Words) -> list[TotalRow]:
    line_discounts = sum(line.discount_amount for line in view.lines)
    note = words.say("line_discounts", amount=words.money(line_discounts)) if line_discounts else ""
    rows = [TotalRow(words.say("subtotal"), words.money(view.subtotal), note=note)]
    rows += [TotalRow(one.label, words.less(one.amount)) for one in view.discounts]
    if not view.tax_inclusive:
        rows += _tax_rows(view, words)
    rows.append(TotalRow(words.say(f"total.{view.kind.value}"), words.money(view.total), "strong"))
    if view.tax_inclusive:
        rows += _tax_rows(view, words)
    rows += [_settlement_row(one, words) for one in view.settlements]
    if view.kind is DocumentKind.INVOICE or view.settlements:
        balance = words.say(f"balance.{view.kind.value}")
        rows.append(TotalRow(balance, words.money(view.balance), "final"))
    return rows


def _tax_rows(view: InvoiceView, words: Words) -> list[TotalRow]:
    key = "tax_included_row" if view.tax_inclusive else "tax_row"
    return [
        TotalRow(
            words.say(
                key,
                label=tax.label,
                percent=format_percent(tax.percent, view.locale),
                base=words.money(tax.taxable_amount),
            ),
            words.money(tax.amount),
            "muted",
        )
        for tax in view.taxes
    ]


def _settlement_row(one: SettlementView, words: Words) -> TotalRow:
    label = words.say(
        f"settlement.{one.kind.value}",
        on=words.short_date(one.on),
        reference=one.reference,
    )
    raises = one.kind is SettlementKind.REFUND
    value = words.money(one.amount) if raises else words.less(one.amount)
    return TotalRow(label, value, "muted", words.method(one.method) or "")


def _how_to_pay(view: InvoiceView, words: Words) -> HowToPay | None:
    if not is_payable(view) or (view.pay_url is None and view.bank is None):
        return None
    intro = "by_transfer" if view.pay_url else "only_transfer"
    return HowToPay(
        label=words.say("how_to_pay"),
        url=view.pay_url,
        scan=words.say("scan"),
        link_label=words.say("pay_online_link"),
        qr_alt=words.say("qr_alt", number=view.number),
        bank_intro=words.say(intro),
        bank=_bank(view.bank, view.number, words),
    )


def _bank(bank: BankView | None, reference: str, words: Words) -> list[Pair]:
    if bank is None:
        return []
    # An IBAN is read in groups, but never across lines.
    iban = bank.iban.replace(" ", "\N{NO-BREAK SPACE}") if bank.iban else None
    fields = {
        "account_name": bank.account_name,
        "bank_name": bank.bank_name,
        "iban": iban,
        "bic": bank.bic,
        "account_number": bank.account_number,
        "routing_number": bank.routing_number,
        "sort_code": bank.sort_code,
        "reference": reference,
    }
    return [(words.say(f"bank.{key}"), value) for key, value in fields.items() if value]
