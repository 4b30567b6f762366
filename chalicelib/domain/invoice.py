"""An invoice: lines, taxes and totals, its balance, its payments, and the statuses it may have.

`amount_remaining` decides what is owed; partly paid is a fact of the balance, not a status. Amounts
are minor units of `currency`. The head is always the fold of its facts (`invoice_fold.py`).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from chalicelib.domain import money
from chalicelib.domain.credit_note import CreditNote
from chalicelib.domain.dates import Period
from chalicelib.domain.demand import Demand
from chalicelib.domain.dispute import DisputeMark, DisputeState, in_words
from chalicelib.domain.errors import IllegalTransition, InvalidInput
from chalicelib.domain.external_payment import ExternalPayment
from chalicelib.domain.fraud_warning import FraudMark
from chalicelib.domain.parties import Address, Terms
from chalicelib.domain.payment import Allocation, Attempt, AttemptResult, Payment, Trigger
from chalicelib.domain.policy import DunningPolicy
from chalicelib.domain.promise import Promise
from chalicelib.domain.refund import Refund


class Purpose(StrEnum):
    """What a demand for money is for.

    An invoice is a debt of its own. The other two ask for money towards invoices that stand
    already: they have no number and post no revenue, and what they bring is customer credit that is
    applied at once to their `allocations`.
    """

    INVOICE = "invoice"
    ON_ACCOUNT = "on_account"  # one payment for a customer: towards several invoices, or none yet
    INSTALMENT = "instalment"  # one part of a payment plan


class InvoiceStatus(StrEnum):
    DRAFT = "draft"
    PENDING = "pending"
    PROCESSING = "processing"  # money is on its way: bank debit, 3-D Secure
    PAID = "paid"
    OVERDUE = "overdue"
    CANCELLED = "cancelled"
    UNCOLLECTIBLE = "uncollectible"


_S = InvoiceStatus
TRANSITIONS: dict[InvoiceStatus, frozenset[InvoiceStatus]] = {
    _S.DRAFT: frozenset({_S.PENDING, _S.CANCELLED}),
    _S.PENDING: frozenset({_S.PROCESSING, _S.PAID, _S.OVERDUE, _S.CANCELLED, _S.UNCOLLECTIBLE}),
    _S.PROCESSING: frozenset({_S.PENDING, _S.PAID, _S.OVERDUE}),
    _S.OVERDUE: frozenset({_S.PROCESSING, _S.PAID, _S.CANCELLED, _S.UNCOLLECTIBLE, _S.PENDING}),
    _S.PAID: frozenset({_S.PENDING, _S.OVERDUE}),  # only by a reversal: a lost dispute, a bounce
    _S.UNCOLLECTIBLE: frozenset({_S.PAID}),  # recovered after all
    _S.CANCELLED: frozenset(),
}
OPEN = frozenset({_S.PENDING, _S.PROCESSING, _S.OVERDUE})


@dataclass(frozen=True, slots=True)
class Line:
    """`unit_amount` and `discount` are minor units; `discount` is off the line, before tax."""

    description: str
    quantity: Decimal
    unit_amount: int
    discount: int = 0
    tax_percent: Decimal = Decimal(0)
    product: str = ""
    variant: str = ""
    period: Period | None = None
    subscription_id: str | None = None
    customer_name: str = ""  # on a consolidated invoice: whose line it is

    @property
    def gross(self) -> int:
        return money.round_half_up(self.quantity * self.unit_amount)

    @property
    def amount(self) -> int:
        """After discount, before tax."""
        return self.gross - self.discount


@dataclass(frozen=True, slots=True)
class TaxTotal:
    """One rate's base and tax."""

    percent: Decimal
    base: int
    tax: int


@dataclass(frozen=True, slots=True)
class Totals:
    """`subtotal` is after discounts and before tax, so the line amounts add up to it."""

    subtotal: int
    discount: int
    taxes: tuple[TaxTotal, ...]
    total: int

    @property
    def tax(self) -> int:
        return sum(rate.tax for rate in self.taxes)


def totals_of(lines: tuple[Line, ...]) -> Totals:
    """Tax is rounded once per rate over its whole base (EN 16931, BR-CO-17).

    Raises InvalidInput for no lines, a negative quantity, a discount above its line, or a tax that
    is no per cent.
    """
    if not lines:
        raise InvalidInput("invoice_without_lines", "An invoice needs at least one line.")
    for line in lines:
        if line.quantity <= 0 or line.unit_amount < 0 or not 0 <= line.discount <= line.gross:
            raise InvalidInput(
                "line_invalid",
                f"Line {line.description!r}: the quantity must be positive, the price not "
                "negative, and the discount not above the line.",
            )
        if not 0 <= line.tax_percent <= 100:
            raise InvalidInput(
                "line_invalid", f"Line {line.description!r}: tax is between 0 and 100 per cent."
            )
    rates = sorted({line.tax_percent for line in lines}, reverse=True)
    taxes = tuple(_tax_total(rate, lines) for rate in rates)
    subtotal = sum(line.amount for line in lines)
    return Totals(
        subtotal=subtotal,
        discount=sum(line.discount for line in lines),
        taxes=taxes,
        total=subtotal + sum(rate.tax for rate in taxes),
    )


