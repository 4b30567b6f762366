"""A statement as a page: what was owed, each change with the balance after it, what is owed."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta
from typing import TYPE_CHECKING

from chalicelib.adapters.documents import look
from chalicelib.adapters.documents.page import Bar, FirstCell, Page, Row, Stamp, TotalRow
from chalicelib.adapters.documents.words import Words
from chalicelib.domain.dates import Period
from chalicelib.formatting import format_period

if TYPE_CHECKING:
    from chalicelib.adapters.documents.page import Pair
    from chalicelib.documents import StatementView
    from chalicelib.domain.statement import StatementLine


def statement_page(view: StatementView) -> Page:
    said = view.statement
    words = Words(view.locale, said.currency)
    return Page(
        **look.letterhead(
            view,
            view.locale,
            title=words.say("title.statement"),
            number=_period(view),
            to=view.to,
            from_label=words.say("from"),
            to_label=words.say("bill_to"),
            page_label=words.say("page"),
        ),
        meta=_meta(view, words),
        bar=_bar(view, words),
        statement=[] if said.lines else [words.say("statement.nothing")],
        columns=[
            words.say(f"statement.{name}")
            for name in ("transaction", "charges", "credits", "balance")
        ],
        rows=[_opening(view, words), *(_row(line, words) for line in said.lines)],
        totals=_totals(view, words),
        aging=_aging(view, words),
    )


def _meta(view: StatementView, words: Words) -> list[Pair]:
    pairs = [
        (words.say("statement.period"), _period(view)),
        (words.say("statement.opening"), words.money(view.statement.opening)),
        (words.say("statement.closing"), words.money(view.statement.closing)),
        (words.say("statement.customer"), view.customer_number),
    ]
    return [(label, value) for label, value in pairs if value]


def _period(view: StatementView) -> str:
    """`1–31 October 2026`, both days inside."""
    end_on = view.statement.to_on + timedelta(days=1)
    return format_period(Period(view.statement.from_on, end_on), view.locale)


def _bar(view: StatementView, words: Words) -> Bar:
    closing = view.statement.closing
    note = words.say("statement.note", to_on=words.long_date(view.statement.to_on))
    aging = view.statement.aging
    overdue = aging.total + aging.credit - aging.not_due > 0 and closing > 0
    label = "statement.in_favour" if closing < 0 else "bar.open"
    return Bar(
        label=words.say(label),
        amount=words.money(abs(closing)),
        note=note,
        tone="overdue" if overdue else "plain" if closing > 0 else "paid",
        stamp=None if closing else Stamp(words.say("statement.settled"), "paid"),
    )


def _opening(view: StatementView, words: Words) -> Row:
    said = view.statement
    first = FirstCell(words.say("statement.opening"), [words.short_date(said.from_on)])
    return Row(first, ["", "", words.money(said.opening)])


def _row(line: StatementLine, words: Words) -> Row:
    kind = words.say(f"statement.kind.{line.kind.value}")
    notes = [words.short_date(line.on)]
    if line.due_on is not None:
        notes.append(words.say("statement.due", due_on=words.short_date(line.due_on)))
    return Row(
        FirstCell(f"{kind} {line.reference}".strip(), [" · ".join(notes)]),
        [
            words.money(line.charge) if line.charge else "",
            words.less(line.credit) if line.credit else "",
            words.money(line.balance),
        ],
    )


def _totals(view: StatementView, words: Words) -> list[TotalRow]:
    said = view.statement
    charges = sum(line.charge for line in said.lines)
    credits_ = sum(line.credit for line in said.lines)
    return [
        TotalRow(words.say("statement.opening"), words.money(said.opening)),
        TotalRow(words.say("statement.charges"), words.money(charges)),
        TotalRow(words.say("statement.credits"), words.less(credits_)),
        TotalRow(words.say("statement.closing"), words.money(said.closing), "final"),
    ]


def _aging(view: StatementView, words: Words) -> list[Pair]:
    amounts: dict[str, int] = asdict(view.statement.aging)
    unused = amounts.pop("credit")
    pairs = [
        (words.say(f"statement.aging.{name}"), words.money(amount))
        for name, amount in amounts.items()
    ]
    if unused:
        pairs.append((words.say("statement.aging.credit"), words.less(unused)))
    return pairs
