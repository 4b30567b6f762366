"""An evidence packet: one page answers a clerk's questions, then the exhibits, a table each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.adapters.documents import look
from chalicelib.adapters.documents.coverage import paragraphs
from chalicelib.adapters.documents.page import Bar, FirstCell, Row, Sheet
from chalicelib.formatting import format_money

if TYPE_CHECKING:
    from chalicelib.evidence import EvidenceView, PointView, SectionView

LOCALE = "en-US"  # a bank reads it, not the customer


@dataclass(frozen=True, slots=True)
class Point:
    question: str
    answers: list[str]
    exhibits: list[str]


@dataclass(frozen=True, slots=True)
class Section:
    exhibit: str
    title: str
    intro: str
    columns: list[str]
    rows: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePage(Sheet):
    summary: list[Point]
    statement: list[str]
    statement_label: str
    sections: list[Section]


def evidence_page(view: EvidenceView) -> EvidencePage:
    return EvidencePage(
        **look.letterhead(
            view,
            LOCALE,
            title="Dispute evidence",
            number=view.number,
            to=view.payer,
            from_label="Merchant",
            to_label="Customer",
            page_label="Page",
        ),
        meta=list(view.facts),
        bar=Bar(
            label="Disputed amount",
            amount=format_money(view.amount, view.currency, LOCALE),
            note=f"Claimed reason: {view.reason}",
        ),
        summary=[_point(one) for one in view.summary],
        statement=paragraphs(view.statement),
        statement_label="The merchant's own words",
        sections=[_section(one) for one in view.sections],
    )


def _point(view: PointView) -> Point:
    return Point(view.question, list(view.answers), [f"Exhibit {one}" for one in view.exhibits])


def _section(view: SectionView) -> Section:
    exhibit = f"Exhibit {view.exhibit}" if view.exhibit else ""
    rows = [Row(FirstCell(row[0]), list(row[1:])) for row in view.rows]
    return Section(exhibit, view.title, view.intro, list(view.columns), rows)
