"""Early fraud warnings: the card is charged no more, staff are told, and only staff release it."""

from __future__ import annotations

from datetime import date
from typing import Any

import pytest

from chalicelib.domain.desk.warned import FraudWarned
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.facts import Actor, ActorKind, Subject
from chalicelib.domain.fraud_warning import FraudWarning, WarningStage
from chalicelib.domain.invoice import HoldKind, Invoice, InvoiceStatus
from chalicelib.domain.payment import Trigger
from chalicelib.ports.answers import Unanswered
from chalicelib.services import fraud_warnings, invoices, refunding, webhooks
from chalicelib.services.credit_notes import Right, reissue
from chalicelib.services.webhooks import Applied
from tests.fakes.install import VISA, Install
from tests.services.checks import check_install, check_stripe, coast, delivered, subjects
from tests.services.test_after_payment import charge_id, kinds, paid

STAFF = Actor(ActorKind.STAFF, "user_1")
OTHER_CARD = "5555555555554444"
OPEN = (WarningStage.ACTIONABLE, WarningStage.BLOCKED)


def warned(**more: Any) -> tuple[Install, Invoice, FraudWarning]:
    install, invoice = paid()
    made = install.stripe.warn_of_fraud(charge_id(invoice), **more)
    install.settle()
    return install, invoice, record(install, made["id"])


def record(install: Install, warning_id: str) -> FraudWarning:
    return install.store.fraud_warning("biz_1", warning_id)


def release(install: Install, warning: FraudWarning) -> FraudWarning:
    freed = fraud_warnings.release(
        install.ports, "biz_1", warning.id, reason="They called: it is theirs.", actor=STAFF
    )
    install.settle()
    return freed


def next_invoice(install: Install, invoice: Invoice, **more: Any) -> Invoice:
    customer = install.store.customer("biz_1", invoice.customer_id)
    made = install.invoice(customer, **more)
    install.settle()
    return install.read(made)


def test_a_warning_stops_the_card_and_tells_staff_what_to_do() -> None:
    install, invoice, warning = warned(fraud_type="made_with_stolen_card")
    assert (warning.invoice_id, warning.charge_id) == (invoice.id, charge_id(invoice))
    assert (warning.amount, warning.brand, warning.last4) == (8900, "visa", "4242")
    assert (warning.stage, warning.actionable) == (WarningStage.ACTIONABLE, True)
    assert "Refund it in full" in warning.advice
    held = install.read(invoice)
    assert held.holding is not None
    assert held.holding.kind is HoldKind.FRAUD_WARNING
    assert len(delivered(install, "staff_fraud_warning")) == 1
    assert any(one.startswith("Fraud warning: Ada Byron") for one in subjects(install))
    later = next_invoice(install, invoice)
    coast(install, days=12)
    assert install.read(later).attempts == ()
    assert len(install.stripe.account().charges) == 1
    reasons = invoices.why_not_chargeable(install.ports, "biz_1", later.id)
    assert [reason.code for reason in reasons] == ["fraud_warning"]
    check_install(install)


@pytest.mark.parametrize("trigger", [Trigger.STAFF, Trigger.CUSTOMER, Trigger.NEW_CARD])
def test_nobody_charges_the_card_that_was_warned_of(trigger: Trigger) -> None:
    install, invoice, _ = warned()
    later = next_invoice(install, invoice)
    with pytest.raises(Conflict) as refused:
        invoices.request_charge(
            install.ports, "biz_1", later.id, request_id="r1", trigger=trigger, actor=STAFF
        )
    assert refused.value.code == "fraud_warning"


def test_typing_the_same_card_in_again_changes_nothing_and_another_card_pays() -> None:
    install, invoice, _ = warned()
    later = next_invoice(install, invoice)
    install.save_card("biz_1", invoice.customer_id, VISA)
    install.advance(days=2)
    assert install.read(later).attempts == ()
    install.save_card("biz_1", invoice.customer_id, OTHER_CARD)
    install.advance(days=2)
    assert install.read(later).status is InvoiceStatus.PAID
    check_stripe(install)


