"""A receipt as a page: what was paid, when, how, for which invoices, and what remains."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalicelib.adapters.documents import look
from chalicelib.adapters.documents.coverage import paragraphs
from chalicelib.adapters.documents.page import (
    Bar,
    Button,
    FirstCell,
    Page,
    Pair,
    Row,
    Stamp,
    TotalRow,
)
from chalicelib.adapters.documents.words import Words

if TYPE_CHECKING:
    from chalicelib.documents import AllocationView, ReceiptView


def receipt_page(view: ReceiptView) -> Page:
    words = Words(view.locale, view.currency)
    return Page(
        **look.letterhead(
            view,
            view.locale,
            title=words.say("title.receipt"),
            number=view.number,
            to=view.received_from,
            from_label=words.say("from"),
            to_label=words.say("received_from"),
            page_label=words.say("page"),
        ),
        meta=_meta(view, words),
        bar=_bar(view, words),
        statement=_statement(view, words),
        columns=[
            words.say(f"column.{name}")
            for name in ("invoice", "invoice_total", "paid_now", "balance")
        ],
        rows=[_row(allocation, words) for allocation in view.allocations],
        totals=_totals(view, words),
        notes=paragraphs(view.notes),
    )


def _meta(view: ReceiptView, words: Words) -> list[Pair]:
    pairs = [
        (words.say("number.receipt"), view.number),
        (words.say("receipt.amount"), words.money(view.amount)),
        (words.say("receipt.paid_on"), words.long_date(view.paid_on)),
        (words.say("receipt.method"), words.method(view.method)),
        (words.say("receipt.remaining"), words.money(view.remaining_balance)),
    ]
    return [(label, value) for label, value in pairs if value]


def _bar(view: ReceiptView, words: Words) -> Bar:
    url = view.portal_url
    return Bar(
        label=words.say("bar.receipt"),
        amount=words.money(view.amount),
        note=words.say("bar.paid_note", paid_on=words.long_date(view.paid_on)),
        tone="paid",
        button=None if url is None else Button(words.say("receipt.view_online"), url),
        stamp=Stamp(words.say("stamp.paid"), "paid"),
    )


def _statement(view: ReceiptView, words: Words) -> list[str]:
    paid = words.say(
        "receipt.statement",
        amount=words.money(view.amount),
        paid_on=words.long_date(view.paid_on),
        method=words.method(view.method),
    )
    return [paid, *_transaction(view, words), *_remaining(view, words)]


def _transaction(view: ReceiptView, words: Words) -> list[str]:
    if view.transaction_id is None:
        return []
    return [f"{words.say('receipt.transaction_id')}: {view.transaction_id}"]


def _remaining(view: ReceiptView, words: Words) -> list[str]:
    if not view.allocations:
        return []
    invoices = ", ".join(allocation.invoice_number for allocation in view.allocations)
    if view.remaining_balance == 0:
        return [words.say("receipt.paid_in_full", invoices=invoices)]
    amount = words.money(view.remaining_balance)
    return [words.say("receipt.remains", amount=amount, invoices=invoices)]


def _row(allocation: AllocationView, words: Words) -> Row:
    issued = allocation.issued_on
    notes = [f"{words.say('issued')} {words.short_date(issued)}"] if issued else []
    return Row(
        FirstCell(allocation.invoice_number, notes),
        [
            words.money(allocation.invoice_total),
            words.money(allocation.amount),
            words.money(allocation.balance),
        ],
    )


def _totals(view: ReceiptView, words: Words) -> list[TotalRow]:
    rows = [TotalRow(words.say("receipt.total_paid"), words.money(view.amount), "strong")]
    if view.unapplied:
        rows.append(TotalRow(words.say("receipt.unapplied"), words.money(view.unapplied), "muted"))
    if view.refunded:
        rows.append(TotalRow(words.say("receipt.refunded"), words.less(view.refunded), "muted"))
    remaining = words.money(view.remaining_balance)
    return [*rows, TotalRow(words.say("receipt.remaining"), remaining, "final")]
