"""Small heads and facts for the store's contract, made the way services make them."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from chalicelib.domain import invoice_facts, party_facts
from chalicelib.domain.business import Business
from chalicelib.domain.customer import Customer, CustomerKind
from chalicelib.domain.desk.external_payments import ExternalPaymentRecorded
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import (
    SYSTEM,
    Actor,
    ActorKind,
    Effect,
    EffectKind,
    Fact,
    Subject,
    seal,
)
from chalicelib.domain.invoice import (
    BillTo,
    Hold,
    HoldKind,
    Invoice,
    InvoiceStatus,
    Line,
    NextAction,
    NextActionKind,
    totals_of,
)
from chalicelib.domain.ledger import legs
from chalicelib.domain.parties import Terms
from chalicelib.domain.record import first_of_party, on_party
from chalicelib.domain.subscription import Subscription, SubscriptionStatus, first_anchor
from chalicelib.domain.team import Member, Role, Team
from chalicelib.domain.team_facts import MemberAdded
from chalicelib.ports.rows import Change, FactRef

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
BIZ = "biz_1"
OTHER_BIZ = "biz_2"
CUS = "cus_1"
RECEIPT = Effect(EffectKind.MAIL, "receipt")
DOCUMENT = Effect(EffectKind.DOCUMENT, "receipt")


def minutes(count: int) -> datetime:
    return NOON + timedelta(minutes=count)


def new_business(business_id: str = BIZ, *, account: str | None = None) -> Change:
    business = Business(
        id=business_id, name="Acme", currency="USD", zone="UTC", stripe_account=account
    )
    head, fact = first_of_party(business, party_facts.BusinessCreated(business), at=NOON)
    return Change(head, fact)


def new_team(business_id: str = BIZ) -> Change:
    member = MemberAdded(Member("usr_1", Role.ADMIN, NOON))
    return Change(*first_of_party(Team(business_id), member, at=NOON))


def joined(change: Change, user_id: str) -> Change:
    assert isinstance(change.head, Team)
    member = MemberAdded(Member(user_id, Role.VIEWER, NOON))
    return Change(*on_party(change.head, member, at=NOON))


def new_customer(customer_id: str = CUS, *, business_id: str = BIZ, name: str = "Ann") -> Change:
    customer = Customer(
        id=customer_id,
        business_id=business_id,
        kind=CustomerKind.BUSINESS,
        name=name,
        email="ann@example.com",
    )
    head, fact = first_of_party(customer, party_facts.CustomerCreated(customer), at=NOON)
    return Change(head, fact)


def renamed(change: Change, name: str) -> Change:
    assert isinstance(change.head, Customer)
    payload = party_facts.CustomerChanged(replace(change.head, name=name), ("name",))
    head, fact = on_party(change.head, payload, at=NOON)
    return Change(head, fact)


def new_subscription(
    subscription_id: str = "sub_1",
    *,
    start_on: date = date(2026, 3, 1),
    bill_at: datetime | None = None,
    status: SubscriptionStatus = SubscriptionStatus.ACTIVE,
) -> Change:
    subscription = Subscription(
        id=subscription_id,
        business_id=BIZ,
        customer_id=CUS,
        product="Fibre",
        currency="USD",
        unit_amount=8900,
        start_on=start_on,
        segments=(first_anchor(start_on, 0),),
        next_bill_at=bill_at,
        status=status,
    )
    head, fact = first_of_party(
        subscription, party_facts.SubscriptionCreated(subscription), at=NOON
    )
    return Change(head, fact)


def invoice(
    invoice_id: str = "inv_1",
    *,
    business_id: str = BIZ,
    customer_id: str = CUS,
    status: InvoiceStatus = InvoiceStatus.PENDING,
    created_at: datetime = NOON,
    due_on: date | None = None,
) -> Invoice:
    lines = (Line("Fibre", Decimal(1), 8900, tax_percent=Decimal("8.875")),)
    return Invoice(
        id=invoice_id,
        business_id=business_id,
        customer_id=customer_id,
        currency="USD",
        lines=lines,
        totals=totals_of(lines),
        bill_to=BillTo("Ann", "ann@example.com"),
        terms=Terms.NET_30,
        created_at=created_at,
        auto_charge=True,
        status=status,
        due_on=due_on,
    )


def step(
    before: Invoice,
    payload: object | None = None,
    *,
    effects: tuple[Effect, ...] = (),
    next_action: NextAction | None = None,
    status: InvoiceStatus | None = None,
    by: str = "",
    at: datetime = NOON,
) -> Change:
    """The next fact of an invoice, without the domain's rules: the store does not know them."""
    seq = before.version + 1
    said = payload or (
        invoice_facts.InvoiceCreated(before) if seq == 1 else invoice_facts.Replanned("again")
    )
    fact = seal(
        Fact(
            business_id=before.business_id,
            subject=Subject.INVOICE,
            subject_id=before.id,
            seq=seq,
            key=said.key(seq),  # type: ignore[attr-defined]
            kind=said.kind,  # type: ignore[attr-defined]
            at=at,
            actor=Actor(ActorKind.STAFF, by) if by else SYSTEM,
            why="",
            data=said,
            effects=effects,
            next_action=next_action,
            previous=before.chain,
        )
    )
    after = replace(
        before,
        version=seq,
        chain=fact.hash,
        next_action=next_action,
        status=status or before.status,
    )
    return Change(after, fact)


def posted(before: Change, payload: object, *, at: datetime = NOON) -> Change:
    """The next fact of an invoice, with legs: it moved money."""
    assert isinstance(before.head, Invoice)
    made = step(before.head, payload, at=at)
    moved = legs("USD", receivable=100, revenue=-100)
    fact = seal(replace(made.fact, legs=moved))
    assert isinstance(made.head, Invoice)
    return Change(replace(made.head, chain=fact.hash), fact)


def new_invoice(invoice_id: str = "inv_1", **known: object) -> Change:
    return step(invoice(invoice_id, **known))  # type: ignore[arg-type]


def held(before: Change, reason: str) -> Change:
    """A change whose key says only where it stands: two people may want the same one."""
    assert isinstance(before.head, Invoice)
    return step(before.head, invoice_facts.HoldPlaced(Hold(HoldKind.STAFF, reason)))


def paid(
    before: Change, reference: str, *, by: str = "", effects: tuple[Effect, ...] = ()
) -> Change:
    """A change whose key names an outside object."""
    assert isinstance(before.head, Invoice)
    payload = ExternalPaymentRecorded(
        reference, ExternalMethod.WIRE, reference, 100, date(2026, 3, 1)
    )
    return step(before.head, payload, by=by, effects=effects, status=InvoiceStatus.PAID)


def charge_at(at: datetime, kind: NextActionKind = NextActionKind.CHARGE) -> NextAction:
    return NextAction(kind, at, "It is due.")


def ref_of(change: Change) -> FactRef:
    fact = change.fact
    return FactRef(fact.business_id, fact.subject, fact.subject_id, fact.key)
