"""The demo's business: founded with a test clock and a Stripe account, moved in from its files."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer
from chalicelib.domain.dates import add_months, instant, local_date
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.imports.values import DateOrder
from chalicelib.domain.parties import Address, BankDetails
from chalicelib.domain.subscription import Subscription, first_anchor
from chalicelib.domain.team import Role
from chalicelib.ports import Ports
from chalicelib.services import businesses, clocks, customers, subscriptions, team
from chalicelib.services.importing import ImportReport, import_customers, import_invoices
from infra.local import payer
from infra.local.demo.cast import GOOD, MASTERCARD, MOVING_IN, VISA, Part, own_number, parts_for
from infra.local.demo.files import DATA, WRITTEN_ON

ZONE = "America/New_York"
MORNING = time(5)
CUSTOMER_FILES = ("quickbooks-customers.csv", "xero-contacts.csv", "freshbooks-clients.csv")
INVOICE_FILES = {
    "quickbooks-invoices.csv": (DateOrder.MONTH_FIRST, r"(\d\d)/(\d\d)/(\d{4})", "%m/%d/%Y"),
    "xero-sales-invoices.csv": (DateOrder.DAY_FIRST, r"(\d\d)/(\d\d)/(\d{4})", "%d/%m/%Y"),
}
FIRST_BILLS = 13  # days over which the subscriptions begin
EXPIRES_ON_DAY = 5
RETURN_URL = "https://pay.example/back"

Each = Callable[[Callable[[Any], Any], Iterable[Any]], list[Any]]


@dataclass
class Company:
    """Who plays what, and where it is kept."""

    ports: Ports
    stripe: payer.Stripe
    business_id: str
    clock_id: str
    account: str
    starts_at: datetime
    parts: dict[str, Part] = field(default_factory=dict)  # by customer
    subscription_ids: dict[str, str] = field(default_factory=dict)  # by customer
    reports: dict[str, ImportReport] = field(default_factory=dict)  # by file

    @property
    def staff(self) -> Actor:
        return Actor(ActorKind.STAFF, f"staff_{self.business_id}")

    def save_method(self, customer: Customer, part: Part, number: str, request: str) -> None:
        """On the hosted page, as the customer would. What it saved is told by Stripe's event."""
        page = customers.start_setup(
            self.ports,
            self.business_id,
            customer.id,
            request_id=f"{customer.id}-{request}",
            success_url=RETURN_URL,
            cancel_url=RETURN_URL,
        )
        if part.bank_account and request == "first":
            payer.save_bank_account(page.url, part.bank_account, name=customer.name)
            return
        months = part.expires_in_months if request == "first" else 60
        printed = add_months(self.day(EXPIRES_ON_DAY), months)
        payer.save_card(page.url, number, expiry=f"{printed:%m / %y}", name=customer.name)

    def day(self, number: int) -> date:
        """The n-th day from the first, which is 0."""
        return local_date(self.starts_at, ZONE) + timedelta(days=number)


def found(ports: Ports, stripe: payer.Stripe) -> Company:
    """A fresh business. Its clock begins on the next Monday by Stripe's clock, and is advancing
    from the start, so that everything is done by the demo's own run."""
    now = datetime.fromtimestamp(stripe.books()["now"], UTC)
    today = local_date(now, ZONE)
    monday = today + timedelta(days=7 - today.weekday())
    company = Company(
        ports=ports,
        stripe=stripe,
        business_id=ports.ids.new("biz"),
        clock_id=ports.ids.new("clk"),
        account=stripe.do("account", ready=True)["account"],
        starts_at=instant(monday, MORNING, ZONE),
    )
    clocks.create_clock(ports, company.business_id, company.clock_id, company.starts_at)
    until = instant(company.day(1), MORNING, ZONE)
    clocks.start_advance(ports, company.business_id, company.clock_id, until)
    businesses.create_business(ports, _business(company), actor=company.staff)
    team.add_member(ports, company.business_id, company.staff.id, Role.ADMIN, actor=company.staff)
    return company


