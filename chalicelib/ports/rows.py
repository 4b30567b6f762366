"""What the table keeps beside heads and facts, and the references by which rows are found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dispute import Dispute
from chalicelib.domain.due import DueKind
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.fraud_warning import FraudWarning
from chalicelib.domain.group import Group
from chalicelib.domain.import_run import ImportRun
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.subscription import Subscription
from chalicelib.domain.team import Role, Team

Aggregate = (
    Business
    | Customer
    | Subscription
    | Invoice
    | Group
    | ImportRun
    | Team
    | Dispute
    | PaymentPlan
    | FraudWarning
)


@dataclass(frozen=True, slots=True)
class Change:
    """One step of one subject: the head after it and the fact that made it."""

    head: Aggregate
    fact: Fact


class Series(StrEnum):
    """What has numbers without gaps, each kind its own."""

    INVOICE = "invoice"
    CREDIT_NOTE = "credit_note"


@dataclass(frozen=True, slots=True)
class NumberRange:
    """Takes `count` numbers of a series from `first`; refused as StaleHead when it is taken."""

    business_id: str
    first: int
    count: int
    series: Series = Series.INVOICE


@dataclass(frozen=True, slots=True)
class NetworkTry:
    """Counts one try against the network's caps; forgotten after `network_caps.WINDOW`."""

    business_id: str
    fingerprint: str
    amount: int
    currency: str
    at: datetime
    attempt_key: str


@dataclass(frozen=True, slots=True)
class UniqueClaim:
    """Reserves a value within a business (a bank reference, an import row) for `owner`.

    Taken by another owner: the transaction is refused with FactExists(`{kind}/{value}`).
    """

    business_id: str
    kind: str
    value: str
    owner: str


@dataclass(frozen=True, slots=True)
class ReleasedClaim:
    """The value is free again: what `owner` had claimed it for was undone."""

    business_id: str
    kind: str
    value: str
    owner: str


@dataclass(frozen=True, slots=True)
class Membership:
    """A user's or API client's role in a business: what each of their calls is judged by."""

    user_id: str
    business_id: str
    role: Role


@dataclass(frozen=True, slots=True)
class Departure:
    """The user or API client may act for the business no more."""

    user_id: str
    business_id: str


SideRow = NumberRange | NetworkTry | UniqueClaim | ReleasedClaim | Membership | Departure


@dataclass(frozen=True, slots=True)
class DueRef:
    """A candidate found through the due index; always re-read consistently before acting."""

    kind: DueKind
    business_id: str
    subject: Subject
    subject_id: str
    due_at: datetime
    fact_key: str | None = None


@dataclass(frozen=True, slots=True)
class FactRef:
    business_id: str
    subject: Subject
    subject_id: str
    key: str


@dataclass(frozen=True, slots=True)
class Claimed:
    """A fact whose open effects this holder may deliver until its lease ends."""

    fact: Fact
    open: tuple[str, ...]
    done: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class TestClock:
    """A clock that stands still until advanced; it is `advancing` until all due by then is done."""

    __test__ = False  # not a test, whatever pytest makes of the name

    id: str
    business_id: str
    now_at: datetime
    target_at: datetime
    version: int = 0
    advancing: bool = False


@dataclass(frozen=True, slots=True)
class SavedRequest:
    """What an Idempotency-Key was used for. `status` is None while the first call still runs."""

    body_hash: str
    holder: str
    lease_until: datetime
    status: int | None = None
    response: str = ""


@dataclass(frozen=True, slots=True)
class PortalOpening:
    """Somebody opened what a link shows: the first time on that day, kept for `OPENINGS_KEPT`.

    `network` is the caller's network, never the whole address. A mail scanner opens links too.
    """

    business_id: str
    customer_id: str
    invoice_id: str | None
    action: str  # page, pdf
    at: datetime
    network: str = ""


# As long as a card's payer may dispute, and the answer takes.
OPENINGS_KEPT = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class PortalLink:
    """What a link in a mail opens. Stored under the SHA-256 of its token, never the token."""

    token_hash: str
    business_id: str
    customer_id: str
    invoice_id: str | None
    expires_at: datetime
    revoked_at: datetime | None = None
