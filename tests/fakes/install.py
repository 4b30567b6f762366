"""A whole Duecourse in one process: the real services over fakes of everything outside.

`settle()` lets queues, effects and webhooks run until nothing moves; `advance()` moves the wall
clock through every timer and sweep in between. Tests read what happened from the fakes.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.facts import SYSTEM, Fact, Subject
from chalicelib.domain.invoice import Invoice, Line
from chalicelib.domain.subscription import Interval, Subscription, first_anchor
from chalicelib.ports import Links, Ports
from chalicelib.ports.outside import QueueName
from chalicelib.ports.rows import FactRef
from chalicelib.services import (
    billing,
    businesses,
    charging,
    customers,
    invoices,
    jobs,
    reconciling,
    reminding,
    subscriptions,
    sweeping,
    webhooks,
)
from chalicelib.services.delivery import deliver, ref_of
from infra.local.fake_stripe import FakeStripe
from tests.fakes.memory_store import MemoryStore
from tests.fakes.outside import (
    FakeBus,
    FakeClock,
    FakeDirectory,
    FakeDocuments,
    FakeFiles,
    FakeIds,
    FakeMail,
    FakeQueue,
    FakeSms,
    FakeTimers,
    FakeTokens,
)
from tests.fakes.stripe_gateway import DirectGateway

WEBHOOK_SECRET = "whsec_fake"
VISA = "4242424242424242"


class DirectDeliverer:
    """The effects worker in this process."""

    def __init__(self) -> None:
        self.ports: Ports | None = None

    def deliver(self, refs: Sequence[FactRef]) -> None:
        assert self.ports is not None
        for ref in refs:
            deliver(self.ports, ref, holder=self.ports.ids.new("holder"))


@dataclass
class Install:
    """Everything a test needs; `Install.at(datetime)` makes one."""

    clock: FakeClock
    stripe: FakeStripe
    store: MemoryStore
    queue: FakeQueue = field(default_factory=FakeQueue)
    timers: FakeTimers = field(default_factory=FakeTimers)
    mail: FakeMail = field(default_factory=FakeMail)
    sms: FakeSms = field(default_factory=FakeSms)
    documents: FakeDocuments = field(default_factory=FakeDocuments)
    files: FakeFiles = field(default_factory=FakeFiles)
    bus: FakeBus = field(default_factory=FakeBus)
    ids: FakeIds = field(default_factory=FakeIds)
    directory: FakeDirectory = field(default_factory=FakeDirectory)
    deliverer: DirectDeliverer = field(default_factory=DirectDeliverer)
    delivered: int = 0

    @classmethod
    def at(cls, now: datetime = datetime(2026, 1, 1, 12, tzinfo=UTC)) -> Install:
        clock = FakeClock(now)
        stripe = FakeStripe(lambda: int(clock.now().timestamp()), webhook_secret=WEBHOOK_SECRET)
        install = cls(clock, stripe, MemoryStore(clock=clock.now))
        install.deliverer.ports = install.ports
        return install

    @property
    def ports(self) -> Ports:
        return Ports(
            store=self.store,
            gateway=DirectGateway(self.stripe),
            queue=self.queue,
            timers=self.timers,
            mail=self.mail,
            sms=self.sms,
            documents=self.documents,
            files=self.files,
            bus=self.bus,
            clock=self.clock,
            ids=self.ids,
            tokens=FakeTokens(),
            deliverer=self.deliverer,
            directory=self.directory,
            links=Links(),
        )

    # -------------------------------------------------------------------------- making things

    def business(self, business_id: str = "biz_1", **changes: object) -> Business:
        business = Business(
            id=business_id,
            name="Harbour & Pine",
            currency="USD",
            zone="America/New_York",
            staff_email="desk@harbour.example",
            email="billing@harbour.example",
            sms_enabled=True,
        )
        return businesses.create_business(self.ports, replace(business, **changes))  # type: ignore[arg-type]

    def customer(
        self, business_id: str = "biz_1", *, card: str | None = VISA, **changes: object
    ) -> Customer:
        """A customer, with a card saved through Stripe's hosted page unless `card` is None."""
        customer = Customer(
            id=self.ids.new("cus"),
            business_id=business_id,
            kind=CustomerKind.INDIVIDUAL,
            name="Ada Byron",
            email="ada@example.com",
        )
        made = customers.create_customer(
            self.ports,
            replace(customer, **changes),  # type: ignore[arg-type]
            actor=SYSTEM,
        )
        if card is not None:
            self.save_card(business_id, made.id, card)
        return self.store.customer(business_id, made.id)

    def open_page(self, business_id: str, customer_id: str) -> str:
        """Stripe's hosted page for a card or bank account; its session's id."""
        return customers.start_setup(
            self.ports,
            business_id,
            customer_id,
            request_id=self.ids.new("setup"),
            success_url="https://app.example/saved",
            cancel_url="https://app.example/back",
        ).id

    def save_card(self, business_id: str, customer_id: str, number: str, **page: object) -> str:
        """Through the hosted page; returns the session's id. The webhook is left to `settle`."""
        setup_id = self.open_page(business_id, customer_id)
        account = self.store.business(business_id).stripe_account
        self.stripe.complete_checkout(setup_id, number, account=account, **page)  # type: ignore[arg-type]
        customers.receive_setup(self.ports, business_id, setup_id)
        return setup_id

    def invoice(
        self, customer: Customer, amount: int = 8900, *, due_on: date | None = None, **more: object
    ) -> Invoice:
        """A finalized invoice of one line."""
        line = Line(description="Consulting", quantity=Decimal(1), unit_amount=amount)
        draft = invoices.create_invoice(
            self.ports,
            customer.business_id,
            customer.id,
            (line,),
            invoice_id=self.ids.new("inv"),
            actor=SYSTEM,
            **more,  # type: ignore[arg-type]
        )
        return invoices.finalize_invoice(
            self.ports, customer.business_id, draft.id, actor=SYSTEM, due_on=due_on
        )

    def subscription(
        self, customer: Customer, *, start_on: date | None = None, **changes: object
    ) -> Subscription:
        start = start_on or self.clock.now().date()
        subscription = Subscription(
            id=self.ids.new("sub"),
            business_id=customer.business_id,
            customer_id=customer.id,
            product="Platform",
            variant="Business",
            currency="USD",
            unit_amount=8900,
            interval=Interval.MONTHLY,
            start_on=start,
            segments=(first_anchor(start, 0),),
        )
        return subscriptions.subscribe(
            self.ports,
            replace(subscription, **changes),  # type: ignore[arg-type]
            actor=SYSTEM,
        )

    # --------------------------------------------------------------------------- letting it run

    def settle(self) -> None:
        """Effects, queues and webhooks until nothing moves at this instant."""
        while self._effects() + self._messages() + self._webhooks():
            pass

    def advance(self, **by: int) -> None:
        """To a later time, stopping at each timer, each sweep's hour and each event of Stripe."""
        target = self.clock.now() + timedelta(**by)
        while self.clock.now() < target:
            step = min(target, self.clock.now() + timedelta(minutes=15))
            soonest = min((timer.at for timer in self.timers.waiting.values()), default=step)
            self.clock.set(max(min(step, soonest), self.clock.now() + timedelta(seconds=1)))
            for timer in self.timers.fire(self.clock.now()):
                self.queue.send(QueueName.DUNNING, timer.body)
            self.stripe.run_due()
            billing.bill_due_subscriptions(self.ports)
            reminding.send_reminders(self.ports)
            sweeping.sweep_due(self.ports)
            self.settle()

    def reconcile(self, business_id: str = "biz_1") -> reconciling.Reconciled:
        done = reconciling.reconcile(self.ports, business_id)
        self.settle()
        return done

    def _effects(self) -> int:
        """The table's stream."""
        rows = [row for row in self.store.fact_rows() if row.open]
        ready = [row for row in rows if row.due_at is None or row.due_at <= self.clock.now()]
        self.deliverer.deliver([ref_of(row.fact) for row in ready])
        return len(ready)

    def _messages(self) -> int:
        taken = [*self.queue.take()]
        for message in taken:
            match message.queue:
                case QueueName.DUNNING:
                    body = message.body
                    charging.run_step(self.ports, body["business_id"], body["invoice_id"])
                case QueueName.BILLING:
                    jobs.run_job(self.ports, message.body)
                case QueueName.STRIPE_EVENTS:
                    webhooks.apply_event(self.ports, message.body)
        return len(taken)

    def _webhooks(self) -> int:
        events = self.stripe.next_events()
        for body, header in events:
            webhooks.receive_event(self.ports, body, header, [WEBHOOK_SECRET], livemode=False)
        return len(events)

    # -------------------------------------------------------------------------------- reading

    def read(self, invoice: Invoice) -> Invoice:
        return self.store.invoice(invoice.business_id, invoice.id)

    def history(self, invoice: Invoice) -> list[Fact]:
        return self.store.facts(invoice.business_id, Subject.INVOICE, invoice.id)

    def kinds(self, invoice: Invoice) -> list[str]:
        return [fact.kind for fact in self.history(invoice)]
