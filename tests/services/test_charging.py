"""Charges as they go: cards that are dead, new, wrong, capped or slow to be allowed again."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from chalicelib.domain.customer import Customer, MethodState
from chalicelib.domain.errors import Conflict, NotFound
from chalicelib.domain.facts import SYSTEM
from chalicelib.domain.invoice import Invoice, InvoiceStatus, NextActionKind
from chalicelib.domain.payment import AttemptResult, Trigger
from chalicelib.services import customers, invoices, jobs
from infra.local.fake_stripe import Outcome
from tests.fakes.install import VISA, Install
from tests.services.checks import check_install, check_stripe, coast, delivered, subjects

SAVES_THEN_DECLINES = "4000000000000341"
MASTERCARD = "5555555555554444"
OTHER_VISA = "4000056655665556"


def installed() -> Install:
    install = Install.at()
    install.business()
    return install


def settled(install: Install, card: str | None = VISA, **changes: Any) -> Customer:
    """A customer whose card was saved a while ago."""
    customer = install.customer(card=card, **changes)
    install.settle()
    return customer


def tries(invoice: Invoice) -> list[tuple[Trigger, AttemptResult]]:
    return [(one.trigger, one.result) for one in invoice.attempts]


def ask(install: Install, invoice: Invoice, request_id: str = "req_1", **more: object) -> Invoice:
    trigger = Trigger.CUSTOMER if more.get("return_url") else Trigger.STAFF
    return invoices.request_charge(
        install.ports,
        invoice.business_id,
        invoice.id,
        request_id=request_id,
        trigger=trigger,
        actor=SYSTEM,
        **more,  # type: ignore[arg-type]
    )


@pytest.mark.parametrize("code", ["stolen_card", "expired_card", "do_not_try_again"])
def test_a_hard_declined_card_is_never_retried_and_a_new_one_is_charged_at_once(code: str) -> None:
    install = installed()
    customer = settled(install)
    install.stripe.script_card(VISA, [code])
    invoice = install.invoice(customer)
    install.advance(days=2)
    failed = install.read(invoice)
    assert tries(failed) == [(Trigger.FIRST, AttemptResult.FAILED)]
    saved = install.store.customer("biz_1", customer.id).methods[0]
    assert saved.state is (MethodState.FIX if code == "expired_card" else MethodState.DEAD)

    install.save_card("biz_1", customer.id, MASTERCARD)
    install.settle()
    paid = install.read(invoice)
    assert paid.status is InvoiceStatus.PAID
    assert tries(paid)[1:] == [(Trigger.NEW_CARD, AttemptResult.SUCCEEDED)]
    assert paid.attempts[-1].brand == "mastercard"
    check_install(install)
    check_stripe(install)


def test_a_hard_decline_lets_the_clock_and_the_notices_go_on() -> None:
    install = installed()
    install.stripe.script_card(VISA, ["lost_card"])
    invoice = install.invoice(settled(install))
    coast(install, days=8)
    late = install.read(invoice)
    assert len(late.attempts) == 1
    assert late.status is InvoiceStatus.OVERDUE
    assert late.overdue_at is not None
    assert late.dunning is not None
    assert round((late.overdue_at - late.dunning.first_failed_at) / timedelta(hours=1)) == 7 * 24
    assert delivered(install, "payment_failed") == ["mail-000002"]
    assert len(delivered(install, "needs_card")) == 2  # after 24 and 72 hours


def test_a_new_card_is_charged_once_however_often_its_saving_is_told() -> None:
    install = installed()
    customer = settled(install)
    install.stripe.script_card(VISA, ["stolen_card"])
    invoice = install.invoice(customer)
    install.settle()
    install.stripe.script_card(MASTERCARD, ["insufficient_funds"] * 9)
    session = install.save_card("biz_1", customer.id, MASTERCARD)
    install.settle()
    for _ in range(3):
        customers.receive_setup(install.ports, "biz_1", session)
        install.settle()
    found = install.read(invoice)
    assert [one.trigger for one in found.attempts] == [
        Trigger.FIRST,
        Trigger.NEW_CARD,
        Trigger.SCHEDULE,  # it declined softly: the immediate retry is still there for it
    ]
    assert install.kinds(invoice).count("charge_requested") == 1


def test_the_same_dead_card_saved_again_is_not_charged() -> None:
    install = installed()
    customer = settled(install)
    install.stripe.script_card(VISA, ["stolen_card"])
    invoice = install.invoice(customer)
    install.settle()
    install.save_card("biz_1", customer.id, VISA)
    install.advance(days=2)
    assert len(install.read(invoice).attempts) == 1


def test_changing_only_the_default_charges_the_other_card() -> None:
    install = installed()
    customer = settled(install, MASTERCARD)
    good = customer.methods[0].id
    install.save_card("biz_1", customer.id, VISA)
    install.stripe.script_card(VISA, ["stolen_card"])
    invoice = install.invoice(customer)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PENDING
    customers.choose_default(install.ports, "biz_1", customer.id, good, actor=SYSTEM)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_a_manual_retry_uses_no_slot() -> None:
    install = installed()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 3)
    invoice = install.invoice(settled(install))
    install.advance(hours=2)
    ask(install, invoice)
    install.settle()
    found = install.read(invoice)
    assert found.dunning is not None
    assert (len(found.attempts), found.dunning.slots_done) == (3, 1)
    install.advance(hours=23)
    paid = install.read(invoice)
    assert paid.status is InvoiceStatus.PAID
    assert paid.attempts[-1].slot == 1


def test_the_same_request_twice_is_one_try() -> None:
    install = installed()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 3)
    invoice = install.invoice(settled(install))
    install.advance(hours=2)
    ask(install, invoice)
    ask(install, invoice)
    install.settle()
    ask(install, invoice)
    install.settle()
    assert [one.trigger for one in install.read(invoice).attempts].count(Trigger.STAFF) == 1


def test_a_payer_who_asks_for_what_is_paid_is_told_so() -> None:
    install = installed()
    invoice = install.invoice(settled(install))
    install.settle()
    with pytest.raises(Conflict) as refused:
        ask(install, invoice)
    assert refused.value.code == "settled"
    with pytest.raises(NotFound):
        invoices.why_not_chargeable(install.ports, "biz_1", "inv_nobody")


def test_a_method_of_somebody_else_cannot_be_asked_for() -> None:
    install = installed()
    invoice = install.invoice(settled(install, None))
    other = settled(install)
    with pytest.raises(Conflict) as refused:
        ask(install, invoice, method_id=other.methods[0].id)
    assert refused.value.code == "no_payment_method"


def test_the_card_is_removed_in_the_middle() -> None:
    install = installed()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 9)
    customer = settled(install)
    invoice = install.invoice(customer)
    install.advance(hours=2)
    customers.remove_method(
        install.ports, "biz_1", customer.id, customer.methods[0].id, actor=SYSTEM
    )
    coast(install, days=8)
    late = install.read(invoice)
    assert len(late.attempts) == 2
    assert late.status is InvoiceStatus.OVERDUE
    assert len(delivered(install, "method_removed")) == 1


def test_a_card_being_charged_cannot_be_removed() -> None:
    install = installed()
    customer = settled(install)
    install.stripe.faults.plan("timeout_before", "payment_intents.confirm", times=99)
    install.invoice(customer)
    install.settle()
    with pytest.raises(Conflict) as refused:
        customers.remove_method(
            install.ports, "biz_1", customer.id, customer.methods[0].id, actor=SYSTEM
        )
    assert refused.value.code == "method_in_use"


def test_cancelled_in_the_middle_the_intent_goes_first() -> None:
    install = installed()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 9)
    invoice = install.invoice(settled(install))
    install.advance(hours=2)
    gone = invoices.cancel_invoice(
        install.ports, "biz_1", invoice.id, actor=SYSTEM, reason="Our mistake."
    )
    assert gone.status is InvoiceStatus.CANCELLED
    assert install.kinds(invoice)[-2:] == ["payment_cancelled", "cancelled"]
    (intent,) = install.stripe.account().payment_intents.values()
    assert intent["status"] == "canceled"
    coast(install, days=8)
    assert len(install.read(invoice).attempts) == 2
    check_install(install)


def test_a_paid_invoice_cannot_be_cancelled_even_when_nobody_told_us() -> None:
    install = installed()
    install.stripe.faults.plan("drop_after", "payment_intents.confirm")
    install.stripe.faults.plan("drop_before", "payment_intents.retrieve")
    invoice = install.invoice(settled(install))
    install._effects()
    install._messages()
    assert install.read(invoice).status is InvoiceStatus.PENDING  # charged, and we do not know
    with pytest.raises(Conflict) as refused:
        invoices.cancel_invoice(install.ports, "biz_1", invoice.id, actor=SYSTEM, reason="No.")
    assert refused.value.code == "payment_under_way"
    assert install.read(invoice).status is InvoiceStatus.PAID
    check_stripe(install)


@pytest.mark.parametrize(
    ("mac", "first_retry", "attempts"), [("24", 1, 5), ("26", 48, 4), ("30", 240, 2)]
)
def test_a_delay_the_network_asks_for(mac: str, first_retry: int, attempts: int) -> None:
    """Beyond the last slot it still gets its one try."""
    install = installed()
    said = Outcome("do_not_honor", network_advice_code=mac)
    install.stripe.script_card(MASTERCARD, [said, *["insufficient_funds"] * 9])
    invoice = install.invoice(settled(install, MASTERCARD))
    coast(install, days=11)
    found = install.read(invoice)
    first, second = found.attempts[:2]
    assert first.resolved_at is not None
    waited = second.started_at - first.resolved_at
    assert round(waited / timedelta(hours=1), 1) == first_retry
    assert len(found.attempts) == attempts
    assert found.status is InvoiceStatus.OVERDUE


def test_the_cap_counts_one_card_over_all_invoices_and_the_skip_says_why() -> None:
    install = installed()
    install.stripe.script_card(VISA, ["do_not_honor"] * 99)
    customer = settled(install)
    many = [install.invoice(customer) for _ in range(8)]
    install.advance(hours=2)  # 8 first charges and 7 retries at once: 15
    install.advance(hours=26)
    all_tries = [one for invoice in many for one in install.read(invoice).attempts]
    assert len(all_tries) == 15
    skips = [
        fact.data
        for invoice in many
        for fact in install.history(invoice)
        if fact.kind == "slot_skipped"
    ]
    assert {skip.code for skip in skips} == {"network_cap"}
    assert "its network allows 15" in skips[0].reason
    assert "free at 2026-01-31" in skips[0].reason
    with pytest.raises(Conflict) as refused:
        ask(install, many[0])
    assert refused.value.code == "network_cap"


def test_another_amount_has_a_counter_of_its_own() -> None:
    install = installed()
    install.stripe.script_card(VISA, ["do_not_honor"] * 99)
    customer = settled(install)
    for _ in range(8):
        install.invoice(customer)
    other = install.invoice(customer, 4200)
    install.advance(hours=2)
    assert len(install.read(other).attempts) == 2


@pytest.mark.parametrize(
    ("amount", "currency", "code"),
    [(49, "USD", "amount_too_small"), (5125, "KWD", "amount_not_chargeable")],
)
def test_an_amount_stripe_does_not_take_waits_for_the_payer(
    amount: int, currency: str, code: str
) -> None:
    install = Install.at()
    install.business(currency=currency)
    invoice = install.invoice(settled(install), amount)
    install.settle()
    found = install.read(invoice)
    assert found.attempts == ()
    assert found.next_action is not None
    assert found.next_action.kind is NextActionKind.MARK_OVERDUE
    reasons = invoices.why_not_chargeable(install.ports, "biz_1", invoice.id)
    assert [reason.code for reason in reasons] == [code]


def test_a_customer_who_pays_by_hand_is_not_charged_by_a_new_card() -> None:
    install = installed()
    customer = settled(install, None)
    invoice = install.invoice(customer, auto_charge=False)
    install.advance(days=2)
    assert install.read(invoice).status is InvoiceStatus.OVERDUE
    install.save_card("biz_1", customer.id, VISA)
    install.advance(hours=1)
    assert install.read(invoice).attempts == ()


def test_an_invoice_to_be_charged_is_charged_by_a_new_card_of_a_customer_who_pays_by_hand() -> None:
    install = installed()
    customer = settled(install, None, auto_charge=False)
    invoice = install.invoice(customer, auto_charge=True)
    install.advance(days=2)
    install.save_card("biz_1", customer.id, VISA)
    install.settle()
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_the_network_updates_a_wrong_card_and_it_is_charged() -> None:
    install = installed()
    customer = settled(install)
    install.stripe.script_card(VISA, ["expired_card"])
    invoice = install.invoice(customer)
    install.settle()
    method_id = customer.methods[0].id
    install.stripe.update_card(method_id, exp_month=6, exp_year=2040)
    install.settle()
    saved = install.store.customer("biz_1", customer.id).methods[0]
    assert (saved.state, saved.exp_year) == (MethodState.USABLE, 2040)
    assert install.read(invoice).status is InvoiceStatus.PAID


def test_a_payer_never_reads_why_a_card_is_dead() -> None:
    install = installed()
    texts = []
    for code in ("stolen_card", "fraudulent", "do_not_try_again", "pickup_card"):
        install.stripe.script_card(OTHER_VISA, [code])
        before = len(install.mail.sent)
        install.invoice(settled(install, OTHER_VISA, email="p@example.com"))
        install.settle()
        mails = [one for one in install.mail.sent[before:] if "p@" in one.recipient]
        body = mails[-1].message.get_body(("plain",))
        assert body is not None
        texts.append(body.get_content().split("https://")[0].replace("INV-0000", ""))
    assert len({text.translate(str.maketrans("", "", "0123456789")) for text in texts}) == 1
    words = " ".join(subjects(install, "p@")).lower() + texts[0].lower()
    for secret in ("stolen", "fraud", "lost", "risk", "blocked", "pick"):
        assert secret not in words


def test_the_job_of_a_saved_card_that_comes_late_does_not_try_it_again() -> None:
    install = installed()
    install.stripe.script_card(VISA, ["insufficient_funds"] * 9)
    customer = settled(install)
    install.advance(minutes=30)
    invoice = install.invoice(customer)
    install.advance(hours=2)
    (saved,) = [row.fact for row in install.store.fact_rows() if row.fact.kind == "method_saved"]
    asked = jobs.charge_open_invoices(install.ports, "biz_1", customer.id, saved.key)
    install.settle()
    assert asked == 0
    assert len(install.read(invoice).attempts) == 2
