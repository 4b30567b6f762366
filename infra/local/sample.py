"""What a freshly started local stack already holds, so that every page has something to show.

A small business with a customer for each thing that can happen. Records are written here; billing,
charging, mails and PDFs are the stack's own work. Ids are fixed, so a second call adds nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.dates import local_date
from chalicelib.domain.errors import NotFound
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.invoice import Line
from chalicelib.domain.parties import Address, BankDetails, Terms
from chalicelib.domain.subscription import Interval, Subscription, first_anchor
from chalicelib.domain.team import Role
from chalicelib.ports import Ports
from chalicelib.services import billing, businesses, customers, invoices, subscriptions, team
from chalicelib.services.portal_links import link_for
from infra.local import payer
from infra.local.inside import ports_inside

BUSINESS_ID = "biz_harbour"
UNPAID = "inv_northwind"
SCRIPTED_CARD = "4111111111111111"
STAFF = Actor(ActorKind.STAFF, "staff_admin")
# `python -m infra.local.issuer SUBJECT` prints a token for each.
MEMBERS = {
    "staff_admin": Role.ADMIN,
    "staff_accountant": Role.ACCOUNTANT,
    "staff_account_manager": Role.ACCOUNT_MANAGER,
    "staff_viewer": Role.VIEWER,
}

BUSINESS = Business(
    id=BUSINESS_ID,
    name="Harbour & Pine",
    legal_name="Harbour & Pine LLC",
    currency="USD",
    zone="America/New_York",
    address=Address("12 Commercial Street", "Suite 4", "Portland", "ME", "04101", "US"),
    tax_id="98-7654321",
    email="billing@harbourpine.example",
    phone="+1 207 555 0134",
    bank=BankDetails(
        account_name="Harbour & Pine LLC",
        routing_number="110000000",
        account_number="000123456789",
    ),
    invoice_note="Thank you for renting with us.",
    invoice_prefix="HP-",
    sms_enabled=True,
    staff_email="desk@harbourpine.example",
)


@dataclass(frozen=True, slots=True)
class Sample:
    """A customer, what pays, and what is billed. `card` is a number of Stripe's testing page."""

    customer: Customer
    card: str = ""
    bank_account: str = ""
    expiry: str = "12 / 34"
    products: tuple[tuple[str, str, int, Interval], ...] = ()
    lines: tuple[Line, ...] = ()
    due_in_days: int | None = None
    memo: str = ""


def _customer(name: str, **more: Any) -> Customer:
    key = name.split(maxsplit=1)[0].lower()
    given: dict[str, Any] = {
        "id": f"cus_{key}",
        "business_id": BUSINESS_ID,
        "kind": CustomerKind.INDIVIDUAL,
        "name": name,
        "email": f"{key}@example.com",
        "account_manager_email": "maya@harbourpine.example",
    }
    return Customer(**given | more)


def _line(description: str, amount: int, quantity: str = "1", tax: str = "0") -> Line:
    return Line(description, Decimal(quantity), amount, tax_percent=Decimal(tax))


LAPTOP = ("Laptop rental", "14-inch, 16 GB", 8900, Interval.MONTHLY)
SAMPLES = (
    Sample(
        _customer("Ada Byron", address=Address("1 Elm Street", "", "Boston", "MA", "02108", "US")),
        card="4242424242424242",
        products=(LAPTOP,),
    ),
    Sample(  # saved without a word, then declined: retried, overdue in a week, paused
        _customer(
            "Grace Kim", phone="+12075550177", sms_consent_at=datetime(2026, 1, 5, tzinfo=UTC)
        ),
        card="4000000000000341",
        products=(LAPTOP,),
    ),
    Sample(  # the bank wants to see the payer each time
        _customer(
            "Émile Durand",
            id="cus_emile",
            email="emile@example.com",
            locale="fr-FR",
            address=Address("5 rue des Lilas", "", "Lyon", "", "69003", "FR"),
        ),
        card="4000002760003184",
        products=(("Standing desk", "Oak, 160 cm", 4900, Interval.MONTHLY),),
    ),
    Sample(
        _customer(
            "Northwind Studio",
            kind=CustomerKind.BUSINESS,
            terms=Terms.NET_30,
            auto_charge=False,
            address=Address("88 Wharf Road", "Floor 2", "Portland", "ME", "04101", "US"),
        ),
        lines=(_line("Workshop chairs", 3500, "12", "5.5"), _line("Delivery", 6500)),
        memo="Purchase order NW-2291.",
    ),
    Sample(
        _customer(
            "Tidewater Foods",
            kind=CustomerKind.BUSINESS,
            terms=Terms.NET_7,
            address=Address("3 Pier Way", "", "Gloucester", "MA", "01930", "US"),
        ),
        bank_account="000123456789",
        lines=(_line("Cold room sensors", 12900, "4", "6.25"),),
        due_in_days=0,
    ),
    Sample(
        _customer(
            "Müller & Söhne GmbH",
            id="cus_mueller",
            email="rechnung@mueller.example",
            kind=CustomerKind.BUSINESS,
            terms=Terms.NET_14,
            locale="de-DE",
            tax_id="DE123456789",
            address=Address("Hafenstraße 9", "", "Hamburg", "", "20457", "DE"),
        ),
        card="5555555555554444",
        products=(("Server rack", "42 U", 129000, Interval.QUARTERLY),),
    ),
    Sample(  # no money today, money tomorrow
        _customer("Lucía Fernández", id="cus_lucia", email="lucia@example.com", locale="es-ES"),
        card=SCRIPTED_CARD,
        products=(LAPTOP,),
    ),
    Sample(
        _customer("山田 花子", id="cus_hanako", email="hanako@example.com"),
        card="4000056655665556",
        products=(("Care plan", "Two visits a year", 19900, Interval.YEARLY),),
    ),
    Sample(
        _customer("Noor Haddad"),
        lines=(_line("Keyboard, not returned", 7900),),
    ),
)


