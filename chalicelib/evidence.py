"""What an evidence packet says: the input of whatever draws it.

It goes to a bank, so it is in plain English whatever language the customer reads, and its times are
UTC. Sections are tables of finished words; what is not known is left out, never made up.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib.documents import BrandView, PageSize, PartyView

if TYPE_CHECKING:
    from datetime import datetime


@dataclass(frozen=True, slots=True)
class SectionView:
    """One heading with a sentence and a table. A table's last column is set in figures."""

    title: str
    intro: str
    columns: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    exhibit: str = ""  # its letter


@dataclass(frozen=True, slots=True)
class PointView:
    """One question of whoever decides, our answer in sentences, and which exhibits prove it."""

    question: str
    answers: tuple[str, ...]
    exhibits: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class EvidenceView:
    """`number` is Stripe's id of the dispute; `statement` is what the business's people say."""

    number: str
    issuer: PartyView
    payer: PartyView
    amount: int
    currency: str
    reason: str
    rendered_at: datetime  # the same view with the same instant is the same file, byte for byte
    facts: tuple[tuple[str, str], ...]
    statement: str
    sections: tuple[SectionView, ...]
    summary: tuple[PointView, ...] = ()
    brand: BrandView = field(default_factory=BrandView)
    page_size: PageSize = PageSize.A4
