"""What happens to Stripe from outside its API: payers, banks, sellers and time.

These are the doors that hosted pages, control routes and tests go through.
"""

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import urlencode

from infra.local.fake_stripe import (
    accounts,
    balance,
    cards,
    checkout,
    confirmation,
    disputes,
    fraud_warnings,
    jobs,
    refunds,
    setup_intents,
)
from infra.local.fake_stripe.declines import Outcome
from infra.local.fake_stripe.errors import Body
from infra.local.fake_stripe.state import Account, State
from infra.local.fake_stripe.webhooks import Delivery, Webhooks, encode, sign, thin

if TYPE_CHECKING:
    from threading import RLock


def _returning(return_url: str, intent: Body) -> str:
    """`return_url` with what Stripe appends to it."""
    if not return_url:
        return ""
    status = intent["status"]
    words = {
        intent["object"]: intent["id"],
        f"{intent['object']}_client_secret": intent["client_secret"],
        "redirect_status": "failed" if status == "requires_payment_method" else status,
    }
    return f"{return_url}{'&' if '?' in return_url else '?'}{urlencode(words)}"


class Doors:
    """Everything a test or a page can do that is no API call."""

    state: State
    webhooks: Webhooks
    lock: "RLock"

    def account(self, account_id: str | None = None) -> Account:
        """An account's shelves, for checkers that read the fake's own records."""
        return self.state.platform if account_id is None else self.state.accounts[account_id]

    # Cards and banks

    def script_card(self, target: str, outcomes: Sequence[str | Outcome]) -> None:
        """Let the next charges on a number, fingerprint or payment method answer in this order.

        Afterwards the card behaves as its number says; an unknown number is then an ordinary card.
        """
        cards.script(self.state, target, outcomes)

    def fingerprint(self, number: str) -> str:
        return cards.fingerprint(number)

    def update_card(
        self, method_id: str, *, exp_month: int, exp_year: int, account: str | None = None
    ) -> None:
        """The network's card updater: a new expiry, and the event that says so."""
        with self.lock:
            method = self.account(account).payment_methods[method_id]
            old = method.body["card"]
            method.body["card"] = {**old, "exp_month": exp_month, "exp_year": exp_year}
            self.state.emit(
                self.account(account),
                "payment_method.automatically_updated",
                method.body,
                {"card": {"exp_month": old["exp_month"], "exp_year": old["exp_year"]}},
            )

    # Hosted pages

    def complete_checkout(
        self,
        session_id: str,
        number: str = "4242424242424242",
        *,
        kind: str = "card",
        account: str | None = None,
        exp_month: int = 12,
        exp_year: int = 2034,
        billing_details: Body | None = None,
    ) -> Body:
        """The payer fills in the Checkout page. Returns the SetupIntent; a decline raises
        `ApiError` with the 402, and `requires_action` waits for `authenticate`."""
        with self.lock:
            jobs.run_due(self.state)
            where = self.account(account)
            session = checkout.find(where, session_id)
            given: Body = {"exp_month": exp_month, "exp_year": exp_year, "cvc": "123"}
            if billing_details:
                given["billing_details"] = billing_details
            return dict(checkout.submit(self.state, where, session, kind, number, given))

    def authenticate(self, intent_id: str, *, passed: bool, account: str | None = None) -> str:
        """The payer's answer on the 3-D Secure page; returns where the browser goes next."""
        with self.lock:
            jobs.run_due(self.state)
            where = self.account(account)
            return_url = where.actions[intent_id].return_url or ""
            if intent_id in where.payment_intents:
                intent = where.payment_intents[intent_id]
                confirmation.authenticate(self.state, where, intent, passed=passed)
                return _returning(return_url, intent)
            setup = where.setup_intents[intent_id]
            setup_intents.authenticate(self.state, where, setup, passed=passed)
            session_id = where.session_of.get(intent_id)
            if session_id is None:
                return _returning(return_url, setup)
            if setup["status"] != "succeeded":
                return return_url
            session = where.sessions[session_id]
            checkout.complete(self.state, where, session)
            return checkout.success_url(session)

    # Connect

    def connect_account(self, *, ready: bool = True) -> str:
        """A connected account without the clicking; onboarded unless said otherwise."""
        with self.lock:
            return accounts.open_account(self.state, {}, ready=ready).id

    def finish_onboarding(self, account_id: str) -> None:
        with self.lock:
            accounts.finish_onboarding(self.state, self.account(account_id))

    def restrict(self, account_id: str) -> None:
        with self.lock:
            accounts.restrict(self.state, self.account(account_id))

    def require(self, account_id: str, due: list[str], *, within: int) -> None:
        """Stripe asks the seller something, to be told within so many seconds."""
        with self.lock:
            account = self.account(account_id)
            accounts.require(self.state, account, due, self.state.now + within)

    def reauthorize(self, account_id: str) -> None:
        with self.lock:
            accounts.reauthorize(self.state, self.account(account_id))

    def deauthorize(self, account_id: str) -> None:
        with self.lock:
            accounts.deauthorize(self.state, self.account(account_id))

    # Banks' later answers

    def dispute(
        self,
        charge_id: str,
        reason: str = "fraudulent",
        *,
        inquiry: bool = False,
        prevented: bool = False,
        amount: int | None = None,
        account: str | None = None,
    ) -> Body:
        with self.lock:
            where = self.account(account)
            made = disputes.open_dispute(
                self.state,
                where,
                where.charges[charge_id],
                reason,
                inquiry=inquiry,
                prevented=prevented,
                amount=amount,
            )
            return dict(made)

    def warn_of_fraud(
        self,
        charge_id: str,
        fraud_type: str = "unauthorized_use_of_card",
        *,
        account: str | None = None,
    ) -> Body:
        """The card's bank says that its payer did not make this charge."""
        with self.lock:
            where = self.account(account)
            made = fraud_warnings.warn(self.state, where, where.charges[charge_id], fraud_type)
            return dict(made)

    def decide_dispute(self, dispute_id: str, *, won: bool, account: str | None = None) -> None:
        with self.lock:
            where = self.account(account)
            disputes.conclude(self.state, where, where.disputes[dispute_id], won=won)

    def escalate_dispute(self, dispute_id: str, *, account: str | None = None) -> None:
        with self.lock:
            where = self.account(account)
            disputes.escalate(self.state, where, where.disputes[dispute_id])

    def script_refunds(self, charge_id: str, fates: list[str]) -> None:
        """`succeeded`, `pending`, `requires_action` or `fails_later`, for the next refunds."""
        self.state.scripts[f"refund/{charge_id}"] = list(fates)

    def fail_refund(
        self,
        refund_id: str,
        reason: str = "expired_or_canceled_card",
        *,
        account: str | None = None,
    ) -> None:
        with self.lock:
            where = self.account(account)
            refunds.fail(self.state, where, where.refunds[refund_id], reason)

    def fail_next_payout(self, code: str = "account_closed", *, account: str | None = None) -> None:
        """The next payout to arrive is paid, and fails a day later."""
        self.account(account).payout_failures.append(code)

    # Webhooks and books

    def deliveries(self) -> list[Delivery]:
        """Signed events waiting to be delivered now; see `webhooks` for what to do with them."""
        with self.lock:
            jobs.run_due(self.state)
            return self.webhooks.due()

    def next_events(self) -> list[tuple[bytes, str]]:
        """Take every waiting event as (raw body, `Stripe-Signature`), all of them delivered."""
        with self.lock:
            taken = []
            for delivery in self.deliveries():
                taken.append((delivery.body, self.webhooks.header(delivery)))
                self.webhooks.acknowledge(delivery)
            return taken

    def forge(
        self,
        event_id: str,
        *,
        account: str | None = None,
        secrets: Sequence[str] = ("whsec_fake",),
        at: int | None = None,
        as_thin: bool = False,
        **changes: object,
    ) -> tuple[bytes, str]:
        """An event as an attacker, an upgrade or a mix-up would send it: other fields
        (`type`, `api_version`, `livemode`), other secrets, another time of signing, thin."""
        with self.lock:
            event = {**self.account(account).events[event_id], **changes}
            body = encode(thin(event) if as_thin else event)
            return body, sign(body, secrets, self.state.clock() if at is None else at)

    def books(self, account: str | None = None) -> dict[str, Body]:
        """Per currency: charges, fees, refunds, disputes, payouts, balance; see `balance.books`."""
        with self.lock:
            jobs.run_due(self.state)
            return balance.books(self.state, self.account(account))
