"""A whole file read: whose it is, how it is written, and its items in the order of its rows."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from chalicelib.domain.business import Business
from chalicelib.domain.imports.columns import (
    DAYS,
    NUMBERS,
    ImportKind,
    Source,
    cells_of,
    normal_columns,
    source_of,
)
from chalicelib.domain.imports.customers import CustomerRow, parse_customers
from chalicelib.domain.imports.formats import Formats, formats_of
from chalicelib.domain.imports.invoices import OpenInvoice, parse_invoices
from chalicelib.domain.imports.sheet import Rejected, Sheet, read_sheet
from chalicelib.domain.imports.subscriptions import SubscriptionRow, parse_subscriptions
from chalicelib.domain.imports.values import DateOrder, DecimalMark

Item = Rejected | CustomerRow | OpenInvoice | SubscriptionRow
_WESTERN = (
    "The file is not UTF-8; it was read as Windows-1252. Look at names with accents, and save it "
    "as “CSV UTF-8” if they are wrong."
)


@dataclass(frozen=True, slots=True)
class Way:
    """How a file is to be read; what is not said is found out."""

    source: Source | None = None
    order: DateOrder | None = None
    mark: DecimalMark | None = None
    columns: Mapping[str, str] | None = None  # header to field, by hand


@dataclass(frozen=True, slots=True)
class ReadFile:
    """`items` hold the rows that cannot be used too, each where it stands."""

    sheet: Sheet
    source: Source
    formats: Formats
    items: tuple[Item, ...]

    @property
    def notes(self) -> tuple[str, ...]:
        western = (_WESTERN,) if self.sheet.encoding == "windows-1252" else ()
        return (*western, *self.formats.notes)


def usual_order(business: Business) -> DateOrder:
    """What an account of the business's country is set to, unless its owner says otherwise."""
    return DateOrder.MONTH_FIRST if business.country == "US" else DateOrder.DAY_FIRST


def read_file(
    content: bytes, kind: ImportKind, business: Business, way: Way, *, today: date
) -> ReadFile:
    """Raises InvalidInput for a file that is refused as a whole."""
    by_hand = way.columns or {}
    sheet = read_sheet(content, normal_columns(by_hand, kind))
    wanted = Source.DUECOURSE if by_hand else way.source
    source = wanted if by_hand and wanted else source_of(sheet, kind, wanted)
    formats = formats_of(
        cells_of(sheet, kind, DAYS),
        cells_of(sheet, kind, NUMBERS),
        usual=usual_order(business),
        order=way.order,
        mark=way.mark,
    )
    items = _items(sheet, kind, source, formats, business, today)
    return ReadFile(sheet, source, formats, items)


def _items(
    sheet: Sheet,
    kind: ImportKind,
    source: Source,
    formats: Formats,
    business: Business,
    today: date,
) -> tuple[Item, ...]:
    good: tuple[CustomerRow | OpenInvoice | SubscriptionRow, ...]
    match kind:
        case ImportKind.CUSTOMERS:
            contacts = parse_customers(sheet, source)
            good, bad = contacts.customers, contacts.rejected
        case ImportKind.INVOICES:
            owed = parse_invoices(
                sheet,
                currency=business.currency,
                order=formats.order,
                mark=formats.mark,
                wanted=source,
            )
            good, bad = owed.invoices, owed.rejected
        case ImportKind.SUBSCRIPTIONS:
            billed = parse_subscriptions(
                sheet,
                business_id=business.id,
                currency=business.currency,
                order=formats.order,
                mark=formats.mark,
                today=today,
            )
            good, bad = billed.subscriptions, billed.rejected
    return tuple(sorted((*good, *bad), key=row_of))


def row_of(item: Item) -> int:
    """The first row of the file that the item comes from."""
    return item.rows[0] if isinstance(item, OpenInvoice) else item.row
