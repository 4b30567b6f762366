"""Open invoices from a file: QuickBooks', Xero's and FreshBooks' invoices, our own columns.

Several rows make one invoice, and it is taken whole or not at all: one bad line refuses it. Amounts
are before tax.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from chalicelib.domain import money
from chalicelib.domain.errors import InvalidInput
from chalicelib.domain.imports import values
from chalicelib.domain.imports.advice import advised
from chalicelib.domain.imports.columns import INVOICES as COLUMNS
from chalicelib.domain.imports.columns import ImportKind, Source, source_of
from chalicelib.domain.imports.customers import key_of
from chalicelib.domain.imports.sheet import Rejected, Sheet, SheetRow
from chalicelib.domain.imports.values import DateOrder, DecimalMark
from chalicelib.domain.invoice import Line, totals_of

_LONGEST_NUMBER = 40
_MOST_LINES = 100
_OPEN = {
    "", "awaiting payment", "authorised", "open", "overdue", "pending", "sent", "viewed",
    "outstanding", "unpaid",
}  # fmt: skip


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
    customer_ref: str = ""

    @property
    def key(self) -> str:
        return key_of(self.number)


@dataclass(frozen=True, slots=True)
class OpenInvoices:
    source: Source
    invoices: tuple[OpenInvoice, ...]
    rejected: tuple[Rejected, ...]


@dataclass(frozen=True, slots=True)
class _Written:
    """How the file writes its amounts and days."""

    currency: str
    order: DateOrder
    mark: DecimalMark

    def amount(self, text: str, what: str) -> int:
        return values.amount(text, self.currency, what, self.mark)

    def number(self, text: str, what: str) -> Decimal:
        return values.number(text, what, self.mark)

    def percent(self, text: str, what: str) -> Decimal:
        return values.percent(text, what, self.mark)


def parse_invoices(
    sheet: Sheet,
    *,
    currency: str,
    order: DateOrder,
    mark: DecimalMark = DecimalMark.POINT,
    wanted: Source | None = None,
) -> OpenInvoices:
    """Raises InvalidInput when the header is nobody's. `wanted`: whose it is, if that is known."""
    source = wanted or source_of(sheet, ImportKind.INVOICES)
    how = _Written(currency, order, mark)
    rejected = list(sheet.rejected)
    by_number: dict[str, list[SheetRow]] = {}
    for row in sheet.rows:
        number = row.first(COLUMNS["invoice_number"])
        if number and len(number) <= _LONGEST_NUMBER:
            by_number.setdefault(key_of(number), []).append(row)
        else:
            words = "longer than 40 characters. Shorten" if number else "missing. Fill"
            end = "it." if number else "it in."
            rejected.append(Rejected(row.number, f"The invoice number is {words} {end}"))
    found = []
    for rows in by_number.values():
        own, again = _once(rows)
        rejected.extend(again)
        one = _invoice(own, how) if own else []
        if isinstance(one, OpenInvoice):
            found.append(one)
        else:
            rejected.extend(one)
    rejected.sort(key=lambda one: one.row)
    return OpenInvoices(source, tuple(found), tuple(rejected))


def _once(rows: list[SheetRow]) -> tuple[list[SheetRow], list[Rejected]]:
    """The rows of an invoice, and those that only repeat it, where a file was put together twice.

    Rows that stand together are lines, equal or not. Of those further down, what is there in full
    again is left out; what is there again in part could be either, so nothing is taken.
    """
    number = rows[0].first(COLUMNS["invoice_number"])
    blocks: list[list[SheetRow]] = []
    for row in rows:
        if not blocks or row.number > blocks[-1][-1].number + 1:
            blocks.append([])
        blocks[-1].append(row)
    first = [row.cells for row in blocks[0]]
    if len(blocks) > 1 and all([row.cells for row in one] == first for one in blocks):
        words = f"The same invoice as in row {rows[0].number}. Take one of them out of the file."
        return blocks[0], [Rejected(row.number, words, number) for row in rows[len(first) :]]
    for block in blocks[1:]:
        for row in block:
            twin = next(one for one in rows if one.cells == row.cells)
            if twin.number < block[0].number:
                words = f"It repeats row {twin.number} of its invoice, but not the rest of it."
                what = "Take it out, or put all rows of the invoice together."
                return [], [Rejected(row.number, f"{words} {what}", number)]
    return rows, []


