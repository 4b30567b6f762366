"""Stripe, as services see it."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Protocol

from chalicelib.domain.customer import MethodKind, PaymentMethod
from chalicelib.ports.answers import Page
from chalicelib.ports.stripe_objects import (
    AccountPage,
    AccountSeen,
    ApplicationFeeSeen,
    ChargeSeen,
    Confirmed,
    DisputeSeen,
    IntentSeen,
    NewIntent,
    PayoutSeen,
    RefundSeen,
    SetupPage,
    SetupSeen,
    WarningSeen,
)


class Gateway(Protocol):
    """Stripe. `account` is the connected account, None for the install's own.

    Reads and plain creates raise Unanswered when Stripe does not answer, `NotFound` for an unknown
    object, and `Conflict` for a refusal that repeating cannot help. Keys are business identity
    (`domain/keys.py`), never random.
    """

    def create_customer(
        self,
        account: str | None,
        *,
        business_id: str,
        customer_id: str,
        name: str,
        email: str,
        key: str,
    ) -> str: ...

    def create_setup_page(
        self,
        account: str | None,
        *,
        customer: str,
        business_id: str,
        customer_id: str,
        currency: str,
        success_url: str,
        cancel_url: str,
        key: str,
        method_kinds: tuple[MethodKind, ...] = tuple(MethodKind),
        demand_id: str = "",
    ) -> SetupPage:
        """`method_kinds`: what may be entered, as far as the currency allows. `demand_id`: the
        payment that waits for it."""
        ...

    def read_setup(self, account: str | None, session_id: str) -> SetupSeen: ...
    def setups_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[SetupSeen]:
        """Hosted pages that were filled in, by their opening, newest first."""
        ...

    def read_method(self, account: str | None, method_id: str) -> PaymentMethod: ...
    def methods_of(self, account: str | None, customer: str) -> list[PaymentMethod]: ...
    def detach_method(self, account: str | None, method_id: str, *, key: str) -> None: ...

    def create_intent(self, account: str | None, intent: NewIntent, *, key: str) -> str: ...

    def confirm_intent(
        self,
        account: str | None,
        intent_id: str,
        *,
        method_id: str,
        mandate_id: str | None,
        off_session: bool,
        return_url: str | None,
        key: str,
    ) -> Confirmed: ...

    def read_intent(self, account: str | None, intent_id: str) -> IntentSeen: ...
    def charges_of(self, account: str | None, intent_id: str) -> list[ChargeSeen]: ...

    def cancel_intent(self, account: str | None, intent_id: str, *, key: str) -> IntentSeen:
        """Cancel, or show what it is instead when Stripe refuses (succeeded, processing)."""
        ...

    def intents_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[IntentSeen]:
        """By creation, newest first: the list endpoint, never search."""
        ...

    def intents_refunded_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[IntentSeen]:
        """Of each refund made since then, its PaymentIntent, however old."""
        ...

    def intents_disputed_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[IntentSeen]:
        """The same of each dispute opened since then."""
        ...

    def refunds_of(self, account: str | None, charge_id: str) -> list[RefundSeen]: ...
    def disputes_of(self, account: str | None, charge_id: str) -> list[DisputeSeen]: ...
    def read_dispute(self, account: str | None, dispute_id: str) -> DisputeSeen: ...
    def upload_evidence(self, account: str | None, *, name: str, content: bytes, key: str) -> str:
        """The file's id at Stripe. The key names the content, so uploading it twice is once."""
        ...

    def submit_evidence(
        self,
        account: str | None,
        dispute_id: str,
        *,
        fields: Mapping[str, str],
        request_id: str,
        key: str,
    ) -> DisputeSeen:
        """For good: Stripe takes an answer once. `fields` are the names of Stripe's evidence, each
        cut to what Stripe takes; raises Conflict when the dispute takes none any more."""
        ...

    def close_dispute(self, account: str | None, dispute_id: str, *, key: str) -> DisputeSeen:
        """Accept it: the money stays with the payer. Raises Conflict when it is over already."""
        ...

    def read_fraud_warning(self, account: str | None, warning_id: str) -> WarningSeen: ...
    def fraud_warnings_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[WarningSeen]:
        """Early fraud warnings that banks have given since then, newest first."""
        ...

    def payouts_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[PayoutSeen]: ...
    def read_payout(self, account: str | None, payout_id: str) -> PayoutSeen: ...
    def create_account(
        self, *, business_id: str, country: str, email: str, currency: str, key: str
    ) -> AccountSeen:
        """A connected account with a dashboard, disputes and fees of its own."""
        ...

    def create_account_page(
        self, account: str, *, return_url: str, refresh_url: str, key: str
    ) -> AccountPage: ...
    def read_account(self, account: str) -> AccountSeen: ...
    def accounts_since(self, since: datetime, *, cursor: str | None = None) -> Page[AccountSeen]:
        """Connected accounts by their opening, newest first."""
        ...

    def read_application_fee(self, fee_id: str) -> ApplicationFeeSeen: ...
    def application_fees_since(
        self, since: datetime, *, cursor: str | None = None
    ) -> Page[ApplicationFeeSeen]:
        """The install's shares of connected accounts' charges, newest first."""
        ...

    def refund(
        self,
        account: str | None,
        *,
        charge_id: str,
        amount: int,
        currency: str,
        reason: str,
        refund_id: str,
        key: str,
    ) -> RefundSeen: ...
