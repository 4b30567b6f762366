"""What the AR desk has made of a business's customer and paid invoice, for the matrix."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

from chalicelib.domain.customer import Customer
from chalicelib.domain.external_payment import ExternalMethod
from chalicelib.domain.facts import Actor, ActorKind
from chalicelib.domain.invoice import Invoice
from chalicelib.domain.party_facts import BusinessChanged
from chalicelib.domain.payment import Allocation
from chalicelib.domain.record import on_party
from chalicelib.ports.rows import Change
from chalicelib.services import credit, credit_notes, credit_payouts, external_payments, refunding
from chalicelib.services.credit_notes import Correction
from chalicelib.services.external_payments import Received
from tests.fakes.install import Install

CLERK = Actor(ActorKind.STAFF, "user_clerk")
DAY = date(2026, 1, 1)


def desk_things(install: Install, customer: Customer, paid: Invoice) -> dict[str, str]:
    """Ids of an external payment with credit left over, refunds, a credit note, an application."""
    business_id = customer.business_id
    settled = install.invoice(customer, 1000, due_on=date(2026, 3, 1))
    external = install.ids.new("ext")
    came = Received(external, ExternalMethod.WIRE, f"W-{external}", 900, DAY, ())
    external_payments.record_payment(install.ports, business_id, customer.id, came, actor=CLERK)
    application = install.ids.new("app")
    credit.apply_credit(
        install.ports,
        business_id,
        customer.id,
        application_id=application,
        chosen=(Allocation(settled.id, 100),),
        actor=CLERK,
    )
    note = credit_notes.issue_credit_note(
        install.ports,
        business_id,
        paid.id,
        Correction(install.ids.new("cn"), "Too much.", 10),
        actor=CLERK,
    )
    done = _refund(install, paid)
    _limit(install, business_id)
    waiting = _refund(install, paid)
    payout = credit_payouts.pay_out(
        install.ports,
        business_id,
        customer.id,
        payout_id=install.ids.new("out"),
        method=ExternalMethod.CASH,
        reference="",
        amount=16,
        paid_on=DAY,
        reason="Asked for.",
        actor=CLERK,
    )
    install.settle()
    return {
        "external_payment_id": external,
        "credit_application_id": application,
        "credit_note_id": note.id,
        "refund_id": done,
        "waiting_refund": waiting,
        "credit_payout_id": payout.id,
    }


def _refund(install: Install, paid: Invoice) -> str:
    return refunding.request_refund(
        install.ports,
        paid.business_id,
        paid.id,
        refund_id=install.ids.new("ref"),
        payment_id=paid.payments[0].id,
        amount=10,
        reason="Returned.",
        actor=CLERK,
    ).id


def _limit(install: Install, business_id: str) -> None:
    """From now on a second person has to agree to more than 15."""
    business = install.store.business(business_id)
    strict = replace(business, refund_approval_above=15)
    changed = BusinessChanged(strict, ("refund_approval_above",))
    install.store.append([Change(*on_party(business, changed, at=install.clock.now()))])
