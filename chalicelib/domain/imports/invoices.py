"""Open invoices from a file: QuickBooks' invoices, Xero's sales invoices; several rows make one.

An invoice is taken whole or not at all: one bad line refuses it. Amounts are before tax.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chalicelib.domain import money
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports import values
from chalicelib.domain.imports.customers import Source, key_of
from chalicelib.domain.imports.sheet import Rejected, Sheet, SheetRow
from chalicelib.domain.imports.values import DateOrder
from chalicelib.domain.invoice import Line, totals_of

_NUMBER = ("invoiceno", "invoicenumber")
_CUSTOMER = ("customer", "contactname")
_EMAIL = ("emailaddress", "customeremail", "email")
_ISSUED = ("invoicedate",)
_DUE = ("duedate",)
_PRODUCT = ("itemproductservice", "inventoryitemcode")
_DESCRIPTION = ("itemdescription", "description")
_QUANTITY = ("itemquantity", "quantity")
_RATE = ("itemrate", "unitamount")
_AMOUNT = ("itemamount",)
_TAX_NAME = ("itemtaxcode", "taxtype")
_TAX_AMOUNT = ("itemtaxamount",)
_LONGEST_NUMBER = 40


@dataclass(frozen=True, slots=True)
class OpenInvoice:
    """One invoice as the file has it; `rows` are the file's, `number` is the other system's."""

    rows: tuple[int, ...]
    number: str
    customer: str
    email: str
    issued_on: date
    due_on: date
    lines: tuple[Line, ...]
    memo: str = ""
    po_number: str = ""

    @property
    def key(self) -> str:
        return key_of(self.number)


@dataclass(frozen=True, slots=True)
class OpenInvoices:
    source: Source
    invoices: tuple[OpenInvoice, ...]
    rejected: tuple[Rejected, ...]


def parse_invoices(sheet: Sheet, *, currency: str, order: DateOrder) -> OpenInvoices:
    """Raises InvalidInput when the header is none of the two."""
    source = _source(sheet)
    rejected = list(sheet.rejected)
    by_number: dict[str, list[SheetRow]] = {}
    for row in sheet.rows:
        number = row.first(_NUMBER)
        if number and len(number) <= _LONGEST_NUMBER:
            by_number.setdefault(key_of(number), []).append(row)
        else:
            words = "longer than 40 characters" if number else "missing"
            rejected.append(Rejected(row.number, f"The invoice number is {words}."))
    found = []
    for rows in by_number.values():
        one = _invoice(rows, currency, order)
        if isinstance(one, OpenInvoice):
            found.append(one)
        else:
            rejected.extend(one)
    rejected.sort(key=lambda one: one.row)
    return OpenInvoices(source, tuple(found), tuple(rejected))


def _source(sheet: Sheet) -> Source:
    columns = sheet.columns
    if {"invoiceno", "customer", "itemamount"} <= columns:
        return Source.QUICKBOOKS
    if {"contactname", "invoicenumber", "unitamount"} <= columns:
        if not columns & {"reference", "brandingtheme"} and "total" in columns:
            words = "This is Xero's file of bills; sales invoices have a Reference column."
            raise InvalidInput("bills_file", words)
        return Source.XERO
    words = "The header is neither QuickBooks' (*InvoiceNo, …) nor Xero's (*ContactName, …)."
    raise InvalidInput("header_unknown", words)


def _invoice(rows: list[SheetRow], currency: str, order: DateOrder) -> OpenInvoice | list[Rejected]:
    """The invoice of these rows, or what is wrong with each bad one."""
    number, head = rows[0].first(_NUMBER), rows[0]
    wrong: list[Rejected] = []
    lines: list[Line] = []
    for row in rows:
        try:
            _check_row(row, head, currency)
            lines.append(_line(row, currency))
        except InvalidInput as refused:
            wrong.append(Rejected(row.number, refused.detail, number))
    if wrong:
        return wrong
    try:
        return _headed(rows, tuple(lines), currency, order)
    except InvalidInput as refused:
        return [Rejected(head.number, refused.detail, number)]


def _headed(
    rows: list[SheetRow], lines: tuple[Line, ...], currency: str, order: DateOrder
) -> OpenInvoice:
    head, lines = rows[0], _taxed(rows, lines, currency)
    issued_on = values.day(_required(head, _ISSUED, "The invoice date"), order)
    due = head.first(_DUE)
    due_on = values.day(due, order) if due else _by_terms(head, issued_on)
    if due_on < issued_on:
        raise InvalidInput("due_before_issued", "It is due before it was issued.")
    if totals_of(lines).total <= 0:
        raise InvalidInput("nothing_owed", "Nothing is owed on it.")
    return OpenInvoice(
        rows=tuple(row.number for row in rows),
        number=head.first(_NUMBER),
        customer=values.name(head.first(_CUSTOMER), "The customer's name"),
        email=head.first(_EMAIL),
        issued_on=issued_on,
        due_on=due_on,
        lines=lines,
        memo=head.first(("memo",)),
        po_number=head.first(("reference",)),
    )


def _by_terms(head: SheetRow, issued_on: date) -> date:
    terms = _required(head, ("terms",), "The due date")
    return values.terms(terms).due_on(issued_on)


def _required(row: SheetRow, names: tuple[str, ...], what: str) -> str:
    cell = row.first(names)
    if not cell:
        raise InvalidInput("cell_missing", f"{what} is missing.")
    return cell


def _check_row(row: SheetRow, head: SheetRow, currency: str) -> None:
    """Later rows of an invoice repeat its customer and days, or leave them empty."""
    for names, what in ((_CUSTOMER, "customer"), (_ISSUED, "date"), (_DUE, "due date")):
        if row.first(names) not in {"", head.first(names)}:
            words = f"Its {what} is another than in row {head.number} of the same invoice."
            raise InvalidInput("invoice_contradicts", words)
    given = row.first(("currency",)).upper()
    if given not in {"", currency}:
        words = f"It is in {given}; this business bills in {currency}."
        raise InvalidInput("currency_other", words)
    status = row.first(("status",))
    if status and status.casefold() not in {"awaiting payment", "authorised", "open", "overdue"}:
        raise InvalidInput("not_open", f"Its status is {status}; only open invoices are imported.")
    if row.first(("invoiceamountpaid",)).strip("0.") or "credit" in row.first(("type",)).casefold():
        words = "Partly paid invoices and credit notes cannot be imported."
        raise InvalidInput("not_whole", words)


def _line(row: SheetRow, currency: str) -> Line:
    product, said = row.first(_PRODUCT), row.first(_DESCRIPTION)
    description = said or product
    if not description:
        raise InvalidInput("cell_missing", "The description is missing.")
    quantity = values.number(row.first(_QUANTITY) or "1", "Quantity")
    line = _priced(row, description, quantity, currency)
    if line.quantity <= 0 or line.unit_amount < 0:
        words = "Credits and negative amounts cannot be imported; enter them as a credit."
        raise InvalidInput("line_negative", words)
    discount = values.percent(row.first(("discount",)), "Discount")
    tax = row.first(_TAX_NAME)
    return replace(
        line,
        product=product,
        discount=money.percent_of(line.gross, discount),
        tax_percent=Decimal(0) if row.first(_TAX_AMOUNT) else values.tax_rate(tax),
    )


def _priced(row: SheetRow, description: str, quantity: Decimal, currency: str) -> Line:
    """A rate finer than the currency cannot be printed: the line then has its amount alone."""
    rate_text, amount_text = row.first(_RATE), row.first(_AMOUNT)
    amount = values.amount(amount_text, currency, "Amount") if amount_text else None
    if not rate_text:
        if amount is None:
            raise InvalidInput("cell_missing", "The amount is missing.")
        return Line(description, Decimal(1), amount)
    rate = values.number(rate_text, "Rate").scaleb(money.exponent(currency))
    product = money.round_half_up(quantity * rate)
    if amount is not None and product != amount:
        words = f"{quantity:f} × {rate_text} is not {amount_text}."
        raise InvalidInput("amount_contradicts", words)
    if rate == rate.to_integral_value():
        return Line(description, quantity, int(rate))
    return Line(f"{description} ({quantity:f} × {rate_text})", Decimal(1), product)


def _taxed(rows: list[SheetRow], lines: tuple[Line, ...], currency: str) -> tuple[Line, ...]:
    """Where tax is given as amounts: the rates that give them back, to the minor unit in all."""
    given = [row.first(_TAX_AMOUNT) for row in rows]
    if not any(given):
        return lines
    taxes = [values.amount(text or "0", currency, "Tax") for text in given]
    taxed = tuple(
        replace(line, tax_percent=_rate_of(row.first(_TAX_NAME), line, tax))
        for row, line, tax in zip(rows, lines, taxes, strict=True)
    )
    if totals_of(taxed).tax != sum(taxes):
        words = "The tax amounts do not come from one rate on each line's amount."
        raise InvalidInput("tax_contradicts", words)
    return taxed


def _rate_of(tax_name: str, line: Line, tax: int) -> Decimal:
    """The tax's own rate if its name states one, else the roundest one that gives this amount."""
    if "%" in tax_name:
        return values.tax_rate(tax_name)
    if not 0 <= tax <= line.amount or not line.amount:
        raise InvalidInput("tax_contradicts", "The tax is negative or more than the line's amount.")
    exact = Decimal(tax) * 100 / line.amount
    for digits in range(4):
        rate = round(exact, digits)
        if money.percent_of(line.amount, rate) == tax:
            return rate
    return round(exact, 4)