def test_the_payer_reads_nothing_of_fraud() -> None:
    install, invoice, _ = warned()
    later = next_invoice(install, invoice, due_on=date(2026, 1, 3))
    coast(install, days=5)
    assert install.read(later).overdue_at is not None
    theirs = [one.message.as_string() for one in install.mail.sent if "ada@" in one.recipient]
    assert theirs
    assert not [one for one in theirs if "fraud" in one.lower()]


def test_only_a_release_lets_it_be_charged_again() -> None:
    install, invoice, warning = warned()
    later = next_invoice(install, invoice)
    release(install, warning)
    install.advance(days=1)
    freed = record(install, warning.id)
    assert (freed.stage, install.read(invoice).holding) == (WarningStage.RELEASED, None)
    assert install.read(later).status is InvoiceStatus.PAID
    assert install.store.customer("biz_1", invoice.customer_id).card_warnings == ()
    again = release(install, warning)
    assert again == record(install, warning.id)
    check_install(install)
    check_stripe(install)


def test_a_refund_in_full_leaves_nothing_to_do_but_the_card() -> None:
    install, invoice, warning = warned()
    refunding.request_refund(
        install.ports,
        "biz_1",
        invoice.id,
        refund_id="ref_1",
        payment_id=invoice.payments[0].id,
        amount=8900,
        reason="fraudulent",
        actor=STAFF,
    )
    install.settle()
    over = record(install, warning.id)
    assert (over.stage, over.actionable) == (WarningStage.BLOCKED, False)
    assert "refunded" in over.advice
    assert install.read(invoice).holding is not None
    assert [one.id for one in install.store.fraud_warnings("biz_1", stages=OPEN).items] == [over.id]
    check_stripe(install)


def test_the_dispute_it_foretold_names_it() -> None:
    install, invoice, warning = warned()
    made = install.stripe.dispute(charge_id(invoice))
    install.settle()
    assert install.store.dispute("biz_1", made["id"]).fraud_warning_id == warning.id
    after = record(install, warning.id)
    assert (after.dispute_id, after.stage) == (made["id"], WarningStage.BLOCKED)
    assert "answer the dispute" in after.advice
    install.stripe.decide_dispute(made["id"], won=True)
    install.settle()
    held = install.read(invoice).holding
    assert held is not None
    assert held.kind is HoldKind.FRAUD_WARNING
    check_install(install)
    check_stripe(install)


def test_a_warning_after_the_dispute_is_linked_as_well() -> None:
    install, invoice = paid()
    made = install.stripe.dispute(charge_id(invoice))
    install.settle()
    warning = install.stripe.warn_of_fraud(charge_id(invoice))
    install.settle()
    kept = record(install, warning["id"])
    assert (kept.dispute_id, kept.actionable) == (made["id"], False)
    assert install.store.dispute("biz_1", made["id"]).fraud_warning_id == kept.id
    check_install(install)


def test_a_reconciliation_finds_what_no_event_told() -> None:
    install, invoice = paid()
    install.stripe.webhooks.endpoints.clear()
    made = install.stripe.warn_of_fraud(charge_id(invoice))
    for _ in range(2):
        install.reconcile()
    assert record(install, made["id"]).actionable
    install.stripe.dispute(charge_id(invoice))
    install.reconcile()
    install.reconcile()
    after = record(install, made["id"])
    assert (after.actionable, after.dispute_id is None) == (False, False)
    assert kinds(install, invoice, "fraud_warned") == ["fraud_warned"]
    check_install(install)


def test_events_again_and_late_change_nothing() -> None:
    install, invoice, warning = warned()
    before = install.read(invoice).version
    hint = {
        "event_id": "evt_1",
        "type": "radar.early_fraud_warning.updated",
        "account": "",
        "object_id": warning.id,
        "intent_id": str(invoice.payments[0].intent_id),
        "business_id": "",
        "customer_ref": "",
    }
    assert webhooks.apply_event(install.ports, hint) is Applied.NOTHING_NEW
    release(install, warning)
    assert webhooks.apply_event(install.ports, hint) is Applied.NOTHING_NEW
    assert install.read(invoice).version == before + 1
    unknown = hint | {"object_id": "issfr_unknown"}
    assert webhooks.apply_event(install.ports, unknown) is Applied.IGNORED