def _tax_total(percent: Decimal, lines: tuple[Line, ...]) -> TaxTotal:
    base = sum(line.amount for line in lines if line.tax_percent == percent)
    return TaxTotal(percent=percent, base=base, tax=money.percent_of(base, percent))


@dataclass(frozen=True, slots=True)
class BillTo:
    """The customer as printed: frozen when the invoice is made."""

    name: str
    email: str
    address: Address = Address()
    tax_id: str = ""
    phone: str = ""
    locale: str = ""


class NextActionKind(StrEnum):
    """What happens next to an open invoice, and by whom."""

    CHARGE = "charge"  # the first charge
    RETRY = "retry"  # the next dunning slot
    CHECK = "check"  # a try is in flight or unknown: ask Stripe what became of it
    MARK_OVERDUE = "mark_overdue"
    STOP_SERVICE = "stop_service"  # the grace after overdue ends: pause or cancel
    REMIND = "remind"
    CUSTOMER = "customer"  # the payer has to act; at `at`, if given, the calendar goes on
    APPLY = "apply"  # money of a demand has come: it is to become credit and pay invoices
    CLOSE = "close"  # a payment on account has ended without money
    COVERED = "covered"  # a payment on account or a payment plan collects it
    STAFF = "staff"  # nothing is planned; a person here has to act


@dataclass(frozen=True, slots=True)
class NextAction:
    """`at` is None when nobody but a person can go on. `reason` is for staff, in words."""

    kind: NextActionKind
    at: datetime | None
    reason: str


class HoldKind(StrEnum):
    """Why no automatic step may happen."""

    DISPUTE = "dispute"
    DISPUTE_LOST = "dispute_lost"  # only staff may charge it, by hand
    FRAUD_WARNING = "fraud_warning"  # by a payer or staff who mean it, and with another card
    PROMISE = "promise"
    STAFF = "staff"
    UNRESOLVED = "unresolved"  # no answer from Stripe after every check: a person looks


@dataclass(frozen=True, slots=True)
class Hold:
    kind: HoldKind
    reason: str
    until: datetime | None = None


@dataclass(frozen=True, slots=True)
class Cover:
    """Who collects this invoice instead: the id of a payment on account or a payment plan."""

    id: str
    reason: str  # for staff, in words


@dataclass(frozen=True, slots=True)
class Dunning:
    """A running sequence: the policy it began with, its first failure, the slots it has used."""

    policy: DunningPolicy
    first_failed_at: datetime
    slots_done: int = 0


@dataclass(frozen=True, slots=True)
class ChargeRequest:
    """Somebody wants a charge now: staff, the payer, or a new card. It uses up no slot."""

    id: str
    trigger: Trigger
    requested_at: datetime
    method_id: str | None = None
    return_url: str | None = None  # given: the payer is present and may be sent to 3-D Secure
    amount: int | None = None  # a part of the balance; None: all of it


