"""An evidence packet as a page: who, what, how much, then one table after the other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chalicelib.adapters.documents import look
from chalicelib.adapters.documents.coverage import paragraphs
from chalicelib.adapters.documents.page import Bar, FirstCell, Footer, Mark, Pair, Party, Row
from chalicelib.branding import text_on
from chalicelib.formatting import format_money

if TYPE_CHECKING:
    from chalicelib.evidence import EvidenceView, SectionView

LOCALE = "en-US"  # a bank reads it, not the customer


@dataclass(frozen=True, slots=True)
class Section:
    title: str
    intro: str
    columns: list[str]
    rows: list[Row]


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidencePage:
    """The finished page; its parts are named as those of `page.Page`."""

    lang: str
    paper: str
    accent: str
    action: str
    on_action: str
    title: str
    doc_title: str
    author: str
    mark: Mark
    issuer: Party
    from_label: str
    to: Party
    to_label: str
    meta: list[Pair]
    bar: Bar
    statement: list[str]
    sections: list[Section]
    footer: Footer


def evidence_page(view: EvidenceView) -> EvidencePage:
    title = "Dispute evidence"
    return EvidencePage(
        lang="en",
        paper=view.page_size.value,
        accent=look.accent(view.brand),
        action=look.action(view.brand),
        on_action=text_on(look.action(view.brand)),
        title=title,
        doc_title=f"{title} {view.number} · {view.issuer.name}",
        author=view.issuer.name,
        mark=look.mark(view.issuer.name, view.brand, LOCALE),
        issuer=look.issuer(view.issuer),
        from_label="Merchant",
        to=look.customer(view.payer, LOCALE),
        to_label="Customer",
        meta=list(view.facts),
        bar=Bar(
            label="Disputed amount",
            amount=format_money(view.amount, view.currency, LOCALE),
            note=f"Claimed reason: {view.reason}",
        ),
        statement=paragraphs(view.statement),
        sections=[_section(one) for one in view.sections],
        footer=Footer(look.footer_text(view.issuer), view.number, "Page"),
    )


def _section(view: SectionView) -> Section:
    rows = [Row(FirstCell(row[0]), list(row[1:])) for row in view.rows]
    return Section(view.title, view.intro, list(view.columns), rows)