def _invoice(rows: list[SheetRow], how: _Written) -> OpenInvoice | list[Rejected]:
    """The invoice of these rows, or what is wrong with each bad one."""
    number, head = rows[0].first(COLUMNS["invoice_number"]), rows[0]
    if len(rows) > _MOST_LINES:
        words = f"The invoice has {len(rows):,} lines; one holds at most {_MOST_LINES}. Split it."
        return [Rejected(head.number, words, number)]
    wrong: list[Rejected] = []
    lines: list[Line] = []
    for row in rows:
        try:
            _check_row(row, head, how)
            lines.append(_line(row, how))
        except InvalidInput as refused:
            wrong.append(Rejected(row.number, advised(refused), number))
    if wrong:
        return wrong
    try:
        return _headed(rows, tuple(lines), how)
    except InvalidInput as refused:
        return [Rejected(head.number, advised(refused), number)]


def _headed(rows: list[SheetRow], lines: tuple[Line, ...], how: _Written) -> OpenInvoice:
    head = rows[0]
    _check_before_tax(head, rows, lines, how)
    lines = _taxed(rows, lines, how)
    _check_totals(rows, lines, how)
    issued_on = values.day(_required(head, "issued_on", "The invoice date"), how.order)
    due = head.first(COLUMNS["due_on"])
    due_on = values.day(due, how.order) if due else _by_terms(head, issued_on)
    if due_on < issued_on:
        raise InvalidInput("due_before_issued", "It is due before it was issued.")
    total = totals_of(lines).total
    if total <= 0:
        raise InvalidInput("nothing_owed", "Nothing is owed on it.")
    values.check_total(total)
    customer_ref = head.first(COLUMNS["customer_ref"])
    customer = head.first(COLUMNS["customer"])
    return OpenInvoice(
        rows=tuple(row.number for row in rows),
        number=head.first(COLUMNS["invoice_number"]),
        customer=customer if customer_ref else values.name(customer, "The customer's name"),
        email=head.first(COLUMNS["customer_email"]),
        issued_on=issued_on,
        due_on=due_on,
        lines=lines,
        memo=head.first(COLUMNS["memo"]),
        po_number=values.short(head.first(COLUMNS["po_number"]), "The reference"),
        customer_ref=customer_ref,
    )


def _by_terms(head: SheetRow, issued_on: date) -> date:
    terms = _required(head, "terms", "The due date")
    return values.terms(terms).due_on(issued_on)


def _required(row: SheetRow, field: str, what: str) -> str:
    cell = row.first(COLUMNS[field])
    if not cell:
        raise InvalidInput("cell_missing", f"{what} is missing.")
    return cell


def _check_row(row: SheetRow, head: SheetRow, how: _Written) -> None:
    """Later rows of an invoice repeat its customer and days, or leave them empty."""
    for field, what in (("customer", "customer"), ("issued_on", "date"), ("due_on", "due date")):
        if row.first(COLUMNS[field]) not in {"", head.first(COLUMNS[field])}:
            words = f"Its {what} is another than in row {head.number} of the same invoice."
            raise InvalidInput("invoice_contradicts", words)
    given = row.first(COLUMNS["currency"]).upper()
    if given not in {"", how.currency}:
        words = f"It is in {given}; this business bills in {how.currency}."
        raise InvalidInput("currency_other", words)
    status = row.first(COLUMNS["status"])
    if status.casefold() not in _OPEN or row.first(COLUMNS["paid_on"]):
        said = status or "paid"
        words = f"Its status is {said}; only open invoices are imported."
        raise InvalidInput("not_open", words)
    paid = row.first(COLUMNS["amount_paid"])
    if paid.strip("0.,") or "credit" in row.first(COLUMNS["type"]).casefold():
        words = "Partly paid invoices and credit notes cannot be imported."
        raise InvalidInput("not_whole", words)


def _line(row: SheetRow, how: _Written) -> Line:
    product = values.short(row.first(COLUMNS["product"]), "The product")
    said = row.first(COLUMNS["description"]) or product
    description = values.name(said, "The description")
    quantity = how.number(row.first(COLUMNS["quantity"]) or "1", "Quantity")
    line = _priced(row, description, quantity, how)
    if line.quantity <= 0 or line.unit_amount < 0:
        words = "Credits and negative amounts cannot be imported; enter them as a credit."
        raise InvalidInput("line_negative", words)
    return replace(line, product=product, tax_percent=_percent_of_tax(row, how))


