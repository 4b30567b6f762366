"""The letterhead: how business and customer appear at the head and foot of every document."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypedDict

from chalicelib.adapters.documents.page import Footer, Mark, Party
from chalicelib.branding import initials, readable, text_on
from chalicelib.catalogue import text
from chalicelib.documents import BrandView
from chalicelib.formatting import language

if TYPE_CHECKING:
    from chalicelib.documents import PageSize, PartyView


class Issued(Protocol):
    """What the view of any document says of its issuer."""

    @property
    def issuer(self) -> PartyView: ...

    @property
    def brand(self) -> BrandView: ...

    @property
    def page_size(self) -> PageSize: ...


class Letterhead(TypedDict):
    """The fields of a `page.Sheet` that follow from the letterhead alone."""

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
    footer: Footer


def letterhead(
    view: Issued,
    locale: str,
    *,
    title: str,
    number: str,
    to: PartyView,
    from_label: str,
    to_label: str,
    page_label: str,
) -> Letterhead:
    """`number` is what the document is filed under: it stands in the file's title and the foot."""
    return Letterhead(
        lang=language(locale),
        paper=view.page_size.value,
        accent=accent(view.brand),
        action=action(view.brand),
        on_action=text_on(action(view.brand)),
        title=title,
        doc_title=f"{title} {number} · {view.issuer.name}",
        author=view.issuer.name,
        mark=mark(view.issuer.name, view.brand, locale),
        issuer=issuer(view.issuer),
        from_label=from_label,
        to=customer(to, locale),
        to_label=to_label,
        footer=Footer(footer_text(view.issuer), number, page_label),
    )


def accent(brand: BrandView) -> str:
    return readable(brand.accent, BrandView().accent)


def action(brand: BrandView) -> str:
    return readable(brand.action, BrandView().action)


def mark(name: str, brand: BrandView, locale: str) -> Mark:
    return Mark(
        initials=initials(name),
        on_accent=text_on(accent(brand)),
        logo=brand.logo_svg is not None,
        alt=text(locale, "document.logo_alt", name=name),
    )


def issuer(party: PartyView) -> Party:
    lines = [*party.address_lines, party.tax_id, party.email, party.phone]
    return Party(name=party.name, lines=[line for line in lines if line])


def customer(party: PartyView, locale: str) -> Party:
    attention = (
        text(locale, "document.attention", name=party.attention) if party.attention else None
    )
    lines = [attention, *party.address_lines, party.tax_id, party.email]
    return Party(name=party.name, lines=[line for line in lines if line])


def footer_text(party: PartyView) -> str:
    """Who issued it, as company law wants it on every page."""
    return " · ".join(part for part in (party.name, party.registration, party.tax_id) if part)
