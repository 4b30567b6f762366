"""The one table, as services see it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Protocol

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dispute import Dispute, DisputeStage
from chalicelib.domain.due import DueKind
from chalicelib.domain.facts import Fact, Subject
from chalicelib.domain.fraud_warning import FraudWarning, WarningStage
from chalicelib.domain.group import Group
from chalicelib.domain.import_run import ImportRun
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment_plan import PaymentPlan
from chalicelib.domain.subscription import Subscription
from chalicelib.domain.team import Team
from chalicelib.ports.answers import Page
from chalicelib.ports.lists import Entry, Found, Wanted
from chalicelib.ports.rows import (
    Aggregate,
    Change,
    Claimed,
    DueRef,
    FactRef,
    Membership,
    PortalLink,
    PortalOpening,
    SavedRequest,
    Series,
    SideRow,
    TestClock,
)


class Store(Protocol):
    """The one table. Reads are consistent unless a method says otherwise.

    Loading a thing that is not there, or is another business's, raises `domain.errors.NotFound`.
    """

    def business(self, business_id: str) -> Business: ...
    def customer(self, business_id: str, customer_id: str) -> Customer: ...
    def subscription(self, business_id: str, subscription_id: str) -> Subscription: ...
    def invoice(self, business_id: str, invoice_id: str) -> Invoice: ...
    def group(self, business_id: str, group_id: str) -> Group: ...
    def import_run(self, business_id: str, import_id: str) -> ImportRun: ...
    def team(self, business_id: str) -> Team: ...
    def dispute(self, business_id: str, dispute_id: str) -> Dispute: ...
    def fraud_warning(self, business_id: str, warning_id: str) -> FraudWarning: ...
    def payment_plan(self, business_id: str, plan_id: str) -> PaymentPlan: ...

    def facts(self, business_id: str, subject: Subject, subject_id: str) -> list[Fact]:
        """The whole history, oldest first."""
        ...

    def append(
        self,
        changes: Sequence[Change],
        *,
        side: Sequence[SideRow] = (),
        clock_id: str | None = None,
    ) -> None:
        """All changes and side rows, or none, in one transaction.

        A head is written if its version is still the fact's `seq - 1`; a fact if its key is free.
        Raises StaleHead or FactExists. A repeat of our own write (the same fact hash is stored)
        is a success. `clock_id`: due rows go to that test clock's partition.
        """
        ...

    def due(
        self,
        kind: DueKind,
        *,
        until: datetime,
        shard: int = 0,
        clock_id: str | None = None,
        limit: int = 100,
        cursor: str | None = None,
    ) -> Page[DueRef]:
        """Candidates due by `until`, soonest first. Eventually consistent."""
        ...

    @property
    def shards(self) -> int:
        """How many shards each kind of due work has."""
        ...

    def claim(
        self, ref: FactRef, *, holder: str, now: datetime, lease_until: datetime
    ) -> Claimed | None:
        """Take the fact's open effects. None: nothing is open, or another holder's lease runs."""
        ...

    def finish(
        self, ref: FactRef, *, holder: str, done: Mapping[str, str], retry_at: datetime | None
    ) -> None:
        """Note each delivered effect with its outcome (a message id, a file's hash) and free the
        claim. What stays open is due again at `retry_at`. Of a lost lease, only `done` is noted."""
        ...

    def delivered(self, ref: FactRef) -> Mapping[str, str]:
        """Outcomes by effect id."""
        ...

    def next_number(self, business_id: str, series: Series = Series.INVOICE) -> int:
        """The next free sequence, from 1."""
        ...

    def network_tries(
        self, business_id: str, fingerprint: str, amount: int, currency: str, *, since: datetime
    ) -> list[datetime]: ...

    def owner_of(self, business_id: str, kind: str, value: str) -> str | None:
        """Who holds a UniqueClaim."""
        ...

    def invoices(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Invoice]:
        """Newest first."""
        ...

    def invoices_of(
        self,
        business_id: str,
        customer_id: str,
        *,
        open_only: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Invoice]:
        """A customer's, earliest due first. The list is eventually consistent, each head is not."""
        ...

    def customers(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Customer]: ...

    def subscriptions_of(
        self, business_id: str, customer_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Subscription]: ...

    def subscriptions(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Subscription]: ...

    def groups(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Group]:
        """By name."""
        ...

    def payment_plans(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[PaymentPlan]:
        """Newest first."""
        ...

    def payment_plans_of(
        self, business_id: str, customer_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[PaymentPlan]:
        """A customer's, newest first."""
        ...

    def import_runs(
        self, business_id: str, *, limit: int = 50, cursor: str | None = None
    ) -> Page[ImportRun]:
        """Newest first."""
        ...

    def disputes(
        self,
        business_id: str,
        *,
        stages: Sequence[DisputeStage],
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Dispute]:
        """Those of some stages, the earliest deadline first. Found by an index, read exactly: one
        that has moved on meanwhile is left out, so a page may be short."""
        ...

    def fraud_warnings(
        self,
        business_id: str,
        *,
        stages: Sequence[WarningStage],
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[FraudWarning]:
        """Those of some stages, the oldest first; found and read as disputes are."""
        ...

    def businesses(self, *, limit: int = 50, cursor: str | None = None) -> Page[Business]: ...

    def listed(
        self, business_id: str, wanted: Wanted, *, limit: int = 50, cursor: str | None = None
    ) -> Page[Entry]:
        """Invoices and payments of some shelves, in one order. What is listed is found by an index
        and read consistently; an invoice that has left its shelf meanwhile is left out, so a page
        may be short."""
        ...

    def found(self, business_id: str, prefix: str, *, limit: int = 50) -> list[Found]:
        """What has a word that begins so (`domain.finding.folded`), in the order of the words. No
        cursor: it would hold somebody's name. Who wants fewer types one more letter."""
        ...

    def read_heads(self, business_id: str, names: Sequence[tuple[Subject, str]]) -> list[Aggregate]:
        """Several at once, in this order; those that are not there are left out."""
        ...

    def facts_of(
        self,
        business_id: str,
        customer_id: str,
        *,
        since: datetime | None = None,
        until: datetime | None = None,
        posted_only: bool = False,
        newest: bool = False,
        limit: int = 50,
        cursor: str | None = None,
    ) -> Page[Fact]:
        """What happened to a customer, its subscriptions and its invoices, in the order of time;
        `until` itself is outside. `posted_only`: what moved money. Found by an index."""
        ...

    def business_of_account(self, stripe_account: str) -> str | None:
        """Which business a connected Stripe account belongs to."""
        ...

    def test_clock(self, clock_id: str) -> TestClock: ...

    def save_test_clock(self, clock: TestClock) -> None:
        """Written if the stored version is `clock.version - 1`; raises StaleHead otherwise."""
        ...

    def begin_request(
        self,
        business_id: str,
        key: str,
        *,
        body_hash: str,
        holder: str,
        now: datetime,
        lease_until: datetime,
    ) -> SavedRequest:
        """Take an Idempotency-Key, or read who has it: compare the answer's `holder`. A lease that
        has run out is taken over."""
        ...

    def finish_request(
        self, business_id: str, key: str, *, holder: str, status: int, response: str
    ) -> None: ...

    def memberships(self, user_id: str) -> list[Membership]: ...

    def portal_link(self, token_hash: str) -> PortalLink | None: ...
    def save_portal_link(self, link: PortalLink) -> None: ...
    def note_opening(self, opening: PortalOpening) -> None:
        """The first of its kind on a day is kept, for half a year."""
        ...

    def openings_of(
        self, business_id: str, customer_id: str, *, since: datetime
    ) -> list[PortalOpening]:
        """What was opened since then, oldest first."""
        ...

    def watermark(self, business_id: str, name: str) -> str: ...
    def save_watermark(self, business_id: str, name: str, value: str) -> None: ...