def load_sample_data(outputs: Mapping[str, str]) -> None:
    """Called by `make run` once the stack answers; `outputs` are the stack's, by name."""
    ports = ports_inside(outputs)
    try:
        ports.store.business(BUSINESS_ID)
    except NotFound:
        _load(ports, outputs["StripeUrl"])
    for subject, role in MEMBERS.items():
        team.add_member(ports, BUSINESS_ID, subject, role, actor=STAFF)


def payers_page(outputs: Mapping[str, str]) -> str:
    """The link that a customer has in a mail: an invoice that waits to be paid."""
    ports = ports_inside(outputs)
    return link_for(ports, ports.store.invoice(BUSINESS_ID, UNPAID))


def _load(ports: Ports, stripe_url: str) -> None:
    """Cards before what they pay, so that each is charged once and by the schedule."""
    if stripe_url:
        stripe = payer.Stripe(stripe_url)
        stripe.do(
            "cards", target=SCRIPTED_CARD, outcomes=["insufficient_funds", "insufficient_funds"]
        )
    businesses.create_business(ports, BUSINESS, actor=STAFF)
    today = local_date(ports.clock.now(), BUSINESS.zone)
    for sample in SAMPLES:
        customers.create_customer(ports, sample.customer, actor=STAFF)
        if stripe_url and (sample.card or sample.bank_account):
            _save_method(ports, sample)
        _bill(ports, sample, today)
    _draft(ports)
    billing.bill_due_subscriptions(ports)


def _save_method(ports: Ports, sample: Sample) -> None:
    page = customers.start_setup(
        ports,
        BUSINESS_ID,
        sample.customer.id,
        request_id=f"sample-{sample.customer.id}",
        success_url=f"{ports.links.portal}/saved",
        cancel_url=ports.links.portal,
    )
    if sample.card:
        payer.save_card(page.url, sample.card, expiry=sample.expiry, name=sample.customer.name)
    else:
        payer.save_bank_account(page.url, sample.bank_account, name=sample.customer.name)
    customers.receive_setup(ports, BUSINESS_ID, page.id)


def _bill(ports: Ports, sample: Sample, today: date) -> None:
    customer = sample.customer
    for product, variant, amount, interval in sample.products:
        # From yesterday, so that the first period is due whatever hour it is.
        start_on = today - timedelta(days=1)
        subscription = Subscription(
            id=customer.id.replace("cus_", "sub_"),
            business_id=BUSINESS_ID,
            customer_id=customer.id,
            product=product,
            variant=variant,
            currency=BUSINESS.currency,
            unit_amount=amount,
            interval=interval,
            start_on=start_on,
            segments=(first_anchor(start_on, 0),),
        )
        subscriptions.subscribe(ports, subscription, actor=STAFF)
    if sample.lines:
        invoice_id = customer.id.replace("cus_", "inv_")
        invoices.create_invoice(
            ports, BUSINESS_ID, customer.id, sample.lines,
            invoice_id=invoice_id, actor=STAFF, memo=sample.memo,
        )  # fmt: skip
        due_on = None if sample.due_in_days is None else today + timedelta(days=sample.due_in_days)
        invoices.finalize_invoice(ports, BUSINESS_ID, invoice_id, actor=STAFF, due_on=due_on)


def _draft(ports: Ports) -> None:
    """One that staff have yet to finish."""
    invoices.create_invoice(
        ports, BUSINESS_ID, "cus_northwind", (_line("Chairs, second order", 3500, "6", "5.5"),),
        invoice_id="inv_draft", actor=STAFF,
    )  # fmt: skip
