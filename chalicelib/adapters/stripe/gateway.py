"""The Gateway port over Stripe: each method asks, reads the answer, and translates a refusal."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import TypeVar

from chalicelib.adapters.stripe import answering, asking, reading
from chalicelib.adapters.stripe.calls import Body, Calls, Operation, StripeRefusal
from chalicelib.domain.customer import MethodKind, PaymentMethod
from chalicelib.ports.answers import Page, Unanswered
from chalicelib.ports.stripe_objects import (
    AccountPage,
    AccountSeen,
    ApplicationFeeSeen,
    ChargeSeen,
    ConfirmAnswer,
    Confirmed,
    DisputeSeen,
    IntentSeen,
    IntentStatus,
    NewIntent,
    PayoutSeen,
    RefundSeen,
    SetupPage,
    SetupSeen,
    WarningSeen,
)

T = TypeVar("T")
# Where Stripe lets an intent be cancelled; `processing` only rarely, so we do not count on it.
_CANCELLABLE = frozenset(
    {
        IntentStatus.REQUIRES_PAYMENT_METHOD,
        IntentStatus.REQUIRES_CONFIRMATION,
        IntentStatus.REQUIRES_ACTION,
        IntentStatus.REQUIRES_CAPTURE,
    }
)


class StripeGateway:
    """Stripe through `calls`; see ports.gateway.Gateway for what each method promises."""

    def __init__(self, calls: Calls) -> None:
        self._calls = calls

    def _ask(
        self,
        operation: Operation,
        *ids: str,
        account: str | None,
        params: Body | None = None,
        key: str | None = None,
    ) -> Body:
        try:
            return self._calls(operation, *ids, account=account, params=params, key=key)
        except StripeRefusal as refusal:
            raise answering.explained(refusal) from refusal

    def _all(
        self, operation: Operation, *ids: str, account: str | None, params: Body
    ) -> list[Body]:
        """Every row of a list, over as many pages as it has."""
        rows: list[Body] = []
        page = self._ask(operation, *ids, account=account, params=params)
        rows.extend(page["data"])
        while page["has_more"]:
            onward = {**params, "starting_after": rows[-1]["id"]}
            page = self._ask(operation, *ids, account=account, params=onward)
            rows.extend(page["data"])
        return rows

    # --- Customers and their methods ---------------------------------------------------------

    def create_customer(
        self,
        account: str | None,
        *,
        business_id: str,
        customer_id: str,
        name: str,
        email: str,
        key: str,
    ) -> str:
        params = asking.customer(business_id, customer_id, name, email)
        body = self._ask(Operation.CREATE_CUSTOMER, account=account, params=params, key=key)
        return str(body["id"])

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
        params = asking.setup_page(
            customer=customer,
            business_id=business_id,
            customer_id=customer_id,
            currency=currency,
            success_url=success_url,
            cancel_url=cancel_url,
            method_kinds=method_kinds,
            demand_id=demand_id,
        )
        body = self._ask(Operation.CREATE_SESSION, account=account, params=params, key=key)
        return reading.setup_page(body)

    def read_setup(self, account: str | None, session_id: str) -> SetupSeen:
        body = self._ask(
            Operation.READ_SESSION, session_id, account=account, params=asking.read_session()
        )
        return reading.setup(body)

    def setups_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[SetupSeen]:
        page = self._ask(
            Operation.LIST_SESSIONS, account=account, params=asking.setups_since(since, cursor)
        )
        return _page(page, reading.setup)

    def read_method(self, account: str | None, method_id: str) -> PaymentMethod:
        return reading.method(self._ask(Operation.READ_METHOD, method_id, account=account))

    def methods_of(self, account: str | None, customer: str) -> list[PaymentMethod]:
        rows = self._all(
            Operation.LIST_METHODS, customer, account=account, params=asking.methods_of()
        )
        return reading.methods(rows)

    def detach_method(self, account: str | None, method_id: str, *, key: str) -> None:
        """Detached already is done: the key that would say so is forgotten after a day."""
        try:
            self._calls(Operation.DETACH_METHOD, method_id, account=account, key=key)
        except StripeRefusal as refusal:
            error = answering.explained(refusal)
            if refusal.status != 400 or self._is_attached(account, method_id):
                raise error from refusal

    def _is_attached(self, account: str | None, method_id: str) -> bool:
        return reading.is_attached(self._ask(Operation.READ_METHOD, method_id, account=account))

    # --- PaymentIntents ----------------------------------------------------------------------

    def create_intent(self, account: str | None, intent: NewIntent, *, key: str) -> str:
        params = asking.new_intent(intent)
        body = self._ask(Operation.CREATE_INTENT, account=account, params=params, key=key)
        return str(body["id"])

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
    ) -> Confirmed:
        params = asking.confirm(
            method_id=method_id,
            mandate_id=mandate_id,
            off_session=off_session,
            return_url=return_url,
        )
        try:
            self._calls(
                Operation.CONFIRM_INTENT, intent_id, account=account, params=params, key=key
            )
        except Unanswered:
            return Confirmed(ConfirmAnswer.UNKNOWN, "no_answer")
        except StripeRefusal as refusal:
            return answering.confirmed(refusal)
        return Confirmed(ConfirmAnswer.ACCEPTED)

    def read_intent(self, account: str | None, intent_id: str) -> IntentSeen:
        body = self._ask(
            Operation.READ_INTENT, intent_id, account=account, params=asking.read_intent()
        )
        return reading.intent(body)

    def charges_of(self, account: str | None, intent_id: str) -> list[ChargeSeen]:
        rows = self._all(
            Operation.LIST_CHARGES, account=account, params=asking.charges_of(intent_id)
        )
        return [reading.charge(row) for row in rows]

    def cancel_intent(self, account: str | None, intent_id: str, *, key: str) -> IntentSeen:
        """Cancelling is harmless to repeat, a stored refusal is not: Stripe replays it for a day,
        also when the debit that caused it has failed since. Then the last charge, which is new,
        makes another key.
        """
        seen = self._cancel_or_read(account, intent_id, key=key)
        if seen.status in _CANCELLABLE:
            charge = seen.latest_charge.id if seen.latest_charge else "none"
            seen = self._cancel_or_read(account, intent_id, key=f"{key}/{charge}")
        return seen

    def _cancel_or_read(self, account: str | None, intent_id: str, *, key: str) -> IntentSeen:
        params = asking.cancel_intent()
        try:
            body = self._calls(
                Operation.CANCEL_INTENT, intent_id, account=account, params=params, key=key
            )
        except StripeRefusal as refusal:
            if refusal.code != answering.UNEXPECTED_STATE:
                raise answering.explained(refusal) from refusal
            return self.read_intent(account, intent_id)
        return reading.intent(body)

    def intents_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[IntentSeen]:
        page = self._ask(
            Operation.LIST_INTENTS, account=account, params=asking.intents_since(since, cursor)
        )
        return _page(page, reading.intent)

    def intents_refunded_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[IntentSeen]:
        params = asking.refunded_since(since, cursor)
        return _intents_in(self._ask(Operation.LIST_REFUNDS, account=account, params=params))

    def intents_disputed_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[IntentSeen]:
        params = asking.disputed_since(since, cursor)
        return _intents_in(self._ask(Operation.LIST_DISPUTES, account=account, params=params))

    # --- Money that moves later --------------------------------------------------------------

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
    ) -> RefundSeen:
        params = asking.refund(
            charge_id=charge_id,
            amount=amount,
            currency=currency,
            reason=reason,
            refund_id=refund_id,
        )
        body = self._ask(Operation.CREATE_REFUND, account=account, params=params, key=key)
        return reading.refund(body)

    def refunds_of(self, account: str | None, charge_id: str) -> list[RefundSeen]:
        rows = self._all(
            Operation.LIST_REFUNDS, account=account, params=asking.refunds_of(charge_id)
        )
        return [reading.refund(row) for row in rows]

    def disputes_of(self, account: str | None, charge_id: str) -> list[DisputeSeen]:
        rows = self._all(
            Operation.LIST_DISPUTES, account=account, params=asking.disputes_of(charge_id)
        )
        return [reading.dispute(row) for row in rows]

    def read_dispute(self, account: str | None, dispute_id: str) -> DisputeSeen:
        return reading.dispute(self._ask(Operation.READ_DISPUTE, dispute_id, account=account))

    def upload_evidence(self, account: str | None, *, name: str, content: bytes, key: str) -> str:
        params = asking.evidence_file(content, name)
        body = self._ask(Operation.CREATE_FILE, account=account, params=params, key=key)
        return str(body["id"])

    def submit_evidence(
        self,
        account: str | None,
        dispute_id: str,
        *,
        fields: Mapping[str, str],
        request_id: str,
        key: str,
    ) -> DisputeSeen:
        params = asking.evidence(fields, request_id)
        try:
            body = self._calls(
                Operation.ANSWER_DISPUTE, dispute_id, account=account, params=params, key=key
            )
        except StripeRefusal as refusal:
            if refusal.error.get("type") == "idempotency_error":
                # Another call has used this key: only the dispute says what it did.
                raise Unanswered("another call answers this dispute") from refusal
            raise answering.explained(refusal) from refusal
        return reading.dispute(body)

    def close_dispute(self, account: str | None, dispute_id: str, *, key: str) -> DisputeSeen:
        body = self._ask(Operation.CLOSE_DISPUTE, dispute_id, account=account, key=key)
        return reading.dispute(body)

    def read_fraud_warning(self, account: str | None, warning_id: str) -> WarningSeen:
        params = asking.read_fraud_warning()
        body = self._ask(Operation.READ_FRAUD_WARNING, warning_id, account=account, params=params)
        return reading.fraud_warning(body)

    def fraud_warnings_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[WarningSeen]:
        params = asking.fraud_warnings_since(since, cursor)
        page = self._ask(Operation.LIST_FRAUD_WARNINGS, account=account, params=params)
        return _page(page, reading.fraud_warning)

    def payouts_since(
        self, account: str | None, since: datetime, *, cursor: str | None = None
    ) -> Page[PayoutSeen]:
        page = self._ask(
            Operation.LIST_PAYOUTS, account=account, params=asking.payouts_since(since, cursor)
        )
        return _page(page, reading.payout)

    def read_payout(self, account: str | None, payout_id: str) -> PayoutSeen:
        return reading.payout(self._ask(Operation.READ_PAYOUT, payout_id, account=account))

    def read_account(self, account: str) -> AccountSeen:
        """Asked by the install's own account: the connected one may have shut us out."""
        return reading.account(self._ask(Operation.READ_ACCOUNT, account, account=None))

    def create_account(
        self, *, business_id: str, country: str, email: str, currency: str, key: str
    ) -> AccountSeen:
        params = asking.account(business_id, country, email, currency)
        body = self._ask(Operation.CREATE_ACCOUNT, account=None, params=params, key=key)
        return reading.account(body)

    def read_application_fee(self, fee_id: str) -> ApplicationFeeSeen:
        body = self._ask(Operation.READ_APPLICATION_FEE, fee_id, account=None)
        return reading.application_fee(body)

    def application_fees_since(
        self, since: datetime, *, cursor: str | None = None
    ) -> Page[ApplicationFeeSeen]:
        params = asking.application_fees_since(since, cursor)
        page = self._ask(Operation.LIST_APPLICATION_FEES, account=None, params=params)
        return _page(page, reading.application_fee)

    def create_account_page(
        self, account: str, *, return_url: str, refresh_url: str, key: str
    ) -> AccountPage:
        params = asking.account_page(account, return_url, refresh_url)
        body = self._ask(Operation.CREATE_ACCOUNT_LINK, account=None, params=params, key=key)
        return reading.account_page(body)

    def accounts_since(self, since: datetime, *, cursor: str | None = None) -> Page[AccountSeen]:
        params = asking.accounts_since(since, cursor)
        return _page(
            self._ask(Operation.LIST_ACCOUNTS, account=None, params=params), reading.account
        )


def _intents_in(page: Body) -> Page[IntentSeen]:
    """A charge made without a PaymentIntent is not ours."""
    rows = [row["payment_intent"] for row in page["data"] if row.get("payment_intent")]
    cursor = page["data"][-1]["id"] if page["data"] and page["has_more"] else None
    return Page(tuple(reading.intent(row) for row in rows), cursor)


def _page(page: Body, read: Callable[[Body], T]) -> Page[T]:
    rows = page["data"]
    cursor = rows[-1]["id"] if rows and page["has_more"] else None
    return Page(tuple(read(row) for row in rows), cursor)