@dataclass(frozen=True, slots=True)
class Invoice:
    id: str
    business_id: str
    customer_id: str
    currency: str
    lines: tuple[Line, ...]
    totals: Totals
    bill_to: BillTo
    terms: Terms
    created_at: datetime
    purpose: Purpose = Purpose.INVOICE
    allocations: tuple[Allocation, ...] = ()  # what a demand that is no invoice pays, as planned
    demand: Demand | None = None  # what only a demand that is no invoice knows
    auto_charge: bool | None = None  # None: as the customer's switch
    status: InvoiceStatus = InvoiceStatus.DRAFT
    number: str | None = None
    subscription_id: str | None = None
    group_id: str | None = None  # a consolidated invoice: its lines say whose they are
    period: Period | None = None
    memo: str = ""
    po_number: str = ""
    external_ref: str = ""
    issued_on: date | None = None
    due_on: date | None = None
    finalized_at: datetime | None = None
    charge_at: datetime | None = None
    amount_paid: int = 0
    amount_credited: int = 0
    amount_written_off: int = 0
    amount_overpaid: int = 0
    amount_recovered: int = 0  # of what was written off; it counts as paid
    payments: tuple[Payment, ...] = ()
    external_payments: tuple[ExternalPayment, ...] = ()
    refunds: tuple[Refund, ...] = ()
    credit_notes: tuple[CreditNote, ...] = ()
    replaces: str | None = None  # the invoice that this one corrects
    replaced_by: str | None = None
    earlier_attempts: tuple[Attempt, ...] = ()  # of the invoice it replaces: the debt is the same
    dunning: Dunning | None = None
    charge_request: ChargeRequest | None = None
    promises: tuple[Promise, ...] = ()
    snoozed_until: date | None = None  # off the call list up to that day
    hold: Hold | None = None  # placed by somebody; what disputes forbid is in `holding`
    disputes: tuple[DisputeMark, ...] = ()
    fraud_warnings: tuple[FraudMark, ...] = ()
    covered_by: Cover | None = None
    overdue_at: datetime | None = None
    stops_at: datetime | None = None  # overdue, and its subscription still has days of grace
    paid_at: datetime | None = None
    closed_at: datetime | None = None
    reminded_at: datetime | None = None
    next_action: NextAction | None = None
    version: int = 0
    chain: str = ""

    @property
    def amount_due(self) -> int:
        """What the customer has to pay in all, after credits and write-offs."""
        return self.totals.total - self.amount_credited - self.amount_written_off

    @property
    def amount_remaining(self) -> int:
        return self.amount_due - self.amount_paid

    @property
    def amount_to_charge(self) -> int:
        """The next payment's: the part that was asked for, else the whole balance."""
        part = self.charge_request.amount if self.charge_request else None
        return self.amount_remaining if part is None else min(part, self.amount_remaining)

    @property
    def shown_number(self) -> str:
        """What people call it: a demand that is no invoice has no number of the sequence."""
        return self.number or self.external_ref or self.memo

    @property
    def amount_recoverable(self) -> int:
        """What was given up and may still come in."""
        return self.amount_written_off if self.status is InvoiceStatus.UNCOLLECTIBLE else 0

    @property
    def amount_payable(self) -> int:
        """How much money the invoice can take before it is too much."""
        return max(self.amount_remaining, 0) + self.amount_recoverable

    @property
    def is_being_paid(self) -> bool:
        return self.charge_request is not None or self.live_attempt is not None

    @property
    def is_withdrawn(self) -> bool:
        """Cancelled, or corrected by another: whatever happens to its money, it owes nothing."""
        return self.status is InvoiceStatus.CANCELLED or self.replaced_by is not None

    @property
    def subscription_ids(self) -> tuple[str, ...]:
        """Whose periods it bills: those of several members on a group's invoice."""
        named = (self.subscription_id, *(line.subscription_id for line in self.lines))
        return tuple(dict.fromkeys(one for one in named if one))

    @property
    def is_open(self) -> bool:
        return self.status in OPEN

    @property
    def holding(self) -> Hold | None:
        """Why no automatic step may happen: a dispute, a hold, or a bank's warning of fraud."""
        open_ones = [one for one in self.disputes if one.state is DisputeState.OPEN]
        if open_ones:
            words = f"The payer disputes a payment: {in_words(open_ones[0].reason)}."
            return Hold(HoldKind.DISPUTE, words)
        if self.hold is not None:
            return self.hold
        if any(one.state is DisputeState.LOST for one in self.disputes):
            return Hold(HoldKind.DISPUTE_LOST, "A dispute was lost; only staff may charge it.")
        if any(not one.released for one in self.fraud_warnings):
            return Hold(HoldKind.FRAUD_WARNING, "A card's bank warns of fraud: staff decide.")
        return None

    def dispute(self, dispute_id: str) -> DisputeMark | None:
        return next((one for one in self.disputes if one.id == dispute_id), None)

    @property
    def open_payment(self) -> Payment | None:
        """The one payment that Stripe may still take money for."""
        return next((payment for payment in self.payments if payment.is_open), None)

    def payment(self, payment_id: str) -> Payment | None:
        return next((payment for payment in self.payments if payment.id == payment_id), None)

    def external_payment(self, payment_id: str) -> ExternalPayment | None:
        return next((one for one in self.external_payments if one.id == payment_id), None)

    def refund(self, refund_id: str) -> Refund | None:
        return next((one for one in self.refunds if one.id == refund_id), None)

    @property
    def live_attempt(self) -> Attempt | None:
        """The try whose outcome is not final. At most one exists."""
        payment = self.open_payment
        last = payment.last_attempt if payment else None
        return last if last and last.is_live else None

    @property
    def attempts(self) -> tuple[Attempt, ...]:
        """Every try of every payment, in order, and before them those of what it replaces."""
        own = (attempt for payment in self.payments for attempt in payment.attempts)
        return (*self.earlier_attempts, *own)

    def last_failure(self, method_id: str | None = None) -> Attempt | None:
        """The newest failed try, of one method if given."""
        failed = [
            attempt
            for attempt in self.attempts
            if attempt.result is AttemptResult.FAILED
            and (method_id is None or attempt.method_id == method_id)
        ]
        return failed[-1] if failed else None

    def open_status(self) -> InvoiceStatus:
        """What an unpaid invoice goes back to when nothing is on its way."""
        return InvoiceStatus.OVERDUE if self.overdue_at else InvoiceStatus.PENDING


def check_transition(before: InvoiceStatus, after: InvoiceStatus) -> None:
    """Raises IllegalTransition for an edge the graph does not have; staying is always legal."""
    if after is not before and after not in TRANSITIONS[before]:
        raise IllegalTransition("The invoice", before.value, after.value)
