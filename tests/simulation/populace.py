"""The people of the soak: businesses, customers with every kind of card, and what they do in time.

Everything is drawn from the world's seed. What the API would be asked is asked again when it was
not answered; what happens at Stripe (refunds in its dashboard, disputes, banks) just happens.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING

from chalicelib.domain.business import Business
from chalicelib.domain.connect import ApplicationFee
from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.facts import SYSTEM, Subject
from chalicelib.domain.invoice import Line
from chalicelib.domain.payment import Trigger
from chalicelib.domain.subscription import Interval, Subscription, first_anchor
from chalicelib.ports import Ports
from chalicelib.services import businesses, customers, invoices, subscriptions
from infra.local.fake_stripe.errors import ApiError
from tests.simulation.scenarios import people
from tests.simulation.scenarios.base import DAY, HOUR

if TYPE_CHECKING:
    from tests.simulation.soak import Soak

# A card's number, its kind, and how often it is held. The named behaviour is Stripe's own.
CARDS = (
    ("4242424242424242", "card", 8),
    ("5555555555554444", "card", 4),
    ("378282246310005", "card", 2),
    ("4000056655665556", "card", 2),
    ("4000000000000341", "card", 4),  # attaches, then declines
    ("4100000000000019", "card", 1),  # blocked by Radar
    ("4000002760003184", "card", 2),  # always wants 3-D Secure
    ("4000003800000446", "card", 1),
    ("4000000000000259", "card", 2),  # disputed at once
    ("4000000000002685", "card", 1),
    ("4000000000001976", "card", 1),  # an inquiry
    ("4000000000007726", "card", 2),  # refunds are slow
    ("4000000000005126", "card", 2),  # refunds fail later
    ("000123456789", "us_bank_account", 4),
    ("000222222227", "us_bank_account", 2),
    ("000111111113", "us_bank_account", 1),
    ("000555555559", "us_bank_account", 1),
)
GOOD = "5555555555554444"
_WEIGHTED = [(number, kind) for number, kind, weight in CARDS for _ in range(weight)]
# What an ordinary card may answer for a while before it pays.
_MOODS = (
    ["insufficient_funds"],
    ["insufficient_funds"] * 3,
    ["processing_error", "do_not_honor"],
    ["expired_card"],
)
SHARE = ApplicationFee(Decimal("1.5"), 10)  # of those who are paid on an account of their own
_RETURN_URL = "https://pay.example/back"


def settle_in(soak: Soak) -> None:
    """Businesses, each but the first on a connected account, and their customers."""
    for number in range(1, soak.size.businesses + 1):
        business_id = f"biz_{number}"
        account = soak.stripe.connect_account() if number > 1 else None
        soak.accounts[business_id] = account
        businesses.create_business(
            soak.ports,
            Business(
                id=business_id,
                name=f"House {number}",
                currency="USD" if number % 4 else "EUR",
                zone=("America/New_York", "Europe/Berlin", "Asia/Tokyo")[number % 3],
                staff_email=f"desk@{business_id}.example",
                email=f"billing@{business_id}.example",
                stripe_account=account,
                connects=account is not None,
                application_fee=SHARE,
                sms_enabled=number % 2 == 0,
            ),
        )
    per_customer = 5
    for number in range(soak.size.invoices // per_customer):
        business_id = f"biz_{number % soak.size.businesses + 1}"
        customer_id = f"cus_{number}"
        _customer(soak, business_id, customer_id)
        _invoices(soak, business_id, customer_id, number, per_customer)


def _customer(soak: Soak, business_id: str, customer_id: str) -> None:
    number, kind = _WEIGHTED[soak.pick(len(_WEIGHTED))]
    if soak.currency(business_id) != "USD" and kind != "card":
        number, kind = GOOD, "card"
    made = Customer(
        id=customer_id,
        business_id=business_id,
        kind=CustomerKind.INDIVIDUAL,
        name="Ada Byron",
        email=f"{customer_id}@{business_id}.example",
    )
    customers.create_customer(soak.ports, made, actor=SYSTEM)
    save(soak, business_id, customer_id, number, kind, "first")
    if number == "4242424242424242" and soak.chance(40):
        method = soak.default_method(business_id, customer_id)
        soak.stripe.script_card(method, _MOODS[soak.pick(len(_MOODS))])
    if soak.chance(25):
        at = soak.pick(soak.size.days * DAY)
        soak.later(at, partial(_new_card, soak, business_id, customer_id))


def _invoices(soak: Soak, business_id: str, customer_id: str, number: int, most: int) -> None:
    """A subscription of as many months as there are, the rest by hand at any time."""
    months = max(soak.size.days // 30, 1)
    by_hand = most
    if number % 2 and most > months:
        soak.ask("subscribe", partial(_subscribe, soak, business_id, customer_id), soak.pick(DAY))
        by_hand = most - months
    for index in range(by_hand):
        invoice_id = f"inv_{customer_id[4:]}n{index}"
        # Late ones are left the time to end.
        at = soak.pick(max(soak.size.days - 15, 1) * DAY)
        bill = partial(_bill, soak, business_id, customer_id, invoice_id, 500 + soak.pick(90_000))
        soak.ask("bill", bill, at)
        if soak.chance(30):
            soak.later(at + HOUR + soak.pick(9 * DAY), partial(_meddle, soak, business_id,
                                                               invoice_id))  # fmt: skip


def _subscribe(soak: Soak, business_id: str, customer_id: str, ports: Ports) -> None:
    start = soak.now.date() + timedelta(days=1)
    subscription_id = f"sub_{customer_id[4:]}"
    if (business_id, Subject.SUBSCRIPTION, subscription_id) in soak.store.heads:
        return
    subscription = Subscription(
        id=subscription_id,
        business_id=business_id,
        customer_id=customer_id,
        product="Platform",
        variant="Business",
        currency=soak.currency(business_id),
        unit_amount=8900,
        interval=Interval.MONTHLY,
        start_on=start,
        segments=(first_anchor(start, 0),),
    )
    subscriptions.subscribe(ports, subscription, actor=SYSTEM)


def _bill(
    soak: Soak, business_id: str, customer_id: str, invoice_id: str, amount: int, ports: Ports
) -> None:
    line = Line(description="Consulting", quantity=Decimal(1), unit_amount=amount)
    if (business_id, Subject.INVOICE, invoice_id) not in soak.store.heads:
        invoices.create_invoice(
            ports, business_id, customer_id, (line,), invoice_id=invoice_id, actor=people.STAFF
        )
    due: date | None = soak.now.date() + timedelta(days=5) if amount % 3 == 0 else None
    invoices.finalize_invoice(ports, business_id, invoice_id, actor=people.STAFF, due_on=due)


def save(
    soak: Soak, business_id: str, customer_id: str, number: str, kind: str, request_id: str
) -> None:
    """A hosted page, filled in; a refusal by the bank leaves nothing."""
    page = customers.start_setup(
        soak.ports,
        business_id,
        customer_id,
        request_id=f"{customer_id}-{request_id}",
        success_url="https://pay.example/saved",
        cancel_url=_RETURN_URL,
    )
    account = soak.accounts[business_id]
    setup = soak.stripe.complete_checkout(page.id, number, kind=kind, account=account)
    if setup["status"] == "requires_action":
        soak.stripe.authenticate(setup["id"], passed=True, account=account)
    customers.receive_setup(soak.ports, business_id, page.id)


def _new_card(soak: Soak, business_id: str, customer_id: str) -> None:
    save(soak, business_id, customer_id, GOOD, "card", f"at-{soak.seconds}")


def _meddle(soak: Soak, business_id: str, invoice_id: str) -> None:
    """Somebody does something about an invoice."""
    deeds: tuple[Callable[[Soak, str, str], None], ...] = (
        _cancel, _charge, _pay, _pay, _refund, _refund, _refund, _dispute,
    )  # fmt: skip
    deeds[soak.pick(len(deeds))](soak, business_id, invoice_id)


def _cancel(soak: Soak, business_id: str, invoice_id: str) -> None:
    def deed(ports: Ports) -> None:
        invoices.cancel_invoice(
            ports, business_id, invoice_id, actor=people.STAFF, reason="A mistake."
        )

    soak.ask("cancel", deed)


def _charge(soak: Soak, business_id: str, invoice_id: str) -> None:
    _request(soak, business_id, invoice_id, Trigger.STAFF, None)


def _pay(soak: Soak, business_id: str, invoice_id: str) -> None:
    """The payer is present, and answers the bank a few minutes later, or never."""
    _request(soak, business_id, invoice_id, Trigger.CUSTOMER, _RETURN_URL)
    soak.later(300, partial(_authenticate, soak, business_id, invoice_id))


def _request(
    soak: Soak, business_id: str, invoice_id: str, trigger: Trigger, return_url: str | None
) -> None:
    request_id = f"{invoice_id}-{soak.seconds}"

    def deed(ports: Ports) -> None:
        invoices.request_charge(
            ports,
            business_id,
            invoice_id,
            request_id=request_id,
            trigger=trigger,
            actor=people.STAFF,
            return_url=return_url,
        )

    soak.ask("charge", deed)


def _authenticate(soak: Soak, business_id: str, invoice_id: str) -> None:
    account = soak.accounts[business_id]
    shelf = soak.stripe.account(account)
    for intent in shelf.payment_intents.values():
        ours = intent["metadata"].get("invoice_id") == invoice_id
        if ours and intent["status"] == "requires_action" and intent["id"] in shelf.actions:
            soak.stripe.authenticate(intent["id"], passed=soak.chance(70), account=account)
            return


def _paid_charge(soak: Soak, business_id: str, invoice_id: str) -> str | None:
    shelf = soak.stripe.account(soak.accounts[business_id])
    return next(
        (
            one["id"]
            for one in shelf.charges.values()
            if one["status"] == "succeeded" and one["metadata"].get("invoice_id") == invoice_id
        ),
        None,
    )


def _refund(soak: Soak, business_id: str, invoice_id: str) -> None:
    """In the dashboard: part of it, now and perhaps once more weeks later."""
    charge = _paid_charge(soak, business_id, invoice_id)
    if charge is None:
        return
    body = {"charge": charge, "amount": 100 + soak.pick(300)}
    soak.stripe.call(
        "POST",
        "/v1/refunds",
        body,
        account=soak.accounts[business_id],
        idempotency_key=f"refund/dash/{invoice_id}/{soak.seconds}",
    )
    if soak.chance(40):
        soak.later(soak.pick(40 * DAY), partial(_refund, soak, business_id, invoice_id))


def _dispute(soak: Soak, business_id: str, invoice_id: str) -> None:
    charge = _paid_charge(soak, business_id, invoice_id)
    if charge is None:
        return
    try:
        made = soak.stripe.dispute(charge, account=soak.accounts[business_id])
    except ApiError:
        return
    if made["status"] != "lost":
        soak.later(soak.pick(50 * DAY), partial(_decide, soak, business_id, made["id"]))


def _decide(soak: Soak, business_id: str, dispute_id: str) -> None:
    account = soak.accounts[business_id]
    if soak.stripe.account(account).disputes[dispute_id]["status"] in {"won", "lost"}:
        return
    soak.stripe.decide_dispute(dispute_id, won=soak.chance(50), account=account)
