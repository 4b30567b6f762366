"""Forty-five days: each morning Stripe's events come in and people act, then the clock runs on.

The business's clock is always on its way somewhere, so the stack's own workers leave it alone.
Stripe's clock is kept in step with every instant at which something falls due.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta

from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import instant
from chalicelib.domain.declines import DeclineClass
from chalicelib.domain.errors import Conflict
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.payment import Trigger
from chalicelib.ports import Ports
from chalicelib.ports.rows import DueRef
from chalicelib.services import (
    charging,
    clocks,
    customers,
    invoices,
    reconciling,
    subscriptions,
    webhooks,
)
from infra.local import payer
from infra.local.demo.cast import GOOD, AtBank, Deed, Part
from infra.local.demo.company import MORNING, RETURN_URL, ZONE, Company
from infra.local.demo.working import Workers

MOST_PORTAL_TRIES = 2


class Life:
    """One company's days. `secrets` sign Stripe's events to it."""

    def __init__(self, company: Company, workers: Workers, secrets: Sequence[str]) -> None:
        self.company, self.workers, self.secrets = company, workers, secrets
        self.ports, self.stripe = workers.ports, company.stripe
        self.business_id = company.business_id
        self.now = company.starts_at
        self._stripe_at = datetime.fromtimestamp(self.stripe.books()["now"], UTC)
        self.events = 0
        self._renewed: set[str] = set()  # customers who gave a new card
        self._tries: dict[str, int] = {}  # by invoice, in the portal
        self._planned = {
            (customer_id, deed): day
            for customer_id, part in company.parts.items()
            for day, deed in part.deeds.items()
        }

    # ---------------------------------------------------------------------------------- time

    def live_day(self, number: int) -> None:
        """From the n-th morning to the next."""
        to = instant(self.company.day(number + 1), MORNING, ZONE)
        self._head_for(to)
        self.hear()
        self._people_act(number)
        self._arrive()
        if number % 7 == 6:
            reconciling.reconcile(self.ports, self.business_id)

    def finish(self) -> None:
        """A last hour at a time, until Stripe has nothing more to tell and nothing is due."""
        for _ in range(5):
            self._head_for(self.now + timedelta(hours=1))
            heard = self.hear()
            self._arrive()
            if not heard:
                break
        self._head_for(self.now + timedelta(hours=1))
        reconciling.reconcile(self.ports, self.business_id)
        self._arrive()

    def _head_for(self, to: datetime) -> None:
        clock = self.ports.store.test_clock(self.company.clock_id)
        if not clock.advancing:
            clocks.start_advance(self.ports, self.business_id, clock.id, to)

    def _arrive(self) -> None:
        clock = clocks.advance_clock(
            self.ports, self.company.clock_id, most_steps=100_000, run=self._run
        )
        self.now = clock.now_at
        self._keep_stripe_in_step()

    def _run(self, ports: Ports, due: Sequence[DueRef]) -> None:
        if due[0].due_at > self.now:
            self.now = due[0].due_at
            self._keep_stripe_in_step()
        self.workers.run_due(ports, due)

    def _keep_stripe_in_step(self) -> None:
        """By as much as our clock has moved; the minutes this takes on the wall come on top."""
        moved = int((self.now - self._stripe_at).total_seconds())
        if moved > 0:
            self.stripe.do("clock", advance=moved)
            self._stripe_at += timedelta(seconds=moved)

    def hear(self) -> int:
        """Stripe's events so far: each checked as the webhook route does, then looked into."""
        events = self.stripe.do("events", account=self.company.account)["events"]
        for event in events:
            webhooks.receive_event(
                self.ports,
                event["body"].encode(),
                event["signature"],
                self.secrets,
                livemode=False,
            )
        self.workers.drain()
        self.events += len(events)
        return len(events)

    # -------------------------------------------------------------------------------- people

    def _people_act(self, number: int) -> None:
        for customer_id, part in self.company.parts.items():
            if _ever_acts(part):
                for invoice in self._open_invoices(customer_id):
                    self._owner_acts(customer_id, part, invoice)
        for (customer_id, deed), day in list(self._planned.items()):
            # Terms may delay what it is about, such as a charge to refund: then another day.
            if number >= day and self._do(deed, customer_id):
                del self._planned[customer_id, deed]

    def _open_invoices(self, customer_id: str) -> list[Invoice]:
        page = self.ports.store.invoices_of(self.business_id, customer_id, open_only=True)
        return [invoice for invoice in page.items if invoice.is_open]

    def _owner_acts(self, customer_id: str, part: Part, invoice: Invoice) -> None:
        if part.new_card_after_days is not None and customer_id not in self._renewed:
            trouble = invoice.dunning.first_failed_at if invoice.dunning else invoice.overdue_at
            wait = timedelta(days=part.new_card_after_days)
            if trouble is not None and self.now >= trouble + wait:
                self._renewed.add(customer_id)
                customer = self._customer(customer_id)
                self.company.save_method(customer, part, GOOD, "again")
                self.hear()
                return
        if self._wants_to_pay(part, invoice):
            self._pay_in_portal(customer_id, part, invoice)

    def _wants_to_pay(self, part: Part, invoice: Invoice) -> bool:
        if self._tries.get(invoice.id, 0) >= MOST_PORTAL_TRIES or invoice.live_attempt:
            return False
        if part.pays_after_days is not None and invoice.finalized_at is not None:
            return self.now >= invoice.finalized_at + timedelta(days=part.pays_after_days)
        if part.at_bank is None:
            return False
        failure = invoice.last_failure()
        asked = failure and failure.decline and failure.decline.decline_class is DeclineClass.AUTH
        return bool(asked) or part.name == "issued in India"

    def _pay_in_portal(self, customer_id: str, part: Part, invoice: Invoice) -> None:
        """The button of the payment page: a charge with the payer present."""
        tries = self._tries[invoice.id] = self._tries.get(invoice.id, 0) + 1
        try:
            invoices.request_charge(
                self.ports,
                self.business_id,
                invoice.id,
                request_id=f"portal-{tries}",
                trigger=Trigger.CUSTOMER,
                actor=Actor(ActorKind.CUSTOMER, customer_id),
                return_url=RETURN_URL,
            )
        except Conflict:
            return  # the page shows why
        charging.run_step(self.ports, self.business_id, invoice.id)
        after = self.ports.store.invoice(self.business_id, invoice.id)
        action_url = invoices.latest_action_url(after)
        if action_url and part.at_bank is not AtBank.LEAVES:
            payer.answer_bank(action_url, passed=part.at_bank is not AtBank.FAILS)
        self.hear()

    def _customer(self, customer_id: str) -> Customer:
        return self.ports.store.customer(self.business_id, customer_id)

    # ------------------------------------------------------------------- staff, network, banks

    def _do(self, deed: Deed, customer_id: str) -> bool:
        """False when there was nothing to do it to."""
        deeds: dict[Deed, Callable[[str], bool]] = {
            Deed.REMOVE_CARD: self._remove_card,
            Deed.UPDATE_CARD: self._update_card,
            Deed.CANCEL_AND_COLLECT: lambda one: self._cancel(one, collect=True),
            Deed.CANCEL_AND_DROP: lambda one: self._cancel(one, collect=False),
            Deed.VOID: self._void,
            Deed.REFUND_PART: lambda one: self._refund(one, part=True),
            Deed.REFUND_ALL: lambda one: self._refund(one, part=False),
            Deed.WIN_DISPUTES: lambda one: self._decide_disputes(one, won=True),
            Deed.LOSE_DISPUTES: lambda one: self._decide_disputes(one, won=False),
        }
        done = deeds[deed](customer_id)
        if done:
            self.hear()
        return done

    def _remove_card(self, customer_id: str) -> bool:
        card = self._customer(customer_id).default_method
        assert card is not None
        customers.remove_method(
            self.ports, self.business_id, customer_id, card.id, actor=self.company.staff
        )
        return True

    def _update_card(self, customer_id: str) -> bool:
        """The network renews an expired card, and Stripe tells us."""
        card = self._customer(customer_id).default_method
        assert card is not None
        self.stripe.do(
            "cards", update=card.id, exp_month=card.exp_month, exp_year=card.exp_year + 4,
            account=self.company.account,
        )  # fmt: skip
        return True

    def _cancel(self, customer_id: str, *, collect: bool) -> bool:
        """Once there is a debt to collect or to drop."""
        if not self._open_invoices(customer_id):
            return False
        subscriptions.cancel(
            self.ports, self.business_id, self.company.subscription_ids[customer_id],
            actor=self.company.staff, reason="The customer moved away.", collect_open_debt=collect,
        )  # fmt: skip
        return True

    def _void(self, customer_id: str) -> bool:
        found = self._open_invoices(customer_id)
        for invoice in found:
            invoices.cancel_invoice(
                self.ports, self.business_id, invoice.id,
                actor=self.company.staff, reason="Billed by mistake.",
            )  # fmt: skip
        return bool(found)

    def _charges(self, customer_id: str) -> list[tuple[str, int]]:
        """Paid charges of the customer's invoices with their amounts."""
        page = self.ports.store.invoices_of(self.business_id, customer_id)
        return [
            (payment.charge_id, payment.amount)
            for invoice in page.items
            for payment in invoice.payments
            if payment.paid_at is not None and payment.charge_id
        ]

    def _refund(self, customer_id: str, *, part: bool) -> bool:
        """In Stripe's dashboard: we hear of it."""
        charges = self._charges(customer_id)[:1]
        for charge_id, amount in charges:
            self.stripe.refund(self.company.account, charge_id, amount // 3 if part else amount)
        return bool(charges)

    def _decide_disputes(self, customer_id: str, *, won: bool) -> bool:
        decided = False
        for charge_id, _ in self._charges(customer_id):
            for dispute in self.ports.gateway.disputes_of(self.company.account, charge_id):
                if dispute.status in {"needs_response", "under_review"}:
                    wish = {"dispute": dispute.id, "won": won, "account": self.company.account}
                    self.stripe.do("dispute", **wish)
                    decided = True
        return decided


def _ever_acts(part: Part) -> bool:
    reacts = (part.new_card_after_days, part.at_bank, part.pays_after_days)
    return any(one is not None for one in reacts)