def _percent_of_tax(row: SheetRow, how: _Written) -> Decimal:
    if row.first(COLUMNS["tax_amount"]):
        return Decimal(0)  # `_taxed` finds the rate
    if given := row.first(COLUMNS["tax_percent"]):
        return how.percent(given, "Tax")
    return values.tax_rate(row.first(COLUMNS["tax_name"]))


def _priced(row: SheetRow, description: str, quantity: Decimal, how: _Written) -> Line:
    """A rate finer than the currency cannot be printed: the line then has its amount alone.

    The amount may be given before its discount, or after it.
    """
    rate_text, amount_text = row.first(COLUMNS["unit_amount"]), row.first(COLUMNS["amount"])
    amount = how.amount(amount_text, "Amount") if amount_text else None
    discount = how.percent(row.first(COLUMNS["discount_percent"]), "Discount")
    if not rate_text:
        if amount is None:
            raise InvalidInput("cell_missing", "The amount is missing.")
        return _discounted(Line(description, Decimal(1), amount), discount)
    rate = how.number(rate_text, "Rate").scaleb(money.exponent(how.currency))
    product = money.round_half_up(quantity * rate)
    if amount is not None and amount not in {
        product, product - money.percent_of(product, discount),
    }:  # fmt: skip
        words = f"{quantity:f} × {rate_text} is not {amount_text}."
        raise InvalidInput("amount_contradicts", words)
    if rate == rate.to_integral_value():
        return _discounted(Line(description, quantity, int(rate)), discount)
    whole = Line(f"{description} ({quantity:f} × {rate_text})", Decimal(1), product)
    return _discounted(whole, discount)


def _discounted(line: Line, percent: Decimal) -> Line:
    return replace(line, discount=money.percent_of(line.gross, percent))


def _taxed(rows: list[SheetRow], lines: tuple[Line, ...], how: _Written) -> tuple[Line, ...]:
    """Where tax is given as amounts: the rates that give them back, to the minor unit in all."""
    if not any(row.first(COLUMNS["tax_amount"]) for row in rows):
        return lines
    taxes = [_tax_given(row, how) for row in rows]
    taxed = tuple(
        replace(line, tax_percent=_rate_of(row.first(COLUMNS["tax_name"]), line, tax))
        for row, line, tax in zip(rows, lines, taxes, strict=True)
    )
    if totals_of(taxed).tax != sum(taxes):
        words = "The tax amounts do not come from one rate on each line's amount."
        raise InvalidInput("tax_contradicts", words)
    return taxed


def _tax_given(row: SheetRow, how: _Written) -> int:
    """Two taxes on a line are one rate here: their sum."""
    both = (row.first(COLUMNS["tax_amount"]), row.first(COLUMNS["tax_2_amount"]))
    return sum(how.amount(text or "0", "Tax") for text in both)


def _rate_of(tax_name: str, line: Line, tax: int) -> Decimal:
    """The tax's own rate if its name states one, else the roundest one that gives this amount."""
    if "%" in tax_name:
        return values.tax_rate(tax_name)
    if not 0 <= tax <= line.amount or (tax and not line.amount):
        raise InvalidInput("tax_contradicts", "The tax is negative or more than the line's amount.")
    if not tax:
        return Decimal(0)
    exact = Decimal(tax) * 100 / line.amount
    for digits in range(4):
        rate = round(exact, digits)
        if money.percent_of(line.amount, rate) == tax:
            return rate
    return round(exact, 4)


def _check_before_tax(
    head: SheetRow, rows: list[SheetRow], lines: tuple[Line, ...], how: _Written
) -> None:
    """Xero's own files may have prices with their tax: then the lines are the whole total."""
    told = head.first(COLUMNS["invoice_total"])
    taxed = any(_tax_given(row, how) for row in rows)
    if told and taxed and how.amount(told, "Total") == sum(line.amount for line in lines):
        raise InvalidInput(
            "tax_included", "Its prices hold their tax; they are read as before tax."
        )


def _check_totals(rows: list[SheetRow], lines: tuple[Line, ...], how: _Written) -> None:
    """Where a file also gives each line's total, ours has to be the same."""
    given = [row.first(COLUMNS["line_total"]) for row in rows]
    whole = rows[0].first(COLUMNS["invoice_total"])
    if whole:
        given = [whole]
    if not all(given):
        return
    told, ours = sum(how.amount(text, "Line total") for text in given), totals_of(lines).total
    if told != ours:
        shown = [money.decimal_text(amount, how.currency) for amount in (told, ours)]
        words = f"Its totals add up to {shown[0]}, its lines to {shown[1]}."
        raise InvalidInput("total_contradicts", words)