def test_a_warning_that_overtakes_the_success_posts_it_first() -> None:
    install = Install.at()
    install.business()
    customer = install.customer()
    install.stripe.webhooks.endpoints.clear()
    install.stripe.faults.plan("drop_after", "payment_intents.confirm")
    install.stripe.faults.plan("drop_before", "payment_intents.retrieve")
    invoice = install.invoice(customer)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PENDING
    (charge,) = install.stripe.account().charges
    made = install.stripe.warn_of_fraud(charge)
    assert fraud_warnings.receive(install.ports, "biz_1", made["id"])
    assert install.read(invoice).status is InvoiceStatus.PAID
    assert record(install, made["id"]).last4 == "4242"
    check_stripe(install)


def test_a_warning_that_cannot_be_read_is_read_again() -> None:
    install, invoice = paid()
    made = install.stripe.warn_of_fraud(charge_id(invoice))
    install.stripe.faults.plan("drop_before", "radar.early_fraud_warnings.retrieve")
    with pytest.raises(Unanswered):
        fraud_warnings.receive(install.ports, "biz_1", made["id"])
    with pytest.raises(NotFound):
        record(install, made["id"])
    assert fraud_warnings.receive(install.ports, "biz_1", made["id"])


def test_another_business_of_the_same_account_keeps_out_of_it() -> None:
    install, invoice = paid()
    install.business("biz_2")
    made = install.stripe.warn_of_fraud(charge_id(invoice))
    assert not fraud_warnings.receive(install.ports, "biz_2", made["id"])
    install.settle()
    assert record(install, made["id"]).business_id == "biz_1"


def test_the_rest_of_the_invoice_is_collected_by_nobody_but_by_hand() -> None:
    """A part was paid with the card: the other part is not charged to another card by itself."""
    install = Install.at()
    install.business()
    invoice = install.invoice(install.customer(auto_charge=False), 8900)
    request: dict[str, Any] = {"trigger": Trigger.STAFF, "actor": STAFF}
    invoices.request_charge(
        install.ports, "biz_1", invoice.id, request_id="r0", amount=5000, **request
    )
    install.settle()
    made = install.stripe.warn_of_fraud(charge_id(install.read(invoice)))
    install.settle()
    install.save_card("biz_1", invoice.customer_id, OTHER_CARD)
    install.advance(days=3)
    assert install.read(invoice).amount_remaining == 3900
    assert record(install, made["id"]).amount == 5000
    invoices.request_charge(install.ports, "biz_1", invoice.id, request_id="r1", **request)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID
    check_stripe(install)


def test_correcting_the_invoice_frees_no_card() -> None:
    install, invoice, warning = warned()
    right = Right(id="inv_new", note_id="cn_1", reason="No order number.", po_number="PO-1")
    reissue(install.ports, "biz_1", invoice.id, right, actor=STAFF)
    install.settle()
    customer = install.store.customer("biz_1", invoice.customer_id)
    assert [one.id for one in customer.card_warnings] == [warning.id]
    release(install, warning)
    check_install(install)


def test_the_facts_tell_who_released_it_and_why() -> None:
    install, invoice, warning = warned()
    release(install, warning)
    history = install.store.facts("biz_1", Subject.INVOICE, invoice.id)
    told = [fact for fact in history if fact.kind.startswith("fraud_")]
    assert [(fact.kind, fact.actor.kind) for fact in told] == [
        ("fraud_warned", ActorKind.STRIPE),
        ("fraud_released", ActorKind.STAFF),
    ]
    assert isinstance(told[0].data, FraudWarned)
    assert told[1].why == "They called: it is theirs."