def _business(company: Company) -> Business:
    return Business(
        id=company.business_id,
        name="Lantern Rentals",
        legal_name="Lantern Rentals Inc.",
        currency="USD",
        zone=ZONE,
        address=Address("400 Congress Street", "", "Portland", "ME", "04101", "US"),
        tax_id="12-3456789",
        email="billing@lantern.example",
        bank=BankDetails("Lantern Rentals Inc.", "", "", "110000000", "000123456789"),
        invoice_prefix="LR-",
        sms_enabled=True,
        staff_email="desk@lantern.example",
        stripe_account=company.account,
        test_clock_id=company.clock_id,
    )


def move_in(company: Company, each: Each, *, most: int | None = None) -> None:
    """Customers, their cards, their subscriptions, and what they still owe, in this order.

    `most` leaves out all but the first customers and every invoice of the others.
    """
    for name in CUSTOMER_FILES:
        company.reports[name] = import_customers(
            company.ports, company.business_id, (DATA / name).read_bytes(), actor=company.staff
        )
    everybody = [
        (name, row.id) for name in CUSTOMER_FILES for row in company.reports[name].imported
    ]
    chosen = [customer_id for _, customer_id in everybody][:most]
    _cast(company, chosen)
    each(lambda index: _settle_in(company, chosen[index], index), range(len(chosen)))
    for name in INVOICE_FILES:
        company.reports[name] = import_invoices(
            company.ports,
            company.business_id,
            _moved(company, name),
            actor=company.staff,
            date_order=INVOICE_FILES[name][0],
        )


def _cast(company: Company, chosen: list[str]) -> None:
    """Those who bring invoices along behave; the others play everything there is."""
    bringing = [one for index, one in enumerate(chosen) if index % 5 == 4]
    for index, customer_id in enumerate(bringing):
        company.parts[customer_id] = MOVING_IN[index % len(MOVING_IN)]
    others = [one for one in chosen if one not in company.parts]
    company.parts.update(zip(others, parts_for(len(others)), strict=True))


def _settle_in(company: Company, customer_id: str, index: int) -> None:
    part, ports = company.parts[customer_id], company.ports
    customer = ports.store.customer(company.business_id, customer_id)
    changes: dict[str, Any] = {"auto_charge": not part.by_hand}
    if customer.phone and index % 4 == 1:
        changes["sms_consent_at"] = company.starts_at
    if part.by_hand or "sms_consent_at" in changes:
        customers.change_customer(
            ports, company.business_id, customer_id, changes, actor=company.staff
        )
    number = own_number(part.card, index) if part.card in {VISA, MASTERCARD} else part.card
    if part.answers:
        company.stripe.do("cards", target=number, outcomes=list(part.answers))
    elif part.card in {VISA, MASTERCARD}:
        number = GOOD
    if number or part.bank_account:
        company.save_method(customer, part, number, "first")
    _subscribe(company, customer, part, index)


def _subscribe(company: Company, customer: Customer, part: Part, index: int) -> None:
    first = EXPIRES_ON_DAY if part.expires_in_months == 0 else 1 + index % FIRST_BILLS
    start_on = company.day(first - part.trial_days if part.trial_days else first)
    subscription = Subscription(
        id=company.ports.ids.new("sub"),
        business_id=company.business_id,
        customer_id=customer.id,
        product=("Laptop rental", "Care plan", "Standing desk")[index % 3],
        variant=("Small", "Large")[index % 2],
        currency="USD",
        unit_amount=1900 + index * 370 % 9000,
        interval=part.interval,
        trial_days=part.trial_days,
        start_on=start_on,
        segments=(first_anchor(start_on, part.trial_days),),
    )
    made = subscriptions.subscribe(company.ports, subscription, actor=company.staff)
    company.subscription_ids[customer.id] = made.id


def _moved(company: Company, name: str) -> bytes:
    """The file with its days brought to the demo's present, by whole weeks."""
    _, pattern, written = INVOICE_FILES[name]
    shift = company.day(0) - WRITTEN_ON

    def later(match: re.Match[str]) -> str:
        try:
            on = datetime.strptime(match.group(), written).replace(tzinfo=UTC).date()
        except ValueError:
            return match.group()  # one of the file's mistakes
        return f"{on + shift:{written}}"

    text = (DATA / name).read_bytes().decode()
    return re.sub(pattern, later, text).encode()
