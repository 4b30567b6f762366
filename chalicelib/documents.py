"""What an invoice, a credit note and a receipt say: the input of whatever draws them.

Views carry facts, not words: minor units, dates and kinds, which the drawing adapter puts into the
reader's language. A view whose amounts do not add up cannot be made, so no such document is sent.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from decimal import Decimal
from enum import StrEnum
from typing import TYPE_CHECKING

from chalicelib.branding import ACCENT, ACTION
from chalicelib.domain.errors import DomainError

if TYPE_CHECKING:
    from datetime import date, datetime

    from chalicelib.domain.dates import Period
    from chalicelib.domain.statement import Statement


class AmountsDisagreeError(DomainError):
    """The parts of a document do not add up to the sums it would print."""

    def __init__(self, detail: str) -> None:
        super().__init__("amounts_disagree", detail)


class DocumentKind(StrEnum):
    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


class DocumentState(StrEnum):
    """What the balance bar says; a draft is also marked as one across the page."""

    DRAFT = "draft"
    OPEN = "open"
    PROCESSING = "processing"
    OVERDUE = "overdue"
    PAID = "paid"
    CANCELLED = "cancelled"


class PageSize(StrEnum):
    A4 = "a4"
    US_LETTER = "us-letter"


class MethodKind(StrEnum):
    """How money came, named as Stripe does where it has a name."""

    CARD = "card"
    US_BANK_ACCOUNT = "us_bank_account"
    SEPA_DEBIT = "sepa_debit"
    BANK_TRANSFER = "bank_transfer"
    WIRE = "wire"
    CHECK = "check"
    CASH = "cash"
    CUSTOMER_CREDIT = "customer_credit"
    OTHER = "other"


class SettlementKind(StrEnum):
    """What lowers a balance after the invoice was issued; a refund raises it again."""

    PAYMENT = "payment"
    CREDIT_NOTE = "credit_note"
    CUSTOMER_CREDIT = "customer_credit"
    WRITE_OFF = "write_off"
    REFUND = "refund"
    APPLIED = "applied"  # on a credit note: put against an invoice
    PAID_OUT = "paid_out"  # on a credit note: sent back to the payer


@dataclass(frozen=True, slots=True)
class MethodView:
    kind: MethodKind
    brand: str | None = None  # "Visa", as the payer knows it
    last4: str | None = None
    reference: str | None = None  # check number, bank reference


@dataclass(frozen=True, slots=True)
class BrandView:
    """How the business looks. Without a logo its initials make one."""

    accent: str = ACCENT
    action: str = ACTION
    logo_svg: str | None = None


@dataclass(frozen=True, slots=True)
class PartyView:
    name: str
    address_lines: tuple[str, ...] = ()
    attention: str | None = None
    tax_id: str | None = None  # with its label: "VAT IE 6388047V"
    registration: str | None = None  # "Company no. 512093"
    email: str | None = None
    phone: str | None = None


@dataclass(frozen=True, slots=True)
class BankView:
    """Where a transfer goes; what is None is not printed."""

    account_name: str | None = None
    bank_name: str | None = None
    iban: str | None = None
    bic: str | None = None
    account_number: str | None = None
    routing_number: str | None = None
    sort_code: str | None = None


@dataclass(frozen=True, slots=True)
class LineView:
    """`amount` is after the line's own discount; it holds tax only on a tax-inclusive invoice."""

    description: str
    amount: int
    quantity: Decimal = Decimal(1)
    unit_amount: Decimal | None = None  # minor units, may be finer than the currency
    variant: str | None = None
    customer_name: str | None = None  # whose line it is on a group's invoice
    period: Period | None = None
    discount_amount: int = 0
    discount_percent: Decimal | None = None
    tax_percent: Decimal | None = None


@dataclass(frozen=True, slots=True)
class DiscountView:
    """Taken off the subtotal, after all lines."""

    label: str
    amount: int


@dataclass(frozen=True, slots=True)
class TaxView:
    label: str  # "VAT", "Sales tax"
    percent: Decimal
    taxable_amount: int
    amount: int


