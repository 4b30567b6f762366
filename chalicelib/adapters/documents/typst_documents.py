"""Draws invoices and receipts with Typst: fonts and template are read once per container.

A document that cannot be drawn is a bill that is not sent, so a failed compile is tried again
without the business's own logo, and then without the archive standards.
"""

from __future__ import annotations

import logging
from functools import cached_property
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.documents.evidence_page import evidence_page
from chalicelib.adapters.documents.invoice_page import invoice_page, is_payable
from chalicelib.adapters.documents.page import Sheet, as_json
from chalicelib.adapters.documents.receipt_page import receipt_page
from chalicelib.adapters.documents.statement_page import statement_page
from chalicelib.domain.errors import InvalidInput

if TYPE_CHECKING:
    from datetime import datetime

    from chalicelib.documents import InvoiceView, ReceiptView, StatementView
    from chalicelib.evidence import EvidenceView

_HERE = Path(__file__).parent
_STANDARDS = ["a-3a", "ua-1"]
_INK = "#16212b"
_URL_LONGEST = 1_000  # a longer one makes a QR code too fine to print
_log = logging.getLogger(__name__)


class TypstDocuments:
    """The Documents port. Importing Typst costs 30 ms and its fonts 40 more, at the first call."""

    def invoice(self, view: InvoiceView) -> bytes:
        pay_url = checked_url(view.pay_url) if is_payable(view) else None
        return self._draw(invoice_page(view), view.rendered_at, pay_url, view.brand.logo_svg)

    def receipt(self, view: ReceiptView) -> bytes:
        checked_url(view.portal_url)
        return self._draw(receipt_page(view), view.rendered_at, None, view.brand.logo_svg)

    def statement(self, view: StatementView) -> bytes:
        return self._draw(statement_page(view), view.rendered_at, None, view.brand.logo_svg)

    def evidence(self, view: EvidenceView) -> bytes:
        page = evidence_page(view)
        return self._draw(page, view.rendered_at, None, view.brand.logo_svg, "evidence.typ")

    @cached_property
    def _compiler(self) -> Any:
        import typst

        fonts = typst.Fonts(
            include_system_fonts=False,
            include_embedded_fonts=False,
            font_paths=[str(_HERE / "fonts")],
        )
        templates = _HERE / "templates"
        return typst.Compiler(str(templates / "main.typ"), root=str(templates), font_paths=fonts)

    def _draw(
        self,
        page: Sheet,
        rendered_at: datetime,
        pay_url: str | None,
        logo_svg: str | None,
        template: str = "main.typ",
    ) -> bytes:
        inputs = {"data": as_json(page), "qr": qr_svg(pay_url) if pay_url else ""}
        tries = [({**inputs, "logo": logo_svg}, _STANDARDS)] if logo_svg else []
        tries += [(inputs, _STANDARDS), (inputs, [])]
        for sys_inputs, standards in tries[:-1]:
            try:
                return self._compile(sys_inputs, standards, rendered_at, template)
            except RuntimeError:  # typst.TypstError is one; its words may quote a customer's name
                number = page.footer.number
                _log.warning("document %s not drawn, standards %s", number, standards)
        return self._compile(*tries[-1], rendered_at, template)

    def _compile(
        self, sys_inputs: dict[str, str], standards: list[str], rendered_at: datetime, template: str
    ) -> bytes:
        pdf: bytes = self._compiler.compile(
            input=str(_HERE / "templates" / template),
            format="pdf",
            sys_inputs=sys_inputs,
            pdf_standards=standards,
            timestamp=int(rendered_at.timestamp()),
        )
        return pdf


def checked_url(url: str | None) -> str | None:
    """The address as it is; raises InvalidInput for one that a document may not link to."""
    if url is None:
        return None
    if not url.startswith(("https://", "http://")) or len(url) > _URL_LONGEST:
        raise InvalidInput(
            "link_invalid", "A document links to web addresses of at most 1,000 characters."
        )
    return url


def qr_svg(url: str) -> str:
    """The address as a QR code in SVG, so that it stays sharp at any size."""
    import segno

    drawn = BytesIO()
    segno.make(url, micro=False, error="m").save(
        drawn, kind="svg", border=0, dark=_INK, xmldecl=False, nl=False
    )
    return drawn.getvalue().decode()
