"""Who stands on the stage, and what people do: each deed is one call of the API, made again by its
client when it was not answered.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from datetime import date
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.errors import Conflict, DomainError
from chalicelib.domain.facts import SYSTEM, Actor, ActorKind, Subject
from chalicelib.domain.invoice import Invoice, Line
from chalicelib.domain.payment import Trigger
from chalicelib.ports import Ports
from chalicelib.ports.answers import FactExists
from chalicelib.services import businesses, customers, invoices
from tests.simulation.install import BUSINESS, World
from tests.simulation.world import Message

CUSTOMER = "cus_1"
INVOICE = "inv_1"
VISA = "4242424242424242"
RETURN = "https://pay.example/back"
MASTERCARD = "5555555555554444"
DEBIT_CARD = "4000056655665556"
AMOUNT = 8900
STAFF = Actor(ActorKind.STAFF, "usr_1")
PAYER = Actor(ActorKind.CUSTOMER, CUSTOMER)
AGAIN_AFTER = 30


def stage(
    world: World,
    *,
    number: str | None = VISA,
    kind: str = "card",
    business: Mapping[str, Any] = MappingProxyType({}),
    **changes: Any,
) -> None:
    """A business, one customer, and what the customer pays with."""
    businesses.create_business(
        world.ports,
        Business(
            id=BUSINESS,
            name="Harbour & Pine",
            currency="USD",
            zone="America/New_York",
            staff_email="desk@harbour.example",
            email="billing@harbour.example",
            sms_enabled=True,
            **business,
        ),
    )
    customer = Customer(
        id=CUSTOMER,
        business_id=BUSINESS,
        kind=CustomerKind.INDIVIDUAL,
        name="Ada Byron",
        email="ada@example.com",
        **changes,
    )
    customers.create_customer(world.ports, customer, actor=SYSTEM)
    if number is not None:
        session = open_page(world.ports, "stage")
        world.stripe.complete_checkout(session, number, kind=kind)
        customers.receive_setup(world.ports, BUSINESS, session)


def open_page(ports: Ports, request_id: str) -> str:
    """Stripe's hosted page for a new card; its session's id."""
    return customers.start_setup(
        ports,
        BUSINESS,
        CUSTOMER,
        request_id=request_id,
        success_url="https://pay.example/saved",
        cancel_url="https://pay.example/back",
    ).id


def bill(ports: Ports, invoice_id: str = INVOICE, due_on: date | None = None) -> None:
    """An invoice by hand, made and sent: repeating it is harmless."""
    line = Line(description="Consulting", quantity=Decimal(1), unit_amount=AMOUNT)
    with suppress(FactExists):
        invoices.create_invoice(
            ports, BUSINESS, CUSTOMER, (line,), invoice_id=invoice_id, actor=STAFF
        )
    with suppress(Conflict):
        invoices.finalize_invoice(ports, BUSINESS, invoice_id, actor=STAFF, due_on=due_on)


def charge_now(ports: Ports, request_id: str, trigger: Trigger, **more: Any) -> None:
    """Staff's retry button or the payer's pay button."""
    invoices.request_charge(
        ports,
        BUSINESS,
        INVOICE,
        request_id=request_id,
        trigger=trigger,
        actor=STAFF if trigger is Trigger.STAFF else PAYER,
        **more,
    )


def cancel(ports: Ports) -> None:
    invoices.cancel_invoice(ports, BUSINESS, INVOICE, actor=STAFF, reason="Ordered by mistake.")


def ask(
    world: World,
    seconds: int,
    name: str,
    deed: Callable[[Ports], object],
    *,
    repeatable: bool = True,
) -> None:
    """One call of the API. What it is answered (a 409 too) ends it; no answer is tried again."""

    def run() -> None:
        with suppress(DomainError, FactExists):
            deed(world.ports)

    def failed() -> None:
        if message.deleted:
            return
        if message.receives < message.most:
            world.later(AGAIN_AFTER, message)
        else:
            world.lose(message)

    message = Message(f"api:{name}", run, failed=failed, repeatable=repeatable)
    world.later(seconds, message)


def happens(world: World, seconds: int, deed: Callable[[], object]) -> None:
    """Something outside: the payer at the bank's page, a bank, a card network."""
    world.later(seconds, lambda: (deed(), None)[1])


def invoice(world: World, invoice_id: str = INVOICE) -> Invoice | None:
    head: Invoice | None = world.store.heads.get((BUSINESS, Subject.INVOICE, invoice_id))
    return head


def new_card(world: World, seconds: int, number: str, *, comes_back: bool = True) -> None:
    """The payer opens Stripe's page, types in a card and comes back to us, or closes the window."""
    sessions: list[str] = []
    clicks: list[str] = []  # each click is a request of its own

    def click(ports: Ports) -> None:
        clicks.append(f"new-card-{seconds}-{len(clicks) + 1}")
        sessions.append(open_page(ports, clicks[-1]))

    def fill_in() -> None:
        if not sessions:
            world.later(AGAIN_AFTER, fill_in)
            return
        world.stripe.complete_checkout(sessions[0], number)
        if comes_back:
            ask(world, 5, "return", lambda ports: take_over(ports, sessions[0]))

    ask(world, seconds, "page", click, repeatable=False)
    world.later(seconds + 40, fill_in)


def take_over(ports: Ports, session: str) -> None:
    """The payer's browser comes back from Stripe's page."""
    customers.receive_setup(ports, BUSINESS, session)


def must_be(world: World, *statuses: str, invoice_id: str = INVOICE) -> Iterator[str]:
    """What is wrong with the invoice's end, if anything."""
    found = invoice(world, invoice_id)
    if found is None or found.status.value not in statuses:
        yield f"the invoice is {found.status.value if found else 'not there'}"