@dataclass(frozen=True, slots=True)
class SettlementView:
    kind: SettlementKind
    amount: int  # always positive; the kind says which way it goes
    on: date
    reference: str | None = None
    method: MethodView | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class InvoiceView:
    """An invoice or, with the same shape and positive amounts, a credit note."""

    number: str
    issuer: PartyView
    bill_to: PartyView
    currency: str
    locale: str
    issued_on: date
    rendered_at: datetime  # the same view with the same instant is the same file, byte for byte
    lines: tuple[LineView, ...]
    subtotal: int
    total: int
    balance: int
    discounts: tuple[DiscountView, ...] = ()
    taxes: tuple[TaxView, ...] = ()
    tax_inclusive: bool = False
    settlements: tuple[SettlementView, ...] = ()
    kind: DocumentKind = DocumentKind.INVOICE
    state: DocumentState = DocumentState.OPEN
    due_on: date | None = None
    net_days: int | None = None  # the terms: Net 30
    purchase_order: str | None = None
    period: Period | None = None
    credited_invoice: str | None = None  # on a credit note: what it corrects
    paid_on: date | None = None
    paid_by: MethodView | None = None
    charge_on: date | None = None  # the day `paid_by` will be charged by itself
    pay_url: str | None = None
    bank: BankView | None = None
    notes: str = ""
    brand: BrandView = field(default_factory=BrandView)
    page_size: PageSize = PageSize.A4

    def __post_init__(self) -> None:
        self._agree("lines", "subtotal", sum(line.amount for line in self.lines), self.subtotal)
        discounts = sum(discount.amount for discount in self.discounts)
        taxes = 0 if self.tax_inclusive else sum(tax.amount for tax in self.taxes)
        self._agree("subtotal", "total", self.subtotal - discounts + taxes, self.total)
        settled = sum(
            -settlement.amount if settlement.kind is SettlementKind.REFUND else settlement.amount
            for settlement in self.settlements
        )
        self._agree("total and settlements", "balance", self.total - settled, self.balance)

    def _agree(self, parts: str, whole: str, parts_sum: int, printed: int) -> None:
        if parts_sum != printed:
            raise AmountsDisagreeError(
                f"{self.number}: {parts} make {parts_sum}, but {whole} says {printed}"
            )


@dataclass(frozen=True, slots=True)
class AllocationView:
    """What one payment did to one invoice."""

    invoice_number: str
    invoice_total: int
    amount: int
    balance: int
    issued_on: date | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReceiptView:
    """Money received: how much, when, how, for what, and what remains."""

    number: str
    issuer: PartyView
    received_from: PartyView
    currency: str
    locale: str
    rendered_at: datetime
    amount: int
    paid_on: date
    method: MethodView
    allocations: tuple[AllocationView, ...]
    transaction_id: str | None = None
    unapplied: int = 0  # kept as the customer's credit
    refunded: int = 0
    portal_url: str | None = None
    notes: str = ""
    brand: BrandView = field(default_factory=BrandView)
    page_size: PageSize = PageSize.A4

    def __post_init__(self) -> None:
        applied = sum(allocation.amount for allocation in self.allocations)
        if applied + self.unapplied != self.amount:
            raise AmountsDisagreeError(
                f"{self.number}: {applied} applied and {self.unapplied} kept, "
                f"but {self.amount} received"
            )

    @property
    def remaining_balance(self) -> int:
        """What is still open on the invoices this payment was for."""
        return sum(allocation.balance for allocation in self.allocations)


@dataclass(frozen=True, slots=True, kw_only=True)
class StatementView:
    """What a customer owed, what happened, what it owes now and for how long."""

    issuer: PartyView
    to: PartyView
    locale: str
    rendered_at: datetime
    statement: Statement
    customer_number: str | None = None  # the business's own
    brand: BrandView = field(default_factory=BrandView)
    page_size: PageSize = PageSize.A4

    def __post_init__(self) -> None:
        said = self.statement
        moved = sum(line.charge - line.credit for line in said.lines)
        if not said.opening + moved == said.closing == said.aging.total:
            raise AmountsDisagreeError(
                f"{self.number}: {said.opening} and {moved} are not {said.closing}, "
                f"or not its parts' {said.aging.total}"
            )

    @property
    def number(self) -> str:
        return f"{self.statement.from_on.isoformat()} – {self.statement.to_on.isoformat()}"
